"""Stand-ins for what is simply there in Colab, and computes nothing that an answer returns.

A progress bar hands on what it is given, TensorBoard's writer takes everything, and torch without
a graphics card computes where it can. Any other package that is missing is named to the student
(``notebook.Notebook.describe``).
"""

from __future__ import annotations

import re
import types
from typing import Any

from .notebook import Anything

PROGRESS = "tqdm"
WRITERS = ("torch.utils.tensorboard", "tensorboardX")


def stand_in(name: str, with_torch: bool) -> types.ModuleType | None:
    """The stand-in for a module of that name, if there is one."""
    if name.partition(".")[0] == PROGRESS:
        return Progress(name)
    if name.startswith(WRITERS[0]) and not with_torch:
        return None  # a part of what is not there
    return Writers(name) if name.startswith(WRITERS) else None


# ── progress bars ───────────────────────────────────────────────────────────


class tqdm:  # the name that students write
    """A bar that draws nothing: it gives what it was given, and counts."""

    monitor_interval = 0

    def __init__(self, iterable: Any = None, desc: Any = None, total: Any = None, *_: Any, **more):
        if total is None and hasattr(iterable, "__len__"):
            total = len(iterable)
        self.iterable, self.desc, self.total = iterable, desc, total
        self.n = self.initial = more.get("initial", 0)
        self.disable, self.leave, self.unit = False, True, more.get("unit", "it")
        self.format_dict = {"n": self.n, "total": total, "elapsed": 0.0, "rate": None}

    def __iter__(self) -> Any:
        for one in self.iterable:
            yield one
            self.n += 1

    def __len__(self) -> int:
        return len(self.iterable) if self.iterable is not None else self.total or 0

    def __bool__(self) -> bool:
        return self.total is None or self.total > 0

    def __contains__(self, item: Any) -> bool:
        return item in self.iterable

    def __reversed__(self) -> Any:
        return reversed(self.iterable)

    def __enter__(self) -> tqdm:
        return self

    def __exit__(self, *problem: Any) -> None:
        return None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return _nothing  # set_postfix, set_description, refresh, close, …

    def update(self, n: float = 1) -> None:
        """Count on."""
        self.n += n

    def reset(self, total: Any = None) -> None:
        """Count from the beginning."""
        self.n, self.total = 0, self.total if total is None else total

    @classmethod
    def wrapattr(cls, stream: Any, *_: Any, **__: Any) -> Any:
        """A file, with a bar for what is read of it."""
        return Shown(stream)

    write = pandas = set_lock = get_lock = external_write_mode = staticmethod(
        lambda *_, **__: Anything()
    )


class Shown:
    """``with tqdm.wrapattr(file, …) as file``."""

    def __init__(self, stream: Any):
        self.stream = stream

    def __enter__(self) -> Any:
        return self.stream

    def __exit__(self, *problem: Any) -> None:
        return None


def _nothing(*_: Any, **__: Any) -> None:
    return None


def _trange(*limits: Any, **more: Any) -> tqdm:
    return tqdm(range(*limits), **more)


def _map(function: Any, *iterables: Any, **_: Any) -> Any:
    return map(function, *iterables)


def _enumerate(iterable: Any, start: int = 0, **_: Any) -> Any:
    return enumerate(iterable, start)


def _zip(*iterables: Any, **_: Any) -> Any:
    return zip(*iterables, strict=False)


def _list_of(function: Any, *iterables: Any, **_: Any) -> list[Any]:
    return list(map(function, *iterables))


class Progress(types.ModuleType):
    """``tqdm`` and all its parts: auto, notebook, contrib and the rest have the same names."""

    def __init__(self, name: str):
        super().__init__(name)
        self.__path__: list[str] = []
        self.__version__ = "4.67.1"
        self.tqdm = self.tqdm_notebook = self.tqdm_gui = self.tqdm_pandas = self.tqdm_asyncio = tqdm
        self.trange = self.tnrange = self.tgrange = self.tarange = _trange
        self.tenumerate, self.tzip, self.tmap = _enumerate, _zip, _map
        self.thread_map = self.process_map = _list_of
        for warning in ("TqdmWarning", "TqdmExperimentalWarning", "TqdmDeprecationWarning"):
            setattr(self, warning, type(warning, (Warning,), {}))

    def __getattr__(self, name: str) -> Any:
        if name in ("auto", "notebook", "autonotebook", "std", "contrib", "asyncio", "concurrent"):
            return Progress(f"{self.__name__}.{name}")
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")


# ── TensorBoard ─────────────────────────────────────────────────────────────


class Writers(types.ModuleType):
    """``torch.utils.tensorboard``: what is written is for people to look at."""

    def __init__(self, name: str):
        super().__init__(name)
        self.__path__: list[str] = []
        self.SummaryWriter = self.FileWriter = self.RecordWriter = Writer


class Writer(Anything):
    """A writer that writes nothing."""

    def __init__(self, *_: Any, **__: Any):
        """Takes every argument of the real one."""


# ── no graphics card ────────────────────────────────────────────────────────


def without_a_card() -> None:
    """Let ``torch.set_default_device("cuda")``, right in Colab, mean where torch can compute.

    ``with torch.device("cuda")`` too, and to wait for the card is to do nothing.
    """
    import torch
    from torch.utils._device import DeviceContext

    real = DeviceContext.__init__
    DeviceContext.__init__ = lambda self, device: real(self, _here(device))
    torch.cuda.synchronize = _nothing


def read_for_cards(source: str) -> None:
    """Let a card that a cell names, as ``x.to("cuda")`` does, mean where torch can compute.

    Right at home with a card is right here. From this cell on: each of torch's functions takes
    longer by it, so that notebooks which name none go without.
    """
    if not _A_CARD.search(source):
        return
    import torch
    from torch.overrides import TorchFunctionMode

    to_a_card = (torch.Tensor.cuda, torch.Tensor.xpu)

    class Here(TorchFunctionMode):
        def __torch_function__(
            self, function: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            kwargs = kwargs or {}
            if function is torch.device:  # named, and not yet used
                return function(*args, **kwargs)
            if function in to_a_card:
                return args[0].cpu()
            return function(*map(_here, args), **{k: _here(v) for k, v in kwargs.items()})

    Here().__enter__()  # for good: the process ends with the submission


def _here(value: Any) -> Any:
    """A device; where it is a card, the processor. Any other value as it is."""
    import torch

    is_card = isinstance(value, (str, torch.device)) and _DEVICE.fullmatch(str(value))
    return torch.device("cpu") if is_card else value


_DEVICE = re.compile(r"(cuda|mps|xpu)(:\d+)?")
_A_CARD = re.compile(rf"""["']{_DEVICE.pattern}["']|\.(cuda|xpu)\(""")
