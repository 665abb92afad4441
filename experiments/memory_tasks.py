"""Three memory tasks, four networks of one size, and an LSTM without the forget bias.

`curve` has the relative test loss at the end of each twentieth of the updates. Lag 200 is there
for the adding problem, which is not yet unlearnable at 100.
"""

from itertools import product

from experiments import rated
from experiments.protocol import Experiment
from rnnbook.memory_tasks import MODELS, TASKS

LAGS, SEEDS = (10, 30, 100), range(5)


def jobs(rows):
    yield from rated.jobs(rows, ("rnn", "irnn", "lstm", "gru"), product(TASKS, LAGS), SEEDS)
    yield from rated.jobs(rows, ("lstm_bias_0",), product(TASKS, (30, 100)), SEEDS)
    for model in ("rnn", "lstm", "gru"):
        if (rate := rated.chosen_rate(rows, "adding", model)) is not None:
            yield from (("adding", 200, model, seed, rate) for seed in SEEDS)


def run(*key):
    return rated.run(MODELS, *key)


EXPERIMENTS = [Experiment("memory_tasks", rated.COLUMNS, rated.KEYS, jobs, run)]
