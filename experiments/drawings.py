"""Chapter 6.4b: digits row by row, characters stroke by stroke, several seeds.

Nats per image or per step on a part of the training data, on validation and test data. The
arrays are the networks that the chapter draws with.
"""

import time

from experiments.chapter import shared
from experiments.protocol import Experiment

CHAPTER = "06_4b_images_strokes"
DRAWN = ("images/rows", "images/chained", "images/labelled", "strokes/10 components")
METHODS = {
    "images": ("rows", "chained"),
    "strokes": (
        "10 components", "1 component", "last step only", "10 components, random split",
    ),
}  # fmt: skip


def jobs(rows):
    for part, methods in METHODS.items():
        yield from ((part, method, seed) for method in methods for seed in range(3))
    yield "images", "labelled", 0


def image_run(cells, method, seed):
    """Weights by name, best epoch, and nats per image on the three parts."""
    cuts = slice(3500), slice(3500, 4000), slice(4000, None)
    data = [cells["digits"]] + [cells["labels"]] * (method == "labelled")
    train, validation, test = ([array[cut] for array in data] for cut in cuts)
    network, epoch = cells["train_images"](
        seed, method != "rows", units=128, epochs=30, watch=validation, given=(*train, None)[1]
    )
    scores = []
    for part in (train, validation, test):
        logits = cells["row_logits"](network, *part)
        scores.append(float(cells["per_image"](logits, part[0])))
    return network[0].params | {"A": network[1]}, epoch, scores


def stroke_run(cells, method, seed):
    """The same for strokes, in nats per step."""
    test, validation, train = cells["splits"]["random" if "random" in method else "by family"]
    model, epoch = cells["train_strokes"](
        seed, train, watch=validation, epochs=30,
        M=1 if method == "1 component" else 10, memory=method != "last step only",
    )  # fmt: skip
    rows = (train[:: len(train) // 300], validation, test)
    return model.params, epoch, [float(cells["stroke_nats"](model, r).sum()) for r in rows]


def run(part, method, seed):
    cells = shared(CHAPTER)
    start = time.process_time()
    train = image_run if part == "images" else stroke_run
    params, epoch, scores = train(cells, method, seed)
    row = epoch, *scores, time.process_time() - start
    drawn = seed == 0 and f"{part}/{method}" in DRAWN
    return [row], {f"{part}/{method}/{k}": v for k, v in params.items()} if drawn else {}


COLUMNS = ("part", "method", "seed", "epoch", "train", "validation", "test", "seconds")
EXPERIMENTS = [Experiment("drawings", COLUMNS, 3, jobs, run, chapters=(CHAPTER,))]
