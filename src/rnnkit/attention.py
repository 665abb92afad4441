r"""Attention: each query reads a weighted mean of values, the weights come from the keys.

For a query q_i, keys k_j and values u_j, all of one sequence,

.. math::

    e_{ij} = q_i \cdot k_j \quad\text{or}\quad e_{ij} = v \cdot \tanh(q_i + k_j), \qquad
    \alpha_{ij} = \frac{e^{e_{ij}}}{\sum_l e^{e_{il}}}, \qquad
    c_i = \sum_j \alpha_{ij} u_j.

The first score is the dot product (Luong, the Transformer), the second is additive
(Bahdanau).  Matrices in front of the queries and keys, such as Bahdanau's W and U, belong
to the caller: a :class:`rnnkit.layers.Dense` each.

Arrays: queries (B, Tq, H), keys (B, Tv, H), values (B, Tv, D), v (H,), weights α
(B, Tq, Tv), contexts c (B, Tq, D).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from rnnkit._validation import as_array, as_float, as_mask

__all__ = ["Cache", "additive", "backward", "dot"]

Mask = ArrayLike | None


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`dot` or :func:`additive`."""

    query: np.ndarray  # (B, Tq, H)
    keys: np.ndarray  # (B, Tv, H)
    values: np.ndarray  # (B, Tv, D)
    weights: np.ndarray  # (B, Tq, Tv)
    scale: float | np.ndarray  # s of the dot product, v of the additive score
    hidden: np.ndarray | None = None  # (B, Tq, Tv, H): tanh(q_i + k_j)


def dot(
    query: ArrayLike, keys: ArrayLike, values: ArrayLike, *, mask: Mask = None, scaled: bool = False
) -> tuple[np.ndarray, np.ndarray, Cache]:
    r"""Dot-product attention.

    .. math:: e_{ij} = s\, q_i \cdot k_j, \qquad
        c_i = \sum_j \operatorname{softmax}_j(e_{ij})\, u_j, \qquad
        s = 1 \text{ or } 1/\sqrt H

    A masked value has the weight 0.  Where all values of a query are masked, all weights
    are 0, and so is the context; Keras takes 1e9 off every score and so, up to rounding,
    reads such a row as if there were no mask.

    Parameters
    ----------
    query : array_like, shape (B, Tq, H)
        q; its dtype is the dtype of the computation.
    keys : array_like, shape (B, Tv, H)
        k.
    values : array_like, shape (B, Tv, D)
        u; often the keys themselves.
    mask : array_like of bool, shape (B, Tv) or (B, Tq, Tv), optional
        True where a value may be read, by all queries or by each of them.
    scaled : bool, optional
        Whether s is 1/√H, which keeps the scores of long vectors from saturating the
        softmax.

    Returns
    -------
    context : ndarray, shape (B, Tq, D)
        c.
    weights : ndarray, shape (B, Tq, Tv)
        α; each row adds up to 1, or is 0.
    cache : Cache
        For :func:`backward`.

    Raises
    ------
    ValueError
        If a shape or type does not fit.

    References
    ----------
    M.-T. Luong, H. Pham, C. D. Manning, *Effective approaches to attention-based neural
    machine translation*, EMNLP 2015, equations 7 and 8.  A. Vaswani et al., *Attention is
    all you need*, NeurIPS 2017, equation 1 (scaled).

    Examples
    --------
    >>> keys = [[[4.0, 0.0], [0.0, 4.0]]]
    >>> context, weights, _ = dot([[[1.0, 0.0]]], keys, [[[10.0], [20.0]]])
    >>> weights.round(3), context.round(2)
    (array([[[0.982, 0.018]]]), array([[[10.18]]]))
    """
    q, k, u = _check(query, keys, values, as_array(query, "query").dtype)
    scale = float(q.shape[2]) ** -0.5 if scaled else 1.0
    weights = _softmax(q @ k.mT * scale, mask)
    return weights @ u, weights, Cache(q, k, u, weights, scale)


def additive(
    query: ArrayLike, keys: ArrayLike, values: ArrayLike, v: ArrayLike, *, mask: Mask = None
) -> tuple[np.ndarray, np.ndarray, Cache]:
    r"""Additive (Bahdanau) attention.

    .. math:: e_{ij} = v \cdot \tanh(q_i + k_j), \qquad
        c_i = \sum_j \operatorname{softmax}_j(e_{ij})\, u_j

    Each query meets each key in an array of B·Tq·Tv·H numbers, which the cache keeps;
    :func:`backward` needs as much again.  The dot product makes do without the factor H.

    Parameters
    ----------
    query, keys, values, mask
        As for :func:`dot`; a fully masked row is 0 here, too.
    v : array_like, shape (H,)
        Weights of the score (in Keras ``AdditiveAttention.scale``); their dtype is the
        dtype of the computation.

    Returns
    -------
    context, weights, cache
        As from :func:`dot`.

    Raises
    ------
    ValueError
        If a shape or type does not fit.

    References
    ----------
    D. Bahdanau, K. Cho, Y. Bengio, *Neural machine translation by jointly learning to
    align and translate*, ICLR 2015, section A.1.2.

    Examples
    --------
    >>> context, weights, _ = additive([[[0.0]]], [[[9.0], [-9.0]]], [[[1.0], [2.0]]], [1.0])
    >>> weights.round(3), context.round(3)
    (array([[[0.881, 0.119]]]), array([[[1.119]]]))
    """
    v = as_array(v, "v")
    q, k, u = _check(query, keys, values, v.dtype)
    v = as_float(v, "v", q.dtype, "units", q.shape[2])
    hidden = np.tanh(q[:, :, np.newaxis] + k[:, np.newaxis])  # (B, Tq, Tv, H)
    weights = _softmax(hidden @ v, mask)
    return weights @ u, weights, Cache(q, k, u, weights, v, hidden)


