"""Three memory tasks, networks of one size, and a runner that fills a table.

    python tools/memory_tasks.py             # results/memory_tasks.csv, about 20 minutes
    python tools/memory_tasks.py --models lstm_bias_0 --lags 30 100

Chapters 8.1 to 8.3 share the tasks, the budget (parameters, updates, sequences) and the form of
the table. A script with models of its own imports this one:

    import memory_tasks as tasks
    tasks.MODELS["mine"] = tasks.sized(Mine)  # Mine(units, return_sequences=…), a layer
    tasks.main("results/mine.csv", ["mine"], __doc__)

A row is a run: task, lag, model, seed, learning rate, then what came out. `curve` holds the test
loss at the end of each twentieth of the updates, divided by the loss of the best constant
answer: 1 means nothing learned, 0 means solved. Rows are appended one by one; a run whose row is
there is not repeated.

The learning rate of a model on a task is chosen once, at lag 30, on seeds that the comparison
does not use (100, 101), and kept for all lags.
"""

import argparse
import csv
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from rnnkit import losses, optimizers
from rnnkit.layers import GRU, LSTM, Dense, Sequential, SimpleRNN

LAGS = (10, 30, 100, 200)
SEEDS = range(5)
RATES, RATE_LAG, RATE_SEEDS = (0.001, 0.003, 0.01), 30, (100, 101)
PARAMETERS = 2500
UPDATES, BATCH, CHECKPOINTS, TESTS = 2000, 32, 20, 512
SYMBOLS, COPIED = 8, 5  # of the copy task
COLUMNS = [
    "task", "lag", "model", "seed", "rate", "units", "parameters", "updates", "batch",
    "relative_loss", "accuracy", "seconds", "numpy", "curve",
]  # fmt: skip


class Task(NamedTuple):
    """A task: how to draw it, its loss, and what a network that remembers nothing gets."""

    features: int
    outputs: int
    sequences: bool  # whether the network answers at every step
    draw: Callable[..., tuple[np.ndarray, np.ndarray]]  # (rng, lag, batch) to (x, target)
    loss: Callable[[np.ndarray, np.ndarray], tuple[float, np.ndarray]]
    accuracy: Callable[[np.ndarray, np.ndarray], float]
    trivial_loss: float
    trivial_accuracy: float


def adding(rng, lag, batch, dtype=np.float32):
    """Values in [0, 1], two of them marked, one in each half of `lag` steps: their sum.

    After Hochreiter and Schmidhuber (1997), in the form of Arjovsky et al. (2016).
    """
    x = np.zeros((batch, lag, 2), dtype=dtype)
    x[:, :, 0] = rng.random((batch, lag))
    rows, half = np.arange(batch), lag // 2
    for marked in (rng.integers(0, half, batch), rng.integers(half, lag, batch)):
        x[rows, marked, 1] = 1
    return x, (x[:, :, 0] * x[:, :, 1]).sum(axis=1, keepdims=True)


def copy(rng, lag, batch, dtype=np.float32):
    """COPIED symbols out of SYMBOLS, `lag` blanks with a signal at the end, then say them again.

    After Arjovsky et al. (2016), who copy 10 symbols; here the loss counts the answers only.
    The inputs are one-hot: the symbols, the blank, the signal.
    """
    target = rng.integers(0, SYMBOLS, (batch, COPIED))
    symbol = np.full((batch, 2 * COPIED + lag), SYMBOLS)
    symbol[:, :COPIED] = target
    symbol[:, COPIED + lag - 1] = SYMBOLS + 1
    return np.eye(SYMBOLS + 2, dtype=dtype)[symbol], target


