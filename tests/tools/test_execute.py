"""What is stored with a notebook, and when it is not stored."""

import nbformat

import execute


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
