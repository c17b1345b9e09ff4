"""What is in the way is said in one sentence, and the rest is done: a gradebook that cannot be
used, a course's folder of any name, an assignment never released, a hand-in without a time."""

import contextlib
import datetime
import errno
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.apps.baseapp import NbGrader
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.engine import URL

from autograder import cli
from autograder.course import Course, CourseError
from autograder.database import copies, explained, keep_gradebook
from autograder.mending import mend
from autograder.recording import grade as recorder
from autograder.releasing import build
from autograder.settings import SETTINGS, STEPS_FILE
from autograder.tests.support import small_lesson
from autograder.tests.support.small_lesson import LESSON, hand_in

IMPATIENT = "\nc.CourseDirectory.db_url = 'sqlite:///{}?timeout=0.1'\n"
"""Settings with which a locked gradebook is waited for a tenth of a second, not for five."""


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A course in which ada is graded, with a copy of its gradebook."""
    course = small_lesson.released_in(tmp_path_factory.mktemp("graded"))
    hand_in(course, "ada")
    recorder.grade(course, workers=1)
    keep_gradebook(course)
    return course


@pytest.fixture
def course(graded, tmp_path):
    """A copy of it, which is there for one test."""
    root = tmp_path / "course"
    shutil.copytree(graded.root, root)
    with (root / SETTINGS).open("a") as settings:
        settings.write(IMPATIENT.format(root / "gradebook.db"))
    return Course(root)


def run(capfd, course, *words):
    """A command; gives (exit status, stdout, stderr), both as the terminal gets them."""
    capfd.readouterr()
    status = cli.main(["--course", str(course.root), *map(str, words)])
    return status, *capfd.readouterr()


@contextlib.contextmanager
def locked(course):
    """Another program that holds the gradebook."""
    with contextlib.closing(sqlite3.connect(course.root / "gradebook.db")) as other:
        other.isolation_level = None
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


# ── a gradebook that cannot be used ─────────────────────────────────────────


def in_half(path):
    os.truncate(path, path.stat().st_size // 2)


def in_a_page(path):
    os.truncate(path, 5000)


def zeros(path):
    path.write_bytes(bytes(path.stat().st_size))


def emptied(path):
    os.truncate(path, 0)


def a_text(path):
    path.write_text("Once upon a time\n" * 300)


def a_folder(path):
    path.unlink()
    path.mkdir()


COMMANDS = (
    ["grade"],
    ["grade", "--force"],
    ["export", "points.csv"],
    ["report"],
    ["feedback"],
    ["release", LESSON],
)


def one_sentence(course, capfd, words):
    """What a command says that cannot go on; it says nothing else."""
    status, out, err = run(capfd, course, *words)
    assert (status, out) == (2, ""), out + err
    assert err.startswith("autograder: ") and err.count("\n") == 1, err
    return err


@pytest.mark.parametrize("spoil", [in_half, in_a_page, zeros, emptied, a_text, a_folder])
def test_a_damaged_gradebook_is_one_sentence_that_names_the_copy(
    course, capfd, monkeypatch, tmp_path, spoil
):
    monkeypatch.chdir(tmp_path)
    path = course.root / "gradebook.db"
    (copy,) = copies(path)
    spoil(path)
    for words in COMMANDS:
        said = one_sentence(course, capfd, words)
        assert str(copy) in said, words
        assert ("is a folder" if spoil is a_folder else "is damaged") in said
    assert copies(path) == [copy]  # no damaged one has been added
    assert not Path("points.csv").exists()
    # As the sentence says: all is there again.
    path.rename(tmp_path / "damaged")
    shutil.copy(copy, path)
    (again,) = recorder.grade(Course(course.root), workers=1)
    assert (again.status, again.score) == ("unchanged", 11)


def test_a_copy_that_is_damaged_itself_is_not_advised(course, capfd):
    path = course.root / "gradebook.db"
    (whole,) = copies(path)
    newer = path.with_name("gradebook.db.29991231T235959000000")
    zeros(shutil.copy(path, newer) and newer)
    zeros(path)
    said = one_sentence(course, capfd, ["report"])
    assert str(whole) in said and newer.name not in said
    whole.unlink()
    assert "none of the 1 copies beside it is whole" in one_sentence(course, capfd, ["report"])
    newer.unlink()
    assert "it has no copy" in one_sentence(course, capfd, ["report"])


def test_a_damaged_gradebook_pushes_no_copy_out(course):
    in_half(course.root / "gradebook.db")
    (copy,) = copies(course.root / "gradebook.db")
    for _ in range(6):
        with pytest.raises(CourseError, match="is damaged"):
            keep_gradebook(course)
    assert copies(course.root / "gradebook.db") == [copy]


def test_a_gradebook_in_use_is_one_sentence(course, capfd):
    with locked(course):
        for words in COMMANDS:
            if words != ["grade", "--force"]:  # copied first, by a connection that waits longer
                assert "is in use by another program" in one_sentence(course, capfd, words)
    assert run(capfd, course, "grade")[0] == 0


@pytest.mark.parametrize(("step", "at"), [("record", "ben"), ("_graded_already", "ada")])
def test_a_lock_that_comes_in_the_middle_costs_that_submission_alone(
    course, capfd, monkeypatch, step, at
):
    for student in ("ben", "cleo"):
        hand_in(course, student)
    stock = getattr(recorder, step)

    def in_the_way(*about):
        whose = about[2] if step == "record" else about[2].student
        with locked(course) if whose == at else contextlib.nullcontext():
            return stock(*about)

    with monkeypatch.context() as patch:
        patch.setattr(recorder, step, in_the_way)
        status, out, err = run(capfd, course, "grade", "--workers", "1")
    assert status == 1
    assert f"{'1 graded, 1' if at == 'ben' else '2 graded, 0'} unchanged, 1 not graded" in out
    assert f"{at}, {LESSON}: NOT GRADED, and not the student's fault\n  it could not be" in out
    assert "is in use by another program" in out
    assert "Traceback" not in out + err and "sqlalche" not in out + err
    status, out, _ = run(capfd, course, "grade", "--workers", "1")
    assert status == 0
    assert f"{at}, {LESSON}: 11 of 11 points" in out
    assert f"{'1 graded, 2' if at == 'ben' else '0 graded, 3'} unchanged, 0 not graded" in out


def test_a_lock_that_comes_between_pages_is_one_sentence(course, capfd, monkeypatch):
    from autograder.pages import feedback

    stock = feedback.Page.preprocess

    def in_the_way(*about):
        with locked(course):
            return stock(*about)

    monkeypatch.setattr(feedback.Page, "preprocess", in_the_way)
    status, _, err = run(capfd, course, "feedback")
    assert status == 2
    assert "is in use by another program" in err
    assert "Traceback" not in err and "sqlalche" not in err


def test_what_sqlite_says_is_said_with_what_to_do(course):
    """Of errors that it really raises."""

    def why(*statements, path=course.root / "gradebook.db", mode="rw"):
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode={mode}", uri=True)) as database:
            for statement in statements:
                database.execute(statement)

    for change, said in (
        (lambda: why("UPDATE student SET email = 'x'", mode="ro"), "can be read, but not written"),
        (lambda: why(path=course.root / "none" / "g.db"), "cannot be opened"),
        (
            lambda: why("PRAGMA max_page_count = 1", "CREATE TABLE x AS SELECT zeroblob(999999)"),
            "its disk is full",
        ),
        (lambda: why("SELECT x FROM student"), "nbgrader db upgrade"),
        (lambda: why("SELECT x FROM nowhere"), "nbgrader db upgrade"),
    ):
        with pytest.raises(sqlite3.Error) as raised:
            change()
        assert said in explained(raised.value, course)
    with pytest.raises(sqlite3.Error) as raised:
        why("SELEC")
    assert explained(raised.value, course) == ""  # a bug, whose traceback is wanted


def test_a_gradebook_that_may_only_be_read_is_not_the_students_fault(course, capfd):
    hand_in(course, "ben")
    with (course.root / SETTINGS).open("a") as settings:
        place = f"sqlite:///file:{course.root}/gradebook.db?mode=ro&uri=true"
        settings.write(f"c.CourseDirectory.db_url = {place!r}\n")
    status, out, err = run(capfd, course, "grade", "--workers", "1")
    assert status == 1
    assert "can be read, but not written" in out
    assert "Traceback" not in out + err


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql+psycopg://ada:secret@127.0.0.1:1/course", "see that the server runs"),
        ("postgresql+asyncpg://ada:secret@127.0.0.1:1/course", "needs the package asyncpg"),
        ("postgressql://ada:secret@127.0.0.1/course", "cannot be used"),
        ("no URL", "cannot be used"),
    ],
)
def test_a_server_that_cannot_be_reached_is_one_sentence(course, capfd, url, said):
    with (course.root / SETTINGS).open("a") as settings:
        settings.write(f"c.CourseDirectory.db_url = {url!r}\n")
    for words in COMMANDS:
        sentence = one_sentence(course, capfd, words)
        assert said in sentence
        assert "secret" not in sentence


def test_a_full_disk_is_one_sentence(course, capfd, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(course.root))

    monkeypatch.setattr(Path, "write_bytes", full)
    assert "No space left on device" in one_sentence(course, capfd, ["report"])


# ── a course's folder of any name ───────────────────────────────────────────

NAMES = [
    *("CNN%20course", "100%", "%zz", "Week 1?", "a*b", "a#b", "a b", 'it\'s "mine"', "Übung ß"),
    *("a;b&c=d", "{braces}", "a+b", "a@b:c", "back\\slash", "[open", "two\nlines"),
]


def nbgraders_own(root, monkeypatch):
    """What stands behind formgrader, with the settings that it finds in the folder."""
    monkeypatch.chdir(root)
    app = NbGrader()
    app.load_cwd_config = True
    app.load_config_file()
    return NbGraderAPI(CourseDirectory(config=app.config), config=app.config)


@pytest.fixture(params=NAMES)
def named(request, graded, tmp_path):
    """A course in a folder with a name, the lesson generated there, ada's notebook in it."""
    course = Course(tmp_path / "here" / request.param)
    course.root.mkdir(parents=True, mode=0o700)
    for part in (SETTINGS, STEPS_FILE, "gradebook.db", "source", "submitted"):
        copy = shutil.copytree if (graded.root / part).is_dir() else shutil.copy
        copy(graded.root / part, course.root / part)
    build.generate(course, LESSON)
    return course


