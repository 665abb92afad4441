"""The notebooks keep the rules, and each rule catches what it is there for."""

import copy
import json
from pathlib import Path

import nbformat
import pytest
import rules
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import notebooks

PNG = {"image/png": "iVBORw0KGgo="}
SOLUTION = {"tags": ["hide-cell"], "jupyter": {"source_hidden": True}, "cellView": "form"}
CASES = [
    pytest.param(path, rule, id=f"{path.stem}-{rule.__name__}")
    for path in notebooks.paths()
    for rule in rules.rules_for(path)
]


@pytest.mark.parametrize(("path", "rule"), CASES)
def test_notebook_keeps_the_rule(path, rule):
    faults = list(rule(notebooks.read(path), path))
    assert not faults, "\n".join(faults)


# ---------------------------------------------------------------- tests of the rules

PATH = notebooks.FOLDER / "03_1_forward.ipynb"
TITLE = """\
# 3.1 Forward

You will build the forward pass.

**After this chapter you can**

- compute a step
- compute a sequence
- say why

**Prerequisites** Chapter 2.

**Time** about 20 minutes to read, about 10 seconds to run."""
COLAB = 'import sys\n\nif "google.colab" in sys.modules:  # in Colab\n    %pip install -q x'
SETUP = """\
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import keras
import numpy as np

from rnnkit import simple_rnn

rng = np.random.default_rng(0)"""


def good():
    """Return a notebook that keeps every rule."""
    figure = new_output("display_data", data=PNG)
    cells = [
        new_markdown_cell(TITLE),
        new_code_cell(COLAB, metadata={"tags": ["colab"]}),
        new_code_cell(SETUP),
        new_markdown_cell("## A step\n\nAs in $h_{t-1}$ and `W_h`:\n\n$$\nh = a \\tag{3.1}\n$$"),
        new_code_cell("print(1)", outputs=[new_output("stream", name="stdout", text="1\n")]),
        new_code_cell(
            "plt.plot(x)\nplt.show()",
            metadata={"mystnb": {"image": {"alt": "The loss falls from 1.0 to 0.2."}}},
            outputs=[figure],
        ),
        new_markdown_cell("## The same in Keras"),
        new_markdown_cell("## Pitfalls\n\n- [A file](../README.md)"),
        new_markdown_cell("## Exercises"),
    ]
    for k in range(1, 5):
        hint = "<details><summary>Hint</summary>\n\nThink.\n\n</details>"
        cells += [
            new_markdown_cell(f"### Exercise {k} ★★\n\nDo it.\n\n{hint}"),
            new_code_cell(f"# @title Solution {k}\nassert True", metadata=SOLUTION),
        ]
    cells += [new_markdown_cell("## Summary\n\n- Done."), new_markdown_cell("## Next\n\nMore.")]
    notebook = new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    for k, cell in enumerate((c for c in cells if c.cell_type == "code"), start=1):
        cell.execution_count = k
    card = {"digest": notebooks.digest(notebook), "seconds": 9.0, "peak_mb": 700}
    notebook.metadata["rnnbook"] = card
    return notebook


def faults(notebook):
    return {rule.__name__ for rule in rules.rules_for(PATH) for fault in rule(notebook, PATH)} - {
        "fresh"
    }


def test_good_notebook_has_no_fault():
    notebook = good()
    assert faults(notebook) == set()
    assert list(rules.fresh(notebook, PATH)) == []


def replace(cell, old, new):
    def plant(notebook):
        assert old in notebook.cells[cell].source
        notebook.cells[cell].source = notebook.cells[cell].source.replace(old, new)

    return plant


def add(cell, **metadata):
    def plant(notebook):
        notebook.cells[cell].metadata.update(metadata)

    return plant


def append(cell, text):
    def plant(notebook):
        notebook.cells[cell].source += text

    return plant


