"""A contract for import-linter: lessons are found, not listed, and each stands by itself."""

from __future__ import annotations

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class Lessons(Contract):
    """What a lesson may import of its package. ``allowed``: besides the lesson's own folder.

    Settings: ``package``, and ``lessons``, how the names of their folders begin.
    """

    type_name = "lessons"

    package = fields.StringField()
    lessons = fields.StringField()
    allowed = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Look at every import of every module of a lesson."""
        wrong = []
        for module in sorted(graph.modules):
            root, _, rest = module.partition(".")
            own = f"{root}.{rest.partition('.')[0]}"
            if root != self.package or not rest.startswith(self.lessons):
                continue
            for imported in sorted(graph.find_modules_directly_imported_by(module)):
                ours = imported.partition(".")[0] in (self.package, "autograder")
                if ours and not _is_in(imported, [own, *self.allowed]):
                    wrong.append(f"{module} imports {imported}")
        return ContractCheck(kept=not wrong, metadata={"wrong": wrong})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Say which imports break it."""
        for sentence in check.metadata["wrong"]:
            output.print_error(sentence)


def _is_in(module: str, places: list[str]) -> bool:
    return any(module == place or module.startswith(f"{place}.") for place in places)
