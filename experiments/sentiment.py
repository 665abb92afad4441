"""Chapter 6.1b: every network with five seeds, and a linear window for word boundaries.

`score` is the accuracy on the test part; for segmentation, F1 of words. sentiment.npz has, for
the methods of the verdicts, which test sentences, lines or words of the text were right.
"""

import time

from experiments.chapter import shared
from experiments.protocol import Experiment

CHAPTER = "06_1b_text_classification"
MODELS = {
    "english": ("vectors", "GRU", "BiGRU", "GRU mean", "BiGRU mean"),
    "padding": ("GRU right", "GRU left", "GRU mean right", "GRU mean left"),
    "chinese": ("vectors", "GRU", "BiGRU", "BiGRU mean"),
    "segmentation": ("forward 0", "forward 1", "forward 2", "forward 3", "forward 4", "both"),
}
WINDOWS = ("window 0", "window 1", "window 2")
KEPT = {  # for how many seeds the arrays are kept
    ("chinese", "GRU"): 2,
    ("segmentation", "both"): 1,
    ("segmentation", "window 2"): 1,
}


def jobs(rows):
    for task, models in MODELS.items():
        yield from ((task, model, seed) for model in models for seed in range(5))
    yield from (("segmentation", model, 0) for model in WINDOWS)


def run(task, model, seed):
    cells = shared(CHAPTER)
    start = time.process_time()
    right = cells[task](model, seed)
    if task == "segmentation":
        right, given = right
        score = cells["f1"](right, given)
    else:
        score = right.mean()
    keep = seed < KEPT.get((task, model), 0)
    kept = {f"{task}/{model}/{seed}": right} if keep else {}
    return [(float(score), time.process_time() - start)], kept


COLUMNS = ("task", "model", "seed", "score", "seconds")
EXPERIMENTS = [Experiment("sentiment", COLUMNS, 3, jobs, run, chapters=(CHAPTER,))]
