"""``encode``: a sentence as numbers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..engine.exercise import Case, case, exercise
from .words import PAD, UNK, made_up


@exercise(points=1, minutes=3, difficulty=1, importance=3, numpy_only=False)
def encode(tokens: list[str], vocabulary: dict[str, int]) -> list[int]:
    """Replace each token by its id; a token that the vocabulary lacks becomes "<unk>".

    tokens: J words. vocabulary: from token to id, as ``build_vocabulary`` makes it.
    Returns a list of J ids. The vocabulary stays as it was.
    Lecture 6, "CNNs in NLP".
    """


@encode.oracle
def encoded(tokens, vocabulary):
    """The right answer, for top_ngrams too."""
    return [vocabulary.get(token, vocabulary[UNK]) for token in tokens]


@encode.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    known = {PAD: 0, UNK: 1, "the": 2, "house": 3, "yellow": 4}
    words = made_up(rng, 9)
    random = {PAD: 0, UNK: 1, **{w: i + 2 for i, w in enumerate(words[:6])}}
    # Each has a vocabulary of its own: what an answer writes into it reaches no other case.
    yield case("all words known", ["the", "yellow", "house"], {**known})
    yield case("one word never seen", ["the", "purple", "house"], {**known})
    yield case("nothing but unknown words", words[6:], {**random})
    drawn = [str(w) for w in rng.choice(words, int(rng.integers(8, 15)))]
    yield case("random words, some unknown", drawn + words[4:7], {**random})
    yield case("a capital makes another word", ["The", "house", "THE"], {**known})
    yield case("no words at all", [], {**known})
    yield case("a word whose id is 0", ["house", PAD, "the", PAD], {**known})
    shifted = {UNK: 7, **{w: i + 10 for i, w in enumerate(words[:4])}, PAD: 3}
    yield case("a vocabulary in which <unk> is not 1", words[2:6], shifted)


encode.hints = [
    "What does `vocabulary[token]` do with a word that is not there, and what should happen?",
    "A dict can be asked with a second choice: `d.get(key, otherwise)`. Which id is the second "
    "choice here?",
    "```python\nreturn [vocabulary.get(..., ...) for token in tokens]\n```",
]
encode.built = (
    "Any sentence turns into ids, even one with words that nobody has seen: just what "
    "`nn.Embedding` takes as input. Next, sentences of different lengths have to fit into one "
    "batch."
)


@encode.mistake(
    "stumbles over unknown words",
    "vocabulary[token] raises a KeyError for a word that was never seen. Such words become <unk>.",
    symptom=True,
)
def _(right, tokens, vocabulary):
    return [vocabulary[token] for token in tokens]


@encode.mistake(
    "unknown words are left out",
    "The sentence gets shorter, and words that were apart become neighbours. Put "
    "<unk>'s id instead.",
)
def _(right, tokens, vocabulary):
    return [i for t, i in zip(tokens, right(tokens, vocabulary), strict=True) if t in vocabulary]


@encode.mistake(
    "unknown words become padding",
    "0 means that there is no word. An unknown word is a word: <unk>.",
)
def _(right, tokens, vocabulary):
    return [vocabulary.get(token, 0) for token in tokens]


@encode.mistake(
    "<unk> is hard-coded as 1", 'Ask the vocabulary which id <unk> has: vocabulary["<unk>"].'
)
def _(right, tokens, vocabulary):
    return [vocabulary.get(token, 1) for token in tokens]


@encode.mistake(
    "new words are added to the vocabulary",
    "The network's table of embeddings was made for the vocabulary as it is; there is no row for a "
    "new word.",
)
def _(right, tokens, vocabulary):
    return [vocabulary.setdefault(token, len(vocabulary)) for token in tokens]


@encode.mistake(
    "capitals are folded",
    "You look up the word in lower case. If the vocabulary was made like that, the tokens are "
    "already lower-case; if not, The is another word than the.",
)
def _(right, tokens, vocabulary):
    return right([token.lower() for token in tokens], vocabulary)


@encode.mistake(
    "id 0 is taken for no id",
    "`or` takes a 0 for “nothing found”, so a word with id 0 becomes <unk>. Give dict.get the "
    "second choice, or ask `token in vocabulary`.",
)
def _(right, tokens, vocabulary):
    return [vocabulary.get(token) or vocabulary["<unk>"] for token in tokens]


@encode.mistake(
    "the place in an order of its own",
    "Your numbers are the words' places in an alphabetical list. The vocabulary has given each "
    "word its id already: vocabulary[word].",
)
def _(right, tokens, vocabulary):
    right(tokens, vocabulary)
    places = {word: place for place, word in enumerate(sorted(vocabulary))}
    return [places.get(token, vocabulary["<unk>"]) for token in tokens]


@encode.mistake(
    "only the last word is found",
    "Your loop goes on after it has found the word, and what comes next overwrites the id. Stop "
    "there (break), or ask `token in vocabulary`.",
)
def _(right, tokens, vocabulary):
    right(tokens, vocabulary)
    last = list(vocabulary)[-1]
    return [vocabulary[last] if token == last else vocabulary["<unk>"] for token in tokens]
