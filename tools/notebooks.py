"""What the scripts and the tests know about a notebook: its digest, its title, its run card.

The digest covers what can change an output, and nothing else: the code cells, the modules of
rnnkit and rnnbook that they import (docstrings and comments removed, so that a corrected typo
does not re-run every chapter), the stored results that they read, and the pins of the packages
that compute and draw. `make execute` stores it; a check compares it.
"""

import ast
import hashlib
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import nbformat
import yaml

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "notebooks"
PACKAGES = {name: ROOT / "src" / name for name in ("rnnkit", "rnnbook", "rnncheck")}
STORED = PACKAGES["rnnbook"] / "stored"
PINNED = re.compile(r"(numpy|tensorflow|tensorflow-cpu|keras|matplotlib)==", re.MULTILINE)
MAX_SECONDS = 60
MAX_MB = 1500


def paths() -> list[Path]:
    return sorted(FOLDER.glob("*.ipynb"))


def contents() -> Iterator[tuple[str, list[str]]]:
    """Yield the parts of the book with their pages; the cover is a part without a name."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    yield "", [toc["root"]]
    for part in toc["parts"]:
        yield part["caption"], [chapter["file"] for chapter in part["chapters"]]


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def tags(cell) -> list[str]:
    return cell.metadata.get("tags", [])


def code_cells(notebook) -> list:
    """Return the code cells that count: all but the Colab cell, which runs nowhere else."""
    cells = (cell for cell in notebook.cells if cell.cell_type == "code")
    return [cell for cell in cells if "colab" not in tags(cell)]


def needs(notebook) -> list[str]:
    """Return the optional packages that its cells declare: `"rnnbook": {"needs": ["torch"]}`."""
    declared = (cell.metadata.get("rnnbook", {}).get("needs", []) for cell in notebook.cells)
    return sorted({name for names in declared for name in names})


def title(notebook) -> str:
    return re.search(r"^# (.+)$", notebook.cells[0].source, re.MULTILINE)[1].strip()


def imported(source: str) -> set[str]:
    """Return the modules of ours that code imports: "rnnkit.layers"; "rnnkit.*" is all of it."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found = [alias.name.split(".") for alias in node.names]
            names |= {".".join([*parts, "*"][:2]) for parts in found if parts[0] in PACKAGES}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            first, _, rest = node.module.partition(".")
            if first in PACKAGES:
                parts = {rest.split(".")[0]} if rest else {alias.name for alias in node.names}
                names |= {f"{first}.{part}" for part in parts}
    return names


def bare(source: str) -> str:
    """Return code without docstrings, comments and blank lines, the same on every Python."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and ast.get_docstring(node, clean=False) is not None
        ):
            text = node.body[0]
            lines[text.lineno - 1 : text.end_lineno] = [""] * (text.end_lineno - text.lineno + 1)
    return "\n".join(line.rstrip() for line in lines if line.strip())


def modules(notebook) -> dict[str, str]:
    """Return name and bare code of each module of ours that the notebook depends on."""
    everything = {
        f"{package}.{path.stem}": path.read_text("utf-8")
        for package, folder in PACKAGES.items()
        for path in folder.glob("*.py")
    }
    found: dict[str, str] = {}
    todo = imported(plain_code(notebook))
    while todo:
        name = todo.pop()
        package, _, module = name.partition(".")
        if module == "*":
            todo |= {x for x in everything if x.startswith(f"{package}.")}
        elif name not in found:
            # A name that is no module of its own (`from rnnkit import __version__`).
            name = name if name in everything else f"{package}.__init__"
            if name not in found:
                found[name] = bare(everything[name])
                todo |= set() if module == "__init__" else imported(everything[name])
    return dict(sorted(found.items()))


def without_magics(code: str) -> str:
    """Return code that Python can parse."""
    return re.sub(r"^(\s*)[%!].*", r"\1pass", code, flags=re.MULTILINE)


def plain_code(notebook) -> str:
    """Return the code that counts, as one text."""
    return without_magics("\n".join(cell.source for cell in code_cells(notebook)))


def stored(notebook) -> list[Path]:
    """Return the stored results that a notebook reads.

    They are found by the names it gives to rnnbook.results: `table("runs")`,
    `weights("runs", …)`, `load(model, "runs", …)`.
    """
    names = set()
    for node in ast.walk(ast.parse(plain_code(notebook))):
        if isinstance(node, ast.Call):
            function = getattr(node.func, "attr", getattr(node.func, "id", ""))
            place = {"table": 0, "weights": 0, "load": 1}.get(function)
            if place is not None and len(node.args) > place:
                argument = node.args[place]
                names |= {argument.value} if isinstance(argument, ast.Constant) else set()
    return sorted(path for path in STORED.glob("*") if path.stem in names)


def digest(notebook) -> str:
    used = modules(notebook)
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    pins = [line for line in lock.splitlines() if PINNED.match(line)]
    if "rnnkit.datasets" in used:
        pins.append((ROOT / "requirements-data.txt").read_text("utf-8").strip())
    code = [cell.source.strip() for cell in code_cells(notebook)]
    # Tables are read as text: how a checkout ends its lines changes nothing.
    tables = [
        path.read_bytes().replace(b"\r\n", b"\n") if path.suffix == ".csv" else path.read_bytes()
        for path in stored(notebook)
    ]
    everything = "\0".join([*code, *used, *used.values(), *pins]).encode()
    return hashlib.sha256(everything + b"".join(tables)).hexdigest()[:16]


def is_stale(notebook) -> bool:
    return notebook.metadata.get("rnnbook", {}).get("digest") != digest(notebook)