def test_grades_are_in_the_folder_whatever_its_name(named, capfd, monkeypatch, tmp_path):
    assert run(capfd, named, "grade", "--workers", "1")[0] == 0
    for words in (["report"], ["feedback"], ["export", tmp_path / "points.csv"]):
        assert run(capfd, named, *words)[0] == 0, words
    assert (named.feedback("ada", LESSON) / f"{LESSON}.html").is_file()
    assert b"ada,,ada,ada,ada,,11,11\r\n" in (tmp_path / "points.csv").read_bytes()
    api = nbgraders_own(named.root, monkeypatch)
    assert api.get_assignment(LESSON)["num_submissions"] == 1
    with api.gradebook as gradebook:
        assert gradebook.find_submission(LESSON, "ada").score == 11
    assert api.autograde(LESSON, "ada", force=True)["success"]
    # It moves with the folder.
    moved = named.root.rename(tmp_path / "here" / "moved 50%3F?")
    assert [s.status for s in recorder.grade(Course(moved), workers=1)] == ["graded"]
    assert nbgraders_own(moved, monkeypatch).get_assignment(LESSON)["num_submissions"] == 1
    assert [p.name for p in moved.parent.iterdir()] == [moved.name]  # nothing lands beside it
    assert moved.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["CNN%20course", pytest.param("Week 1?", marks=pytest.mark.slow)])
