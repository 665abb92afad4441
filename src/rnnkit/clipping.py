"""Gradient clipping: three different things that share a name.

``grads`` is a NamedTuple or dict of float arrays, the result a new one of its type, c the positive
``limit``; anything else is a ``ValueError``.  Only :func:`by_global_norm` keeps the direction of
the whole gradient; none can bring back one that has vanished.
"""

from typing import Any, TypeVar

import numpy as np

from rnnkit._tree import as_dict, rebuild
from rnnkit._validation import positive_number

__all__ = ["by_global_norm", "by_norm", "by_value", "global_norm"]

T = TypeVar("T", bound=Any)


def global_norm(grads: Any) -> float:
    """‖g‖, the norm of all arrays together; inf beyond float64, nan if an entry is nan."""
    arrays = as_dict(grads, "grads").values()
    peak = float(np.max([np.abs(g).max(initial=0.0) for g in arrays], initial=0.0))
    if not 0.0 < peak < np.inf:
        return peak  # 0, inf or nan
    # In units of the largest entry, squares neither overflow nor vanish.
    norms = [np.linalg.norm(g.astype(np.float64) / peak) for g in arrays]
    return peak * float(np.linalg.norm(norms))


def by_value(grads: T, limit: float) -> T:
    """Keras's ``clipvalue``: each entry to [−c, c], which turns the gradient.

    >>> by_value({"W": np.array([-3.0, 0.5])}, 1.0)
    {'W': array([-1. ,  0.5])}
    """
    limit = positive_number(limit, "limit")
    return rebuild(grads, lambda g: np.clip(g, -limit, limit), "grads")


def by_norm(grads: T, limit: float) -> T:
    """Keras's ``clipnorm``: each array g_k by itself to g_k min(1, c/‖g_k‖).

    >>> by_norm({"a": np.array([3.0, 4.0]), "b": np.array([0.5])}, 1.0)
    {'a': array([0.6, 0.8]), 'b': array([0.5])}
    """
    limit = positive_number(limit, "limit")
    return rebuild(grads, lambda g: _scale(g, global_norm({"g": g}), limit), "grads")


def by_global_norm(grads: T, limit: float) -> T:
    """Keras's ``global_clipnorm``: all arrays by one factor, to g_k min(1, c/‖g‖).

    R. Pascanu, T. Mikolov, Y. Bengio, *On the difficulty of training recurrent neural networks*,
    ICML 2013, algorithm 1.

    >>> by_global_norm({"a": np.array([3.0]), "b": np.array([4.0])}, 1.0)
    {'a': array([0.6]), 'b': array([0.8])}
    """
    limit = positive_number(limit, "limit")
    norm = global_norm(grads)
    return rebuild(grads, lambda g: _scale(g, norm, limit), "grads")


def _scale(g: np.ndarray, norm: float, limit: float) -> np.ndarray:
    # nan > limit is false: a nan gradient stays nan and the loss check reports it.
    return g * (limit / norm) if norm > limit else g.copy()
