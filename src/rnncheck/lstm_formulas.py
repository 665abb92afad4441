"""The formulas of the LSTM, right and wrong, and inputs for them."""

from typing import Any

import numpy as np

from rnncheck.engine import Arguments
from rnncheck.forward import NONE

__all__ = [
    "draw", "draw_back", "draw_step", "draw_step_back",
    "lstm_backward", "lstm_forward", "lstm_step", "lstm_step_back",
]  # fmt: skip

Arrays = tuple[np.ndarray, ...]
ORDERS = {  # where the blocks i, f, c̃, o are looked for
    "order f, i, c̃, o": (1, 0, 2, 3), "order i, f, o, c̃": (0, 1, 3, 2),
    "order i, o, f, c̃": (0, 2, 3, 1),
}  # fmt: skip


def sigmoid(a: np.ndarray) -> np.ndarray:
    """The logistic function."""
    return 1 / (1 + np.exp(-a))


def ordered(blocks: Any, wrong: frozenset[str]) -> list[np.ndarray]:
    """The blocks i, f, c̃, o, from where they are looked for."""
    places = next((ORDERS[name] for name in ORDERS if name in wrong), range(4))
    return [blocks[k] for k in places]


def gates_of(a: np.ndarray, wrong: frozenset[str] = NONE) -> list[np.ndarray]:
    """i, f, c̃, o of the pre-activations (B, 4H)."""
    i, f, cand, o = ordered(np.split(a, 4, axis=-1), wrong)
    squash = np.tanh if "tanh for the gates" in wrong else sigmoid
    if "sigmoid for the candidate" in wrong:
        cand = sigmoid(cand)
    elif "candidate not squashed" not in wrong:
        cand = np.tanh(cand)
    return [squash(i), squash(f), cand, squash(o)]


def lstm_step(
    x_t: np.ndarray, h_before: np.ndarray, c_before: np.ndarray, W_x: np.ndarray,
    W_h: np.ndarray, b: np.ndarray, *, wrong: frozenset[str] = NONE,
) -> Arrays:  # fmt: skip
    """h_t and c_t (B, H) by (8.2), from x_t (B, D) and the states before."""
    a = x_t @ W_x
    if "no recurrent term" not in wrong:
        a = a + h_before @ W_h
    i, f, cand, o = gates_of(a if "no bias" in wrong else a + b, wrong)
    old = h_before if "h in place of the old cell" in wrong else c_before
    if "forget gate missing" in wrong:
        f = np.ones_like(f)
    elif "old cell left out" in wrong:
        f = np.zeros_like(f)
    if "input gate missing" in wrong:
        i = np.ones_like(i)
    elif "1 − f in place of i" in wrong:
        i = 1 - f
    c_t = f * old + i * cand
    shown = c_before if "old cell shown" in wrong else c_t
    if "cell not squashed" not in wrong:
        shown = np.tanh(shown)
    return shown if "output gate missing" in wrong else o * shown, c_t


def lstm_forward(
    x: np.ndarray, h_0: np.ndarray, c_0: np.ndarray, W_x: np.ndarray, W_h: np.ndarray,
    b: np.ndarray, *, wrong: frozenset[str] = NONE, lstm_step: Any = lstm_step,
) -> Arrays:  # fmt: skip
    """The states h and c (B, T, H) of x (B, T, D)."""
    state, cell = h_0, c_0
    if "h_0 ignored" in wrong:
        state = h_0 * 0
    if "c_0 ignored" in wrong:
        cell = c_0 * 0
    T = x.shape[1]
    h, c = np.zeros((2, len(x), T, h_0.shape[1]))
    for t in reversed(range(T)) if "time reversed" in wrong else range(T):
        h[:, t], c[:, t] = lstm_step(x[:, t], state, cell, W_x, W_h, b, wrong=wrong)
        if "h not handed on" not in wrong:
            state = h[:, t]
        if "h handed on as the cell" in wrong:
            cell = h[:, t]
        elif "cell not handed on" not in wrong:
            cell = c[:, t]
    return h, c


