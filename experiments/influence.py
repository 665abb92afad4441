"""Chapter 6.1a: what each character of Hamlet's monologue owes to each one before it.

One earlier character at a time is exchanged, and the rest of the text is read on. `influence[t, d]`
is how many bits more character t costs then, d + 1 characters after the exchanged one: the mean
over the 20 most frequent other characters, by their frequency. `bits` is what it costs as it is,
`characters` the text, as code points. The network is the stored one with 192 units.
"""

import time

import numpy as np

from experiments.chapter import shared
from experiments.protocol import Experiment
from rnnbook import results

CHAPTER, BEGIN, LENGTH = "06_1a_language_model", "HAMLET\nTo be, or not to be", 330
BEFORE, OTHERS = 512, 20  # characters that are read first; that are put in


def jobs(rows):
    yield 192, 40


def exchanged(cells, model, ids, k, others, reach, state):
    """Bits of the characters after k, a row for each character put in its place."""
    rows = np.repeat(ids[np.newaxis, k : k + reach + 1], len(others), axis=0)
    rows[:, 0] = others
    layer, array = next(iter(state.items()))
    y, _, _ = model.forward(rows[:, :-1], state={layer: np.repeat(array, len(others), axis=0)})
    return cells["symbol_bits"](y, rows[:, 1:])


def run(units, reach):
    cells, start = shared(CHAPTER), time.process_time()
    text, every = cells["texts"]["test"], cells["ids"]["test"]
    model = cells["language_network"](np.random.default_rng(0), units)
    results.load(model, "language_model")
    first = text.index(BEGIN)
    passage = text[first : first + LENGTH].rsplit("\n", 1)[0]
    ids = every[first : first + len(passage)]
    frequency = np.bincount(cells["ids"]["train"], minlength=cells["V"])
    frequent = np.argsort(-frequency)[: OTHERS + 1]
    y, state, _ = model.forward(every[np.newaxis, first - BEFORE : first])
    bits, influence = np.zeros(len(ids)), np.zeros((len(ids), reach))
    bits[:1] = cells["symbol_bits"](y[:, -1:], ids[np.newaxis, :1])
    for k in range(len(ids) - 1):
        others = frequent[frequent != ids[k]][:OTHERS]
        same = exchanged(cells, model, ids, k, ids[k : k + 1], reach, state)[0]
        changed = exchanged(cells, model, ids, k, others, reach, state)
        bits[k + 1] = same[0]
        for d, value in enumerate(np.average(changed - same, axis=0, weights=frequency[others])):
            influence[k + 1 + d, d] = value
        _, state, _ = model.forward(ids[np.newaxis, k : k + 1], state=state)
    arrays = {
        "characters": np.array([*map(ord, passage)], dtype=np.int32),
        "bits": bits.astype(np.float32),
        "influence": influence.astype(np.float16),
    }
    near, far = np.abs(influence[:, :10]).sum(), np.abs(influence).sum()
    return [(float(bits.mean()), float(near / far), time.process_time() - start)], arrays


COLUMNS = ("units", "reach", "bits", "share_of_10", "seconds")
EXPERIMENTS = [Experiment("influence", COLUMNS, 2, jobs, run, chapters=(CHAPTER,))]
