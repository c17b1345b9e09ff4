"""Mistakes that people really made, in code of their own, have their names."""

from __future__ import annotations

import pytest

from autograder.tests.support.reports import report_on

LAYER = """
        def conv1d_layer(x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
            z = np.concatenate([np.zeros(padding[0]), x, np.zeros(padding[1])])
            K, days = len(f), len(z)
            if stride < 1 or K > days:
                raise ValueError("these arguments make no sense")
"""

EPOCHS = """
        def train(model, dataloader, loss_function, optimizer, epochs, device="cpu"):
            model.to(device)
            model.train()
            averages = []
            for epoch in range(epochs):
                total = 0.0
                {per_epoch}
                for inputs, targets in dataloader:
                    {per_batch}
                    loss = loss_function(model(inputs.to(device)), targets.to(device))
                    loss.backward()
                    optimizer.step()
                    total += loss.item()
                averages.append(total / {count})
            return averages
"""

KIM = """
        class TextCNN(nn.Module):
            def __init__(self, vocabulary_size, embedding_size, widths=(3, 4, 5), filters=100,
                         classes=2, dropout=0.5):
                super().__init__()
                self.embedding = nn.Embedding(vocabulary_size, embedding_size, padding_idx=0)
                self.convolutions = nn.ModuleList(
                    nn.Conv1d(embedding_size, filters, K{padding}) for K in widths)
                self.dropout = nn.Dropout(dropout)
                self.linear = nn.Linear(len(widths) * filters, classes)
            def forward(self, ids, mask):
                x = (self.embedding(ids) * mask[:, :, None]).transpose(1, 2)
                pooled = []
                for convolution in self.convolutions:
                    h = convolution(x).relu()
                    pooled.append({pooled})
                return self.linear(self.dropout(torch.cat(pooled, 1)))
"""

