"""Promises of the repository: sizes, imports, pins, addresses, pages."""

import ast
import io
import re
import subprocess
import sys
import tokenize
import tomllib

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import execute
import generated
import notebooks
import rnncheck
import set_address

ROOT = notebooks.ROOT
MODULES = sorted(notebooks.PACKAGES["rnnkit"].glob("*.py"))
PUBLIC = [path.stem for path in MODULES if not path.stem.startswith("_")]
READABLE = {"simple_rnn", "clipping", "gradcheck"}
CORE = {"simple_rnn", "lstm", "gru", "clipping", "attention", "initializers", "gradcheck"}
SUPPORT = {"datasets", "plotting", "keras_bridge"}  # around the networks: data, figures, Keras
NOT_CODE = {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def code_lines(path):
    """Count the lines that hold code: no blank lines, comments or docstrings."""
    source = notebooks.bare(path.read_text("utf-8"))
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return len(
        {n for t in tokens if t.type not in NOT_CODE for n in range(t.start[0], t.end[0] + 1)}
    )


def docstring_lines(path):
    """Count the lines of all docstrings."""
    texts = [
        node.body[0]
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and ast.get_docstring(node) is not None
    ]
    return sum(text.end_lineno - text.lineno + 1 for text in texts)


def imports(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


# ---------------------------------------------------------------- rnnkit


def test_networks_stay_small():
    assert sum(code_lines(path) for path in MODULES if path.stem not in SUPPORT) <= 1800


def test_support_modules_stay_small():
    assert sum(code_lines(path) for path in MODULES if path.stem in SUPPORT) <= 300


def test_recurrent_core_stays_readable():
    assert sum(code_lines(path) for path in MODULES if path.stem in READABLE) <= 350


@pytest.mark.parametrize("name", sorted(CORE | {"_recurrence"}))
def test_docstrings_of_the_core_are_no_longer_than_its_code(name):
    path = notebooks.PACKAGES["rnnkit"] / f"{name}.py"
    assert docstring_lines(path) <= code_lines(path)


def test_code_lines_counts_code_only(tmp_path):
    path = tmp_path / "x.py"
    path.write_text(
        '"""Doc.\n\nMore."""\n\n# comment\nx = (1,\n     2)  # three\n\ndef f():\n    "D."\n'
    )
    assert code_lines(path) == 3
    assert docstring_lines(path) == 4


@pytest.mark.parametrize("path", MODULES, ids=lambda x: x.stem)
def test_module_imports_only_what_it_may(path):
    allowed = {
        "plotting": {"matplotlib"},
        "keras_bridge": {"keras"},
        "training": {"tqdm"},
        "datasets": {"pandas"},
    }
    known = {"numpy", "rnnkit", "__future__"} | allowed.get(path.stem, set())
    assert set(imports(path)) - known <= sys.stdlib_module_names


def test_import_pulls_in_neither_keras_nor_matplotlib():
    code = "import rnnkit, sys; print(*{'keras', 'tensorflow', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


# ---------------------------------------------------------------- rnncheck

CHECK = sorted(notebooks.PACKAGES["rnncheck"].glob("*.py"))
GRADER = {"grade", "report", "sandbox", "submissions"}  # what a reader in a notebook never loads
COURSES = {p.stem for p in CHECK if p.stem.removesuffix("_formulas") in rnncheck.ASSIGNMENTS}


def test_the_judge_and_the_grader_stay_small():
    parts = {path.stem: code_lines(path) for path in CHECK}
    assert sum(n for name, n in parts.items() if name not in GRADER | COURSES) <= 470
    assert sum(n for name, n in parts.items() if name in GRADER) <= 550
    assert all(parts[name] <= 300 for name in COURSES)


@pytest.mark.parametrize("path", CHECK, ids=lambda x: x.stem)
def test_the_judge_imports_numpy_only(path):
    assert set(imports(path)) - {"numpy", "rnncheck"} <= sys.stdlib_module_names


def test_the_worker_needs_nothing_of_the_judge():
    worker = next(path for path in CHECK if path.stem == "worker")
    assert "rnncheck" not in set(imports(worker))


def test_checks_load_nothing_that_a_browser_lacks():
    code = (
        "import sys\nfor name in ('subprocess', 'socket', 'resource', 'keras'):\n"
        "    sys.modules[name] = None\n"
        "from rnncheck import check\ncheck.outputs(lambda h, W_y, b_y: h @ W_y + b_y)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "4 of 4" in done.stdout


# ---------------------------------------------------------------- pins

PIN = re.compile(r"^([\w.-]+)==([\w.]+)", re.MULTILINE)


def pins(name):
    return dict(PIN.findall((ROOT / name).read_text("utf-8")))


def test_lock_is_in_step_with_the_requirements():
    direct, locked = pins("requirements.txt"), pins("requirements.lock")
    assert direct.items() <= locked.items(), "run make lock"


def test_everything_is_pinned():
    for name in ("requirements.txt", "requirements.lock", "requirements-data.txt"):
        for line in (ROOT / name).read_text("utf-8").splitlines():
            assert not line or line.startswith("#") or line == "-e ." or PIN.match(line), line


def test_lock_names_no_machine():
    text = (ROOT / "requirements.lock").read_text("utf-8")
    assert not re.search(r"https?://|file:|--find-links|--(extra-)?index|/home|/root|/opt", text)


def test_data_extra_is_the_pinned_data():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    data = dict(PIN.findall("\n".join(extras["optional-dependencies"]["data"])))
    assert data == pins("requirements-data.txt")


# ---------------------------------------------------------------- the book


def toc_pages():
    text = (ROOT / "_toc.yml").read_text("utf-8")
    return [x.strip() for x in re.findall(r"(?:file|root): *(\S+)", text)]


def test_contents_name_only_pages_that_exist():
    for page in toc_pages():
        assert any((ROOT / f"{page}{suffix}").exists() for suffix in (".md", ".ipynb")), page


def test_contents_name_every_page_once():
    pages = [*notebooks.paths(), *(ROOT / "book").glob("*.md")]
    there = [path.relative_to(ROOT).with_suffix("").as_posix() for path in pages]
    assert sorted(there) == sorted(toc_pages())


def test_api_page_shows_every_module():
    shown = re.findall(r"automodule:: rnnkit\.(\w+)", (ROOT / "book/api.md").read_text("utf-8"))
    assert sorted(shown) == PUBLIC


def test_run_cards_are_those_of_the_notebooks():
    assert execute.CARDS.read_text("utf-8") == execute.cards(), "run make execute"


def test_assets_load_one_short_script():
    (script,) = (ROOT / "book" / "_static").rglob("*.js")
    assert script.name == "book.js" and script.stat().st_size < 4000


# ---------------------------------------------------------------- address


def test_set_address_carries_it_everywhere(tmp_path, monkeypatch):
    cell = new_code_cell("", metadata={"tags": ["colab"]})
    notebook = new_notebook(cells=[new_markdown_cell("# T"), cell])
    nbformat.write(notebook, tmp_path / "a.ipynb")
    (tmp_path / "_config.yml").write_text(generated.CONFIG.read_text("utf-8"), "utf-8")
    monkeypatch.setattr(generated, "CONFIG", tmp_path / "_config.yml")
    monkeypatch.setattr(notebooks, "FOLDER", tmp_path)
    monkeypatch.setattr(sys, "argv", ["set_address.py", "https://github.com/me/my.book/"])
    set_address.main()
    assert generated.address() == "https://github.com/me/my.book"
    stored = notebooks.read(tmp_path / "a.ipynb").cells[1].source
    assert '"rnnkit @ git+https://github.com/me/my.book"' in stored


@pytest.mark.parametrize(
    "url", ["", "me/book", "https://example.org/me/book", "https://github.com"]
)
def test_set_address_refuses_what_is_no_repository(url, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["set_address.py", url])
    with pytest.raises(SystemExit, match="expected"):
        set_address.main()


# ---------------------------------------------------------------- storing a notebook


def test_clean_removes_what_differs_between_runs():
    cell = new_code_cell("print()", metadata={"execution": {"iopub.execute_input": "now"}})
    parts = [{"output_type": "stream", "name": "stdout", "text": x} for x in ("a", "b")]
    cell.outputs = nbformat.from_dict(parts)
    notebook = new_notebook(cells=[cell])
    notebook.metadata.language_info = {"name": "python", "version": "3.11.7"}
    execute.clean(notebook)
    assert cell.metadata == {} and [x.text for x in cell.outputs] == ["ab"]
    assert notebook.metadata.language_info == {"name": "python"}
    assert notebook.metadata.kernelspec.name == "python3"


def test_binder_gets_a_part_of_the_lock_with_all_that_the_chapters_import():
    def lines(name):
        text = (ROOT / name).read_text("utf-8")
        return {x.split(" ;")[0] for x in text.splitlines() if x and not x.startswith("#")}

    ours, whole = lines("binder/requirements.txt"), lines("requirements.lock")
    assert ours < whole
    chapters = (ROOT / "requirements.txt").read_text("utf-8").split("# What builds")[0]
    wanted = {x.split(";")[0].strip() for x in chapters.splitlines() if "==" in x}
    assert wanted - ours == {"tensorflow==2.21.0"}, "Linux on x86-64 takes tensorflow-cpu"
