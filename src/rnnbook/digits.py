"""Digits read row by row by a GRU: the images, the network, and what a goal costs."""

import time

import numpy as np

from rnnkit import datasets, losses, optimizers
from rnnkit.layers import GRU, Dense, Sequential
from rnnkit.training import evaluate, train_step

__all__ = ["load", "network", "until_goal"]


def load() -> tuple[np.ndarray, np.ndarray]:
    """Return images (5000, 28, 28) in float32, shuffled, and their labels.

    The first 3000 are for training, 1000 for validation, 1000 for the test.
    """
    images, digits = datasets.load_digit_images()
    order = np.random.default_rng(0).permutation(5000)  # the file is sorted by digit
    return (images[order] / 255).astype(np.float32), digits[order]


def network(rng: np.random.Generator, units: int = 64) -> Sequential:
    """Return a GRU that reads the 28 rows, and ten logits after the last of them."""
    return Sequential([GRU(units), Dense(10)], input_size=28, rng=rng, dtype=np.float32)


def until_goal(
    x: np.ndarray, y: np.ndarray, batch: int, rate: float, seed: int, *,
    goal: float = 0.9, limit: int = 120_000,
) -> tuple[int, int, float, int]:  # fmt: skip
    """Train on the first 3000 until a share `goal` of the validation images is right.

    Returns updates, sequences, processor seconds of the training steps alone, and whether the
    goal was reached (1) before the limit of sequences (0).
    """
    rng = np.random.default_rng(seed)
    model, optimizer = network(rng), optimizers.Adam(rate, global_clipnorm=1.0)
    loss, order = losses.categorical_cross_entropy, np.empty(0, int)
    updates, seconds, right = 0, 0.0, 0.0
    while right < goal and updates * batch < limit:
        if len(order) < batch:
            order = np.append(order, rng.permutation(3000))
        rows, order = order[:batch], order[batch:]
        start = time.process_time()
        train_step(model, x[rows], y[rows], loss=loss, optimizer=optimizer)
        seconds += time.process_time() - start
        updates += 1
        if updates % max(1, 256 // batch) == 0:
            right = evaluate(model, x[3000:4000], y[3000:4000], loss=loss)["accuracy"]
    return updates, updates * batch, seconds, int(right >= goal)
