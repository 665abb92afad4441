"""What an experiment is, and how its table is made, checked and verified.

    EXPERIMENTS = [Experiment("runs", ("model", "seed", "bits", "seconds"), 2, jobs, run)]

An experiment says which runs belong in its table, and what comes out of one of them. A run is
named by the first columns of its rows. `run` returns one row or several, without those columns,
and arrays to keep in NAME.npz. A run is written when it is done and never repeated, so an
interrupted experiment may be started again.
"""

import ast
import hashlib
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from experiments import chapter, table
from rnnbook import results

FOLDER = Path(__file__).parent
WITHOUT = {"chapter", "protocol", "table"}  # they run and write, and change no number

Job = tuple[Any, ...]
Outcome = tuple[list[tuple[Any, ...]], dict[str, np.ndarray]]


@dataclass(frozen=True)
class Experiment:
    """A stored table.

    `jobs` gets the rows that are there and yields the runs that belong in the table as far as
    these rows tell: a learning rate may have to be chosen first. `chapters` are the notebooks
    whose shared cells are run.
    """

    name: str
    columns: tuple[str, ...]
    keys: int
    jobs: Callable[[results.Rows], Iterable[Job]]
    run: Callable[..., Outcome]
    chapters: tuple[str, ...] = ()

    @property
    def module(self) -> str:
        """Its name on the command line."""
        return self.run.__module__.rpartition(".")[2]

    @property
    def command(self) -> str:
        """What makes the table."""
        return f"python -m experiments {self.module}"

    def table(self) -> table.Table:
        """Open the table, or begin it."""
        return table.Table(self.name, self.columns, self.keys)


def wanted(experiment: Experiment) -> list[Job]:
    """Return the runs that belong in the table, as far as the rows that are there tell."""
    return list(experiment.jobs(results.table(experiment.name)))


def make(experiment: Experiment) -> None:
    """Make the rows that are missing, then stamp the table."""
    here = experiment.table()
    while missing := [job for job in wanted(experiment) if not here.has(*job)]:
        for job in tqdm(missing, desc=experiment.name, unit="run", dynamic_ncols=True):
            rows, arrays = experiment.run(*job)
            if arrays:
                table.save(experiment.name, arrays)
            for row in rows:
                here.add(*job, *row)
    here.stamp(experiment.command, digest(experiment))


# ---------------------------------------------------------------- older than its code


def form(node: Any) -> str:
    """Return code as text without comments, docstrings and layout, alike on every Python."""
    if isinstance(node, list):
        return f"[{','.join(map(form, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = {key: value for key, value in ast.iter_fields(node) if value not in (None, [])}
    for key in ("ctx", "kind", "type_params"):
        fields.pop(key, None)
    if isinstance(node, ast.JoinedStr):  # Python 3.12.1 ends f"{x:{y}}" with an empty text
        fields["values"] = [x for x in node.values if getattr(x, "value", None) != ""]
    documented = ast.Module | ast.ClassDef | ast.FunctionDef
    if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
        fields["body"] = node.body[1:]
    inside = ",".join(f"{key}={form(value)}" for key, value in fields.items())
    return f"{type(node).__name__}({inside})"


def modules(source: str) -> Iterator[Path]:
    """Yield the files of rnnbook and of this package that a module imports."""
    folders = {"rnnbook": results.STORED.parent, "experiments": FOLDER}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            package, _, rest = node.module.partition(".")
            for name in [rest] if rest else [alias.name for alias in node.names]:
                path = folders.get(package, FOLDER) / f"{name}.py"
                if package in folders and path.exists() and name not in WITHOUT | {"results"}:
                    yield path


def code(experiment: Experiment) -> dict[str, str]:
    """Return the code that the numbers of a table come from, by its place.

    rnnkit is not among it: its own tests hold it equal to Keras, and a table would be out of
    date with every quicker loop. Imports of a chapter do not count; what they bring does.
    """
    found: dict[str, str] = {}
    todo = [Path(sys.modules[experiment.run.__module__].__file__ or "")]
    sources = {f"chapter {name}": "\n".join(chapter.cells(name)) for name in experiment.chapters}
    for source in sources.values():
        todo += modules(source)
    while todo:
        path = todo.pop()
        if str(path) not in found:
            text = path.read_text("utf-8")
            found[str(path)] = form(ast.parse(text))
            todo += modules(text)
    for name, source in sources.items():
        tree = ast.parse(source)
        tree.body = [x for x in tree.body if not isinstance(x, ast.Import | ast.ImportFrom)]
        found[name] = form(tree)
    names = [Path(place).name for place in found]
    short = {x: Path(x).name if names.count(Path(x).name) == 1 else _within(x) for x in found}
    return {short[place]: text for place, text in sorted(found.items())}


