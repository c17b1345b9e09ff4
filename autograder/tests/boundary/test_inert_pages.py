"""Students' Markdown in a running formgrader, seen by Chromium: it ran before, and runs no more."""

import json
import os
import re
import shutil
from urllib.parse import urlsplit

import pytest
from nbgrader.api import Gradebook

from autograder.course import Course
from autograder.intake import apart, restore
from autograder.judging import worker
from autograder.recording import grade as recorder
from autograder.settings import SETTINGS, STEPS_FILE
from autograder.tests.support import small_lesson
from autograder.tests.support.browser import CHROMIUM, chromium, jupyterlab
from autograder.tests.support.small_lesson import hand_in

if CHROMIUM is None and not os.environ.get("CI"):
    pytest.skip("there is no chromium: apt install chromium", allow_module_level=True)

pytestmark = pytest.mark.xdist_group("inert pages")

LESSON = small_lesson.LESSON
FILTER = re.compile(r"(?ms)^c\.HTMLExporter\.filters = \{.*?\}\n")


def ran(name):
    """A script that says that it was run."""
    return f"window.pwned=(window.pwned||[]).concat('{name}')"


RUNS = {
    "script": f"<script>{ran('script')}</script>",
    "onerror": f'<img src=/pwned-onerror onerror="{ran("onerror")}">',
    "onload": f'<svg onload="{ran("onload")}"></svg>',
    "toggle": f'<details open ontoggle="{ran("toggle")}"><summary>x</summary></details>',
    "srcdoc": f'<iframe srcdoc="<script>parent.{ran("srcdoc").replace("(w", "(parent.w")}'
    '</script>"></iframe>',
    "focus": f'<input autofocus onfocus="{ran("focus")}">',
    "click": f'<a class="bait" href="javascript:{ran("click")};void 0">the solution</a>',
    "mermaid": f'```mermaid\n<img src=/pwned-mermaid onerror="{ran("mermaid")}">\n```',
    "inline": f'in a line, *<img src=/pwned-inline onerror="{ran("inline")}">*',
}
"""Markdown of which each piece runs a script in formgrader's page as nbgrader makes it."""

FETCHES = {
    "picture": "![a picture](/pwned-picture)",
    "style": "<style>#notebook { background: url(/pwned-style) }</style>",
    "link": "<link rel=stylesheet href=/pwned-link>",
    "video": "<video src=/pwned-video></video>",
}
"""And that fetches something, which tells who reads it or does something at that address."""

MORE = [
    '<div style="position:fixed;inset:0;background:#fff" id="questions">a page over the page</div>',
    "<form action=/pwned-form><button>Log in again</button></form>",
    '$<img src=/pwned-math onerror="window.pwned=1">$ and $$\\href{javascript:window.pwned=1}{x}$$',
]

HONEST = """\
Why is **bold** not *leaning*? I tried `a < b` and a < b, and:

- first
- second

| n | time |
|---|-----:|
| 7 | 12 s |

With $x_1 < \\frac{a}{b}$; [the web](https://example.org/) says no.

```python
if a < b:
    print("less")
```
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Three graded submissions: mallory's as they were graded before, nora's the same text, ada's.

    In mallory's graded notebook the text stands as it was typed.
    """
    root = tmp_path_factory.mktemp("pages")
    course = small_lesson.released_in(root)
    evil = "\n\n".join([HONEST, *RUNS.values(), *FETCHES.values(), *MORE])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "taken_in", apart.take_in)  # in this process, where text stays alive
        patch.setattr(restore, "disarmed", lambda text: text)
        hand_in(course, "mallory", {"questions": evil}, solved=False)
        recorder.grade(course, [LESSON], workers=1)
    hand_in(course, "nora", {"questions": evil}, solved=False)
    hand_in(course, "ada", {"questions": HONEST})
    recorder.grade(course, [LESSON], workers=1)
    return course


def opened(course, students, folder, seen):
    """What happens on students' pages in formgrader: (scripts that ran, what was fetched, text).

    And what happens, under "lab", when JupyterLab opens the last one's graded notebook.
    """
    with Gradebook(course.db_url, course.course_id) as gradebook:
        places = {s: gradebook.find_submission_notebook(LESSON, LESSON, s).id for s in students}
    found = {}
    with jupyterlab(course.root) as lab, chromium(CHROMIUM) as page:
        url, _, token = lab.partition("lab?")
        requests = []
        page.route(lambda u: urlsplit(u).hostname != "127.0.0.1", lambda route: route.abort())
        page.on("request", lambda request: requests.append(urlsplit(request.url).path))
        for student, place in places.items():
            requests.clear()
            page.goto(f"{url}formgrader/submissions/{place}/?{token}", wait_until="load")
            page.wait_for_timeout(500)
            page.screenshot(path=folder / f"{student}-{seen}.png", full_page=True)
            for bait in page.locator("a.bait, a:has-text('the solution')").all():
                bait.dispatch_event("click")
            page.wait_for_timeout(200)
            scripts = page.evaluate("window.pwned || []")
            fetched = [path for path in requests if "pwned" in path]
            found[student] = (
                set(scripts),
                fetched,
                page.locator("#notebook-container").first.inner_html(),
            )
        requests.clear()
        page.goto(f"{url}lab/tree/autograded/{student}/{LESSON}/{LESSON}.ipynb?{token}")
        page.locator(".jp-MarkdownOutput strong", has_text="bold").first.wait_for()
        page.wait_for_timeout(500)
        page.screenshot(path=folder / f"{student}-lab-{seen}.png")
        found["lab"] = (page.evaluate("window.pwned || []"), [p for p in requests if "pwned" in p])
    return found


@pytest.fixture
def copied(course, tmp_path):
    """A copy of the course, so that a server's files are not left in it."""
    return Course(shutil.copytree(course.root, tmp_path / "course"))


@pytest.mark.slow
def test_without_the_filter_old_notebooks_ran_scripts_and_new_ones_run_none(copied, tmp_path):
    steps = json.loads((copied.root / STEPS_FILE).read_text())
    del steps["HTMLExporter"]["filters"]
    (copied.root / STEPS_FILE).write_text(json.dumps(steps))
    settings = copied.root / SETTINGS
    text, count = FILTER.subn("", settings.read_text())
    assert count == 1
    settings.write_text(text)
    found = opened(copied, ["mallory", "nora"], tmp_path, "before")
    scripts, fetched, _ = found["mallory"]
    assert scripts >= set(RUNS), scripts
    assert {f"/pwned-{name}" for name in FETCHES} <= set(fetched), fetched
    assert found["lab"] == ([], [])  # nora's
    scripts, fetched, text = found["nora"]
    assert (scripts, fetched) == (set(), [])
    assert "<strong>bold</strong>" in text


def test_with_the_filter_none_runs_and_what_is_honest_reads_well(copied, tmp_path):
    found = opened(copied, ["mallory", "nora", "ada"], tmp_path, "now")
    assert found.pop("lab") == ([], [])
    for student, (scripts, fetched, text) in found.items():
        assert (scripts, fetched) == (set(), []), student
        for part in (
            "<strong>bold</strong>",
            "<em>leaning</em>",
            "<code>a &lt; b</code> and a &lt; b",
            "<li>second</li>",
            '<td style="text-align:right;">12 s</td>',
            'href="https://example.org/"',
            '<span class="k">if</span>',
        ):
            assert part in text, (student, part)
        # The form for the grader's comment and points is whole.
        assert 'id="questions-comment"' in text
    assert "&lt;script&gt;" in found["mallory"][2]