def output(cell, **values):
    def plant(notebook):
        notebook.cells[cell].outputs.append(new_output(**values))

    return plant


def card(**values):
    def plant(notebook):
        notebook.metadata["rnnbook"].update(values)

    return plant


def drop(cell):
    def plant(notebook):
        del notebook.cells[cell]

    return plant


def out(text):
    return output(4, output_type="stream", name="stdout", text=text)


def swap_sections(notebook):
    notebook.cells[6], notebook.cells[7] = notebook.cells[7], notebook.cells[6]


PLANTED = [
    ("plain_markdown", append(3, "\n\n```{note}\nx\n```")),
    ("plain_markdown", append(3, "\n\n:::note\nx\n:::")),
    ("plain_markdown", append(3, "\n\n(label)=")),
    ("plain_markdown", append(3, "\n\nSee {ref}`this`.")),
    ("plain_markdown", append(3, "\n\n$$x$$ (eq-one)")),
    ("one_line_paragraphs", append(3, "\n\nOne line\nand another.")),
    ("one_title", append(3, "\n\n# Second")),
    ("one_title", append(3, "\n\n#### Deep")),
    ("unique_equation_numbers", append(3, "\n\n$$x \\tag{3.1}$$")),
    ("links_lead_somewhere", append(3, "\n\n[x](nowhere.md)")),
    ("plain_words", append(3, "\n\nThis is Simply so.")),
    ("article_is_not_named", append(3, "\n\nAs in the article.")),
    ("short_cells", append(4, "\nx = 1" * 30)),
    ("no_magics", append(4, "\n%time x")),
    ("no_magics", append(4, "\nif x:\n    !ls")),
    ("no_network", append(4, "\nimport urllib.request")),
    ("colab_cell_is_guarded", drop(1)),
    ("colab_cell_is_guarded", replace(1, "    %pip", "%pip")),
    ("quiet_tensorflow", replace(2, 'os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")', "")),
    ("quiet_tensorflow", append(4, "\nimport keras")),
    ("seeded", append(4, "\nrng = np.random.default_rng()")),
    ("no_widget_bars", append(4, "\nfrom tqdm.auto import tqdm")),
    ("no_removed_cells", add(4, tags=["remove-cell"])),
    ("unpinned_output_is_asserted", add(4, tags=["nbval-ignore-output"])),
    ("figures_have_alt_text", add(5, mystnb={})),
    ("figures_have_alt_text", add(5, mystnb={"image": {"alt": "Figure with the loss curve"}})),
    ("figures_have_alt_text", output(5, output_type="display_data", data=PNG)),
    ("figures_have_alt_text", replace(5, "\nplt.show()", ";")),
    ("portable_outputs", out("/home/me/x.py\n")),
    ("portable_outputs", out("2026-01-02 03:04\n")),
    ("portable_outputs", out("<object at 0x7f12345678>\n")),
    ("portable_outputs", output(4, output_type="stream", name="stderr", text="warning")),
    ("portable_outputs", output(4, output_type="error", ename="E", evalue="", traceback=[])),
    ("executed_in_order", lambda notebook: notebook.cells[4].update(execution_count=7)),
    ("within_limits", card(seconds=61)),
    ("within_limits", card(peak_mb=1501)),
    ("tidy_metadata", lambda notebook: notebook.metadata.update(widgets={})),
    ("numbered_title", replace(0, "# 3.1", "# 3.2")),
    ("complete_header", replace(0, "**Prerequisites**", "Before")),
    ("complete_header", replace(0, "- say why", "")),
    ("complete_header", replace(0, "20 minutes", "50 minutes")),
    ("complete_header", card(seconds=21)),
    ("closing_sections", replace(7, "## Pitfalls", "## Traps")),
    ("closing_sections", swap_sections),
    ("exercises", replace(9, "### Exercise", "#### Exercise")),
    ("exercises", replace(9, "★★", "")),
    ("exercises", replace(9, "<details>", "")),
    ("exercises", drop(10)),
    ("solutions_are_folded", add(10, cellView="")),
    ("solutions_are_folded", replace(10, "# @title", "# title")),
]


