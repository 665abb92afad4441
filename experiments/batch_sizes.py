"""Updates, sequences and seconds that a goal costs, batch size by batch size.

A GRU reads digits row by row until 90 % of the validation images are right. For each batch size
the learning rate is chosen on seed 0 (fewest updates; rates rise until one fails), then run
again with seeds 1 to 3. `goal` is 0 where the limit of sequences came first.
"""

from experiments.protocol import Experiment
from rnnbook import digits

BATCHES = (4, 16, 64, 256, 1024)
RATES = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064)


def jobs(rows):
    for batch in BATCHES:
        tried = {row["rate"]: row for row in rows.where(batch=batch, seed=0)}
        for rate in RATES:
            yield batch, rate, 0
            if rate not in tried:
                break
            if rate > 0.004 and not tried[rate]["goal"]:
                break  # too high, and so is every higher one
        if rate in tried:  # all that are to be tried are there
            best = min(tried.values(), key=lambda row: (not row["goal"], row["updates"]))
            yield from ((batch, best["rate"], seed) for seed in (1, 2, 3))


def run(batch, rate, seed):
    return [digits.until_goal(*digits.load(), batch, rate, seed)], {}


COLUMNS = ("batch", "rate", "seed", "updates", "sequences", "seconds", "goal")
EXPERIMENTS = [Experiment("batch_sizes", COLUMNS, 3, jobs, run)]
