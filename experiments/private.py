"""Chapter 8.6a: a planted secret, and accuracy under differential privacy.

The canary: exposure of the secret and bits per character, by way of training, number of
insertions and seed. The digits: accuracy on the test part and success of the membership test, by
model, ε and seed; 0 in the column ε stands for a training without privacy.
"""

import time

from experiments.chapter import shared
from experiments.protocol import Experiment

CHAPTER = "08_6a_privacy"
EPSILONS = (0, 8, 4, 2, 1, 0.5)
INSERTIONS = {
    "plain": (1, 2, 4, 8, 16, 64),
    "other numbers": (1, 2, 4, 8, 16, 64),
    "clipped": (1, 2, 4, 8, 16, 64),
    "private": (1, 2, 4, 8, 16, 64),
}


def canary_jobs(rows):
    for seed in range(3):
        yield from ((way, n, seed) for way, numbers in INSERTIONS.items() for n in numbers)


def canary(way, insertions, seed):
    cells = shared(CHAPTER)
    start = time.process_time()
    _, exposure, bits = cells["run_canary"](way, insertions, seed)
    return [(float(exposure), float(bits), time.process_time() - start)], {}


def digits_jobs(rows):
    for model in ("lstm", "linear"):
        yield from ((model, epsilon, seed) for epsilon in EPSILONS for seed in range(5))


def digits(model, epsilon, seed):
    cells = shared(CHAPTER)
    start = time.process_time()
    _, accuracy, auc = cells["run_digits"](model, epsilon or None, seed)
    return [(float(accuracy), float(auc), time.process_time() - start)], {}


CANARY = ("way", "insertions", "seed", "exposure", "bits", "seconds")
DIGITS = ("model", "epsilon", "seed", "accuracy", "auc", "seconds")
EXPERIMENTS = [
    Experiment("private_canary", CANARY, 3, canary_jobs, canary, chapters=(CHAPTER,)),
    Experiment("private_digits", DIGITS, 3, digits_jobs, digits, chapters=(CHAPTER,)),
]
