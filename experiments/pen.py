"""Chapter 6.4c: a pen network, with one component, without memory, on a random split.

Nats per step on part of the training data, on validation and on test characters. The arrays of
`pen` are the network that the chapter draws with. `pen_windows`: windows of several steps, of
which the one that is best on validation gets more seeds, and a pair of smaller networks, one of
which sees where the pen is; its arrays are the nats of each test character and the pair.
"""

import time

from experiments.chapter import shared
from experiments.protocol import Experiment

CHAPTER = "06_4c_strokes"
METHODS = "GRU", "GRU, one component", "last step only", "GRU, random split"


def jobs(rows):
    yield from ((method, seed) for method in METHODS for seed in range(3))


def run(method, seed):
    cells = shared(CHAPTER)
    test, validation, train = cells["splits"]["random" if "random" in method else "by family"]
    window = 1 if method == "last step only" else 0
    inputs = cells["inputs_of"](window)
    start = time.process_time()
    model, epoch = cells["train_pen"](
        seed, train, inputs, epochs=30, watch=validation, M=1 if "one" in method else 10,
        units=128, window=window,
    )  # fmt: skip
    seconds = time.process_time() - start
    scores = []
    for rows in (train[:: len(train) // 300], validation, test):
        each = cells["nats_of"](model, inputs, rows).sum(axis=0)
        scores.append(cells["per_step"](each, rows))
    drawn = method == "GRU" and seed == 0
    return [(epoch, *scores, seconds)], model.params if drawn else {}


REACHES = 2, 4, 8, 16
PAIR = "movements", "position"


def window_jobs(rows):
    names = [f"window of {reach}" for reach in REACHES]
    yield from ((name, 0) for name in names)
    if all(rows.where(method=name) for name in names):
        best = min(names, key=lambda name: rows.column("validation", method=name, seed=0)[0])
        yield from ((best, seed) for seed in (1, 2))
    yield from ((name, seed) for name in PAIR for seed in range(3))


def window_run(method, seed):
    cells = shared(CHAPTER)
    test, validation, train = cells["splits"]["by family"]
    window = 0 if method in PAIR else int(method.split()[-1])
    inputs = cells["inputs_of"](window, position=method == "position")
    start = time.process_time()
    model, epoch = cells["train_pen"](
        seed, train, inputs, epochs=30, watch=validation, window=window,
        units=64 if method in PAIR else 128,
    )  # fmt: skip
    seconds = time.process_time() - start
    nats = [cells["nats_of"](model, inputs, rows).sum(axis=0) for rows in (validation, test)]
    scores = [cells["per_step"](*pair) for pair in zip(nats, (validation, test), strict=True)]
    kept = {f"{method}/{seed}/nats": nats[1].astype("float32")}
    if method in PAIR:
        kept |= {f"{method}/{seed}/weights/{key}": x for key, x in model.params.items()}
    return [(epoch, *scores, seconds)], kept


COLUMNS = ("method", "seed", "epoch", "train", "validation", "test", "seconds")
WINDOWS = ("method", "seed", "epoch", "validation", "test", "seconds")
EXPERIMENTS = [
    Experiment("pen", COLUMNS, 2, jobs, run, chapters=(CHAPTER,)),
    Experiment("pen_windows", WINDOWS, 2, window_jobs, window_run, chapters=(CHAPTER,)),
]
