"""Writing the stored results: a table that takes one row at a time, and arrays.

rnnbook.results reads what this module writes.
"""

import csv
import re
from collections import Counter
from itertools import groupby

import numpy as np

from rnnbook import results

ABOUT = "__about__"  # the array of a file of arrays that holds the two lines of its table


def text(value: object) -> str:
    """Return what stands in the table: a number is written alike everywhere."""
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def key(*values: object) -> tuple[str, ...]:
    """Return the name of a run as it stands in the table."""
    return tuple(map(text, values))


def save(name: str, arrays: dict[str, np.ndarray]) -> None:
    """Add arrays to NAME.npz; those with the same names are replaced, floats become float16."""
    path = results.STORED / f"{name}.npz"
    kept = {}
    if path.exists():
        with np.load(path) as file:
            kept = {key: file[key] for key in file}
    floats = (np.float32, np.float64)
    kept |= {k: x.astype(np.float16) if x.dtype in floats else x for k, x in arrays.items()}
    np.savez_compressed(path, **kept)


def about(name: str) -> list[str] | None:
    """Return the two lines in NAME.npz; None if there is no such file, [] if it has none."""
    path = results.STORED / f"{name}.npz"
    if not path.exists():
        return None
    with np.load(path) as file:
        return [str(line) for line in file[ABOUT]] if ABOUT in file else []


class Table:
    """NAME.csv: two lines of comment, a head, one line for each row, flushed at once.

    `keys`: how many of the columns, from the left, name a run. A run may have several rows.
    """

    def __init__(self, name: str, columns: tuple[str, ...], keys: int) -> None:
        self.name, self.columns, self.keys = name, columns, keys
        self.path = results.STORED / f"{name}.csv"
        if not self.path.exists():
            head = f"# made by: \n# code: \n{','.join(columns)}\n"  # `stamp` fills it in
            self.path.write_text(head, encoding="utf-8", newline="\n")
        self.done = {tuple(list(row.values())[:keys]) for row in self.rows()}

    def rows(self) -> list[dict[str, str]]:
        """Return the rows that are there, as text."""
        with self.path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(line for line in file if not line.startswith("#")))

    def has(self, *values: object) -> bool:
        """Whether there is a run of this name."""
        return key(*values) in self.done

    def add(self, *row: object) -> None:
        """Append a row: floats with four decimals, as many values as columns."""
        values = [text(x) for x in row]
        if len(values) != len(self.columns):
            raise ValueError(f"{len(values)} values for the columns {self.columns}.")
        with self.path.open("a", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(values)
        self.done.add(tuple(values[: self.keys]))

    def seconds(self) -> dict[tuple[str, ...], float]:
        """Return the seconds of each run: in its rows they are counted from its beginning."""
        spent: dict[tuple[str, ...], float] = {}
        for row in self.rows():
            run = tuple(list(row.values())[: self.keys])
            spent[run] = max(spent.get(run, 0.0), float(row["seconds"]))
        return spent

    def twice(self) -> list[tuple[str, ...]]:
        """Return the runs whose rows end and begin again, or whose first result is repeated."""
        runs = [tuple(list(row.values())[: self.keys + 1]) for row in self.rows()]
        names = [name for name, _ in groupby(run[: self.keys] for run in runs)]
        again = {run[: self.keys] for run, n in Counter(runs).items() if n > 1}
        return sorted(again | {name for name, n in Counter(names).items() if n > 1})

    def lines(self) -> list[str]:
        """Return the lines of comment."""
        return [x for x in self.path.read_text("utf-8").splitlines() if x.startswith("#")]

    def head_columns(self) -> tuple[str, ...]:
        """Return the columns that the file has."""
        lines = self.path.read_text("utf-8").splitlines()
        return tuple(next(x for x in lines if not x.startswith("#")).split(","))

    def head(self) -> tuple[str, str]:
        """Return the command and the digest of the code, both "" where there is none."""
        comment = "\n".join(self.lines())
        command = re.search(r"^# made by: (.*)$", comment, re.MULTILINE)
        code = re.search(r"^# code: (\w*)", comment, re.MULTILINE)
        return (command[1].strip() if command else "", code[1] if code else "")

    def stamp(self, command: str, code: str) -> None:
        """Write the two lines of comment, into NAME.npz as well where there is one.

        They say the command, the digest of its code, the version of NumPy, the seconds.
        """
        seconds = sum(self.seconds().values())
        about = f"# code: {code} · numpy {np.__version__} · {seconds:.0f} s"
        lines = self.path.read_text("utf-8").splitlines()
        body = [line for line in lines if not line.startswith("#")]
        whole = "\n".join([f"# made by: {command}", about, *body, ""])
        self.path.write_text(whole, encoding="utf-8", newline="\n")
        if (results.STORED / f"{self.name}.npz").exists():
            save(self.name, {ABOUT: np.array(self.lines())})
