r"""The simple (Elman) recurrent network: one step, forward over time, BPTT.

For a batch of sequences, with row vectors and weights on the right,

.. math::

    a_t = x_t W_x + h_{t-1} W_h + b, \qquad h_t = \varphi(a_t), \qquad t = 1 \dots T.

Arrays: x (B, T, D), h (B, T, H), W_x (D, H), W_h (H, H), b (H,).  These are Keras's
``kernel``, ``recurrent_kernel`` and ``bias``.  Nothing is remembered between calls:
what backpropagation needs travels from :func:`forward` to :func:`backward` in a cache.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from rnnkit import _recurrence as rec
from rnnkit import activations, initializers
from rnnkit._validation import as_float, as_state, check_rng, positive

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

    Parameters
    ----------
    input_size : int
        D, the number of features of one time step.
    units : int
        H, the size of the hidden state (not the number of time steps).
    rng : numpy.random.Generator
        Source of randomness.
    dtype : dtype, optional
        ``float64`` for checks, ``float32`` for speed.

    Returns
    -------
    Params
        W_x (D, H), W_h (H, H), b (H,).

    Raises
    ------
    ValueError
        If a size is not a positive whole number or ``rng`` is not a Generator.

    Examples
    --------
    >>> params = init(2, 3, rng=np.random.default_rng(0))
    >>> [p.shape for p in params]
    [(2, 3), (3, 3), (3,)]
    """
    input_size, units = positive(input_size, "input_size"), positive(units, "units")
    check_rng(rng)
    return Params(
        W_x=initializers.glorot_uniform((input_size, units), rng=rng, dtype=dtype),
        W_h=initializers.orthogonal(units, rng=rng, dtype=dtype),
        b=np.zeros(units, dtype=dtype),
    )


def step(
    x_t: ArrayLike, state: ArrayLike, params: Params, *, activation: str = "tanh"
) -> np.ndarray:
    r"""One time step, the equation itself.

    .. math:: h_t = \varphi(x_t W_x + h_{t-1} W_h + b)

    Parameters
    ----------
    x_t : array_like, shape (B, D)
        Input of this step.
    state : array_like, shape (B, H)
        h_{t−1}.
    params : Params
        Weights.
    activation : str, optional
        Name of φ, see :func:`rnnkit.activations.get`.

    Returns
    -------
    ndarray, shape (B, H)
        h_t.

    Raises
    ------
    ValueError
        If a shape or type does not fit.

    References
    ----------
    J. L. Elman, *Finding structure in time*, Cognitive Science 14 (1990) 179–211.

    Examples
    --------
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
    r"""Run the network over whole sequences.

    .. math:: a_t = x_t W_x + h_{t-1} W_h + b, \qquad h_t = \varphi(a_t)

    At a masked step the state is carried over unchanged and the last output is
    repeated, as in Keras.  Outputs before the first valid step are zero, even if an
    initial state is given, so ``h[:, -1]`` and ``final_state`` may differ.

    Parameters
    ----------
    x : array_like, shape (B, T, D)
        Input sequences.
    params : Params
        Weights; their dtype is the dtype of the computation.
    state : array_like, shape (B, H), optional
        Initial state h_0; zeros by default.
    mask : array_like of bool, shape (B, T), optional
        True where a step is valid.
    activation : str, optional
        Name of φ, see :func:`rnnkit.activations.get`.
    recurrent_factor : array_like, shape (1, B, H), optional
        Recurrent dropout: h_{t−1} is multiplied by it in front of W_h, at every step by the
        same factors, 0 or 1/(1 − p).

    Returns
    -------
    h : ndarray, shape (B, T, H)
        Outputs of all steps: a read-only view of what the cache holds.
    final_state : ndarray, shape (B, H)
        State after the last step.  Pass it on as ``state`` to continue the sequence.
    cache : Cache
        For :func:`backward`.

    Raises
    ------
    ValueError
        If a shape or type does not fit.

    Examples
    --------
    >>> params = init(2, 3, rng=np.random.default_rng(0))
    >>> x = np.ones((1, 5, 2))
    >>> h, final_state, _ = forward(x, params)
    >>> h.shape, final_state.shape
    ((1, 5, 3), (1, 3))
    >>> h_first, carried, _ = forward(x[:, :2], params)
    >>> h_rest, _, _ = forward(x[:, 2:], params, carried)
    >>> bool(np.allclose(h, np.concatenate([h_first, h_rest], axis=1)))
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
    r"""Backpropagation through time (BPTT).

    With δ_t = ∂L/∂a_t and δ_{T+1} = 0, from t = T down to 1,

    .. math::

        \delta_t = \Bigl(\frac{\partial L}{\partial h_t}
            + \delta_{t+1} W_h^\top\Bigr) \odot \varphi'(a_t)

    where ∂L/∂h_t is the gradient that reaches h_t from outside the recurrence, and

    .. math::

        dW_x = \sum_t x_t^\top \delta_t, \quad
        dW_h = \sum_t h_{t-1}^\top \delta_t, \quad
        db = \sum_t \delta_t, \quad
        dx_t = \delta_t W_x^\top, \quad
        dh_0 = \delta_1 W_h^\top

    (db also sums over the batch).

    Parameters
    ----------
    dh : array_like, shape (B, T, H), or None
        Gradient of the loss with respect to each output h_t; None for zeros.
    cache : Cache
        From :func:`forward`.
    dfinal_state : array_like, shape (B, H), optional
        Gradient with respect to the final state, if something used it.

    Returns
    -------
    dx : ndarray, shape (B, T, D)
        Gradient with respect to the inputs.
    dstate : ndarray, shape (B, H)
        Gradient with respect to the initial state.
    grads : Params
        Gradients with respect to the weights.

    Raises
    ------
    ValueError
        If a shape or type does not fit, or both gradients are None.

    References
    ----------
    P. J. Werbos, *Backpropagation through time: what it does and how to do it*,
    Proceedings of the IEEE 78 (1990) 1550–1560.

    Examples
    --------
    >>> params = init(2, 3, rng=np.random.default_rng(0))
    >>> h, _, cache = forward(np.ones((1, 5, 2)), params)
    >>> dx, dstate, grads = backward(np.ones_like(h), cache)
    >>> grads.W_h.shape, dx.shape, dstate.shape
    ((3, 3), (1, 5, 2), (1, 3))
    """
    x, states, mask, (W_x, W_h, _), activation, factor = cache
    T, B, D = x.shape
    H = W_h.shape[0]
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
        delta_t = delta[t]
        carried += dh[t]
        if mask is not None:
            passed_on = carried * ~mask[t][:, np.newaxis]  # a masked step hands on what it gets
        delta_t *= carried
        product_back(delta_t, carried)
        if mask is not None:
            carried += passed_on

    delta_rows = delta.reshape(T * B, H)
    grads = Params(
        W_x=x.reshape(T * B, D).T @ delta_rows,
        W_h=rec.recurrent_gradient(states[:-1], delta, factor),
        b=rec.sum_of_rows(delta_rows),
    )
    dx = (delta_rows @ W_x.T).reshape(T, B, D).transpose(1, 0, 2)  # (B, T, D)
    return dx, carried, grads
