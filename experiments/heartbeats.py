"""Chapter 6.5a: random kernels, the network's settings, and those of its alarm.

heartbeats.npz has the answers of five draws of the kernels for the test part, and for every
fifth of its beats at seven shifts. heartbeat_choices: share right in the fold kept aside, after
20, 40 and 60 epochs. heartbeat_alarms: 1 − AUC on training beats without one kind, and on the
test part; its arrays: how many of the 2,627 normal test beats score above each abnormal one.
heartbeat_copies: the network trained on beats and shifted copies; arrays: its answers for every
fifth test beat at seven shifts.
"""

import time

import numpy as np

from experiments.chapter import shared
from experiments.protocol import Experiment

CHAPTER = "06_5_classification"
RATES, SEEDS = (0.001, 0.003, 0.01), range(5)


def kernel_jobs(rows):
    return [(seed,) for seed in SEEDS]


def kernels(seed):
    c = shared(CHAPTER)
    start = time.process_time()
    given = c["x_train"], c["y_train"]
    tests = [c["x_test"], *(c["shift"](c["x_test"][::5], s) for s in c["SHIFTS"])]
    one, two = c["random_kernels"](seed, [given, c["shifted_copies"](*given)], tests)
    answers = {"as given": one[0], "shifted, as given": one[1:], "shifted, with copies": two[1:]}
    arrays = {f"kernels/{seed}/{name}": np.array(a, np.uint8) for name, a in answers.items()}
    accuracy = float((one[0] == c["y_test"]).mean())
    return [(accuracy, time.process_time() - start)], arrays


def choice_jobs(rows):
    yield from ((rate, fold) for rate in RATES for fold in range(5))


def choices(rate, fold):
    c = shared(CHAPTER)
    x, y, start = c["x_train"], c["y_train"], time.process_time()
    learn, rest = list(c["folds"].split(x, y))[fold]
    judge = c["chunks"](x[rest]), y[rest]
    _, history = c["train_beats"](fold, x[learn], y[learn], rate, 60, judge=judge)
    seconds = time.process_time() - start
    return [(n, float(history["val_accuracy"][n - 1]), seconds) for n in (20, 40, 60)], {}


def copies(seed):
    c = shared(CHAPTER)
    start = time.process_time()
    x, y = c["shifted_copies"](c["x_train"], c["y_train"])
    model, _ = c["train_beats"](seed, x, y)
    moved = (c["shift"](c["x_test"][::5], s) for s in c["SHIFTS"])
    answers = np.array([c["classify"](model, each) for each in moved], np.uint8)
    accuracy = float((answers == c["y_test"][::5]).mean())
    return [(accuracy, time.process_time() - start)], {f"{seed}": answers}


def alarm_jobs(rows):
    yield from ((rate, seed) for rate in (0.003, 0.01) for seed in SEEDS)


def alarms(rate, seed):
    c = shared(CHAPTER)
    y, sick, start = c["y_train"], c["y_test"] > 0, time.process_time()
    model = c["train_autoencoder"](seed, rate)
    parts = (c["x_train"], c["normal_rest"], c["x_test"])
    train, aside, test = (c["surprise"](model, x) for x in parts)
    order = c["wrong_order"]
    without = [float(order(train[(y > 0) & (y != k)], aside).mean()) for k in range(1, 5)]
    above = order(test[sick], test[~sick])
    count = np.round(above * (~sick).sum()).astype(np.uint16)
    row = (*without, float(above.mean()), time.process_time() - start)
    return [row], {f"{rate}/{seed}": count}


KERNELS = ("seed", "accuracy", "seconds")
CHOICES = ("rate", "fold", "epochs", "right", "seconds")
ALARMS = ("rate", "seed", "without_1", "without_2", "without_3", "without_4", "test",
          "seconds")  # fmt: skip
EXPERIMENTS = [
    Experiment("heartbeats", KERNELS, 1, kernel_jobs, kernels, chapters=(CHAPTER,)),
    Experiment("heartbeat_choices", CHOICES, 2, choice_jobs, choices, chapters=(CHAPTER,)),
    Experiment("heartbeat_copies", KERNELS, 1, kernel_jobs, copies, chapters=(CHAPTER,)),
    Experiment("heartbeat_alarms", ALARMS, 2, alarm_jobs, alarms, chapters=(CHAPTER,)),
]
