"""Chapters 6.1c and 6.1d: dates, spoken words, and the network for all words.

Dates: share of exact answers on new days and in new years, with and without attention. Words:
word and phone error rates of letter windows and networks, by number of training words. The
arrays are those of the larger network, trained on all words. translation_dates.npz has for each
network of the dates, at its end, which new days and which dates in new years are right.
"""

import time

import numpy as np

from experiments.chapter import shared
from experiments.protocol import Experiment
from rnnbook.translation import as_arrays, updates
from rnnkit.text import Vocabulary

DATES, WORDS = "06_1c_translation", "06_1d_pronunciation"
CHECKPOINTS = (100, 200, 300, 400, 500, 750, 1000, 1500, 2000, 2500, 3000, 3500, 4000)
SIZES, LOOSE = (2000, 8000, 32_000, 105_763), 105_806  # training words: by family, at random


def date_jobs(rows):
    yield from ((attention, seed) for attention in ("none", "dot") for seed in range(3))


def dates(attention, seed):
    cells, found = shared(DATES), []
    parts = cells["date_parts"]()
    symbols = Vocabulary(parts[0][0]), Vocabulary(parts[0][1])
    train, *judges = (as_arrays(*part[:2], *symbols) for part in parts)
    rng, kind = np.random.default_rng(seed), None if attention == "none" else attention
    model = cells["date_network"](tuple(map(len, symbols)), rng, kind)
    start = time.process_time()
    for done, _ in updates(model, train, 4000, rng=rng):
        if done in CHECKPOINTS:
            right = [
                cells["exact"](cells["answer"](model, source), target)
                for source, _, target in judges
            ]
            scores = [float(one.mean()) for one in right]
            found.append((done, *scores, time.process_time() - start))
    return found, {f"{attention}/{seed}": np.stack(right)}


def word_jobs(rows):
    for split, sizes in (("family", SIZES), ("random", (LOOSE,))):
        for size in sizes:
            yield "windows", split, size, 0
            kinds = ("dot", "none") if size == SIZES[-1] else ("dot",)
            yield from ((kind, split, size, seed) for kind in kinds for seed in range(3))


def words(method, split, size, seed):
    cells = shared(WORDS)
    train, _, test = cells["word_parts"](*([] if split == "family" else [str]))
    train, test, found = train[:size], test[:2000], []
    start = time.process_time()
    if method == "windows":
        known = cells["learn_windows"](train)
        answers = [cells["answer_by_windows"](known, word) for word in test]
        rates = map(float, cells["error_rates"](answers, test))
        return [(0, *rates, time.process_time() - start)], {}
    rng = np.random.default_rng(seed)
    model = cells["word_network"](rng, None if method == "none" else method, 96)
    for done, _ in updates(model, cells["word_arrays"](train), 1500, rng=rng):
        if done in (500, 1500):
            rates = map(float, cells["error_rates"](cells["speak"](model, test), test))
            found.append((done, *rates, time.process_time() - start))
    return found, {}


def weight_jobs(rows):
    yield SIZES[-1], 0


def weights(size, seed):
    cells, number = shared(WORDS), 6000
    train, validation, _ = cells["word_parts"]()
    rng, start = np.random.default_rng(seed), time.process_time()
    model, data = cells["word_network"](rng), cells["word_arrays"](train[:size])
    for _ in updates(model, data, number, rng=rng, batch_size=128):
        pass
    some = validation[:1000]
    rates = map(float, cells["error_rates"](cells["speak"](model, some), some))
    return [(number, *rates, time.process_time() - start)], model.params


DATE_COLUMNS = ("attention", "seed", "updates", "exact", "new_years", "seconds")
WORD_COLUMNS = ("method", "split", "words", "seed", "updates", "wer", "per", "seconds")
WEIGHT_COLUMNS = ("words", "seed", "updates", "val_wer", "val_per", "seconds")
EXPERIMENTS = [
    Experiment("translation_dates", DATE_COLUMNS, 2, date_jobs, dates, chapters=(DATES,)),
    Experiment("translation_words", WORD_COLUMNS, 4, word_jobs, words, chapters=(WORDS,)),
    Experiment("translation_weights", WEIGHT_COLUMNS, 2, weight_jobs, weights, chapters=(WORDS,)),
]
