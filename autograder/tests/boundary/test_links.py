"""No link is followed, by our commands or nbgrader's, and each was seen to work before."""

import json
import os
import re
import shutil

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeFactory

from autograder import cli
from autograder.course import Course, CourseError
from autograder.intake.collect import collect
from autograder.pages.class_report import report
from autograder.pages.feedback import feedback
from autograder.paths import read_file
from autograder.recording import grade as recorder
from autograder.settings import SETTINGS, STEPS_FILE
from autograder.terminal import Guard, visible
from autograder.tests.support import small_lesson
from autograder.tests.support.small_lesson import hand_in

pytestmark = pytest.mark.xdist_group("links")

LESSON = small_lesson.LESSON
SECRET = "### BEGIN HIDDEN TESTS"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A course in which ada handed in what is right, and nothing is graded yet."""
    root = tmp_path_factory.mktemp("links")
    course = small_lesson.released_in(root)
    hand_in(course, "ada")
    return course


@pytest.fixture
def course(made, tmp_path):
    return Course(shutil.copytree(made.root, tmp_path / "course"))


def unmended(course):
    """The same course with stock settings for what follows links, and our own steps."""
    steps = json.loads((course.root / STEPS_FILE).read_text())
    del steps["ExchangeFactory"], steps["GenerateFeedback"], steps["HTMLExporter"]
    del steps["Autograde"]["exporter_class"]
    (course.root / STEPS_FILE).write_text(json.dumps(steps))
    (course.root / SETTINGS).write_text(
        f"c = get_config()\nc.CourseDirectory.course_id = {course.course_id!r}\n"
    )
    return Course(course.root)


def formgrader(course, **more):
    """What stands behind formgrader's buttons, and nbgrader's commands."""
    config = course.config()
    config.Exchange.update(more)
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    api.exchange = ExchangeFactory(config=config)
    return api


def autograde(course, student="*"):
    return formgrader(course).autograde(LESSON, student)


def score(course, student):
    """A student's points; None if nothing is recorded."""
    with Gradebook(course.db_url, course.course_id) as gradebook:
        rows = {s.student_id: s.score for s in gradebook.assignment_submissions(LESSON)}
    return rows.get(student)


def leaked(folder):
    """Whether hidden tests are in a folder, other than in graded notebooks."""
    files = [p for p in folder.rglob("*") if p.is_file() and p.name != f"{LESSON}.ipynb"]
    return any(SECRET in p.read_text(errors="replace") for p in files)


def beside(course):
    """Mallory's submission: blank, and links beside it and below."""
    folder = hand_in(course, "mallory", solved=False)
    (folder / "data.txt").symlink_to(course.source(LESSON))
    (folder / "sub").mkdir()
    (folder / "sub/more.txt").symlink_to(course.source(LESSON))
    (folder / "all").symlink_to(course.root / "source")
    (folder / "nowhere").symlink_to("/nowhere/at/all")
    (folder / "page.html").write_text("<script>alert(1)</script>")


def test_before_a_link_beside_a_notebook_reached_the_students_feedback(course):
    beside(course)
    course = unmended(course)
    (course.submitted("mallory", LESSON) / "nowhere").unlink()  # on which nbgrader fails
    assert autograde(course, "mallory")["success"]
    assert formgrader(course).generate_feedback(LESSON, "mallory")["success"]
    assert leaked(course.root / "feedback")
    assert (course.autograded("mallory", LESSON) / "page.html").exists()  # in Jupyter's origin


def test_links_beside_a_notebook_are_left_and_the_notebook_is_graded(course):
    beside(course)
    (course.submitted("mallory", LESSON) / "timestamp.txt").write_text("2026-11-02 10:00:00 UTC")
    done = autograde(course)
    assert done["success"], done
    assert formgrader(course).generate_feedback(LESSON)["success"]
    assert (score(course, "ada"), score(course, "mallory")) == (11, 0)
    assert sorted(p.name for p in course.autograded("mallory", LESSON).iterdir()) == [
        f"{LESSON}.ipynb",
        "timestamp.txt",
    ]
    assert sorted(p.name for p in course.feedback("mallory", LESSON).iterdir()) == [
        f"{LESSON}.html",
        "timestamp.txt",  # without it nbgrader releases no feedback
    ]
    assert not leaked(course.root / "feedback")


def student_folder(course):
    (course.root / "submitted/eve").symlink_to("ada")


def lesson_folder(course):
    (course.root / "submitted/eve").mkdir()
    course.submitted("eve", LESSON).symlink_to(course.submitted("ada", LESSON))


def notebook(course):
    course.submitted("eve", LESSON).mkdir(parents=True)
    path = course.submitted("eve", LESSON) / f"{LESSON}.ipynb"
    path.symlink_to(course.submitted("ada", LESSON) / path.name)


LINKED = [student_folder, lesson_folder, notebook]


@pytest.mark.parametrize("link", LINKED)
def test_before_another_ones_work_was_graded_as_the_linkers(course, link):
    link(course)
    course = unmended(course)
    assert autograde(course, "eve")["success"]
    assert score(course, "eve") == 11


