"""What a first program needs before a network, right and wrong, and inputs for it."""

from math import comb

import numpy as np

from rnncheck.engine import Arguments
from rnncheck.forward import NONE

__all__ = [
    "baselines", "best_from_count", "days", "draw_baselines", "draw_count", "draw_days",
    "draw_last", "draw_pad", "last_valid", "pad",
]  # fmt: skip

Arrays = tuple[np.ndarray, ...]


def days(series: np.ndarray, hours: int, hour: int, *, wrong: frozenset[str] = NONE) -> Arrays:
    """Days as sequences x (N, hours, F), and the values y (N, F) at an hour of the next day."""
    F, count = series.shape[1], len(series) // hours
    whole = series[: count * hours]
    if "remainder dropped in front" in wrong:
        whole = series[len(series) - count * hours :]
    table = whole.reshape(count, hours, F)
    if "axes named in another order" in wrong:
        table = whole.reshape(count, F, hours).transpose(0, 2, 1)
    elif "hours dealt out to the days" in wrong:
        table = whole.reshape(hours, count, F).transpose(1, 0, 2)
    x, y = table[:-1], table[1:, hour]
    if "target from the same day" in wrong:
        y = table[:-1, hour]
    elif "hours counted from 1" in wrong:
        y = table[1:, hour - 1]
    elif "next hour" in wrong:
        y = table[1:, 0]
    elif "mean of the next day" in wrong:
        y = table[1:].mean(axis=1)
    elif "target from the day before" in wrong:
        y = np.roll(table[:-1], 1, axis=0)[:, hour]
    return x, y


def best_from_count(n: int, *, wrong: frozenset[str] = NONE) -> Arrays:
    """P(first = last | k) by (5.1) for k = 0, …, n, and the best accuracy from the count alone."""
    k = np.arange(n + 1)
    equal = (k * (k - 1) + (n - k) * (n - k - 1)) / (n * (n - 1))
    if "the same place twice" in wrong:
        equal = (k**2 + (n - k) ** 2) / n**2
    elif "pairs of plus only" in wrong:
        equal = k * (k - 1) / (n * (n - 1))
    elif "probability of different" in wrong:
        equal = 1 - equal
    share = np.array([comb(n, int(j)) for j in k]) / 2**n
    if "every count alike" in wrong:
        share = np.full(n + 1, 1 / (n + 1))
    right = np.maximum(equal, 1 - equal)
    if "always the answer equal" in wrong:
        right = equal
    elif "equal above one half, else nothing" in wrong:
        right = np.where(equal > 0.5, equal, 0)
    best = right.max() if "best count only" in wrong else (share * right).sum()
    return equal, np.asarray(best)


def pad(values: np.ndarray, lengths: np.ndarray, *, wrong: frozenset[str] = NONE) -> Arrays:
    """Sequences laid end to end as x (B, T, F), padded with zeros, and their mask (B, T)."""
    B, T = len(lengths), int(lengths.max())
    x, mask = np.zeros((B, T, values.shape[1])), np.zeros((B, T), bool)
    start = 0
    for i, n in enumerate(map(int, lengths)):
        place = slice(T - n, T) if "padded in front" in wrong else slice(0, n)
        rows = values[start : start + n]
        x[i, place] = rows[::-1] if "sequence turned round" in wrong else rows
        mask[i, place] = True
        if "last value repeated" in wrong:
            x[i, n:] = rows[-1]
        elif "next sequence in place of zeros" in wrong:
            more = values[start : start + T]
            x[i, : len(more)] = more
        start += T if "every sequence as long as the longest" in wrong else n
        start = 0 if "every sequence from the beginning" in wrong else min(start, len(values) - n)
        if "every sequence as long as the longest" in wrong and i + 1 < B:
            start = min(start, len(values) - int(lengths[i + 1]))
    if "mask by values that are zero" in wrong:
        mask = (x != 0).any(axis=2)
    elif "mask one step too long" in wrong:
        mask = np.arange(T) <= lengths[:, np.newaxis]
    elif "mask one step too short" in wrong:
        mask = np.arange(T) < lengths[:, np.newaxis] - 1
    elif "all steps valid" in wrong:
        mask = np.ones_like(mask)
    return x, ~mask if "mask inverted" in wrong else mask


