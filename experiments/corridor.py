"""How long a corridor can be: REINFORCE and imitation in the maze of chapter 8.5b.

A row is a run: the learner ("reinforce", or "told" the right actions), the weight of the entropy
bonus, the start of the update gate ("ordinary", or "slow": it is told the length), the length of
the corridor and the seed; then how many updates were made (at most 800; fewer if 98 % of 20
batches had succeeded), the success of the result in 512 new mazes, and the success during the
training, a mean for each 20 updates. A learner is tried on a longer corridor only if one of its
seeds got to 90 % on the one before. Learning rate and bonus were chosen on seeds 0 to 2 and
lengths up to 20; the table has other seeds.
"""

import time
from itertools import product

import numpy as np

from experiments.chapter import shared
from experiments.protocol import Experiment

CHAPTER = "08_5b_acting"
LENGTHS, SEEDS = (5, 10, 20, 40, 80, 160), range(3, 8)
LEARNERS = (("reinforce", 0.0), ("reinforce", 0.03), ("told", 0.0))


def jobs(rows):
    for (learner, entropy), start in product(LEARNERS, ("ordinary", "slow")):
        for length in LENGTHS:
            yield from ((learner, entropy, start, length, seed) for seed in SEEDS)
            there = rows.column(
                "success", learner=learner, entropy=entropy, start=start, length=length
            )
            if len(there) < len(SEEDS) or there.max() < 0.9:
                break


def run(learner, entropy, start, length, seed):
    cells = shared(CHAPTER)
    begin = time.process_time()
    policy = cells["make_policy"](seed, slow=2 * length if start == "slow" else None)
    if learner == "told":
        curve = cells["imitate"](policy, seed, length)
    else:
        curve = cells["reinforce"](policy, seed, length, entropy=entropy)
    rng = np.random.default_rng([seed, length, 1])
    maze = cells["Corridors"](length, rng.integers(0, 2, 512))
    cells["drive"](policy, maze, rng)
    means = [np.mean(curve[k : k + 20]) for k in range(0, len(curve), 20)]
    text = ";".join(f"{value:.2f}" for value in means)
    row = len(curve), float(maze.success.mean()), time.process_time() - begin, text
    return [row], {}


COLUMNS = (
    "learner", "entropy", "start", "length", "seed", "updates", "success", "seconds", "curve"
)  # fmt: skip
EXPERIMENTS = [Experiment("corridor", COLUMNS, 5, jobs, run, chapters=(CHAPTER,))]
