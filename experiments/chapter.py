"""A chapter's own code: the cells tagged `shared`, and nothing else of it.

A chapter defines its data, networks and scores once; its experiment runs those very cells.
"""

from functools import cache
from pathlib import Path
from typing import Any

import nbformat

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


def cells(name: str) -> list[str]:
    """Return the code of the shared cells of a chapter, in their order."""
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    found = [cell.source for cell in notebook.cells if "shared" in cell.metadata.get("tags", [])]
    if not found:
        raise ValueError(f"chapter {name} has no cell tagged 'shared'")
    return found


@cache
def shared(name: str) -> dict[str, Any]:
    """Run the shared cells of a chapter and return what they define."""
    found: dict[str, Any] = {"__name__": name}
    for number, source in enumerate(cells(name)):
        exec(compile(source, f"{name}, shared cell {number}", "exec"), found)
    return found


def readers(table: str) -> list[str]:
    """Return the numbers of the chapters whose code names a stored table."""
    paths = sorted(NOTEBOOKS.glob("*.ipynb"))
    names = [p.stem for p in paths if f'\\"{table}\\"' in p.read_text("utf-8")]
    return [".".join(name.split("_")[:2]).lstrip("0") for name in names]
