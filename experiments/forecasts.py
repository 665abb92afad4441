"""The longer trainings of chapters 6.2a and 6.2b: electricity, sunspots, a price, volatility.

A run has a row for each part of its score. The arrays are the networks for electricity.
"""

import time
from itertools import pairwise

import numpy as np

from experiments.chapter import shared
from experiments.protocol import Experiment

SERIES, TRAPS = "06_2_time_series", "06_2b_forecasting_traps"
TRAP_RUNS = {  # kind: function of the chapter, seeds, methods with the arguments they stand for
    "sunspots": ("run_sunspots", range(5), {"direct": "direct", "recursive": "recursive"}),
    "price": ("run_price", range(3), {x: x for x in ("training part", "whole series")}),
    "volatility": ("run_volatility", range(5), {"GRU, 1": 1, "GRU, 2": 2}),
}


def electricity(cells, seed):
    """Four trainings, one at the start of each month of the test period."""
    edges = cells["EDGES"]
    pieces, kept, scores = [], {}, {}
    for month, (a, b) in enumerate(pairwise(edges)):
        train = np.arange(7, a)
        model, _ = cells["train_gru"](seed, train)
        for key, array in model.params.items():
            kept[f"electricity/{seed}/{month}/{key}"] = array
        pieces.append(cells["predict"](model, train, np.arange(a, b))[..., 1])
        scores[str(month)] = cells["mase"](pieces[-1], [a, b])
    scores["all"] = cells["mase"](np.concatenate(pieces))
    return scores, kept


def jobs(rows):
    yield from (("electricity", "GRU", seed) for seed in range(5))
    for kind, (_, seeds, methods) in TRAP_RUNS.items():
        yield from ((kind, method, seed) for method in methods for seed in seeds)


def run(kind, method, seed):
    cells, kept = shared(SERIES if kind == "electricity" else TRAPS), {}
    start = time.process_time()
    if kind == "electricity":
        scores, kept = electricity(cells, seed)
    else:
        function, _, methods = TRAP_RUNS[kind]
        scores = cells[function](methods[method], seed)
    seconds = round(time.process_time() - start)
    return [(part, f"{score:.5f}", seconds) for part, score in scores.items()], kept


COLUMNS = ("chapter", "method", "seed", "part", "score", "seconds")
EXPERIMENTS = [Experiment("forecasts", COLUMNS, 3, jobs, run, chapters=(SERIES, TRAPS))]