@pytest.mark.parametrize("link", LINKED)
def test_nbgrader_refuses_a_submission_that_is_a_link_and_grades_the_others(course, link):
    link(course)
    done = autograde(course)
    assert not done["success"]
    (line,) = [row for row in done["log"].splitlines() if "NOT GRADED" in row]
    assert re.search(rf"eve, {LESSON}: NOT GRADED: .* is a link, which is not followed", line)
    assert "Traceback" not in done["log"]
    assert (score(course, "ada"), score(course, "eve")) == (11, None)
    assert not autograde(course, "eve")["success"]


@pytest.mark.parametrize("link", LINKED)
def test_our_commands_refuse_it_too(course, link, tmp_path, capsys):
    link(course)
    status = cli.main(["--course", str(course.root), "grade", "--workers", "1"])
    said = capsys.readouterr().out
    assert "is a link, which is not followed" in said
    assert score(course, "ada") == 11
    if link is notebook:
        assert (status, score(course, "eve")) == (0, 0)
    else:
        assert (status, score(course, "eve")) == (1, None)
        assert "1 refused because of links" in said
        (tmp_path / "eve.ipynb").write_text("{}")
        collected = collect(course, [tmp_path / "eve.ipynb"], LESSON)
        assert "is a link" in collected.refused[0]
    assert "eve" not in report(course, [LESSON]).read_text() or link is notebook
    assert len(feedback(course, [LESSON])) == 1 + (link is notebook)


@pytest.mark.parametrize("name", ["eve", f"eve/{LESSON}"])
def test_a_link_that_leads_nowhere_is_told(course, name):
    link = course.root / "submitted" / name
    link.parent.mkdir(exist_ok=True)
    link.symlink_to("/nowhere")
    (result,) = recorder.grade(course, [LESSON], "eve", workers=1)
    assert result.status == "refused"
    assert f"submitted/{name} is a link" in str(result)


def test_a_linked_folder_of_all_submissions_is_refused(course, tmp_path):
    (course.root / "submitted").rename(tmp_path / "elsewhere")
    (course.root / "submitted").symlink_to(tmp_path / "elsewhere")
    assert not autograde(course)["success"]
    with pytest.raises(CourseError, match="submitted is a link"):
        recorder.grade(course, [LESSON])
    (tmp_path / "eve.ipynb").write_text("{}")
    assert "submitted is a link" in collect(course, [tmp_path / "eve.ipynb"], LESSON).refused[0]
    assert not (tmp_path / "elsewhere/eve").exists()


def test_a_linked_or_endless_timestamp_is_none(course):
    stamp = course.submitted("ada", LESSON) / "timestamp.txt"
    stamp.symlink_to("/dev/zero")
    assert autograde(course, "ada")["success"]
    assert recorder.grade(course, [LESSON], workers=1)[0].score == 11
    assert not (course.autograded("ada", LESSON) / "timestamp.txt").exists()


@pytest.mark.parametrize("ours", [True, False])
def test_what_is_written_goes_through_no_link(course, tmp_path, ours):
    """Neither a linked file nor a linked folder in autograded/ or feedback/ is written through."""

    def grade():
        return recorder.grade(course, [LESSON], workers=1) if ours else autograde(course)

    def pages():
        if ours:
            feedback(course, [LESSON])
        else:
            formgrader(course).generate_feedback(LESSON)

    grade()
    pages()
    for name, run in ((f"autograded/ada/{LESSON}", grade), (f"feedback/ada/{LESSON}", pages)):
        folder = course.root / name
        for path in list(folder.iterdir()):
            path.unlink()
            path.symlink_to(tmp_path / f"victim-{path.suffix}")
        (tmp_path / "victim-.html").write_text("mine")
        run()
        assert not any(p.is_symlink() for p in folder.iterdir())
        assert (folder / f"{LESSON}.ipynb").is_file() or (folder / f"{LESSON}.html").is_file()
        shutil.rmtree(folder.parent)
        (tmp_path / "elsewhere" / LESSON).mkdir(parents=True)
        folder.parent.symlink_to(tmp_path / "elsewhere")
        run()
        assert not any((tmp_path / "elsewhere" / LESSON).iterdir())
        folder.parent.unlink()
        shutil.rmtree(tmp_path / "elsewhere")
        grade()
    assert not (tmp_path / "victim-.ipynb").exists()
    assert (tmp_path / "victim-.html").read_text() == "mine"


def exchange(course, tmp_path):
    """An exchange with a submission of mallory's, made by hand; formgrader with it."""
    inbound = tmp_path / "exchange/cnnlab/inbound"
    folder = inbound / f"mallory+{LESSON}+2026-11-02 10:00:00 UTC"
    shutil.copytree(course.submitted("ada", LESSON), folder)
    (folder / "sub").mkdir()
    (folder / "sub/kept.txt").write_text("kept")
    for link in ("data.txt", "sub/more.txt"):
        (folder / link).symlink_to(course.source(LESSON))
    (folder / "all").symlink_to(course.root / "source")
    os.mkfifo(folder / "pipe")
    (inbound / f"eve+{LESSON}+2026-11-02 10:00:00 UTC").symlink_to(folder)
    return formgrader(course, root=str(tmp_path / "exchange"))


