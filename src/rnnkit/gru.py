r"""Gated recurrent unit (GRU): one step, forward over time, BPTT.

An update gate z, a reset gate r and a candidate h̃:

.. math::

    z_t &= \sigma(x_t W_x^z + h_{t-1} W_h^z + b^z) \\
    r_t &= \sigma(x_t W_x^r + h_{t-1} W_h^r + b^r) \\
    \tilde h_t &= \tanh(x_t W_x^h + b^h + r_t \odot (h_{t-1} W_h^h + b^{hh}))
        \quad\text{(reset after the product)} \\
    \text{or}\quad
    \tilde h_t &= \tanh(x_t W_x^h + b^h + (r_t \odot h_{t-1}) W_h^h)
        \quad\text{(reset before)} \\
    h_t &= z_t \odot h_{t-1} + (1 - z_t) \odot \tilde h_t

Arrays: x (B, T, D), h (B, T, H), W_x (D, 3H), W_h (H, 3H), the blocks side by side in
Keras's order z, r, h̃.  The bias tells the two kinds apart, as in Keras: (2, 3H), one row for
the inputs and one for the recurrent side, means reset after; (3H,) means reset before.  What
:mod:`rnnkit.simple_rnn` says of dtypes, caches, masks and errors holds here as well.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from rnnkit import _recurrence as rec
from rnnkit import activations, initializers
from rnnkit._validation import as_float, as_state, check_cache, positive

__all__ = ["Cache", "Params", "backward", "forward", "init", "step"]


class Params(NamedTuple):
    """Weights of a GRU, or the gradients with respect to them."""

    W_x: np.ndarray
    W_h: np.ndarray
    b: np.ndarray


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`forward`, time first."""

    x: np.ndarray  # (T, B, D)
    states: np.ndarray  # (T + 1, B, H): states[0] is the initial state, states[t] is h_t
    gates: np.ndarray  # (T, 3, B, H): z, r and u, the recurrent part of h̃, before r if reset after
    candidate: np.ndarray  # (T, B, H): h̃
    mask: np.ndarray | None  # (T, B)
    params: Params
    recurrent_factor: np.ndarray | None  # (3, B, H)


def init(
    input_size: int, units: int, *, rng: np.random.Generator, dtype: DTypeLike = np.float64,
    reset_after: bool = True,
) -> Params:  # fmt: skip
    """Draw initial weights as Keras does: Glorot uniform, orthogonal rows, zero bias.

    ``input_size`` is D, the number of features of one time step; ``units`` is H.  With
    ``reset_after`` (Keras's default) the reset gate acts after the recurrent product.

    >>> rng = np.random.default_rng(0)
    >>> [p.shape for p in init(2, 3, rng=rng)]
    [(2, 9), (3, 9), (2, 9)]
    >>> init(2, 3, rng=rng, reset_after=False).b.shape
    (9,)
    """
    input_size, units = positive(input_size, "input_size"), positive(units, "units")
    W_x = initializers.glorot_uniform((input_size, 3 * units), rng=rng, dtype=dtype)
    W_h = initializers.orthogonal(units, 3 * units, rng=rng, dtype=dtype)
    b = np.zeros((2, 3 * units) if reset_after else 3 * units, dtype=dtype)
    return Params(W_x, W_h, b)


def step(x_t: ArrayLike, state: ArrayLike, params: Params) -> np.ndarray:
    r"""One time step, x_t (B, D) and state h_{t−1} (B, H) to h_t (B, H): the equations themselves.

    .. math:: h_t = z_t \odot h_{t-1} + (1 - z_t) \odot \tilde h_t

    K. Cho et al., *Learning phrase representations using RNN encoder–decoder for statistical
    machine translation*, EMNLP 2014, equations 5 to 8: the reset before the product.

    >>> params = Params(np.zeros((1, 6)), np.zeros((2, 6)), np.zeros(6))  # z = ½, h̃ = 0
    >>> step([[1.0]], [[1.0, -2.0]], params)
    array([[ 0.5, -1. ]])
    """
    W_x, W_h, b = rec.as_params(params, Params, 3, two_biases=True)
    H = W_h.shape[0]
    x_t = as_float(x_t, "x_t", W_x.dtype, "batch, features", None, W_x.shape[0])
    h = as_state(state, "state", x_t.shape[0], H, W_x.dtype)
    b_x, b_h = b if b.ndim == 2 else (b, np.zeros_like(b))
    a = x_t @ W_x + b_x
    zr = a[:, : 2 * H] + h @ W_h[:, : 2 * H] + b_h[: 2 * H]
    activations.get("sigmoid").apply(zr, zr)
    z, r = np.split(zr, 2, axis=1)
    if b.ndim == 2:
        candidate = np.tanh(a[:, 2 * H :] + r * (h @ W_h[:, 2 * H :] + b_h[2 * H :]))
    else:
        candidate = np.tanh(a[:, 2 * H :] + (r * h) @ W_h[:, 2 * H :])
    return z * h + (1.0 - z) * candidate


