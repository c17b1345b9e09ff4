"""Figures and widgets of lesson 06: words as numbers, training, and what a filter reads."""

from __future__ import annotations

import time

import ipywidgets as ipw
import numpy as np
import torch
from matplotlib.patches import Rectangle

from ..data import WordVectors
from ..engine.figures import (
    BLUE,
    GREY,
    ORANGE,
    SKY,
    as_data,
    choice,
    figure,
    legend,
    plain,
    show,
    slider,
    typed,
)
from ..engine.output import Live, put
from ..engine.vector import BLACK
from .evidence import explain, highlighted, spoken
from .reviews import Row, Trained, tokenize


def words_as_rows(tokens: list[str], vectors: np.ndarray, window: tuple[int, int]) -> None:
    """Draw a sentence as the matrix X (J, M): a row for each word, a column for each feature.

    vectors: (J, M). window: the first word of a filter's window, and how many it sees.
    """
    first, K = window
    J, M = vectors.shape
    with figure(height=0.6 + 0.34 * J) as (made, axis):
        limit = float(np.percentile(np.abs(vectors), 98))  # one feature of GloVe's is huge
        image = axis.imshow(vectors, cmap="PuOr", vmin=-limit, vmax=limit, aspect="auto")
        axis.set(yticks=range(J), yticklabels=tokens, xlabel=f"feature m (of M = {M})")
        axis.add_patch(
            Rectangle((-0.5, first - 0.5), M, K, fill=False, edgecolor="black", lw=2.5, ls="--")
        )
        made.colorbar(image, ax=axis, label="value", extend="both")
        inside = " ".join(tokens[first : first + K])
        show(
            made,
            f"A grid with {J} rows, one for each word, and {M} columns of features; a dashed frame "
            f"lies around the {K} rows of “{inside}”.",
            f"X has J·M = {J}·{M} = {J * M} entries. A filter of K = {K} words has "
            f"K·M = {K}·{M} = {K * M} weights: it covers whole rows and moves down, only down.",
        )


def draw_batch(ids: torch.Tensor, mask: torch.Tensor, words: list[str]) -> None:
    """Draw a batch: the words' ids, and hatched cells where there is padding.

    ids, mask: (B, J). words: the word of each id.
    """
    B, J = ids.shape
    with figure(height=0.7 + 0.5 * B) as (made, axis):
        for b in range(B):
            for j in range(J):
                real = bool(mask[b, j])
                axis.add_patch(
                    Rectangle(
                        (j - 0.5, b - 0.5),
                        1,
                        1,
                        facecolor="#D6EBF7" if real else "white",
                        edgecolor="0.6",
                        hatch="" if real else "///",
                    )
                )
                number = int(ids[b, j])
                axis.text(
                    j,
                    b,
                    f"{words[number]}\n{number}",
                    ha="center",
                    va="center",
                    fontsize=9,
                    color=BLACK if real else "black",
                    bbox=None if real else {"facecolor": "white", "lw": 0, "pad": 1},
                )
        axis.set(
            xlim=(-0.5, J - 0.5),
            ylim=(B - 0.5, -0.5),
            xlabel="position j (code counts from 0)",
            ylabel="sentence b",
            xticks=range(J),
            yticks=range(B),
        )
        lengths = mask.sum(1).tolist()
        show(
            made,
            f"A grid of {B} sentences and {J} positions with word and id in each cell; cells after "
            "a sentence's end are hatched and hold <pad>, 0.",
            f"Lengths {', '.join(map(str, lengths))}: {sum(lengths)} of {B}·{J} = {B * J} cells "
            f"hold words, {B * J - sum(lengths)} are padding.",
        )


def word_map(known: WordVectors, groups: dict[str, list[str]]) -> None:
    """Draw groups of words in the plane that spreads them most (principal components)."""
    rows = {word: i for i, word in enumerate(known.words)}
    words = [word for group in groups.values() for word in group]
    vectors = known.vectors[[rows[word] for word in words]]
    centred = vectors - vectors.mean(axis=0)
    _, size, axes = np.linalg.svd(centred, full_matrices=False)
    places = centred @ axes[:2].T
    kept = float((size[:2] ** 2).sum() / (size**2).sum())
    at = dict(zip(words, places, strict=True))
    looks = [(BLUE, "o"), (ORANGE, "s"), (GREY, "^"), (SKY, "D")]
    with figure(height=4.4) as (made, axis):
        for (name, group), (colour, marker) in zip(groups.items(), looks, strict=False):
            points = np.array([at[word] for word in group])
            axis.plot(*points.T, marker, color=colour, label=name, ms=6)
        labels: list[tuple[float, float]] = []
        for word, (x, y) in sorted(at.items(), key=lambda item: item[1][1]):
            height = y
            while any(abs(x - a) < 1.1 and abs(height - b) < 0.42 for a, b in labels):
                height += 0.05  # labels of neighbours make room for each other
            labels.append((x, height))
            line = {"arrowstyle": "-", "lw": 0.6, "color": "0.5"} if height > y else None
            axis.annotate(word, (x, y), (x + 0.12, height), fontsize=9, arrowprops=line)
        axis.set(xlabel="first direction", ylabel="second direction")
        axis.margins(0.12)
        legend(axis)
        show(
            made,
            f"Points for {len(words)} words in {len(groups)} groups: {', '.join(groups)}; words of "
            "a group lie near each other.",
            f"Two directions of {vectors.shape[1]}; they hold {kept:.0%} of the words' spread.",
        )


