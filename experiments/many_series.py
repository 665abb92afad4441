"""One network for many series, chapter 6.2c: jobs by industry, and a family of cycles.

A run has a row for each part of its score. The arrays are the errors of each series.
"""

import time

import numpy as np

from experiments.chapter import shared
from experiments.protocol import Experiment

CHAPTER = "06_2c_many_series"
ROUNDS = 8
SEEDS = {0.003: 3, 0.001: 1, 0.01: 1}  # of each rate
PARTS = range(1996, 2012, 3)  # the first years of the parts on which settings are chosen


def jobs(rows):
    methods = [f"GRU, {n}" for n in ("1000", "100", "8000", "8000, longer")]
    yield from (("family", method, "test", s) for method in methods for s in range(2))
    for yearly in ("", ", yearly"):
        for rate, seeds in SEEDS.items():
            for stage in (*PARTS, "test"):
                method = f"GRU, {rate}{yearly}"
                yield from (("jobs", method, stage, seed) for seed in range(seeds))


def employment(cells, method, stage, seed):
    """Return the error of each industry after each round, (rounds, industries)."""
    first = cells["TEST"] if stage == "test" else 12 * (stage - 1990)
    end = cells["log_jobs"].shape[1] if stage == "test" else first + 36
    x, y = cells["prepared"](0, first, first)
    z, target = cells["prepared"](first, end, first)
    _, rate, *more = method.split(", ")  # "yearly": the yearly change as a third input
    forecasts = cells["learned"](x, y, z, ROUNDS, seed, float(rate), yearly=bool(more))
    return np.stack([np.abs(f - target).mean(axis=(1, 2)) for f in forecasts])


def run(task, method, stage, seed):
    cells, kept, start = shared(CHAPTER), {}, time.process_time()
    if task == "jobs":
        found = employment(cells, method, stage, seed)
        scores = {str(k + 1): x.mean() for k, x in enumerate(found)}
        if stage == "test":
            kept[f"jobs/{method}/{seed}"] = found
    else:
        series, _ = cells["family"](5000, 7)
        updates = (7500, 3750, 1875) if "longer" in method else (2500, 1250, 625)
        model = cells["family_network"](int(method.split(", ")[1]), seed, updates)
        answers = model.predict(cells["with_targets"](series)[0])
        scores = {}
        found = [cells["errors"](answers[:, n - 1], series, n) for n in cells["KNOWN"]]
        kept[f"family/{method}/{seed}"] = np.stack(found)
        for n, x in zip(cells["KNOWN"], found, strict=True):
            scores[str(n)] = x.mean()
    seconds = round(time.process_time() - start)
    return [(part, f"{score:.5f}", seconds) for part, score in scores.items()], kept


COLUMNS = ("task", "method", "stage", "seed", "part", "score", "seconds")
EXPERIMENTS = [Experiment("many_series", COLUMNS, 4, jobs, run, chapters=(CHAPTER,))]
