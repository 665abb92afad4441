"""Chapter 6.3a: a keyword in a stream, for many orders of the stream and for new voices.

Each method is trained once for each seed, on known voices or with one speaker left out; the test
recordings then follow one another in twenty orders. `mean`, `low` and `high` are of the equal error
rates over the orders, `validation` is the mean on the validation part (0 where it was not read).
keyword.npz has the rate of each order, for each recording the share of orders in which it is wrong
at the threshold of equal rates, and the weights of the networks that know the voices.
"""

import time

import numpy as np

from experiments.chapter import shared
from experiments.protocol import Experiment
from rnnbook.voices import SPEAKERS

CHAPTER = "06_3a_speech"
KNOWN = "known voices"
SHORT = "GRU, half the steps"
ORDERS = 20


def jobs(rows):
    for seed in range(5):
        methods = "GRU", "window, SVM", "window, 32 units"
        yield from ((method, seed, KNOWN) for method in methods)
    yield from (("window, linear", 0, voice) for voice in (KNOWN, *SPEAKERS))
    for seed in range(3):
        yield from (("window, 32 units", seed, voice) for voice in SPEAKERS)
        yield from (("window, SVM", seed, voice) for voice in SPEAKERS)
        yield from (("GRU", seed, voice) for voice in SPEAKERS)
    yield from ((SHORT, seed, KNOWN) for seed in range(5))


def in_orders(cells, logit, x, rows):
    """Return the equal error rate of each order, and how often each recording is wrong."""
    rates, wrong = [], np.zeros(len(rows))
    for order in range(ORDERS):
        places = np.random.default_rng(100 + order).permutation(len(rows))
        rate, errs = cells["equal_error"](*cells["detections"](logit, x, rows[places]))
        rates.append(rate)
        wrong[places] += errs / ORDERS
    return np.array(rates), wrong


def run(method, seed, voice):
    cells, start, kept = shared(CHAPTER), time.process_time(), {}
    train, test = cells["splits"][voice]
    if method.startswith("GRU"):
        steps = {"steps": 250} if method == SHORT else {}
        model, _ = cells["train_spotter"](seed, train, **steps)
        for value in model.params.values():
            value[...] = value.astype(np.float16)  # as they are stored
        if method == "GRU" and voice == KNOWN:
            kept = {f"weights/{k}": x.astype(np.float16) for k, x in model.params.items()}
        logit = cells["network"](model)
    else:
        logit = cells["window_spotter"](train, seed, method.removeprefix("window, "))
    x, checked = cells["standardised"](train), 0.0
    kept["rates"], wrong = in_orders(cells, logit, x, test)
    kept["wrong"] = wrong.astype(np.float16)
    if voice == KNOWN:
        checked = float(in_orders(cells, logit, x, cells["validation"])[0].mean())
    rates, seconds = kept["rates"], time.process_time() - start
    row = (float(rates.mean()), float(rates.min()), float(rates.max()), checked, seconds)
    return [row], {f"{method}/{seed}/{voice}/{name}": x for name, x in kept.items()}


COLUMNS = ("method", "seed", "voice", "mean", "low", "high", "validation", "seconds")
EXPERIMENTS = [Experiment("keyword", COLUMNS, 3, jobs, run, chapters=(CHAPTER,))]
