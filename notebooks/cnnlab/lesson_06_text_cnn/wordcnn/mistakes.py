"""Known mistakes in a WordCNN."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from ...engine.shared_mistakes import FOR_BATCHES, LOGITS
from .stub import WordCNN


@WordCNN.mistake(
    "the ReLU is missing",
    "Convolution and linear layer alone are one linear map: apply torch.relu.",
)
def _(right, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
    model = right(vocabulary_size, embedding_size, width, filters, classes)
    table, linear = (m for m in model.modules() if isinstance(m, (nn.Embedding, nn.Linear)))
    (bank,) = (m for m in model.modules() if isinstance(m, nn.Conv1d))

    def forward(ids):
        x = F.pad(table(ids).transpose(1, 2), ((width - 1) // 2, width // 2))
        return linear(F.conv1d(x, bank.weight, bank.bias).transpose(1, 2))

    model.forward = forward
    return model


@WordCNN.mistake(
    "pools over the words",
    "A word-level task wants an output for each word. Leave the pooling out: (B, J, classes).",
)
def _(right, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
    model = right(vocabulary_size, embedding_size, width, filters, classes)
    whole = model.forward
    model.forward = lambda ids: whole(ids).amax(1)
    return model


@WordCNN.mistake(
    "no padding",
    "The first and last words get no output: without padding there are J−width+1 windows only.",
)
def _(right, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
    model = right(vocabulary_size, embedding_size, width, filters, classes)
    whole = model.forward
    model.forward = lambda ids: whole(ids)[:, (width - 1) // 2 : ids.shape[1] - width // 2]
    return model


@WordCNN.mistake(
    "an even filter makes the sentence longer",
    "padding=width//2 on both sides gives J+1 outputs if the width is even. padding='same' takes "
    "care of that.",
)
def _(right, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
    model = right(vocabulary_size, embedding_size, width, filters, classes)
    whole = model.forward
    more = 1 - width % 2
    model.forward = lambda ids: whole(F.pad(ids, (0, more)))
    return model


@WordCNN.mistake(
    "padding has an embedding of its own",
    "Id 0 is looked up like a word. nn.Embedding(…, padding_idx=0) gives it zeros that stay zeros.",
)
def _(right, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
    model = right(vocabulary_size, embedding_size, width, filters, classes)
    for name, module in list(model.named_modules()):
        if isinstance(module, nn.Embedding):
            setattr(model, name, nn.Embedding(vocabulary_size, embedding_size))
    return model


@WordCNN.mistake(
    "classes come before words",
    "You return (B, classes, J). The classes belong on the last axis: transpose back.",
)
def _(right, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
    model = right(vocabulary_size, embedding_size, width, filters, classes)
    whole = model.forward
    model.forward = lambda ids: whole(ids).transpose(1, 2)
    return model


@WordCNN.mistake(
    "looks back only",
    "Your window ends at the word. Centred, it sees as many words to the right as to the left.",
)
def _(right, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
    model = right(vocabulary_size, embedding_size, width, filters, classes)
    whole, after = model.forward, width // 2
    model.forward = lambda ids: whole(F.pad(ids, (after, 0)))[:, : ids.shape[1]]
    return model


@WordCNN.mistake(
    "looks ahead only",
    "Your window begins at the word. Centred, it sees as many words to the left as to the right.",
)
def _(right, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
    model = right(vocabulary_size, embedding_size, width, filters, classes)
    whole, before = model.forward, (width - 1) // 2
    model.forward = lambda ids: whole(F.pad(ids, (0, before)))[:, before:]
    return model


@WordCNN.mistake(
    "one zero on each side whatever the width",
    "padding=1 fits a filter of three words and no other: of five words it needs two zeros on each "
    "side, of one word none. padding='same' counts by itself.",
)
def _(right, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
    model = right(vocabulary_size, embedding_size, width, filters, classes)
    table, linear = (m for m in model.modules() if isinstance(m, (nn.Embedding, nn.Linear)))
    (bank,) = (m for m in model.modules() if isinstance(m, nn.Conv1d))

    def forward(ids):
        h = F.conv1d(table(ids).transpose(1, 2), bank.weight, bank.bias, padding=1)
        return linear(torch.relu(h).transpose(1, 2))

    model.forward = forward
    return model


@WordCNN.mistake(
    "a filter one word wider",
    "Your filter sees one word more than `width`. nn.Conv1d wants the width as it is; padding does "
    "not change it.",
)
def _(right, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
    return right(vocabulary_size, embedding_size, width + 1, filters, classes)


@WordCNN.mistake(
    "windows run over from one sentence into the next",
    "All sentences stand in one row, so the last word of one and the first word of the next are "
    "neighbours. Keep the batch's axis: (B, M, J).",
)
def _(right, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
    model = right(vocabulary_size, embedding_size, width, filters, classes)
    whole = model.forward
    model.forward = lambda ids: whole(ids.reshape(1, -1)).reshape(*ids.shape, -1)
    return model


@WordCNN.mistake(
    "the neighbours are other sentences",
    "The filter runs along the batch: its neighbours of a word are words of other sentences. "
    "nn.Conv1d moves along the last axis, which should be that of the words: transpose(1, 2).",
)
def _(right, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
    model = right(vocabulary_size, embedding_size, width, filters, classes)
    whole = model.forward
    model.forward = lambda ids: whole(ids.T).transpose(0, 1)
    return model


@WordCNN.mistake(
    "view instead of transpose",
    "view and reshape only cut the row of numbers anew, so words and features get mixed up. "
    "transpose(1, 2) swaps the axes, before the convolution and after it.",
)
def _(right, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
    model = right(vocabulary_size, embedding_size, width, filters, classes)
    table, linear = (m for m in model.modules() if isinstance(m, (nn.Embedding, nn.Linear)))
    (bank,) = (m for m in model.modules() if isinstance(m, nn.Conv1d))

    def forward(ids):
        x = F.pad(table(ids).transpose(1, 2), ((width - 1) // 2, width // 2))
        h = torch.relu(F.conv1d(x, bank.weight, bank.bias))
        return linear(h.reshape(*ids.shape, filters))

    model.forward = forward
    return model


@WordCNN.mistake(
    "view instead of transpose before the convolution",
    "view and reshape only cut the row of numbers anew, so words and features get mixed up. "
    "transpose(1, 2) swaps the axes.",
)
def _(right, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
    model = right(vocabulary_size, embedding_size, width, filters, classes)
    table, linear = (m for m in model.modules() if isinstance(m, (nn.Embedding, nn.Linear)))
    (bank,) = (m for m in model.modules() if isinstance(m, nn.Conv1d))

    def forward(ids):
        x = table(ids).reshape(len(ids), embedding_size, -1)
        x = F.pad(x, ((width - 1) // 2, width // 2))
        h = torch.relu(F.conv1d(x, bank.weight, bank.bias))
        return linear(h.transpose(1, 2))

    model.forward = forward
    return model


LOGITS.belongs_to(WordCNN)
FOR_BATCHES.belongs_to(WordCNN)
