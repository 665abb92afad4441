"""Updates, sequences and seconds that a goal costs, batch size by batch size.

A GRU reads digits row by row until 90 % of the validation images are right. For each batch size
the learning rate is chosen on seed 0 (fewest updates; rates rise until one fails), then run
again with seeds 1 to 3. Writes results/batch_sizes.csv; `goal` is 0 where the limit of sequences
came first; seconds are processor time of the training steps alone. Takes about three minutes:

    OPENBLAS_NUM_THREADS=1 python tools/batch_sizes.py
"""

import time

import numpy as np

from rnnkit import datasets, losses, optimizers
from rnnkit.layers import GRU, Dense, Sequential
from rnnkit.training import evaluate, train_step

BATCHES = (4, 16, 64, 256, 1024)
RATES = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064)
LIMIT = 120_000  # sequences, 40 epochs
GOAL = 0.9


def load():
    """Return images (5000, 28, 28) in float32, shuffled, and their labels.

    The first 3000 are for training, 1000 for validation, 1000 for the test.
    """
    images, digits = datasets.load_digit_images()
    order = np.random.default_rng(0).permutation(5000)  # the file is sorted by digit
    return (images[order] / 255).astype(np.float32), digits[order]


def network(rng, units=64):
    return Sequential([GRU(units), Dense(10)], input_size=28, rng=rng, dtype=np.float32)


def until_goal(x, y, batch, rate, seed):
    """Train on the first 3000; return updates, sequences, seconds of training, goal reached."""
    rng = np.random.default_rng(seed)
    model, optimizer = network(rng), optimizers.Adam(rate, global_clipnorm=1.0)
    loss, order = losses.categorical_cross_entropy, np.empty(0, int)
    updates, seconds, right = 0, 0.0, 0.0
    while right < GOAL and updates * batch < LIMIT:
        if len(order) < batch:
            order = np.append(order, rng.permutation(3000))
        rows, order = order[:batch], order[batch:]
        start = time.process_time()
        train_step(model, x[rows], y[rows], loss=loss, optimizer=optimizer)
        seconds += time.process_time() - start
        updates += 1
        if updates % max(1, 256 // batch) == 0:
            right = evaluate(model, x[3000:4000], y[3000:4000], loss=loss)["accuracy"]
    return updates, updates * batch, seconds, int(right >= GOAL)


def main() -> None:
    import runs  # needs the notebooks' tools; a notebook that imports this file does not

    x, y = load()
    columns = ("batch", "rate", "seed", "updates", "sequences", "seconds", "goal")
    table = runs.Table("batch_sizes", columns, keys=3)
    for batch in BATCHES:
        for rate in RATES:
            if not table.has(batch, rate, 0):
                table.add(batch, rate, 0, *until_goal(x, y, batch, rate, 0))
            tried = [r for r in table.rows() if r["batch"] == str(batch) and r["seed"] == "0"]
            goals = {float(r["rate"]): r["goal"] for r in tried}
            if rate > 0.004 and goals[rate] == "0":
                break  # too high, and so is every higher one
        best = min(tried, key=lambda r: (r["goal"] != "1", int(r["updates"])))
        for seed in (1, 2, 3):
            if not table.has(batch, best["rate"], seed):
                rate = float(best["rate"])
                table.add(batch, rate, seed, *until_goal(x, y, batch, rate, seed))


if __name__ == "__main__":
    main()
