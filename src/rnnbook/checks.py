"""Checks that a reader sees: each says its claim once, with its number, and fails if it is false.

`claim` is for a number with a meaning, `agree` for two computations of the same thing, whose
difference is rounding and therefore not printed.
"""

import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from rnnkit.training import train_step

__all__ = ["EXACT", "agree", "beside_keras", "best_of", "claim", "complaint"]

EXACT = {"beta_1": 0.875, "beta_2": 1 - 2**-10, "epsilon": 2**-23}
"""Settings of Adam that float32 holds exactly.

Keras stores the settings of its optimizers in float32, and 0.9 is no float32 number: with the
defaults two trainings in float64 part at the eighth digit.
"""


def claim(
    text: str,
    value: float,
    *,
    below: float | None = None,
    above: float | None = None,
    show: str = ".3g",
) -> None:
    """Print `text: value (below …)` and fail unless the value lies strictly within the bounds.

    >>> claim("error", 0.0312, below=0.05)
    error: 0.0312 (below 0.05)
    >>> claim("accuracy", 0.9634, above=0.9, below=1, show=".0%")
    accuracy: 96% (above 90%, below 100%)
    """
    if below is None and above is None:
        raise ValueError("a claim needs a bound: below, above, or both")
    if isinstance(value, bool | np.bool_):
        raise ValueError("a claim is about a number, not about True or False")
    shape = show if show.endswith("%") else "g"
    bounds = [f"{w} {b:{shape}}" for w, b in (("above", above), ("below", below)) if b is not None]
    line = f"{text}: {value:{show}} ({', '.join(bounds)})"
    holds = (above is None or value > above) and (below is None or value < below)
    if not holds:
        raise AssertionError(f"not so: {line}")
    print(line)


def _leaves(value: Any) -> list[np.ndarray]:
    """Return the arrays in nested tuples, lists and dicts (values by sorted name)."""
    if isinstance(value, dict):
        value = [value[name] for name in sorted(value)]
    nested = isinstance(value, tuple | list)
    if nested and any(isinstance(x, tuple | list | dict) or np.ndim(x) for x in value):
        return [leaf for part in value for leaf in _leaves(part)]
    return [np.asarray(value)]


def agree(text: str, one: Any, two: Any, *, rtol: float = 0.0, atol: float = 0.0) -> None:
    """Print that two computations agree to `rtol` or `atol`, and fail if they do not.

    `rtol` is relative to the largest entry of each array of `two`, so that entries near zero do
    not ask for more digits than there are; `atol` is absolute. Nested tuples, lists and dicts
    are compared array by array; shapes must be equal.

    >>> agree("sum", 0.1 + 0.2, 0.3, rtol=1e-15)
    sum: equal to 1e-15 (relative)
    """
    if (rtol > 0) == (atol > 0):
        raise ValueError("give either rtol or atol, and more than 0")
    ones, twos = _leaves(one), _leaves(two)
    if [x.shape for x in ones] != [x.shape for x in twos]:
        raise AssertionError(f"{text}: shapes {[x.shape for x in ones]}, {[x.shape for x in twos]}")
    for a, b in zip(ones, twos, strict=True):
        gap = np.max(np.abs(a - b), initial=0.0)
        limit = atol or rtol * np.max(np.abs(b), initial=0.0)
        if not gap <= limit:
            raise AssertionError(f"{text}: the largest difference is {gap:.3g}, above {limit:.3g}")
    print(f"{text}: equal to {rtol or atol:g} ({'relative' if rtol else 'absolute'})")


def beside_keras(
    model: Any,
    twin: Any,
    batches: Iterable[tuple[Any, Any]],
    *,
    loss: Callable[..., Any],
    optimizer: Any,
    **options: Any,
) -> tuple[np.ndarray, np.ndarray]:
    """Train a model of rnnkit and a compiled Keras model on the same batches.

    Returns the two series of losses, each before its update. `options` go to rnnkit's
    `train_step`. With Adam use the settings `EXACT` on both sides.
    """
    ours, theirs = [], []
    for x, y in batches:
        ours.append(train_step(model, x, y, loss=loss, optimizer=optimizer, **options)["loss"])
        theirs.append(float(np.ravel(twin.train_on_batch(x, y))[0]))  # behind it: metrics
    return np.array(ours), np.array(theirs)


def best_of(call: Callable[[], Any], repeats: int = 5) -> float:
    """Return the seconds of the shortest of several calls; the others were disturbed."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def complaint(
    call: Callable[[], Any], kind: type[Exception] | tuple[type[Exception], ...] = ValueError
) -> str:
    """Return the message of the error that a call must raise; fail if it raises none.

    >>> complaint(lambda: int("ten"))
    "invalid literal for int() with base 10: 'ten'"
    """
    try:
        call()
    except kind as error:
        return str(error)
    raise AssertionError(f"an error was expected: {kind}")
