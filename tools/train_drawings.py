"""The longer trainings of chapter 6.4b: digits row by row, characters stroke by stroke.

    nice -n 10 python tools/train_drawings.py     # about 8 minutes, one core

Runs the chapter's own cells and then its `train_images` and `train_strokes` for several seeds.
Writes results/drawings.csv (one row for each run: nats per image or per step on a part of the
training data, on validation and test data) and results/drawings.npz (weights as float16 of the
networks the chapter draws with). A run whose row is there is not repeated.
"""

import os
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

import numpy as np
from tqdm import tqdm

import runs

WEIGHTS = runs.RESULTS / "drawings.npz"
COLUMNS = ("part", "method", "seed", "epoch", "train", "validation", "test", "seconds")
DRAWN = ("images/rows", "images/chained", "images/labelled", "strokes/10 components")
RUNS = [
    *(("images", method, seed) for method in ("rows", "chained") for seed in range(3)),
    ("images", "labelled", 0),
    *(("strokes", "10 components", seed) for seed in range(3)),
    *(("strokes", "1 component", seed) for seed in range(3)),
    *(("strokes", "last step only", seed) for seed in range(3)),
    *(("strokes", "10 components, random split", seed) for seed in range(3)),
]


def image_run(chapter, method, seed):
    """Weights by name, best epoch, and nats per image on the three parts."""
    cuts = slice(3500), slice(3500, 4000), slice(4000, None)
    data = [chapter["digits"]] + [chapter["labels"]] * (method == "labelled")
    train, validation, test = ([array[cut] for array in data] for cut in cuts)
    network, epoch = chapter["train_images"](
        seed, method != "rows", units=128, epochs=30, watch=validation, given=(*train, None)[1]
    )
    parts = train, validation, test
    logits = [chapter["row_logits"](network, *part) for part in parts]
    scores = [
        float(chapter["per_image"](y, part[0])) for y, part in zip(logits, parts, strict=True)
    ]
    return network[0].params | {"A": network[1]}, epoch, scores


def stroke_run(chapter, method, seed):
    """The same for strokes, in nats per step."""
    split = chapter["splits"]["random" if "random" in method else "by family"]
    test, validation, train = split
    model, epoch = chapter["train_strokes"](
        seed, train, watch=validation, epochs=30,
        M=1 if method == "1 component" else 10, memory=method != "last step only",
    )  # fmt: skip
    rows = (train[:: len(train) // 300], validation, test)
    return model.params, epoch, [float(chapter["stroke_nats"](model, r).sum()) for r in rows]


def main():
    chapter = runs.definitions(
        "06_4b_images_strokes", "def train_strokes(",
        without=("plt.subplots", "stored", "networks", "column(", "drawn", "made_right",
                 "results", "short"),
    )  # fmt: skip
    table = runs.Table("drawings", COLUMNS, keys=3)
    kept = dict(np.load(WEIGHTS)) if WEIGHTS.exists() else {}
    for part, method, seed in tqdm(RUNS):
        if table.has(part, method, seed):
            continue
        start = time.process_time()
        run = image_run if part == "images" else stroke_run
        params, epoch, scores = run(chapter, method, seed)
        seconds = time.process_time() - start
        if seed == 0 and f"{part}/{method}" in DRAWN:
            kept |= {f"{part}/{method}/{k}": v.astype(np.float16) for k, v in params.items()}
            np.savez_compressed(WEIGHTS, **kept)
        table.add(part, method, seed, epoch, *scores, seconds)


if __name__ == "__main__":
    main()
