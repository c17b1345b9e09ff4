"""Right answers to lesson 06 as students write them: EXERCISE__style."""

import collections

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

# ── as the hints lead to it ─────────────────────────────────────────────────


def build_vocabulary__hinted(sentences, min_count=1):
    counts = collections.Counter(word for sentence in sentences for word in sentence)
    vocabulary = {"<pad>": 0, "<unk>": 1}
    for word in sorted(counts, key=lambda word: (-counts[word], word)):
        if counts[word] >= min_count:
            vocabulary[word] = len(vocabulary)
    return vocabulary


def encode__hinted(tokens, vocabulary):
    return [vocabulary.get(token, vocabulary["<unk>"]) for token in tokens]


def pad_batch__hinted(sequences, min_length=1):
    J = max(min_length, max(len(s) for s in sequences))
    ids = torch.zeros(len(sequences), J, dtype=torch.long)
    mask = torch.zeros(len(sequences), J, dtype=torch.bool)
    for b, sequence in enumerate(sequences):
        ids[b, : len(sequence)] = torch.tensor(sequence)
        mask[b, : len(sequence)] = True
    return ids, mask


def text_conv1d__hinted(X, F, b=None):
    J, (K, M, N) = len(X), F.shape
    padded = np.zeros((J + K - 1, M))
    padded[(K - 1) // 2 : (K - 1) // 2 + J] = X
    H = np.zeros((J, N))
    for j in range(J):
        H[j] = np.einsum("km,kmn->n", padded[j : j + K], F.astype(float))
    return H if b is None else H + b


def masked_pool__hinted(h, mask, how="max"):
    outside = ~mask[:, None, :]
    if how == "max":
        return h.masked_fill(outside, float("-inf")).amax(dim=2)
    if how == "avg":
        return h.masked_fill(outside, 0).sum(dim=2) / mask.sum(dim=1)[:, None]
    raise ValueError(f"how is 'max' or 'avg', not {how!r}")


class WordCNN__hinted(nn.Module):
    def __init__(self, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, embedding_size, padding_idx=0)
        self.convolution = nn.Conv1d(embedding_size, filters, width, padding="same")
        self.linear = nn.Linear(filters, classes)

    def forward(self, ids):
        x = self.embedding(ids).transpose(1, 2)
        h = torch.relu(self.convolution(x)).transpose(1, 2)
        return self.linear(h)


class TextCNN__hinted(nn.Module):
    def __init__(
        self,
        vocabulary_size,
        embedding_size,
        widths=(3, 4, 5),
        filters=100,
        classes=2,
        dropout=0.5,
    ):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, embedding_size)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(embedding_size, filters, width, padding="same") for width in widths
        )
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(filters * len(widths), classes)

    def forward(self, ids, mask):
        x = (self.embedding(ids) * mask[..., None]).transpose(1, 2)
        pooled = [masked_pool__hinted(torch.relu(c(x)), mask) for c in self.convolutions]
        return self.linear(self.dropout(torch.cat(pooled, dim=1)))


def accuracy__hinted(model, batches, device="cpu"):
    model.to(device)
    model.eval()
    right = total = 0
    with torch.no_grad():
        for ids, mask, labels in batches:
            logits = model(ids.to(device), mask.to(device))
            right += (logits.argmax(1) == labels.to(device)).sum().item()
            total += len(labels)
    return right / total


def top_ngrams__hinted(model, sentences, vocabulary, width, filter_index, k=5):
    bank = next(c for c in model.convolutions if c.weight.shape[2] == width)
    found = []
    for tokens in sentences:
        if len(tokens) < width:
            continue
        x = model.embedding(torch.tensor(encode__hinted(tokens, vocabulary)))
        i = filter_index
        scores = F.conv1d(x.T[None], bank.weight[i : i + 1], bank.bias[i : i + 1])
        for j, score in enumerate(scores[0, 0].tolist()):
            found.append((score, tokens[j : j + width]))
    return sorted(found, key=lambda pair: pair[0], reverse=True)[:k]


# ── plain loops ─────────────────────────────────────────────────────────────