def order(rng, lag, batch, dtype=np.float32):
    """X or Y, twice, among a, b, c, d in `lag` steps: name the pair, XX, XY, YX or YY.

    Experiment 6a of Hochreiter and Schmidhuber (1997), positions scaled with the length:
    the first between 1/10 and 2/10 of it, the second between 5/10 and 6/10. One-hot inputs:
    a, b, c, d, X, Y, the start sign E, the end sign B.
    """
    symbol = rng.integers(0, 4, (batch, lag))
    symbol[:, 0], symbol[:, -1] = 6, 7
    pair = rng.integers(0, 2, (2, batch))
    for which, low, high in ((pair[0], 1, 2), (pair[1], 5, 6)):
        position = rng.integers(low * lag // 10, high * lag // 10 + 1, batch)
        symbol[np.arange(batch), position] = 4 + which
    return np.eye(8, dtype=dtype)[symbol], 2 * pair[0] + pair[1]


def _copy_loss(y, target):
    answers = y[:, -COPIED:]
    dy = np.zeros_like(y)
    loss, dy[:, -COPIED:] = losses.categorical_cross_entropy(answers, target)
    return loss, dy


TASKS = {
    # |error| < 0.08 is 1997's criterion of 0.04: its target is half of the sum.
    "adding": Task(2, 1, False, adding, losses.mean_squared_error,
                   lambda y, target: np.mean(np.abs(y - target) < 0.08), 1 / 6, 1 - 0.92**2),
    "copy": Task(SYMBOLS + 2, SYMBOLS, True, copy, _copy_loss,
                 lambda y, target: np.mean(y[:, -COPIED:].argmax(-1) == target),
                 np.log(SYMBOLS), 1 / SYMBOLS),
    "order": Task(8, 4, False, order, losses.categorical_cross_entropy,
                  lambda y, target: np.mean(y.argmax(-1) == target), np.log(4), 1 / 4),
}  # fmt: skip

Builder = Callable[[Task, np.random.Generator], Sequential]


def sized(layer: Callable[..., Any], *, parameters: int = PARAMETERS) -> Builder:
    """Return a function that builds layer(units) and a Dense with about `parameters` weights."""

    def with_units(task, rng, units):
        layers = [layer(units, return_sequences=task.sequences), Dense(task.outputs)]
        return Sequential(layers, input_size=task.features, rng=rng, dtype=np.float32)

    def build(task, rng):
        def distance(units):
            return abs(count(with_units(task, np.random.default_rng(0), units)) - parameters)

        units = 2
        while distance(units + 1) < distance(units):
            units += 1
        return with_units(task, rng, units)

    return build


def count(model: Sequential) -> int:
    return sum(array.size for array in model.params.values())


def irnn(task: Task, rng: np.random.Generator) -> Sequential:
    """ReLU units that start with the identity as W_h (Le, Jaitly and Hinton, 2015)."""
    model = sized(partial(SimpleRNN, activation="relu"))(task, rng)
    W_h = model.params["simple_rnn.W_h"]
    W_h[...] = np.eye(len(W_h))
    return model


MODELS: dict[str, Builder] = {
    "rnn": sized(SimpleRNN),
    "irnn": irnn,
    "lstm": sized(LSTM),
    "gru": sized(GRU),
    "lstm_bias_0": sized(partial(LSTM, unit_forget_bias=False)),
}


def train(
    build: Builder, task: Task, lag: int, seed: int, *, rate: float, updates: int = UPDATES
) -> tuple[Sequential, list[float], float]:
    """Train one network on fresh sequences; return it, its curve and its last accuracy.

    The sequences depend on the seed alone: all models see the same ones.
    """
    model = build(task, np.random.default_rng(seed))
    data = np.random.default_rng([seed, lag])
    x_test, t_test = task.draw(np.random.default_rng(20_000 + lag), lag, TESTS)
    adam = optimizers.Adam(rate, global_clipnorm=1.0)
    curve, accuracy = [], 0.0
    for update in range(1, updates + 1):
        x, target = task.draw(data, lag, BATCH)
        y, _, cache = model.forward(x)
        loss, dy = task.loss(y, target)
        if not np.isfinite(loss):  # diverged: no more rows to learn from
            break
        adam.update(model.params, model.backward(dy, cache)[2])
        if update % (updates // CHECKPOINTS) == 0:
            y = model.predict(x_test, batch_size=TESTS)
            curve.append(task.loss(y, t_test)[0] / task.trivial_loss)
            accuracy = float(task.accuracy(y, t_test))
    if len(curve) < CHECKPOINTS or not np.isfinite(curve[-1]):
        accuracy = 0.0
    return model, curve + [float("inf")] * (CHECKPOINTS - len(curve)), accuracy


def run(
    build: Builder, task: Task, lag: int, seed: int, *, rate: float, updates: int = UPDATES
) -> dict[str, Any]:
    """Train one network; return what belongs in its row."""
    begin = time.process_time()
    model, curve, accuracy = train(build, task, lag, seed, rate=rate, updates=updates)
    return {
        "units": next(iter(model.layers.values())).units,
        "parameters": count(model),
        "updates": updates,
        "batch": BATCH,
        "relative_loss": f"{curve[-1]:.4g}",
        "accuracy": f"{accuracy:.4f}",
        "seconds": f"{time.process_time() - begin:.1f}",
        "numpy": np.__version__,
        "curve": ";".join(f"{value:.3g}" for value in curve),
    }


def read(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table; its first line, a comment, is the command."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def chosen_rate(rows: Iterable[dict[str, str]], name: str, task: str) -> float:
    """Return the rate with the smallest mean of the relative loss (1 if it is larger)."""
    means = {}
    for rate in RATES:
        mine = [
            min(float(row["relative_loss"]), 1.0)
            for row in rows
            if (row["model"], row["task"], float(row["rate"])) == (name, task, rate)
            and int(row["seed"]) in RATE_SEEDS
        ]
        means[rate] = np.mean(mine)
    return min(means, key=means.__getitem__)


def fill(path: Path, names: Iterable[str], lags: Iterable[int], command: str) -> None:
    """Append the rows that are missing: first those that choose the rate, then the comparison."""
    rows = read(path)
    done = {tuple(row[key] for key in COLUMNS[:5]) for row in rows}
    if not rows:
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"# {command}\n{','.join(COLUMNS)}\n", "utf-8")

    def work(jobs):
        jobs = [job for job in jobs if tuple(map(str, job)) not in done]
        with path.open("a", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            for job in tqdm(jobs, unit="run"):
                task, lag, name, seed, rate = job
                with np.errstate(over="ignore", invalid="ignore"):
                    result = run(MODELS[name], TASKS[task], lag, seed, rate=rate)
                row = dict(zip(COLUMNS, job, strict=False)) | result
                writer.writerow(row)
                file.flush()
                rows.append({key: str(value) for key, value in row.items()})

    pairs = [(task, name) for task in TASKS for name in names]
    work((t, RATE_LAG, n, seed, rate) for t, n in pairs for rate in RATES for seed in RATE_SEEDS)
    rates = {(t, n): chosen_rate(rows, n, t) for t, n in pairs}
    for lag in lags:
        work((t, lag, n, seed, rates[t, n]) for t, n in pairs for seed in SEEDS)


def main(table: str, names: list[str], description: str | None) -> None:
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--table", type=Path, default=Path(table))
    parser.add_argument("--models", nargs="+", default=names, choices=MODELS)
    parser.add_argument("--lags", nargs="+", type=int, default=LAGS)
    options = parser.parse_args()
    script = f"tools/{Path(parser.prog).name}"
    fill(options.table, options.models, options.lags, f"made by: python {script}")


if __name__ == "__main__":
    main("results/memory_tasks.csv", ["rnn", "irnn", "lstm", "gru"], __doc__)
