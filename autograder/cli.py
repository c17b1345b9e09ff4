"""The command line: ``autograder [--course DIR] COMMAND``.

Each command is a function here that reads its arguments, calls the module that does the
work, and prints what came of it. Modules are imported when their command runs: torch alone
takes a second, and ``--help`` needs none of it.
"""

from __future__ import annotations

import argparse
import functools
import sys
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

from .course import DEFAULT, Course
from .terminal import Guard, guarded, visible

WHOSE = """\
whose a notebook is, by its name:
  Ada Lovelace_4711_assignsubmission_file_/any.ipynb   Moodle: student Ada_Lovelace
  Ada Lovelace_4711_assignsubmission_file_any.ipynb    Moodle, flat: the same
  lovelaceada_101_2002_any.ipynb                       Canvas: student lovelaceada_101
  lovelaceada_LATE_101_2002_any.ipynb                  Canvas, late: the same
  ada/any.ipynb, ada/01_rolling_average/any.ipynb      a folder for each student: ada
  ada.ipynb                                            a file for each student: ada

What fits none of these is listed and left. Each notebook taken gets a line with its hash
and time in DIR/received.jsonl; one that it replaces is kept in DIR/replaced/.
"""

CHOICES = """\
other points than cnnlab declares, and exercises left out, stand in DIR/course.toml:
  [points]
  conv1d = 5
  [skip]
  exercises = ["pad"]

Such a course's notebooks are written to DIR/release/, which `publish` then takes; notebooks/
stays as it is. What is released counts in all that follows: after a change, release again.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 partly, 2 not possible.

    What the user can correct is told in a sentence on stderr, without a traceback.
    """
    options = _parser().parse_args(arguments)
    # Whatever a command prints, logs and tracebacks too, may hold names that students chose.
    with guarded(sys.stdout, sys.stderr):
        return _run(options)


