"""Read film reviews, train classifiers on them, compare: lesson 06's longer helpers.

The lesson's whole comparison, on all data: ``python -m cnnlab.lesson_06_text_cnn.reviews``.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
import time
from collections.abc import Callable, Iterator
from html import escape

import numpy as np
import torch
from torch import nn

from ..data import Reviews, WordVectors, glove, movie_reviews
from ..engine.output import Live
from ..start import device as here
from .accuracy import accuracy
from .baseline import TfidfRegression
from .build_vocabulary import build_vocabulary
from .encode import encode
from .pad_batch import pad_batch
from .textcnn import TextCNN
from .texts import Batch, Examples, make_batches, split
from .texts import tokenize as tokenize  # lessons call it reviews.tokenize
from .words import UNK

# ── embeddings ──────────────────────────────────────────────────────────────

EMBEDDING_SIZE = 50
"""Features of a word, GloVe's number."""

WORD_DROPOUT = 0.2
"""Share of the training words that count as unknown, others at each step."""

SOURCES = ("random", "frozen GloVe", "tuned GloVe")


def set_embeddings(model: nn.Module, vocabulary: dict[str, int], source: str) -> None:
    """Small random numbers, or GloVe's vectors for the words that it knows.

    "frozen GloVe" is not trained any further. Row 0, the padding's, is zero.
    """
    table = model.embedding.weight
    with torch.no_grad():
        table.uniform_(-0.1, 0.1)
        if source != "random":
            known = glove()
            both = [i for i, word in enumerate(known.words) if word in vocabulary]
            rows = [vocabulary[known.words[i]] for i in both]
            table[rows] = torch.from_numpy(known.vectors[both]).to(table)
        table[0] = 0.0
    table.requires_grad_(source != "frozen GloVe")


def neighbours(known: WordVectors, words: list[str], count: int = 6) -> None:
    """Print the words whose vectors point most nearly in the same direction as each word's."""
    rows = {word: i for i, word in enumerate(known.words)}
    unit = known.vectors / np.linalg.norm(known.vectors, axis=1, keepdims=True)
    for word in words:
        if word not in rows:
            print(f"{word:>12}: not among these vectors")
            continue
        cosines = unit @ unit[rows[word]]
        near = [i for i in np.argsort(-cosines) if i != rows[word]][:count]
        said = ", ".join(f"{known.words[i]} {cosines[i]:.2f}" for i in near)
        print(f"{word:>12}: {said}")


# ── training ────────────────────────────────────────────────────────────────


@dataclasses.dataclass
class Trained:
    """A trained network, its vocabulary, and how training went.

    losses: one per step. dev: accuracy after each epoch. best: the epoch (from 0) whose
    weights were kept. seconds: how long it took. epochs: how many there are at most.
    """

    model: nn.Module
    vocabulary: dict[str, int]
    losses: list[float] = dataclasses.field(default_factory=list)
    dev: list[float] = dataclasses.field(default_factory=list)
    best: int = 0
    seconds: float = 0.0
    epochs: int = 12

    def score(self, examples: Examples) -> float:
        """The accuracy on examples."""
        batches = make_batches(examples, self.vocabulary, 200)
        return accuracy.reference(self.model, batches, _device(self.model))

    def positive(self, sentences: list[list[str]]) -> np.ndarray:
        """The probability that each sentence is positive, shape (B,)."""
        self.model.eval()
        out = []
        with torch.no_grad():
            for start in range(0, len(sentences), 200):
                part = sentences[start : start + 200]
                ids = [encode.reference(tokens, self.vocabulary) for tokens in part]
                ids, mask = (t.to(_device(self.model)) for t in pad_batch.reference(ids))
                out.append(self.model(ids, mask).softmax(1)[:, 1].cpu())
        return torch.cat(out).numpy()


def _device(model: nn.Module) -> str:
    return str(next(model.parameters()).device)


