"""Students' Markdown as text and as HTML: it reads as it was meant, and nothing of it lives."""

import re
import time

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_markdown_cell, new_notebook, new_output
from traitlets.config import Config

from autograder.intake.inert import as_typed, disarmed
from autograder.intake.restore import restore
from autograder.pages.markdown import cleaned

PNG = "iVBORw0KGgo="

READS = {
    "**bold** and *leaning*, ~~gone~~": "<strong>bold</strong> and <em>leaning</em>, <del>gone",
    "`a < b`, `x<y` and a < b": "<code>a &lt; b</code>, <code>x&lt;y</code> and a &lt; b",
    "- one\n- two\n\n1. three": "<li>one</li>",
    "$x_1 < \\frac{a}{b}$ and $a<b$": "$x_1 &lt; \\frac{a}{b}$ and $a&lt;b$",
    "$$\\sum_i w_i x_i$$": "$$\\sum_i w_i x_i$$",
    "\\begin{align}a &= b\\end{align}": "\\begin{align}a &amp;= b\\end{align}",
    "```python\nif a<b: f[0](1)\n```": '<span class="k">if</span> <span class="n">a</span>',
    "```\n<script>\n```": "<pre><code>&lt;script&gt;",
    "| a | b |\n|---|:-:|\n| 1 | 2 |": '<td style="text-align:center;">2</td>',
    "[the web](https://example.org 'a title')": '<a href="https://example.org" title="a title">',
    "<details><summary>Help</summary>more</details>": "<details><summary>Help</summary>more",
    "# Heading": "<h1>Heading</h1>",
    "> said": "<blockquote>",
    "H<sub>2</sub>O": "H<sub>2</sub>O",
}

LIVES = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' java\tscript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](java&#115;cript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x]: javascript:alert(1)\n\n[x]",
    "[x](page.html)",
    "<javascript:alert(1)>",
    "![x](https://example.org/x.png)",
    "![x](/api/shutdown)",
    "<style>*{display:none}</style>",
    "<form action=/x><input name=a><button>go</button></form>",
    "<div style='position:fixed;inset:0' class='modal navbar-fixed-top' id=questions>x</div>",
    "<span class='k modal'>x</span>",
    "<p style='background:url(/x)'>x</p>",
    "<td style='text-align:left;background:url(/x)'>x</td>",
    "<meta http-equiv=refresh content=0;url=/x><base href=/x><link rel=stylesheet href=/x>",
    "<object data=/x></object><embed src=/x><video src=/x onerror=alert(1)></video>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 id=a&gt;'>",
    "$<img src=x onerror=alert(1)>$",
    "$$\\href{javascript:alert(1)}{x} \\unicode{x41} \\class{modal}{x} \\require{action}$$",
    '```mermaid\ngraph LR; a["<img src=x onerror=alert(1)>"]\n```',
    "- <input onfocus=alert(1) autofocus>",
    "<!-- --><script>alert(1)</script><!--",
    "*<img src=x onerror=alert(1)>*",
    "`<b>`<img src=x onerror=alert(1)>``",
    "\\<script>alert(1)</script>",
    "<details open ontoggle=alert(1)>x</details>",
]


def living(page):
    """What of a page would run, fetch, or reach beyond its place."""
    tags = re.findall(r"<\s*([A-Za-z][^\s>/]*)([^>]*)", page)
    shown = r"p|br|hr|h\d|em|strong|b|i|u|s|del|su[bp]|blockquote|[uod]l|li|d[td]|t\w+|code|pre|kbd"
    found = [
        tag for tag, _ in tags if not re.fullmatch(rf"{shown}|span|div|a|img|details|summary", tag)
    ]
    style, link = r"style=\"(?!text-align: ?\w+;\")", r"href=\"(?!https?:|#)"
    reach = rf"\bon\w+\s*=|\bsrc=|\bid=|{style}|{link}|class=\"[^\"]*modal"
    found += [rest for _, rest in tags if re.search(reach, rest)]
    return found + re.findall(r"\\(?:href|unicode|class|require)|<pre class=\"mermaid", page)


@pytest.mark.parametrize("text", LIVES)
def test_nothing_lives(text):
    """By the filter; and by the text alone where everything else is nbconvert's own."""
    assert living(cleaned(text)) == []
    stock = HTMLExporter(template_name="basic")
    body, _ = stock.from_notebook_node(new_notebook(cells=[new_markdown_cell(disarmed(text))]))
    body = re.sub(r'<div (?:class|id)="(?:jp-|cell-id|cell)[^>]*>', "", body)
    body = re.sub(r' (?:id="[^"]*"|class="anchor-link"|tabindex="0")', "", body)
    assert living(body) == []


