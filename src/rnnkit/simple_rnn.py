r"""The simple (Elman) recurrent network: one step, forward over time, BPTT.

For a batch of sequences, with row vectors and weights on the right,

.. math::

    a_t = x_t W_x + h_{t-1} W_h + b, \qquad h_t = \varphi(a_t), \qquad t = 1 \dots T.

Arrays: x (B, T, D), h (B, T, H), W_x (D, H), W_h (H, H), b (H,).  These are Keras's
``kernel``, ``recurrent_kernel`` and ``bias``.  In all functions here, in :mod:`rnnkit.lstm`
and in :mod:`rnnkit.gru`:

* The dtype of ``params`` is the dtype of the computation and of all results.
* Nothing is remembered between calls: what backpropagation needs travels from ``forward`` to
  ``backward`` in a ``cache``.  It refers to x and to the weights: leave both as they are till then.
* Whatever does not fit (a shape, a type, the cache of another cell) is a ``ValueError``.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from rnnkit import _recurrence as rec
from rnnkit import activations, initializers
from rnnkit._validation import as_float, as_state, check_cache, positive

__all__ = ["Cache", "Params", "backward", "forward", "init", "step"]


class Params(NamedTuple):
    """Weights of a simple RNN, or the gradients with respect to them."""

    W_x: np.ndarray
    W_h: np.ndarray
    b: np.ndarray


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`forward`, time first."""

    x: np.ndarray  # (T, B, D)
    states: np.ndarray  # (T + 1, B, H): states[0] is the initial state, states[t] is h_t
    mask: np.ndarray | None  # (T, B)
    params: Params
    activation: str
    recurrent_factor: np.ndarray | None  # (1, B, H)


def init(
    input_size: int, units: int, *, rng: np.random.Generator, dtype: DTypeLike = np.float64
) -> Params:
    """Draw initial weights as Keras does: Glorot uniform, orthogonal, zero bias.

    ``input_size`` is D, the number of features of one time step; ``units`` is H, the size of
    the hidden state (not the number of time steps).

    >>> params = init(2, 3, rng=np.random.default_rng(0), dtype=np.float32)
    >>> [p.shape for p in params]
    [(2, 3), (3, 3), (3,)]
    """
    input_size, units = positive(input_size, "input_size"), positive(units, "units")
    W_x = initializers.glorot_uniform((input_size, units), rng=rng, dtype=dtype)
    W_h = initializers.orthogonal(units, rng=rng, dtype=dtype)
    return Params(W_x, W_h, np.zeros(units, dtype=dtype))


def step(
    x_t: ArrayLike, state: ArrayLike, params: Params, *, activation: str = "tanh"
) -> np.ndarray:
    r"""One time step, x_t (B, D) and state h_{t−1} (B, H) to h_t (B, H): the equation itself.

    .. math:: h_t = \varphi(x_t W_x + h_{t-1} W_h + b)

    J. L. Elman, *Finding structure in time*, Cognitive Science 14 (1990) 179–211.  The names of
    φ are those of :func:`rnnkit.activations.get`.

    >>> params = Params(np.array([[0.5, -1.0]]), np.zeros((2, 2)), np.zeros(2))
    >>> step([[1.0]], [[0.0, 0.0]], params).round(4)
    array([[ 0.4621, -0.7616]])
    """
    W_x, W_h, b = rec.as_params(params, Params)
    x_t = as_float(x_t, "x_t", W_x.dtype, "batch, features", None, W_x.shape[0])
    state = as_state(state, "state", x_t.shape[0], W_h.shape[0], W_x.dtype)
    a = x_t @ W_x + state @ W_h + b
    activations.get(activation).apply(a, a)
    return a


