"""The longer trainings of chapter 6.2b: sunspots, a price, returns, volatility.

The epochs are chosen on earlier years, then the networks are trained again up to the test. The
arrays are the errors of each forecast of the test.
"""

import time

import numpy as np

from experiments.chapter import shared
from experiments.protocol import Experiment

TRAPS = "06_2b_forecasting_traps"
EPOCHS, CHOICE_SEEDS = (3, 10, 20), range(2)
TASKS = {  # function of the chapter, seeds, methods with the arguments they stand for
    "sunspots": ("run_sunspots", 5, {"direct": ("direct",), "recursive": ("recursive",)}),
    "price": ("run_price", 3, {x: (x,) for x in ("training part", "whole series", "own window")}),
    "returns": ("run_returns", 3, {"GRU": ()}),
    "volatility": ("run_volatility", 3, {"GRU, 1": (1,), "GRU, 2": (2,)}),
}


def jobs(rows):
    choice = rows.where(stage="choice") if rows else rows
    for task, (_, seeds, methods) in TASKS.items():
        for method in methods:
            yield from ((task, method, "choice", n, s) for n in EPOCHS for s in CHOICE_SEEDS)
            found = choice.where(task=task, method=method) if choice else []
            if len(found) == len(EPOCHS) * len(CHOICE_SEEDS):
                means = [found.column("score", epochs=n).mean() for n in EPOCHS]
                best = EPOCHS[int(np.argmin(means))]
                yield from ((task, method, "test", best, seed) for seed in range(seeds))


def run(task, method, stage, epochs, seed):
    cells, start, kept = shared(TRAPS), time.process_time(), {}
    function, _, methods = TASKS[task]
    settings = {}
    if stage == "choice" and task == "sunspots":
        settings = {"until": cells["BEFORE"], "at": cells["rehearsal"]}
    elif stage == "choice":
        settings = {"split": cells["EARLIER"], "end": cells["SPLIT"]}
    forecast = cells[function](*methods[method], seed, epochs, **settings)
    score, error = cells["score_trap"](task, forecast, choice=stage == "choice")
    if stage == "test":
        kept[f"{task}/{method}/{seed}"] = error
    return [(f"{score:.5f}", round(time.process_time() - start))], kept


COLUMNS = ("task", "method", "stage", "epochs", "seed", "score", "seconds")
EXPERIMENTS = [Experiment("traps", COLUMNS, 5, jobs, run, chapters=(TRAPS,))]
