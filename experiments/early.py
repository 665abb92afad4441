"""Chapter 6.5b: answers at every row of a digit, and networks that tell nine speakers apart.

early_digits: accuracy on the 1,000 images for choosing, mean over the rows asked for, and on those
of the test part at the end; the rate is chosen with seed 5. early_machines: one model for each
number of rows. Arrays: answers for the last 2,000 images at each row, and how sure they are.
early_longer: twice the epochs, three seeds for each loss; arrays: the answers at the last row for
the test part. vowel_networks: wrong answers in a fold after 30 and 60 epochs, then (fold 5 to 9:
seeds 0 to 4 on all recordings) on the test part; arrays: the answers there.
"""

import time

import numpy as np

from experiments.chapter import shared
from experiments.protocol import Experiment
from rnnbook import results

CHAPTER = "06_5b_early_answers"
RATES = (0.003, 0.01)


def digit_jobs(rows):
    yield from (("every row", rate, 5) for rate in RATES)
    tried = rows.where(loss="every row", seed=5)
    if len(tried) == len(RATES):
        rate = max(tried, key=lambda row: row["chosen_on"])["rate"]
        yield from (("every row", rate, seed) for seed in range(5))
        yield from (("end only", rate, seed) for seed in range(3))


def digits(loss, rate, seed):
    c = shared(CHAPTER)
    start = time.process_time()
    model, history = c["train_digits"](seed, loss == "every row", rate)
    answers, sure = c["at_every_row"](model)
    test = float((answers[1000:, -1] == c["digits"][c["CHECK"]]).mean())
    row = (history["val_accuracy"][-1], test, time.process_time() - start)
    if seed == 5:
        return [row], {}
    arrays = {f"{loss}/{seed}/answers": answers.astype(np.uint8)}
    if loss == "every row":
        arrays[f"{loss}/{seed}/sure"] = np.round(sure * 255).astype(np.uint8)
    return [row], arrays


def longer_jobs(rows):
    yield from ((loss, seed) for loss in ("every row", "end only") for seed in range(3))


def longer(loss, seed):
    c = shared(CHAPTER)
    start = time.process_time()
    rate = results.table("early_digits").where(loss=loss, seed=seed)[0]["rate"]
    model, _ = c["train_digits"](seed, loss == "every row", rate, epochs=24)
    answers, _ = c["at_every_row"](model, c["images"][c["CHECK"]])
    test = float((answers[:, -1] == c["digits"][c["CHECK"]]).mean())
    row = (test, time.process_time() - start)
    return [row], {f"{loss}/{seed}": answers[:, -1].astype(np.uint8)}


def machine_jobs(rows):
    c = shared(CHAPTER)
    yield from ((name, int(n)) for name in ("SVM", "logistic") for n in c["ROWS"])


def machines(name, number):
    c = shared(CHAPTER)
    start = time.process_time()
    answers, sure = c["machine_at"](name, number)
    accuracy = [(answers == c["digits"][c["REST"]])[k : k + 1000].mean() for k in (0, 1000)]
    arrays = {f"{name}/{number}/answers": answers.astype(np.uint8), f"{name}/{number}/sure": sure}
    return [(*map(float, accuracy), time.process_time() - start)], arrays


def vowel_jobs(rows):
    for layer, rates in (("GRU", (0.003, 0.01)), ("both directions", (0.001, 0.003))):
        yield from ((layer, rate, fold) for rate in rates for fold in range(5))
        folds = [row for row in rows if row["layer"] == layer and row["fold"] < 5]
        if len(folds) == 20:  # two rates, five folds, after 30 and 60 epochs
            last = [row for row in folds if row["epochs"] == 60]
            wrong = {r: sum(x["wrong"] for x in last if x["rate"] == r) for r in rates}
            yield from ((layer, min(wrong, key=wrong.get), 5 + seed) for seed in range(5))


def vowels(layer, rate, fold):
    c = shared(CHAPTER)
    labels, start = c["train"].labels, time.process_time()
    if fold < 5:
        learn, rest = list(c["folds"].split(c["heard"], labels))[fold]
        judge = c["heard"][rest], labels[rest], c["train"].mask[rest]
        _, history = c["train_speaker"](c["reader"](layer), fold, rate, learn, judge=judge)
        right = [round(history["val_accuracy"][n - 1] * len(rest)) for n in (30, 60)]
        seconds = time.process_time() - start
        return [(n, len(rest) - k, seconds) for n, k in zip((30, 60), right, strict=True)], {}
    model, _ = c["train_speaker"](c["reader"](layer), fold - 5, rate)
    answers = model.predict(c["asked"], mask=c["test"].mask).argmax(axis=1)
    wrong = int((answers != c["test"].labels).sum())
    row = (60, wrong, time.process_time() - start)
    return [row], {f"{layer}/{fold - 5}": answers.astype(np.uint8)}


DIGITS = ("loss", "rate", "seed", "chosen_on", "test", "seconds")
MACHINES = ("method", "rows", "chosen_on", "test", "seconds")
VOWELS = ("layer", "rate", "fold", "epochs", "wrong", "seconds")
LONGER = ("loss", "seed", "test", "seconds")
EXPERIMENTS = [
    Experiment("vowel_networks", VOWELS, 3, vowel_jobs, vowels, chapters=(CHAPTER,)),
    Experiment("early_digits", DIGITS, 3, digit_jobs, digits, chapters=(CHAPTER,)),
    Experiment("early_longer", LONGER, 2, longer_jobs, longer, chapters=(CHAPTER,)),
    Experiment("early_machines", MACHINES, 2, machine_jobs, machines, chapters=(CHAPTER,)),
]
