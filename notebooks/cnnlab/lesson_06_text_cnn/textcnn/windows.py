"""Known mistakes in a TextCNN: what is made of the windows, and which of them take part."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from .stub import TextCNN


@TextCNN.mistake(
    "average over all columns instead of max over time",
    "You take the mean over words and padding, as nn.AdaptiveAvgPool1d does. Kim takes the "
    "maximum: one strong window is enough.",
)
def _(
    right, vocabulary_size, embedding_size, widths=(3, 4, 5), filters=100, classes=2, dropout=0.5
):
    model = right(vocabulary_size, embedding_size, widths, filters, classes, dropout)

    def forward(ids, mask):
        x = (model.embedding(ids) * mask[..., None]).transpose(1, 2)
        h = [F.conv1d(x, c.weight, c.bias, padding="same").relu() for c in model.convolutions]
        p = [(a * mask[:, None]).mean(2) for a in h]
        return model.linear(F.dropout(torch.cat(p, 1), dropout, model.training))

    model.forward = forward
    return model


@TextCNN.mistake(
    "the last position instead of max over time",
    "You keep what each filter says of the last column, as one does with a recurrent network. A "
    "convolution there has seen a few words only: take the maximum over all words.",
)
def _(
    right, vocabulary_size, embedding_size, widths=(3, 4, 5), filters=100, classes=2, dropout=0.5
):
    model = right(vocabulary_size, embedding_size, widths, filters, classes, dropout)

    def forward(ids, mask):
        x = (model.embedding(ids) * mask[..., None]).transpose(1, 2)
        h = [F.conv1d(x, c.weight, c.bias, padding="same").relu() for c in model.convolutions]
        p = [(a * mask[:, None])[:, :, -1] for a in h]
        return model.linear(F.dropout(torch.cat(p, 1), dropout, model.training))

    model.forward = forward
    return model


@TextCNN.mistake(
    "another nonlinearity",
    "Asked for is ReLU after each convolution; yours is a sigmoid. (torch.relu, F.relu, nn.ReLU)",
)
def _(
    right, vocabulary_size, embedding_size, widths=(3, 4, 5), filters=100, classes=2, dropout=0.5
):
    model = right(vocabulary_size, embedding_size, widths, filters, classes, dropout)

    def forward(ids, mask):
        x = (model.embedding(ids) * mask[..., None]).transpose(1, 2)
        h = [F.conv1d(x, c.weight, c.bias, padding="same").sigmoid() for c in model.convolutions]
        p = [(a * mask[:, None]).amax(2) for a in h]
        return model.linear(F.dropout(torch.cat(p, 1), dropout, model.training))

    model.forward = forward
    return model


@TextCNN.mistake(
    "tanh in the ReLU's place",
    "Asked for is ReLU after each convolution; yours is a tanh. (torch.relu, F.relu, nn.ReLU)",
)
def _(
    right, vocabulary_size, embedding_size, widths=(3, 4, 5), filters=100, classes=2, dropout=0.5
):
    model = right(vocabulary_size, embedding_size, widths, filters, classes, dropout)

    def forward(ids, mask):
        x = (model.embedding(ids) * mask[..., None]).transpose(1, 2)
        h = [F.conv1d(x, c.weight, c.bias, padding="same").tanh() for c in model.convolutions]
        p = [a.masked_fill(~mask[:, None], -1.0).amax(2) for a in h]
        return model.linear(F.dropout(torch.cat(p, 1), dropout, model.training))

    model.forward = forward
    return model


@TextCNN.mistake(
    "windows of nothing but padding",
    "There are so many zeros before the sentence (or after it) that a window holds no word. It "
    "gives the bias, which can win the maximum. width − 1 zeros on each side are the most.",
)
def _(
    right, vocabulary_size, embedding_size, widths=(3, 4, 5), filters=100, classes=2, dropout=0.5
):
    model = right(vocabulary_size, embedding_size, widths, filters, classes, dropout)

    def forward(ids, mask):
        x = (model.embedding(ids) * mask[..., None]).transpose(1, 2)
        p = []
        for c in model.convolutions:
            (K,) = c.kernel_size
            h = F.conv1d(F.pad(x, (K, K)), c.weight, c.bias).relu()
            some = torch.arange(h.shape[2]) < mask.sum(1, keepdim=True) + K
            p.append((h * some[:, None]).amax(2))
        return model.linear(F.dropout(torch.cat(p, 1), dropout, model.training))

    model.forward = forward
    return model