def backward(
    dcontext: ArrayLike, cache: Cache
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
    r"""Gradients of either attention.

    .. math::

        du_j = \sum_i \alpha_{ij}\, dc_i, \qquad
        de_{ij} = \alpha_{ij} \Bigl(dc_i \cdot u_j - \sum_l \alpha_{il}\, dc_i \cdot u_l\Bigr)

    and from there, for the dot product and for the additive score,

    .. math::

        dq_i &= s \sum_j de_{ij}\, k_j, & dk_j &= s \sum_i de_{ij}\, q_i; \\
        dq_i &= \sum_j z_{ij}, & dk_j &= \sum_i z_{ij}, \qquad
        dv = \sum_{ij} de_{ij} \tanh(q_i + k_j), \\
        z_{ij} &= de_{ij}\, v \odot \bigl(1 - \tanh^2(q_i + k_j)\bigr).

    Where one array serves as keys and values, its gradient is the sum dk + du.

    Parameters
    ----------
    dcontext : array_like, shape (B, Tq, D)
        Gradient of the loss with respect to the contexts.
    cache : Cache
        From :func:`dot` or :func:`additive`.

    Returns
    -------
    dquery : ndarray, shape (B, Tq, H)
        Gradient with respect to the queries.
    dkeys : ndarray, shape (B, Tv, H)
        Gradient with respect to the keys.
    dvalues : ndarray, shape (B, Tv, D)
        Gradient with respect to the values.
    dv : ndarray, shape (H,), or None
        Gradient with respect to v; None for the dot product.

    Raises
    ------
    ValueError
        If the shape of ``dcontext`` does not fit.

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal((1, 3, 2))
    >>> context, _, cache = dot(x, x, x)  # self-attention
    >>> dquery, dkeys, dvalues, _ = backward(np.ones_like(context), cache)
    >>> (dquery + dkeys + dvalues).shape  # the gradient of x
    (1, 3, 2)
    """
    q, k, u, weights, scale, hidden = cache
    axes = "batch, queries, features"
    dc = as_float(dcontext, "dcontext", q.dtype, axes, *q.shape[:2], u.shape[2])
    dweights = dc @ u.mT  # (B, Tq, Tv)
    dscores = weights * (dweights - np.sum(weights * dweights, axis=-1, keepdims=True))
    dvalues = weights.mT @ dc
    if hidden is None:
        return scale * (dscores @ k), scale * (dscores.mT @ q), dvalues, None
    z = 1.0 - hidden * hidden  # (B, Tq, Tv, H)
    z *= scale
    z *= dscores[..., np.newaxis]
    return z.sum(axis=2), z.sum(axis=1), dvalues, np.tensordot(dscores, hidden, 3)


def _check(query: ArrayLike, keys: ArrayLike, values: ArrayLike, dtype: np.dtype) -> tuple:
    """Return queries, keys and values as floats, after checking that they fit together."""
    dtype = dtype if dtype.kind == "f" else np.dtype(np.float64)
    q = as_float(query, "query", dtype, "batch, queries, units", None, None, None)
    k = as_float(keys, "keys", dtype, "batch, values, units", len(q), None, q.shape[2])
    u = as_float(values, "values", dtype, "batch, values, features", len(q), k.shape[1], None)
    return q, k, u


def _softmax(scores: np.ndarray, mask: Mask) -> np.ndarray:
    """Softmax over the values that are not masked; a row without any gives zeros."""
    if mask is not None:
        mask = as_array(mask, "mask")
        if mask.shape != scores.shape or mask.dtype != np.bool_:
            mask = as_mask(mask, len(scores), scores.shape[2])[:, np.newaxis]
        scores = np.where(mask, scores, -np.inf)
    # A wholly masked row has the maximum −∞, and −∞ − (−∞) would be nan.
    top = np.maximum(scores.max(axis=-1, keepdims=True), np.finfo(scores.dtype).min)
    weights = np.exp(scores - top)
    # The largest score adds exp(0) = 1 to the sum: only a wholly masked row has less than 1.
    return weights / np.maximum(weights.sum(axis=-1, keepdims=True), 1.0)
