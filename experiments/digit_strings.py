"""Chapter 6.3b: strings of digits, read by CTC networks and by templates.

"known" tests on the chapter's strings, whose voices are in training, with five seeds for each
network and 600 steps, at the chapter's rate and at others; a network that reads both ways gets
1,200 as well, and another is trained on 200 recordings only. The other tests leave one speaker
out, as recorded and with the mean of each voice taken off its frames ("mean off"). The templates
read a new voice at the price of a segment that is best for known voices, and at the one that is
best for strangers among the five that are left. They are stretched to as many frames as in the
chapter; stretched to fewer and to more, they read the validation strings alone.
`rate` is the digit error rate on test strings, `whole` the share of strings without an error,
`validation` the rate where price or rate are chosen (0 where none is).
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
RATES = {  # the chapter's, 0.01, halved and doubled until both neighbours of the best are worse
    "both directions": (0.005, 0.02), "forward only": (0.005, 0.0025),
}  # fmt: skip
FEW = "known, 200 recordings"
FRAMES = {"templates, 12 frames": 12, "templates, 32 frames": 32}
PRICES = (0, 5, 10, 15, 20, 25)
FINER = tuple(2.5 * k for k in range(9))


def jobs(rows):
    yield ("templates", 0, "known")
    yield from ((name, seed, "known") for name in NETWORKS for seed in range(5))
    for name, rates in RATES.items():
        yield from ((f"{name}, rate {x}", seed, "known") for x in rates for seed in range(5))
    yield ("both directions, 1,200 steps", 0, "known")
    yield ("both directions", 0, FEW)
    for speaker in SPEAKERS:
        yield ("templates", 0, speaker)
        yield ("templates, strangers' price", 0, speaker)
        yield ("templates, mean off", 0, speaker)
        yield ("both directions", 0, speaker)
        yield ("both directions, mean off", 0, speaker)
    yield from ((name, 0, "validation") for name in FRAMES)


@cache
def chapter(off=False):
    """Return what the shared cells define, where `off` the mean of each voice taken off."""
    if not off:
        return shared(CHAPTER)
    cells = shared.__wrapped__(CHAPTER)  # once more, to change the frames
    x, valid = cells["x_all"], np.arange(32) < cells["frames"][:, np.newaxis]
    for voice in range(len(SPEAKERS)):
        own = valid & (speakers()[0] == voice)[:, np.newaxis]
        x[own] -= x[own].mean(axis=0)
    return cells


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


def strings_of(voice, off):
    """Return a hundred strings of one voice."""
    own = np.flatnonzero(speakers()[0] == voice)
    return chapter(off)["make_strings"](own, 100, np.random.default_rng(7))


@cache
def heard(voice, by, off):
    """Return the segments of the strings of a voice, read by the templates of another."""
    cells, strings = chapter(off), strings_of(voice, off)
    known = cells["templates"](np.flatnonzero(speakers()[0] == by))
    return [cells["segments"](x[:n], known) for x, n in zip(*strings[:2], strict=True)]


@cache
def strangers_price(left_out, off):
    """Return the best price where each of five voices is read by the other four, its errors."""
    five, rates = [v for v in range(len(SPEAKERS)) if v != left_out], []
    for voice in five:
        found = []
        for parts in zip(*(heard(voice, by, off) for by in five if by != voice), strict=True):
            cost, digit = (np.stack(x) for x in zip(*parts, strict=True))
            nearest = cost.argmin(axis=0)[np.newaxis]
            found.append([np.take_along_axis(x, nearest, axis=0)[0] for x in (cost, digit)])
        cells, strings = chapter(off), strings_of(voice, off)
        answers = ([cells["cheapest"](*pair, p) for pair in found] for p in FINER)
        rates.append([cells["score"](read, strings)[0] for read in answers])
    means = np.mean(rates, axis=0)
    return FINER[means.argmin()], float(means.min())


def parts(cells, voice, off):
    """Return the training rows and the strings to read."""
    if voice == "validation":
        return cells["train_rows"], cells["validation"]
    if voice in ("known", FEW):
        return cells["train_rows"][: 200 if voice == FEW else None], cells["test"]
    number = SPEAKERS.index(voice)
    others = np.flatnonzero(speakers()[0] != number)
    return np.random.default_rng(0).permutation(others)[:2000], strings_of(number, off)


def run(method, seed, voice):
    name, _, more = method.partition(", ")
    off, kept = more == "mean off", {}
    cells, start, checked, chosen = chapter(off), time.process_time(), 0.0, 0.0
    rows, strings = parts(cells, voice, off)
    if method in FRAMES:
        chosen, checked, answers = price(FRAMES[method])
    elif name == "templates":
        if more:
            chosen, checked = strangers_price(SPEAKERS.index(voice), off)
        else:
            chosen, checked, _ = price(cells["STEPS"])
        answers = cells["read_with_templates"](strings, cells["templates"](rows), chosen)
    else:
        model = cells["build"](seed, **NETWORKS[name])
        rate = float(more.removeprefix("rate ")) if more.startswith("rate") else 0.01
        steps = 1200 if more == "1,200 steps" else 600
        losses = cells["train"](model, rows, seed, steps=steps, rate=rate)
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
