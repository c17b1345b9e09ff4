"""Known mistakes in a training loop."""

from __future__ import annotations

import torch

from .stub import train


@train.mistake(
    "the gradients are never cleared",
    "Each backward() adds to the gradients of all batches before. Call optimizer.zero_grad() once "
    "per batch.",
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    optimizer.zero_grad = lambda *args, **kwargs: None
    return right(model, dataloader, loss_function, optimizer, epochs, device)


@train.mistake(
    "nothing is learned",
    "The weights stay as they were: backward() or optimizer.step() is missing, or zero_grad() "
    "comes between the two and leaves nothing to step along.",
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    optimizer.step = lambda *args, **kwargs: None
    return right(model, dataloader, loss_function, optimizer, epochs, device)


@train.mistake(
    "sums instead of averages", "Divide each epoch's sum by the number of batches, len(dataloader)."
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    losses = right(model, dataloader, loss_function, optimizer, epochs, device)
    return [loss * len(dataloader) for loss in losses]


@train.mistake(
    "the sum runs on from epoch to epoch",
    "Set the sum back to 0 at the start of each epoch, inside the outer loop.",
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    losses = right(model, dataloader, loss_function, optimizer, epochs, device)
    return [sum(losses[: i + 1]) for i in range(len(losses))]


@train.mistake(
    "only the last batch's loss",
    "You report the loss of each epoch's last batch. Average over all its batches.",
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    seen = []

    def noting(predictions, targets):
        loss = loss_function(predictions, targets)
        seen.append(loss.item())
        return loss

    losses = right(model, dataloader, noting, optimizer, epochs, device)
    return seen[len(dataloader) - 1 :: len(dataloader)][: len(losses)]


@train.mistake(
    "weighted by the batch sizes",
    "You average over examples, so that a short batch counts less. That is sensible, but the "
    "lecture's loop, asked for here, averages over batches.",
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    seen = []

    def noting(predictions, targets):
        loss = loss_function(predictions, targets)
        seen.append((loss.item(), len(targets)))
        return loss

    right(model, dataloader, noting, optimizer, epochs, device)
    n = len(dataloader)
    rounds = [seen[i : i + n] for i in range(0, len(seen), n)]
    return [sum(v * m for v, m in r) / sum(m for _, m in r) for r in rounds]


@train.mistake(
    "tensors instead of numbers",
    "A loss tensor keeps its whole graph in memory, and cannot be plotted. Take loss.item().",
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    losses = right(model, dataloader, loss_function, optimizer, epochs, device)
    return [torch.tensor(loss) for loss in losses]


@train.mistake("one epoch only", "Is the return inside the loop? It should come after all epochs.")
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    return right(model, dataloader, loss_function, optimizer, 1, device)


@train.mistake(
    "the training mode is not set",
    "A model that was evaluated before is still in evaluation mode: dropout and batch norm would "
    "not train. Call model.train() first.",
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    model.train = lambda mode=True: model
    return right(model, dataloader, loss_function, optimizer, epochs, device)


@train.mistake(
    "the batches are not moved",
    "Inputs and targets have to be on the model's device: inputs = inputs.to(device), and the same "
    "for the targets. (A tensor's to() returns the moved tensor.)",
    symptom=True,
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    model.to(device).train()
    averages = []
    for _ in range(epochs):
        losses = []
        for inputs, targets in dataloader:
            loss = loss_function(model(inputs), targets)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss.item())
        averages.append(sum(losses) / len(losses))
    return averages


@train.mistake(
    "the model is not moved",
    "The batches are on the device, the model is not: call model.to(device) before the loop.",
    symptom=True,
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    model.to = lambda *args, **kwargs: model
    return right(model, dataloader, loss_function, optimizer, epochs, device)


@train.mistake(
    "divided by the number of examples",
    "A batch's loss is a mean already, and you divide their sum by the number of examples. Divide "
    "by that of the batches.",
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    losses = right(model, dataloader, loss_function, optimizer, epochs, device)
    return [loss * len(dataloader) / len(dataloader.dataset) for loss in losses]


@train.mistake(
    "the gradients are cleared once per epoch",
    "Within an epoch each backward() adds to the gradients of the batches before. zero_grad() "
    "belongs in the inner loop: each batch starts without gradients.",
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    clear, optimizer.zero_grad = optimizer.zero_grad, lambda *args, **kwargs: None
    losses = []
    for _ in range(epochs):
        clear()
        losses += right(model, dataloader, loss_function, optimizer, 1, device)
    return losses


@train.mistake(
    "divided by the number of epochs",
    "You divide each epoch's sum by how many epochs there are. It holds a loss for each batch: "
    "divide by len(dataloader).",
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    losses = right(model, dataloader, loss_function, optimizer, epochs, device)
    return [loss * len(dataloader) / epochs for loss in losses]


@train.mistake(
    "the same batch again and again",
    "You train on the first batch all the time: next(iter(dataloader)) begins anew each time. Go "
    "through all batches: for inputs, targets in dataloader.",
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    batches = [next(iter(dataloader))] * len(dataloader)
    return right(model, batches, loss_function, optimizer, epochs, device)


@train.mistake(
    "a loss for each batch",
    "You return the losses of all batches in one list. Asked for is one number for each epoch, the "
    "mean of its batches' losses.",
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    seen = []

    def noting(predictions, targets):
        loss = loss_function(predictions, targets)
        seen.append(loss.item())
        return loss

    right(model, dataloader, noting, optimizer, epochs, device)
    return seen
