"""What is stored with a notebook, and when it is not stored."""

import execute
import nbformat

import notebooks


def test_a_notebook_is_left_as_it_is_where_a_package_it_needs_is_missing(tmp_path):
    notebook = nbformat.v4.new_notebook(metadata={"needs": ["no_such_package", "json"]})
    path = tmp_path / "chapter.ipynb"
    nbformat.write(notebook, path)
    before = path.read_bytes()
    assert "no_such_package" in execute.store(path)
    assert path.read_bytes() == before


def test_cleaning_keeps_what_a_notebook_needs_and_nothing_of_the_run():
    notebook = nbformat.v4.new_notebook(metadata={"needs": ["json"], "signature": "x"})
    execute.clean(notebook)
    assert execute.missing(notebook) == []
    assert set(notebook.metadata) == {"kernelspec", "language_info", "needs"}


def test_the_digest_covers_the_benchmarks_that_a_notebook_reads(tmp_path, monkeypatch):
    table = tmp_path / "results.csv"
    monkeypatch.setattr(notebooks, "BENCHMARKS", table)
    source = 'open("../benchmarks/results.csv")'
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    table.write_text("a", "utf-8")
    first = notebooks.digest(notebook)
    table.write_text("b", "utf-8")
    assert notebooks.digest(notebook) != first
