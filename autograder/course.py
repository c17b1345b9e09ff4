"""The course folder: nbgrader's own layout, made ready and found again.

A course is one folder outside version control, ``autograder/course/`` unless
``--course DIR`` says otherwise. nbgrader's commands work in it as they do in any other::

    nbgrader_config.py   settings, written once with a comment to each, yours to edit
    nbgrader_config.json the steps that make grading safe, once more; not to be edited
    course.toml          if you choose other points, or leave exercises out (see ``choices``)
    gradebook.db         students, scores and comments
    source/              the instructor's notebooks, with solutions and hidden tests
    release/             the same without them
    submitted/           what students handed in: submitted/STUDENT/LESSON/
    autograded/          graded notebooks, same layout
    feedback/            HTML for the students, same layout
"""

from __future__ import annotations

import fnmatch
import glob
import json
import os
import sys
import unicodedata
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from traitlets.config import Config, JSONFileConfigLoader, PyFileConfigLoader

from .paths import why_not
from .settings import SETTINGS, STEPS, STEPS_FILE, settings

ROOT = Path(__file__).resolve().parents[1]
"""The repository: solutions/, notebooks/ and data/ are in it."""

DEFAULT = ROOT / "autograder" / "course"
"""The course folder used when nobody names another."""

NAME_CHARACTERS, NAME_BYTES = 100, 200
"""How long a student id or lesson name may be. It becomes a folder, with a little around it."""

CHOICES_FILE = "course.toml"
"""What a professor chooses: points, and exercises left out (see ``choices``). Nobody needs one."""


class CourseError(ValueError):
    """A course, lesson or student that cannot be used; the message says what to do."""


