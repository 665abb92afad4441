"""Chapter 6.1b: every network with five seeds.

`score` is the accuracy on the test part; for segmentation, F1 of words.
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


def jobs(rows):
    for task, models in MODELS.items():
        yield from ((task, model, seed) for model in models for seed in range(5))


def run(task, model, seed):
    cells = shared(CHAPTER)
    start = time.process_time()
    score = float(cells[task](model, seed))
    return [(score, time.process_time() - start)], {}


COLUMNS = ("task", "model", "seed", "score", "seconds")
EXPERIMENTS = [Experiment("sentiment", COLUMNS, 3, jobs, run, chapters=(CHAPTER,))]