def last_valid(h: np.ndarray, mask: np.ndarray, *, wrong: frozenset[str] = NONE) -> np.ndarray:
    """The state (B, H) at each sequence's own last valid step."""
    lengths = mask.sum(axis=1)
    at = lengths - 1
    if "one step too far" in wrong:
        at = np.minimum(lengths, mask.shape[1] - 1)
    elif "one step too early" in wrong:
        at = lengths - 2
    elif "last step of the array" in wrong:
        at = np.full_like(lengths, mask.shape[1] - 1)
    elif "first step" in wrong:
        at = 0 * lengths
    elif "first padded step" in wrong:
        at = np.argmin(mask, axis=1)
    elif "shortest length for all" in wrong:
        at = np.full_like(lengths, lengths.min() - 1)
    elif "length of the first sequence for all" in wrong:
        at = np.full_like(lengths, lengths[0] - 1)
    if "mean of the valid steps" in wrong:
        return (h * mask[..., np.newaxis]).sum(axis=1) / lengths[:, np.newaxis]
    if "largest of the valid steps" in wrong:
        return np.where(mask[..., np.newaxis], h, -np.inf).max(axis=1)
    return h[np.arange(len(h)), at]


def baselines(
    x_train: np.ndarray, y_train: np.ndarray, x_test: np.ndarray, y_test: np.ndarray,
    *, wrong: frozenset[str] = NONE,
) -> Arrays:  # fmt: skip
    """Test accuracy of the commonest training label, and which test sequences (N, T) are new."""
    counts = np.bincount(y_test if "majority of the test labels" in wrong else y_train)
    answer = counts.argmin() if "rarest label" in wrong else counts.argmax()
    asked = y_train if "measured on the training labels" in wrong else y_test
    accuracy = np.mean(asked == answer)
    if "wrong answers counted" in wrong:
        accuracy = 1 - accuracy
    elif "right answers not divided" in wrong:
        accuracy = accuracy * len(asked)
    elif "label in place of accuracy" in wrong:
        accuracy = answer
    ours, theirs = x_test, x_train
    if "order of the steps ignored" in wrong:
        ours, theirs = np.sort(ours, axis=1), np.sort(theirs, axis=1)
    elif "first and last step compared" in wrong:
        ours, theirs = ours[:, [0, -1]], theirs[:, [0, -1]]
    same = ours[:, np.newaxis] == theirs
    seen = (same.any(axis=2) if "one equal step is enough" in wrong else same.all(axis=2)).any(1)
    if "row compared with row" in wrong:
        rows = np.arange(len(ours)) % len(theirs)
        seen = (ours == theirs[rows]).all(axis=1)
    return np.asarray(accuracy), seen if "seen in place of new" in wrong else ~seen


def draw_days(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """B + 1 days of T + 2 hours, an hour behind the first, and an unfinished day."""
    hours = T + 2
    return {"series": rng.standard_normal(((B + 1) * hours + 1 + T // 2, D)), "hours": hours,
            "hour": int(rng.integers(1, hours))}  # fmt: skip


def draw_count(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """A length."""
    return {"n": int(rng.integers(4, 12))}


def draw_pad(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """Lengths from 1 to T, the longest not the first; some valid values are zero."""
    lengths = rng.integers(1, T + 1, B)
    lengths[0], lengths[-1] = max(1, T - 1), T
    values = rng.standard_normal((int(lengths.sum()), D))
    values[0] = 0
    return {"values": values, "lengths": lengths}


def draw_last(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """States and a mask of sequences that end early, T + 2 steps."""
    lengths = rng.integers(2, T + 3, B)
    lengths[-1] = T + 2  # no padding
    lengths[0] = T + 1
    h = rng.standard_normal((B, T + 2, H))
    return {"h": h, "mask": np.arange(T + 2) < lengths[:, np.newaxis]}


def draw_baselines(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """Sequences of four numbers, some seen, some seen in another order; three labels."""
    n = 9 + B + T
    x_train = rng.integers(1, 100, (n, 4))
    x_test = np.concatenate([
        x_train[rng.permutation(n)[:4]], rng.permuted(x_train[:4], axis=1),
        rng.integers(1, 100, (n, 4)), x_train[:3] * [1, 0, 0, 1],
    ])  # fmt: skip
    y_train = rng.permutation(np.repeat([0, 1, 2], [n - 6, 4, 2]))
    y_test = rng.permutation(np.repeat([0, 1, 2], [5, n + 3, 3]))
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
