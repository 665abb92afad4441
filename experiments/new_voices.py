"""Chapter 5.2: one speaker left out, each of the six; five seeds for the network.

`accuracy` is that on the speaker left out, `lowest` and `last` those of the network on the
validation speaker, at its lowest loss and at its end (0 for the other methods). new_voices.npz has
for each run which of the answers are right.
"""

import time

import numpy as np

from experiments.chapter import shared
from experiments.protocol import Experiment

CHAPTER = "05_2_real_data"
BASELINES = ("20 frames, logistic", "20 frames, 1-NN", "20 frames, SVM", "order-free, SVM")


def jobs(rows):
    for method in (*BASELINES, "network"):
        seeds = range(5) if method == "network" else range(1)
        yield from ((method, seed, speaker) for seed in seeds for speaker in range(6))


def run(method, seed, speaker):
    cells = shared(CHAPTER)
    start = time.process_time()
    right, history = cells["new_voice"](method, speaker, seed)
    scores = history.get("val_accuracy", [0.0])
    lowest = scores[int(np.argmin(history.get("val_loss", [0.0])))]
    row = (float(right.mean()), lowest, scores[-1], time.process_time() - start)
    return [row], {f"{method}/{seed}/{speaker}": right}


COLUMNS = ("method", "seed", "speaker", "accuracy", "lowest", "last", "seconds")
EXPERIMENTS = [Experiment("new_voices", COLUMNS, 3, jobs, run, chapters=(CHAPTER,))]
