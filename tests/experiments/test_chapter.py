"""The shared cells of a chapter are run, and nothing else of it."""

import nbformat
import pytest

from experiments import chapter
from experiments.__main__ import every

CHAPTERS = sorted({name for parts in every().values() for e in parts for name in e.chapters})


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    monkeypatch.setattr(chapter, "NOTEBOOKS", tmp_path)
    chapter.shared.cache_clear()

    def write(*cells):
        made = [
            nbformat.v4.new_code_cell(source, metadata={"tags": tags}) for source, tags in cells
        ]
        nbformat.write(nbformat.v4.new_notebook(cells=made), tmp_path / "one.ipynb")

    return write


def test_shared_runs_the_tagged_cells_only(notebook):
    notebook(
        ("x = 1", ["shared"]),
        ("raise RuntimeError", []),
        ("def train(seed):\n    return x + seed", ["shared", "hide-input"]),
    )
    assert chapter.shared("one")["train"](1) == 2


def test_cells_names_a_chapter_without_any(notebook):
    notebook(("x = 1", []))
    with pytest.raises(ValueError, match="chapter one has no cell tagged 'shared'"):
        chapter.cells("one")


@pytest.mark.parametrize("name", CHAPTERS)
def test_shared_cells_of_the_chapters_run_alone(name):
    assert len(chapter.shared(name)) > 10
