"""One network for many series, chapter 6.2c: jobs by industry, and a family of cycles.

A run has a row for each part of its score. The arrays are the errors of each series.
"""

import time

import numpy as np

from experiments.chapter import shared
from experiments.protocol import Experiment

CHAPTER = "06_2c_many_series"
SEEDS, EPOCHS = range(3), 8


def jobs(rows):
    for stage in ("choice", "test"):
        yield from (("jobs", "GRU over all", stage, seed) for seed in SEEDS)
    yield from (("family", f"GRU, {n}", "test", s) for n in (100, 1000, 8000) for s in range(2))


def employment(cells, stage, seed):
    """Return the error of each industry after each epoch, (epochs, industries)."""
    first = cells["CHOICE"] if stage == "choice" else cells["TEST"]
    end = cells["TEST"] if stage == "choice" else cells["log_jobs"].shape[1]
    x, y = cells["prepared"](0, first, first)
    z, target = cells["prepared"](first, end, first)
    forecasts = cells["learned"](x, y, z, EPOCHS, seed)
    return np.stack([np.abs(f - target).mean(axis=(1, 2)) for f in forecasts])


def run(task, method, stage, seed):
    cells, kept, start = shared(CHAPTER), {}, time.process_time()
    if task == "jobs":
        found = employment(cells, stage, seed)
        scores = {str(k + 1): x.mean() for k, x in enumerate(found)}
        if stage == "test":
            kept[f"jobs/{method}/{seed}"] = found
    else:
        series, _ = cells["family"](1000, 7)
        model = cells["family_network"](int(method.split()[1]), seed)
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
