"""Chapter 6.4b: digits row by row, several seeds.

Nats per image on training, validation and test images. The arrays of `images` are the networks
that the chapter draws with. `pixel_windows`: a small network that sees neighbouring pixels only;
one pass chooses how far it looks. Its arrays are the nats of each test image and one network.
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


def window_jobs(rows):
    yield from ((reach, 1, 0) for reach in (2, 4, 6))
    short = rows.where(passes=1)
    if len(short) == 3:
        best = min(short, key=lambda row: row["validation"])["reach"]
        yield from ((best, 6, seed) for seed in range(2))


def window_run(reach, passes, seed):
    cells = shared(CHAPTER)
    start = time.process_time()
    network = cells["train_near"](seed, reach, epochs=passes)
    seconds = time.process_time() - start
    nats = []
    for part in (cells["validation"], cells["test"]):
        nats.append(cells["per_image"](cells["near_logits"](network, part), part))
    scores = [float(each.mean()) for each in nats]
    if passes == 1:
        return [(*scores, seconds)], {}
    kept = {f"{seed}/nats": nats[1].astype("float32")}
    if seed == 0:
        params = network[0].params | {"place": network[1]}
        kept |= {f"weights/{key}": x for key, x in params.items()}
    return [(*scores, seconds)], kept


COLUMNS = ("method", "seed", "epoch", "train", "validation", "test", "seconds")
WINDOWS = ("reach", "passes", "seed", "validation", "test", "seconds")
EXPERIMENTS = [
    Experiment("images", COLUMNS, 2, jobs, run, chapters=(CHAPTER,)),
    Experiment("pixel_windows", WINDOWS, 3, window_jobs, window_run, chapters=(CHAPTER,)),
]