def forward(
    x: ArrayLike, params: Params, state: ArrayLike | None = None, *,
    mask: ArrayLike | None = None, recurrent_factor: ArrayLike | None = None,
) -> tuple[np.ndarray, np.ndarray, Cache]:  # fmt: skip
    r"""Run the network over whole sequences, as :func:`rnnkit.simple_rnn.forward` does.

    ``recurrent_factor`` (3, B, H) has factors for each gate.

    >>> params = init(2, 3, rng=np.random.default_rng(0))
    >>> h, final_state, _ = forward(np.ones((1, 5, 2)), params)
    >>> h.shape, final_state.shape
    ((1, 5, 3), (1, 3))
    """
    W_x, W_h, b = params = rec.as_params(params, Params, 3, two_biases=True)
    reset_after, dtype = b.ndim == 2, W_x.dtype
    D, H = W_x.shape[0], W_h.shape[0]
    x, mask = rec.time_first(x, mask, dtype, D)  # (T, B, D), (T, B)
    T, B, _ = x.shape
    factor = rec.as_factor(recurrent_factor, 3, B, H, dtype)
    states = np.empty((T + 1, B, H), dtype=dtype)
    states[0] = 0.0 if state is None else as_state(state, "state", B, H, dtype)

    b_x, b_h = b if reset_after else (b, np.zeros_like(b))
    # σ(a) = ½ + ½ tanh(a/2): the halves of z and r go into the weights.
    half = np.repeat(np.array([0.5, 0.5, 1.0], dtype=dtype), H)
    W_zr, W_candidate = np.split(rec.by_gate(W_x * half, 3), [2])
    candidates = np.matmul(x, W_candidate[0]) + b_x[2 * H :]
    gates = np.empty((T, 3, B, H), dtype=dtype)
    gates[:, 2] = b_h[2 * H :]
    zr_gates = np.matmul(x[:, np.newaxis], W_zr, out=gates[:, :2])
    one_half = np.full((2, B, H), 0.5, dtype=dtype)  # in full: quicker than to broadcast
    zr_gates += one_half * (b_x + b_h)[: 2 * H].reshape(2, 1, H)
    product, product_h = _products(W_h * half, factor, reset_after, 0)
    with_product = gates if reset_after else zr_gates
    recurrent, work = np.empty_like(with_product[0]), np.empty((B, H), dtype=dtype)
    parts = with_product, zr_gates, *gates.transpose(1, 0, 2, 3), candidates
    steps = enumerate(zip(*parts, states[:-1], states[1:], strict=True))
    for t, (a, zr, z, r, u, candidate, h_previous, h_t) in steps:
        product(h_previous, recurrent)
        a += recurrent
        np.tanh(zr, zr)  # the last argument is where the result goes
        zr *= one_half
        zr += one_half
        if reset_after:
            np.multiply(r, u, work)
            candidate += work
        else:
            np.multiply(r, h_previous, work)
            product_h(work, u)
            candidate += u
        np.tanh(candidate, candidate)
        np.subtract(h_previous, candidate, h_t)  # h_t = h̃ + z (h_{t−1} − h̃)
        h_t *= z
        h_t += candidate
        if mask is not None:
            np.copyto(h_t, h_previous, where=~mask[t][:, np.newaxis])
    cache = Cache(x, states, gates, candidates, mask, params, factor)
    return rec.as_outputs(states, mask), states[T].copy(), cache


