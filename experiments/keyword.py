"""Chapter 6.3a: a keyword in a stream, for many orders of the stream and for new voices.

Each method is trained once for each seed, on known voices or with one speaker left out; the test
recordings then follow one another in twenty orders. `mean`, `low` and `high` are of the equal error
rates over the orders; keyword.npz has the rate of each order.
"""

import time

import numpy as np

from experiments.chapter import shared
from experiments.protocol import Experiment
from rnnbook.voices import SPEAKERS

CHAPTER = "06_3a_speech"
ORDERS = 20


def jobs(rows):
    for voice in ("known voices", *SPEAKERS):
        seeds = range(5 if voice == "known voices" else 2)
        yield ("window, linear", 0, voice)
        yield from ((name, seed, voice) for name in ("window, 32 units", "GRU") for seed in seeds)


def run(method, seed, voice):
    cells, start = shared(CHAPTER), time.process_time()
    train, test = cells["splits"][voice]
    if method == "GRU":
        logit = cells["network"](cells["train_spotter"](seed, train)[0])
    else:
        logit = cells["window_spotter"](train, seed, hidden=method != "window, linear")
    x = cells["standardised"](train)
    rates = []
    for order in range(ORDERS):
        pick = np.random.default_rng(100 + order).permutation(test)
        rates.append(cells["curve"](*cells["detections"](logit, x, pick))[2])
    rates = np.array(rates)
    seconds = time.process_time() - start
    row = (float(rates.mean()), float(rates.min()), float(rates.max()), seconds)
    return [row], {f"{method}/{seed}/{voice}": rates}


COLUMNS = ("method", "seed", "voice", "mean", "low", "high", "seconds")
EXPERIMENTS = [Experiment("keyword", COLUMNS, 3, jobs, run, chapters=(CHAPTER,))]
