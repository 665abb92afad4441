"""Chapter 6.1d: joint n-grams of letters and phones, the standard way to count for this task.

The order is chosen on 1,000 validation words (order 0: a method that has none); the 2,000 test
words are answered at that order alone, and also by letter windows and by networks trained as for
translation_words. pronunciation.npz has for each method and test word the number of wrong phones
and the length of the nearest pronunciation.
"""

import time

import numpy as np

from experiments.chapter import shared
from experiments.protocol import Experiment
from rnnbook import joint_ngrams
from rnnbook.translation import updates

CHAPTER = "06_1d_pronunciation"
SIZES, ORDERS = (2000, 8000, 32_000, 105_763), (5, 6, 7, 8)


def jobs(rows):
    for size in SIZES:
        yield from (("joint", "validation", size, order, 0) for order in ORDERS)
        tried = rows.where(method="joint", part="validation", words=size)
        if len(tried) == len(ORDERS):
            yield "joint", "test", size, min(tried, key=lambda row: row["wer"])["order"], 0
    yield "windows", "test", SIZES[-1], 0, 0
    yield from (("network", "test", size, 0, seed) for size in SIZES[:2] for seed in range(3))


def run(method, part, size, order, seed):
    cells = shared(CHAPTER)
    train, validation, test = cells["word_parts"]()
    train = train[:size]
    asked = test[:2000] if part == "test" else validation[:1000]
    start = time.process_time()
    if method == "windows":
        known = cells["learn_windows"](train)
        answers = [cells["answer_by_windows"](known, word) for word in asked]
    elif method == "joint":
        aligned = cells["chunks"](train, cells["learn_scores"](train[:8000]))
        model = joint_ngrams.learn(aligned, order)
        answers = [joint_ngrams.answer(model, word) for word in asked]
    else:
        rng = np.random.default_rng(seed)
        network = cells["word_network"](rng, units=96)
        for _ in updates(network, cells["word_arrays"](train), 1500, rng=rng):
            pass
        answers = cells["speak"](network, asked)
    spent = time.process_time() - start
    found = cells["errors"](answers, asked)
    wrong, length = found.T
    row = float((wrong > 0).mean()), float(wrong.sum() / length.sum()), spent
    return [row], {f"{method}/{size}/{seed}": found.astype(np.int8)} if part == "test" else {}


COLUMNS = ("method", "part", "words", "order", "seed", "wer", "per", "seconds")
EXPERIMENTS = [Experiment("pronunciation", COLUMNS, 5, jobs, run, chapters=(CHAPTER,))]
