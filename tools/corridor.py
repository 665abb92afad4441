"""How long a corridor can be: REINFORCE and imitation in the maze of chapter 8.5.

    python tools/corridor.py               # results/corridor.csv, about eight minutes

A row is a run: the learner ("reinforce", or "told" the right actions), the weight of the entropy
bonus, the start of the update gate ("ordinary", or "slow": it is told the length), the length of
the corridor and the seed; then how many updates were made (at most 800; fewer if 98 % of 20
batches had succeeded), the success of the result in 512 new mazes, and the success during the
training, a mean for each 20 updates. A learner is tried on a longer corridor only if one of its
seeds got above 90 % on the one before. Learning rate and bonus were chosen on seeds 0 to 2 and
lengths up to 20; the table has other seeds.
"""

import time

import numpy as np
from tqdm import tqdm

import runs

LENGTHS, SEEDS = (5, 10, 20, 40, 80, 160), range(3, 8)
LEARNERS = (("reinforce", 0.0), ("reinforce", 0.03), ("told", 0.0))
NAMES = ("learner", "entropy", "start", "length", "seed")
RESULTS = ("updates", "success", "seconds", "curve")


def run(chapter, learner, entropy, start, length, seed):
    """Train one policy; return what stands in its row."""
    begin = time.process_time()
    policy = chapter["make_policy"](seed, slow=2 * length if start == "slow" else None)
    if learner == "told":
        curve = chapter["imitate"](policy, seed, length)
    else:
        curve = chapter["reinforce"](policy, seed, length, entropy=entropy)
    rng = np.random.default_rng([seed, length, 1])
    maze = chapter["Corridors"](length, rng.integers(0, 2, 512))
    chapter["drive"](policy, maze, rng)
    means = [np.mean(curve[k : k + 20]) for k in range(0, len(curve), 20)]
    text = ";".join(f"{value:.2f}" for value in means)
    return len(curve), float(maze.success.mean()), time.process_time() - begin, text


def main():
    chapter = runs.definitions("08_5_modalities_acting", "def imitate(")
    table = runs.Table("corridor", (*NAMES, *RESULTS), keys=len(NAMES))
    for learner, entropy in LEARNERS:
        for start in ("ordinary", "slow"):
            for length in LENGTHS:
                name = (learner, f"{entropy:.2f}", start, length)
                for seed in tqdm(SEEDS, desc=" ".join(map(str, name))):
                    if not table.has(*name, seed):
                        result = run(chapter, learner, entropy, start, length, seed)
                        table.add(*name, seed, *result)
                here = [r for r in table.rows() if [*r.values()][:4] == [*map(str, name)]]
                if max(float(row["success"]) for row in here) < 0.9:
                    break


if __name__ == "__main__":
    main()