def test_before_they_lived():
    """As nbconvert shows them, whatever ``sanitize_html`` says: the template does not ask."""
    stock = HTMLExporter(template_name="basic")
    dead = []
    for text in LIVES:
        body, _ = stock.from_notebook_node(new_notebook(cells=[new_markdown_cell(text)]))
        body = re.sub(r'<div (?:class|id)="(?:jp-|cell-id|cell)[^>]*>', "", body)
        body = re.sub(r' (?:id="[^"]*"|class="anchor-link"|tabindex="0")', "", body)
        dead += [] if living(body) else [text]
    assert len(dead) < 6, dead


@pytest.mark.parametrize("text", READS)
def test_it_reads_as_it_was_meant(text):
    assert READS[text] in cleaned(text)
    assert READS[text] in cleaned(disarmed(text))


@pytest.mark.parametrize("text", [*LIVES, *READS])
def test_what_was_typed_comes_back(text):
    assert as_typed(disarmed(text)) == text
    assert disarmed(disarmed(text)) == disarmed(text)


def test_attachments_are_pictures_or_nothing():
    given = {
        "a.png": {"image/png": PNG},
        "a.svg": {"image/svg+xml": "<svg>"},
        "x": {"text/html": PNG},
    }
    page = cleaned("![one](attachment:a.png) ![two](attachment:a.svg) ![3](attachment:x)", given)
    assert re.findall(r'src="([^"]*)"', page) == [f"data:image/png;base64,{PNG}"]
    assert "[picture: two]" in page
    assert "[picture: none]" in cleaned(
        "![none](attachment:gone.png)"
    )  # which fails nbconvert's page


def test_a_pictures_text_is_text():
    for text in ("><script>alert(1)</script>", '"><script>', "&lt;script&gt;", "</p><script>"):
        page = cleaned(f"![{text}](/x.png) <img alt='{text}'>")
        assert "<script" not in page
        assert "[picture: " in page


@pytest.mark.parametrize("sign", ["`", "~", "<", "](", "![", "> ", "*", "[", "\\", "```\n", " "])
def test_much_of_one_sign_takes_no_time(sign):
    started = time.process_time()
    as_typed(disarmed(sign * (200_000 // len(sign))))
    assert time.process_time() - started < 2
    assert living(cleaned(sign * 500)) == []


def test_the_filter_is_found_by_its_name():
    """As a course's settings name it; a name that leads nowhere shows no page at all."""
    notebook = new_notebook(cells=[new_markdown_cell("<img src=x onerror=alert(1)> **bold**")])
    config = Config()
    config.HTMLExporter.filters = {"markdown2html": "autograder.pages.markdown.markdown"}
    page, _ = HTMLExporter(config=config, template_name="basic").from_notebook_node(notebook)
    assert "onerror" not in page
    assert "<strong>bold</strong>" in page
    config.HTMLExporter.filters = {"markdown2html": "autograder.nowhere.markdown"}
    with pytest.raises(ImportError):
        HTMLExporter(config=config, template_name="basic").from_notebook_node(notebook)


def test_of_a_students_outputs_and_attachments_nothing_is_left(small):
    """Whatever cell they are in, and whatever it is that they are."""
    submitted = nbformat.from_dict(small)
    data = {
        kind: "alive"
        for kind in ("text/html", "image/svg+xml", "application/javascript", "text/plain")
    }
    for cell in submitted.cells:
        if cell.cell_type == "code":
            cell.outputs = [
                new_output("display_data", data=data),
                new_output("execute_result", data=data),
                new_output("stream", text="alive"),
                new_output("error", ename="alive", evalue="alive", traceback=["alive"]),
            ]
        cell.attachments = {"alive.svg": {"image/svg+xml": "alive"}}
        cell.metadata.alive = "alive"
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "questions":
            cell.source = "<script>why</script>"
    submitted.metadata.alive = "alive"
    submitted.metadata.widgets = {"alive": "alive"}
    submitted.cells.append(new_markdown_cell("<script>alive</script>"))
    clean, _ = restore(submitted, small)
    text = nbformat.writes(nbformat.from_dict(clean))
    assert "alive" not in text
    assert "<script" not in text
    assert "script>why" in text


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The source of the small lesson."""
    import jupytext

    from autograder.tests.support import small_lesson

    return jupytext.reads(small_lesson.text(), fmt="md:myst")