def test_nbgraders_own_command_finds_the_gradebook(name, tmp_path):
    course = Course(tmp_path / "here" / name)
    solutions = small_lesson.write(tmp_path / "solutions")
    build.release(course, [LESSON], solutions=solutions, notebooks=tmp_path / "notebooks")
    command = [sys.executable, "-m", "nbgrader", "db", "assignment", "list"]
    ran = subprocess.run(command, cwd=course.root, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert LESSON in ran.stdout
    assert [p.name for p in course.root.parent.iterdir()] == [name]


@pytest.mark.parametrize("name", ["a[1]", "[ab]", "Week ?"])
def test_a_name_with_which_nothing_is_found_is_refused_before_anything_is_written(
    name, tmp_path, capfd
):
    (tmp_path / "Week 2").mkdir()
    for words in (["release", LESSON], ["grade"]):
        (tmp_path / name).mkdir(exist_ok=True)
        if words == ["grade"]:  # a course that was moved there
            (tmp_path / name / SETTINGS).write_text("c = get_config()\n")
            (tmp_path / name / "submitted").mkdir()
        before = sorted(tmp_path.rglob("*"))
        said = one_sentence(Course(tmp_path / name), capfd, words)
        assert "cannot be a course's folder" in said
        assert sorted(tmp_path.rglob("*")) == before


def test_a_name_that_is_no_utf8_is_refused_to_a_new_course_alone(course, tmp_path, capfd):
    name = os.fsdecode(b"caf\xe9")
    said = one_sentence(Course(tmp_path / "here" / name), capfd, ["release", LESSON])
    assert "cannot be a course's folder" in said
    assert not (tmp_path / "here").exists()
    as_made_before(course, course.root / "gradebook.db")
    (tmp_path / "here").mkdir()
    moved = Course(course.root.rename(tmp_path / "here" / name))
    status, out, _ = run(capfd, moved, "grade")
    assert (status, "11 of 11 points (unchanged)" in out) == (0, True)


def test_where_the_database_has_no_url_for_a_name_it_is_refused(tmp_path, capfd, monkeypatch):
    """As SQLAlchemy 2.0 has none for a question mark."""
    monkeypatch.setattr(URL, "render_as_string", lambda url: f"sqlite:///{url.database}")
    said = one_sentence(Course(tmp_path / "Week 1?"), capfd, ["release", LESSON])
    assert "cannot be a course's folder" in said
    assert list(tmp_path.iterdir()) == []


def as_made_before(course, gradebook):
    """Settings without the gradebook's place, and the gradebook where their edition put it."""
    text = (course.root / SETTINGS).read_text()
    start = text.index("# The gradebook is the file")
    end = text.index("# How submissions are graded")
    text = (text[:start] + text[end:]).replace("from sqlalchemy.engine import URL\n", "")
    (course.root / SETTINGS).write_text(text.partition(IMPATIENT[:20])[0])
    gradebook.parent.mkdir(exist_ok=True)
    (course.root / "gradebook.db").rename(gradebook)
    gradebook.chmod(0o644)


@pytest.mark.parametrize(
    ("name", "there", "another"),
    [("Week 1?", "Week 1", False), ("CNN%20course", "CNN course/gradebook.db", True)],
)
def test_grades_that_landed_beside_the_folder_are_brought_in(
    course, capfd, monkeypatch, tmp_path, name, there, another
):
    (tmp_path / "here").mkdir()
    root = course.root.rename(tmp_path / "here" / name)
    course, beside = Course(root), tmp_path / "here" / there
    as_made_before(course, beside)
    if another:  # its grades, too, are in there
        (beside.parent / SETTINGS).touch()
    said = one_sentence(course, capfd, ["export", "points.csv"])
    assert str(beside) in said and "`autograder grade`" in said
    assert not (root / "gradebook.db").exists()
    status, out, _ = run(capfd, course, "grade", "--workers", "1")
    assert status == 0
    assert f"{SETTINGS} says where the gradebook is" in out
    assert f"the gradebook was {beside}; it is {root / 'gradebook.db'}" in out
    assert f"ada, {LESSON}: 11 of 11 points (unchanged)" in out
    assert (root / "gradebook.db").stat().st_mode & 0o777 == 0o600
    assert beside.exists() is another
    assert nbgraders_own(root, monkeypatch).get_assignment(LESSON)["num_submissions"] == 1
    assert mend(Course(root)) == []


def test_settings_of_a_course_whose_name_is_harmless_are_left_alone(course):
    path = course.root / "gradebook.db"
    as_made_before(course, path)
    before = (course.root / SETTINGS).read_text()
    assert "db_url" not in before
    assert mend(Course(course.root)) == []
    assert (course.root / SETTINGS).read_text() == before
    assert not (course.root / f"{SETTINGS}.first-edition").exists()


# ── an assignment that was never released ───────────────────────────────────


@pytest.fixture
def with_own(course):
    """An assignment of the instructor's own in source/, which nbgrader has not generated."""
    (course.root / "source/hw1").mkdir()
    shutil.copy(course.source(LESSON), course.source("hw1"))
    return course


ADVICE = "run `nbgrader generate_assignment hw1` in"


def test_what_was_never_released_is_left_out_with_a_word(with_own, capfd, tmp_path):
    hand_in(with_own, "ben")
    shutil.copytree(with_own.submitted("ben", LESSON), with_own.submitted("ben", "hw1"))
    for words in (["grade", "--workers", "1"], ["feedback"], ["report"], ["export", "points.csv"]):
        if words[0] == "export":
            words[1] = tmp_path / words[1]
        status, out, err = run(capfd, with_own, *words)
        assert status == 0, err
        assert (out + err).count("hw1") == 2  # one line: what, and the command
        assert f"left out: hw1 is not in the gradebook, for it was never released: {ADVICE}" in out
    assert "hw1" not in (tmp_path / "points.csv").read_text()
    assert "hw1" not in (with_own.root / "report.html").read_text()
    with Gradebook(with_own.db_url, with_own.course_id) as gradebook:
        assert gradebook.find_submission(LESSON, "ben").score == 11


def test_named_by_itself_it_is_answered_with_the_command_that_releases_it(with_own, capfd):
    for command in ("grade", "feedback", "report", "release"):
        status, _, said = run(capfd, with_own, command, "hw1")
        assert (status, said.count("\n")) == (2, 1)
        assert ADVICE in said and "autograder release hw1" not in said
    other = "02_backprop_1d"  # one of ours
    (with_own.root / "source" / other).mkdir()
    shutil.copy(with_own.source(LESSON), with_own.source(other))
    assert f"run `autograder release {other}` first" in one_sentence(
        with_own, capfd, ["grade", other]
    )


def test_what_is_no_notebook_yet_stops_nothing(with_own, capfd):
    with_own.source("hw1").write_text("")
    assert run(capfd, with_own, "grade", "--workers", "1")[0] == 0


def test_released_by_nbgrader_it_is_graded_as_the_others(with_own, capfd):
    notebook = nbformat.read(with_own.source("hw1"), as_version=4)
    nbformat.write(notebook, with_own.source("hw1"))
    build.generate(with_own, "hw1")
    shutil.copytree(with_own.submitted("ada", LESSON), with_own.submitted("ada", "hw1"))
    place = with_own.submitted("ada", "hw1")
    (place / f"{LESSON}.ipynb").rename(place / "hw1.ipynb")
    status, out, _ = run(capfd, with_own, "grade", "--workers", "1")
    assert status == 0
    assert "ada, hw1: 11 of 11 points" in out
    assert "left out" not in out


# ── a hand-in without a time ────────────────────────────────────────────────

LATE = """
from nbgrader.plugins import LateSubmissionPlugin


class Half(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return score / 2


c.AssignLatePenalties.plugin_class = Half
"""


@pytest.mark.parametrize("by", ["ours", "nbgrader's"])
def test_a_new_hand_in_without_a_time_is_not_as_late_as_the_one_before(course, monkeypatch, by):
    with (course.root / SETTINGS).open("a") as settings:
        settings.write(LATE)
    course = Course(course.root)
    with Gradebook(course.db_url, course.course_id) as gradebook:
        due = datetime.datetime(2026, 11, 2, 12)
        gradebook.update_or_create_assignment(LESSON, duedate=due)
    stamp = course.submitted("ada", LESSON) / "timestamp.txt"
    stamp.write_text("2026-11-03 12:00:00 UTC")

    def penalty():
        if by == "ours":
            recorder.grade(course, workers=1)
        else:
            api = nbgraders_own(course.root, monkeypatch)
            assert api.autograde(LESSON, "ada", force=True)["success"]
        with Gradebook(course.db_url, course.course_id) as gradebook:
            submission = gradebook.find_submission(LESSON, "ada")
            return submission.timestamp is None, submission.late_submission_penalty or 0.0

    assert penalty() == (False, 5.5)
    stamp.unlink()
    hand_in(course, "ada")
    assert penalty() == (True, 0.0)
