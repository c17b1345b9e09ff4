"""The leak scan: everything that must not reach students is found, whatever it is dressed as."""

import json

import nbformat
import pytest

from autograder.cells import STUDENTS_KERNEL
from autograder.course import ROOT
from autograder.releasing import build, leaks
from autograder.tests.support import small_lesson
from autograder.tests.support.small_lesson import LESSON, SOLUTIONS


@pytest.fixture(scope="module")
def solutions(tmp_path_factory):
    return build.read_all(small_lesson.write(tmp_path_factory.mktemp("leaks")))


def innocent():
    """A notebook as students get it, with nothing wrong."""
    cells = [
        nbformat.v4.new_markdown_cell("# Title\n\nThere are `len(x) - K + 1` windows."),
        nbformat.v4.new_code_cell(
            "@fill\ndef conv1d(x, f):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
        ),
        nbformat.v4.new_code_cell("check(conv1d)"),
        nbformat.v4.new_code_cell("h = np.zeros(len(x) - K + 1)\n%matplotlib inline\nplot(x, h)"),
    ]
    metadata = {"kernelspec": STUDENTS_KERNEL, "language_info": {"name": "python"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def found(tmp_path, solutions, notebook):
    (tmp_path / "a.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8")
    return "\n".join(map(str, leaks.scan(tmp_path, solutions)))


def body(name):
    """The lines of a solution between its marks."""
    lines = SOLUTIONS[name].splitlines()
    return "\n".join(line[4:] for line in lines[1:] if "###" not in line)


def test_an_honest_notebook_has_no_leak(tmp_path, solutions):
    assert found(tmp_path, solutions, innocent()) == ""


RENAMED = (
    "out = np.zeros(len(series) - len(weights) + 1)\n"
    "for i, w in enumerate(weights):\n"
    "    out += w * series[i : i + len(out)].astype(float)"
)
CODE = {
    "a whole solution": body("conv1d"),
    "a solution with other layout and comments": body("rolling_average")
    .replace("dtype=float", "dtype = float  # why not")
    .replace("if K", "'''of course'''\nif K"),
    "a solution with all names changed": RENAMED,
    "one statement of it": (
        "if True:\n    filtered += weight * x[k : k + len(filtered)].astype(float)"
    ),
    "one expression of it": (
        "show(np.concatenate([np.full(left, before), x, np.full(right, after)]))"
    ),
    "two short statements of it": "response = conv1d(pad(x, *padding), f)[::stride] + b\n"
    "print(response if activation is None else activation(response))",
    "a solution next to a magic": "%matplotlib inline\nif K > len(x):\n"
    "    raise ValueError(f'a window of {K} days is longer than the series')",
    "a solution in a comment": "x = 1\n"
    + "".join(f"# {line}\n" for line in body("conv1d").splitlines()),
    "a solution in a string": f"answer = '''\n{body('conv1d')}\n'''",
}


@pytest.mark.parametrize("what", CODE)
def test_in_a_code_cell_the_scan_finds(what, tmp_path, solutions):
    notebook = innocent()
    notebook.cells.append(nbformat.v4.new_code_cell(CODE[what]))
    assert "solution of" in found(tmp_path, solutions, notebook)


@pytest.mark.parametrize(
    "text",
    [
        "```python\n" + body("conv1d") + "\n```",
        "<details><summary>Hint</summary>\n\n~~~\n" + RENAMED + "\n~~~\n</details>",
        "It is `np.concatenate([np.full(left, before), x, np.full(right, after)])`.",
        "Code:\n\n    " + body("conv1d").replace("\n", "\n    "),
        "```python\nfor k in ...:   # not Python as a whole\n  ?\n"
        "means = [x[i : i + K].mean() for i in range(len(x) - K + 1)]\n```",
        "<pre>" + body("conv1d") + "</pre>",
    ],
    ids=["block", "renamed, in a hint", "word", "indented", "among other lines", "HTML"],
)
def test_in_markdown_the_scan_finds_a_solution_as(text, tmp_path, solutions):
    notebook = innocent()
    notebook.cells.append(nbformat.v4.new_markdown_cell(text))
    assert "solution of" in found(tmp_path, solutions, notebook)


@pytest.mark.parametrize("cell", ["check(conv1d, hidden=True)", "x = 1\ncheck(pad,hidden = True)"])
def test_a_hidden_test_is_found(cell, tmp_path, solutions):
    notebook = innocent()
    notebook.cells.append(nbformat.v4.new_code_cell(cell))
    assert "a hidden test" in found(tmp_path, solutions, notebook)


@pytest.mark.parametrize("mark", ["### BEGIN SOLUTION", "### END HIDDEN TESTS"])
def test_a_mark_that_was_left_is_found(mark, tmp_path, solutions):
    notebook = innocent()
    notebook.cells[1].source += f"\n{mark}"
    assert "the mark" in found(tmp_path, solutions, notebook)


def test_a_model_answer_in_words_is_found(tmp_path):
    text = small_lesson.text().replace(
        "Your questions.",
        "Why?\n### BEGIN SOLUTION\nBecause the filter\nis shared.\n### END SOLUTION",
    )
    solutions = build.read_all(small_lesson.write(tmp_path / "s", source=text))
    notebook = innocent()
    notebook.cells[0].source += "\nBecause the filter is shared."
    (tmp_path / "n").mkdir()
    assert "the model answer of questions" in found(tmp_path / "n", solutions, notebook)


def test_an_output_is_found(tmp_path, solutions):
    notebook = innocent()
    notebook.cells[2].outputs = [nbformat.v4.new_output("stream", text="1 of 3 points")]
    assert "cell 3: an output" in found(tmp_path, solutions, notebook)


def test_an_execution_count_is_found(tmp_path, solutions):
    notebook = innocent()
    notebook.cells[2].execution_count = 7
    assert "cell 3: an output" in found(tmp_path, solutions, notebook)


# Put together here, so that no path of a machine stands in this file either.
@pytest.mark.parametrize(
    "path", ["/home" + "/ada/x.csv", "/Users" + "/ada", "C:" + "\\Users\\ada", str(ROOT)]
)
@pytest.mark.parametrize("kind", ["code", "markdown"])
def test_a_path_of_somebodys_machine_is_found(path, kind, tmp_path, solutions):
    notebook = innocent()
    new = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
    notebook.cells.append(new(f"data = {json.dumps(path)}"))
    assert "a path of somebody's machine" in found(tmp_path, solutions, notebook)


def test_an_authors_metadata_is_found(tmp_path, solutions):
    notebook = innocent()
    notebook.metadata["authors"] = [{"name": "Ada"}]
    notebook.cells[0].metadata["executionInfo"] = {"user": {"displayName": "Ada"}}
    notebook.metadata.kernelspec.name = "adas-kernel"
    text = found(tmp_path, solutions, notebook)
    assert "metadata 'authors'" in text
    assert "cell 1: the author's metadata 'executionInfo'" in text
    assert "kernel 'adas-kernel'" in text


def test_an_attachment_is_found(tmp_path, solutions):
    notebook = innocent()
    notebook.cells[0]["attachments"] = {"a.png": {"image/png": "aGk="}}
    assert "an attachment" in found(tmp_path, solutions, notebook)


def test_a_solution_in_the_package_is_found(tmp_path, solutions):
    (tmp_path / "cnnlab").mkdir()
    function = "def _oracle(x, f):\n    " + body("conv1d").replace("\n", "\n    ")
    (tmp_path / "cnnlab/lesson.py").write_text(function)
    (leak,) = leaks.scan(tmp_path, solutions)
    assert "solution of conv1d" in str(leak)
    assert "line 4" in str(leak)  # the lines before it are given to students


def test_a_hint_that_is_the_solution_is_found(tmp_path, solutions):
    hints = f"conv1d.hints = [{f'```python{chr(10)}{RENAMED}{chr(10)}```'!r}]"
    (tmp_path / "lesson.py").write_text(hints)
    assert "in words" in str(leaks.scan(tmp_path, solutions))


def test_a_skeleton_may_hold_a_line_of_the_solution_but_not_its_point(tmp_path, solutions):
    notebook = innocent()
    skeleton = "```python\nfiltered = ...\nfor k, weight in ...:\n    {}\nreturn filtered\n```"
    point = "filtered += weight * x[k : k + len(filtered)].astype(float)"
    notebook.cells.append(nbformat.v4.new_markdown_cell(skeleton.format(point)))
    assert "solution of conv1d" in found(tmp_path, solutions, notebook)
    notebook.cells[-1].source = (
        "```python\nif mode not in beyond:\n"
        "    raise ValueError(f'there is no mode {mode}, only zeros, mean and edge')\n"
        "before, after = ...\n```"
    )
    assert found(tmp_path, solutions, notebook) == ""


def test_dots_as_an_axis_are_no_gap(tmp_path, solutions):
    notebook = innocent()
    first = "filtered = np.zeros(len(x) - len(f) + 1)"
    notebook.cells.append(nbformat.v4.new_markdown_cell(f"`{first}; h = filtered[..., 0]`"))
    assert "solution of conv1d" in found(tmp_path, solutions, notebook)


def test_a_broken_notebook_or_a_link_is_found(tmp_path, solutions):
    (tmp_path / "b.ipynb").write_text("{")
    (tmp_path / "link").symlink_to("/etc/passwd")
    text = "\n".join(map(str, leaks.scan(tmp_path, solutions)))
    assert "b.ipynb: it cannot be read as a notebook" in text
    assert "link: a link" in text


def test_the_scan_says_where(tmp_path, solutions):
    notebook = innocent()
    notebook.cells.append(nbformat.v4.new_code_cell("x = 1\n" + RENAMED))
    assert found(tmp_path, solutions, notebook).startswith("a.ipynb, cell 5, line 2: ")
    assert LESSON in found(tmp_path, solutions, notebook)
