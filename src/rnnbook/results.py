"""Reading the stored results of longer runs: tables, and weights of networks.

They lie in the folder `stored` of this package, so a chapter finds them wherever rnnbook is
installed. `python -m experiments NAME` makes and writes them. The first two lines of a table say
how::

    # made by: python -m experiments corridor
    # code: 3f9a1c2b4d5e6f70 · numpy 2.4.6 · 480 s
"""

import csv
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["STORED", "Rows", "load", "table", "weights"]

STORED = Path(__file__).parent / "stored"


def _value(text: str) -> Any:
    """Return a cell of a table as int, float or text."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


class Rows(list):
    """The rows of a table, each a dict; numbers are numbers."""

    def where(self, **wanted: Any) -> "Rows":
        """Return the rows that have these values: `rows.where(model="gru", lag=30)`."""
        self._know(*wanted)
        return Rows(r for r in self if all(r[name] == value for name, value in wanted.items()))

    def column(self, name: str, **wanted: Any) -> np.ndarray:
        """Return one column of the rows that have these values, as an array."""
        self._know(name, *wanted)
        return np.array([row[name] for row in self.where(**wanted)])

    def _know(self, *names: str) -> None:
        for name in names:
            if self and name not in self[0]:
                raise ValueError(f"no column {name!r}; there are {', '.join(self[0])}")


def _path(name: str, suffix: str) -> Path:
    path = STORED / f"{name}{suffix}"
    if not path.exists():
        names = ", ".join(sorted(x.stem for x in STORED.glob(f"*{suffix}")))
        raise ValueError(f"no stored result {name!r}; there are {names}")
    return path


def table(name: str) -> Rows:
    """Return the rows of a stored table."""
    with _path(name, ".csv").open(encoding="utf-8", newline="") as file:
        lines = csv.DictReader(line for line in file if not line.startswith("#"))
        return Rows({key: _value(text) for key, text in row.items()} for row in lines)


def weights(name: str, prefix: str = "") -> dict[str, np.ndarray]:
    """Return the stored arrays whose names begin with `prefix`, without it, as float32."""
    with np.load(_path(name, ".npz")) as file:
        names = [key for key in file if key.startswith(prefix) and key != "__about__"]
        found = {key[len(prefix) :]: file[key] for key in names}
    if not found:
        raise ValueError(f"no array of {name!r} begins with {prefix!r}")
    halves = (np.float16, np.float64)
    return {k: x.astype(np.float32) if x.dtype in halves else x for k, x in found.items()}


def load(model: Any, name: str, prefix: str = "") -> Any:
    """Put stored weights into a model of the same shape, and return it."""
    found = weights(name, prefix)
    shapes = {key: array.shape for key, array in found.items()}
    if shapes != {key: array.shape for key, array in model.params.items()}:
        raise ValueError(f"the weights of {name!r} are {shapes}, which this model is not")
    for key, array in model.params.items():
        array[...] = found[key]
    return model
