"""Commands on what is handed in: ``collect``, ``grade``."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from ..course import Course
from .saying import Commands, chosen, say

WHOSE = """\
whose a notebook is, by its name:
  Ada Lovelace_4711_assignsubmission_file_/any.ipynb   Moodle: student Ada_Lovelace
  Ada Lovelace_4711_assignsubmission_file_any.ipynb    Moodle, flat: the same
  Participant_4711_assignsubmission_file_/any.ipynb    Moodle, names hidden: Participant_4711
  Team A_17_assignsubmission_file_/any.ipynb           Moodle, teams: all in it, by the roster
  lovelaceada_101_2002_any.ipynb                       Canvas: student lovelaceada_101
  lovelaceada_LATE_101_2002_any.ipynb                  Canvas, late: the same
  anon_xY12z_2002_any.ipynb                            Canvas, names hidden: anon_xY12z
  ada/any.ipynb, ada/01_rolling_average/any.ipynb      a folder for each student: ada
  export/ada/any.ipynb, export/bob/any.ipynb           the same, with a folder around them
  ada.ipynb, ada.zip                                   a file for each student: ada

The outermost name decides, as the LMS or you gave it; nothing inside a student's zip does. A PATH
that is a zip is a download, a zip in a folder is one student's; a PATH whose own name is an LMS's,
or somebody's who is known, is that student's. With a roster (`autograder roster`)
an unknown name is set aside. Of several notebooks the one that was worked on last is taken; what is
not taken is listed. A PATH that ends in .csv is a table of times of handing in.

