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
    "segmentation": ("forward 0", "forward 1", "forward 2", "forward 3", "forward 4", "both"),
}
WINDOWS = ("window 0", "window 1", "window 2")
KEPT = {  # what the verdicts compare
    ("english", "GRU"), ("english", "vectors"), ("chinese", "GRU"), ("segmentation", "both"),
    ("segmentation", "window 2"),
}  # fmt: skip


def jobs(rows):
    for task, models in MODELS.items():
        yield from ((task, model, seed) for model in models for seed in range(5))
    yield from (("segmentation", model, 0) for model in WINDOWS)


def run(task, model, seed):
    cells = shared(CHAPTER)
    start = time.process_time()
    found = cells[task](model, seed)
    score = cells["f1"](found) if task == "segmentation" else found.mean()
    kept = {f"{task}/{model}/{seed}": found} if (task, model) in KEPT else {}
    return [(float(score), time.process_time() - start)], kept


COLUMNS = ("task", "model", "seed", "score", "seconds")
EXPERIMENTS = [Experiment("sentiment", COLUMNS, 3, jobs, run, chapters=(CHAPTER,))]