def forward(
    x: ArrayLike, params: Params, state: ArrayLike | None = None, *,
    mask: ArrayLike | None = None, activation: str = "tanh",
    recurrent_factor: ArrayLike | None = None,
) -> tuple[np.ndarray, np.ndarray, Cache]:  # fmt: skip
    r"""Run the network over whole sequences: all h (B, T, H), the final state (B, H), the cache.

    h is a read-only view of what the cache holds.  ``state`` (B, H) is h_0, zeros by default;
    pass ``final_state`` on as ``state`` to continue the sequence.

    ``mask`` (B, T) is True where a step is valid.  At a masked step the state is carried over
    unchanged and the last output is repeated, as in Keras; what x holds there has no influence.
    Outputs before the first valid step are zero, even if an initial state is given, so
    ``h[:, -1]`` and ``final_state`` may differ.
    ``recurrent_factor`` (1, B, H) is recurrent dropout: h_{t−1} is multiplied by it in front of
    W_h, at every step by the same factors, 0 or 1/(1 − p).

    >>> params = init(2, 3, rng=np.random.default_rng(0))
    >>> x = np.ones((1, 5, 2))
    >>> h, final_state, _ = forward(x, params)
    >>> _, carried, _ = forward(x[:, :2], params)
    >>> bool(np.allclose(h[:, 2:], forward(x[:, 2:], params, carried)[0]))
    True
    """
    W_x, W_h, b = params = rec.as_params(params, Params)
    phi = activations.get(activation)
    D, H = W_x.shape
    x, mask = rec.time_first(x, mask, W_x.dtype, D)  # (T, B, D), (T, B)
    T, B, _ = x.shape
    factor = rec.as_factor(recurrent_factor, 1, B, H, W_x.dtype)
    states = np.empty((T + 1, B, H), dtype=W_x.dtype)
    states[0] = 0.0 if state is None else as_state(state, "state", B, H, W_x.dtype)

    # One product serves all steps; each state is then finished in place.
    np.dot(x.reshape(T * B, D), W_x, out=states[1:].reshape(T * B, H))
    states[1:] += b
    product, _ = rec.recurrent_product(W_h, factor)
    recurrent = np.empty((B, H), dtype=W_x.dtype)
    h_previous = states[0]
    for t, h_t in enumerate(states[1:]):
        product(h_previous, recurrent)
        h_t += recurrent
        phi.apply(h_t, h_t)
        if mask is not None:
            np.copyto(h_t, h_previous, where=~mask[t][:, np.newaxis])
        h_previous = h_t
    cache = Cache(x, states, mask, params, activation, factor)
    return rec.as_outputs(states, mask), states[T].copy(), cache


def backward(
    dh: ArrayLike | None, cache: Cache, dfinal_state: ArrayLike | None = None
) -> tuple[np.ndarray, np.ndarray, Params]:
    r"""Backpropagation through time: dx (B, T, D), the gradient of h_0 (B, H), and of the weights.

    With δ_t = ∂L/∂a_t and δ_{T+1} = 0, from t = T down to 1,

    .. math::

        \delta_t &= \Bigl(\frac{\partial L}{\partial h_t}
            + \delta_{t+1} W_h^\top\Bigr) \odot \varphi'(a_t) \\
        dW_x &= \sum_t x_t^\top \delta_t, \quad
        dW_h = \sum_t h_{t-1}^\top \delta_t, \quad
        db = \sum_t \delta_t, \quad
        dx_t = \delta_t W_x^\top, \quad
        dh_0 = \delta_1 W_h^\top

    (db also sums over the batch).  ``dh`` (B, T, H) is ∂L/∂h_t, the gradient that reaches each
    h_t from outside the recurrence, and ``dfinal_state`` (B, H) that of the final state, if
    something used it; either may be None, for zeros, but not both.

    Paul J. Werbos, *Backpropagation through time: what it does and how to do it*, Proc. IEEE 1990.

    >>> params = init(2, 3, rng=np.random.default_rng(0))
    >>> h, _, cache = forward(np.ones((1, 5, 2)), params)
    >>> dx, dstate, grads = backward(np.ones_like(h), cache)
    >>> grads.W_h.shape, dx.shape, dstate.shape
    ((3, 3), (1, 5, 2), (1, 3))
    """
    check_cache(cache, Cache)
    x, states, mask, (W_x, W_h, _), activation, factor = cache
    T, B, H = len(x), *states.shape[1:]
    dh = rec.output_gradient(dh, dfinal_state, mask, states)  # (T, B, H)
    carried = np.zeros((B, H), dtype=states.dtype)  # ∂L/∂h_t from the steps after t
    if dfinal_state is not None:
        carried += as_state(dfinal_state, "dfinal_state", B, H, states.dtype)
    # φ′(a_t) of all steps in one go leaves three NumPy calls for each step.  The array
    # becomes δ: step t multiplies its row by ∂L/∂h_t, all that reaches h_t.
    delta = activations.get(activation).derivative(states[1:])  # (T, B, H)
    if mask is not None:
        delta *= mask[:, :, np.newaxis]
    _, product_back = rec.recurrent_product(W_h, factor)
    for t in reversed(range(T)):
        dh_t, delta_t = dh[t], delta[t]
        dh_t += carried
        delta_t *= dh_t
        product_back(delta_t, carried)
        if mask is not None:
            carried += dh_t * ~mask[t][:, np.newaxis]  # a masked step hands on what it gets
    dx, dW_x, db = rec.input_gradients(x, delta, W_x)
    dW_h = rec.recurrent_gradient(states[:-1], delta, factor)
    return dx, carried, Params(dW_x, dW_h, db)
