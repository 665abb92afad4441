r"""Gradient checking: a derived gradient against differences of the loss.

Central differences approximate a derivative by two values of the loss,

.. math:: f'(\theta)\cdot v \approx
    \frac{f(\theta + \epsilon v) - f(\theta - \epsilon v)}{2\epsilon},

with an error of order ε² from the method and of order 10⁻¹⁶/ε from rounding in float64.
Around ε = 10⁻⁵ both are small.  Use float64: in float32 rounding swamps the result.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from rnnkit import clipping
from rnnkit._tree import check_pair
from rnnkit._validation import check_rng, positive

__all__ = ["directional_error", "numerical_gradient"]


def directional_error(
    f: Callable[[], float], params: Any, grads: Any, *, rng: np.random.Generator,
    directions: int = 5, step: float = 1e-5,
) -> float:  # fmt: skip
    r"""Largest error of the gradient along random directions, relative to its length.

    .. math:: \max_v \frac{\bigl|\frac{f(\theta+\epsilon v)-f(\theta-\epsilon v)}{2\epsilon}
        - g\cdot v\bigr|}{\|g\|}, \qquad \|v\| = 1

    One direction tests all entries at once with two evaluations of f; a wrong gradient
    passes only if its error happens to be orthogonal to v.  If ‖g‖ = 0 the error is
    absolute.

    Parameters
    ----------
    f : callable
        Takes no argument and returns the loss at the present values of ``params``.
    params : NamedTuple or dict of ndarray
        θ; moved in place and put back, also when ``f`` raises.
    grads : same type as params
        g, the gradient to be checked.
    rng : numpy.random.Generator
        Draws the directions.
    directions : int, optional
        How many.
    step : float, optional
        ε.

    Returns
    -------
    float
        The error.  Correct gradients in float64 give 10⁻⁹ or less.

    Raises
    ------
    ValueError
        If names or shapes differ, or a parameter is not float64.

    Examples
    --------
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
    for key, array in p.items():
        if array.dtype != np.float64:
            raise ValueError(
                f"params[{key!r}] must be float64 for a gradient check; got {array.dtype}. "
                "In float32 rounding hides errors."
            )
    original = {key: array.copy() for key, array in p.items()}
    scale = clipping.global_norm(g) or 1.0
    worst = 0.0
    for _ in range(directions):
        v = {key: rng.standard_normal(array.shape) for key, array in p.items()}
        length = clipping.global_norm(v)
        values = []
        try:
            for sign in (1.0, -1.0):
                for key, array in p.items():
                    array[...] = original[key] + (sign * step / length) * v[key]
                values.append(float(f()))
        finally:
            for key, array in p.items():
                array[...] = original[key]
        numeric = (values[0] - values[1]) / (2.0 * step)
        analytic = sum(float(np.vdot(g[key], v[key])) for key in p) / length
        # np.maximum keeps a nan once it has turned up, max() would lose it.
        worst = float(np.maximum(worst, abs(numeric - analytic) / scale))
    return worst


def numerical_gradient(
    f: Callable[[], float], array: np.ndarray, *, step: float = 1e-5
) -> np.ndarray:
    r"""Central differences entry by entry.

    .. math:: g_i \approx \frac{f(\theta + \epsilon e_i) - f(\theta - \epsilon e_i)}{2\epsilon}

    Two evaluations of f for each entry: for small arrays, to see *which* entry is wrong.

    Parameters
    ----------
    f : callable
        Takes no argument and returns the loss at the present values of ``array``.
    array : ndarray of float64
        θ; moved in place and put back.
    step : float, optional
        ε.

    Returns
    -------
    ndarray, same shape as array
        The approximate gradient.

    Raises
    ------
    ValueError
        If ``array`` is not float64.

    Examples
    --------
    >>> w = np.array([1.0, 2.0])
    >>> numerical_gradient(lambda: float(w @ w), w).round(6)
    array([2., 4.])
    """
    if not isinstance(array, np.ndarray) or array.dtype != np.float64:
        kind = getattr(array, "dtype", type(array).__name__)
        raise ValueError(f"array must be a float64 array; got {kind}.")
    gradient = np.empty_like(array)
    for index in np.ndindex(array.shape):
        value = array[index]
        try:
            array[index] = value + step
            above = float(f())
            array[index] = value - step
            below = float(f())
        finally:
            array[index] = value
        gradient[index] = (above - below) / (2.0 * step)
    return gradient