class Course:
    """One course folder. Making the object touches nothing; ``prepare`` does.

    root: the folder, as an absolute path.
    """

    def __init__(self, root: Path | str = DEFAULT):
        self.root = Path(root).expanduser().resolve()
        self._config: Config | None = None

    def prepare(self) -> None:
        """Make whatever is missing: the folder and its settings.

        The folder is made for its owner alone (0700): solutions and grades are in it.
        Settings that are there already are left as they are. Raises CourseError if the
        path is something else than a folder, or its name is one that nothing can work with.
        """
        self.own_gradebook()
        if self.root.exists() and not self.root.is_dir():
            raise CourseError(f"{self.root} is a file; name a folder for the course.")
        if not (self.root / SETTINGS).exists():
            if self.root.is_dir() and any(self.root.iterdir()) and not self._looks_like_a_course():
                raise CourseError(
                    f"{self.root} holds other things already; name an empty or a new folder "
                    "for the course."
                )
            self.root.mkdir(parents=True, exist_ok=True)
            self.root.chmod(0o700)
            write(self.root / SETTINGS, settings())
            write(self.root / STEPS_FILE, json.dumps(STEPS, indent=2) + "\n")
        for step in ("source", "submitted"):
            (self.root / step).mkdir(exist_ok=True)

    def _looks_like_a_course(self) -> bool:
        """Whether it holds a course's own things alone, put there before the first release."""
        steps = {"source", "release", "submitted", "autograded", "feedback", "gradebook.db"}
        return {entry.name for entry in self.root.iterdir()} <= steps | {STEPS_FILE, CHOICES_FILE}

    def config(self) -> Config:
        """The settings in the course's two files, its folder, and where its gradebook is.

        Raises CourseError if the settings are missing or cannot be read.
        """
        if self._config is None:
            loaded = self.written()
            loaded.CourseDirectory.root = str(self.root)
            loaded.CourseDirectory.setdefault("db_url", self.own_gradebook())
            self._config = loaded
        return self._config

    def written(self) -> Config:
        """The settings in the course's two files alone, read as nbgrader reads them.

        Nothing else is merged in, so a setting in ~/.jupyter changes no grade.
        Raises CourseError if the settings are missing or cannot be read.
        """
        if not (self.root / SETTINGS).is_file():
            raise CourseError(
                f"{self.root} is not a course yet: `autograder --course {self.root} release` "
                "makes it one."
            )
        loaded = Config()
        for name, loader in ((SETTINGS, PyFileConfigLoader), (STEPS_FILE, JSONFileConfigLoader)):
            if not (self.root / name).exists():
                continue
            try:
                loaded.merge(loader(name, path=str(self.root)).load_config())
            except Exception as problem:
                raise CourseError(
                    f"{self.root / name} cannot be read ({type(problem).__name__}: {problem}); "
                    "correct it, or delete it to get a fresh one from `autograder release`."
                ) from problem
        return loaded

    def forget_settings(self) -> None:
        """Read the settings again when they are needed next, since they have been changed."""
        self._config = None

    @property
    def course_id(self) -> str:
        """The course's name in the gradebook."""
        return self.config().CourseDirectory.get("course_id", "cnnlab")

    @property
    def db_url(self) -> str:
        """Where the gradebook is, as an SQLAlchemy URL."""
        return self.config().CourseDirectory.db_url

    def own_gradebook(self) -> str:
        """The URL of the file gradebook.db in the folder.

        Raises CourseError for a folder's name with which nbgrader finds neither it nor notebooks.
        """
        # nbgrader looks for notebooks by patterns, of which the folder's name is a part.
        folder = str(self.root)
        others = set(glob.glob(folder)) - {folder} if glob.has_magic(folder) else set()
        if others or not fnmatch.fnmatchcase(folder, folder):
            raise CourseError(
                f"{folder} cannot be a course's folder: to nbgrader [ * and ? in a name stand for "
                "other signs, so it would look elsewhere. Give the folder another name."
            )
        try:
            if not (self.root / SETTINGS).exists():
                folder.encode()  # the settings that will be written can say no other
            return url_of(self.root / "gradebook.db")
        except ValueError:
            raise CourseError(
                f"{folder!a} cannot be a course's folder: no URL can be made of its name, by which "
                "the gradebook would be found. Give the folder another name."
            ) from None

    # Where things are. Lesson and student are checked, since they come from the outside.

    def source(self, lesson: str) -> Path:
        """The instructor's notebook of a lesson."""
        return self.root / "source" / _name(lesson, "lesson") / f"{lesson}.ipynb"

    def released(self, lesson: str) -> Path:
        """The student's notebook of a lesson, as nbgrader generated it."""
        return self.root / "release" / _name(lesson, "lesson") / f"{lesson}.ipynb"

    def submitted(self, student: str, lesson: str) -> Path:
        """The folder of what a student handed in."""
        return self._of_student("submitted", student, lesson)

    def autograded(self, student: str, lesson: str) -> Path:
        """The folder of a student's graded notebook."""
        return self._of_student("autograded", student, lesson)

    def feedback(self, student: str, lesson: str) -> Path:
        """The folder of a student's feedback."""
        return self._of_student("feedback", student, lesson)

    def _of_student(self, step: str, student: str, lesson: str) -> Path:
        return self.root / step / _name(student, "student id") / _name(lesson, "lesson")

    def lessons(self) -> list[str]:
        """The lessons in source/, in order; one of the instructor's own may not be released yet."""
        return sorted(
            p.stem for p in (self.root / "source").glob("*/*.ipynb") if p.parent.name == p.stem
        )

    def chosen(self, lessons: list[str] | None) -> list[str]:
        """The lessons named, or all if none is; CourseError if one is unknown."""
        known = self.lessons()
        for lesson in lessons or []:
            if lesson not in known:
                there = f"it has {', '.join(known)}" if known else "it has none yet"
                raise CourseError(
                    f"there is no lesson {lesson!r} in {self.root}: {there}. "
                    "`autograder release` adds what is in solutions/."
                )
        return list(lessons) if lessons else known

    def not_released(self, lesson: str) -> str:
        """A sentence on a lesson that the gradebook does not know."""
        return f"{lesson} is not in the gradebook, for it was never released: {self.how(lesson)}."

    def how(self, lesson: str) -> str:
        """By which command a lesson in source/ is released, one of the instructor's own, too."""
        if (ROOT / "solutions" / f"{lesson}.md").is_file():
            return f"run `autograder release {lesson}` first"
        return f"run `nbgrader generate_assignment {lesson}` in {self.root} first"

    def students(self, lesson: str) -> list[str]:
        """Who has a submission folder for a lesson, in order."""
        return [student for student, why in self._handed_in(lesson) if not why]

    def refused(self, lesson: str) -> dict[str, str]:
        """Whose submission to a lesson is not looked at, and why: it is, or lies in, a link."""
        return {student: why for student, why in self._handed_in(lesson) if why}

    def _handed_in(self, lesson: str) -> list[tuple[str, str]]:
        """(student, why it is refused or "") of all submissions to a lesson, in order."""
        submitted = self.root / "submitted"
        if why := why_not(submitted, self.root):
            raise CourseError(f"{why}.")
        found = []
        for folder in submitted.glob("*"):
            if is_name(folder.name):
                place = folder / _name(lesson, "lesson")
                why = why_not(place, self.root)
                if why or place.is_dir():
                    found.append((folder.name, why))
        return sorted(found)

    def handed_in(self, student: str, lessons: list[str]) -> list[str]:
        """The lessons that a student handed in; CourseError if there is none."""
        folders = {lesson: self.submitted(student, lesson) for lesson in lessons}
        found = [n for n, f in folders.items() if f.is_dir() or why_not(f, self.root)]
        if not found:
            there = sorted({s for lesson in lessons for s in self.students(lesson)})
            listed = ", ".join(there[:10]) + (", …" if len(there) > 10 else "")
            raise CourseError(
                f"{student!r} handed in nothing of {', '.join(lessons)}; "
                + (f"these did: {listed}." if there else "nobody has yet.")
            )
        return found


