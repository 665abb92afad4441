"""Linear recurrences on the memory tasks, and a GRU whose gates start nearly open."""

from itertools import product

from experiments import rated
from experiments.protocol import Experiment
from rnnbook.linear_recurrence import MODELS
from rnnbook.memory_tasks import TASKS

LAGS, SEEDS = (30, 100), range(5)


def jobs(rows):
    yield from rated.jobs(rows, MODELS, product(TASKS, LAGS), SEEDS)


def run(*key):
    return rated.run(MODELS, *key)


EXPERIMENTS = [Experiment("linear_recurrence", rated.COLUMNS, rated.KEYS, jobs, run)]
