r"""Gradient checking: a derived gradient against differences of the loss.

Central differences approximate a derivative by two values of the loss,

.. math:: f'(\theta)\cdot v \approx
    \frac{f(\theta + \epsilon v) - f(\theta - \epsilon v)}{2\epsilon},

with an error of order ε² from the method and of order 10⁻¹⁶/ε from rounding in float64.
Around ε = 10⁻⁵ (``step``) both are small.  In float32 rounding swamps the result.

``f`` takes no argument and returns the loss at the present values of the arrays, which are moved
in place and put back, also when ``f`` raises.  Arrays other than float64, names or shapes that
differ, and an ``f`` that returns no number are a ``ValueError``.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from rnnkit import clipping
from rnnkit._tree import check_pair
from rnnkit._validation import as_array, check_rng, positive, positive_number

__all__ = ["directional_error", "numerical_gradient"]


def directional_error(
    f: Callable[[], float], params: Any, grads: Any, *, rng: np.random.Generator,
    directions: int = 5, step: float = 1e-5,
) -> float:  # fmt: skip
    r"""Largest error of the gradient along random directions, relative to its length.

    .. math:: \max_v \frac{\bigl|\frac{f(\theta+\epsilon v)-f(\theta-\epsilon v)}{2\epsilon}
        - g\cdot v\bigr|}{\|g\|}, \qquad \|v\| = 1

    ``params`` is θ and ``grads`` is g, NamedTuples or dicts of arrays.  One direction tests all
    entries at once with two evaluations of f; a wrong gradient passes only if its error happens
    to be orthogonal to v.  Correct gradients in float64 give 10⁻⁹ or less.  If ‖g‖ = 0 the
    error is absolute.

    >>> params = {"w": np.array([1.0, 2.0])}
    >>> f = lambda: float(np.sum(params["w"] ** 2))
    >>> rng = np.random.default_rng(0)
    >>> directional_error(f, params, {"w": 2 * params["w"]}, rng=rng) < 1e-9
    True
    >>> directional_error(f, params, {"w": params["w"]}, rng=rng) > 0.1
    True
    """
    p, g = check_pair(params, grads)
    check_rng(rng)
    positive(directions, "directions")
    step = _check(f, {f"params[{key!r}]": array for key, array in p.items()}, step)
    scale = clipping.global_norm(g) or 1.0
    worst = 0.0
    for _ in range(directions):
        v = {key: rng.standard_normal(array.shape) for key, array in p.items()}
        length = clipping.global_norm(v)
        numeric = _difference(f, p, v, step / length) / (2.0 * step)
        analytic = sum(float(np.vdot(g[key], v[key])) for key in p) / length
        # np.maximum keeps a nan once it has turned up, max() would lose it.
        worst = float(np.maximum(worst, abs(numeric - analytic) / scale))
    return worst


def numerical_gradient(
    f: Callable[[], float], array: np.ndarray, *, step: float = 1e-5
) -> np.ndarray:
    r"""Central differences entry by entry, an array like θ.

    .. math:: g_i \approx \frac{f(\theta + \epsilon e_i) - f(\theta - \epsilon e_i)}{2\epsilon}

    Two evaluations of f for each entry: for small arrays, to see *which* entry is wrong.

    >>> w = np.array([1.0, 2.0])
    >>> numerical_gradient(lambda: float(w @ w), w).round(6)
    array([2., 4.])
    """
    step = _check(f, {"array": array}, step)
    gradient, e = np.empty_like(array), np.zeros_like(array)
    for index in np.ndindex(array.shape):
        e[index] = 1.0
        gradient[index] = _difference(f, {"": array}, {"": e}, step) / (2.0 * step)
        e[index] = 0.0
    return gradient


def _check(f: Any, arrays: Mapping[str, Any], step: float) -> float:
    if not callable(f):
        raise ValueError(f"f must be a function without arguments; got {type(f).__name__}.")
    for name, array in arrays.items():
        kind = getattr(array, "dtype", type(array).__name__)
        if not isinstance(array, np.ndarray) or kind != np.float64 or not array.flags.writeable:
            raise ValueError(
                f"{name} must be a float64 array that can be moved, so not read-only; got {kind}. "
                "In float32 rounding hides errors."
            )
    if not any(array.size for array in arrays.values()):
        raise ValueError("there is no entry to check: all arrays are empty.")
    return positive_number(step, "step")


def _difference(f: Callable[[], float], arrays: Any, v: Any, h: float) -> float:
    """Return f(θ + h v) − f(θ − h v)."""
    original = {key: array.copy() for key, array in arrays.items()}
    values = []
    try:
        for way in (h, -h):
            for key, array in arrays.items():
                array[...] = original[key] + way * v[key]
            value = as_array(f(), "the loss that f returns")
            if value.size != 1:
                raise ValueError(f"f must return one number, the loss; got shape {value.shape}.")
            values.append(float(value.item()))
    finally:
        for key, array in arrays.items():
            array[...] = original[key]
    return values[0] - values[1]
