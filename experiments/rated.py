"""Comparisons on the memory tasks, in which the learning rate of a model is chosen first.

The rate of a model on a task is the best of three at lags 30 and 100, by the mean of the relative
loss over two seeds and test sequences that the comparison does not use. It is kept for all lags.
At one lag alone the choice can be blind: all rates solve it, or none.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import product

import numpy as np

from rnnbook import memory_tasks, results

RATES, RATE_LAGS, RATE_SEEDS, RATE_TESTS = (0.001, 0.003, 0.01), (30, 100), (100, 101), 30_000
COLUMNS = (
    "task", "lag", "model", "seed", "rate", "units", "parameters", "updates", "batch",
    "relative_loss", "accuracy", "seconds", "curve",
)  # fmt: skip
KEYS = 5


def chosen_rate(rows: results.Rows, task: str, model: str) -> float | None:
    """Return the rate with the smallest mean of the relative loss (1 if it is larger).

    None if not all of the runs that choose it are there.
    """
    means = {}
    for rate in RATES:
        mine = [
            min(row["relative_loss"], 1.0)
            for row in rows.where(task=task, model=model, rate=rate)
            if row["seed"] in RATE_SEEDS
        ]
        if len(mine) < len(RATE_LAGS) * len(RATE_SEEDS):
            return None
        means[rate] = np.mean(mine)
    return min(means, key=means.__getitem__)


def jobs(
    rows: results.Rows, models: Iterable[str], settings: Iterable[tuple[str, int]], seeds: range
) -> Iterator[tuple[str, int, str, int, float]]:
    """Yield the runs that choose the rates, then those of the settings (task, lag)."""
    settings = list(settings)
    for model in models:
        for task in dict.fromkeys(task for task, _ in settings):
            for lag, rate in product(RATE_LAGS, RATES):
                yield from ((task, lag, model, seed, rate) for seed in RATE_SEEDS)
            if (rate := chosen_rate(rows, task, model)) is not None:
                lags = [lag for name, lag in settings if name == task]
                yield from ((task, lag, model, seed, rate) for lag in lags for seed in seeds)


def run(
    models: Mapping[str, memory_tasks.Builder],
    task: str, lag: int, model: str, seed: int, rate: float,
) -> tuple[list[tuple], dict]:  # fmt: skip
    """Train one network; return its row."""
    begin = time.process_time()
    tests = {"tests": RATE_TESTS} if seed in RATE_SEEDS else {}
    with np.errstate(over="ignore", invalid="ignore"):
        network, curve, accuracy = memory_tasks.train(
            models[model], memory_tasks.TASKS[task], lag, seed, rate=rate, **tests
        )
    units = next(iter(network.layers.values())).units
    row = (
        units, memory_tasks.count(network), memory_tasks.UPDATES, memory_tasks.BATCH,
        f"{curve[-1]:.4g}", accuracy, f"{time.process_time() - begin:.1f}",
        ";".join(f"{value:.3g}" for value in curve),
    )  # fmt: skip
    return [row], {}
