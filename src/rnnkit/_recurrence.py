"""What the recurrent modules share: checks, the order of time, masks, recurrent dropout.

The equations are in ``simple_rnn``, ``lstm`` and ``gru``.  Here the arrays of a call are
checked and put in the order the loops want: time first, because the rows of one step then
lie together in memory.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from rnnkit._validation import as_array, as_float, as_mask

P = TypeVar("P", bound=Any)
MaybeArray = np.ndarray | None
Product = Callable[[np.ndarray, np.ndarray], object]


def as_params(params: Any, kind: type[P], gates: int = 1, *, two_biases: bool = False) -> P:
    """Return params as arrays of one float dtype and of shapes that fit together."""
    if not isinstance(params, tuple) or len(params) != 3:
        raise ValueError(f"params must be Params(W_x, W_h, b); got {type(params).__name__}.")
    W_x, W_h, b = map(as_array, params, ("W_x", "W_h", "b"))
    columns = gates * (W_h.shape[0] if W_h.ndim else 0)
    biases = [(columns,), (2, columns)] if two_biases else [(columns,)]
    fit = W_x.shape[1:] == W_h.shape[1:] == (columns,) and b.shape in biases
    if not fit or W_x.size == 0:
        n = f"{gates} × units" if gates > 1 else "units"
        rows = f" or (2, {n})" if two_biases else ""
        raise ValueError(
            f"params must have the shapes W_x (features, {n}), W_h (units, {n}), b ({n},){rows}; "
            f"got {W_x.shape}, {W_h.shape}, {b.shape}."
        )
    if W_x.dtype.kind != "f" or not W_x.dtype == W_h.dtype == b.dtype:
        raise ValueError(
            f"params must share one floating-point dtype; got {W_x.dtype}, {W_h.dtype}, {b.dtype}."
        )
    return kind(W_x, W_h, b)


def as_factor(factor: Any, gates: int, batch: int, units: int, dtype: Any) -> MaybeArray:
    """Return the dropout factors of h_{t−1}, shape (gates, batch, units), or None."""
    if factor is None:
        return None
    return as_float(factor, "recurrent_factor", dtype, "gates, batch, units", gates, batch, units)


def time_first(x: Any, mask: Any, dtype: Any, features: int) -> tuple[np.ndarray, MaybeArray]:
    """Return x as (T, B, D), zero where it is masked, and the mask, if any, as (T, B)."""
    x = as_float(x, "x", dtype, "batch, time, features", None, None, features)
    if mask is not None:
        mask = as_mask(mask, *x.shape[:2])
        x = np.where(mask[:, :, np.newaxis], x, np.zeros((), dtype))  # 0 · nan would be nan
        mask = np.ascontiguousarray(mask.T)
    return np.array(x.transpose(1, 0, 2), order="C"), mask  # a copy, for one sequence as well


def as_outputs(states: np.ndarray, mask: MaybeArray) -> np.ndarray:
    """Return h_1 … h_T as (B, T, H): zeros before the first valid step, as in Keras."""
    h = states[1:].transpose(1, 0, 2)
    if mask is not None and not mask[0].all():
        seen = np.logical_or.accumulate(mask, axis=0).T  # (B, T)
        h = np.where(seen[:, :, np.newaxis], h, np.zeros((), h.dtype))
    h.flags.writeable = False
    return h


def output_gradient(dh: Any, dfinal_state: Any, mask: MaybeArray, states: np.ndarray) -> np.ndarray:
    """Return ∂L/∂h_t as a new array (T, B, H): zeros where no output depends on h_t."""
    T, B, H = states.shape[0] - 1, *states.shape[1:]
    if dh is None and dfinal_state is None:
        raise ValueError("dh and dfinal_state are both None: there is no gradient to propagate.")
    if dh is None:
        return np.zeros((T, B, H), dtype=states.dtype)
    dh = as_float(dh, "dh", states.dtype, "batch, time, units", B, T, H)
    dh = np.array(dh.transpose(1, 0, 2), order="C")
    if mask is not None and not mask[0].all():
        dh *= np.logical_or.accumulate(mask, axis=0)[:, :, np.newaxis]
    return dh


def by_gate(W: np.ndarray, gates: int) -> np.ndarray:
    """Return W (rows, gates · H) as (gates, rows, H): what a gate gets lies together.

    For small arrays an operation on blocks side by side takes three times as long as one on
    numbers that follow one another.
    """
    return np.ascontiguousarray(W.reshape(len(W), gates, -1).transpose(1, 0, 2))


def recurrent_product(W_h: np.ndarray, factor: MaybeArray) -> tuple[Product, Product]:
    """Return two functions that write into ``out``: h W_h, and δ W_hᵀ on the way back.

    The first one writes (G, B, H), or (B, H) if there is one gate; δ is (B, G · H), out (B, H).
    With recurrent dropout each gate g sees h ⊙ m_g.
    """
    H = len(W_h)
    G = W_h.shape[1] // H
    W, W_h_T = by_gate(W_h, G), np.ascontiguousarray(W_h.T)
    if factor is None:  # np.dot: for small arrays quicker than np.matmul
        multiply, weights = (np.dot, W[0]) if G == 1 else (np.matmul, W)
        return (lambda h, out: multiply(h, weights, out)), (
            lambda delta, out: np.dot(delta, W_h_T, out)
        )

    def forward(h: np.ndarray, out: np.ndarray) -> None:
        np.matmul(h * factor, W, out=out.reshape(factor.shape))

    def backward(delta: np.ndarray, out: np.ndarray) -> None:
        gates = delta.reshape(-1, G, H).transpose(1, 0, 2)
        np.sum(np.matmul(gates, W.transpose(0, 2, 1)) * factor, axis=0, out=out)

    return forward, backward


def input_gradients(x: np.ndarray, delta: np.ndarray, W_x: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return dx (B, T, D), dW_x and db: δ_t W_xᵀ, and the sums of x_tᵀ δ_t and of δ_t."""
    rows = delta.reshape(-1, W_x.shape[1])
    dx = (rows @ W_x.T).reshape(x.shape).transpose(1, 0, 2)
    return dx, x.reshape(-1, len(W_x)).T @ rows, sum_of_rows(rows)


def recurrent_gradient(states: np.ndarray, delta: np.ndarray, factor: MaybeArray) -> np.ndarray:
    """Return dW_h: the sum of h_{t−1}ᵀ δ_t over steps and batch."""
    H, columns = states.shape[2], delta.shape[2]
    if factor is None:
        return states.reshape(-1, H).T @ delta.reshape(-1, columns)
    gates = np.split(delta, len(factor), axis=2)
    products = [
        (states * m).reshape(-1, H).T @ d.reshape(-1, H) for m, d in zip(factor, gates, strict=True)
    ]
    return np.concatenate(products, axis=1)


def sum_of_rows(rows: np.ndarray) -> np.ndarray:
    """Return the sum over the first axis, as a product: quicker than np.sum."""
    return np.ones(len(rows), dtype=rows.dtype) @ rows
