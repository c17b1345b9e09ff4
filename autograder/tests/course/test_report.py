"""The instructor's page: what it says of a small class, and that nothing in it can run."""

import re
import stat

import nbformat
import pytest
from playwright.sync_api import sync_playwright

from autograder.cells import is_answer, released
from autograder.course import CourseError
from autograder.pages import class_report as report
from autograder.pages.class_report import coded
from autograder.pages.similar import same_mistakes
from autograder.pages.untold import clusters
from autograder.pages.written import anonymous, code_of, names_in, plain
from autograder.recording import grade as recorder
from autograder.recording import table
from autograder.tests.support import small_lesson
from autograder.tests.support.browser import FLAGS
from autograder.tests.support.small_lesson import FLIPPED, LESSON, MARKUP, hand_in

# The right answer to conv1d, renamed, reordered in layout and with other comments.
RENAMED = """@fill
def conv1d(x, f):
    '''My very own filter.'''
    if len(f) > len(x):
        raise ValueError("no, that one is too long")
    mine = np.zeros(len(x) - len(f) + 1)

    for shift, factor in enumerate(f):  # slide
        mine += factor * x[shift : shift + len( mine )].astype(float)
    return mine
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Six students: two alike, two with the same mistake, one who stopped early, one blank."""
    root = tmp_path_factory.mktemp("course")
    course = small_lesson.released_in(root)
    hand_in(course, "ada")
    hand_in(course, "copy", {"conv1d": RENAMED})
    hand_in(course, "blank", solved=False)
    evil = f"YOUR ANSWER HERE\nWhy? {MARKUP}\n</textarea></pre><svg onload=alert(4)>\u202e"
    hand_in(course, "grace", {"conv1d": FLIPPED, "questions": evil})
    hand_in(course, "stopped", {"conv1d": FLIPPED}, solved=False)
    hand_in(
        course, "markup", {"pad": f"@fill\ndef pad(x, left, right, mode=''):\n  '''{MARKUP}'''"}
    )
    recorder.grade(course, [LESSON], workers=1)
    course.submitted("late", LESSON).mkdir(parents=True)
    return course


@pytest.fixture(scope="module")
def part(course):
    """What the page shows of the lesson."""
    return report.part_of(course, LESSON)


@pytest.fixture(scope="module")
def page(course):
    """The page opened in Chromium with scripts on and its policy off, and what happened in it."""
    path = report.report(course)
    happened = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        opened = browser.new_page(bypass_csp=True)
        opened.on("dialog", lambda dialog: (happened.append(dialog.message), dialog.dismiss()))
        opened.on("request", lambda request: happened.append(request.url))
        opened.goto(path.as_uri())
        opened.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        yield opened, happened
        browser.close()


def test_the_page_runs_no_script_and_asks_for_nothing_even_without_its_policy(page, course):
    opened, happened = page
    opened.wait_for_timeout(300)
    assert happened == [(course.root / "report.html").as_uri()]
    assert opened.locator("script, img, iframe, object, link, form, svg svg").count() == 0
    assert opened.locator("[onerror], [onload], a[href^='javascript:']").count() == 0


def test_its_policy_allows_nothing_but_its_own_style(course):
    text = report.report(course).read_text()
    assert "default-src 'none'; style-src 'unsafe-inline'" in text


def test_what_students_wrote_is_there_as_text(page):
    opened, _ = page
    asked = opened.locator(".said").inner_text()
    assert "<script>alert(1)</script>" in asked
    assert "YOUR ANSWER HERE" not in asked
    assert "\u202e" not in asked


def test_the_page_is_for_its_owner_alone(course):
    assert stat.S_IMODE(report.report(course).stat().st_mode) == 0o600


def test_every_table_has_headings_and_every_drawing_a_text(page):
    opened, _ = page
    for found in opened.locator("table").all():
        assert found.locator("thead th[scope=col]").count() > 1
        assert found.locator("tbody th[scope=row]").count() > 0
    (drawing,) = opened.locator("svg").all()
    assert drawing.get_attribute("role") == "img"
    assert "0 to 10 %: 2;" in drawing.get_attribute("aria-label")


