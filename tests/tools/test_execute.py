"""What is stored with a notebook, and when it is not stored."""

import nbformat

import execute


def needing(*names):
    cell = nbformat.v4.new_code_cell("print(1)", metadata={"rnnbook": {"needs": list(names)}})
    return nbformat.v4.new_notebook(cells=[cell])


def test_a_notebook_is_left_as_it_is_where_a_package_it_needs_is_missing(tmp_path):
    path = tmp_path / "chapter.ipynb"
    nbformat.write(needing("no_such_package", "json"), path)
    before = path.read_bytes()
    assert "no_such_package" in execute.store(path)
    assert path.read_bytes() == before


def test_cleaning_keeps_what_a_cell_needs_and_nothing_of_the_run():
    notebook = needing("json")
    notebook.metadata["signature"] = "x"
    execute.clean(notebook)
    assert notebook.cells[0].metadata["rnnbook"] == {"needs": ["json"]}
    assert execute.missing(notebook) == []
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