def build_vocabulary__loops(sentences, min_count=1):
    counts = {}
    for sentence in sentences:
        for word in sentence:
            counts[word] = counts.get(word, 0) + 1
    words = []
    for word in counts:
        if counts[word] >= min_count:
            words.append(word)
    words.sort()
    words.sort(key=counts.get, reverse=True)  # sorting is stable
    result = {"<pad>": 0, "<unk>": 1}
    i = 2
    for word in words:
        result[word] = i
        i += 1
    return result


def encode__loops(tokens, vocabulary):
    ids = []
    for token in tokens:
        if token in vocabulary:
            ids.append(vocabulary[token])
        else:
            ids.append(vocabulary["<unk>"])
    return ids


def pad_batch__loops(sequences, min_length=1):
    J = min_length
    for sequence in sequences:
        J = max(J, len(sequence))
    ids, mask = [], []
    for sequence in sequences:
        row, words = [], []
        for j in range(J):
            row.append(sequence[j] if j < len(sequence) else 0)
            words.append(j < len(sequence))
        ids.append(row)
        mask.append(words)
    return torch.tensor(ids), torch.tensor(mask)


def text_conv1d__loops(X, F, b=None):
    J, M = X.shape
    K, _, N = F.shape
    H = np.zeros((J, N))
    for j in range(1, J + 1):  # the lecture's j, counted from 1
        for n in range(N):
            total = 0.0 if b is None else float(b[n])
            for k in range(1, K + 1):
                i = j + k - (K + 1) // 2
                if 1 <= i <= J:
                    for m in range(M):
                        total += float(F[k - 1, m, n]) * float(X[i - 1, m])
            H[j - 1, n] = total
    return H


def masked_pool__loops(h, mask, how="max"):
    if how not in ("max", "avg"):
        raise ValueError("the pooling is either max or avg")
    rows = []
    for b in range(len(h)):
        words = h[b][:, mask[b]]
        rows.append(words.max(dim=1).values if how == "max" else words.mean(dim=1))
    return torch.stack(rows)


class WordCNN__loops(nn.Module):
    def __init__(self, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
        super().__init__()
        self.table = nn.Embedding(vocabulary_size, embedding_size)
        self.width = width
        self.filter_bank = nn.Conv1d(embedding_size, filters, width)
        self.out = nn.Linear(filters, classes)

    def forward(self, ids):
        x = self.table(ids) * (ids != 0).unsqueeze(2)
        before = (self.width - 1) // 2
        x = F.pad(x, (0, 0, before, self.width - 1 - before))
        answers = []
        for j in range(ids.shape[1]):
            window = x[:, j : j + self.width].transpose(1, 2)
            answers.append(self.out(self.filter_bank(window)[:, :, 0].clamp(min=0)))
        return torch.stack(answers, dim=1)


class TextCNN__loops(nn.Module):
    """Goes through the sentences one by one, full windows only."""

    def __init__(
        self,
        vocabulary_size,
        embedding_size,
        widths=(3, 4, 5),
        filters=100,
        classes=2,
        dropout=0.5,
    ):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, embedding_size)
        self.convolutions = nn.ModuleList()
        for width in widths:
            self.convolutions.append(nn.Conv1d(embedding_size, filters, width))
        self.linear = nn.Linear(len(widths) * filters, classes)
        self.p = dropout

    def forward(self, ids, mask):
        rows = []
        for sentence, words in zip(ids, mask, strict=True):
            x = self.embedding(sentence[words]).T
            features = []
            for convolution in self.convolutions:
                short = max(0, convolution.weight.shape[2] - x.shape[1])
                h = F.relu(convolution(F.pad(x, (0, short))[None]))[0]
                features.append(h.max(dim=1).values)
            rows.append(torch.cat(features))
        return self.linear(F.dropout(torch.stack(rows), self.p, self.training))


def accuracy__loops(model, batches, device="cpu"):
    model = model.to(device)
    model.train(False)
    hits = []
    for ids, mask, labels in batches:
        with torch.inference_mode():
            logits = model(ids.to(device), mask.to(device)).cpu()
        for row, label in zip(logits, labels, strict=True):
            hits.append(int(row.argmax()) == int(label))
    return sum(hits) / len(hits)


