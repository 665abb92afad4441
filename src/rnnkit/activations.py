r"""Activation functions φ and their derivatives.

Backpropagation needs φ′ at the pre-activation a.  For every function here φ′(a)
can be written in terms of the *value* h = φ(a): for tanh, φ′(a) = 1 − h².  So a
network has to keep h only, which it returns anyway.  That is not the same as
evaluating φ′ *at* h, a common mistake: 1 − tanh²(h) ≠ 1 − h².
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

__all__ = ["ACTIVATIONS", "Activation", "get"]

Array = np.ndarray


class Activation(NamedTuple):
    """An activation function and its derivative.

    Attributes
    ----------
    apply : callable
        ``apply(a, out)`` writes φ(a) into ``out``; ``out`` may be ``a`` itself.
    derivative : callable
        ``derivative(h)`` returns φ′(a) as a new array, given h = φ(a).
    """

    apply: Callable[[Array, Array], object]
    derivative: Callable[[Array], Array]


LEAKY_RELU_SLOPE = 0.2  # Keras's default


def _linear(a: Array, out: Array) -> None:
    if out is not a:
        out[...] = a


def _sigmoid(a: Array, out: Array) -> None:
    # σ(a) = ½ + ½ tanh(a/2) neither overflows nor loses digits.
    np.multiply(a, 0.5, out=out)
    np.tanh(out, out=out)
    out *= 0.5
    out += 0.5


def _leaky_relu(a: Array, out: Array) -> None:
    np.maximum(a, LEAKY_RELU_SLOPE * a, out=out)


def _elu(a: Array, out: Array) -> None:
    # min(a, 0): expm1 is evaluated only where it is used, so it cannot overflow.
    negative = np.expm1(np.minimum(a, 0.0))
    np.maximum(a, 0.0, out=out)
    out += negative


def _softsign(a: Array, out: Array) -> None:
    np.divide(a, 1.0 + np.abs(a), out=out)


def _tanh_derivative(h: Array) -> Array:
    d = np.multiply(h, h)
    return np.subtract(1.0, d, out=d)


def _slope(h: Array, negative: float) -> Array:
    # A Python float does not change the dtype; np.where would make it float64.
    d = np.full_like(h, negative)
    d[h > 0] = 1.0
    return d


def _elu_derivative(h: Array) -> Array:
    d = h + 1.0
    d[h > 0] = 1.0
    return d


ACTIVATIONS: dict[str, Activation] = {
    "linear": Activation(_linear, np.ones_like),
    "tanh": Activation(np.tanh, _tanh_derivative),
    "sigmoid": Activation(_sigmoid, lambda h: h * (1.0 - h)),
    "relu": Activation(lambda a, out: np.maximum(a, 0.0, out=out), lambda h: _slope(h, 0.0)),
    "leaky_relu": Activation(_leaky_relu, lambda h: _slope(h, LEAKY_RELU_SLOPE)),
    "elu": Activation(_elu, _elu_derivative),
    "softplus": Activation(lambda a, out: np.logaddexp(a, 0.0, out=out), lambda h: -np.expm1(-h)),
    "softsign": Activation(_softsign, lambda h: np.square(1.0 - np.abs(h))),
}


def get(name: str) -> Activation:
    """Look an activation up by its name in Keras.

    Parameters
    ----------
    name : str
        One of ``linear``, ``tanh``, ``sigmoid``, ``relu``, ``leaky_relu``
        (slope 0.2), ``elu`` (α = 1), ``softplus``, ``softsign``.

    Returns
    -------
    Activation
        The function and its derivative.

    Raises
    ------
    ValueError
        If there is no such activation.

    Examples
    --------
    >>> import numpy as np
    >>> a = np.array([-1.0, 0.0, 1.0])
    >>> h = np.empty_like(a)
    >>> tanh = get("tanh")
    >>> _ = tanh.apply(a, h)
    >>> tanh.derivative(h).round(3)
    array([0.42, 1.  , 0.42])
    """
    try:
        return ACTIVATIONS[name]
    except (KeyError, TypeError):
        known = ", ".join(sorted(ACTIVATIONS))
        raise ValueError(f"activation must be one of {known}; got {name!r}.") from None
