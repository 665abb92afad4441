"""Chapter 6.4c: a pen network, with one component, without memory, on a random split.

Nats per step on part of the training data, on validation and on test characters. The arrays are
the network that the chapter draws with.
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


COLUMNS = ("method", "seed", "epoch", "train", "validation", "test", "seconds")
EXPERIMENTS = [Experiment("pen", COLUMNS, 2, jobs, run, chapters=(CHAPTER,))]