def test_nothing_is_said_by_colour_alone(page):
    opened, _ = page
    for kind, sign in {"correct": "✓", "incorrect": "✗", "not-attempted": "○"}.items():
        marks = opened.locator(f"td > span.{kind}[title]").all()
        assert marks
        assert {mark.inner_text() for mark in marks} == {sign}
    for bar in opened.locator(".bar").all():
        assert re.search(r"\d of \d", bar.locator("..").inner_text())


def test_the_page_fits_a_telephone(page):
    narrow = page[0].context.browser.new_page(viewport={"width": 360, "height": 700})
    narrow.goto(page[0].url)
    narrow.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 360
    narrow.close()


@pytest.mark.parametrize("width", [390, 1100])
def test_nothing_has_to_be_scrolled_sideways(page, width):
    narrow = page[0].context.browser.new_page(viewport={"width": width, "height": 800})
    narrow.goto(page[0].url)
    narrow.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    wide = "[...document.querySelectorAll('main *')].filter(e => e.scrollWidth > e.clientWidth + 1)"
    inline = "e => getComputedStyle(e).display != 'inline' && !e.closest('thead')"
    assert narrow.evaluate(f"{wide}.filter({inline}).map(e => e.outerHTML.slice(0, 99))") == []
    label = narrow.locator("#explain ~ .wide td[data-label]").first
    shown = label.evaluate("e => getComputedStyle(e, '::before').content")
    assert shown == ('"Exercises: "' if width == 390 else "none")
    narrow.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_stands_out_from_its_ground(page, scheme):
    opened = page[0].context.browser.new_page(color_scheme=scheme)
    opened.goto(page[0].url)
    opened.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    assert opened.evaluate(CONTRASTS) == []
    ground = opened.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")
    opened.close()


CONTRASTS = """() => {
    const light = c => c.match(/[0-9.]+/g).slice(0, 3).map(v => v / 255)
        .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = e => {
        const c = getComputedStyle(e).backgroundColor;
        return c == 'rgba(0, 0, 0, 0)' ? ground(e.parentElement) : c;
    };
    const colour = e => getComputedStyle(e)[e.closest('svg') ? 'fill' : 'color'];
    const words = [...document.querySelectorAll('main *')].filter(e =>
        [...e.childNodes].some(n => n.nodeType == 3 && n.data.trim()) && e.tagName != 'title');
    return words.filter(e => {
        const [a, b] = [light(colour(e)), light(ground(e))];
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
    }).map(e => e.outerHTML.slice(0, 99));
}"""
"""Elements with words of less contrast than WCAG's 4.5 to 1."""


def test_the_first_thing_to_say_is_the_mistake_that_most_make(page):
    said = page[0].locator(".sayings li").first.inner_text()
    assert "“the filter is flipped”" in said
    assert "2 of 6 students make this mistake in conv1d and conv1d_layer, 1 of them" in said
    assert "Flipping is what mathematics" in said


def test_an_example_does_not_tell_whose_it_is(course):
    every = clusters({LESSON: table.table(course, LESSON)}, lambda *_: [])
    (one,) = [c for c in every if c.exercise == "pad"]
    shown = report.part_of(course, LESSON)
    assert one.students == ("markup",)
    example = report._example(course, one, [shown])
    assert example.splitlines()[0] == "@fill"
    assert "<script>" not in example and "bold" not in example


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("x = 1  # by Ada\n\n# Lovelace\ny = 2", "x = 1\ny = 2"),
        ('def f():\n    """Ada\'s."""\n    return 1', 'def f():\n    """…"""\n    return 1'),
        ("mode = 'zeros'\nprint('Ada 4711')", "mode = 'zeros'\nprint('…')"),
        ("print(f'Ada {x:.1f} here')", "print(f'…{x:…}…')"),
        ("ada_filter = lovelaces = my_4711 = 4711", "name = name = name = name"),
        ("pad = x.dada", "pad = x.name"),
        ("this is Ada's, and no code", "this is name'…"),
    ],
)
def test_comments_strings_and_names_are_left_out_of_an_example(code, shown):
    called = ["ada", "Lovelace, Ada", "al4711", "padilla"]
    assert anonymous(code, called, "pad mode zeros") == shown


