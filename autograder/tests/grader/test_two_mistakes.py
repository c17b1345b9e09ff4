"""Two mistakes in one answer: no edit mends all, but one mends a group of cases, or an item."""

from __future__ import annotations

from autograder.tests.support.reports import report_on

BACKWARD = """
def conv1d_backward(x, f, dh):
    x, f, dh = (np.asarray(a, dtype=float) for a in (x, f, dh))
    dx, df = np.zeros(len(x)), np.zeros(len(f))
    for n in range(len(dh)):
        for k in range(len(f)):
            dx[n + k] += f[k] * dh[n]
            df[k] += x[n + k] * dh[n]
    return dx, df, float(dh.sum())
"""
PAD = """
def pad(x, left, right, mode="zeros"):
    x = np.asarray(x, dtype=float)
    if left < 0 or right < 0:
        raise ValueError("there is no negative padding")
    if mode == "zeros":
        before, after = 0.0, 0.0
    elif mode == "mean":
        before = after = x.mean()
    elif mode == "edge":
        before, after = x[0], x[-1]
    else:
        raise ValueError(f"there is no mode {mode}")
    return np.concatenate([np.full(left, before), x, np.full(right, after)])
"""


def damaged(source, *changes):
    for place, instead in changes:
        assert source.count(place) == 1
        source = source.replace(place, instead)
    return source


def found_in(name, source):
    report, text = report_on(name, source, search=30)
    return report.findings.explanation, text


# ── what is found ───────────────────────────────────────────────────────────


def test_two_ways_to_do_it_have_a_mistake_each():
    source = damaged(PAD, ("x.mean()", "np.median(x)"), ("x[0], x[-1]", "x[0], x[0]"))
    found, text = found_in("pad", source)
    assert found.part == "repair" and set(found.lines) == {9, 11}, text
    assert "all cases with mode = 'mean' would be right" in text
    assert "all cases with mode = 'edge' would be right" in text


def test_two_items_of_the_result_have_a_mistake_each():
    source = damaged(BACKWARD, ("dx[n + k] +=", "dx[n + k] ="), ("dh.sum()", "dh.mean()"))
    found, text = found_in("conv1d_backward", source)
    assert found.part == "repair" and set(found.lines) == {7, 9}, text
    assert "the first item of the result (`dx`) would be right in all cases" in text
    assert "the third item of the result (`db`) would be right in all cases" in text
    assert "The rest of it is another matter." in text or "second" not in text


def test_of_two_mistakes_one_is_named_where_the_other_is_beyond_an_edit():
    source = damaged(
        BACKWARD,
        ("df[k] += x[n + k] * dh[n]", "df[k] = np.sin(x[n] + k) * np.exp(dh[n])"),
        ("dh.sum()", "dh.mean()"),
    )
    found, text = found_in("conv1d_backward", source)
    assert (found.part, found.lines, found.explains < found.of) == ("repair", (9,), True), text
    assert "(`db`) would be right in all cases. The rest of it is another matter." in text