def padding_wins(tokens: list[str], h: np.ndarray, length: int) -> None:
    """Draw one filter's outputs along a padded sentence, with the maxima of both poolings.

    h: (J,), of which the first ``length`` belong to words.
    """
    J = len(h)
    inside, anywhere = h[:length].max(), h.max()
    with figure(height=2.8) as (made, axis):
        bars = axis.bar(range(J), h, color=BLUE, width=0.7)
        for bar in bars[length:]:
            bar.set(facecolor="white", edgecolor=GREY, hatch="///")
        axis.axhline(0, color="0.5", lw=0.8)
        axis.axhline(inside, color=BLUE, ls="--", lw=1.2)
        axis.axhline(anywhere, color=ORANGE, ls=":", lw=1.6)
        for level, name in ((inside, "words"), (anywhere, "all")):
            said = f"max over {name} {plain(level)}"
            box = {"facecolor": "white", "lw": 0, "pad": 1.5}
            axis.text(J - 0.5, level, said, va="center", ha="right", bbox=box)
        axis.set(xticks=range(J), ylabel="output h")
        axis.set_xticklabels([*tokens, *["<pad>"] * (J - length)], rotation=30)
        axis.margins(y=0.2)
        average, diluted = h[:length].mean(), h[:length].sum() / J
        show(
            made,
            f"Bars of a filter's outputs for {length} words and, hatched, {J - length} paddings; "
            "the highest bar is a padding's.",
            f"Maximum over the {length} words {plain(inside)}, over all {J} positions "
            f"{plain(anywhere)}. Mean over the words {plain(average)}; divided by {J} it would be "
            f"{plain(diluted)}.",
        )


class LiveTraining:
    """Shows, while train_cnn runs, how far it is, the loss, and the development accuracy.

    Give it as ``watch``. Drawn at most twice a second, and at the end.
    epochs: how many there are at most; train_cnn says so itself.
    """

    def __init__(self, epochs: int | None = None):
        self.epochs = epochs
        self._drawn = self._began = time.monotonic()
        self._live = Live()

    def __call__(self, trained: Trained, share: float) -> None:
        """Take note of where training is."""
        if trained.seconds or time.monotonic() - self._drawn > 0.5:
            self._draw(trained, share)
            self._drawn = time.monotonic()

    def _draw(self, trained: Trained, share: float) -> None:
        losses, dev, most = trained.losses, trained.dev, self.epochs or trained.epochs
        epochs = len(dev) if trained.seconds else share * most
        places = np.linspace(0, epochs, len(losses) + 1)[1:]
        smooth = np.array([np.mean(losses[max(0, i - 30) : i + 1]) for i in range(len(losses))])
        with figure(columns=2, height=2.5) as (made, (left, right)):
            left.plot(places, losses, ".", color="0.8", ms=2)
            left.plot(places, smooth, color=BLUE, lw=2)
            left.set(title="training loss (line: mean of 30 batches)", xlabel="epoch")
            left.set(xlim=(0, most), ylim=(0, 1))
            right.plot(range(1, len(dev) + 1), [100 * a for a in dev], "o-", color=ORANGE)
            if dev:
                best = int(np.argmax(dev))
                right.plot(best + 1, 100 * dev[best], "o", ms=13, mfc="none", mec="black")
            right.set(title="accuracy on the development set, %", xlabel="epoch")
            right.set(xlim=(0, most), ylim=(50, 85))
            took = trained.seconds or time.monotonic() - self._began
            said = f"Epoch {int(np.ceil(epochs))} of at most {most}, {took:.0f} s; "
            said += f"mean loss of the last 30 batches {smooth[-1]:.2f}"
            if dev:
                said += f"; best on the development set so far: {max(dev):.1%}, in epoch "
                said += f"{int(np.argmax(dev)) + 1} (circle)"
            if trained.seconds and len(dev) < most:
                said += ". Stopped early: it got no better"
            data = as_data(made, "Left the falling training loss, right the accuracy.", said + ".")
        done = 100 if trained.seconds else int(100 * share)
        data["text/html"] = (
            f"<progress value='{done}' max='100' style='width:32em;max-width:100%' "
            "aria-label='training'></progress>" + data["text/html"]
        )
        self._live.put(data, bool(trained.seconds))