def test_the_names_in_an_answer_are_those_that_it_uses():
    code = "def f(x):\n    'by g'  # h\n    return pad(x)["
    assert names_in(code) == {"f", "x", "pad"}


def test_an_answer_that_calls_a_wrong_one_counts_as_told(page):
    assert page[0].locator("tr", has_text="calls one that is wrong").count() == 1
    assert page[0].locator(".alike", has_text="answer to conv1d_layer").count() == 0


def test_a_sentence_is_escaped_and_its_code_marked():
    assert coded("a `b<i>` <c>") == "a <code>b&lt;i&gt;</code> &lt;c&gt;"


def test_exercises_are_counted_by_verdict(part):
    conv1d = next(e for e in part["exercises"] if e["name"] == "conv1d")
    assert (conv1d["correct"], conv1d["incorrect"], conv1d["not_attempted"]) == (3, 2, 1)
    assert conv1d["max_points"] == 3
    assert conv1d["share"] == pytest.approx(conv1d["mean"] / 3)


def test_a_known_mistake_is_counted_once_per_student(part):
    flipped = [m for m in part["mistakes"] if m["mistake"] == "the filter is flipped"]
    assert {key: flipped[0][key] for key in ("exercise", "students", "of")} == {
        "exercise": "conv1d",
        "students": 2,
        "of": 6,
    }
    numbers = [m["students"] for m in part["mistakes"]]
    assert numbers == sorted(numbers, reverse=True)


def test_it_says_after_which_exercise_students_stopped(part):
    stopped = {e["name"]: e["stopped"] for e in part["exercises"]}
    assert stopped == {"rolling_average": 0, "conv1d": 1, "pad": 0, "conv1d_layer": None}
    assert part["untouched"] == 1
    assert part["finished"] == 4


def test_what_is_not_graded_is_named(part, page):
    assert part["ungraded"] == ["late"]
    assert "Handed in but not graded, so missing here: late." in page[0].inner_text("main")


def test_questions_are_those_that_students_wrote(part):
    assert [q["student"] for q in part["questions"]] == ["grace"]


def test_renaming_and_comments_hide_no_likeness(part):
    alike = {pair.students: pair.alike for pair in part["similar"]}
    assert alike["ada", "copy"] > 0.97
    assert all("blank" not in pair and "stopped" not in pair for pair in alike)


def test_the_same_mistake_in_both_is_counted(course):
    rows = {row.student: row for row in table.table(course, LESSON)}
    same = same_mistakes(rows["grace"].exercises, rows["stopped"].exercises)
    assert same == 1


def test_given_text_makes_nobody_alike(course):
    source = nbformat.read(course.source(LESSON), as_version=4)
    for cell in source.cells:
        cell.source = released(cell)
        if is_answer(cell):
            cell.metadata["cnnlab"] = {"role": "answer"}
    given = {line.strip() for cell in source.cells for line in cell.source.splitlines()}
    assert code_of(source, given).strip() == ""


def test_likeness_is_never_worded_as_a_verdict(page):
    words = page[0].inner_text("main").lower()
    assert "look at them yourself" in words
    for verdict in ("plagiari", "cheat", "copied", "suspicio", "guilty", "fraud"):
        assert verdict not in words


def test_the_bars_hold_every_student_once_and_full_marks_in_the_last():
    bars = report.distribution([0.0, 0.099, 0.1, 0.7, 0.999, 1.0, 1.0])["bars"]
    assert [bar["count"] for bar in bars] == [2, 1, 0, 0, 0, 0, 0, 1, 0, 3]


def test_long_texts_are_cut_and_control_characters_shown():
    assert plain("a\x00b\u202ec\ud800") == "a\ufffdb\ufffdc\ufffd"
    assert plain("ü\t👩\u200d🔬\n") == "ü\t👩\u200d🔬\n"
    assert plain("x" * 10**5).endswith("[… cut here]")


def test_a_course_without_grades_is_told_what_to_do(tmp_path):
    course = small_lesson.released_in(tmp_path)
    with pytest.raises(CourseError, match="run `autograder grade` first"):
        report.report(course)
