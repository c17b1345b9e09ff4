"""Lesson 06: convolution over words, and a network that reads film reviews.

From ``text_conv1d`` on, arrays change from the lecture's channels-last (J, M) to
torch's channels-first (B, M, J). Code counts positions from 0, the lecture from 1.
Source: lecture 6, "CNNs in NLP" and "Pooling in NLP"; Kim (2014), "Convolutional
Neural Networks for Sentence Classification".
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from .draw import frozen, sizes, strided
from .exercise import Case, case, exercise
from .report import number

# torch warns that padding="same" copies its input if a filter's width is even, as Kim's 4 is.
# True, harmless, and no news for a student.
warnings.filterwarnings("ignore", message="Using padding='same' with even kernel lengths")

PAD, UNK = "<pad>", "<unk>"
"""The tokens with ids 0 and 1: filling after a sentence's end, and a word never seen."""


def _words(rng: np.random.Generator, count: int) -> list[str]:
    """Different made-up words, such as "bonu" and "Rimika"."""
    words: list[str] = []
    while len(words) < count:
        parts = [rng.choice(list("bdfgklmnprst")) + rng.choice(list("aeiou")) for _ in range(3)]
        word = "".join(parts[: rng.integers(2, 4)])
        word = word.capitalize() if rng.random() < 0.3 else word
        words += [word] if word not in words else []
    return [str(word) for word in words]


# ── build_vocabulary ────────────────────────────────────────────────────────


@exercise(points=2, numpy_only=False)
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
    words = _words(rng, 12)
    tokens = [word for i, word in enumerate(words) for _ in range(1 + i % 4)]
    rng.shuffle(tokens)
    tokens = [str(token) for token in tokens]
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
    yield case("nothing is frequent enough", [_words(rng, 3)], 2)
    yield case("an empty sentence among others", [[], _words(rng, 4), []])


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
    "A word that stands twice in a sentence occurs twice. A set of the sentence's "
    "words forgets it.",
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


# ── encode ──────────────────────────────────────────────────────────────────


@exercise(points=1, numpy_only=False)
def encode(tokens: list[str], vocabulary: dict[str, int]) -> list[int]:
    """Replace each token by its id; a token that the vocabulary lacks becomes "<unk>".

    tokens: J words. vocabulary: from token to id, as ``build_vocabulary`` makes it.
    Returns a list of J ids. The vocabulary stays as it was.
    Lecture 6, "CNNs in NLP".
    """


@encode.oracle
def _encode(tokens, vocabulary):
    return [vocabulary.get(token, vocabulary[UNK]) for token in tokens]


@encode.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    known = {PAD: 0, UNK: 1, "the": 2, "house": 3, "yellow": 4}
    words = _words(rng, 9)
    random = {PAD: 0, UNK: 1, **{w: i + 2 for i, w in enumerate(words[:6])}}
    yield case("all words known", ["the", "yellow", "house"], known)
    yield case("one word never seen", ["the", "purple", "house"], known)
    yield case("nothing but unknown words", words[6:], random)
    drawn = [str(w) for w in rng.choice(words, int(rng.integers(8, 15)))]
    yield case("random words, some unknown", drawn + words[4:7], random)
    yield case("a capital makes another word", ["The", "house", "THE"], known)
    yield case("no words at all", [], known)
    shifted = {UNK: 7, **{w: i + 10 for i, w in enumerate(words[:4])}, PAD: 3}
    yield case("a vocabulary in which <unk> is not 1", words[2:6], shifted)


encode.hints = [
    "What does `vocabulary[token]` do with a word that is not there, and what should happen?",
    "A dict can be asked with a second choice: `d.get(key, otherwise)`. Which id is the second "
    "choice here?",
    "```python\nreturn [vocabulary.get(..., ...) for token in tokens]\n```",
]


@encode.mistake(
    "stumbles over unknown words",
    "vocabulary[token] raises a KeyError for a word that was never seen. Such words become <unk>.",
)
def _(right, tokens, vocabulary):
    return [vocabulary[token] for token in tokens]


