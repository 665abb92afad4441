"""Chapter 6.4a: three networks with 30 passes, and what relatives of the test tunes are worth.

"weights" are trained on the chapter's split, `bits_per_note` is of the validation part, and their
weights are the arrays. "leak" is trained with and without the relatives of random test tunes.
"""

import time

from experiments.chapter import shared
from experiments.protocol import Experiment

CHAPTER = "06_4a_text_music"


def jobs(rows):
    yield from (("weights", "family", seed) for seed in range(3))
    for seed in range(3):
        yield from (("leak", training, seed) for training in ("with", "without"))


def run(what, training, seed):
    cells, passes = shared(CHAPTER), 30 if what == "weights" else 8
    if what == "weights":
        train, test = cells["train_rows"], cells["validation_rows"]
    else:
        test, *trainings = cells["with_and_without"](seed)
        train = trainings[("with", "without").index(training)]
    start = time.process_time()
    model = cells["train"](cells["build"](seed), train, passes, seed)
    seconds = time.process_time() - start
    bits = float(cells["bits_per_note"](cells["network_bits"](model, test).get, test))
    kept = {f"{seed}.{key}": x for key, x in model.params.items()} if what == "weights" else {}
    return [(passes, bits, seconds)], kept


COLUMNS = ("what", "training", "seed", "passes", "bits_per_note", "seconds")
EXPERIMENTS = [Experiment("tunes", COLUMNS, 3, jobs, run, chapters=(CHAPTER,))]
