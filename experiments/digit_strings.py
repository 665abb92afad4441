"""Chapter 6.3b: strings of digits, read by CTC networks and by templates.

"known" tests on the chapter's strings, whose voices are in training, with five seeds for each
network and 600 steps; the two forward runs with the most errors and one that reads both ways get
1,200 as well. Another network is trained on 200 recordings only. The other tests leave one speaker
out. The templates are stretched to as many frames as in the chapter; stretched to fewer and to
more, they read the validation strings alone. `rate` is the digit error rate on test strings,
`whole` the share of strings without an error, `validation` the rate on validation strings (0 where
none are read).
digit_strings.npz has for each run the errors of each test string, the loss of each step, and the
weights of the bidirectional networks that know the voices.
"""

import time
from functools import cache

import numpy as np

from experiments.chapter import shared
from experiments.protocol import Experiment
from rnnbook.text import edit_distance
from rnnbook.voices import SPEAKERS, speakers

CHAPTER = "06_3b_ctc"
NETWORKS = {"both directions": {}, "forward only": {"bidirectional": False, "units": 66}}
LONGER = ", 1,200 steps"
FEW = "known, 200 recordings"
FRAMES = {"templates, 12 frames": 12, "templates, 32 frames": 32}
PRICES = (0, 5, 10, 15, 20, 25)


def jobs(rows):
    yield ("templates", 0, "known")
    yield from ((name, seed, "known") for name in NETWORKS for seed in range(5))
    yield from (("forward only" + LONGER, seed, "known") for seed in (0, 3))
    yield ("both directions" + LONGER, 0, "known")
    yield ("both directions", 0, FEW)
    for speaker in SPEAKERS:
        yield ("templates", 0, speaker)
        yield ("both directions", 0, speaker)
    yield from ((name, 0, "validation") for name in FRAMES)


@cache
def price(frames):
    """Return the best price of a segment on validation strings, its errors and answers there."""
    cells = shared(CHAPTER)
    strings, known = cells["validation"], cells["templates"](cells["train_rows"], frames)
    found = [cells["segments"](x[:n], known) for x, n in zip(*strings[:2], strict=True)]
    answers = {p: [cells["cheapest"](*pair, p) for pair in found] for p in PRICES}
    rates = {p: cells["score"](read, strings)[0] for p, read in answers.items()}
    best = min(rates, key=rates.get)
    return best, rates[best], answers[best]


def parts(cells, voice):
    """Return the training rows and the strings to read."""
    if voice == "validation":
        return cells["train_rows"], cells["validation"]
    if voice in ("known", FEW):
        return cells["train_rows"][: 200 if voice == FEW else None], cells["test"]
    own = speakers()[0] == SPEAKERS.index(voice)
    others = np.random.default_rng(0).permutation(np.flatnonzero(~own))[:2000]
    strings = cells["make_strings"](np.flatnonzero(own), 100, np.random.default_rng(7))
    return others, strings


def run(method, seed, voice):
    cells, kept = shared(CHAPTER), {}
    (rows, strings), start, checked, chosen = parts(cells, voice), time.process_time(), 0.0, 0.0
    if method in FRAMES:
        chosen, checked, answers = price(FRAMES[method])
    elif method == "templates":
        chosen, checked, _ = price(cells["STEPS"])
        answers = cells["read_with_templates"](strings, cells["templates"](rows), chosen)
    else:
        steps = 1200 if method.endswith(LONGER) else 600
        model = cells["build"](seed, **NETWORKS[method.removesuffix(LONGER)])
        losses = cells["train"](model, rows, seed, steps=steps)
        for value in model.params.values():
            value[...] = value.astype(np.float16)  # as they are stored
        answers, checks = (
            cells["greedy"](cells["predict"](model, s), s[1])
            for s in (strings, cells["validation"])
        )
        if voice == "known":
            checked = cells["score"](checks, cells["validation"])[0]
            kept["loss"] = np.array(losses, dtype=np.float16)
            if method == "both directions":
                kept |= {f"weights/{k}": x.astype(np.float16) for k, x in model.params.items()}
    truth = [list(d[:n]) for d, n in zip(*strings[2:4], strict=True)]
    kept["errors"] = np.array([edit_distance(*p) for p in zip(answers, truth, strict=True)])
    rate, whole = cells["score"](answers, strings)
    spent = time.process_time() - start
    arrays = {f"{method}/{seed}/{voice}/{name}": x for name, x in kept.items()}
    return [(chosen, float(checked), float(rate), float(whole), spent)], arrays


COLUMNS = (
    "method", "seed", "voice", "price", "validation", "rate", "whole", "seconds",
)  # fmt: skip
EXPERIMENTS = [Experiment("digit_strings", COLUMNS, 3, jobs, run, chapters=(CHAPTER,))]
