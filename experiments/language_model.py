"""Chapter 6.1a: the network with several amounts of text, and a larger one trained for longer.

Bits per character on validation text, on the test plays, and on those passages of them that the
leaky split keeps for testing (`passages`). `text` is the number of training characters,
`characters` how many were read. The larger network has a row for each twentieth of its training;
its weights are the arrays, by their names in rnnkit.

`language_windows`: networks of 128 units whose gradients run through windows of several lengths,
with as many updates of 2,048 characters each. Bits on the validation plays; the arrays say what
a carried state is worth: the bits of the n-th character after a reset minus those of the same
character read with all that stands before it, by n.
"""

import time

import numpy as np

from experiments.chapter import shared
from experiments.protocol import Experiment

CHAPTER = "06_1a_language_model"
TEXTS, LONG = (64_866, 259_339, 1_037_222, 4_148_742), 20_000_000  # characters
SETTINGS = [*((text, "plays") for text in TEXTS), (TEXTS[2], "leaky")]


def jobs(rows):
    yield 192, TEXTS[-1], "plays", 0
    for seed in range(3):
        yield from ((128, text, split, seed) for text, split in SETTINGS)


def long(cells, units, seed):
    """One network; a row for each twentieth of the training."""
    start, found = time.process_time(), []
    model = cells["language_network"](np.random.default_rng(seed), units)

    def report(model, characters):
        value = float(cells["bits"](model, cells["ids"]["validation"][:50_000]).mean())
        found.append((characters, value, "", "", time.process_time() - start))

    cells["train"](model, cells["ids"]["train"], LONG, after_piece=report)
    return found, model.params


def short(cells, text, split, seed):
    """One network of 2 million characters, as it was when best on validation text."""
    texts = {len(ids): ids for ids in cells["some_text"].values()}
    ids = cells["with_leak"](texts[text]) if split == "leaky" else texts[text]
    start, best = time.process_time(), [np.inf, {}]
    model = cells["language_network"](np.random.default_rng(seed))

    def keep_the_best(model, characters):
        value = cells["bits"](model, cells["ids"]["validation"][:50_000]).mean()
        if value < best[0]:
            best[:] = value, {k: p.copy() for k, p in model.params.items()}

    cells["train"](model, ids, 2_000_000, pieces=10, after_piece=keep_the_best)
    for key, array in model.params.items():
        array[...] = best[1][key]
    bits = cells["bits"](model, cells["ids"]["test"])
    passages = float(bits[cells["scored"]].mean())
    seconds = time.process_time() - start
    return [(2_000_000, float(best[0]), float(bits.mean()), passages, seconds)], {}


LENGTH = 512  # characters between two resets


def window_jobs(rows):
    yield from ((window, 2_000_000, 0) for window in (4, 16, 64, 256))


def run_window(window, characters, seed):
    """Truncated BPTT with such windows; all updates see 2,048 characters."""
    cells = shared(CHAPTER)
    start, text = time.process_time(), cells["ids"]["validation"]
    model = cells["language_network"](np.random.default_rng(seed))
    options = {"lanes": 2048 // window, "window": window, "pieces": 10}
    cells["train"](model, cells["ids"]["train"], characters, **options)
    bits = cells["bits"](model, text)
    starts = np.arange(0, len(text) - LENGTH, LENGTH)
    excess = cells["excess_after"](model, text, bits, starts, LENGTH)
    name = f"{window}.{characters // 1_000_000}.{seed}"
    row = float(bits.mean()), time.process_time() - start
    return [row], {name: excess.mean(axis=0).astype(np.float32)}


def run(units, text, split, seed):
    cells = shared(CHAPTER)
    return long(cells, units, seed) if units == 192 else short(cells, text, split, seed)


COLUMNS = (
    "units", "text", "split", "seed", "characters", "validation", "test", "passages", "seconds"
)  # fmt: skip
WINDOWS = ("window", "characters", "seed", "validation", "seconds")
EXPERIMENTS = [
    Experiment("language_model", COLUMNS, 4, jobs, run, chapters=(CHAPTER,)),
    Experiment("language_windows", WINDOWS, 3, window_jobs, run_window, chapters=(CHAPTER,)),
]
