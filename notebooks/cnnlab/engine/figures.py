"""What all figures and widgets share: one look, alt text, captions, labelled controls.

The figures and widgets of a lesson are in its own folder. Widgets are built on
``ipywidgets.interactive`` and the inline backend, which work alike in JupyterLab
and Colab; each has one control per idea, works from the keyboard, and says in
text what its figure shows.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from html import escape
from typing import Any

import ipywidgets as ipw
import matplotlib.pyplot as plt
from cycler import cycler  # matplotlib's own
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .output import Live, put
from .vector import as_svg

# Okabe & Ito (2008): told apart with every kind of colour vision. Markers, line
# styles and labels say the same, so that grey print is enough.
BLUE, ORANGE, GREEN, PINK, SKY, YELLOW, GREY = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#E69F00",
    "#767676",
)

_STYLE: dict[Any, Any] = {
    "axes.prop_cycle": cycler(color=[BLUE, ORANGE, GREEN, PINK, SKY]),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "figure.constrained_layout.use": True,
    "figure.dpi": 100,
    "legend.handlelength": 2.5,
    "font.size": 10,
    "legend.frameon": False,
}


@contextlib.contextmanager
def figure(
    *, width: float = 8.0, height: float = 3.0, rows: int = 1, columns: int = 1, **more
) -> Iterator[tuple[Figure, Any]]:
    """A figure in the course's style that is shown by :func:`show` alone, not by the kernel.

    Yields (figure, axes), as ``plt.subplots`` gives them. Sizes in inches.
    """
    with plt.rc_context(_STYLE):
        made, axes = plt.subplots(rows, columns, figsize=(width, height), **more)
        try:
            yield made, axes
        finally:
            plt.close(made)


def show(made: Figure, alt: str, caption: str = "") -> None:
    """Display a figure with its text alternative, and a caption that carries the arithmetic."""
    put(as_data(made, alt, caption))


def as_data(made: Figure, alt: str, caption: str) -> dict[str, str]:
    """A figure as text and HTML, for :func:`.output.put`."""
    below = f"<figcaption style='max-width:52em'>{escape(caption)}</figcaption>" if caption else ""
    html = f"<figure style='margin:0.5em 0'>{as_svg(made, alt)}{below}</figure>"
    text = f"[Figure: {alt}]" + (f"\n{caption}" if caption else "")
    return {"text/plain": text, "text/html": html}


def legend(axis: Axes, columns: int = 4) -> None:
    """A legend above the axes, where it covers nothing."""
    axis.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, borderaxespad=0.2)


def plain(value: float) -> str:
    """A number for a caption: at most two decimals, no trailing zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


class LiveLoss:
    """A loss function that shows, while a model trains, how far it is and how the loss falls.

    Wrap a loss function in it and give it to any training loop::

        watched = LiveLoss(nn.MSELoss(), epochs=20, batches=len(dataloader))
        train(model, dataloader, watched, optimizer, epochs=20)

    Drawn at most twice a second, and when the last batch has been seen.
    """

    def __init__(self, loss_function: Callable, epochs: int, batches: int):
        self.loss_function, self.epochs, self.batches = loss_function, epochs, batches
        self.losses: list[float] = []
        self._began = self._drawn = time.monotonic()
        self._live = Live()

    def __call__(self, *args: Any) -> Any:
        """The loss, which is noted down."""
        loss = self.loss_function(*args)
        self.losses.append(float(loss.detach()))
        done = len(self.losses) == self.epochs * self.batches
        if done or time.monotonic() - self._drawn > 0.5:
            self._draw(done)
            self._drawn = time.monotonic()
        return loss

    def _draw(self, done: bool) -> None:
        step, steps = len(self.losses), self.epochs * self.batches
        # Averages over whole epochs: what a training loop reports.
        rounds = [self.losses[i : i + self.batches] for i in range(0, step, self.batches)]
        means = [sum(r) / len(r) for r in rounds]
        axis: Axes
        with figure(height=2.4) as (made, axis):
            places = [(i + 1) / self.batches for i in range(step)]
            axis.plot(places, self.losses, ".", color="0.75", ms=3, label="each batch")
            ends = [min((i + 1) * self.batches, step) / self.batches for i in range(len(means))]
            axis.plot(ends, means, color=BLUE, lw=2, label="mean of an epoch")
            axis.set(xlabel="epoch", ylabel="loss", xlim=(0, self.epochs), ylim=(0, None))
            legend(axis)
            took = time.monotonic() - self._began
            said = (
                f"Epoch {min(-(-step // self.batches), self.epochs)} of {self.epochs}, "
                f"{min(step, steps)} of {steps} batches, {took:.1f} s. "
                f"Mean loss: {means[0]:.3g} in the first epoch, {means[-1]:.3g} in the last one."
            )
            data = as_data(made, "The loss of each batch, and the mean of each epoch.", said)
        bar = (
            f"<progress value='{min(step, steps)}' max='{steps}' style='width:32em;max-width:100%' "
            f"aria-label='training'></progress>"
        )
        data["text/html"] = bar + data["text/html"]
        self._live.put(data, done)


_WIDE = {"description_width": "11em"}


def slider(description: str, value: int, low: int, high: int, step: int = 1) -> ipw.IntSlider:
    """A labelled slider of whole numbers."""
    return ipw.IntSlider(
        value, low, high, step, description=description, style=_WIDE, layout={"width": "34em"}
    )


def choice(description: str, options: list, value: object = None) -> ipw.Dropdown:
    """A labelled drop-down list."""
    return ipw.Dropdown(
        options=options,
        value=value if value is not None else options[0],
        description=description,
        style=_WIDE,
        layout={"width": "34em"},
    )


def typed(description: str, value: str) -> ipw.Text:
    """A labelled text field, read when Enter is pressed or the field is left."""
    return ipw.Text(
        value=value,
        description=description,
        continuous_update=False,
        style=_WIDE,
        layout={"width": "34em"},
    )