SEEN = [
    (
        "conv1d_layer",
        "the stride divides and steps",
        LAYER
        + """
            h = [z[i:i + K] @ f + b for i in range(0, (days - K) // stride + 1, stride)]
            return np.array(h) if activation is None else activation(np.array(h))
        """,
    ),
    (
        "conv1d_layer",
        "the windows start one day apart",
        LAYER
        + """
            h = np.zeros((days - K) // stride + 1)
            for i in range(len(h)):
                h[i] = z[i:i + K] @ f + b
            return h if activation is None else activation(h)
        """,
    ),
    (
        "conv1d_layer",
        "the stride leaves holes",
        LAYER
        + """
            h = np.zeros((days - K) // stride + 1)
            for i in range(0, len(h), stride):
                h[i] = z[i:i + K] @ f + b
            return h if activation is None else activation(h)
        """,
    ),
    (
        "conv1d_layer",
        "a name gets its value only with padding",
        LAYER
        + """
            if padding != (0, 0):
                found = []
            for i in range(0, days - K + 1, stride):
                found.append(z[i:i + K] @ f + b)
            return np.array(found) if activation is None else activation(np.array(found))
        """,
    ),
    (
        "train",
        "divided by the number of examples",
        EPOCHS.format(
            per_epoch="pass", per_batch="optimizer.zero_grad()", count="len(dataloader.dataset)"
        ),
    ),
    (
        "train",
        "the gradients are cleared once per epoch",
        EPOCHS.format(per_epoch="optimizer.zero_grad()", per_batch="pass", count="len(dataloader)"),
    ),
    (
        "train_filter",
        "a column minus a row",
        """
        def train_filter(x, y, K=7, learning_rate=0.05, steps=200):
            windows = np.array([x[i:i + K] for i in range(len(y))], dtype=float)
            f, w, b, losses = np.ones((K, 1)) / 3, 0.5, 0.0, []
            for _ in range(steps):
                h = windows @ f
                error = w * h + b - y
                losses.append(np.mean(error ** 2))
                slopes = 2 * error.mean(axis=1) / len(y)
                df = w * (slopes @ windows)[:, None]
                f, w, b = (f - learning_rate * df, w - learning_rate * (slopes @ h[:, 0]),
                           b - learning_rate * slopes.sum())
            return f[:, 0], float(w), float(b), np.array(losses)
        """,
    ),
    (
        "numerical_gradient",
        "a fixed step to one side",
        """
        def numerical_gradient(loss, p, eps=1e-6):
            before, h = loss(p), 1e-5
            slopes = np.empty_like(p)
            for place in np.ndindex(*p.shape):
                moved = p.copy()
                moved[place] += h
                slopes[place] = (loss(moved) - before) / h
            return slopes
        """,
    ),
    (
        "conv1d_backward",
        "half a filter of zeros around dh",
        """
        def conv1d_backward(x, f, dh):
            x, f, dh = [np.array(a, dtype=float) for a in (x, f, dh)]
            half = np.zeros(len(f) // 2)
            z = np.concatenate([half, dh, half])
            dx = [z[i:i + len(f)] @ f[::-1] for i in range(len(z) - len(f) + 1)]
            df = [x[k:k + len(dh)] @ dh for k in range(len(f))]
            return np.array(dx), np.array(df), dh.sum()
        """,
    ),
    (
        "conv2d_channels",
        "the channels are padded, too",
        """
        def conv2d_channels(X, F, b=0.0, activation=None):
            (J1, J2, M), (K1, K2, _) = X.shape, F.shape
            P = np.pad(X.astype(float), K1 // 2)
            H = np.array([[(P[i:i + K1, j:j + K2, :M] * F).sum() for j in range(J2)]
                          for i in range(J1)]) + b
            return H if activation is None else activation(H)
        """,
    ),
    (
        "conv2d_fast",
        "the windows in another order than the weights",
        """
        def conv2d_fast(X, F, b=None):
            (J1, J2, M), (K1, K2, _, N) = X.shape, F.shape
            around = ((K1 - 1) // 2, K1 // 2), ((K2 - 1) // 2, K2 // 2), (0, 0)
            P = np.pad(X.astype(float), around)
            W = np.lib.stride_tricks.sliding_window_view(P, (K1, K2), axis=(0, 1))
            H = W.reshape(J1 * J2, -1) @ F.reshape(-1, N)
            return H.reshape(J1, J2, N) + (0 if b is None else b)
        """,
    ),
    (
        "text_conv1d",
        "reshape instead of transpose",
        """
        def text_conv1d(X, F, b=None):
            (J, M), (K, _, N) = X.shape, F.shape
            P = np.pad(X.astype(float), (((K - 1) // 2, K // 2), (0, 0)))
            maps = [[(P[j:j + K] * F[:, :, n]).sum() + (0 if b is None else b[n])
                     for j in range(J)] for n in range(N)]
            return np.array(maps).reshape(J, N)
        """,
    ),
    (
        "im2col",
        "half the window on both sides",
        """
        def im2col(X, K1, K2):
            P = np.pad(X.astype(float), ((K1 // 2, K1 // 2), (K2 // 2, K2 // 2), (0, 0)))
            rows, columns = P.shape[0] - K1 + 1, P.shape[1] - K2 + 1
            return np.array([P[i:i + K1, j:j + K2].ravel()
                             for i in range(rows) for j in range(columns)])
        """,
    ),
    (
        "max_pool2d",
        "the cells start one position apart",
        """
        def max_pool2d(H, P1, P2):
            if P1 < 1 or P2 < 1:
                raise ValueError("a cell has at least one row and one column")
            J1, J2, N = H.shape
            out = np.zeros((J1 // P1, J2 // P2, N))
            for i in range(J1 // P1):
                for j in range(J2 // P2):
                    out[i, j] = H[i:i + P1, j:j + P2].max(axis=(0, 1))
            return out
        """,
    ),
    (
        "sgd_step",
        "the step in the parameter's place",
        """
        def sgd_step(parameters, learning_rate):
            for p in parameters:
                if p.grad is not None:
                    p.data =- learning_rate * p.grad
                    p.grad = None
        """,
    ),
    (
        "WordCNN",
        "view instead of transpose",
        """
        class WordCNN(nn.Module):
            def __init__(self, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
                super().__init__()
                self.embedding = nn.Embedding(vocabulary_size, embedding_size, padding_idx=0)
                self.conv = nn.Conv1d(embedding_size, filters, width, padding="same")
                self.out = nn.Linear(filters, classes)
            def forward(self, ids):
                h = torch.relu(self.conv(self.embedding(ids).transpose(1, 2)))
                return self.out(h.view(ids.shape[0], ids.shape[1], -1))
        """,
    ),
    (
        "TextCNN",
        "windows of nothing but padding",
        KIM.format(
            padding=", padding=K",
            pooled="h.masked_fill(torch.arange(h.shape[2]) >= "
            "mask.sum(1)[:, None, None] + convolution.kernel_size[0], 0).amax(2)",
        ),
    ),
    (
        "TextCNN",
        "average over all columns instead of max over time",
        KIM.format(
            padding=', padding="same"',
            pooled="F.adaptive_avg_pool1d(h * mask[:, None], 1)[:, :, 0]",
        ),
    ),
    (
        "top_ngrams",
        "the last window of each sentence is missing",
        """
        def top_ngrams(model, sentences, vocabulary, width, filter_index, k=5):
            layer = [c for c in model.convolutions if c.kernel_size[0] == width][0]
            kernel, best = layer.weight[filter_index].detach(), []
            for words in sentences:
                x = model.embedding(torch.tensor([vocabulary.get(w, 1) for w in words])).detach()
                for start in range(len(words) - width):
                    window = x[start:start + width]
                    score = float((window.T * kernel).sum() + layer.bias[filter_index])
                    best.append((score, words[start:start + width]))
            best.sort(key=lambda pair: pair[0], reverse=True)
            return best[:k]
        """,
    ),
    (
        "top_ngrams",
        "the padding of the layer takes part",
        """
        def top_ngrams(model, sentences, vocabulary, width, filter_index, k=5):
            layer = [c for c in model.convolutions if c.kernel_size[0] == width][0]
            best = []
            for words in sentences:
                ids = torch.tensor([[vocabulary.get(w, vocabulary["<unk>"]) for w in words]])
                scores = layer(model.embedding(ids).transpose(1, 2))[0][filter_index]
                for i in range(len(scores)):
                    best.append((scores[i].item(), words[i:i + width]))
            return sorted(best, key=lambda pair: pair[0], reverse=True)[:k]
        """,
    ),
    (
        "accuracy",
        "every batch is taken to be as large as the first",
        """
        def accuracy(model, batches, device="cpu"):
            model.to(device).eval()
            batches, right = list(batches), 0
            with torch.no_grad():
                for ids, mask, labels in batches:
                    guess = model(ids.to(device), mask.to(device)).argmax(dim=1)
                    right += int((guess == labels.to(device)).sum())
            return right / (len(batches) * batches[0][0].shape[0])
        """,
    ),
    (
        "masked_pool",
        "cut to the length of the first sentence",
        """
        def masked_pool(h, mask, how="max"):
            if how not in ("max", "avg"):
                raise ValueError("how has to be max or avg")
            words = mask[0].sum()
            h, keep = h[..., :words], mask[:, None, :words]
            if how == "max":
                return torch.where(keep, h, -torch.inf).amax(-1)
            return torch.where(keep, h, 0.0).sum(-1) / keep.sum(-1)
        """,
    ),
    (
        "encode",
        "id 0 is taken for no id",
        """
        def encode(tokens, vocabulary):
            ids = []
            for token in tokens:
                index = vocabulary.get(token)
                ids.append(index if index else vocabulary["<unk>"])
            return ids
        """,
    ),
    (
        "build_vocabulary",
        "in the order of appearance",
        """
        def build_vocabulary(sentences, min_count=1):
            count, vocabulary = {}, {"<pad>": 0, "<unk>": 1}
            for word in [w for s in sentences for w in s]:
                count[word] = count.get(word, 0) + 1
            for word in count:
                if count[word] >= min_count:
                    vocabulary[word] = len(vocabulary)
            return vocabulary
        """,
    ),
    (
        "train",
        "the same batch again and again",
        """
        def train(model, dataloader, loss_function, optimizer, epochs, device="cpu"):
            model.to(device).train()
            averages = []
            for epoch in range(epochs):
                total = 0.0
                for step in range(len(dataloader)):
                    inputs, targets = next(iter(dataloader))
                    loss = loss_function(model(inputs.to(device)), targets.to(device))
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                    total += loss.item()
                averages.append(total / len(dataloader))
            return averages
        """,
    ),
    (
        "ffn_gradients",
        "a net without ReLU",
        """
        def ffn_gradients(x, y, W, V):
            hidden = W.T @ x
            error = V.T @ hidden - y
            dy = 2 * error / y.shape[0]
            return x[:, None] * (V @ dy), hidden[:, None] * dy
        """,
    ),
    (
        "slope",
        "the prediction in the inner derivative's place",
        """
        def slope(w, x, y):
            prediction = w * x
            return 2 * (prediction - y) * prediction
        """,
    ),
]


