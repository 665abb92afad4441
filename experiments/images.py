"""Chapter 6.4b: digits row by row, several seeds.

Nats per image on training, validation and test images. The arrays are the networks that the
chapter draws with.
"""

import time

from experiments.chapter import shared
from experiments.protocol import Experiment

CHAPTER = "06_4b_images_strokes"


def jobs(rows):
    yield from ((method, seed) for method in ("rows", "chained") for seed in range(3))
    yield "labelled", 0


def run(method, seed):
    cells = shared(CHAPTER)
    cuts = slice(3500), slice(3500, 4000), slice(4000, None)
    data = [cells["digits"]] + [cells["labels"]] * (method == "labelled")
    train, validation, test = ([array[cut] for array in data] for cut in cuts)
    start = time.process_time()
    network, epoch = cells["train_images"](
        seed, method != "rows", units=128, epochs=30, watch=validation, given=(*train, None)[1]
    )
    seconds = time.process_time() - start
    scores = []
    for part in (train, validation, test):
        logits = cells["row_logits"](network, *part)
        scores.append(float(cells["per_image"](logits, part[0]).mean()))
    params = network[0].params | {"A": network[1]}
    kept = {f"{method}/{key}": x for key, x in params.items()} if seed == 0 else {}
    return [(epoch, *scores, seconds)], kept


COLUMNS = ("method", "seed", "epoch", "train", "validation", "test", "seconds")
EXPERIMENTS = [Experiment("images", COLUMNS, 2, jobs, run, chapters=(CHAPTER,))]
