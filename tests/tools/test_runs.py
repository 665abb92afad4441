"""The shared runner: tables that can be continued, and a chapter's own cells."""

import re

import numpy as np
import pytest

import notebooks
import runs


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "RESULTS", tmp_path / "results")
    return lambda: runs.Table("t", ("model", "seed", "bits"), keys=2)


def test_a_run_that_is_there_is_known_after_a_restart(table):
    first = table()
    assert not first.has("gru", 0)
    first.add("gru", 0, 1.23456)
    assert first.has("gru", 0) and not first.has("gru", 1)
    again = table()
    assert again.has("gru", 0) and not again.has("lstm", 0)
    assert again.rows() == [
        {"model": "gru", "seed": "0", "bits": "1.2346", "numpy": np.__version__}
    ]


def test_a_run_named_by_a_number_is_known_after_a_restart(table):
    table().add("gru", 0.5, 1.0)
    assert table().has("gru", 0.5) and not table().has("gru", 0.25)


def test_the_table_begins_with_its_command(table):
    text = table().path.read_text("utf-8").splitlines()
    assert text[0].startswith("# made by: python tools/") and text[1] == "model,seed,bits,numpy"


def test_a_row_of_another_length_is_refused(table):
    with pytest.raises(ValueError, match="2 values"):
        table().add("gru", 0)
    assert table().rows() == []


def _chapter(folder, *cells):
    notebook = notebooks.nbformat.v4.new_notebook(
        cells=[notebooks.nbformat.v4.new_code_cell(source) for source in cells]
    )
    notebooks.nbformat.write(notebook, folder / "chapter.ipynb")


def test_definitions_run_up_to_the_cell_and_without_figures(tmp_path, monkeypatch):
    monkeypatch.setattr(notebooks, "FOLDER", tmp_path)
    _chapter(
        tmp_path,
        "import os\nhere = os.getcwd()",
        "fig, ax = plt.subplots()",
        "def train(seed):\n    return seed + 1",
        "raise RuntimeError('too far')",
    )
    found = runs.definitions("chapter", "def train(")
    assert found["train"](1) == 2 and found["here"] == str(tmp_path)


def test_a_cell_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(notebooks, "FOLDER", tmp_path)
    _chapter(tmp_path, "x = 1")
    with pytest.raises(ValueError, match="def train"):
        runs.definitions("chapter", "def train(")


CALL = re.compile(r'definitions\(\s*"(\w+)",\s*"([^"]+)"')
NAMED = [
    (path.stem, *found)
    for path in sorted(notebooks.TOOLS.glob("*.py"))
    for found in CALL.findall(path.read_text("utf-8"))
]


@pytest.mark.parametrize(("script", "chapter", "last"), NAMED)
def test_the_cell_that_a_script_names_is_in_the_chapter(script, chapter, last):
    cells = notebooks.code_cells(notebooks.read(notebooks.FOLDER / f"{chapter}.ipynb"))
    assert any(last in cell.source for cell in cells), script


def test_most_scripts_are_looked_at():
    assert len(NAMED) >= 5