def backward(
    dh: ArrayLike | None, cache: Cache, dfinal_state: ArrayLike | None = None
) -> tuple[np.ndarray, np.ndarray, Params]:
    r"""Backpropagation through time.

    With ∂L/∂h_t all that reaches h_t, and u_t = h_{t−1} W_h^h + b^{hh}, from t = T down to 1,

    .. math::

        \delta^h_t &= \frac{\partial L}{\partial h_t} \odot (1 - z_t) (1 - \tilde h_t^2), \qquad
        \delta^z_t = \frac{\partial L}{\partial h_t}
            \odot (h_{t-1} - \tilde h_t) \odot z_t (1 - z_t) \\
        \delta^r_t &= \delta^h_t \odot u_t \odot r_t (1 - r_t)
            \quad\text{or, with the reset before,}\quad
        \delta^r_t = (\delta^h_t W_h^{h\top}) \odot h_{t-1} \odot r_t (1 - r_t)

    On the recurrent side the candidate's δ^h is multiplied by r (reset after), and
    h_{t−1} also receives ∂L/∂h_t ⊙ z_t directly: the path that no matrix touches.

    Arguments and results are those of :func:`rnnkit.simple_rnn.backward`.

    >>> params = init(2, 3, rng=np.random.default_rng(0))
    >>> h, _, cache = forward(np.ones((1, 5, 2)), params)
    >>> dx, dstate, grads = backward(np.ones_like(h), cache)
    >>> grads.b.shape, dx.shape, dstate.shape
    ((2, 9), (1, 5, 2), (1, 3))
    """
    check_cache(cache, Cache)
    x, states, gates, candidate, mask, (W_x, W_h, b), factor = cache
    (T, B, H), dtype, reset_after = candidate.shape, states.dtype, b.ndim == 2
    dh = rec.output_gradient(dh, dfinal_state, mask, states)  # (T, B, H)
    carried = np.zeros((B, H), dtype=dtype)
    if dfinal_state is not None:
        carried += as_state(dfinal_state, "dfinal_state", B, H, dtype)
    # Local derivatives of all steps in one go.  delta becomes δ of z, r and, on the
    # recurrent side, h̃; slope stays ∂h_t/∂a_t of the candidate.
    sigmoid, tanh = activations.get("sigmoid").derivative, activations.get("tanh").derivative
    z, r, u = gates.transpose(1, 0, 2, 3)  # each (T, B, H)
    slope = (1.0 - z) * tanh(candidate)
    delta = np.empty((T, B, 3, H), dtype=dtype)
    np.multiply(states[:-1] - candidate, sigmoid(z), out=delta[:, :, 0])
    np.multiply(u * slope if reset_after else states[:-1], sigmoid(r), out=delta[:, :, 1])
    np.multiply(slope, r if reset_after else 1.0, out=delta[:, :, 2])
    if mask is not None:
        valid = mask[:, :, np.newaxis]  # (T, B, 1)
        delta *= valid[..., np.newaxis]
        slope *= valid
        z = np.where(valid, z, np.ones((), dtype))  # a masked step hands all of it on
    product_back, product_h_back = _products(W_h, factor, reset_after, 1)
    work, columns = np.empty((B, H), dtype=dtype), delta.reshape(T, B, 3 * H)
    parts = dh, dh[:, :, np.newaxis], r, z, delta, columns
    steps = zip(*(array[::-1] for array in parts), strict=True)
    for dh_t, dh_column, r_t, z_t, delta_t, columns_t in steps:
        dh_t += carried
        if reset_after:
            delta_t *= dh_column
            product_back(columns_t, carried)
        else:
            delta_t[:, ::2] *= dh_column
            product_h_back(delta_t[:, 2], work)  # ∂L/∂(r h_{t−1})
            delta_t[:, 1] *= work
            product_back(delta_t[:, :2].reshape(B, 2 * H), carried)
            work *= r_t
            carried += work
        np.multiply(dh_t, z_t, work)  # the direct path
        carried += work

    if reset_after:
        dW_h = rec.recurrent_gradient(states[:-1], columns, factor)
        db_h = rec.sum_of_rows(delta.reshape(T * B, 3 * H))
        np.multiply(dh, slope, out=delta[:, :, 2])  # on the input side there is no r
    else:
        m_zr, m_candidate = (None, None) if factor is None else np.split(factor, [2])
        dW_zr = rec.recurrent_gradient(states[:-1], columns[:, :, : 2 * H], m_zr)
        dW_candidate = rec.recurrent_gradient(states[:-1] * r, columns[:, :, 2 * H :], m_candidate)
        dW_h = np.concatenate([dW_zr, dW_candidate], axis=1)
    dx, dW_x, db = rec.input_gradients(x, columns, W_x)
    return dx, carried, Params(dW_x, dW_h, np.stack([db, db_h]) if reset_after else db)


def _products(W_h: np.ndarray, factor: np.ndarray | None, reset_after: bool, way: int) -> Any:
    """Return the products (way 0) or the way back (1): of all gates, or of z, r and of h̃."""
    if reset_after:
        return rec.recurrent_product(W_h, factor)[way], None
    W_zr, W_candidate = np.split(W_h, [2 * W_h.shape[0]], axis=1)
    m_zr, m_candidate = (None, None) if factor is None else np.split(factor, [2])
    products = (W_zr, m_zr), (W_candidate, m_candidate)
    return [rec.recurrent_product(W, m)[way] for W, m in products]