def url_of(path: Path) -> str:
    """The URL of a gradebook's file, whatever signs are in its path; ValueError if it has none."""
    from sqlalchemy.engine import URL, make_url  # slow to import, and not always needed

    plain = f"sqlite:///{path}"
    if make_url(plain) == URL.create("sqlite", database=str(path)):
        return plain  # as nbgrader makes it
    url = URL.create("sqlite", database=str(path)).render_as_string()
    if make_url(url).database != str(path):  # SQLAlchemy before 2.1 writes a ? as it is
        raise ValueError(f"{path} cannot be written as a URL")
    return url


def is_name(text: str) -> bool:
    """Whether a text can be a student id or the name of a lesson.

    It becomes a folder, so nothing in it may mean another one.
    """
    return (
        text[:1].isalnum()
        and len(text) <= NAME_CHARACTERS
        and len(text.encode("utf-8", "replace")) <= NAME_BYTES
        and all(map(in_a_name, text))
    )


def in_a_name(character: str) -> bool:
    """Whether a character may stand in a name: letters with their vowel signs, digits, ``_.@-``."""
    return (
        character.isalnum()
        or character in "_.@-"
        # In Hindi, Thai and others the vowels; without them two people have one name.
        or unicodedata.category(character)[0] == "M"
    )


def _name(text: str, what: str) -> str:
    if not is_name(text):
        raise CourseError(
            f"{text!r} cannot be a {what}: it must start with a letter or digit and hold only "
            "letters, digits and the characters . _ - @, at most 100 of them."
        )
    return text


def add_line(path: Path, line: dict[str, Any]) -> None:
    """Add a line of JSON to a file that is only ever added to."""
    with path.open("ab+") as lines:
        end = lines.seek(0, 2)
        lines.seek(max(end - 1, 0))
        cut_off = end > 0 and lines.read(1) != b"\n"  # of a disk that was full
        text = "\n" * cut_off + json.dumps(line, ensure_ascii=False) + "\n"
        lines.write(text.encode())


def write(path: Path, text: str) -> bool:
    """Put text into a file, all of it or nothing; say whether that changed the file.

    A file that holds the text already is not touched, so building twice changes nothing.
    """
    data = text.encode()
    if path.is_file() and not path.is_symlink() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(data)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return True


@contextmanager
def environment_on_path():
    """nbgrader runs ``alembic`` by name, which fails where the environment is not activated."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before
