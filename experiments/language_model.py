"""Chapter 6.1a: the network with several amounts of text, and a larger one trained for longer.

Bits per character on validation text, on the test plays, and on those passages of them that the
leaky split keeps for testing (`passages`). `text` is the number of training characters,
`characters` how many were read. The larger network has a row for each twentieth of its training;
its weights are the arrays, by their names in rnnkit. At the other rates it was stopped after four
of them.

`language_windows`: networks of 128 units whose gradients run through windows of several lengths,
with as many updates of 2,048 characters each, and the larger network. The arrays say what a carried
state is worth on the validation plays: the bits of the n-th character after a reset minus those of
the same character read with all that stands before it, by n.

The rate of a short training is chosen on validation text, with seed 0, for each amount of text
and for each window.
"""

import time

import numpy as np

from experiments.chapter import shared
from experiments.protocol import Experiment
from rnnbook import results

CHAPTER = "06_1a_language_model"
TEXTS, LONG = (64_866, 259_339, 1_037_222, 4_148_742), 20_000_000  # characters
RATE, TRIALS = 0.003, (0.002, 0.005)  # of the larger network
LOW, USUAL, HIGH = (0.001, 0.003, 0.01), (0.003, 0.01, 0.02), (0.003, 0.01, 0.02, 0.04)
RATES = dict(zip(TEXTS, (LOW, USUAL, HIGH, USUAL), strict=True))
READ = 2_000_000  # characters, in a short training


class EnoughError(Exception):
    """A trial has read what it was to read."""


def jobs(rows):
    yield from ((192, TEXTS[-1], "plays", rate, 0) for rate in (RATE, *TRIALS))
    for text in TEXTS:
        yield from ((128, text, "plays", rate, 0) for rate in RATES[text])
    yield 128, TEXTS[2], "leaky", 0.01, 0
    tried = rows.where(units=128, text=TEXTS[-1], seed=0)
    if len(tried) == len(USUAL):  # more seeds at the best of them
        best = min(tried, key=lambda row: row["validation"])["rate"]
        yield from ((128, TEXTS[-1], "plays", best, seed) for seed in (1, 2))


def long(cells, units, rate, seed):
    """One network; a row for each twentieth of the training."""
    start, found = time.process_time(), []
    model = cells["language_network"](np.random.default_rng(seed), units)

    def report(model, characters):
        value = float(cells["bits"](model, cells["ids"]["validation"][:50_000]).mean())
        found.append((characters, value, "", "", time.process_time() - start))
        if rate != RATE and len(found) == 4:
            raise EnoughError

    try:
        cells["train"](model, cells["ids"]["train"], LONG, rate=rate, after_piece=report)
    except EnoughError:
        return found, {}
    return found, model.params


def short(cells, text, split, rate, seed):
    """One network of 2 million characters, as it was when best on validation text."""
    texts = {len(ids): ids for ids in cells["some_text"].values()}
    ids = cells["with_leak"](texts[text]) if split == "leaky" else texts[text]
    start, best = time.process_time(), [np.inf, {}]
    model = cells["language_network"](np.random.default_rng(seed))

    def keep_the_best(model, characters):
        value = cells["bits"](model, cells["ids"]["validation"][:50_000]).mean()
        if value < best[0]:
            best[:] = value, {k: p.copy() for k, p in model.params.items()}

    cells["train"](model, ids, READ, rate=rate, pieces=10, after_piece=keep_the_best)
    for key, array in model.params.items():
        array[...] = best[1][key]
    bits = cells["bits"](model, cells["ids"]["test"])
    passages = float(bits[cells["scored"]].mean())
    seconds = time.process_time() - start
    return [(READ, float(best[0]), float(bits.mean()), passages, seconds)], {}


LENGTH = 512  # characters between two resets


def window_jobs(rows):
    yield 192, 64, RATE, 0  # the larger network
    for window in (4, 16, 64, 256):
        yield from ((128, window, rate, 0) for rate in USUAL)


def run_window(units, window, rate, seed):
    """Truncated BPTT with such windows; all updates see 2,048 characters."""
    cells = shared(CHAPTER)
    start, text = time.process_time(), cells["ids"]["validation"]
    model = cells["language_network"](np.random.default_rng(seed), units)
    if units == 192:
        results.load(model, "language_model")
    else:
        options = {"rate": rate, "lanes": 2048 // window, "window": window, "pieces": 10}
        cells["train"](model, cells["ids"]["train"], READ, **options)
    bits = cells["bits"](model, text)
    starts = np.arange(0, len(text) - LENGTH, LENGTH)
    excess = cells["excess_after"](model, text, bits, starts, LENGTH)
    row = float(bits.mean()), time.process_time() - start
    return [row], {f"{units}.{window}.{rate}.{seed}": excess.mean(axis=0).astype(np.float32)}


def run(units, text, split, rate, seed):
    cells = shared(CHAPTER)
    if units == 192:
        return long(cells, units, rate, seed)
    return short(cells, text, split, rate, seed)


COLUMNS = (
    "units", "text", "split", "rate", "seed",
    "characters", "validation", "test", "passages", "seconds",
)  # fmt: skip
WINDOWS = ("units", "window", "rate", "seed", "validation", "seconds")
EXPERIMENTS = [
    Experiment("language_model", COLUMNS, 5, jobs, run, chapters=(CHAPTER,)),
    Experiment("language_windows", WINDOWS, 4, window_jobs, run_window, chapters=(CHAPTER,)),
]
