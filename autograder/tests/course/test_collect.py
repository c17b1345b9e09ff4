"""Collecting: what students handed in gets into the course, and nothing else does."""

import errno
import hashlib
import io
import json
import os
import re
import shutil
import stat
import struct
import subprocess
import zipfile
import zlib
from pathlib import Path

import pytest
from nbgrader.utils import parse_utc

from autograder.course import Course, CourseError
from autograder.intake import files as finding
from autograder.intake import limits
from autograder.intake.collect import CollectError, collect
from autograder.intake.receipts import read_receipts
from autograder.intake.submitted import Undecided, notebook_in
from autograder.intake.times import of_file
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
    monkeypatch.setattr(limits, "STUDENT_BYTES", 2**20)
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


# ── what fills the time, the memory or the screen of whoever collects ───────


def from_mallory(course, tmp_path, upload):
    """What a collection says in which Mallory's upload stands between two others."""
    everybody = {"ada/x.ipynb": "{}", "mallory/x.zip": upload, "zoe/x.ipynb": "{}"}
    result = collect(course, [zipped(tmp_path / "all.zip", **everybody)], LESSON)
    assert {"ada", "zoe"} <= set(course.students(LESSON))
    return "\n".join(result.refused)


def in_memory(members):
    """The bytes of a zip of (name, content)."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize("name", ["x-Copy" + "1" * 5000, "x (" + "1" * 5000 + ")"])
def test_a_number_of_thousands_of_digits_stops_nobody(name, course, tmp_path):
    from_mallory(course, tmp_path, in_memory([("x.ipynb", "1"), (f"{name}.ipynb", "2")]))


def test_a_member_without_a_name_stops_nobody(course, tmp_path):
    upload = in_memory([("a", "1"), ("x.ipynb", "{}")])
    upload = upload.replace(b"a1PK", b"\x001PK").replace(b"aPK", b"\x00PK")
    assert from_mallory(course, tmp_path, upload) == ""


def test_what_is_damaged_counts_against_what_is_read_of_one_student(course, tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "STUDENT_BYTES", 2**20)
    content = b"0" * 2**19
    upload = in_memory([(f"{i}.ipynb", content) for i in range(50)])
    crc = zlib.crc32(content).to_bytes(4, "little")
    said = from_mallory(course, tmp_path, upload.replace(crc, b"\1\1\1\1"))
    assert said.count("damaged") == 2
    assert "mallory handed in more than 1 MiB of notebooks; what is beyond is left" in said


def test_zips_in_zips_count_together(course, tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "UPLOAD_BYTES", 2**20)
    inner = in_memory([("x.txt", os.urandom(2**19))])
    said = from_mallory(course, tmp_path, in_memory([(f"{i}.zip", inner) for i in range(9)]))
    assert "more than 1 MiB of zips in zips" in said


@pytest.mark.parametrize("encrypted", [False, True])
def test_notebooks_without_end_are_told_in_a_few_lines(encrypted, course, tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "STUDENT_NOTEBOOKS", 20)
    upload = in_memory([(f"{i}.ipynb", str(i)) for i in range(2000)])
    if encrypted:
        head = b"PK\1\2\x14\3\x14\0"
        upload = upload.replace(head + b"\0", head + b"\1")
    said = from_mallory(course, tmp_path, upload)
    assert "mallory handed in more than 20 notebooks" in said
    assert len(said) < 3000


def lists(count):
    """Zips with a list of many files and nothing else: as it is, and where else it can be said."""
    one = struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, *[0] * 7, 1, *[0] * 6)[:46] + b"a"
    listed = one * count

    def end(size, start):
        return struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0, 0, size, start, 0)

    yield listed + end(len(listed), 0)
    yield listed + end(len(listed), int.from_bytes(b"PK\5\6", "little"))
    there = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, 0, 0, len(listed), 0)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, len(listed), 1)
    yield listed + there + locator + end(0, 0)


@pytest.mark.parametrize("way", range(3))
def test_a_list_of_files_that_would_fill_the_memory_is_not_read(way, course, tmp_path, monkeypatch):
    monkeypatch.setattr(finding, "UPLOAD_LIST", 2**16)
    upload = list(lists(3000))[way]
    assert len(zipfile.ZipFile(io.BytesIO(upload)).infolist()) == 3000
    assert "a list of files that is too long" in from_mallory(course, tmp_path, upload)


def test_folders_without_end_are_refused_and_told_in_short(course, tmp_path):
    said = from_mallory(course, tmp_path, in_memory([("d/" * 30_000 + "x.ipynb", "{}")]))
    assert "more than 12 folders deep" in said
    assert len(said) < 1000


def test_a_large_zip_in_a_download_is_said_to_be_that(course, tmp_path, monkeypatch):
    monkeypatch.setattr(finding, "UPLOAD_BYTES", 2**20)
    upload = in_memory([("x.ipynb", "{}"), ("data", os.urandom(2**20))])
    assert "more than 1 MiB in one zip" in from_mallory(course, tmp_path, upload)


def test_what_the_exchange_brought_is_limited_too(course, tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "STUDENT_BYTES", 2**20)
    put(tmp_path, **{f"{i}.ipynb": "0" * 2**19 for i in range(3)})
    with pytest.raises(Undecided, match="more than 1 MiB of notebooks; leave one"):
        notebook_in(tmp_path, LESSON, dict)


def test_a_file_of_a_year_that_no_date_has_is_of_no_time():
    written = of_file(1e15)
    assert (written.time.year, written.exact) == (1970, False)


@pytest.mark.parametrize("name", ["ada.json", "ada", "ada.ipynb (1)", "ada.ipynb.download"])
@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_a_notebook_that_lost_its_ending_waits(kind, name, course, tmp_path):
    content = '{"cells": [{"cell_type": "code"}]}'
    source = put(tmp_path / "in", **{name: content})
    if kind == "zip":
        source = zipped(tmp_path / "all.zip", **{name: content})
    assert "a notebook by its content, but not by its name" in refused(course, source)


def test_a_download_with_nothing_in_it_is_said_to_be_that(course, tmp_path):
    (tmp_path / "in").mkdir()
    assert "there is nothing in it" in refused(course, tmp_path / "in")


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.ENOSPC, "the disk is full"), (errno.EDQUOT, "the quota of the disk")],
)
def test_a_full_disk_stops_with_a_sentence_and_the_next_run_takes_up_the_rest(
    number, said, course, tmp_path, monkeypatch
):
    put(tmp_path / "in", **{f"s{i}.ipynb": f"{i}" for i in range(4)})
    write = Path.write_bytes

    def full(path, data):
        if data in (b"2", b"3"):
            raise OSError(number, "no room")
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    result = collect(course, [tmp_path / "in"], LESSON)
    monkeypatch.undo()
    assert not result.done
    assert f"Stopped at s2: {said}" in str(result) and "it takes up what is left" in str(result)
    assert set(notebooks(course)) == {"s0", "s1"}
    assert {p.name for p in (course.root / "submitted").rglob("*")} == {
        *("s0", "s1", LESSON, f"{LESSON}.ipynb")
    }
    result = collect(course, [tmp_path / "in"], LESSON)
    assert [r.became for r in result.taken] == ["unchanged", "unchanged", "taken", "taken"]
    assert len((course.root / "received.jsonl").read_text().splitlines()) == 4


def test_a_receipt_that_was_cut_off_spoils_no_other(course, tmp_path):
    (course.root / "received.jsonl").write_text('{"student": "ada", "less')
    collect(course, [put(tmp_path / "in", **{"bob.ipynb": "{}"})], LESSON)
    assert [r.student for r in read_receipts(course.root)] == ["bob"]


def test_what_a_killed_collection_left_behind_is_removed(course, tmp_path):
    dead = subprocess.Popen(["true"])
    dead.wait()
    left = course.root / "submitted/ada" / f".{LESSON}.{dead.pid}"
    other = course.root / "submitted/bob" / f".{LESSON}.{os.getppid()}"
    for folder in (left, other):
        folder.mkdir(parents=True)
    collect(course, [put(tmp_path / "in", **{"cem.ipynb": "{}"})], LESSON)
    assert (left.parent.exists(), other.exists()) == (False, True)
