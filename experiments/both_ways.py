"""Networks for the cycles of chapter 6.2c that see each series also reversed and negated.

The family has these two symmetries, and the AR(2) that is fitted in both directions uses them: so
may the network. A run has a row for each number of known values; the arrays are the errors of
each series.
"""

import time

import numpy as np

from experiments.chapter import shared
from experiments.protocol import Experiment
from rnnkit import losses, optimizers
from rnnkit.layers import GRU, Dense, Sequential
from rnnkit.training import fit

CHAPTER = "06_2c_many_series"
SIZES = (8000, 100, 1000)
UPDATES = {0.01: 22500, 0.003: 11250, 0.001: 5625}  # at most, at each rate
BATCH = 32


def jobs(rows):
    yield from ((n, seed) for seed in range(2) for n in SIZES)


def run(n, seed):
    cells, start = shared(CHAPTER), time.process_time()
    own = cells["family"](n, 1000 + seed)[0]
    four = [sign * way for way in (own, own[:, ::-1]) for sign in (1, -1)]
    x, y = cells["with_targets"](np.concatenate(four))
    others = cells["with_targets"](cells["family"](500, 99)[0])
    rng = np.random.default_rng(seed)
    layers = [GRU(32, return_sequences=True), Dense(cells["FUTURE"])]
    model = Sequential(layers, input_size=1, rng=rng, dtype=np.float32)
    optimizer, updates = optimizers.Adam(0.01, global_clipnorm=1.0), 0
    for rate, most in UPDATES.items():
        optimizer.learning_rate = rate
        history = fit(
            model, x, y, loss=losses.mean_squared_error, optimizer=optimizer, batch_size=BATCH,
            epochs=-(-most * BATCH // len(x)), patience=max(25, 25_000 // len(x)), rng=rng,
            validation_data=others, progress=False,
        )  # fmt: skip
        updates += len(history["loss"]) * -(-len(x) // BATCH)
    series, _ = cells["family"](5000, 7)
    answers = model.predict(cells["with_targets"](series)[0])
    found = [cells["errors"](answers[:, k - 1], series, k) for k in cells["KNOWN"]]
    seconds = round(time.process_time() - start)
    rows = [
        (k, updates, f"{error.mean():.5f}", seconds)
        for k, error in zip(cells["KNOWN"], found, strict=True)
    ]
    return rows, {f"{n}/{seed}": np.stack(found)}


COLUMNS = ("series", "seed", "known", "updates", "error", "seconds")
EXPERIMENTS = [Experiment("both_ways", COLUMNS, 2, jobs, run, chapters=(CHAPTER,))]
