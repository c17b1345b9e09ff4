"""Known mistakes in a TextCNN."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from ...engine.shared_mistakes import FOR_BATCHES, LOGITS
from .stub import TextCNN


@TextCNN.mistake(
    "average pooling instead of max over time",
    "You take the mean over the words. Kim takes the maximum: one strong window is enough.",
)
def _(
    right, vocabulary_size, embedding_size, widths=(3, 4, 5), filters=100, classes=2, dropout=0.5
):
    model = right(vocabulary_size, embedding_size, widths, filters, classes, dropout)

    def forward(ids, mask):
        x = (model.embedding(ids) * mask[..., None]).transpose(1, 2)
        h = [F.conv1d(x, c.weight, c.bias, padding="same").relu() for c in model.convolutions]
        p = [(a * mask[:, None]).sum(2) / mask.sum(1, keepdim=True) for a in h]
        return model.linear(F.dropout(torch.cat(p, 1), dropout, model.training))

    model.forward = forward
    return model


@TextCNN.mistake(
    "padding wins the maximum",
    "A window of padding gives the bias, and that can be the largest value. Pool over words only.",
)
def _(
    right, vocabulary_size, embedding_size, widths=(3, 4, 5), filters=100, classes=2, dropout=0.5
):
    model = right(vocabulary_size, embedding_size, widths, filters, classes, dropout)

    def forward(ids, mask):
        x = (model.embedding(ids) * mask[..., None]).transpose(1, 2)
        h = [F.conv1d(x, c.weight, c.bias, padding="same").relu() for c in model.convolutions]
        p = [a.amax(2) for a in h]
        return model.linear(F.dropout(torch.cat(p, 1), dropout, model.training))

    model.forward = forward
    return model


@TextCNN.mistake(
    "padding has an embedding of its own",
    "A window at the end of a sentence sees the padding's embedding, which is not "
    "zero. Mask them: padding_idx=0 is not enough where the weights come from elsewhere.",
)
def _(
    right, vocabulary_size, embedding_size, widths=(3, 4, 5), filters=100, classes=2, dropout=0.5
):
    model = right(vocabulary_size, embedding_size, widths, filters, classes, dropout)
    model.embedding = nn.Embedding(vocabulary_size, embedding_size)

    def forward(ids, mask):
        x = model.embedding(ids).transpose(1, 2)
        h = [F.conv1d(x, c.weight, c.bias, padding="same").relu() for c in model.convolutions]
        p = [(a * mask[:, None]).amax(2) for a in h]
        return model.linear(F.dropout(torch.cat(p, 1), dropout, model.training))

    model.forward = forward
    return model


@TextCNN.mistake(
    "the widths are not side by side",
    "The maxima of all widths belong side by side: torch.cat(…, dim=1). The linear layer has "
    "filters·len(widths) inputs.",
)
def _(
    right, vocabulary_size, embedding_size, widths=(3, 4, 5), filters=100, classes=2, dropout=0.5
):
    model = right(vocabulary_size, embedding_size, widths, filters, classes, dropout)
    model.linear = nn.Linear(filters, classes)

    def forward(ids, mask):
        x = (model.embedding(ids) * mask[..., None]).transpose(1, 2)
        h = [F.conv1d(x, c.weight, c.bias, padding="same").relu() for c in model.convolutions]
        p = sum((a * mask[:, None]).amax(2) for a in h)
        return model.linear(F.dropout(p, dropout, model.training))

    model.forward = forward
    return model


@TextCNN.mistake(
    "the ReLU is missing",
    "Negative maxima reach the linear layer. ReLU comes after each convolution.",
)
def _(
    right, vocabulary_size, embedding_size, widths=(3, 4, 5), filters=100, classes=2, dropout=0.5
):
    model = right(vocabulary_size, embedding_size, widths, filters, classes, dropout)

    def forward(ids, mask):
        x = (model.embedding(ids) * mask[..., None]).transpose(1, 2)
        h = [F.conv1d(x, c.weight, c.bias, padding="same") for c in model.convolutions]
        p = [a.masked_fill(~mask[:, None], -torch.inf).amax(2) for a in h]
        return model.linear(F.dropout(torch.cat(p, 1), dropout, model.training))

    model.forward = forward
    return model


@TextCNN.mistake(
    "convolutions in a plain list",
    "torch does not look for layers in a list, so the optimizer never sees them. Use "
    "nn.ModuleList.",
)
def _(
    right, vocabulary_size, embedding_size, widths=(3, 4, 5), filters=100, classes=2, dropout=0.5
):
    model = right(vocabulary_size, embedding_size, widths, filters, classes, dropout)
    layers = list(model.convolutions)
    del model.convolutions
    model.convolutions = layers
    return model


@TextCNN.mistake(
    "the widths are ignored", "Make one convolution for each entry of `widths`, whatever it holds."
)
def _(
    right, vocabulary_size, embedding_size, widths=(3, 4, 5), filters=100, classes=2, dropout=0.5
):
    return right(vocabulary_size, embedding_size, (3, 4, 5), filters, classes, dropout)


@TextCNN.mistake(
    "not the same twice in evaluation mode",
    "F.dropout drops in evaluation mode, too: write F.dropout(h, p, self.training), or use "
    "nn.Dropout, which knows by itself. If you use neither, forward changes something it keeps.",
    symptom=True,
)
def _(
    right, vocabulary_size, embedding_size, widths=(3, 4, 5), filters=100, classes=2, dropout=0.5
):
    model = right(vocabulary_size, embedding_size, widths, filters, classes, dropout)

    def forward(ids, mask):
        x = (model.embedding(ids) * mask[..., None]).transpose(1, 2)
        h = [F.conv1d(x, c.weight, c.bias, padding="same").relu() for c in model.convolutions]
        p = [(a * mask[:, None]).amax(2) for a in h]
        return model.linear(F.dropout(torch.cat(p, 1), dropout))

    model.forward = forward
    return model


@TextCNN.mistake(
    "dropout is missing",
    "In training mode some of the pooled features should be dropped at random: nn.Dropout(dropout) "
    "before the linear layer.",
)
def _(
    right, vocabulary_size, embedding_size, widths=(3, 4, 5), filters=100, classes=2, dropout=0.5
):
    return right(vocabulary_size, embedding_size, widths, filters, classes, 0.0)


@TextCNN.mistake(
    "view instead of transpose",
    "view and reshape only cut the row of numbers anew, so features and words get mixed up. "
    "transpose(1, 2) swaps the axes.",
)
def _(
    right, vocabulary_size, embedding_size, widths=(3, 4, 5), filters=100, classes=2, dropout=0.5
):
    model = right(vocabulary_size, embedding_size, widths, filters, classes, dropout)

    def forward(ids, mask):
        x = model.embedding(ids) * mask[..., None]
        x = x.reshape(len(ids), embedding_size, -1)
        h = [F.conv1d(x, c.weight, c.bias, padding="same").relu() for c in model.convolutions]
        p = [(a * mask[:, None]).amax(2) for a in h]
        return model.linear(F.dropout(torch.cat(p, 1), dropout, model.training))

    model.forward = forward
    return model


@TextCNN.mistake(
    "a short sentence does not fit",
    "nn.Conv1d refuses a sentence shorter than its filter unless you pad: padding='same', or more "
    "columns by hand.",
    symptom=True,
)
def _(
    right, vocabulary_size, embedding_size, widths=(3, 4, 5), filters=100, classes=2, dropout=0.5
):
    model = right(vocabulary_size, embedding_size, widths, filters, classes, dropout)
    whole = model.forward

    def forward(ids, mask):
        if ids.shape[1] < max(widths):
            raise RuntimeError("Kernel size can't be greater than actual input size")
        return whole(ids, mask)

    model.forward = forward
    return model


@TextCNN.mistake(
    "dropout on the embedding",
    "You drop parts of the words' vectors. Kim drops pooled features: nn.Dropout comes after the "
    "concatenation, right before the linear layer.",
)
def _(
    right, vocabulary_size, embedding_size, widths=(3, 4, 5), filters=100, classes=2, dropout=0.5
):
    model = right(vocabulary_size, embedding_size, widths, filters, classes, dropout)

    def forward(ids, mask):
        x = F.dropout(model.embedding(ids), dropout, model.training)
        x = (x * mask[..., None]).transpose(1, 2)
        h = [F.conv1d(x, c.weight, c.bias, padding="same").relu() for c in model.convolutions]
        return model.linear(torch.cat([(a * mask[:, None]).amax(2) for a in h], 1))

    model.forward = forward
    return model


@TextCNN.mistake(
    "an even filter changes the length",
    "The same padding on both sides gives one output too many or too few if the width is even, and "
    "then the mask does not fit. padding='same' takes care of that.",
    symptom=True,
)
def _(
    right, vocabulary_size, embedding_size, widths=(3, 4, 5), filters=100, classes=2, dropout=0.5
):
    model = right(vocabulary_size, embedding_size, widths, filters, classes, dropout)

    def forward(ids, mask):
        x = (model.embedding(ids) * mask[..., None]).transpose(1, 2)
        h = [F.conv1d(x, c.weight, c.bias, padding=len(c.weight[0, 0]) // 2).relu()
             for c in model.convolutions]  # fmt: skip
        p = [(a * mask[:, None]).amax(2) for a in h]
        return model.linear(F.dropout(torch.cat(p, 1), dropout, model.training))

    model.forward = forward
    return model


LOGITS.belongs_to(TextCNN)
FOR_BATCHES.belongs_to(TextCNN)
