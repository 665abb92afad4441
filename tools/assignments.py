"""Make from each instructor's notebook what students get, and the source that nbgrader reads.

    python tools/assignments.py

`assignments/NAME.ipynb` holds the solutions between the lines `### BEGIN SOLUTION` and
`### END SOLUTION`, and notes for instructors in cells with the tag `instructor`. Below
`_build/assignments` come `students/NAME.ipynb`, without either, and, for those who use it,
`nbgrader/source/NAME/NAME.ipynb`, whose graded cells call the same checks;
`nbgrader generate_assignment` takes the solutions out.
"""

import re

import nbformat

import generated
import notebooks
import rnncheck

FOLDER = notebooks.ROOT / "assignments"
BUILT = notebooks.ROOT / "_build" / "assignments"
SOLUTION = re.compile(r"^( *)### BEGIN SOLUTION\n.*?^ *### END SOLUTION$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(\.\./(?=notebooks/)")
CHECK = re.compile(r"^check\.(\w+)\(\w+\)$", re.MULTILINE)


def colab_cell(name: str) -> nbformat.NotebookNode:
    """Return the cell that installs the checks in Colab."""
    source = (
        'import sys\n\nif "google.colab" in sys.modules:  # in Colab: fetch the checks\n'
        f'    %pip install -q "rnnkit @ git+{generated.address()}"'
    )
    return nbformat.v4.new_code_cell(source, id=f"{name}-colab", metadata={"tags": ["colab"]})


def cleaned(notebook: nbformat.NotebookNode, name: str) -> nbformat.NotebookNode:
    """Return a copy without outputs, metadata and instructors' notes, with the cell for Colab."""
    copy = nbformat.v4.new_notebook()
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    copy.metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    for k, cell in enumerate(notebook.cells):
        if "instructor" in notebooks.tags(cell):
            continue
        make = getattr(nbformat.v4, f"new_{cell.cell_type}_cell")
        source = LINK.sub(f"]({generated.address()}/blob/main/", cell.source)  # read anywhere
        copy.cells.append(make(source, id=f"{name}-{k}"))
    copy.cells.insert(1, colab_cell(name))
    return copy


def students(notebook: nbformat.NotebookNode, name: str) -> nbformat.NotebookNode:
    """Return the students' version: no solution in any cell, output or metadata."""
    copy = cleaned(notebook, name)
    for cell in copy.cells:
        # The words of nbgrader, so that both versions read alike.
        cell.source = SOLUTION.sub(r"\1# YOUR CODE HERE\n\1raise NotImplementedError", cell.source)
    return copy


def nbgrader(notebook: nbformat.NotebookNode, name: str) -> nbformat.NotebookNode:
    """Return nbgrader's source: its marks, and checks whose last value is the points."""
    points = {f.name: f.points for f in rnncheck.ASSIGNMENTS[name].functions}
    copy = cleaned(notebook, name)
    for cell in copy.cells:
        found = CHECK.search(cell.source) if cell.cell_type == "code" else None
        mark = {"schema_version": 3, "task": False, "solution": False, "grade": False}
        if found:
            cell.source += f'\ncheck.points("{found[1]}", {found[1]})'
            mark |= {"grade": True, "locked": True, "points": points[found[1]]}
        elif SOLUTION.search(cell.source):
            mark |= {"solution": True, "locked": False}
        else:
            continue
        cell.metadata["nbgrader"] = mark | {"grade_id": cell.id}
    return copy


def main() -> None:
    for path in sorted(FOLDER.glob("*.ipynb")):
        notebook, name = notebooks.read(path), path.stem
        for copy, place in (
            (students(notebook, name), BUILT / "students" / path.name),
            (nbgrader(notebook, name), BUILT / "nbgrader" / "source" / name / path.name),
        ):
            place.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(copy, place)
            print(place.relative_to(notebooks.ROOT))


if __name__ == "__main__":
    main()
