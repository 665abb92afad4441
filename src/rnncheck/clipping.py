"""Assignment for chapter 3.3: three kinds of clipping."""

from collections.abc import Callable
from typing import Any

import numpy as np

from rnncheck.engine import Arguments, Assignment, Function, Idea, Mistake, Probe

__all__ = ["ASSIGNMENT", "by_global_norm", "by_norm", "by_value", "global_norm"]

NONE: frozenset[str] = frozenset()
Clipped = tuple[np.ndarray, ...]


def norm(array: np.ndarray, wrong: frozenset[str] = NONE) -> Any:
    """The norm of one array, the root of the sum of all its squares."""
    if "sum of absolute values" in wrong:
        return np.abs(array).sum()
    if "largest entry" in wrong:
        return np.abs(array).max()
    if "norm of each row" in wrong and array.ndim > 1:
        return np.sqrt((array**2).sum(axis=1, keepdims=True))
    square = (array**2).mean() if "mean of the squares" in wrong else (array**2).sum()
    return square if "no square root" in wrong else np.sqrt(square)


def factor(length: Any, c: float, wrong: frozenset[str]) -> Any:
    """What an array is multiplied by: min(1, c / length)."""
    ratio = length / c if "ratio turned over" in wrong else c / length
    if "always scaled" in wrong:
        return ratio
    if "scaled to norm 1" in wrong:
        return np.where(length > c, 1 / length, 1)
    return np.maximum(1, ratio) if "small gradients made larger" in wrong else np.minimum(1, ratio)


def by_value(W: np.ndarray, b: np.ndarray, c: float, *, wrong: frozenset[str] = NONE) -> Clipped:
    """Both gradients with each entry limited to [−c, c], by (3.12)."""
    low = 0 if "negative entries set to zero" in wrong else -c
    if "only from above" in wrong:
        low = -np.inf
    if "entries beyond the limit set to zero" in wrong:
        return tuple(np.where(np.abs(g) > c, 0, g) for g in (W, b))
    if "sign lost" in wrong:
        return tuple(np.minimum(np.abs(g), c) for g in (W, b))
    return tuple(np.clip(g, low, c) for g in (W, b))


def by_norm(W: np.ndarray, b: np.ndarray, c: float, *, wrong: frozenset[str] = NONE) -> Clipped:
    """Both gradients, each scaled by itself to a norm of at most c, by (3.13)."""
    if "one factor for all" in wrong:
        return by_global_norm(W, b, c, wrong=wrong)
    return tuple(g * factor(norm(g, wrong), c, wrong) for g in (W, b))


def global_norm(W: np.ndarray, b: np.ndarray, *, wrong: frozenset[str] = NONE) -> np.ndarray:
    """The norm of both gradients together, in (3.14)."""
    both = np.concatenate([W.ravel(), b])
    if "norms added" in wrong:
        return norm(W, wrong) + norm(b, wrong)
    if "larger of the norms" in wrong:
        return np.maximum(norm(W, wrong), norm(b, wrong))
    if "first array only" in wrong:
        both = W.ravel()
    return np.asarray(norm(both, wrong))


def by_global_norm(
    W: np.ndarray, b: np.ndarray, c: float, *, wrong: frozenset[str] = NONE,
    global_norm: Any = global_norm,
) -> Clipped:  # fmt: skip
    """Both gradients scaled by one factor, to a norm of at most c together, by (3.14)."""
    if "each array by itself" in wrong:
        return by_norm(W, b, c, wrong=wrong)
    share = factor(global_norm(W, b, wrong=wrong), c, wrong)
    return W * share, b * (1 if "b not scaled" in wrong else share)


