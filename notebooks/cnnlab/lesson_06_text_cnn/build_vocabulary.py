"""``build_vocabulary``: a number for every word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from ..engine.exercise import Case, case, exercise
from .words import PAD, UNK, made_up


@exercise(points=2, minutes=8, difficulty=2, importance=3, numpy_only=False)
def build_vocabulary(sentences: list[list[str]], min_count: int = 1) -> dict[str, int]:
    """Give every word a number, its id.

    "<pad>" gets 0 and "<unk>" 1. Then come the words that occur at least
    ``min_count`` times: the most frequent first, words that are equally frequent in
    Python's order of strings (``sorted``).

    sentences: lists of tokens. min_count: from 1.
    Returns a dict from token to id; the ids are 0, 1, 2, … without gaps.
    Lecture 6, "CNNs in NLP": words become vectors, and for that they need a row number.
    """


@build_vocabulary.oracle
def _build_vocabulary(sentences, min_count=1):
    counts = Counter(word for sentence in sentences for word in sentence)
    kept = [word for word, count in counts.items() if count >= min_count]
    ordered = sorted(kept, key=lambda word: (-counts[word], word))
    return {word: i for i, word in enumerate([PAD, UNK, *ordered])}


def _sentences(rng: np.random.Generator) -> list[list[str]]:
    """Random sentences whose words have every count from 1 to 4, with ties at each."""
    words = made_up(rng, 12)
    tokens = [word for i, word in enumerate(words) for _ in range(1 + i % 4)]
    tokens = [str(tokens[i]) for i in rng.permutation(len(tokens))]
    cuts = sorted(rng.choice(np.arange(1, len(tokens)), 4, replace=False).tolist())
    return [tokens[a:b] for a, b in zip([0, *cuts], [*cuts, None], strict=True)]


@build_vocabulary.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    house = [["the", "yellow", "house"], ["the", "house", "is", "the", "best"]]
    yield case("two sentences, by hand", house)
    yield case("only words that occur twice", house, 2)
    yield case("random sentences", _sentences(rng))
    yield case("random sentences, at least 2 times", _sentences(rng), 2)
    yield case("random sentences, at least 3 times", _sentences(rng), min_count=3)
    yield case("equally frequent words with capitals and digits", [["b", "B", "10", "9", "a"]])
    yield case("nothing is frequent enough", [made_up(rng, 3)], 2)
    yield case("an empty sentence among others", [[], made_up(rng, 4), []])


build_vocabulary.hints = [
    "Which two entries are there before any word is counted? Then: how do you count all words of "
    "all sentences at once? (`collections.Counter` helps.)",
    "Sort by two keys at once: Python compares pairs entry by entry, and a minus turns the first "
    "one round.\n\n```\n(-count, word):  (-3, 'the')  (-2, 'house')  (-1, 'best')  (-1, 'is')\n```",
    "```python\ncounts = ...                        # word -> how often, over all sentences\n"
    'vocabulary = {"<pad>": 0, "<unk>": 1}\n'
    "for word in sorted(..., key=lambda word: ...):\n"
    "    if ...:                         # frequent enough?\n"
    "        vocabulary[word] = len(...)\nreturn vocabulary\n```",
]
build_vocabulary.built = (
    "Words have numbers now, the frequent ones first, and all that are rare or new share one. By "
    "this table sentences become rows of ids, and in the networks of this lesson each id is a row"
    " of `nn.Embedding`."
)


@build_vocabulary.mistake(
    "words start at 0",
    "The ids 0 and 1 belong to <pad> and <unk>; the most frequent word gets 2.",
)
def _(right, sentences, min_count=1):
    return {w: i - 2 for w, i in right(sentences, min_count).items() if i > 1}


@build_vocabulary.mistake(
    "<pad> and <unk> are swapped",
    "Padding is 0, so that a batch that starts as zeros is padding everywhere; unknown is 1.",
)
def _(right, sentences, min_count=1):
    return {**right(sentences, min_count), "<pad>": 1, "<unk>": 0}


@build_vocabulary.mistake(
    "more than min_count times", "A word that occurs exactly min_count times counts, too: use >=."
)
def _(right, sentences, min_count=1):
    return right(sentences, min_count + 1)


@build_vocabulary.mistake(
    "min_count is ignored", "Every word gets an id. Leave out those that occur less often."
)
def _(right, sentences, min_count=1):
    return right(sentences)


@build_vocabulary.mistake(
    "ties in the order of appearance",
    "Counter.most_common leaves equally frequent words in the order in which they came. Sort them: "
    "then the ids do not depend on how the sentences were shuffled.",
)
def _(right, sentences, min_count=1):
    known = right(sentences, min_count)
    came = dict.fromkeys(w for s in sentences for w in s if w in known)
    count = {w: sum(s.count(w) for s in sentences) for w in came}
    ordered = ["<pad>", "<unk>", *sorted(came, key=lambda w: -count[w])]
    return {w: i for i, w in enumerate(ordered)}


@build_vocabulary.mistake(
    "the rarest words first", "The order is by falling count: the most frequent word gets 2."
)
def _(right, sentences, min_count=1):
    known = right(sentences, min_count)
    count = {w: sum(s.count(w) for s in sentences) for w in known}
    ordered = sorted(list(known)[2:], key=lambda w: (count[w], w))
    return {w: i for i, w in enumerate(["<pad>", "<unk>", *ordered])}


@build_vocabulary.mistake(
    "in alphabetical order", "The alphabet decides only between equally frequent words."
)
def _(right, sentences, min_count=1):
    known = right(sentences, min_count)
    return {w: i for i, w in enumerate(["<pad>", "<unk>", *sorted(list(known)[2:])])}


@build_vocabulary.mistake(
    "a word is counted once per sentence",
    "A word that stands twice in a sentence occurs twice. In a set of the sentence's "
    "words it stands once.",
)
def _(right, sentences, min_count=1):
    return right([list(dict.fromkeys(s)) for s in sentences], min_count)


@build_vocabulary.mistake(
    "capitals are folded",
    "You turn words into lower case. That may be wise, but it is the tokeniser's business: here B "
    "and b are two words.",
)
def _(right, sentences, min_count=1):
    return right([[w.lower() for w in s] for s in sentences], min_count)


@build_vocabulary.mistake(
    "in the order of appearance",
    "The words have their ids in the order in which they came: a dict and a Counter keep it. Sort "
    "them, by falling count and then by the alphabet.",
)
def _(right, sentences, min_count=1):
    known = right(sentences, min_count)
    came = dict.fromkeys(w for s in sentences for w in s if w in known)
    return {w: i for i, w in enumerate(["<pad>", "<unk>", *came])}
