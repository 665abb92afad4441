"""Chapter 6.3a: spoken digits, known voices (five seeds of a GRU) and each speaker left out (four).

`accuracy` is that on the test part; spoken.npz has each answer and, for known voices, the share of
right answers on the validation part after each epoch.
"""

import time

import numpy as np

from experiments.chapter import shared
from experiments.protocol import Experiment
from rnnbook.voices import SPEAKERS

CHAPTER = "06_3a_speech"
KNOWN = "known voices"


def jobs(rows):
    yield from ((seed, KNOWN) for seed in range(5))
    yield from ((seed, voice) for seed in range(4) for voice in SPEAKERS)


def run(seed, voice):
    cells, start = shared(CHAPTER), time.process_time()
    train, test = cells["splits"][voice]
    judge = cells["validation"] if voice == KNOWN else None
    model, x, history = cells["train_gru"](train, seed, judge=judge)
    answers = model.predict(x[test], mask=cells["mask_all"][test]).argmax(axis=-1)
    kept = {f"{seed}/{voice}": answers.astype(np.int8)}
    if judge is not None:
        kept[f"{seed}/curve"] = np.array(history["val_accuracy"])
    accuracy = float((answers == cells["labels"][test]).mean())
    return [(accuracy, time.process_time() - start)], kept


COLUMNS = ("seed", "voice", "accuracy", "seconds")
EXPERIMENTS = [Experiment("spoken", COLUMNS, 2, jobs, run, chapters=(CHAPTER,))]