def comparison(rows: list[Row]) -> None:
    """Draw and list test accuracies: a point for each seed, a bar for the mean."""
    with figure(height=0.9 + 0.42 * len(rows)) as (made, axis):
        for place, row in enumerate(rows):
            scores = 100 * np.array(row.accuracies)
            axis.plot(scores, [place] * len(scores), "o", mfc="none", color=BLUE, ms=6)
            axis.plot(scores.mean(), place, "|", color=ORANGE, ms=20, mew=3)
        names = [f"{row.model} · {row.sentences:,} sentences" for row in rows]
        axis.set(yticks=range(len(rows)), yticklabels=names, xlabel="test accuracy, %")
        axis.set_ylim(len(rows) - 0.5, -0.5)
        axis.grid(axis="x", color="0.9")
        means = "; ".join(
            f"{name} {100 * np.mean(row.accuracies):.1f} %"
            for name, row in zip(names, rows, strict=True)
        )
        show(made, f"Circles for each seed and a bar for the mean. {means}.", f"Means: {means}.")


_CHANGES = ["nothing", "replace a word", "move a word to the end", "reverse the order"]


def _changed(tokens: list[str], change: str, position: int, word: str) -> list[str]:
    tokens = list(tokens)
    position = min(position, len(tokens) - 1)
    if change == "replace a word":
        tokens[position : position + 1] = tokenize(word)
    elif change == "move a word to the end":
        tokens.append(tokens.pop(position))
    elif change == "reverse the order":
        tokens.reverse()
    return tokens


def ask(trained: Trained, sentence: str) -> ipw.interactive:
    """Type a sentence; see what the network says, why, and what a change does to it.

    Returns the widget, whose controls are sentence, change, position and word.
    """

    def draw(sentence: str, change: str, position: int, word: str) -> None:
        before = tokenize(sentence)
        tokens = _changed(before, change, position, word) if before else []
        if not tokens:
            print("Type a sentence: at least one word.")
            return
        was, _ = explain(trained, before)
        probability, evidence = explain(trained, tokens)
        parts = spoken(tokens, evidence)
        unknown = [t for t in tokens if t not in trained.vocabulary]
        strongest = evidence[:8][::-1]
        with figure(height=0.9 + 0.32 * max(len(strongest), 1)) as (made, axis):
            shares = [e.share for e in strongest]
            bars = axis.barh(range(len(strongest)), shares, color=BLUE, height=0.7)
            for bar, share in zip(bars, shares, strict=True):
                if share < 0:
                    bar.set(facecolor="white", edgecolor=ORANGE, hatch="///")
            axis.set_yticks(range(len(strongest)), [" ".join(e.tokens) for e in strongest])
            axis.axvline(0, color="0.4", lw=0.8)
            axis.set_xlabel("← speaks for negative        speaks for positive →")
            total = sum(e.share for e in evidence)
            linear = trained.model.linear.bias.detach()
            bias = float(linear[1] - linear[0])
            caption = (
                f"All {len(evidence)} n-grams together {total:+.2f}, bias {bias:+.2f}: "
                f"sum {total + bias:+.2f}, so 1/(1 + e^−({total + bias:.2f})) = "
                f"{probability:.0%} positive."
            )
            if change != "nothing":
                caption += f" Before the change it was {was:.0%}."
            if unknown:
                caption += f" Unknown words: {', '.join(unknown)}."
            said = ", ".join(f"“{' '.join(e.tokens)}” {e.share:+.2f}" for e in strongest[::-1])
            html = f"<p style='line-height:1.8'>{highlighted(tokens, parts)}</p>"
            put({"text/plain": " ".join(tokens), "text/html": html})
            show(made, f"Bars for the n-grams that said most: {said}.", caption)

    return ipw.interactive(
        draw,
        sentence=typed("sentence", sentence),
        change=choice("change", _CHANGES, "replace a word"),
        position=slider("word (from 0)", 3, 0, 20),
        word=typed("new word", "dull"),
    )