def test_before_the_exchange_took_what_a_link_leads_to(course, tmp_path):
    api = exchange(unmended(course), tmp_path)
    shutil.rmtree(tmp_path / "exchange/cnnlab/inbound" / f"mallory+{LESSON}", ignore_errors=True)
    for pipe in tmp_path.glob("exchange/*/*/*/pipe"):
        pipe.unlink()
    assert api.collect(LESSON)["success"]
    assert leaked(course.submitted("mallory", LESSON))
    assert (course.submitted("eve", LESSON) / f"{LESSON}.ipynb").exists()


def test_the_exchange_takes_files_and_follows_no_link(course, tmp_path):
    done = exchange(course, tmp_path).collect(LESSON)
    assert done["success"], done
    folder = course.submitted("mallory", LESSON)
    files = {str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir()}
    assert files == {f"{LESSON}.ipynb", "sub/kept.txt"}
    assert not course.submitted("eve", LESSON).exists()
    assert "eve" in done["log"] and "NOT COLLECTED" in done["log"]


def test_feedback_that_a_link_leads_to_is_not_released(course, tmp_path):
    for student in ("ada", "eve"):
        folder = course.feedback(student, LESSON)
        folder.mkdir(parents=True)
        for name in ("timestamp.txt", "submission_secret.txt"):
            (folder / name).write_text(student)
    (course.feedback("ada", LESSON) / f"{LESSON}.html").write_text("for ada")
    (course.feedback("eve", LESSON) / f"{LESSON}.html").symlink_to(course.source(LESSON))
    api = exchange(course, tmp_path)
    done = api.release_feedback(LESSON)
    assert done["success"], done
    assert "eve: NOT RELEASED" in done["log"]
    (page,) = (tmp_path / "exchange/cnnlab/feedback").iterdir()
    assert page.read_text() == "for ada"


def test_formgrader_shows_no_notebook_that_a_link_leads_to(course):
    from nbconvert.exporters import HTMLExporter

    folder = course.autograded("eve", LESSON)
    folder.parent.mkdir(parents=True)
    folder.symlink_to(course.submitted("ada", LESSON))
    with pytest.raises(CourseError, match="is a link"):
        HTMLExporter(config=course.config()).from_filename(str(folder / f"{LESSON}.ipynb"))


def test_a_name_with_markup_is_nobodys(course):
    """formgrader's pages do not escape it."""
    folder = course.root / "submitted" / "<img src=x onerror=alert(1)>" / LESSON
    folder.mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(), folder / f"{LESSON}.ipynb")
    done = autograde(course)
    assert "this cannot be a student's id" in done["log"]
    assert score(course, "ada") == 11


# ── what reaches a terminal ─────────────────────────────────────────────────

HOSTILE = "a\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp\r\nrefused: feigned\udcff.txt"


def test_names_do_nothing_to_a_terminal(course, tmp_path, capsys):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / HOSTILE).write_text("x")
    command = ["--course", str(course.root), "collect", str(tmp_path / "in")]
    assert cli.main([*command, "--assignment", LESSON]) == 0
    cli.main([*command[:-1], str(tmp_path / HOSTILE), "--assignment", LESSON])
    said = "".join(capsys.readouterr())
    assert r"a\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp\r\nrefused: feignedÿ.txt" in said
    assert "\nrefused: feigned" not in said
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\udc80-\udfff]", said
    )


def test_a_bugs_traceback_does_nothing_to_a_terminal(monkeypatch, capsys):
    def broken(*_):
        raise ValueError(HOSTILE)

    monkeypatch.setattr("autograder.releasing.publish.publish", broken)
    monkeypatch.setattr("sys.excepthook", None)
    with pytest.raises(ValueError) as caught:
        cli.main(["publish", "x", "--repository", "a/b"])
    cli.sys.excepthook(caught.type, caught.value, caught.tb)
    said = capsys.readouterr().err
    assert r"owned\x07" in said and "\x1b" not in said


def test_what_is_plain_stays_plain():
    text = "Ünïcödé 👨\u200d👩\u200d👧 日本 ½ “quoted”"
    assert visible(text) == text
    assert visible("a\tb\n") == r"a\tb\n"
    assert visible("a\tb\n", but="\n\t") == "a\tb\n"


def test_a_guard_is_a_stream_like_the_one_behind_it(capsys):
    import sys

    guard = Guard(sys.stdout)
    print("one\x1b[1m\ttwo", file=guard, flush=True)
    assert capsys.readouterr().out == "one\\x1b[1m\ttwo\n"
    assert guard.encoding == sys.stdout.encoding
    assert guard.isatty() is False


def test_nobody_waits_for_a_pipe_and_nothing_endless_is_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    (tmp_path / "file").write_bytes(b"12345")
    assert read_file(tmp_path / "pipe", 10) is None
    assert read_file(tmp_path / "link", 10) is None
    assert read_file(tmp_path / "file", 4) is None
    assert read_file(tmp_path / "file", 5) == b"12345"
