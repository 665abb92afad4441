r"""Long short-term memory (LSTM): one step, forward over time, BPTT.

Three gates, an input gate i, a forget gate f and an output gate o, and a candidate c̃:

.. math::

    (a^i, a^f, a^c, a^o)_t &= x_t W_x + h_{t-1} W_h + b \\
    i_t = \sigma(a^i_t), \quad f_t &= \sigma(a^f_t), \quad
    \tilde c_t = \tanh(a^c_t), \quad o_t = \sigma(a^o_t) \\
    c_t = f_t \odot c_{t-1} + i_t \odot \tilde c_t, &\qquad h_t = o_t \odot \tanh(c_t)

Arrays: x (B, T, D), h and c (B, T, H), W_x (D, 4H), W_h (H, 4H), b (4H,), the gates side by
side in Keras's order i, f, c̃, o.  The state is the pair (h, c), each (B, H).  What
:mod:`rnnkit.simple_rnn` says of dtypes, caches, masks and errors holds here as well.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from rnnkit import _recurrence as rec
from rnnkit import activations, initializers
from rnnkit._validation import as_float, as_state, check_cache, positive

__all__ = ["Cache", "Params", "State", "backward", "forward", "init", "step"]


class Params(NamedTuple):
    """Weights of an LSTM, or the gradients with respect to them."""

    W_x: np.ndarray
    W_h: np.ndarray
    b: np.ndarray


class State(NamedTuple):
    """What an LSTM carries from step to step, or the gradient with respect to it."""

    h: np.ndarray  # (B, H), the output
    c: np.ndarray  # (B, H), the memory cell


class Cache(NamedTuple):
    """What :func:`backward` needs from :func:`forward`, time first."""

    x: np.ndarray  # (T, B, D)
    h: np.ndarray  # (T + 1, B, H): h[0] is the initial state, h[t] is h_t
    c: np.ndarray  # (T + 1, B, H)
    tanh_c: np.ndarray  # (T, B, H)
    gates: np.ndarray  # (T, 4, B, H): i, f, c̃, o
    mask: np.ndarray | None  # (T, B)
    params: Params
    recurrent_factor: np.ndarray | None  # (4, B, H)


def init(
    input_size: int, units: int, *, rng: np.random.Generator, dtype: DTypeLike = np.float64,
    unit_forget_bias: bool = True,
) -> Params:  # fmt: skip
    """Draw initial weights as Keras does: Glorot uniform, orthogonal rows, zero bias.

    ``input_size`` is D, the number of features of one time step; ``units`` is H, the size of h
    and of c.  With ``unit_forget_bias`` the bias of the forget gate starts at 1, so that the gate
    starts open: R. Jozefowicz, W. Zaremba, I. Sutskever, *An empirical exploration of recurrent
    network architectures*, ICML 2015.

    >>> params = init(2, 3, rng=np.random.default_rng(0))
    >>> [p.shape for p in params]
    [(2, 12), (3, 12), (12,)]
    >>> params.b.reshape(4, 3)[:, 0]  # i, f, c̃, o
    array([0., 1., 0., 0.])
    """
    input_size, units = positive(input_size, "input_size"), positive(units, "units")
    W_x = initializers.glorot_uniform((input_size, 4 * units), rng=rng, dtype=dtype)
    W_h = initializers.orthogonal(units, 4 * units, rng=rng, dtype=dtype)
    b = np.zeros((4, units), dtype=dtype)
    b[1] = float(unit_forget_bias)
    return Params(W_x, W_h, b.ravel())


def step(x_t: ArrayLike, state: Any, params: Params) -> State:
    r"""One time step, x_t (B, D) and (h_{t−1}, c_{t−1}) to (h_t, c_t): the equations themselves.

    .. math:: c_t = f_t \odot c_{t-1} + i_t \odot \tilde c_t, \qquad h_t = o_t \odot \tanh(c_t)

    S. Hochreiter, J. Schmidhuber, *Long short-term memory*, Neural Computation 9 (1997)
    1735–1780; with the forget gate of F. A. Gers, J. Schmidhuber, F. Cummins, *Learning to
    forget*, Neural Computation 12 (2000) 2451–2471.

    >>> params = Params(np.zeros((1, 8)), np.zeros((2, 8)), np.zeros(8))  # all gates are ½
    >>> step([[1.0]], State(np.zeros((1, 2)), np.array([[1.0, -2.0]])), params).c
    array([[ 0.5, -1. ]])
    """
    W_x, W_h, b = rec.as_params(params, Params, 4)
    x_t = as_float(x_t, "x_t", W_x.dtype, "batch, features", None, W_x.shape[0])
    h, c = _as_pair(state, "state", x_t.shape[0], W_h.shape[0], W_x.dtype)
    i, f, g, o = np.split(x_t @ W_x + h @ W_h + b, 4, axis=1)
    for gate in (i, f, o):
        activations.get("sigmoid").apply(gate, gate)
    c = f * c + i * np.tanh(g)
    return State(o * np.tanh(c), c)


def forward(
    x: ArrayLike, params: Params, state: Any = None, *, mask: ArrayLike | None = None,
    recurrent_factor: ArrayLike | None = None,
) -> tuple[np.ndarray, State, Cache]:  # fmt: skip
    r"""Run the network over whole sequences, as :func:`rnnkit.simple_rnn.forward` does.

    The states are pairs (h, c).  ``recurrent_factor`` (4, B, H) has factors for each gate.

    >>> params = init(2, 3, rng=np.random.default_rng(0))
    >>> h, final_state, _ = forward(np.ones((1, 5, 2)), params)
    >>> h.shape, final_state.h.shape, final_state.c.shape
    ((1, 5, 3), (1, 3), (1, 3))
    """
    W_x, W_h, b = params = rec.as_params(params, Params, 4)
    D, H, dtype = W_x.shape[0], W_h.shape[0], W_x.dtype
    x, mask = rec.time_first(x, mask, dtype, D)  # (T, B, D), (T, B)
    T, B, _ = x.shape
    factor = rec.as_factor(recurrent_factor, 4, B, H, dtype)
    h, c = np.empty((2, T + 1, B, H), dtype=dtype)
    h[0], c[0] = (0.0, 0.0) if state is None else _as_pair(state, "state", B, H, dtype)

    # σ(a) = ½ + ½ tanh(a/2): with a/2 in the three gates, one tanh serves all four blocks.
    half = np.repeat(np.array([0.5, 0.5, 1.0, 0.5], dtype=dtype), H)
    # What all steps add or multiply is written out to (4, B, H): for small arrays that takes
    # a third of the time of broadcasting.
    scale, bias = (np.tile(v.reshape(4, 1, H), (1, B, 1)) for v in (half, b * half))
    shift = 1.0 - scale
    gates = np.matmul(x[:, np.newaxis], rec.by_gate(W_x * half, 4))  # (T, 4, B, H)
    gates += bias
    product, _ = rec.recurrent_product(W_h * half, factor)
    recurrent, new = np.empty((4, B, H), dtype=dtype), np.empty((B, H), dtype=dtype)
    tanh_c = np.empty((T, B, H), dtype=dtype)
    parts = gates, *gates.transpose(1, 0, 2, 3), h[:-1], h[1:], c[:-1], c[1:], tanh_c
    steps = enumerate(zip(*parts, strict=True))
    for t, (a, i, f, g, o, h_previous, h_t, c_previous, c_t, tanh_c_t) in steps:
        product(h_previous, recurrent)
        a += recurrent
        np.tanh(a, a)  # the last argument is where the result goes
        a *= scale
        a += shift
        np.multiply(f, c_previous, c_t)
        np.multiply(i, g, new)
        c_t += new
        np.tanh(c_t, tanh_c_t)
        np.multiply(o, tanh_c_t, h_t)
        if mask is not None:
            masked = ~mask[t][:, np.newaxis]
            np.copyto(c_t, c_previous, where=masked)
            np.copyto(h_t, h_previous, where=masked)
    cache = Cache(x, h, c, tanh_c, gates, mask, params, factor)
    return rec.as_outputs(h, mask), State(h[T].copy(), c[T].copy()), cache


def backward(
    dh: ArrayLike | None, cache: Cache, dfinal_state: Any = None
) -> tuple[np.ndarray, State, Params]:
    r"""Backpropagation through time, as :func:`rnnkit.simple_rnn.backward`.

    With ∂L/∂h_t all that reaches h_t, from outside and from step t + 1, and
    ∂L/∂c_t what reaches c_t through h_t and through c_{t+1}, from t = T down to 1,

    .. math::

        \frac{\partial L}{\partial c_t} &= \frac{\partial L}{\partial h_t} \odot o_t
            \odot (1 - \tanh^2 c_t)
            + \frac{\partial L}{\partial c_{t+1}} \odot f_{t+1} \\
        \delta^i_t = \frac{\partial L}{\partial c_t} \odot \tilde c_t \odot i_t (1 - i_t), &\quad
        \delta^f_t = \frac{\partial L}{\partial c_t} \odot c_{t-1} \odot f_t (1 - f_t) \\
        \delta^c_t = \frac{\partial L}{\partial c_t} \odot i_t (1 - \tilde c_t^2), &\quad
        \delta^o_t = \frac{\partial L}{\partial h_t} \odot \tanh(c_t) \odot o_t (1 - o_t)

    and, with δ_t the four side by side, the weights' gradients of the simple network.
    ``dfinal_state`` and the gradient of the initial state are pairs (h, c).

    K. Greff et al., *LSTM: a search space odyssey*, IEEE TNNLS 28 (2017) 2222–2232,
    section II, without the peepholes.

    >>> params = init(2, 3, rng=np.random.default_rng(0))
    >>> h, _, cache = forward(np.ones((1, 5, 2)), params)
    >>> dx, dstate, grads = backward(np.ones_like(h), cache)
    >>> grads.W_h.shape, dx.shape, dstate.c.shape
    ((3, 12), (1, 5, 2), (1, 3))
    """
    check_cache(cache, Cache)
    x, h, c, tanh_c, gates, mask, (W_x, W_h, _), factor = cache
    T, B, H = tanh_c.shape
    dh = rec.output_gradient(dh, dfinal_state, mask, h)  # (T, B, H)
    carried, dc = np.zeros((2, B, H), dtype=h.dtype)  # ∂L/∂h_t from the step after; ∂L/∂c_t
    if dfinal_state is not None:
        carried[...], dc[...] = _as_pair(dfinal_state, "dfinal_state", B, H, h.dtype)
    # Local derivatives of all steps in one go, gate by gate.  Step t multiplies the first
    # three by ∂L/∂c_t and the last one by ∂L/∂h_t.
    sigmoid, tanh = activations.get("sigmoid").derivative, activations.get("tanh").derivative
    i, f, g, o = gates.transpose(1, 0, 2, 3)  # each (T, B, H)
    through = o * tanh(tanh_c)  # ∂h_t/∂c_t
    local = np.empty_like(gates)
    np.multiply(sigmoid(i), g, out=local[:, 0])
    np.multiply(sigmoid(f), c[:-1], out=local[:, 1])
    np.multiply(tanh(g), i, out=local[:, 2])
    np.multiply(sigmoid(o), tanh_c, out=local[:, 3])
    if mask is not None:
        valid = mask[:, :, np.newaxis]  # (T, B, 1)
        local *= valid[:, np.newaxis]
        through *= valid
        f = np.where(valid, f, np.ones((), h.dtype))  # a masked step hands all of c on
    _, product_back = rec.recurrent_product(W_h, factor)
    # The products want δ_t as (B, 4H).  It takes the place of the local derivatives of its
    # step, which nobody needs any more.
    by_gate, to_cell = np.empty((4, B, H), dtype=h.dtype), np.empty((B, H), dtype=h.dtype)
    by_gate_ifc, by_gate_o, by_row = by_gate[:3], by_gate[3], by_gate.transpose(1, 0, 2)
    delta, columns = local.reshape(T, B, 4, H), local.reshape(T, B, 4 * H)
    parts = np.arange(T), dh, through, local[:, :3], local[:, 3], f, delta, columns
    steps = zip(*(array[::-1] for array in parts), strict=True)
    for t, dh_t, through_t, local_ifc_t, local_o_t, f_t, delta_t, columns_t in steps:
        dh_t += carried
        np.multiply(dh_t, through_t, to_cell)
        dc += to_cell
        np.multiply(local_ifc_t, dc, by_gate_ifc)
        np.multiply(local_o_t, dh_t, by_gate_o)
        np.copyto(delta_t, by_row)
        dc *= f_t  # ∂c_t/∂c_{t−1}
        product_back(columns_t, carried)
        if mask is not None:
            carried += dh_t * ~valid[t]  # and its gradient of h as it is

    dx, dW_x, db = rec.input_gradients(x, columns, W_x)
    dW_h = rec.recurrent_gradient(h[:-1], columns, factor)
    return dx, State(carried, dc), Params(dW_x, dW_h, db)


def _as_pair(state: Any, name: str, batch: int, units: int, dtype: Any) -> State:
    if not isinstance(state, tuple | list) or len(state) != 2:
        raise ValueError(
            f"{name} must be the pair (h, c); got {type(state).__name__}. "
            "An LSTM has two states, each of shape (batch, units)."
        )
    parts = zip(state, (f"{name}.h", f"{name}.c"), strict=True)
    return State(*(as_state(part, which, batch, units, dtype) for part, which in parts))
