"""The digits are shuffled and divided alike everywhere, and the goal is looked at."""

import numpy as np

from rnnbook import digits


def test_load_shuffles_images_with_their_labels():
    x, y = digits.load()
    assert x.shape == (5000, 28, 28) and x.dtype == np.float32 and 0 <= x.min() < x.max() <= 1
    assert (np.bincount(y) == 500).all() and len(set(y[:20])) > 5


def test_until_goal_stops_at_the_goal_or_at_the_limit():
    x, y = digits.load()
    updates, sequences, _, reached = digits.until_goal(x, y, 64, 0.008, 0, goal=0.2)
    assert reached == 1 and sequences == 64 * updates < 20_000
    assert digits.until_goal(x, y, 64, 1e-9, 0, limit=256)[::3] == (4, 0)
