r"""Gradient clipping: three different things that share a name.

======================  ===============================  =====================
function                what is bounded                  Keras's argument
======================  ===============================  =====================
:func:`by_value`        each entry                       ``clipvalue``
:func:`by_norm`         the norm of each array           ``clipnorm``
:func:`by_global_norm`  the norm of all arrays together  ``global_clipnorm``
======================  ===============================  =====================

Only the last keeps the direction of the whole gradient.  All three bound gradients
that are too large; none can bring back a gradient that has vanished.
"""

from typing import Any, TypeVar

import numpy as np

from rnnkit._tree import as_dict, rebuild

__all__ = ["by_global_norm", "by_norm", "by_value", "global_norm"]

T = TypeVar("T", bound=Any)


def global_norm(grads: Any) -> float:
    r"""Euclidean norm of all arrays together.

    .. math:: \|g\| = \sqrt{\textstyle\sum_k \|g_k\|_2^2}

    Parameters
    ----------
    grads : NamedTuple or dict of ndarray
        Gradients g_k.

    Returns
    -------
    float
        The norm; inf if it exceeds the largest float64, nan if an entry is nan.

    Raises
    ------
    ValueError
        If ``grads`` is not a collection of float arrays.

    Examples
    --------
    >>> global_norm({"a": np.array([3.0]), "b": np.array([4.0])})
    5.0
    """
    arrays = as_dict(grads, "grads").values()
    peak = float(np.max([np.abs(g).max(initial=0.0) for g in arrays], initial=0.0))
    if not 0.0 < peak < np.inf:
        return peak  # 0, inf or nan
    # In units of the largest entry, squares neither overflow nor vanish.
    return peak * float(
        np.linalg.norm([np.linalg.norm(g.astype(np.float64) / peak) for g in arrays])
    )


def by_value(grads: T, limit: float) -> T:
    r"""Clip each entry to [−limit, limit].

    .. math:: g_i \leftarrow \operatorname{sign}(g_i) \min(|g_i|, c)

    This turns the gradient: entries beyond the limit shrink, the others do not.

    Parameters
    ----------
    grads : NamedTuple or dict of ndarray
        Gradients.
    limit : float
        c > 0.

    Returns
    -------
    same type as grads
        New arrays.

    Raises
    ------
    ValueError
        If ``limit`` is not positive or ``grads`` is not a collection of float arrays.

    Examples
    --------
    >>> by_value({"W": np.array([-3.0, 0.5])}, 1.0)
    {'W': array([-1. ,  0.5])}
    """
    limit = _check_limit(limit)
    return rebuild(grads, lambda g: np.clip(g, -limit, limit), "grads")


def by_norm(grads: T, limit: float) -> T:
    r"""Scale each array whose norm exceeds the limit, each by itself.

    .. math:: g_k \leftarrow g_k \min\Bigl(1, \frac{c}{\|g_k\|_2}\Bigr)

    Each array keeps its direction; the whole gradient does not, because the arrays
    shrink by different factors.

    Parameters
    ----------
    grads : NamedTuple or dict of ndarray
        Gradients g_k.
    limit : float
        c > 0.

    Returns
    -------
    same type as grads
        New arrays.

    Raises
    ------
    ValueError
        If ``limit`` is not positive or ``grads`` is not a collection of float arrays.

    Examples
    --------
    >>> by_norm({"a": np.array([3.0, 4.0]), "b": np.array([0.5])}, 1.0)
    {'a': array([0.6, 0.8]), 'b': array([0.5])}
    """
    limit = _check_limit(limit)
    return rebuild(grads, lambda g: _scale(g, global_norm({"g": g}), limit), "grads")


def by_global_norm(grads: T, limit: float) -> T:
    r"""Scale the whole gradient if its norm exceeds the limit.

    .. math:: g_k \leftarrow g_k \min\Bigl(1, \frac{c}{\|g\|}\Bigr),
        \qquad \|g\| = \sqrt{\textstyle\sum_k \|g_k\|_2^2}

    All arrays shrink by one factor, so the direction stays.

    Parameters
    ----------
    grads : NamedTuple or dict of ndarray
        Gradients g_k.
    limit : float
        c > 0.

    Returns
    -------
    same type as grads
        New arrays.

    Raises
    ------
    ValueError
        If ``limit`` is not positive or ``grads`` is not a collection of float arrays.

    References
    ----------
    R. Pascanu, T. Mikolov, Y. Bengio, *On the difficulty of training recurrent neural
    networks*, ICML 2013, algorithm 1.

    Examples
    --------
    >>> by_global_norm({"a": np.array([3.0]), "b": np.array([4.0])}, 1.0)
    {'a': array([0.6]), 'b': array([0.8])}
    """
    limit = _check_limit(limit)
    norm = global_norm(grads)
    return rebuild(grads, lambda g: _scale(g, norm, limit), "grads")


def _scale(g: np.ndarray, norm: float, limit: float) -> np.ndarray:
    # nan > limit is false: a nan gradient stays nan and the loss check reports it.
    return g * (limit / norm) if norm > limit else g.copy()


def _check_limit(limit: float) -> float:
    if not limit > 0:
        raise ValueError(f"limit must be a positive number; got {limit!r}.")
    return float(limit)