def _one_epoch(
    trained: Trained, batches: list[Batch], optimizer: torch.optim.Optimizer, device: str
) -> Iterator[float]:
    """A step for each batch; after each the share of the epoch that is done."""
    loss_function = nn.CrossEntropyLoss()
    for step, (ids, mask, labels) in enumerate(batches):
        trained.model.train()
        # Now and then a word counts as unknown: else <unk> would never be trained.
        hidden = mask & (torch.rand(ids.shape) < WORD_DROPOUT)
        ids = ids.masked_fill(hidden, trained.vocabulary[UNK])
        loss = loss_function(trained.model(ids.to(device), mask.to(device)), labels.to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        trained.losses.append(loss.item())
        yield (step + 1) / len(batches)


def train_cnn(
    train: Examples,
    dev: Examples,
    source: str = "random",
    *,
    cnn: Callable[..., nn.Module] = TextCNN.reference,
    how: str = "max",
    filters: int = 100,
    epochs: int = 12,
    patience: int = 3,
    seed: int = 0,
    watch: Callable[[Trained, float], None] | None = None,
) -> Trained:
    """Train a TextCNN with Adam; stop when the development set gets no better.

    source: where embeddings come from, one of SOURCES. cnn: builds the network. how:
    "max" or "avg", the pooling (of our own network). patience: epochs without a better
    development accuracy before training stops; the best epoch's weights are kept.
    watch: called after each step with what there is so far and the share of all epochs done.
    Runs on the GPU where there is one.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    vocabulary = build_vocabulary.reference(train.sentences)
    model = cnn(len(vocabulary), EMBEDDING_SIZE, filters=filters)
    model.how = how
    set_embeddings(model, vocabulary, source)
    device = here()
    model.to(device)
    trained = Trained(model, vocabulary, epochs=epochs)
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=1e-3)
    dev_batches = make_batches(dev, vocabulary, 200)
    size = 50 if len(train) > 2000 else 20  # few sentences would make few steps
    start, kept = time.perf_counter(), None
    for epoch in range(epochs):
        batches = make_batches(train, vocabulary, size, rng)
        for share in _one_epoch(trained, batches, optimizer, device):
            if watch:
                watch(trained, (epoch + share) / epochs)
        trained.dev.append(accuracy.reference(model, dev_batches, device))
        if trained.dev[-1] > max(trained.dev[:-1], default=0.0):
            trained.best, kept = epoch, copy.deepcopy(model.state_dict())
        elif epoch - trained.best >= patience:
            break
    model.load_state_dict(kept)
    trained.seconds = time.perf_counter() - start
    if watch:
        watch(trained, 1.0)
    return trained


# ── the comparison ──────────────────────────────────────────────────────────

BASELINE = "TF-IDF + logistic regression"
MODELS = (BASELINE, *(f"CNN, {source}" for source in SOURCES))


@dataclasses.dataclass(frozen=True)
class Row:
    """The test accuracy of one model, for each seed: each seed has its own split.

    sentences: how many it was trained on. seconds: of all runs together.
    """

    model: str
    sentences: int
    accuracies: tuple[float, ...]
    seconds: float


class LiveSteps:
    """A progress bar with words, for a comparison of several runs."""

    def __init__(self):
        self._live = Live()
        self._began = time.monotonic()

    def __call__(self, what: str, share: float) -> None:
        """Say what runs now, and which share of all is done; in a notebook, not in a terminal."""
        said = f"{what} ({100 * share:.0f} % done, {time.monotonic() - self._began:.0f} s)"
        bar = f"<progress value='{share:.3f}' max='1' aria-label='runs'></progress>"
        data = {"text/plain": said, "text/html": f"{bar} {escape(said)}"}
        self._live.put(data, done=False)


def compare(
    reviews: Reviews,
    models: tuple[str, ...] = MODELS,
    sentences: int | None = None,
    *,
    how: str = "max",
    seeds: tuple[int, ...] = (0, 1, 2),
    filters: int = 100,
    epochs: int = 12,
) -> list[Row]:
    """Train each model once per seed, on all training sentences or the first so many."""
    rows, done, steps = [], 0, LiveSteps()
    for model in models:
        scores, start = [], time.perf_counter()
        for seed in seeds:
            steps(f"{model}, seed {seed}", done / (len(models) * len(seeds)))
            train, dev, test = split(reviews, seed)
            if sentences:
                train = train.take(np.arange(sentences))
            if model == BASELINE:
                scores.append(TfidfRegression(train).score(test))
            else:
                source = model.removeprefix("CNN, ")
                run = train_cnn(
                    train, dev, source, how=how, filters=filters, epochs=epochs, seed=seed
                )
                scores.append(run.score(test))
            done += 1
        name = model if how == "max" else f"{model}, average pooling"
        rows.append(Row(name, len(train), tuple(scores), time.perf_counter() - start))
    steps(f"{done} runs", 1.0)
    return rows


def full_table(seeds: tuple[int, ...] = (0, 1, 2)) -> None:
    """Print every model with all data and with 1,000 sentences, and both poolings."""
    reviews = movie_reviews()
    print(f"{'model':48} {'sentences':>9} {'test accuracy':>20} {'seconds a run':>13}")
    for sentences in (None, 1000):
        for how in ("max", "avg"):
            for model in MODELS if how == "max" else MODELS[1:]:
                (row,) = compare(reviews, (model,), sentences, how=how, seeds=seeds)
                mean, spread = 100 * np.mean(row.accuracies), 100 * np.std(row.accuracies)
                print(
                    f"{row.model:48} {row.sentences:9} {mean:13.1f} ± {spread:.1f} "
                    f"{row.seconds / len(seeds):13.1f}",
                    flush=True,
                )


def main() -> None:
    """Print the whole table: ``python -m cnnlab.lesson_06_text_cnn.reviews``."""
    parser = argparse.ArgumentParser(description=full_table.__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="runs of each model (default 3)")
    full_table(tuple(range(parser.parse_args().seeds)))


if __name__ == "__main__":
    main()