@pytest.mark.parametrize(("name", "mistake", "source"), SEEN, ids=[f"{s[0]}-{s[1]}" for s in SEEN])
def test_a_mistake_that_people_made_is_named(name, mistake, source):
    report, text = report_on(name, source)
    assert [cause.name for cause in report.causes] == [mistake], text


TRAINED = """
        def train_filter(x, y, K=7, learning_rate=0.05, steps=200):
            W = np.array([x[i:i + K] for i in range(len(y))], dtype=float)
            place, losses = np.array([0.2] * K + [1.0, 0.0]), []
            slopes = np.zeros(K + 2)
            for _ in range(steps):
                f, w, b = place[:K], place[K], place[K + 1]
                h = W @ f
                error = w * h + b - y
                losses.append(np.mean({loss}))
                d = 2 * error{factor} / len(y)
                slopes {how} np.array([*(w * d @ W), d @ h, d.sum()])
                place = place - learning_rate * slopes
            return place[:K], place[K], place[K + 1], np.array(losses)
"""


@pytest.mark.parametrize(
    ("loss", "factor", "how", "sentence"),
    [
        ("error ** 2", "", "+=", "Each step takes the gradients of all steps before it along"),
        ("error ** 2", " * (w * h + b)", "=", "The gradient of ŷ has a factor ŷ too many"),
        ("np.abs(error)", "", "=", "means of the errors without their signs, not of their squares"),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_what_a_training_did_instead_is_told(loss, factor, how, sentence):
    _, text = report_on("train_filter", TRAINED.format(loss=loss, factor=factor, how=how))
    assert sentence in text


def test_the_arithmetic_of_a_gradient_by_hand_is_worked_out():
    """Of both gradients: an index alone does not say whose it is."""
    _, text = report_on(
        "ffn_gradients",
        """
        def ffn_gradients(x, y, W, V):
            h = torch.relu(x @ W)
            dy = 2 * (h @ V - y) / len(y)
            return torch.outer(x, V @ dy) + 1, torch.outer(h, dy)
        """,
    )
    assert "dJ/dŷ = [" in text
    assert "which passes, g > 0; times x[0]: 1·" in text
    assert "dV[0, 0]: h[0] times dJ/dŷ[0]:" in text