def _within(place: str) -> str:
    """Return a file with its folder: an experiment and a module of rnnbook may share a name."""
    return "/".join(Path(place).parts[-2:])


def digest(experiment: Experiment) -> str:
    """Return 16 characters that change with the code of an experiment."""
    parts = [part for pair in sorted(code(experiment).items()) for part in pair]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def faults(experiment: Experiment) -> list[str]:
    """Return what is wrong with a stored table: missing or left-over runs, older than its code."""
    name = experiment.name
    if not (results.STORED / f"{name}.csv").exists():
        return [f"{name}: there is no table"]
    here, found = experiment.table(), []
    if here.head_columns() != experiment.columns:
        return [f"{name}: the columns are {', '.join(here.head_columns())}"]
    keys = {table.key(*job) for job in wanted(experiment)}
    found += [f"{name}: missing: {', '.join(key)}" for key in sorted(keys - here.done)]
    found += [f"{name}: left over: {', '.join(key)}" for key in sorted(here.done - keys)]
    found += [f"{name}: twice: {', '.join(key)}" for key in here.twice()]
    command, stamp = here.head()
    if command != experiment.command:
        found.append(f"{name}: made by {command!r}, not by {experiment.command!r}")
    if stamp != digest(experiment):
        found.append(f"{name}: older than its code")
    if (stamped := table.about(name)) is not None and stamped != here.lines():
        found.append(f"{name}.npz: not of the same run as the table")
    return found


# ---------------------------------------------------------------- run again


def quickest(experiment: Experiment, seconds: float) -> list[Job]:
    """Return the quickest run of each setting, seeds being alike, for so many seconds in all."""
    here = experiment.table()
    names = experiment.columns[: experiment.keys]
    best: dict[tuple[str, ...], tuple[float, tuple[str, ...]]] = {}
    for key, spent in here.seconds().items():
        setting = tuple(x for name, x in zip(names, key, strict=True) if name != "seed")
        best[setting] = min((spent, key), best.get(setting, (np.inf, key)))
    jobs = {table.key(*job): job for job in wanted(experiment)}
    chosen: list[Job] = []
    for spent, key in sorted(best.values()):
        if key in jobs and (not chosen or spent <= seconds):
            chosen.append(jobs[key])
            seconds -= spent
    return chosen


def distance(one: str, two: str) -> float:
    """Return how far two cells of a table are apart: relative above 1, else absolute."""
    if one == two:
        return 0.0
    try:
        pairs = [(float(a), float(b)) for a, b in zip(one.split(";"), two.split(";"), strict=True)]
    except ValueError:
        return np.inf
    return max(0.0 if a == b else abs(a - b) / max(1.0, abs(b)) for a, b in pairs)


def verify(experiment: Experiment, seconds: float = 60.0) -> float:
    """Run some stored runs again; print and return the largest difference of a number."""
    here, largest = experiment.table(), 0.0
    stored = here.rows()
    for job in quickest(experiment, seconds):
        begin = time.process_time()
        again = [[table.text(x) for x in (*job, *row)] for row in experiment.run(*job)[0]]
        spent = time.process_time() - begin
        there = [row for row in stored if tuple(row.values())[: here.keys] == table.key(*job)]
        if len(again) != len(there):
            gap = np.inf
        else:
            gap = max(
                distance(new, row[name])
                for values, row in zip(again, there, strict=True)
                for name, new in zip(experiment.columns, values, strict=True)
                if name != "seconds"
            )
        print(f"{experiment.name} {', '.join(table.key(*job))}: {gap:.1g} apart ({spent:.0f} s)")
        largest = max(largest, gap)
    return largest
