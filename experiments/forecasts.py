"""The longer trainings of chapter 6.2a: tomorrow's electricity.

"GRU" is trained with the measured temperatures of tomorrow, "GRU, forecasts" with simulated
forecasts of them. The arrays are the networks of the first, the errors of each day of the other.
"""

import time
from itertools import pairwise

import numpy as np

from experiments.chapter import shared
from experiments.protocol import Experiment

SERIES = "06_2_time_series"


def jobs(rows):
    yield from (("GRU", seed) for seed in range(5))
    yield from (("GRU, forecasts", seed) for seed in range(5))


def run(method, seed):
    """Four trainings, one at the start of each month of the test period."""
    cells, start, kept, scores, pieces = shared(SERIES), time.process_time(), {}, {}, []
    edges, measured = cells["EDGES"], method == "GRU"
    degrees = cells["temperature"] if measured else cells["noisy"]
    for month, (a, b) in enumerate(pairwise(edges)):
        train = np.arange(7, a)
        model, _ = cells["train_gru"](seed, train, degrees)
        if measured:
            for key, array in model.params.items():
                kept[f"electricity/{seed}/{month}/{key}"] = array
        pieces.append(cells["predict"](model, train, np.arange(a, b), degrees)[..., 1])
        scores[str(month)] = cells["mase"](pieces[-1], [a, b])
    forecast = np.concatenate(pieces)
    scores["all"] = cells["mase"](forecast)
    if not measured:
        truth = cells["demand"][edges[0] :]
        kept[f"days/{seed}"] = 1000 * np.abs(forecast - truth).mean(axis=1)  # MW
    seconds = round(time.process_time() - start)
    return [(part, f"{score:.5f}", seconds) for part, score in scores.items()], kept


COLUMNS = ("method", "seed", "part", "score", "seconds")
EXPERIMENTS = [Experiment("forecasts", COLUMNS, 2, jobs, run, chapters=(SERIES,))]
