"""What the scripts and the tests know about a notebook: its digest, its title, its run card.

The digest covers what can change an output: the code cells, the modules of rnnkit that they import
(docstrings and comments removed, so that a corrected typo does not re-run every chapter), the
scripts and stored results that they use, and the pins of the packages that compute and draw.
`make execute` stores it; a check compares it.
"""

import ast
import hashlib
import io
import re
import tokenize
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "notebooks"
PACKAGE = ROOT / "src" / "rnnkit"
TOOLS = ROOT / "tools"
RESULTS = ROOT / "results"
BENCHMARKS = ROOT / "benchmarks" / "results.csv"
PINNED = re.compile(r"(numpy|tensorflow|tensorflow-cpu|keras|matplotlib)==", re.MULTILINE)
MAX_SECONDS = 60
MAX_MB = 1500


def paths() -> list[Path]:
    return sorted(FOLDER.glob("*.ipynb"))


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def tags(cell) -> list[str]:
    return cell.metadata.get("tags", [])


def code_cells(notebook) -> list:
    """Return the code cells that count: all but the Colab cell, which runs nowhere else."""
    cells = (cell for cell in notebook.cells if cell.cell_type == "code")
    return [cell for cell in cells if "colab" not in tags(cell)]


def title(notebook) -> str:
    return re.search(r"^# (.+)$", notebook.cells[0].source, re.MULTILINE)[1].strip()


def imported(source: str) -> set[str]:
    """Return the modules of rnnkit that a piece of code imports; "*" stands for all of them."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for name in (a.name for a in node.names if a.name.split(".")[0] == "rnnkit"):
                names.add(name.split(".")[1] if "." in name else "*")
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            first, _, rest = node.module.partition(".")
            if first == "rnnkit":
                names |= {rest.split(".")[0]} if rest else {a.name for a in node.names}
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
    """Return name and bare code of each module of rnnkit the notebook depends on."""
    everything = {path.stem: path.read_text("utf-8") for path in PACKAGE.glob("*.py")}
    found: dict[str, str] = {}
    code = "\n".join(cell.source for cell in code_cells(notebook))
    todo = imported(re.sub(r"^(\s*)[%!].*", r"\1pass", code, flags=re.MULTILINE))
    while todo:
        name = todo.pop()
        if name == "*":
            todo |= set(everything)
        elif name not in found:
            # A name that is no module of its own (`from rnnkit import __version__`).
            name = name if name in everything else "__init__"
            if name not in found:
                found[name] = bare(everything[name])
                todo |= set() if name == "__init__" else imported(everything[name])
    return dict(sorted(found.items()))


def scripts(code: str) -> dict[str, str]:
    """Return name and bare code of the scripts of tools/ that code imports, and those they do."""
    found: dict[str, str] = {}
    for path in sorted(TOOLS.glob("*.py")):
        if re.search(rf"\bimport {path.stem}\b", code):
            text = bare(path.read_text("utf-8"))
            found |= {path.stem: text} | scripts(text)
    return found


def results(code: str) -> list[Path]:
    """Return the stored results that code names: by their stem, since paths are composed."""
    found = [path for path in sorted(RESULTS.glob("*")) if re.search(rf"\b{path.stem}\b", code)]
    return [*found, BENCHMARKS] if "benchmarks/results.csv" in code else found


def digest(notebook) -> str:
    used = modules(notebook)
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    pins = [line for line in lock.splitlines() if PINNED.match(line)]
    if "datasets" in used:
        pins.append((ROOT / "requirements-data.txt").read_text("utf-8").strip())
    code = [cell.source.strip() for cell in code_cells(notebook)]
    beside = scripts("\n".join(code))
    tables = results("\n".join([*code, *beside.values()]))
    everything = "\0".join([*code, *used, *used.values(), *pins, *beside.values()]).encode()
    stored = b"".join(path.read_bytes() for path in tables)
    return hashlib.sha256(everything + stored).hexdigest()[:16]


def is_stale(notebook) -> bool:
    return notebook.metadata.get("rnnbook", {}).get("digest") != digest(notebook)