def lstm_step_back(
    dh_t: np.ndarray, later_c: np.ndarray, c_t: np.ndarray, c_before: np.ndarray,
    gates: np.ndarray, *, wrong: frozenset[str] = NONE,
) -> Arrays:  # fmt: skip
    """Return delta (B, 4H) by (8.4), (8.5), and what reaches c_{t−1} along the cell."""
    i, f, cand, o = np.split(gates, 4, axis=-1)
    tanh_c = np.tanh(c_t)
    slope_c = 1 - (c_t if "tanh missing in the cell's slope" in wrong else tanh_c) ** 2
    through = dh_t * (1 if "o missing in dc" in wrong else o)
    through = through * (1 if "slope of the cell missing" in wrong else slope_c)
    dc = through + later_c
    if "later cell gradient left out" in wrong:
        dc = through
    elif "output left out of dc" in wrong:
        dc = later_c
    arrives = dh_t if "dh in place of dc at the gates" in wrong else dc
    to_i, to_cand = (i, cand) if "partners of i and c̃ exchanged" in wrong else (cand, i)
    to_f = c_t if "c_t in place of c_{t−1}" in wrong else c_before
    at_o = dc if "dc in place of dh at o" in wrong else dh_t
    to_o = c_t if "tanh missing at o" in wrong else tanh_c
    if "slope of the gates missing" in wrong:
        slopes = [np.ones_like(g) for g in (i, f, o)]
    elif "tanh's slope for the gates" in wrong:
        slopes = [1 - g**2 for g in (i, f, o)]
    elif "sigmoid twice" in wrong:
        slopes = [sigmoid(g) * (1 - sigmoid(g)) for g in (i, f, o)]
    else:
        slopes = [g * (1 - g) for g in (i, f, o)]
    slope_cand = 1 - cand**2
    if "slope of the candidate missing" in wrong:
        slope_cand = np.ones_like(cand)
    elif "sigmoid's slope for the candidate" in wrong:
        slope_cand = cand * (1 - cand)
    elif "tanh twice" in wrong:
        slope_cand = 1 - np.tanh(cand) ** 2
    blocks = [arrives * to_i * slopes[0], arrives * to_f * slopes[1],
              arrives * to_cand * slope_cand, at_o * to_o * slopes[2]]  # fmt: skip
    back = later_c if "only the later gradient handed back" in wrong else dc
    if "i in place of f on the way back" in wrong:
        back = back * i
    elif "f missing on the way back" not in wrong:
        back = back * f
    return np.concatenate(ordered(blocks, wrong), axis=1), back


def lstm_backward(
    dh: np.ndarray, x: np.ndarray, h: np.ndarray, c: np.ndarray, gates: np.ndarray,
    h_0: np.ndarray, c_0: np.ndarray, W_x: np.ndarray, W_h: np.ndarray,
    *, wrong: frozenset[str] = NONE, lstm_step_back: Any = lstm_step_back,
) -> Arrays:  # fmt: skip
    """dx, dh_0, dc_0, dW_x, dW_h, db by (8.3) to (8.6)."""
    T = x.shape[1]
    dx, dW_x, dW_h, db = (np.zeros(s) for s in (x.shape, W_x.shape, W_h.shape, W_x.shape[1]))
    later, later_c = np.zeros_like(h_0), np.zeros_like(c_0)
    for t in range(T) if "forward-running loop" in wrong else reversed(range(T)):
        before, c_before = (h[:, t - 1], c[:, t - 1]) if t else (h_0, c_0)
        if "index −1 in place of the initial states" in wrong:
            before, c_before = h[:, t - 1], c[:, t - 1]
        elif "initial states taken as zero" in wrong and t == 0:
            before, c_before = h_0 * 0, c_0 * 0
        if "h_t in dW_h" in wrong:
            before = h[:, t]
        total = dh[:, t] + later
        if "missing recurrent term" in wrong:
            total = dh[:, t]
        elif "gradient overwritten instead of added" in wrong and t < T - 1:
            total = later
        if "cell gradient not handed back" in wrong:
            later_c = np.zeros_like(c_0)
        delta, later_c = lstm_step_back(total, later_c, c[:, t], c_before, gates[:, t], wrong=wrong)
        if "no sum over time" in wrong:
            dW_x, dW_h, db = dW_x * 0, dW_h * 0, db * 0
        dW_x += x[:, t].T @ delta
        dW_h += before.T @ delta
        db += delta.sum(axis=0)
        dx[:, t], later = delta @ W_x.T, delta @ W_h.T
    share = len(x) if "mean over the batch" in wrong else 1
    return dx, later, later_c, dW_x / share, dW_h / share, db / share


def draw(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """Arguments of :func:`lstm_forward`."""
    return {
        "x": rng.standard_normal((B, T, D)),
        "h_0": rng.uniform(-0.9, 0.9, (B, H)),
        "c_0": rng.standard_normal((B, H)),
        "W_x": 0.7 * rng.standard_normal((D, 4 * H)),
        "W_h": 0.7 * rng.standard_normal((H, 4 * H)),
        "b": 0.5 * rng.standard_normal(4 * H),
    }


def draw_step(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """Arguments of :func:`lstm_step`."""
    x, h_0, c_0, *weights = draw(rng, B, T, D, H).values()
    names = ("x_t", "h_before", "c_before", "W_x", "W_h", "b")
    return dict(zip(names, (x[:, 0], h_0, c_0, *weights), strict=True))


def draw_back(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """Arguments of :func:`lstm_backward`, a loss at every step."""
    x, h_0, c_0, W_x, W_h, b = draw(rng, B, T, D, H).values()
    h, c = lstm_forward(x, h_0, c_0, W_x, W_h, b)
    before = np.concatenate([h_0[:, np.newaxis], h[:, :-1]], axis=1)
    gates = np.concatenate(gates_of(x @ W_x + before @ W_h + b), axis=-1)
    dh = rng.standard_normal(h.shape)
    return {"dh": dh, "x": x, "h": h, "c": c, "gates": gates, "h_0": h_0, "c_0": c_0,
            "W_x": W_x, "W_h": W_h}  # fmt: skip


def draw_step_back(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """Arguments of :func:`lstm_step_back`, at the first step of some sequences."""
    a = draw_back(rng, B, T, D, H)
    return {"dh_t": a["dh"][:, 0], "later_c": rng.standard_normal((B, H)), "c_t": a["c"][:, 0],
            "c_before": a["c_0"], "gates": a["gates"][:, 0]}  # fmt: skip
