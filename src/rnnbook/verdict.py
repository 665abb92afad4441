"""Who won: the table at the end of a chapter that compares methods on the same items.

    verdict("digits of new voices", "right answers", "network", {
        "network": (hits, "8 epochs"),          # (seeds, items), or (items,) where nothing is drawn
        "20 frames, SVM": (theirs, "same recordings"),
    })  # fmt: skip

The cell that calls it carries the tag `verdict`; the book's summary is written from what it
prints, so that the two cannot disagree.
"""

import re
from collections.abc import Mapping
from math import comb
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["Line", "interval", "read", "sign_test", "verdict"]

DRAWS = 2000
HEAD = re.compile(r"^(?P<task>.+): (?P<measure>.+) \((?:more|less) is better\), (?P<items>.+)$")
PAIR = re.compile(r"^(?P<ours>.+) minus (?P<theirs>.+): (?P<gap>\S+ \(.*), (?P<word>\w+)$")


class Line(NamedTuple):
    """What the summary says of a task: our method, the strongest other one, the difference."""

    task: str
    measure: str
    items: str
    ours: str
    theirs: str
    gap: str
    word: str


def interval(scores: ArrayLike, groups: ArrayLike | None = None) -> tuple[float, float, float]:
    """Return the mean of the scores (items,) and where the middle 95 % of its bootstrap lie.

    The items are drawn with replacement, or whole groups of them where `groups` names the group
    of each: recordings of one speaker, characters of one play. The draws are always the same, so
    the interval of a difference of two methods is a paired one.
    """
    scores = np.asarray(scores, dtype=float)
    names = np.arange(len(scores)) if groups is None else np.asarray(groups)
    _, member = np.unique(names, return_inverse=True)
    sums, sizes = np.bincount(member, scores), np.bincount(member)
    rng, means = np.random.default_rng(0), np.empty(DRAWS)
    for k in range(DRAWS):
        drawn = rng.integers(0, len(sums), len(sums))
        means[k] = sums[drawn].sum() / sizes[drawn].sum()
    low, high = np.percentile(means, [2.5, 97.5])
    return float(scores.mean()), float(low), float(high)


def verdict(
    task: str,
    measure: str,
    ours: str,
    methods: Mapping[str, tuple[ArrayLike, str]],
    *,
    less: bool = False,
    groups: ArrayLike | None = None,
    items: str = "items",
    show: str = ".3f",
) -> None:
    """Print each method with its mean and interval, then our method minus each of the others.

    `methods` has for each name its scores, (seeds, items) or (items,), and its budget in words.
    "won" and "lost" are said where the interval of the paired difference excludes 0, "level"
    elsewhere. Of groups there may be few, and then their bootstrap is too narrow: there the sign
    test over the groups must agree (p < 0.05). The strongest other method comes first.
    """
    scores = {name: np.atleast_2d(np.asarray(x, float)) for name, (x, _) in methods.items()}
    if len({x.shape[1] for x in scores.values()}) > 1:
        raise ValueError("all methods must be scored on the same items: (seeds, items)")
    means = {name: x.mean(axis=0) for name, x in scores.items()}
    sign = -1 if less else 1
    others = [name for name in methods if name != ours]
    others.sort(key=lambda name: -sign * float(means[name].mean()))
    count = scores[ours].shape[1] if groups is None else len(np.unique(np.asarray(groups)))
    print(f"{task}: {measure} ({'less' if less else 'more'} is better), {count} {items}")
    width = max(map(len, methods))
    for name in (ours, *others):
        mean, low, high = interval(means[name], groups)
        seeds = f"{len(scores[name])} seeds, " if len(scores[name]) > 1 else ""
        print(f"{name:{width}} {mean:{show}} ({low:{show}} to {high:{show}})  ", end="")
        print(f"{seeds}{methods[name][1]}")
    for name in others:
        gap, low, high = interval(means[ours] - means[name], groups)
        line = f"{gap:+{show}} ({low:+{show}} to {high:+{show}})"
        differ = not low <= 0 <= high
        if groups is not None:
            ahead, behind = _signs(sign * (means[ours] - means[name]), groups)
            line += f", ahead for {ahead} of {count}"
            differ &= sign_test(ahead, behind) < 0.05
        word = "level" if not differ else "won" if sign * gap > 0 else "lost"
        print(f"{ours} minus {name}: {line}, {word}")


def _signs(gaps: np.ndarray, groups: ArrayLike) -> tuple[int, int]:
    """Return for how many groups the mean is above and below zero."""
    _, member = np.unique(np.asarray(groups), return_inverse=True)
    sums = np.bincount(member, gaps)
    return int((sums > 0).sum()), int((sums < 0).sum())


def sign_test(ahead: int, behind: int) -> float:
    """Return the probability of a result at least as one-sided in fair coin tosses.

    >>> sign_test(6, 0), sign_test(1, 5)
    (0.03125, 0.21875)
    """
    n = ahead + behind
    return min(1.0, 2 * sum(comb(n, k) for k in range(min(ahead, behind) + 1)) / 2**n)


def read(text: str) -> list[Line]:
    r"""Return what `verdict` printed, one line for each task: against the strongest other method.

    >>> read("a: b (more is better), 9 c\nx minus y: +0.1 (+0.0 to +0.2), won")[0].word
    'won'
    """
    found: list[Line] = []
    head: dict[str, str] = {}
    for line in text.splitlines():
        if match := HEAD.match(line):
            head = match.groupdict()
        elif head and (match := PAIR.match(line)):
            found.append(Line(**head, **match.groupdict()))
            head = {}
    return found