@encode.mistake(
    "unknown words are left out",
    "The sentence gets shorter, and words become neighbours that were none. Put "
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


# ── pad_batch ───────────────────────────────────────────────────────────────


@exercise(points=2, numpy_only=False)
def pad_batch(sequences: list[list[int]], min_length: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    """Put sentences of different lengths into one tensor, and say where words are.

    Each sequence stands at the left of its row; zeros fill the rest. The mask is True
    where the sequence has an entry, whatever the entry is, and False in the filling.

    sequences: B lists of ids. min_length: the least number of columns.
    Returns ids, int64, shape (B, J), and mask, bool, shape (B, J), where J is the length
    of the longest sequence, or min_length if that is more.
    Lecture 6, "CNNs in NLP"; padding as in lesson 01, now between sentences.
    """


@pad_batch.oracle
def _pad_batch(sequences, min_length=1):
    J = max(min_length, *(len(s) for s in sequences))
    ids = torch.tensor([[*s, *[0] * (J - len(s))] for s in sequences])
    mask = torch.arange(J) < torch.tensor([[len(s)] for s in sequences])
    return ids, mask


def _sequences(rng: np.random.Generator, low: int = 1) -> list[list[int]]:
    """Sequences of different lengths, the longest neither first nor last."""
    lengths = sorted(sizes(rng, 2, 11, int(rng.integers(4, 6))))
    lengths = [lengths[1], lengths[-1], *lengths[2:-1], lengths[0]]
    return [[int(i) for i in rng.integers(low, 99, J)] for J in lengths]


@pad_batch.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield case("three sentences, by hand", [[5, 3], [2, 4, 6, 8], [7]])
    yield case("room for a filter of 6 words", [[5, 3], [2, 4, 6], [7]], 6)
    yield case("random sentences", _sequences(rng))
    yield case("a min_length shorter than the sentences", _sequences(rng), 2)
    yield case("a longer min_length", _sequences(rng), min_length=int(rng.integers(13, 20)))
    with_zeros = _sequences(rng)
    with_zeros[1][-1] = with_zeros[2][0] = with_zeros[0][1] = 0
    yield case("an id 0 inside a sentence", with_zeros)
    yield case("a single sentence", [[int(i) for i in rng.integers(1, 99, 5)]])
    yield case("all equally long", rng.integers(1, 99, (4, 3)).tolist())


pad_batch.hints = [
    "How many columns does the batch need? In which columns of row b are words, and in which are "
    "none?",
    "Start with zeros everywhere and False everywhere, then write each row's beginning:\n\n```\n"
    "ids   5 3 0 0    mask  T T · ·\n      2 4 6 8          T T T T\n"
    "      7 0 0 0          T · · ·\n```",
    "```python\nJ = max(..., ...)\nids = torch.zeros(len(sequences), J, dtype=...)\n"
    "mask = torch.zeros(len(sequences), J, dtype=...)\n"
    "for b, sequence in enumerate(sequences):\n    ids[b, ...] = torch.tensor(...)\n"
    "    mask[b, ...] = True\nreturn ids, mask\n```",
]


@pad_batch.mistake(
    "padded on the left", "The words of each row belong at its beginning, the zeros after them."
)
def _(right, sequences, min_length=1):
    ids, mask = right(sequences, min_length)
    for b, sequence in enumerate(sequences):
        shift = ids.shape[1] - len(sequence)
        ids[b], mask[b] = ids[b].roll(shift), mask[b].roll(shift)
    return ids, mask


@pad_batch.mistake(
    "the mask looks at the ids",
    "ids != 0 takes a word with id 0 for padding. Where words are follows from the lengths.",
)
def _(right, sequences, min_length=1):
    ids, _ = right(sequences, min_length)
    return ids, ids != 0


@pad_batch.mistake(
    "min_length is ignored",
    "A filter of five words does not fit in a batch of three columns; min_length makes room.",
)
def _(right, sequences, min_length=1):
    return right(sequences)


@pad_batch.mistake(
    "always min_length columns",
    "J is the longer of the two: the longest sequence, or min_length. Longer "
    "sentences are not cut.",
)
def _(right, sequences, min_length=1):
    return right([s[:min_length] for s in sequences], min_length)


@pad_batch.mistake(
    "min_length columns are added",
    "min_length says how many columns there are at least, not how many more.",
)
def _(right, sequences, min_length=1):
    longest = max(len(s) for s in sequences)
    return right(sequences, longest + min_length)


@pad_batch.mistake(
    "the mask is turned round", "True means a word, False means padding; yours says the opposite."
)
def _(right, sequences, min_length=1):
    ids, mask = right(sequences, min_length)
    return ids, ~mask


@pad_batch.mistake(
    "a mask of numbers",
    "A mask is of type bool: dtype=torch.bool, or a comparison. Numbers 0 and 1 would be taken for "
    "positions when you index with them.",
)
def _(right, sequences, min_length=1):
    ids, mask = right(sequences, min_length)
    return ids, mask.long()


@pad_batch.mistake(
    "ids of the wrong type",
    "An embedding is looked up with whole numbers: torch.zeros makes float32 unless you say "
    "dtype=torch.long.",
)
def _(right, sequences, min_length=1):
    ids, mask = right(sequences, min_length)
    return ids.float(), mask


@pad_batch.mistake(
    "padded with <unk>", "The filling is <pad>, id 0. The id 1 stands for a word nobody knows."
)
def _(right, sequences, min_length=1):
    ids, mask = right(sequences, min_length)
    return ids.masked_fill(~mask, 1), mask


# ── text_conv1d ─────────────────────────────────────────────────────────────


@exercise(points=3)
def text_conv1d(X: np.ndarray, F: np.ndarray, b: np.ndarray | None = None) -> np.ndarray:
    """Convolve over words: every filter looks at K words, and all M features of each.

    $h_{j,n} = b_n + \\sum_{k=1}^K \\sum_{m=1}^M f_{k,m,n}\\, x_{j+k-\\lceil K/2\\rceil,\\,m}$,
    where x is zero before the first word and after the last one. So the window is
    centred on word j, and for even K it reaches one word further to the right.

    X: word embeddings, shape (J, M). F: filter bank, shape (K, M, N).
    b: biases, shape (N,); None means none.
    Returns float64, shape (J, N): N outputs for each word.
    Lecture 6, "CNNs in NLP"; the index as in "2-D convolution".
    """


@text_conv1d.oracle
def _text_conv1d(X, F, b=None):
    x, f = (torch.tensor(np.array(a, dtype=np.float64)) for a in (X, F))
    K = len(f)
    x = nn.functional.pad(x.T[None], ((K - 1) // 2, K // 2))
    bias = None if b is None else torch.tensor(np.array(b, dtype=np.float64))
    return nn.functional.conv1d(x, f.permute(2, 1, 0), bias)[0].T.contiguous().numpy()


@text_conv1d.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    M, N = sizes(rng, 2, 6, 2)
    J = int(rng.integers(8, 13))
    by_hand = np.array([[1.0, 2], [3, 0], [2, 3]])
    f = np.array([[[1.0], [0]], [[0], [10]], [[0.5], [0]]])
    yield case("three words of two features, one filter of three words", by_hand, f)
    yield case("random sizes", rng.normal(size=(J, M)), rng.normal(size=(5, M, N)))
    yield case(
        "with biases", rng.normal(size=(J, M)), rng.normal(size=(3, M, N)), rng.normal(size=N)
    )
    yield case(
        "an even filter, with biases",
        rng.normal(size=(J, M)),
        rng.normal(size=(4, M, N)),
        b=rng.normal(size=N),
    )
    yield case("a filter of two words", rng.normal(size=(5, M)), rng.normal(size=(2, M, N)))
    yield case("a filter of a single word", rng.normal(size=(7, M)), rng.normal(size=(1, M, N)))
    yield case(
        "a filter longer than the sentence", rng.normal(size=(3, M)), rng.normal(size=(5, M, N))
    )
    yield case(
        "whole numbers of type uint8",
        rng.integers(100, 256, (6, M)).astype(np.uint8),
        rng.integers(100, 256, (3, M, N)).astype(np.uint8),
    )
    yield case(
        "arrays that are not contiguous",
        strided(rng.normal(size=(7, M))),
        strided(rng.normal(size=(3, M, N))),
    )
    yield case(
        "arrays that may not be changed",
        frozen(rng.normal(size=(6, M))),
        frozen(rng.normal(size=(3, M, N))),
        frozen(rng.normal(size=N)),
    )


@text_conv1d.working
def _(index, X, F, b=None):
    j, n = index
    K = len(F)
    rows, total = [], 0.0 if b is None else float(b[n])
    for k in range(K):
        i = j + k - (K - 1) // 2
        if 0 <= i < len(X):
            value = float(np.dot(X[i].astype(float), F[k, :, n].astype(float)))
            total += value
            rows.append(f"X[{i}] · F[{k}, :, {n}] = {number(value)}")
        else:
            rows.append(f"X[{i}] lies outside the sentence: 0")
    bias = "" if b is None else f", plus the bias {number(float(b[n]))}"
    return "\n".join(rows) + f"\nadded up{bias}: {number(total)}"


text_conv1d.hints = [
    "For K = 3, which words does the filter see when it stands on word 0? How many "
    "zero rows do you "
    "need before the sentence, how many after it, so that there are J windows? And for K = 4?",
    "(K−1)//2 rows before, K//2 rows after. Then window j is `padded[j:j + K]`, of shape (K, M), "
    "and output (j, n) sums the K·M products with `F[:, :, n]`:\n\n```\n"
    "K = 3:  0 [the yellow house] 0     K = 4:  0 [the yellow house] 0 0\n```",
    "```python\nJ, (K, M, N) = len(X), F.shape\npadded = np.zeros(...)     # K − 1 rows more\n"
    "padded[...] = X\nH = np.zeros((J, N))\nfor j in range(J):\n    window = padded[...]\n"
    "    H[j] = ...             # np.einsum or np.tensordot sum over k and m\n"
    "return H if b is None else ...\n```",
]


@text_conv1d.mistake(
    "the window starts at word j",
    "Your window reaches K−1 words to the right of word j. It should be centred: (K−1)//2 words on "
    "the left.",
)
def _(right, X, F, b=None):
    K = len(F)
    shift = (K - 1) // 2
    Z = np.concatenate([np.asarray(X, dtype=float), np.zeros((shift, X.shape[1]))])
    return right(Z, F, b)[shift:]


@text_conv1d.mistake(
    "the window ends at word j",
    "Your window looks back only, as in lesson 01. Here it is centred: K//2 words on the right.",
)
def _(right, X, F, b=None):
    after = len(F) // 2
    Z = np.concatenate([np.zeros((after, X.shape[1])), np.asarray(X, dtype=float)])
    return right(Z, F, b)[: len(X)]


@text_conv1d.mistake(
    "an even filter leans to the left",
    "With an even K the window cannot be centred exactly. In the lecture's index it reaches one "
    "word further to the right: (K−1)//2 zeros before the sentence, K//2 after it.",
)
def _(right, X, F, b=None):
    if len(F) % 2:
        return right(X, F, b)
    Z = np.concatenate([np.zeros((1, X.shape[1])), np.asarray(X, dtype=float)])
    return right(Z, F, b)[:-1]


@text_conv1d.mistake(
    "no padding",
    "You return only the full windows, J−K+1 of them. Put zeros around the sentence: one output "
    "for each word.",
)
def _(right, X, F, b=None):
    H, K = right(X, F, b), len(F)
    return H[(K - 1) // 2 : len(H) - K // 2]


@text_conv1d.mistake(
    "the filter is flipped", "The first slice F[0] meets the leftmost word of the window."
)
def _(right, X, F, b=None):
    return right(X, F[::-1], b)


@text_conv1d.mistake("the bias is forgotten", "Add b to every row of the result, if it is given.")
def _(right, X, F, b=None):
    return right(X, F)


@text_conv1d.mistake(
    "a bias for each weight",
    "The bias is added inside the sum over k, so K times; once per output is right.",
)
def _(right, X, F, b=None):
    return right(X, F, None if b is None else b * len(F))


@text_conv1d.mistake(
    "features are not summed",
    "Only the first feature is used. The sum runs over all M features of each word, too.",
)
def _(right, X, F, b=None):
    return right(X[:, :1], F[:, :1], b)


@text_conv1d.mistake(
    "the filters are added up",
    "The N outputs of a word are one number. Filters stand side by side: F[:, :, n] "
    "makes column n.",
)
def _(right, X, F, b=None):
    return right(X, F, b).sum(axis=1)


@text_conv1d.mistake(
    "channels first",
    "You return (N, J), as torch would. The lecture puts words first: (J, N).",
)
def _(right, X, F, b=None):
    return right(X, F, b).T


@text_conv1d.mistake(
    "products that overflow",
    "Both arrays are of type uint8, where 16·16 is 0. Convert first: X.astype(float).",
)
def _(right, X, F, b=None):
    if X.dtype != np.uint8:
        return right(X, F, b)
    K, N = len(F), F.shape[2]
    Z = np.pad(X, [((K - 1) // 2, K // 2), (0, 0)])
    H = [[(Z[j : j + K] * F[:, :, n]).sum(dtype=np.uint8) for n in range(N)] for j in range(len(X))]
    return np.array(H, dtype=float)


# ── masked_pool ─────────────────────────────────────────────────────────────


@exercise(points=2, numpy_only=False)
def masked_pool(h: torch.Tensor, mask: torch.Tensor, how: str = "max") -> torch.Tensor:
    """Global pooling over the words of each sentence, and over nothing else.

    "max": the largest value among the words; "avg": the words' mean. Padding neither
    wins the maximum nor counts in the mean.

    h: outputs of N filters, shape (B, N, J), any floating-point type. mask: bool, (B, J),
    True where there is a word; every row has at least one.
    Returns a tensor of h's type, shape (B, N), from which gradients flow back to h.
    Raises ValueError for any other ``how``.
    Lecture 6, "Pooling in NLP".
    """


@masked_pool.oracle
def _masked_pool(h, mask, how="max"):
    outside = ~mask[:, None, :]
    if how == "max":
        return h.masked_fill(outside, float("-inf")).amax(dim=2)
    if how == "avg":
        return h.masked_fill(outside, 0.0).sum(dim=2) / mask.sum(dim=1, keepdim=True)
    raise ValueError(f"there is no pooling {how!r}: it is 'max' or 'avg'")


def gradient_of_pool(pool, h, mask, how, weights):
    """The gradient of a weighted sum of the pooled values with respect to h."""
    leaf = h.clone().requires_grad_()
    (pool(leaf, mask, how) * weights).sum().backward()
    return leaf.grad


def _batch(
    rng: np.random.Generator, dtype: torch.dtype = torch.float64
) -> tuple[torch.Tensor, torch.Tensor]:
    """Outputs (B, N, J), different everywhere, and a mask of different lengths."""
    B, N, J = sizes(rng, 2, 7, 3)
    J += 3
    lengths = torch.tensor(rng.integers(1, J + 1, (B, 1)))
    lengths[0], lengths[-1] = J, J - 2
    return torch.tensor(rng.normal(size=(B, N, J)), dtype=dtype), torch.arange(J) < lengths


@masked_pool.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    h = torch.tensor([[[1.0, 5, 2], [4, 0, 3]], [[6, -2, 9], [-3, -1, 8]]], dtype=torch.float64)
    mask = torch.tensor([[True, True, True], [True, True, False]])
    yield case("two sentences, two filters, max", h, mask)
    yield case("the same, avg", h.clone(), mask.clone(), "avg")
    h, mask = _batch(rng)
    yield case("random sizes, max", h, mask, "max")
    h, mask = _batch(rng)
    yield case("random sizes, avg", h, mask, how="avg")
    h, mask = _batch(rng)
    yield case("all outputs negative, max", -1 - h.abs(), mask, how="max")
    h, mask = _batch(rng)
    yield case("padding with huge values, avg", h + 1e6 * ~mask[:, None], mask, "avg")
    h, mask = _batch(rng)
    yield case("very negative outputs, max", h - 1e12, mask)
    h, mask = _batch(rng, torch.float32)
    yield Case("outputs of type float32, avg", (h, mask, "avg"), rtol=1e-5, atol=1e-6)
    h, mask = _batch(rng)
    weights = torch.tensor(rng.normal(size=h.shape[:2]))
    yield Case("gradient of max", (h, mask, "max", weights), probe=gradient_of_pool)
    h, mask = _batch(rng)
    weights = torch.tensor(rng.normal(size=h.shape[:2]))
    yield Case("gradient of avg", (h, mask, "avg", weights), probe=gradient_of_pool)
    h, mask = _batch(rng)
    yield Case("an unknown pooling", (h, mask, "mean"), raises=True)


masked_pool.hints = [
    "The mask is (B, J), the outputs are (B, N, J). Which axis must the mask get so that both fit "
    "together? And what could stand in the padding so that it never wins a maximum?",
    "`mask[:, None, :]` has the shape (B, 1, J). For the maximum fill the padding with −∞, "
    "`float('-inf')`; for the mean fill it with 0, add up, and divide by the number of *words*.",
    '```python\nif how == "max":\n    return h.masked_fill(~mask[:, None, :], ...).amax(dim=...)\n'
    'if how == "avg":\n    total = ...\n    return total / mask.sum(...)\n'
    "raise ValueError(...)\n```",
]


@masked_pool.mistake(
    "padding wins the maximum", "The mask is not used: values in the padding can be the largest."
)
def _(right, h, mask, how="max"):
    everywhere = torch.ones_like(mask)
    return right(h, everywhere if how == "max" else mask, how)


@masked_pool.mistake(
    "padding counts as zero in the maximum",
    "Filled with zeros the padding wins wherever all words give negative values. Fill with −∞.",
)
def _(right, h, mask, how="max"):
    if how == "max":
        return (h * mask[:, None]).amax(dim=2)
    return right(h, mask, how)


@masked_pool.mistake(
    "a large negative number instead of −∞",
    "Some outputs are smaller still, and then the padding wins. float('-inf') is "
    "below all numbers.",
)
def _(right, h, mask, how="max"):
    if how == "max":
        return h.masked_fill(~mask[:, None], -1e9).amax(dim=2)
    return right(h, mask, how)


@masked_pool.mistake(
    "padding dilutes the mean",
    "You divide by J, the length of the batch. Divide by the number of words in the sentence.",
)
def _(right, h, mask, how="max"):
    if how == "avg":
        return (h * mask[:, None]).mean(dim=2)
    return right(h, mask, how)


@masked_pool.mistake(
    "padding counts in the mean",
    "Values in the padding are added up with the words'. Set them to zero first.",
)
def _(right, h, mask, how="max"):
    if how == "avg":
        return h.sum(dim=2) / mask.sum(dim=1, keepdim=True)
    return right(h, mask, how)


@masked_pool.mistake(
    "the mean although the maximum was asked for", "Look at `how`: it is “max” or “avg”."
)
def _(right, h, mask, how="max"):
    right(h, mask, how)
    return right(h, mask, "avg")


@masked_pool.mistake(
    "pools over the filters",
    "The maximum is taken over axis 1, the N filters. It belongs over the words, axis 2: one value "
    "for each filter remains.",
)
def _(right, h, mask, how="max"):
    right(h, mask, how)
    return h.amax(dim=1) if how == "max" else h.mean(dim=1)


@masked_pool.mistake(
    "the mask is turned round", "True marks words; you pool over the padding, where it is False."
)
def _(right, h, mask, how="max"):
    return right(h, ~mask, how)


@masked_pool.mistake(
    "an unknown pooling passes silently",
    "A `how` that you do not know must raise a ValueError: a typing error would go unnoticed.",
)
def _(right, h, mask, how="max"):
    return right(h, mask, "max" if how == "max" else "avg")


@masked_pool.mistake(
    "the gradient is cut off",
    "The result does not lead back to h: detach, .data, .numpy() and torch.no_grad "
    "leave the graph.",
)
def _(right, h, mask, how="max"):
    return right(h.detach(), mask, how)


# ── WordCNN ─────────────────────────────────────────────────────────────────


@exercise(points=2, numpy_only=False)
class WordCNN(nn.Module):
    """A network with one output per word: no pooling.

    Embedding (id 0 always embeds as zeros), a zero-padded convolution centred on each
    word, ReLU, and a linear layer that is the same for every word.

    vocabulary_size: number of ids. embedding_size: M. width: words the filter sees.
    filters: N. classes: outputs for each word.
    forward(ids): ids int64, shape (B, J). Returns logits, shape (B, J, classes).
    Lecture 6, "Pooling in NLP": word-level tasks.
    """

    def __init__(self, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
        raise NotImplementedError


@WordCNN.oracle
class _WordCNN(nn.Module):
    def __init__(self, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, embedding_size, padding_idx=0)
        self.around = ((width - 1) // 2, width // 2)
        self.convolution = nn.Conv1d(embedding_size, filters, width)
        self.linear = nn.Linear(filters, classes)

    def forward(self, ids):
        x = self.embedding(ids).transpose(1, 2)
        h = torch.relu(self.convolution(F.pad(x, self.around)))
        return self.linear(h.transpose(1, 2))


def word_outputs(WordCNN, V, M, weights, ids, **options):
    """What the model answers when its parameters, found by their shapes, are ``weights``."""
    model = WordCNN(V, M, **options).double().eval()
    with torch.no_grad():
        for weight in weights:
            # A linear layer may be written as a convolution of one word: (classes, N, 1).
            same = weight.squeeze().shape
            found = [p for p in model.parameters() if p.squeeze().shape == same]
            if len(found) != 1:
                raise ValueError(f"one parameter should have the shape {tuple(weight.shape)}")
            found[0].copy_(weight.reshape(found[0].shape))
        return model(ids)


def word_padding(WordCNN, V, M, ids, zeros, **options):
    """What the model answers with and without zeros after the sentence, new and trained."""
    model = WordCNN(V, M, **options).double()
    more = torch.cat([ids, torch.zeros(len(ids), zeros, dtype=torch.int64)], 1)
    answers = [model(ids).detach(), model(more)[:, : ids.shape[1]].detach()]
    model(more).square().sum().backward()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.grad is not None:
                parameter -= 0.5 * parameter.grad
    return [*answers, model(ids).detach(), model(more)[:, : ids.shape[1]].detach()]


def word_shape(WordCNN, V, M, ids, **options):
    """The shape of the answer, and which parameters get a gradient."""
    model = WordCNN(V, M, **options)
    out = model(ids)
    out.square().sum().backward()
    without = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    return [list(out.shape), without]


def _zeros_change_nothing(value, V, M, ids, zeros, **options) -> str | None:
    short, more, trained, trained_more = value
    if short.shape != more.shape or not torch.allclose(short, more):
        return "zeros after the sentence change the outputs of its words."
    if not torch.allclose(trained, trained_more):
        return "after a training step, zeros after the sentence change the outputs of its words."
    return None


def _word_weights(rng, V, M, width, filters, classes) -> list[torch.Tensor]:
    shapes = [(V, M), (filters, M, width), (filters,), (classes, filters), (classes,)]
    weights = [torch.tensor(rng.normal(size=shape)) for shape in shapes]
    weights[0][0] = 0
    return weights


@WordCNN.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    for title, width in (("a filter of three words", 3), ("of five", 5), ("of one word", 1)):
        V, M, filters, classes, J = sizes(rng, 11, 16, 1) + sizes(rng, 2, 10, 4)
        J, B = max(J, 6), 2
        weights = _word_weights(rng, V, M, width, filters, classes)
        ids = torch.tensor(rng.integers(1, V, (B, J)))
        options = {"width": width, "filters": filters, "classes": classes}
        yield Case(title, (V, M, weights, ids), options, probe=word_outputs, rtol=1e-6, atol=1e-8)
    ids = torch.tensor(rng.integers(1, 12, (3, 4)))
    yield Case(
        "id 0 embeds as zeros, before and after training",
        (12, 5, ids, int(rng.integers(3, 6))),
        {"filters": 9},
        probe=word_padding,
        judge=_zeros_change_nothing,
        draws=True,  # the weights: with some, a wrong model gets through
    )
    yield Case("shape and gradients, as a default", (12, 5, ids), probe=word_shape)
    yield Case(
        "an even filter keeps the length", (12, 5, ids), {"width": 4, "classes": 3}, word_shape
    )


WordCNN.hints = [
    "`nn.Embedding` gives (B, J, M). Which axis does `nn.Conv1d` want the features on, and where "
    "does `nn.Linear` want them?",
    "(B, J) → embedding → (B, J, M) → transpose → (B, M, J) → convolution, ReLU → (B, N, J) → "
    "transpose → (B, J, N) → linear → (B, J, classes). `padding_idx=0` keeps row 0 at zero, and "
    '`padding="same"` keeps the length.',
    "```python\nsuper().__init__()\nself.embedding = nn.Embedding(..., padding_idx=0)\n"
    'self.convolution = nn.Conv1d(..., padding="same")\nself.linear = nn.Linear(...)\n\n'
    "def forward(self, ids):\n    x = self.embedding(ids).transpose(1, 2)\n    h = ...\n"
    "    return ...\n```",
]


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
    "probabilities instead of logits",
    "The softmax belongs to the loss: nn.CrossEntropyLoss applies it itself.",
)
def _(right, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
    model = right(vocabulary_size, embedding_size, width, filters, classes)
    whole = model.forward
    model.forward = lambda ids: whole(ids).softmax(-1)
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


# ── TextCNN ─────────────────────────────────────────────────────────────────


@exercise(points=4, numpy_only=False)
class TextCNN(nn.Module):
    """Kim's sentence classifier.

    Sub-modules: ``embedding``; ``convolutions``, an nn.ModuleList with one nn.Conv1d of
    ``filters`` filters for each width, in the order of ``widths``; ``linear``. The way:
    embedding, each convolution, ReLU, maximum over the words, all maxima side by side,
    dropout, linear.

    vocabulary_size: number of ids. embedding_size: M. widths: words a filter sees.
    filters: N for each width. classes: outputs. dropout: probability, in training only.
    forward(ids, mask): ids int64 and mask bool, shape (B, J), as pad_batch makes them;
    J may be shorter than the widest filter. Returns logits, shape (B, classes). More
    padding on the right never changes them.
    Lecture 6, "Pooling in NLP": sentence-level tasks; Kim (2014), section 2.
    """

    def __init__(
        self,
        vocabulary_size,
        embedding_size,
        widths=(3, 4, 5),
        filters=100,
        classes=2,
        dropout=0.5,
    ):
        raise NotImplementedError


@TextCNN.oracle
class _TextCNN(nn.Module):
    how = "max"

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
            nn.Conv1d(embedding_size, filters, width) for width in widths
        )
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(filters * len(widths), classes)

    def forward(self, ids, mask):
        x = (self.embedding(ids) * mask[..., None]).transpose(1, 2)
        pooled = []
        for convolution in self.convolutions:
            (K,) = convolution.kernel_size
            h = convolution(F.pad(x, ((K - 1) // 2, K // 2)))
            pooled.append(_masked_pool(torch.relu(h), mask, self.how))
        return self.linear(self.dropout(torch.cat(pooled, dim=1)))


def parameters_of(TextCNN, V, M, **options):
    """The shape of each parameter, by name."""
    return {name: list(p.shape) for name, p in TextCNN(V, M, **options).named_parameters()}


def outputs_of(TextCNN, V, M, weights, batches, **options):
    """What the model answers in evaluation mode when its parameters are ``weights``."""
    model = TextCNN(V, M, **options).double().eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name in weights:
                parameter.copy_(weights[name])
        if getattr(model.embedding, "padding_idx", None) is not None:
            model.embedding.weight[model.embedding.padding_idx] = 0
        return [model(ids, mask) for ids, mask in batches]


def dropout_of(TextCNN, V, M, ids, mask, **options):
    """What a new model answers: twice in evaluation mode, twice in training mode."""
    model = TextCNN(V, M, **options).double().eval()
    answers = [model(ids, mask).detach() for _ in range(2)]
    model.train()
    return answers + [model(ids, mask).detach() for _ in range(2)]


def untrained_parts(TextCNN, V, M, ids, mask, labels, **options):
    """The names of the parameters that get no gradient from a batch."""
    model = TextCNN(V, M, **options)
    nn.CrossEntropyLoss()(model(ids, mask), labels).backward()
    return [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()]


def _padding_changes_nothing(value, V, M, weights, batches, **options) -> str | None:
    wanted = (len(batches[0][0]), options.get("classes", 2))
    for answer in value:
        if not isinstance(answer, torch.Tensor) or tuple(answer.shape) != wanted:
            return f"expected logits of the shape {wanted}."
        if not answer.isfinite().all():
            return "some logits are not finite numbers: is −∞ left where no window was?"
    if not all(torch.allclose(value[0], other) for other in value[1:]):
        return "more padding on the right changes the logits."
    return None


def _phrase_may_move(value, V, M, weights, batches, **options) -> str | None:
    if not torch.allclose(value[0], value[1]):
        return "the same phrase at another place gives other logits."
    return None


def _drops_out(value, V, M, ids, mask, **options) -> str | None:
    first, second, training, again = value
    if not torch.equal(first, second):
        return "in evaluation mode it answers differently each time."
    if options["dropout"] == 0:
        same = torch.allclose(training, first)
        return None if same else "without dropout, training mode changes the logits."
    if torch.equal(training, again):
        return "in training mode with dropout it answers the same each time."
    return None


def _all_train(value, V, M, ids, mask, labels, **options) -> str | None:
    return f"{value[0]} gets no gradient." if value else None


def _mask(lengths: Iterable[int], J: int) -> torch.Tensor:
    return torch.arange(J) < torch.tensor(list(lengths))[:, None]


def _random_weights(rng, V, M, widths, filters, classes) -> dict[str, torch.Tensor]:
    shapes = {"embedding.weight": (V, M)}
    for i, width in enumerate(widths):
        shapes[f"convolutions.{i}.weight"] = (filters, M, width)
        shapes[f"convolutions.{i}.bias"] = (filters,)
    shapes |= {"linear.weight": (classes, filters * len(widths)), "linear.bias": (classes,)}
    return {name: torch.tensor(rng.normal(size=shape)) for name, shape in shapes.items()}


def _settled_weights(rng, ids, mask, V, M, widths, filters, classes) -> dict[str, torch.Tensor]:
    """Weights for which it does not matter how a right answer pads.

    Right answers differ in how far windows may reach over a sentence's ends. With these
    weights each filter's maximum, after ReLU, lies in a window full of words anyway; the
    first filter of each width is always silent, so that ReLU is seen at work.
    """
    weights = _random_weights(rng, V, M, widths, filters, classes)
    weights["embedding.weight"][0] = 0
    x = (weights["embedding.weight"][ids] * mask[..., None]).transpose(1, 2)
    for i, K in enumerate(widths):
        bank = torch.tensor(rng.normal(size=(60 * filters, M, K)))
        bias = torch.tensor(-rng.random(60 * filters))
        bias[: 20 * filters] -= 1e2
        h = F.conv1d(x, bank, bias, padding=K - 1)
        ends = torch.arange(h.shape[2])
        full = (ends >= K - 1) & (ends < mask.sum(1)[:, None])
        best = torch.relu(h).amax(2)
        inside = torch.relu(h.masked_fill(~full[:, None], float("-inf"))).amax(2)
        good = torch.nonzero((best == inside).all(0))[:, 0]
        heard = good[(inside > 0).all(0)[good]]
        chosen = torch.cat([good[:1], heard[: filters - 1]])
        weights[f"convolutions.{i}.weight"] = bank[chosen]
        weights[f"convolutions.{i}.bias"] = bias[chosen]
    return weights


@TextCNN.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    V, M = int(rng.integers(20, 30)), int(rng.integers(5, 8))
    yield Case("its parameters, as a default", (V, M), probe=parameters_of)
    widths = tuple(int(w) for w in rng.permutation([2, 5, 3])[:2])
    options = {"widths": widths, "filters": 4, "classes": 3}
    yield Case("its parameters, other widths", (V, M), options, probe=parameters_of)

    exact = {"probe": outputs_of, "rtol": 1e-6, "atol": 1e-8}
    ids, mask = torch.tensor(rng.integers(2, V, (1, 14))), torch.ones(1, 14, dtype=torch.bool)
    weights = _settled_weights(rng, ids, mask, V, M, widths, 4, 3)
    yield Case("logits of one sentence", (V, M, weights, [(ids, mask)]), options, **exact)
    for title, widths, N in (
        ("logits of a batch", (2, 3, 4), 3),
        ("logits of a batch, one width", (3,), 6),
        ("logits of a batch, Kim's widths", (3, 4, 5), 2),
    ):
        mask = _mask([17, 12, 14], 17)
        ids = torch.tensor(rng.integers(2, V, (3, 17))) * mask
        weights = _settled_weights(rng, ids, mask, V, M, widths, N, 2)
        options = {"widths": widths, "filters": N, "classes": 2}
        yield Case(title, (V, M, weights, [(ids, mask)]), options, **exact)

    def padded(lengths: list[int], J: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
        more = _mask(lengths, J + 7)
        ids = torch.tensor(rng.integers(2, V, more.shape)) * more
        return [(ids[:, :J], more[:, :J]), (ids[:, : J + 1], more[:, : J + 1]), (ids, more)]

    options = {"widths": (2, 4), "filters": 5, "classes": 3}
    invariant = {"probe": outputs_of, "judge": _padding_changes_nothing}
    weights = _random_weights(rng, V, M, (2, 4), 5, 3)
    weights["embedding.weight"][0] = 0
    for i in range(2):  # silence is louder than any window of words
        weights[f"convolutions.{i}.bias"] += 50.0
        weights[f"convolutions.{i}.weight"].abs_()
    weights["embedding.weight"].abs_().neg_()
    batches = padded([9, 6, 8], 9)
    yield Case(
        "more padding, filters with a large bias", (V, M, weights, batches), options, **invariant
    )
    weights = _random_weights(rng, V, M, (2, 4), 5, 3)
    weights["embedding.weight"][0] = torch.tensor(10 * rng.choice([-1.0, 1.0], M))
    for i in range(2):
        weights[f"convolutions.{i}.bias"].abs_().neg_()
    yield Case(
        "more padding, whatever its embedding is",
        (V, M, weights, padded([9, 6, 8], 9)),
        options,
        **invariant,
    )
    options = {"widths": (5, 2), "filters": 3}
    weights = _random_weights(rng, V, M, (5, 2), 3, 2)
    weights["embedding.weight"][0] = 0
    for i in range(2):
        weights[f"convolutions.{i}.bias"].abs_().neg_()
    yield Case(
        "sentences shorter than the widest filter",
        (V, M, weights, padded([1, 3], 3)),
        options,
        **invariant,
    )
    weights = _random_weights(rng, V, M, (2, 3), 4, 2)
    weights["embedding.weight"][:3] = 0  # word 2 says nothing
    phrase = [int(i) for i in rng.integers(3, V, 4)]
    moved = [[2] * n + phrase + [2] * (12 - n) for n in (3, 7)]
    everywhere = torch.ones(1, 16, dtype=torch.bool)
    yield Case(
        "a phrase at another place",
        (V, M, weights, [(torch.tensor([s]), everywhere) for s in moved]),
        {"widths": (2, 3), "filters": 4},
        probe=outputs_of,
        judge=_phrase_may_move,
    )
    mask = _mask([8, 9], 9)
    ids = torch.tensor(rng.integers(2, V, (2, 9))) * mask
    for dropout in (0.5, 0.0):
        yield Case(
            f"evaluation and training mode, dropout {dropout}",
            (V, M, ids, mask),
            {"widths": (2, 3), "filters": 30, "dropout": dropout},
            probe=dropout_of,
            judge=_drops_out,
        )
    yield Case(
        "every parameter gets a gradient",
        (V, M, ids, mask, torch.tensor([0, 1])),
        {"filters": 20, "dropout": 0.0},
        probe=untrained_parts,
        judge=_all_train,
    )


TextCNN.hints = [
    "Write down the shape after each step for one width, from (B, J) to (B, N). You have pooled "
    "over words with a mask before: which exercise was that? And how many numbers does the linear "
    "layer see with three widths?",
    "(B, J) → embedding → (B, J, M) → transpose → (B, M, J) → convolution → (B, N, J) → ReLU → "
    "masked_pool → (B, N); for all widths, side by side: (B, N·widths) → dropout → linear → "
    "(B, classes). Multiply the embeddings with the mask, and no window sees padding; with "
    'padding="same" there is an output for each word, however short the sentence.',
    "```python\nself.convolutions = nn.ModuleList(\n"
    '    nn.Conv1d(..., padding="same") for width in widths)\n\n'
    "def forward(self, ids, mask):\n"
    "    x = self.embedding(ids) * mask[..., None]      # (B, J, M)\n    x = ...\n"
    "    pooled = [masked_pool(..., mask) for convolution in self.convolutions]\n"
    "    return self.linear(self.dropout(torch.cat(..., dim=...)))\n```",
]


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
    "zero. Multiply the "
    "embeddings with the mask, or give nn.Embedding padding_idx=0.",
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
    "the widths are added up",
    "The maxima of all widths belong side by side: torch.cat. The linear layer has "
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
    "probabilities instead of logits",
    "The softmax belongs to the loss: nn.CrossEntropyLoss applies it itself.",
)
def _(
    right, vocabulary_size, embedding_size, widths=(3, 4, 5), filters=100, classes=2, dropout=0.5
):
    model = right(vocabulary_size, embedding_size, widths, filters, classes, dropout)
    whole = model.forward
    model.forward = lambda ids, mask: whole(ids, mask).softmax(1)
    return model


@TextCNN.mistake(
    "dropout also in evaluation mode",
    "F.dropout drops always unless it is told training=self.training; nn.Dropout knows by itself.",
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


# ── accuracy ────────────────────────────────────────────────────────────────


@exercise(points=2, numpy_only=False)
def accuracy(model: nn.Module, batches: Iterable, device: str = "cpu") -> float:
    """The share of examples whose largest logit is that of the right class.

    All examples weigh the same, also those of a short last batch. The model is put into
    evaluation mode and no gradients are recorded.

    model: called as model(ids, mask), gives logits (B, classes). batches: of
    (ids, mask, labels), with labels int64, shape (B,). device: where model and batches
    are moved to.
    Returns a Python number from 0 to 1.
    Lecture 6(b), "Training a model": evaluate on data that training has not seen.
    """


@accuracy.oracle
def _accuracy(model, batches, device="cpu"):
    model.eval().to(device)
    hits = []
    with torch.no_grad():
        for *inputs, labels in batches:
            logits = model(*(part.to(device) for part in inputs))
            hits.append(logits.cpu().argmax(-1) == labels.cpu())
    return torch.cat(hits).double().mean().item()


def measured(accuracy, table, batches, recorded=False):
    """The accuracy of a small model; or, if ``recorded``, whether gradients were recorded.

    The model adds up its words' rows of ``table``; in training mode it answers the
    opposite, as a caricature of dropout.
    """

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Parameter(table.clone())
            self.recorded = False

        def forward(self, ids, mask):
            logits = (self.table[ids] * mask[..., None]).sum(1)
            self.recorded = self.recorded or logits.requires_grad
            return -logits if self.training else logits

    model = Model().train()
    value = accuracy(model, batches)
    return {"gradients recorded": model.recorded} if recorded else value


@accuracy.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    for title, counts, classes in (
        ("one batch", [7], 2),
        ("batches of different sizes, three classes", [9, 8, 2], 3),
        ("a last batch with a single example", [6, 6, 1], 4),
        ("everything right", [5, 3], 3),
        ("no gradients are recorded", [4, 2], 3),
    ):
        table = torch.tensor(rng.normal(size=(20, classes)))
        batches = []
        for i, count in enumerate(counts):
            J = int(rng.integers(4, 9))
            mask = _mask(rng.integers(1, J + 1, count).tolist(), J)
            ids = torch.tensor(rng.integers(1, 20, (count, J)))
            labels = (table[ids] * mask[..., None]).sum(1).argmax(1)
            if title != "everything right":  # mostly right at first, mostly wrong in the end
                off = rng.random(count) < (0.2 if i == 0 else 0.8)
                off[:2] = [i > 0, i == 0][:count]
                labels = (labels + torch.tensor(off).long()) % classes
            batches.append((ids, mask, labels))
        more = {"recorded": True} if title.startswith("no gradients") else {}
        yield Case(title, (table, batches), more, probe=measured)


accuracy.hints = [
    "Which two things differ between training and evaluation: which mode is the model in, and what "
    "need not be recorded? And if the last batch holds one example, how much may it count?",
    "Count the right answers over all batches and the examples over all batches, and divide once "
    "at the end: $\\frac{\\text{right}}{\\text{total}}$, not the mean of the batches' shares.",
    "```python\nmodel.to(device)\nmodel....()\nright = total = 0\nwith ...:\n"
    "    for ids, mask, labels in batches:\n        logits = ...\n"
    "        right += ...            # .item() makes a Python number\n        total += ...\n"
    "return right / total\n```",
]


@accuracy.mistake(
    "the model stays in training mode",
    "Dropout goes on dropping while you measure. Call model.eval() first.",
)
def _(right, model, batches, device="cpu"):
    guesses, labels = [], []
    with torch.no_grad():
        for ids, mask, wanted in batches:
            guesses.append(model(ids, mask).argmax(1))
            labels.append(wanted)
    return (torch.cat(guesses) == torch.cat(labels)).double().mean().item()


@accuracy.mistake(
    "gradients are recorded",
    "The numbers are right, but torch keeps a graph for every batch. Measure inside "
    "with torch.no_grad():",
)
def _(right, model, batches, device="cpu"):
    with torch.enable_grad():
        model.eval()
        for ids, mask, _labels in batches:
            model(ids, mask)
    return right(model, batches, device)


@accuracy.mistake(
    "the mean of the batches' shares",
    "A short last batch counts as much as a full one. Count right answers and examples, and divide "
    "once.",
)
def _(right, model, batches, device="cpu"):
    shares = [right(model, [batch], device) for batch in batches]
    return sum(shares) / len(shares)


@accuracy.mistake(
    "only the last batch counts",
    "The counts start anew with each batch. Set them to 0 before the loop.",
)
def _(right, model, batches, device="cpu"):
    return right(model, list(batches)[-1:], device)


@accuracy.mistake(
    "the number of right answers", "Divide by the number of examples: the accuracy is a share."
)
def _(right, model, batches, device="cpu"):
    batches = list(batches)
    total = sum(len(labels) for _, _, labels in batches)
    return round(right(model, batches, device) * total)


@accuracy.mistake("percent instead of a share", "0.75 is asked for, not 75.")
def _(right, model, batches, device="cpu"):
    return 100 * right(model, batches, device)


@accuracy.mistake(
    "the share of wrong answers", "You count where guess and label differ: that is the error rate."
)
def _(right, model, batches, device="cpu"):
    return 1 - right(model, batches, device)


@accuracy.mistake(
    "a tensor instead of a number",
    "Turn it into a Python number with .item() before you return it.",
)
def _(right, model, batches, device="cpu"):
    return torch.tensor(right(model, batches, device))


@accuracy.mistake(
    "always divides by the number of batches",
    "The right answers are divided by how many batches there are. Divide by how many examples.",
)
def _(right, model, batches, device="cpu"):
    batches = list(batches)
    total = sum(len(labels) for _, _, labels in batches)
    return right(model, batches, device) * total / len(batches)


# ── top_ngrams ──────────────────────────────────────────────────────────────


@exercise(points=2, numpy_only=False)
def top_ngrams(
    model: nn.Module,
    sentences: list[list[str]],
    vocabulary: dict[str, int],
    width: int,
    filter_index: int,
    k: int = 5,
) -> list[tuple[float, list[str]]]:
    """Which n-grams make one filter of a TextCNN respond most?

    The score of an n-gram is the filter's response, bias included, before the ReLU. All
    full windows of ``width`` words count, in every sentence, repeats too. Padding has no
    place here: use the convolution's ``weight`` and ``bias``, since the layer itself may
    pad in any way.

    model: has ``embedding`` and ``convolutions`` as TextCNN; one convolution is ``width``
    words wide. sentences: lists of tokens. vocabulary: from token to id.
    filter_index: number of the filter in that convolution, from 0. k: how many.
    Returns at most k pairs (score, tokens), strongest first: score a Python float,
    tokens the ``width`` words as they stand in the sentence.
    Lecture 6, "CNNs in NLP": what a filter of K words detects.
    """


@top_ngrams.oracle
def _top_ngrams(model, sentences, vocabulary, width, filter_index, k=5):
    (bank,) = (c for c in model.convolutions if c.kernel_size == (width,))
    one = slice(filter_index, filter_index + 1)
    found = []
    with torch.no_grad():
        for tokens in sentences:
            if len(tokens) < width:
                continue
            ids = torch.tensor(_encode(tokens, vocabulary), device=bank.weight.device)
            x = model.embedding(ids).T[None]
            scores = F.conv1d(x, bank.weight[one], bank.bias[one])[0, 0].tolist()
            found += [(s, list(tokens[j : j + width])) for j, s in enumerate(scores)]
    return sorted(found, key=lambda pair: -pair[0])[:k]


def ngrams_of(top_ngrams, weights, paddings, sentences, vocabulary, width, index, **more):
    """Ask a small model with these weights: embedding, then (weight, bias) of each bank."""

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            table, *banks = weights
            self.embedding = nn.Embedding(*table.shape, padding_idx=0)
            self.convolutions = nn.ModuleList()
            for (weight, _), padding in zip(banks, paddings, strict=True):
                N, M, K = weight.shape
                self.convolutions.append(nn.Conv1d(M, N, K, padding=padding))
            self.linear = nn.Linear(sum(len(bias) for _, bias in banks), 2)
            self.double()
            with torch.no_grad():
                self.embedding.weight.copy_(table)
                for layer, (weight, bias) in zip(self.convolutions, banks, strict=True):
                    layer.weight.copy_(weight)
                    layer.bias.copy_(bias)

        def forward(self, ids, mask):
            x = (self.embedding(ids) * mask[..., None]).transpose(1, 2)
            return self.linear(torch.cat([c(x).relu().amax(2) for c in self.convolutions], 1))

    return top_ngrams(Model(), sentences, vocabulary, width, index, **more)


@top_ngrams.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    for title, widths, padding, pick, k in (
        ("the five strongest", (2, 3), "same", 1, 5),
        ("a convolution without padding", (3, 4), 0, 0, 4),
        ("the widest first", (5, 2, 3), "same", 2, 3),
        ("a wide convolution with padding on both sides", (4, 2), 3, 0, 6),
        ("more wanted than there are", (4, 3), "same", 0, 1000),
        ("unknown words", (2, 3), "same", 0, 8),
    ):
        words = _words(rng, 14)
        if title == "unknown words":
            vocabulary = {PAD: 0, UNK: 1, **{w: i + 2 for i, w in enumerate(words[:-1])}}
        else:
            vocabulary = {PAD: 0, UNK: 1, **{w: i + 2 for i, w in enumerate(words)}}
        lengths = [*sizes(rng, 6, 11, 3), 1, widths[pick] - 1, widths[pick]]
        sentences = [[str(w) for w in rng.choice(words, J)] for J in lengths]
        sentences.append(list(sentences[0][1:7]))  # n-grams that come twice
        sentences[2][3] = words[-1]
        M, N = int(rng.integers(3, 6)), int(rng.integers(3, 6))
        banks = [
            (torch.tensor(rng.normal(size=(N, M, K))), torch.tensor(rng.normal(size=N) - 2))
            for K in widths
        ]
        table = torch.tensor(rng.normal(size=(len(vocabulary), M)))
        table[0] = 0
        if title == "unknown words":  # and the filter likes them
            table[1] = 3 * banks[pick][0][N - 1, :, 0]
        more = {} if k == 5 else {"k": k}
        index = N - 1 if title == "unknown words" else int(rng.integers(1, N))
        paddings = [padding] * len(widths)
        yield Case(
            title,
            ([table, *banks], paddings, sentences, vocabulary, widths[pick], index),
            more,
            probe=ngrams_of,
        )


top_ngrams.hints = [
    "How do you find the convolution of the right width in `model.convolutions`? How many full "
    "windows has a sentence of J words, and which words belong to window j?",
    "A response is a dot product plus a bias: window (K, M) times filter (M, K), "
    "transposed to fit. "
    "`F.conv1d(x, weight, bias)` without padding gives all J−K+1 of them; entry j belongs to "
    "`tokens[j:j + width]`.",
    "```python\nbank = next(c for c in model.convolutions if ...)\nfound = []\n"
    "for tokens in sentences:\n    if len(tokens) < width:\n        continue\n"
    "    x = model.embedding(torch.tensor(encode(tokens, vocabulary)))   # (J, M)\n"
    "    scores = F.conv1d(...)                  # weight and bias of one filter\n"
    "    for j, score in enumerate(scores...tolist()):\n"
    "        found.append((score, ...))\nreturn sorted(...)[:k]\n```",
]


@top_ngrams.mistake(
    "the ReLU is applied",
    "Scores are wanted before the ReLU: it would make many n-grams alike, at 0.",
)
def _(right, model, sentences, vocabulary, width, filter_index, k=5):
    return [
        (max(s, 0.0), t) for s, t in right(model, sentences, vocabulary, width, filter_index, k)
    ]


@top_ngrams.mistake("the bias is forgotten", "Add the filter's bias to each response.")
def _(right, model, sentences, vocabulary, width, filter_index, k=5):
    bank = next(c for c in model.convolutions if c.kernel_size == (width,))
    b = bank.bias[filter_index].item()
    return [(s - b, t) for s, t in right(model, sentences, vocabulary, width, filter_index, k)]


@top_ngrams.mistake("the weakest first", "Sort by falling score: the strongest n-gram comes first.")
def _(right, model, sentences, vocabulary, width, filter_index, k=5):
    return right(model, sentences, vocabulary, width, filter_index, 10**6)[::-1][:k]


@top_ngrams.mistake(
    "one n-gram per sentence",
    "You keep only the best window of each sentence, as max pooling does. All windows count.",
)
def _(right, model, sentences, vocabulary, width, filter_index, k=5):
    best = [right(model, [s], vocabulary, width, filter_index, 1) for s in sentences]
    return sorted((b[0] for b in best if b), key=lambda pair: -pair[0])[:k]


@top_ngrams.mistake(
    "repeats are dropped", "An n-gram that occurs twice is listed twice: both windows count."
)
def _(right, model, sentences, vocabulary, width, filter_index, k=5):
    every = right(model, sentences, vocabulary, width, filter_index, 10**6)
    return list({tuple(tokens): (score, tokens) for score, tokens in every}.values())[:k]


@top_ngrams.mistake(
    "<unk> instead of the word",
    "The ids forget which word it was. Take the tokens from the sentence itself.",
)
def _(right, model, sentences, vocabulary, width, filter_index, k=5):
    every = right(model, sentences, vocabulary, width, filter_index, k)
    return [(s, [t if t in vocabulary else "<unk>" for t in tokens]) for s, tokens in every]


@top_ngrams.mistake(
    "always the first convolution",
    "Look for the convolution whose kernel_size is `width`; the widths may come in any order.",
)
def _(right, model, sentences, vocabulary, width, filter_index, k=5):
    bank = model.convolutions[0]
    found = []
    with torch.no_grad():
        for tokens in sentences:
            ids = torch.tensor([vocabulary.get(t, 1) for t in tokens])
            K = bank.kernel_size[0]
            if len(tokens) >= K:
                h = F.conv1d(model.embedding(ids).T[None], bank.weight, bank.bias)[0, filter_index]
                found += [(s, list(tokens[j : j + width])) for j, s in enumerate(h.tolist())]
    return sorted(found, key=lambda pair: -pair[0])[:k]


@top_ngrams.mistake(
    "the words are one place off",
    "Response j belongs to the window that starts at word j: tokens[j:j + width].",
)
def _(right, model, sentences, vocabulary, width, filter_index, k=5):
    shifted = [[*s[1:], s[0]] for s in sentences]
    every = []
    for sentence, other in zip(sentences, shifted, strict=True):
        if len(sentence) >= width:
            named = {i: t for i, t in enumerate(other)}
            marked = right(model, [sentence], vocabulary, width, filter_index, 10**6)
            starts = {}
            for j in range(len(sentence) - width + 1):
                starts.setdefault(tuple(sentence[j : j + width]), []).append(j)
            for score, tokens in marked:
                j = starts[tuple(tokens)].pop(0)
                every.append((score, [named[i] for i in range(j, min(j + width, len(other) - 1))]))
    return sorted(every, key=lambda pair: -pair[0])[:k]


@top_ngrams.mistake(
    "another filter", "filter_index counts from 0: filter 0 is the first one of the convolution."
)
def _(right, model, sentences, vocabulary, width, filter_index, k=5):
    return right(model, sentences, vocabulary, width, filter_index - 1, k)