def _run(options: argparse.Namespace) -> int:
    """Run what was asked for; the exit status."""
    # nbgrader's own queries make SQLAlchemy 2 warn; nobody here can do anything about it.
    warnings.filterwarnings("ignore", message=r"Object of type <Submitted\w+> not in session")
    try:
        return options.command(options) or 0
    except (ValueError, RuntimeError, OSError) as problem:
        if not _is_for_the_user(problem):
            sys.excepthook = _told  # by the interpreter, when nothing here prints any more
            raise
        print(f"autograder: {visible(str(problem))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("autograder: stopped", file=sys.stderr)
        return 130


def _told(kind: type, problem: BaseException, trace: Any) -> None:
    """Print a traceback, in which student data may be quoted."""
    traceback.print_exception(kind, problem, trace, file=Guard(sys.stderr))


def _is_for_the_user(problem: Exception) -> bool:
    """Our own errors say what to do; any other is a bug, whose traceback is wanted."""
    ours = type(problem).__module__.startswith("autograder.")
    return ours or isinstance(problem, (FileNotFoundError, PermissionError, NotADirectoryError))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="autograder",
        description="Release, collect and grade the lessons. nbgrader's own commands work in "
        "the course folder, too.",
    )
    _add_course(parser, DEFAULT)
    # After the command it means the same; by itself it leaves alone what stands before.
    anywhere = argparse.ArgumentParser(add_help=False)
    _add_course(anywhere, argparse.SUPPRESS)
    commands = parser.add_subparsers(
        required=True,
        metavar="COMMAND",
        parser_class=functools.partial(argparse.ArgumentParser, parents=[anywhere]),
    )

    release = commands.add_parser(
        "release",
        help="make the notebooks: solutions/ → source → notebooks/",
        description="Make the notebooks that students get, and the course's own copies.",
        epilog=CHOICES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    release.add_argument("lessons", nargs="*", metavar="LESSON", help="all if none is named")
    release.set_defaults(command=_release)

    collect = commands.add_parser(
        "collect",
        help="take in what was handed in: notebooks, folders, zips, LMS downloads",
        description="Take in notebooks from files, folders and zips, as an LMS gives them.",
        epilog=WHOSE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    collect.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    collect.add_argument("--assignment", required=True, metavar="LESSON")
    collect.set_defaults(command=_collect)

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

    feedback = commands.add_parser("feedback", help="write an HTML page per student")
    feedback.add_argument("lessons", nargs="*", metavar="LESSON", help="all if none is named")
    feedback.set_defaults(command=_feedback)

    report = commands.add_parser("report", help="write a page on the class, for its instructors")
    report.add_argument("lessons", nargs="*", metavar="LESSON", help="all if none is named")
    report.set_defaults(command=_report)

    export = commands.add_parser(
        "export", help="write all points as a table, for a spreadsheet, Moodle or Canvas"
    )
    export.add_argument("file", type=Path, metavar="FILE.csv")
    export.set_defaults(command=_export)

    publish = commands.add_parser(
        "publish", help="make the students' repository, without solutions and autograder"
    )
    publish.add_argument("folder", type=Path, metavar="DIR")
    publish.add_argument(
        "--repository", required=True, metavar="OWNER/NAME", help="where it will be on GitHub"
    )
    publish.set_defaults(command=_publish)

    lesson = commands.add_parser(
        "new-lesson", help="write the skeleton of a lesson, which can be released at once"
    )
    lesson.add_argument("name", metavar="NAME", help="NN_topic, as in 07_recurrent")
    lesson.set_defaults(command=_new_lesson)

    demo = commands.add_parser("demo", help="run a class of four students once, start to end")
    demo.set_defaults(command=_demo)

    doctor = commands.add_parser(
        "doctor",
        help="attack the grader on this machine in every known way, and say what held; with "
        "--course, see that the course cannot be graded without it",
    )
    doctor.set_defaults(command=_doctor)
    return parser


def _add_course(parser: argparse.ArgumentParser, default: Path | str) -> None:
    parser.add_argument(
        "--course",
        type=Path,
        default=default,
        metavar="DIR",
        help="the course folder (default: autograder/course/); release makes a missing one",
    )


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, not {text!r}")
    return int(text)


def _release(options: argparse.Namespace) -> None:
    from .mending import in_use, keep_gradebook, mend
    from .releasing.build import release

    course = Course(options.course)
    _say(mend(course))
    if in_use(course):
        _say(keep_gradebook(course))
    for path in release(course, options.lessons):
        print(f"released {_shown(path)}")


def _collect(options: argparse.Namespace) -> int:
    from .intake.collect import collect

    result = collect(Course(options.course), options.paths, options.assignment)
    print(result)
    return 1 if result.refused else 0


def _grade(options: argparse.Namespace) -> int:
    course = Course(options.course)
    lessons = course.chosen(options.lessons)
    if options.student:
        lessons = course.handed_in(options.student, lessons)
    from tqdm import tqdm

    from .mending import keep_gradebook, mend
    from .recording.grade import grade

    _say(mend(course))
    if options.force or options.seed:
        _say(keep_gradebook(course))

    total = sum(
        1 if options.student else len(course.students(lesson)) + len(course.refused(lesson))
        for lesson in lessons
    )
    started = time.monotonic()
    # None: no bar where nobody is looking on, as in a file.
    # It moves the cursor, so it has the terminal itself; all that it shows is numbers.
    terminal = getattr(sys.stderr, "stream", sys.stderr)
    with tqdm(total=total, disable=None, unit="submission", leave=False, file=terminal) as bar:

        def told(result: object) -> None:
            bar.write(str(result), file=sys.stdout)
            sys.stdout.flush()
            bar.update()

        results = grade(
            course,
            lessons,
            student=options.student,
            workers=options.workers,
            force=options.force,
            unsafe_local=options.unsafe_local,
            seed=options.seed,
            scheduler=options.scheduler,
            told=told,
        )
    print(_summary([result.status for result in results], time.monotonic() - started))
    return 1 if any(result.status in ("fault", "refused") for result in results) else 0


def _summary(statuses: list[str], seconds: float) -> str:
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
        said += f"\n{refused} refused because of links: see above."
    return said


def _feedback(options: argparse.Namespace) -> None:
    course = Course(options.course)
    lessons = course.chosen(options.lessons)
    from .pages.feedback import feedback

    for path in feedback(course, lessons) or []:
        print(f"wrote {_shown(path)}")


def _report(options: argparse.Namespace) -> None:
    from .pages.class_report import report

    print(f"wrote {_shown(report(Course(options.course), options.lessons))}")


def _export(options: argparse.Namespace) -> int:
    from .pages.lms import export

    missing = export(Course(options.course), options.file)
    print(f"wrote {_shown(options.file)}")
    for sentence in missing:
        print(f"autograder: {sentence}", file=sys.stderr)
    return 1 if missing else 0


def _publish(options: argparse.Namespace) -> None:
    from .releasing.publish import publish, what_to_push

    publish(options.folder, options.repository, Course(options.course))
    print(what_to_push(options.folder, options.repository))


def _new_lesson(options: argparse.Namespace) -> None:
    from .releasing.new_lesson import new_lesson

    for path in new_lesson(options.name):
        print(f"wrote {_shown(path)}")


def _demo(options: argparse.Namespace) -> int:
    from .demo.demo import demo

    return demo()


def _doctor(options: argparse.Namespace) -> int:
    if options.course != DEFAULT:
        from .doctor.course import doctor_course

        return doctor_course(Course(options.course))
    from .doctor.machine import doctor

    return doctor()


def _say(sentences: list[str]) -> None:
    """What was done besides what was asked for."""
    for sentence in sentences:
        print(f"autograder: {sentence}", flush=True)


def _shown(path: Path) -> Path:
    """A path as short as it can be from where the user stands."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
