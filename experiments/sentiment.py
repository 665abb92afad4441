"""Chapter 6.1b: every network with five seeds, and a linear window for word boundaries.

`score` is the accuracy on the test part; for segmentation, F1 of words. sentiment.npz has, for
the methods of the verdicts, which test sentences or lines were right; of word boundaries, for
each test sentence the words found, in the text, and in the answer.
"""

import time

from experiments.chapter import shared
from experiments.protocol import Experiment

CHAPTER = "06_1b_text_classification"
MODELS = {
    "english": ("vectors", "GRU", "BiGRU", "GRU mean", "BiGRU mean"),
    "padding": ("GRU right", "GRU left", "GRU mean right", "GRU mean left"),
    "chinese": ("vectors", "GRU", "BiGRU", "BiGRU mean"),
    "segmentation": (
        "forward 0", "forward 1", "forward 2", "forward 3", "forward 4", "both",
        "both long", "forward 2 long",
    ),
}  # fmt: skip
LONG = 10  # epochs of the "long" trainings for word boundaries
WINDOWS = ("window 0", "window 1", "window 2")
KEPT = {  # what the verdicts compare
    ("english", "GRU"), ("english", "vectors"), ("chinese", "GRU"), ("segmentation", "both"),
    ("segmentation", "both long"), ("segmentation", "window 2"),
}  # fmt: skip


def jobs(rows):
    for task, models in MODELS.items():
        for model in models:
            yield from ((task, model, seed) for seed in range(3 if model.endswith(" long") else 5))
    yield from (("segmentation", model, 0) for model in WINDOWS)


def run(task, model, seed):
    cells = shared(CHAPTER)
    start = time.process_time()
    options = {"epochs": LONG} if model.endswith(" long") else {}
    found = cells[task](model.removesuffix(" long"), seed, **options)
    score = cells["f1"](found) if task == "segmentation" else found.mean()
    kept = {f"{task}/{model}/{seed}": found} if (task, model) in KEPT else {}
    return [(float(score), time.process_time() - start)], kept


COLUMNS = ("task", "model", "seed", "score", "seconds")
EXPERIMENTS = [Experiment("sentiment", COLUMNS, 3, jobs, run, chapters=(CHAPTER,))]
