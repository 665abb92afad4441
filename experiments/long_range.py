"""Attention over past states and a memory network on the memory tasks, up to lag 400.

The recurrent networks beside them, and their learning rates, are those of the table
`memory_tasks`, which is made first. Here they go on where it ends, if one of three seeds at
least halved the loss at the lag before.
"""

from itertools import product

from experiments import rated
from experiments.protocol import Experiment
from rnnbook import memory_tasks, reading, results
from rnnbook.memory_tasks import TASKS

LAGS, SEEDS = (10, 30, 100, 200, 400), range(3)
GO_ON = (("rnn", 400), ("lstm", 400), ("gru", 400))


def jobs(rows):
    yield from rated.jobs(rows, reading.MODELS, product(TASKS, LAGS), SEEDS)
    before = results.table("memory_tasks")
    for model, lag in GO_ON:
        there = before.where(task="adding", model=model, lag=200)
        losses = [row["relative_loss"] for row in there if row["seed"] in SEEDS]
        if losses and min(losses) < 0.5:
            rate = rated.chosen_rate(before, "adding", model)
            yield from (("adding", lag, model, seed, rate) for seed in SEEDS)


def run(*key):
    return rated.run(memory_tasks.MODELS | reading.MODELS, *key)


EXPERIMENTS = [Experiment("long_range", rated.COLUMNS, rated.KEYS, jobs, run)]
