r"""Attention: each query reads a weighted mean of values, the weights come from the keys.

For a query q_i, keys k_j and values u_j, all of one sequence,

.. math::

    e_{ij} = q_i \cdot k_j \quad\text{or}\quad e_{ij} = v \cdot \tanh(q_i + k_j), \qquad
    \alpha_{ij} = \frac{e^{e_{ij}}}{\sum_l e^{e_{il}}}, \qquad
    c_i = \sum_j \alpha_{ij} u_j.

The first score is the dot product (Luong, the Transformer), the second is additive
(Bahdanau).  Matrices in front of the queries and keys, such as Bahdanau's W and U, belong
to the caller, a :class:`rnnkit.layers.Dense` each.  Arrays: queries (B, Tq, H), keys (B, Tv, H),
values (B, Tv, D), v (H,), weights α (B, Tq, Tv), contexts c (B, Tq, D).  What does not fit is a
``ValueError``.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from rnnkit._validation import as_array, as_float, as_mask, check_cache

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
    r"""Dot-product attention: c, α and a cache, with e_ij = s q_i · k_j, s = 1 or (scaled) 1/√H.

    ``mask``, (B, Tv) or (B, Tq, Tv), is True where a value may be read, by all queries or by each.
    A masked value has the weight 0, but 0 · nan is nan: padding must be finite.  Where all values
    of a query are masked, all weights are 0, and so is the context; Keras takes 1e9 off every
    score and so, up to rounding, reads such a row as if there were no mask.  The dtype is that of
    the query.

    M.-T. Luong, H. Pham, C. D. Manning, *Effective approaches to attention-based neural machine
    translation*, EMNLP 2015, equations 7 and 8.  A. Vaswani et al., *Attention is all you need*,
    NeurIPS 2017, equation 1 (scaled, which keeps long vectors from saturating the softmax).

    >>> keys = [[[4.0, 0.0], [0.0, 4.0]]]
    >>> dot([[[1.0, 0.0]]], keys, [[[10.0], [20.0]]])[1].round(3)  # the weights
    array([[[0.982, 0.018]]])
    """
    q, k, u = _check(query, keys, values, as_array(query, "query").dtype)
    scale = float(q.shape[2]) ** -0.5 if scaled else 1.0
    weights = _softmax(q @ k.mT * scale, mask)
    return weights @ u, weights, Cache(q, k, u, weights, scale)


def additive(
    query: ArrayLike, keys: ArrayLike, values: ArrayLike, v: ArrayLike, *, mask: Mask = None
) -> tuple[np.ndarray, np.ndarray, Cache]:
    r"""Additive attention, e_ij = v · tanh(q_i + k_j); arguments and results as for :func:`dot`.

    v is ``AdditiveAttention.scale`` in Keras; its dtype is that of the computation.  Each query
    meets each key in an array of B·Tq·Tv·H numbers, which the cache keeps; :func:`backward`
    needs as much again.

    D. Bahdanau, K. Cho, Y. Bengio, *Neural machine translation by jointly learning to align and
    translate*, ICLR 2015, section A.1.2.
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
    r"""Gradients of either attention: dq, dk, du and dv (None for the dot product).

    .. math::

        du_j &= \sum_i \alpha_{ij}\, dc_i, \qquad
        de_{ij} = \alpha_{ij} \Bigl(dc_i \cdot u_j - \sum_l \alpha_{il}\, dc_i \cdot u_l\Bigr) \\
        dq_i &= s \sum_j de_{ij}\, k_j, \quad dk_j = s \sum_i de_{ij}\, q_i
            \qquad\text{or (additive)} \\
        dq_i &= \sum_j z_{ij}, \quad dk_j = \sum_i z_{ij}, \quad
            z_{ij} = de_{ij}\, v \odot \bigl(1 - \tanh^2(q_i + k_j)\bigr), \\
        dv &= \sum_{ij} de_{ij} \tanh(q_i + k_j).

    Where one array serves as keys and values, its gradient is the sum dk + du.
    """
    check_cache(cache, Cache)
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