def draw_norm(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """Gradients of two weight arrays; (T, H) and (H,)."""
    long = 50 if B == 3 else 1  # either array may be the longer one
    return {"W": 2 * rng.standard_normal((T, H)), "b": long * rng.standard_normal(H)}


def draw(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """Gradients of which the limit cuts one and leaves the other; where B is 1 it cuts both."""
    W, b = draw_norm(rng, B, T, D, H).values()
    lengths = {1: (4, 2), 3: (0.7, 4)}.get(B, (4, 0.7))
    W, b = (length * g / np.linalg.norm(g) for g, length in zip((W, b), lengths, strict=True))
    return {"W": W, "b": b, "c": float(rng.uniform(1.1, 1.7))}


def draw_small(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """Gradients as in :func:`draw`; where T is 1 the limit cuts neither."""
    arguments = draw(rng, B, T, D, H)
    return arguments | {"c": 9.0} if T == 1 else arguments


def draw_value(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """Gradients and a limit that cuts about half of the entries."""
    return draw_norm(rng, B, T, D, H) | {"c": float(rng.uniform(0.4, 0.9))}


def limit(share: float) -> Callable[[Arguments], Arguments]:
    """A change for a probe: a limit of this share of the shortest array."""
    return lambda a: a | {"c": share * min(float(np.linalg.norm(a[name])) for name in "Wb")}


def signed(sign: int) -> Callable[[Arguments], Arguments]:
    """A change for a probe: all entries have this sign."""
    return lambda a: {n: v if n == "c" else sign * np.abs(v) for n, v in a.items()}


LENGTH, SHORT = "the norm", "what is short stays"
SCALED, OWN, ONE = "what is long is scaled to the limit", "each array by itself", "one factor"
IN_A_NORM = [
    Mistake("sum of absolute values", (LENGTH,),
            "The length is a sum of absolute values. Which length is meant in the example by hand, "
            "where (3, 4) has 5?"),
    Mistake("largest entry", (LENGTH,),
            "The length is the largest entry. Which length is meant in the example by hand, where "
            "(3, 4) has 5?"),
    Mistake("no square root", (LENGTH,), "The length is squared still."),
    Mistake("mean of the squares", (LENGTH,),
            "The length is averaged over the entries. Does the length of (3, 4) depend on how "
            "many entries there are?"),
]  # fmt: skip
IN_A_FACTOR = [
    Mistake("always scaled", (SHORT,),
            "Every gradient is scaled to the limit, short ones are made longer. What is min for in "
            "(3.13) and (3.14)?"),
    Mistake("small gradients made larger", (SHORT, SCALED),
            "Long gradients stay and short ones are made longer. Which of the two numbers should "
            "be taken in (3.13) and (3.14)?"),
    Mistake("scaled to norm 1", (SCALED,),
            "What is too long is scaled to length 1, whatever the limit."),
    Mistake("ratio turned over", (SCALED,),
            "The limit and the length have changed places. What should a gradient of twice the "
            "limit be multiplied by?"),
]  # fmt: skip
CORNERS = ("where W has one row and both arrays are short", "where both arrays are long", "")
TWO, UP, DOWN = {"W": "(M, N)", "b": "(N,)"}, "the upper limit", "the lower limit"
BY_VALUE = Function(
    "by_value", TWO, 'chapter 3.3, "Three things with one name", equation (3.12)',
    [Idea(UP, 2), Idea(DOWN, 2)],
    [Mistake("only from above", (DOWN,),
             "Large negative entries are not limited. What does the sign in (3.12) do?"),
     Mistake("negative entries set to zero", (DOWN,),
             "Negative entries become zero. What does the sign in (3.12) do?"),
     Mistake("sign lost", (DOWN,), "The results have lost their sign, see (3.12)."),
     Mistake("entries beyond the limit set to zero", (UP, DOWN),
             "Entries beyond the limit become zero. What did 3 and 4 become in the example by "
             "hand?")],
    [Probe(UP, signed(1), ("W", "b")), Probe(DOWN, signed(-1), ("W", "b"))],
    by_value, draw_value, corners=CORNERS,
)  # fmt: skip
BY_NORM = Function(
    "by_norm", TWO, 'chapter 3.3, "Three things with one name", equation (3.13)',
    [Idea(LENGTH, 2), Idea(SHORT, 1), Idea(SCALED, 1), Idea(OWN, 2)],
    [*IN_A_NORM, *IN_A_FACTOR,
     Mistake("one factor for all", (OWN,),
             "Both arrays are scaled by the same factor: that is another kind of clipping. Which "
             "norm belongs to which array in (3.13)?"),
     Mistake("norm of each row", (OWN,),
             "Each row of W is scaled by itself. What is k in (3.13), a row or an array?")],
    [Probe(LENGTH, limit(0.5), ("b",)), Probe(SHORT, limit(99), ("W", "b")),
     Probe(SCALED, limit(0.3), ("b",)), Probe(OWN, limit(0.5), ("W", "b"))],
    by_norm, draw_small, corners=CORNERS,
)  # fmt: skip
TOGETHER = "all entries of all arrays"
GLOBAL_NORM = Function(
    "global_norm", {"norm": "()"}, 'chapter 3.3, "Three things with one name", equation (3.14)',
    [Idea(LENGTH, 2), Idea(TOGETHER, 2)],
    [*IN_A_NORM,
     Mistake("norms added", (TOGETHER,),
             "The norms of the arrays are added. What is added under the root in (3.14)?"),
     Mistake("larger of the norms", (TOGETHER,),
             "The result is the larger of two norms. What is added under the root in (3.14)?"),
     Mistake("first array only", (TOGETHER,),
             "b does not count. Which arrays belong to the whole gradient?")],
    [Probe(LENGTH, lambda a: a | {"b": 0 * a["b"]}, ("norm",)),
     Probe(TOGETHER, lambda a: {n: np.ones_like(v) for n, v in a.items()}, ("norm",))],
    global_norm, draw_norm, corners=CORNERS,
)  # fmt: skip
BY_GLOBAL_NORM = Function(
    "by_global_norm", TWO, 'chapter 3.3, "Three things with one name", equation (3.14)',
    [Idea(SCALED, 2), Idea(SHORT, 2), Idea(ONE, 2)],
    [*IN_A_FACTOR,
     Mistake("each array by itself", (ONE,),
             "Each array has a factor of its own, so the whole gradient changes its direction: "
             "that is another kind of clipping."),
     Mistake("b not scaled", (ONE,), "Only W is scaled. What becomes of b in (3.14)?"),
     *(m._replace(ideas=(ONE,)) for m in GLOBAL_NORM.mistakes)],
    [Probe(SCALED, limit(0.3), ("W",)), Probe(SHORT, limit(99), ("W", "b")),
     Probe(ONE, limit(0.5), ("W", "b"))],
    by_global_norm, draw_small, uses=("global_norm",), corners=CORNERS,
)  # fmt: skip
ASSIGNMENT = Assignment(
    "clipping", "3.3 Gradient clipping", [BY_VALUE, BY_NORM, GLOBAL_NORM, BY_GLOBAL_NORM]
)
