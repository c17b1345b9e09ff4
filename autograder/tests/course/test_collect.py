"""Collecting: what students handed in gets into the course, and nothing else does."""

import hashlib
import io
import json
import os
import re
import shutil
import stat
import zipfile

import pytest
from nbgrader.utils import parse_utc

from autograder.course import Course, CourseError
from autograder.intake import collect as module
from autograder.intake import files as finding
from autograder.intake.collect import CollectError, collect
from autograder.releasing.build import release
from autograder.tests.support import small_lesson
from autograder.tests.support.small_lesson import LESSON


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("collect")
    small_lesson.write(folder / "s")
    release(Course(folder / "c"), solutions=folder / "s", notebooks=folder / "n")
    return folder / "c"


@pytest.fixture
def course(made):
    """A course with one lesson and no submissions."""
    for name in ("submitted", "replaced"):
        shutil.rmtree(made / name, ignore_errors=True)
    (made / "received.jsonl").unlink(missing_ok=True)
    return Course(made)


def put(folder, **files):
    """Write files given as path=content; gives the folder."""
    for path, content in files.items():
        at = folder / path
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_bytes(content.encode())
    return folder


def zipped(path, **files):
    """A zip of files given as path=content."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def notebooks(course):
    """What has been submitted: {student: notebook}."""
    return {
        student: (course.submitted(student, LESSON) / f"{LESSON}.ipynb").read_text()
        for student in course.students(LESSON)
    }


# ── whose it is ─────────────────────────────────────────────────────────────

NAMES = {
    "a file per student": ("ada.ipynb", "ada"),
    "a folder per student": ("ada/my answers (1).ipynb", "ada"),
    "nbgrader's own layout": (f"ada/{LESSON}/{LESSON}.ipynb", "ada"),
    "an ending in capitals": ("ada.IPYNB", "ada"),
    "an ending that a browser made longer": ("ada.ipynb.json", "ada"),
    "an ending that a mail program made longer": ("ada/x.ipynb.txt", "ada"),
    "an e-mail address": ("ada@uni.example/x.ipynb", "ada@uni.example"),
    "Moodle, in folders": ("Ada Lovelace_4711_assignsubmission_file_/x.ipynb", "Ada_Lovelace"),
    "Moodle 4, in folders": ("Ada Lovelace_4711_assignsubmission_file/x.ipynb", "Ada_Lovelace"),
    "Moodle, flat": ("Ada Lovelace_4711_assignsubmission_file_x.ipynb", "Ada_Lovelace"),
    "Moodle, a name beyond ASCII": (
        "Çağla D'Árcy_1_assignsubmission_file_/x.ipynb",
        "Çağla_D_Árcy",
    ),
    "Moodle, below a folder": ("Course 1/Ada L_47_assignsubmission_file_/x.ipynb", "Ada_L"),
    "Canvas": ("lovelaceada_101_2002_01_rolling_average.ipynb", "lovelaceada_101"),
    "Canvas, late": ("lovelaceada_LATE_101_2002_x-1.ipynb", "lovelaceada_101"),
}


@pytest.mark.parametrize("kind", ["folder", "zip"])
@pytest.mark.parametrize("name", NAMES)
def test_the_owner_is_read_from(name, kind, course, tmp_path):
    path, student = NAMES[name]
    source = put(tmp_path / "in", **{path: "{}"})
    if kind == "zip":
        source = zipped(tmp_path / "all.zip", **{path: "{}"})
    result = collect(course, [source], LESSON)
    assert (result.refused, notebooks(course)) == ([], {student: "{}"})


@pytest.mark.parametrize(
    "path",
    [
        f"{LESSON}.ipynb",
        f"{LESSON} (1).ipynb",
        "Untitled3.ipynb",
        "my answers.ipynb",
        "submission/x.ipynb",
    ],
)
def test_a_notebook_whose_owner_is_not_in_its_name_is_listed_and_left(path, course, tmp_path):
    result = collect(course, [put(tmp_path / "in", **{path: "{}"})], LESSON)
    assert re.search("whose is it", result.refused[0])
    assert notebooks(course) == {}


def test_which_of_several_notebooks_is_meant_is_not_guessed(course, tmp_path):
    put(tmp_path / "in", **{"ada/one.ipynb": "1", "ada/two.ipynb": "2"})
    result = collect(course, [tmp_path / "in"], LESSON)
    assert "2 different notebooks" in result.refused[0]
    assert notebooks(course) == {}


def test_another_lessons_notebook_is_left(course, tmp_path):
    put(tmp_path / "in", **{"ada/02_backprop_1d/x.ipynb": "1"})
    assert "belongs to 02_backprop_1d" in collect(course, [tmp_path / "in"], LESSON).left[0]


def test_a_students_own_zip_in_the_download_is_opened(course, tmp_path):
    inner = io.BytesIO()
    zipped(inner, **{"answers/x.ipynb": "{}", "__MACOSX/._x.ipynb": "junk"})
    name = "Ada L_1_assignsubmission_file_/all.zip"
    result = collect(course, [zipped(tmp_path / "m.zip", **{name: inner.getvalue()})], LESSON)
    assert (result.refused, notebooks(course)) == ([], {"Ada_L": "{}"})


# ── what is kept ────────────────────────────────────────────────────────────


def test_nbgrader_reads_when_it_was_handed_in(course, tmp_path):
    put(tmp_path / "in", **{"ada.ipynb": "{}"})
    os.utime(tmp_path / "in/ada.ipynb", (1_700_000_000, 1_700_000_000))
    collect(course, [tmp_path / "in"], LESSON)
    stamp = (course.submitted("ada", LESSON) / "timestamp.txt").read_text()
    assert parse_utc(stamp).isoformat() == "2023-11-14T22:13:20"


def test_every_notebook_taken_gets_a_receipt(course, tmp_path):
    collect(course, [put(tmp_path / "in", **{"ada.ipynb": "{}"})], LESSON)
    (line,) = (course.root / "received.jsonl").read_text().splitlines()
    receipt = json.loads(line)
    assert receipt["sha256"] == hashlib.sha256(b"{}").hexdigest()
    assert (receipt["student"], receipt["origin"], receipt["bytes"]) == ("ada", "ada.ipynb", 2)


def test_collecting_twice_changes_nothing(course, tmp_path):
    put(tmp_path / "in", **{"ada.ipynb": "{}"})
    collect(course, [tmp_path / "in"], LESSON)
    before = (course.submitted("ada", LESSON) / f"{LESSON}.ipynb").stat().st_mtime_ns
    result = collect(course, [tmp_path / "in"], LESSON)
    assert "0 taken, 1 unchanged" in str(result)
    assert (course.submitted("ada", LESSON) / f"{LESSON}.ipynb").stat().st_mtime_ns == before


def test_a_newer_notebook_replaces_the_older_one_which_is_kept(course, tmp_path):
    put(tmp_path / "in", **{"ada.ipynb": "old"})
    os.utime(tmp_path / "in/ada.ipynb", (1_700_000_000, 1_700_000_000))
    collect(course, [tmp_path / "in"], LESSON)
    put(tmp_path / "in", **{"ada.ipynb": "new"})
    collect(course, [tmp_path / "in"], LESSON)
    assert notebooks(course) == {"ada": "new"}
    (kept,) = (course.root / "replaced").rglob("*.ipynb")
    assert kept.read_text() == "old"


def test_an_older_notebook_does_not_replace_a_newer_one(course, tmp_path):
    put(tmp_path / "in", **{"ada.ipynb": "new"})
    collect(course, [tmp_path / "in"], LESSON)
    put(tmp_path / "in", **{"ada.ipynb": "old"})
    os.utime(tmp_path / "in/ada.ipynb", (1_700_000_000, 1_700_000_000))
    assert "older than what ada handed in" in collect(course, [tmp_path / "in"], LESSON).left[0]
    assert notebooks(course) == {"ada": "new"}


def test_what_every_folder_of_a_download_holds_is_not_listed_300_times(course, tmp_path):
    files = {f"s{i}_{i}_assignsubmission_onlinetext_/onlinetext.html": "" for i in range(300)}
    result = collect(course, [zipped(tmp_path / "all.zip", **files)], LESSON)
    assert len(result.left) == 11
    assert result.left[-1] == "290 more files in 290 folders: not notebooks"


def test_only_the_notebook_is_taken(course, tmp_path):
    put(tmp_path / "in", **{"ada/x.ipynb": "{}", "ada/numpy.py": "evil"})
    result = collect(course, [tmp_path / "in"], LESSON)
    assert (result.left, result.refused) == (["ada/numpy.py: not a notebook"], [])
    there = {p.name for p in course.submitted("ada", LESSON).iterdir()}
    assert there == {f"{LESSON}.ipynb"}


# ── what is refused ─────────────────────────────────────────────────────────


def refused(course, path):
    """The sentences of a collection that takes nothing."""
    result = collect(course, [path], LESSON)
    assert result.taken == []
    assert notebooks(course) == {}
    return "\n".join(result.refused)


def test_a_link_to_a_file_or_folder_is_not_followed(course, tmp_path):
    (tmp_path / "in/ada").mkdir(parents=True)
    (tmp_path / "in/ada/x.ipynb").symlink_to(course.root / "gradebook.db")
    (tmp_path / "in/bob").symlink_to(course.root)
    sentences = refused(course, tmp_path / "in")
    assert "ada/x.ipynb: a link" in sentences
    assert "bob: a link" in sentences


def test_a_pipe_is_not_waited_for(course, tmp_path):
    (tmp_path / "in/ada").mkdir(parents=True)
    os.mkfifo(tmp_path / "in/ada/x.ipynb")
    assert "device or pipe" in refused(course, tmp_path / "in")


@pytest.mark.parametrize("name", ["../../evil.ipynb", "/evil.ipynb", "a\\..\\..\\evil.ipynb"])
def test_a_path_that_leads_out_of_a_zip_is_refused(name, course, tmp_path):
    assert "leads out of the zip" in refused(course, zipped(tmp_path / "z.zip", **{name: "{}"}))


def test_a_link_in_a_zip_is_refused(course, tmp_path):
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        link = zipfile.ZipInfo("ada/x.ipynb")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert "a link or a device" in refused(course, tmp_path / "z.zip")


def test_a_zip_bomb_is_not_unpacked(course, tmp_path):
    bomb = zipped(tmp_path / "z.zip", **{"ada.ipynb": "0" * 30_000_000})
    assert "more than 200 times its size" in refused(course, bomb)


def test_a_notebook_of_many_megabytes_is_refused(course, tmp_path, monkeypatch):
    monkeypatch.setattr(finding, "NOTEBOOK_BYTES", 2**20)
    content = os.urandom(2**20).hex()
    put(tmp_path / "in", **{"ada.ipynb": content})
    assert "2 MiB, at most 1 are taken" in refused(course, tmp_path / "in")
    assert "at most 1" in refused(course, zipped(tmp_path / "z.zip", **{"ada.ipynb": content}))


def test_one_students_many_notebooks_do_not_fill_the_memory(course, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "STUDENT_BYTES", 2**20)
    many = {f"mallory/{i}.ipynb": os.urandom(2**18).hex() for i in range(4)}
    result = collect(course, [put(tmp_path / "in", **many, **{"ada.ipynb": "{}"})], LESSON)
    assert "mallory handed in more than 1 MiB of notebooks" in result.refused[0]
    assert "ada" in notebooks(course)


def test_a_zip_whose_header_lies_about_a_size_is_refused(course, tmp_path):
    path = zipped(tmp_path / "z.zip", **{"ada.ipynb": "x" * 5000})
    data = path.read_bytes().replace((5000).to_bytes(4, "little"), (50).to_bytes(4, "little"))
    path.write_bytes(data)
    assert "damaged" in refused(course, path)


def test_one_students_zip_of_too_many_files_stops_nobody_else(course, tmp_path, monkeypatch):
    monkeypatch.setattr(finding, "UPLOAD_FILES", 3)
    zipped(
        put(tmp_path / "in", **{"bob.ipynb": "{}"}) / "ada.zip", **{f"{i}.txt": "" for i in "1234"}
    )
    result = collect(course, [tmp_path / "in"], LESSON)
    assert result.refused == ["ada.zip: more than 3 files"]
    assert notebooks(course) == {"bob": "{}"}


def test_zips_in_zips_in_zips_are_refused(course, tmp_path):
    content, name = b"{}", "ada.ipynb"
    for _ in range(3):
        outer = io.BytesIO()
        zipped(outer, **{name: content})
        content, name = outer.getvalue(), "ada.zip"
    assert "inside a zip inside a zip" in refused(
        course, zipped(tmp_path / "z.zip", **{name: content})
    )


def test_a_folder_very_deep_is_refused(course, tmp_path):
    deep = "ada/" + "d/" * 20 + "x.ipynb"
    assert "folders deep" in refused(course, put(tmp_path / "in", **{deep: "{}"}))


def test_a_damaged_zip_is_refused(course, tmp_path):
    (tmp_path / "z.zip").write_bytes(b"PK\x03\x04 and then nothing")
    assert "not a zip" in refused(course, tmp_path / "z.zip")


def test_a_submission_folder_that_is_a_link_is_not_written_through(course, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (course.root / "submitted/ada").mkdir(parents=True)
    (course.root / "submitted/ada" / LESSON).symlink_to(tmp_path / "elsewhere")
    result = collect(course, [put(tmp_path / "in", **{"ada.ipynb": "{}"})], LESSON)
    assert "is a link" in result.refused[0]
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_one_bad_file_stops_no_other(course, tmp_path):
    put(tmp_path / "in", **{"ada/x.ipynb": "{}", "bob/x.zip": "broken"})
    result = collect(course, [tmp_path / "in"], LESSON)
    assert notebooks(course) == {"ada": "{}"}
    assert "bob/x.zip: not a zip" in result.refused[0]


def test_nothing_at_a_path_is_said(course, tmp_path):
    with pytest.raises(CollectError, match="there is nothing at"):
        collect(course, [tmp_path / "nowhere"], LESSON)


def test_an_unknown_lesson_is_answered_with_those_there_are(course, tmp_path):
    with pytest.raises(CourseError, match=f"no lesson '09_x' .* has {LESSON}"):
        collect(course, [tmp_path], "09_x")
