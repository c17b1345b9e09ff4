"""The first lines that run inside: ``python FOLDER SOCKET_FD PACKAGES FLAVOUR CONFINED FILE…``.

They make a package of the files in this folder and of a few of cnnlab's, whose paths are given (a
module after those that it imports; a folder's is its ``__init__``), and hand over to ``runner``.
Nothing of it stays where student code would meet it by a name: ``import wire`` or ``import
notebook`` finds what it finds in Jupyter.
"""

import importlib
import importlib.util
import os
import sys
from types import ModuleType

NAME = "inside"


def load(name: str, path: str, inside: list[str] | None = None) -> ModuleType:
    """A module from a file, whatever folder it is in. inside: the folders of a package."""
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=inside)
    assert spec is not None and spec.loader is not None  # for files there always are
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(control: str, packages: str, flavour: str, confined: str, *cnnlabs: str) -> None:
    """Import what is ours, forget its names, and wait for submissions."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [p for p in sys.path if os.path.abspath(p) != here]
    if packages:
        sys.path.append(packages)
    package = load(NAME, os.path.join(here, "__init__.py"), [here])
    for path in cnnlabs:
        folder, file = os.path.split(path)
        inner = file == "__init__.py"
        name = os.path.basename(folder) if inner else os.path.splitext(file)[0]
        vars(package)[name] = load(f"{NAME}.{name}", path, [folder] if inner else None)
    runner = importlib.import_module(f"{NAME}.runner")
    for name in [n for n in sys.modules if n.partition(".")[0] == NAME]:
        del sys.modules[name]
    runner.main(int(control), flavour, confined == "confined")


if __name__ == "__main__":
    main(*sys.argv[1:])