@torch.no_grad()
def top_ngrams__loops(model, sentences, vocabulary, width, filter_index, k=5):
    for layer in model.convolutions:
        if layer.kernel_size[0] == width:
            weight, bias = layer.weight[filter_index], layer.bias[filter_index]
    found = []
    for tokens in sentences:
        for j in range(len(tokens) - width + 1):
            words = tokens[j : j + width]
            score = bias
            for i, word in enumerate(words):
                row = vocabulary[word] if word in vocabulary else vocabulary["<unk>"]
                score = score + model.embedding.weight[row] @ weight[:, i]
            found.append((float(score), tuple(words)))
    found.sort(key=lambda pair: -pair[0])
    return found[:k]


# ── without loops ───────────────────────────────────────────────────────────


def build_vocabulary__vectorised(sentences, min_count=1):
    everything = [word for sentence in sentences for word in sentence]
    ordered = sorted(set(everything), key=lambda w: (-everything.count(w), w))
    kept = [w for w in ordered if everything.count(w) >= min_count]
    return dict(zip(["<pad>", "<unk>", *kept], range(len(kept) + 2), strict=True))


def encode__vectorised(tokens, vocabulary):
    safe = collections.defaultdict(lambda: vocabulary["<unk>"], vocabulary)
    return list(map(safe.__getitem__, tokens))


def pad_batch__vectorised(sequences, min_length=1):
    rows = [torch.tensor(s, dtype=torch.int64) for s in sequences]
    rows.append(torch.zeros(min_length, dtype=torch.int64))
    ids = nn.utils.rnn.pad_sequence(rows, batch_first=True)[:-1]
    lengths = torch.tensor([len(s) for s in sequences])
    return ids, torch.arange(ids.shape[1])[None, :] < lengths[:, None]


