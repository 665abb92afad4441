"""What the scripts that train for longer share: a chapter's own cells, and a table of runs.

    import runs
    chapter = runs.definitions("06_1a_language_model", "def train(")
    table = runs.Table("language_model", ("model", "seed", "bits", "seconds"), keys=2)
    if not table.has("gru", 0):
        table.add("gru", 0, chapter["train"](seed=0), 12.5)

A chapter defines its data, networks and scores once; its script runs those very cells. A row is
flushed as soon as it is there, and a run whose row is there is not repeated, so an interrupted
script may be started again.
"""

import csv
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

import notebooks

RESULTS = notebooks.ROOT / "results"


def definitions(
    name: str, last: str, *, without: tuple[str, ...] = ("plt.subplots", "stored")
) -> dict[str, Any]:
    """Run the code cells of a chapter up to the one that contains `last`; return its names.

    Cells that contain one of the words in `without` (figures, stored results) are left out.
    """
    found: dict[str, Any] = {"__name__": name}
    folder = Path.cwd()
    os.chdir(notebooks.FOLDER)
    try:
        for cell in notebooks.code_cells(notebooks.read(notebooks.FOLDER / f"{name}.ipynb")):
            if not any(word in cell.source for word in without):
                exec(cell.source, found)
            if last in cell.source:
                return found
    finally:
        os.chdir(folder)
    raise ValueError(f"{name}: no code cell contains {last!r}.")


def _text(value: object) -> str:
    """Return what stands in the table: both `has` and `add` must write a number alike."""
    return f"{value:.4f}" if isinstance(value, float) else str(value)


class Table:
    """results/NAME.csv: a comment with the command, a head, one line for each run.

    `keys`: how many of the columns, from the left, name a run. `numpy`, the version, is the last
    column of each row.
    """

    def __init__(self, name: str, columns: tuple[str, ...], keys: int) -> None:
        self.path, self.columns, self.keys = RESULTS / f"{name}.csv", (*columns, "numpy"), keys
        if not self.path.exists():
            self.path.parent.mkdir(exist_ok=True)
            head = f"# made by: python tools/{Path(sys.argv[0]).name}\n{','.join(self.columns)}\n"
            self.path.write_text(head, encoding="utf-8")
        self.done = {tuple(list(row.values())[:keys]) for row in self.rows()}

    def rows(self) -> list[dict[str, str]]:
        """Return the lines that are there."""
        with self.path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(line for line in file if not line.startswith("#")))

    def has(self, *key: object) -> bool:
        """Whether a line begins so."""
        return tuple(map(_text, key)) in self.done

    def add(self, *row: object) -> None:
        """Append a line at once: numbers with four decimals, as many values as columns."""
        values = [_text(x) for x in row]
        if len(values) != len(self.columns) - 1:
            raise ValueError(f"{len(values)} values for the columns {self.columns[:-1]}.")
        with self.path.open("a", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow([*values, np.__version__])
        self.done.add(tuple(values[: self.keys]))