@pytest.mark.parametrize(
    ("rule", "plant"), [pytest.param(r, p, id=f"{r}-{k}") for k, (r, p) in enumerate(PLANTED)]
)
def test_rule_catches_a_planted_fault(rule, plant):
    notebook = good()
    plant(notebook)
    assert rule in faults(notebook)


def test_every_rule_is_tested():
    assert {r.__name__ for r in rules.EVERY + rules.CHAPTER} == {r for r, _ in PLANTED} | {"fresh"}


def test_page_outside_the_chapters_needs_no_exercises():
    assert rules.exercises not in rules.rules_for(Path("errata.ipynb"))


# ---------------------------------------------------------------- the digest


def test_digest_changes_with_the_code_of_a_cell():
    notebook = good()
    before = notebooks.digest(notebook)
    notebook.cells[4].source = "print(2)"
    assert notebooks.digest(notebook) != before
    assert list(rules.fresh(notebook, PATH))


def test_digest_ignores_text_outputs_and_colab_cell():
    notebook = good()
    before = notebooks.digest(notebook)
    notebook.cells[0].source += "!"
    notebook.cells[1].source += "  # address"
    notebook.cells[4].outputs = []
    assert notebooks.digest(notebook) == before


def test_digest_follows_the_modules_that_are_imported(tmp_path, monkeypatch):
    for name in ("__init__", "simple_rnn", "activations", "layers"):
        (tmp_path / f"{name}.py").write_text('"""Doc."""\n')
    (tmp_path / "simple_rnn.py").write_text("from rnnkit import activations\n")
    monkeypatch.setattr(notebooks, "PACKAGE", tmp_path)
    notebook = good()
    assert list(notebooks.modules(notebook)) == ["activations", "simple_rnn"]
    before = notebooks.digest(notebook)
    (tmp_path / "layers.py").write_text("x = 1\n")
    (tmp_path / "activations.py").write_text('"""Another text."""\n\n# and a comment\n')
    assert notebooks.digest(notebook) == before
    (tmp_path / "activations.py").write_text("x = 1\n")
    assert notebooks.digest(notebook) != before


def test_digest_follows_the_scripts_and_stored_results_that_are_used(tmp_path, monkeypatch):
    monkeypatch.setattr(notebooks, "TOOLS", tmp_path)
    monkeypatch.setattr(notebooks, "RESULTS", tmp_path / "results")
    (tmp_path / "results").mkdir()
    notebook = good()
    before = notebooks.digest(notebook)
    (tmp_path / "task.py").write_text("import base\nTABLE = 'lags.csv'\n")
    (tmp_path / "base.py").write_text("x = 1\n")
    (tmp_path / "results" / "lags.csv").write_text("1\n")
    assert notebooks.digest(notebook) == before  # nothing uses them
    notebooks.code_cells(notebook)[-1].source += "\nimport task\n"
    for name, text in (
        ("task.py", "import base\nT = 'lags.csv'"),
        ("base.py", "x = 2"),
        ("results/lags.csv", "2"),
    ):
        before = notebooks.digest(notebook)
        (tmp_path / name).write_text(text)
        assert notebooks.digest(notebook) != before, name


def test_bare_code_keeps_strings_that_are_no_docstrings():
    source = '"""Doc."""\nx = "# no"  # comment\n\ndef f():\n    """Doc."""\n    return """s"""\n'
    assert notebooks.bare(source) == 'x = "# no"\ndef f():\n    return """s"""'


def test_stored_notebooks_are_valid():
    for path in notebooks.paths():
        nbformat.validate(copy.deepcopy(notebooks.read(path)))
        assert json.loads(path.read_text("utf-8"))["nbformat"] == 4
