r"""Losses and their gradients.

Each function returns the loss, averaged over the valid positions, and its gradient with
respect to the network's output.  What stands at the other positions has no influence, nan
included.  The cross-entropies take *logits*, the values before
softmax or sigmoid: that keeps them finite for any logit, and the gradient becomes
probability minus target.
"""

import numpy as np
from numpy.typing import ArrayLike

from rnnkit._validation import as_array, as_labels

__all__ = ["binary_cross_entropy", "categorical_cross_entropy", "mean_squared_error", "softmax"]

Mask = ArrayLike | None
Result = tuple[float, np.ndarray]


def mean_squared_error(y: ArrayLike, target: ArrayLike, *, mask: Mask = None) -> Result:
    r"""Mean squared error.

    .. math:: L = \frac1N \sum_n \frac1K \sum_k (y_{nk} - t_{nk})^2, \qquad
        \frac{\partial L}{\partial y_{nk}} = \frac{2}{NK} (y_{nk} - t_{nk})

    n runs over the N valid positions (sequences, or steps of sequences).

    Parameters
    ----------
    y : array_like, shape (…, K)
        Outputs.
    target : array_like, shape (…, K)
        Targets.
    mask : array_like of bool, shape (…), optional
        True where a position counts.

    Returns
    -------
    loss : float
        L; 0 if no position counts.
    dy : ndarray, shape (…, K)
        ∂L/∂y.

    Raises
    ------
    ValueError
        If shapes or types do not fit.

    Examples
    --------
    >>> loss, dy = mean_squared_error([[1.0, 2.0]], [[0.0, 2.0]])
    >>> loss, dy
    (0.5, array([[1., 0.]]))
    """
    y, target, weight = _check(y, target, mask)
    error = y - target
    loss = np.sum(error * error * weight) / y.shape[-1]
    return float(loss), error * weight * (2.0 / y.shape[-1])


def binary_cross_entropy(logits: ArrayLike, target: ArrayLike, *, mask: Mask = None) -> Result:
    r"""Binary cross-entropy from logits.

    .. math:: L = \frac1N \sum_n \frac1K \sum_k
        \bigl[\max(y,0) - y\,t + \log(1 + e^{-|y|})\bigr]_{nk}, \qquad
        \frac{\partial L}{\partial y_{nk}} = \frac{1}{NK} (\sigma(y_{nk}) - t_{nk})

    Parameters
    ----------
    logits : array_like, shape (…, K)
        y, before the sigmoid.
    target : array_like, shape (…, K)
        t between 0 and 1.
    mask : array_like of bool, shape (…), optional
        True where a position counts.

    Returns
    -------
    loss : float
        L in nats; 0 if no position counts.
    dlogits : ndarray, shape (…, K)
        ∂L/∂y.

    Raises
    ------
    ValueError
        If shapes or types do not fit, or a target lies outside [0, 1].

    Examples
    --------
    >>> loss, _ = binary_cross_entropy([[0.0], [1e4]], [[1.0], [1.0]])
    >>> round(loss, 4)
    0.3466
    """
    y, t, weight = _check(logits, target, mask)
    if not ((t >= 0) & (t <= 1)).all():
        got = f"{t.min()} to {t.max()}"
        raise ValueError(f"target must lie between 0 and 1; got values from {got}.")
    entropy = np.maximum(y, 0.0) - y * t + np.log1p(np.exp(-np.abs(y)))
    sigmoid = 0.5 + 0.5 * np.tanh(0.5 * y)
    loss = np.sum(entropy * weight) / y.shape[-1]
    return float(loss), (sigmoid - t) * weight / y.shape[-1]


