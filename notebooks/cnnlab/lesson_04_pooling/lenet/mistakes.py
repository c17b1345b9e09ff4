"""Known mistakes in a LeNet."""

from __future__ import annotations

from torch import nn

from ...engine.shared_mistakes import FOR_BATCHES, LOGITS
from .stub import LeNet


@LeNet.mistake(
    "layers in a plain list",
    "PyTorch finds layers that are attributes of the module. In a Python list they stay hidden, "
    "and the optimizer never gets to see their parameters: use nn.Sequential or nn.ModuleList.",
)
def _(right, classes=10):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden = [right(classes)]

        def forward(self, images):
            return self.hidden[0](images)

    return Net()


@LeNet.mistake(
    "no nonlinearity after the convolutions",
    "A nonlinearity belongs behind each convolution, a ReLU or a tanh: two convolutions with "
    "nothing between them can do no more than one.",
)
def _(right, classes=10):
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 84), nn.ReLU(), nn.Linear(84, classes),
    )  # fmt: skip


@LeNet.mistake(
    "no pooling",
    "Height and width stay as they are behind a convolution. Pool after each: the maps get "
    "smaller, and the dense layer has fewer weights.",
)
def _(right, classes=10):
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.Conv2d(6, 16, 5), nn.ReLU(),
        nn.Flatten(), nn.Linear(16 * 24 * 24, 32), nn.ReLU(), nn.Linear(32, classes),
    )  # fmt: skip


@LeNet.mistake(
    "a single convolution",
    "Forward calls one convolution; asked for are two, each with its nonlinearity and its pooling.",
)
def _(right, classes=10):
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(6 * 14 * 14, 84), nn.ReLU(), nn.Linear(84, classes),
    )  # fmt: skip


@LeNet.mistake(
    "no convolution",
    "Forward calls dense layers only. They, too, can learn digits, but every weight belongs to one "
    "pixel: begin with two nn.Conv2d, each with its nonlinearity and its pooling.",
)
def _(right, classes=10):
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 84), nn.ReLU(), nn.Linear(84, classes))


@LeNet.mistake(
    "the dense layer does not fit",
    "The first dense layer expects another number of values than arrive. Print h.shape before and "
    "after flattening: with 28×28 pixels, padding=2 in the first convolution and none in the "
    "second, it is (B, 16, 5, 5) before.",
    symptom=True,
)
def _(right, classes=10):
    return nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(16 * 5 * 5, 84), nn.ReLU(), nn.Linear(84, classes),
    )  # fmt: skip


@LeNet.mistake(
    "the batch is flattened, too",
    "All images of a batch end up in one row. Keep the first axis: h.flatten(1), or "
    "nn.Flatten(), which does so by itself.",
)
def _(right, classes=10):
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(start_dim=0), nn.Linear(400, 84), nn.ReLU(), nn.Linear(84, classes),
    )  # fmt: skip


@LeNet.mistake(
    "always ten classes",
    "The last layer has 10 outputs whatever was asked for: use the argument, classes.",
)
def _(right, classes=10):
    return right(10)


@LeNet.mistake(
    "not the same twice in evaluation mode",
    "Usually that is F.dropout, which drops in evaluation mode, too, unless you tell it: "
    "F.dropout(h, training=self.training). The layer nn.Dropout knows by itself.",
    symptom=True,
)
def _(right, classes=10):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = right(classes)

        def forward(self, images):
            return self.net(nn.functional.dropout(images, 0.2))

    return Net()


@LeNet.mistake(
    "a nonlinearity on the scores",
    "The last layer's output goes through a ReLU, so no class can get a negative score, and a "
    "class whose score is 0 learns nothing. Leave the scores as they are.",
)
def _(right, classes=10):
    return nn.Sequential(right(classes), nn.ReLU())


@LeNet.mistake(
    "a layer that gets no gradient",
    "Either forward goes past a layer that __init__ makes, or something cuts it off: detach(), "
    "no_grad(), requires_grad=False. After loss.backward() this shows which: [n for n, p in "
    "model.named_parameters() if p.grad is None].",
    symptom=True,
)
def _(right, classes=10):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = right(classes)
            self.forgotten = nn.Linear(84, 84)

        def forward(self, images):
            return self.net(images)

    return Net()


@LeNet.mistake(
    "it hardly learns",
    "Often that is the sigmoid: it is flat nearly everywhere (its slope is at most 1/4), so little "
    "of the gradient arrives at the first layers. Use ReLU, or tanh as in 1998; and return logits.",
    symptom=True,
)
def _(right, classes=10):
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.Sigmoid(), nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5), nn.Sigmoid(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.Sigmoid(), nn.Linear(120, 84), nn.Sigmoid(), nn.Linear(84, classes),
    )  # fmt: skip


LOGITS.belongs_to(LeNet)
FOR_BATCHES.belongs_to(LeNet)