def text_conv1d__vectorised(X, F, b=None):
    K = len(F)
    padded = np.pad(X.astype(np.float64), (((K - 1) // 2, K // 2), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, K, axis=0)  # (J, M, K)
    H = np.tensordot(windows, F.astype(np.float64), axes=([2, 1], [0, 1]))
    return H + (0 if b is None else b)


def masked_pool__vectorised(h, mask, how="max"):
    if how == "max":
        lowest = torch.full_like(h, -torch.inf)
        return torch.where(mask.unsqueeze(1), h, lowest).max(2)[0]
    elif how == "avg":
        weights = mask.to(h.dtype)
        weights = weights / weights.sum(1, keepdim=True)
        return torch.einsum("bnj,bj->bn", torch.where(mask.unsqueeze(1), h, 0.0), weights)
    raise ValueError("how must be max or avg")


class WordCNN__vectorised(nn.Module):
    def __init__(self, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
        super().__init__()
        self.layers = nn.ModuleDict(
            {
                "embed": nn.Embedding(vocabulary_size, embedding_size, padding_idx=0),
                "convolve": nn.Conv1d(embedding_size, filters, width),
                "classify": nn.Linear(filters, classes),
            }
        )
        self.pad = nn.ConstantPad1d(((width - 1) // 2, width // 2), 0.0)

    def forward(self, ids):
        x = self.pad(self.layers["embed"](ids).permute(0, 2, 1))
        h = F.relu(self.layers["convolve"](x))
        return self.layers["classify"](h.permute(0, 2, 1))


class TextCNN__vectorised(nn.Module):
    """As Kim's own code: width − 1 zeros on both sides, so that windows reach over the ends."""

    def __init__(
        self,
        vocabulary_size,
        embedding_size,
        widths=(3, 4, 5),
        filters=100,
        classes=2,
        dropout=0.5,
    ):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, embedding_size, padding_idx=0)
        self.convolutions = nn.ModuleList(
            [nn.Conv1d(embedding_size, filters, w, padding=w - 1) for w in widths]
        )
        self.classifier_dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(filters * len(widths), classes)

    def forward(self, ids, mask):
        x = self.embedding(ids).masked_fill(~mask.unsqueeze(-1), 0.0).permute(0, 2, 1)
        lengths = mask.sum(dim=1, keepdim=True)
        maxima = []
        for convolution in self.convolutions:
            h = convolution(x).relu()
            touched = torch.arange(h.shape[2]) < lengths + convolution.kernel_size[0] - 1
            maxima.append((h * touched[:, None]).max(dim=2)[0])
        return self.linear(self.classifier_dropout(torch.cat(maxima, -1)))


def accuracy__vectorised(model, batches, device="cpu"):
    model.eval().to(device)
    with torch.no_grad():
        pairs = [(model(i.to(device), m.to(device)).argmax(-1).cpu(), y) for i, m, y in batches]
    guesses, labels = (torch.cat(part) for part in zip(*pairs, strict=True))
    return float((guesses == labels).double().mean())


def top_ngrams__vectorised(model, sentences, vocabulary, width, filter_index, k=5):
    bank = {c.kernel_size[0]: c for c in model.convolutions}[width]
    found = []
    with torch.no_grad():
        for tokens in filter(lambda s: len(s) >= width, sentences):
            x = model.embedding(torch.tensor(encode__vectorised(tokens, vocabulary)))
            windows = x.unfold(0, width, 1)  # (J - width + 1, M, width)
            scores = torch.einsum("jmk,mk->j", windows, bank.weight[filter_index])
            scores = (scores + bank.bias[filter_index]).tolist()
            found.extend((s, tokens[j : j + width]) for j, s in enumerate(scores))
    return sorted(found, key=lambda f: f[0])[::-1][:k]


# ── other ways to hold a filter bank ────────────────────────────────────────


class WordCNN__concatenated(nn.Module):
    """Whole windows, word after word, in one linear layer."""

    def __init__(self, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
        super().__init__()
        self.width = width
        self.words = nn.Embedding(vocabulary_size, embedding_size, padding_idx=0)
        self.hidden = nn.Linear(width * embedding_size, filters)
        self.answer = nn.Linear(filters, classes)

    def forward(self, ids):
        J, x = ids.shape[1], self.words(ids)
        x = F.pad(x, (0, 0, (self.width - 1) // 2, self.width // 2))
        windows = torch.cat([x[:, k : k + J] for k in range(self.width)], dim=2)
        return self.answer(torch.relu(self.hidden(windows)))


class WordCNN__unfolded(nn.Module):
    """The same, feature after feature, as Tensor.unfold gives the windows."""

    def __init__(self, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
        super().__init__()
        self.size = width
        self.lookup = nn.Embedding(vocabulary_size, embedding_size, padding_idx=0)
        self.layers = nn.Sequential(
            nn.Linear(embedding_size * width, filters), nn.ReLU(), nn.Linear(filters, classes)
        )

    def forward(self, ids):
        around = ((self.size - 1) // 2, self.size // 2)
        x = F.pad(self.lookup(ids).transpose(1, 2), around)
        return self.layers(x.unfold(2, self.size, 1).transpose(1, 2).flatten(2))


class WordCNN__offsets(nn.Module):
    """A linear layer for each word of a window, shifted and added up."""

    def __init__(self, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
        super().__init__()
        self.table = nn.Embedding(vocabulary_size, embedding_size, padding_idx=0)
        self.weights = nn.ModuleList(
            nn.Linear(embedding_size, filters, bias=k == 0) for k in range(width)
        )
        self.out = nn.Linear(filters, classes)

    def forward(self, ids):
        width, J = len(self.weights), ids.shape[1]
        x = F.pad(self.table(ids), (0, 0, (width - 1) // 2, width // 2))
        h = sum(layer(x[:, k : k + J]) for k, layer in enumerate(self.weights))
        return self.out(h.relu())


class WordCNN__image(nn.Module):
    """The sentence as an image of one channel, and filters as wide as the embedding."""

    def __init__(self, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
        super().__init__()
        self.embed = nn.Embedding(vocabulary_size, embedding_size, padding_idx=0)
        self.above, self.below = (width - 1) // 2, width // 2
        self.convolution = nn.Conv2d(1, filters, (width, embedding_size))
        self.linear = nn.Linear(filters, classes)

    def forward(self, ids):
        x = F.pad(self.embed(ids)[:, None], (0, 0, self.above, self.below))
        return self.linear(torch.relu(self.convolution(x)[..., 0]).transpose(1, 2))