def categorical_cross_entropy(logits: ArrayLike, labels: ArrayLike, *, mask: Mask = None) -> Result:
    r"""Categorical cross-entropy from logits and class numbers.

    .. math:: L = -\frac1N \sum_n \log p_{n, \ell_n}, \quad
        p_{nk} = \frac{e^{y_{nk}}}{\sum_j e^{y_{nj}}}, \qquad
        \frac{\partial L}{\partial y_{nk}} = \frac1N (p_{nk} - [k = \ell_n])

    exp(L) is the perplexity.  Keras: ``SparseCategoricalCrossentropy(from_logits=True)``.

    Parameters
    ----------
    logits : array_like, shape (…, K)
        y, before the softmax.
    labels : array_like of int, shape (…)
        Class numbers ℓ from 0 to K − 1.
    mask : array_like of bool, shape (…), optional
        True where a position counts.

    Returns
    -------
    loss : float
        L in nats; 0 if no position counts.
    dlogits : ndarray, shape (…, K)
        ∂L/∂y.

    Raises
    ------
    ValueError
        If shapes or types do not fit, or a label is out of range.

    Examples
    --------
    >>> loss, _ = categorical_cross_entropy([[0.0, 0.0, 0.0]], [2])
    >>> round(loss, 4)  # log 3
    1.0986
    """
    y = _floats(logits, "logits")
    labels = as_labels(labels, y.shape[:-1], y.shape[-1])
    weight = _weight(mask, y)
    if mask is not None:
        y = np.where(weight > 0, y, np.zeros((), y.dtype))
    y = y - y.max(axis=-1, keepdims=True)  # softmax is unchanged, exp cannot overflow
    exp = np.exp(y)
    total = exp.sum(axis=-1, keepdims=True)
    index = labels[..., np.newaxis]
    log_p = np.take_along_axis(y, index, axis=-1) - np.log(total)
    dlogits = exp / total
    picked = np.take_along_axis(dlogits, index, axis=-1) - 1.0
    np.put_along_axis(dlogits, index, picked, axis=-1)
    return float(-np.sum(log_p * weight)), dlogits * weight


def softmax(logits: ArrayLike) -> np.ndarray:
    r"""Probabilities from logits, along the last axis.

    .. math:: p_k = \frac{e^{y_k}}{\sum_j e^{y_j}}

    Parameters
    ----------
    logits : array_like, shape (…, K)
        y.

    Returns
    -------
    ndarray, shape (…, K)
        p; the entries of the last axis add up to 1.

    Raises
    ------
    ValueError
        If ``logits`` is not an array of numbers with at least one axis.

    Examples
    --------
    >>> softmax([0.0, 1e4]).round(3)
    array([0., 1.])
    """
    y = _floats(logits, "logits")
    exp = np.exp(y - y.max(axis=-1, keepdims=True))
    return exp / exp.sum(axis=-1, keepdims=True)


def _floats(value: ArrayLike, name: str) -> np.ndarray:
    array = as_array(value, name)
    if array.ndim == 0 or array.size == 0:
        raise ValueError(f"{name} must have shape (…, units), not be empty; got {array.shape}.")
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def _weight(mask: Mask, y: np.ndarray) -> np.ndarray:
    """Weights 1/N of the N valid positions, 0 elsewhere, with a trailing axis of 1."""
    if mask is None:
        positions = y.size // y.shape[-1]
        return np.full((1,) * y.ndim, 1.0 / positions, dtype=y.dtype)
    valid = as_array(mask, "mask")
    if valid.dtype != np.bool_ or valid.shape != y.shape[:-1]:
        got = f"{valid.dtype}, {valid.shape}"
        raise ValueError(f"mask must be Boolean with shape {y.shape[:-1]}; got {got}.")
    return (valid / max(int(valid.sum()), 1)).astype(y.dtype)[..., np.newaxis]


def _check(y: ArrayLike, target: ArrayLike, mask: Mask) -> tuple[np.ndarray, ...]:
    """Outputs and targets, zero where they do not count (0 · nan would be nan), and weights."""
    y = _floats(y, "y")
    target = as_array(target, "target").astype(y.dtype, copy=False)
    if target.shape != y.shape:
        # Broadcasting (B,) against (B, 1) would give (B, B) and a wrong loss without a word.
        raise ValueError(f"target must have the shape {y.shape} of the output; got {target.shape}.")
    weight = _weight(mask, y)
    if mask is not None:
        y, target = (np.where(weight > 0, a, np.zeros((), a.dtype)) for a in (y, target))
    return y, target, weight
