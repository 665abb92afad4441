"""The tables of chapter 8.6a: a planted secret, and accuracy under differential privacy.

    python tools/private_training.py         # about 8 minutes, one core

Writes results/private_canary.csv (exposure of the secret and bits per character, by way of
training, number of insertions and seed) and results/private_digits.csv (accuracy on the test
part and success of the membership test, by model, ε and seed). The chapter's own cells are run.
"""

import os
import time
from itertools import product

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

import runs

SEEDS = range(3)
INSERTIONS = {
    "plain": (1, 2, 4, 8, 16, 64),
    "other numbers": (1, 4, 16),
    "clipped": (4, 16),
    "private": (1, 2, 4, 8, 16, 64),
}


def canary(chapter: dict) -> None:
    """Exposure of the secret."""
    columns = ("way", "insertions", "seed", "exposure", "bits", "seconds")
    table = runs.Table("private_canary", columns, keys=3)
    for seed, way in product(SEEDS, INSERTIONS):
        for insertions in INSERTIONS[way]:
            if not table.has(way, insertions, seed):
                start = time.process_time()
                _, exposure, bits = chapter["run_canary"](way, insertions, seed)
                seconds = time.process_time() - start
                table.add(way, insertions, seed, float(exposure), float(bits), seconds)


def digits(chapter: dict) -> None:
    """Accuracy against ε; 0 in the column ε stands for a training without privacy."""
    columns = ("model", "epsilon", "seed", "accuracy", "auc", "seconds")
    table = runs.Table("private_digits", columns, keys=3)
    for model, epsilon, seed in product(("lstm", "linear"), chapter["EPSILONS"], range(5)):
        if not table.has(model, epsilon or 0, seed):
            start = time.process_time()
            _, accuracy, auc = chapter["run_digits"](model, epsilon, seed)
            seconds = time.process_time() - start
            table.add(model, epsilon or 0, seed, float(accuracy), float(auc), seconds)


if __name__ == "__main__":
    cells = runs.definitions("08_6a_privacy", "def run_digits(")
    digits(cells)
    canary(cells)