Each notebook taken gets a line with its hash and time in DIR/received.jsonl; one that it replaces
is kept in DIR/replaced/. The exit status is 1 if something was set aside.
"""


def add_collect(commands: Commands) -> None:
    """Add ``collect``."""
    collect = commands.add_parser(
        "collect",
        help="take in what was handed in: notebooks, folders, zips, LMS downloads",
        description="Take in notebooks from files, folders and zips, as an LMS gives them.",
        epilog=WHOSE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    collect.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    collect.add_argument("--assignment", required=True, metavar="LESSON")
    collect.add_argument(
        "--new",
        action="append",
        default=[],
        metavar="NAME",
        help="take this student although the roster does not have them; may be given several times",
    )
    collect.set_defaults(command=_collect)


def _collect(options: argparse.Namespace) -> int:
    from ..intake.collect import collect

    result = collect(Course(options.course), options.paths, options.assignment, options.new)
    print(result)
    return 0 if result.done else 1


ROSTER = """\
FILE is a CSV file: Moodle's list of participants, the grading worksheet of one of its assignments
(with the numbers that its downloads have), Canvas's gradebook, or a table of your own with columns
such as id, username, email, name, group, extension. What it says is put to what DIR/roster.csv has
already, a line for each person, yours to edit. Collect the first lesson again after that: who was
set aside is taken then.
"""


def add_roster(commands: Commands) -> None:
    """Add ``roster``."""
    roster = commands.add_parser(
        "roster",
        help="who is who: ids, names, LMS numbers, groups, extensions",
        description="Take the people of a course from tables of Moodle, Canvas or a hub.",
        epilog=ROSTER,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    roster.add_argument("files", nargs="+", type=Path, metavar="FILE")
    roster.set_defaults(command=_roster)


def _roster(options: argparse.Namespace) -> int:
    from ..intake.roster import ROSTER, add_to_roster

    course = Course(options.course)
    course.config()
    people, new, problems = add_to_roster(course, options.files)
    for problem in problems:
        print(f"set aside  {problem}")
    print(f"{len(people)} in {course.root / ROSTER}, {new} of them new")
    return 1 if problems else 0


def add_grade(commands: Commands) -> None:
    """Add ``grade``."""
    grade = commands.add_parser("grade", help="grade everything new or changed, in a sandbox")
    grade.add_argument("lessons", nargs="*", metavar="LESSON", help="all if none is named")
    grade.add_argument("--student", metavar="S", help="this student only")
    grade.add_argument("--workers", type=_positive, metavar="N", help="default: one per core")
    grade.add_argument(
        "--scheduler",
        metavar="URL",
        help="judge on the workers of this Dask scheduler, such as tcp://host:8786, "
        "and not on this machine",
    )
    grade.add_argument("--force", action="store_true", help="grade again what is graded already")
    grade.add_argument(
        "--seed",
        type=_positive,
        metavar="N",
        help="replay a run: its hidden cases again, also for what is unchanged. The seed is in "
        "the graded notebook's metadata, under cnnlab",
    )
    grade.add_argument(
        "--unsafe-local",
        action="store_true",
        help="run student code without a sandbox (it can read and change all you can); "
        "such grades are marked",
    )
    grade.set_defaults(command=_grade)


def _grade(options: argparse.Namespace) -> int:
    course = Course(options.course)
    course.chosen(options.lessons)  # before anything is changed
    from ..database import keep_gradebook
    from ..mending import mend
    from ..recording.grade import grade

    say(mend(course))
    lessons = chosen(course, options.lessons)
    if options.student:
        lessons = course.handed_in(options.student, lessons)
    if options.force or options.seed:
        say(keep_gradebook(course))

    total = sum(
        1 if options.student else len(course.students(lesson)) + len(course.refused(lesson))
        for lesson in lessons
    )
    begun = time.time()
    with Progress(total) as progress:
        results = grade(
            course,
            lessons,
            student=options.student,
            workers=options.workers,
            force=options.force,
            unsafe_local=options.unsafe_local,
            seed=options.seed,
            scheduler=options.scheduler,
            told=progress.told,
            looked=progress.looked,
        )
    print(summary([result.status for result in results], progress.seconds))
    print(otherwise([len(result.otherwise) for result in results if result.status == "graded"]))
    say(_written_again(course, lessons, begun))
    return 1 if any(result.status in ("fault", "refused") for result in results) else 0


class Progress:
    """What is seen while a class is graded: a line for each result, and a bar.

    seconds: until the last result was there.
    """

    def __init__(self, total: int):
        from tqdm import tqdm

        self.seconds, self._started, self._all_recorded = 0.0, time.monotonic(), False
        # None: no bar where nobody is looking on, as in a file.
        # It moves the cursor, so it has the terminal itself; all that it shows is numbers.
        terminal = getattr(sys.stderr, "stream", sys.stderr)
        self._bar = tqdm(total=total, disable=None, unit="submission", leave=False, file=terminal)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: object, *rest: object) -> None:
        self._bar.close()
        if kind is KeyboardInterrupt and self._all_recorded:
            say(["all points are recorded; the next `grade` goes on to say why answers are wrong"])

    def told(self, result: object) -> None:
        """One more is recorded."""
        self._bar.write(str(result), file=sys.stdout)
        sys.stdout.flush()
        self._bar.update()
        self.seconds = time.monotonic() - self._started

    def looked(self, done: int, of: int) -> None:
        """One more has been looked into. All points are there: who stops now loses words alone."""
        self._all_recorded = True
        self._bar.set_description_str("why answers are wrong", refresh=False)
        self._bar.total, self._bar.n = of, done
        self._bar.refresh()


def _written_again(course: Course, lessons: list[str], since: float) -> list[str]:
    """Write feedback anew that was written while wrong answers were still looked into."""
    pages = [
        (lesson, page)
        for lesson in lessons
        for page in course.root.glob(f"feedback/*/{lesson}/*.html")
    ]
    early = sorted({lesson for lesson, page in pages if page.stat().st_mtime > since})
    if not early:
        return []
    from ..pages.feedback import feedback

    feedback(course, early)
    return [f"feedback of {', '.join(early)} was written meanwhile; it is complete now"]


def summary(statuses: list[str], seconds: float) -> str:
    """What came of a grading run, in a line or two."""
    faults, refused = statuses.count("fault"), statuses.count("refused")
    unchanged = statuses.count("unchanged")
    judged = len(statuses) - faults - refused - unchanged
    said = f"{judged} graded, {unchanged} unchanged, {faults + refused} not graded"
    said += f", in {seconds:.1f} s"
    if judged:
        said += f": {seconds / judged:.2f} s per submission"
    if faults:
        said += "\nGrade again for those not graded; nothing was recorded for them."
    if refused:
        said += f"\n{refused} refused because of links, or because nobody can say which of several "
        said += "notebooks counts: see above."
    return said


def otherwise(counts: list[int]) -> str:
    """How many answers were judged otherwise than their notebooks say, of how many notebooks."""
    said = f"{sum(counts)} answers judged otherwise than the notebooks' own last check says"
    return said + (
        f", in {sum(map(bool, counts))} of {len(counts)} notebooks" if any(counts) else ""
    )


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, not {text!r}")
    return int(text)
