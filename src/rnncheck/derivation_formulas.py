"""The formulas of the derivation, right and wrong, and inputs for them."""

from typing import Any

import numpy as np

from rnncheck.engine import Arguments
from rnncheck.forward import NONE, draw_mask, forward
from rnncheck.forward import draw as draw_forward

__all__ = [
    "cross_entropy", "cross_entropy_gradient", "delta_step", "draw", "draw_delta",
    "draw_gradients", "draw_loss", "nudged", "weight_gradients",
]  # fmt: skip

Gradients = tuple[np.ndarray, ...]


def softmax(y: np.ndarray, wrong: frozenset[str]) -> np.ndarray:
    """The probabilities p (B, T, K) of the logits y."""
    if "sigmoid in place of softmax" in wrong:
        return 1 / (1 + np.exp(-y))
    axis: Any = -1
    if "softmax over the steps" in wrong:
        axis = 1
    elif "softmax over everything" in wrong:
        axis = (0, 1, 2)
    p = np.exp(y) / np.exp(y).sum(axis=axis, keepdims=True)
    return softmax(p, wrong - {"softmax twice"}) if "softmax twice" in wrong else p


def cross_entropy(
    y: np.ndarray, labels: np.ndarray, mask: np.ndarray, *, wrong: frozenset[str] = NONE
) -> np.ndarray:
    """The loss L by (4.3) and (4.7), for y (B, T, K), labels and mask (B, T)."""
    if "mask inverted" in wrong:
        mask = ~mask
    if "exponentials not divided" in wrong:
        surprise = -np.take_along_axis(y, labels[..., np.newaxis], -1)[..., 0]
    else:
        p = np.take_along_axis(softmax(y, wrong), labels[..., np.newaxis], -1)[..., 0]
        log = np.log2 if "bits in place of nats" in wrong else np.log
        surprise = -p if "no logarithm" in wrong else -log(p)
    if "sign missing" in wrong:
        surprise = -surprise
    if "mask ignored" in wrong:
        mask = np.ones_like(mask)
    N: Any = mask.size if "masked positions counted" in wrong else mask.sum()
    if "sum in place of the mean" in wrong:
        N = 1
    elif "divided by B" in wrong:
        N = len(y)
    elif "each sequence averaged first" in wrong:
        N = mask.sum(axis=1, keepdims=True) * len(y)
    return np.asarray((surprise * mask / N).sum())


def cross_entropy_gradient(
    y: np.ndarray, labels: np.ndarray, mask: np.ndarray, *, wrong: frozenset[str] = NONE
) -> np.ndarray:
    """The gradient of L at the logits, (B, T, K), by (4.7)."""
    if "mask inverted" in wrong:
        mask = ~mask
    p = softmax(y, wrong)
    one_hot = np.eye(y.shape[-1])[labels]
    y_bar = p - one_hot
    if "one-hot not subtracted" in wrong:
        y_bar = p
    elif "only the entry of the label" in wrong:
        y_bar = y_bar * one_hot
    elif "label's entry alone, as −1/p" in wrong:
        y_bar = -one_hot / p
    if "slope of a sigmoid once more" in wrong:
        y_bar = y_bar * p * (1 - p)
    if "sign turned" in wrong:
        y_bar = -y_bar
    N: Any = mask.size if "masked positions counted" in wrong else mask.sum()
    if "mask ignored" in wrong:
        N, mask = mask.size, np.ones_like(mask)
    if "not divided by N" in wrong:
        N = 1
    elif "divided by B" in wrong:
        N = len(y)
    elif "divided by N and K" in wrong:
        N = N * y.shape[-1]
    shown = np.ones_like(mask) if "gradient at masked positions" in wrong else mask
    return y_bar * shown[..., np.newaxis] / N


def delta_step(
    y_bar_t: np.ndarray, delta_later: np.ndarray, h_t: np.ndarray, W_y: np.ndarray,
    W_h: np.ndarray, *, wrong: frozenset[str] = NONE,
) -> np.ndarray:  # fmt: skip
    """The gradient at a_t (B, H), by (4.9), (4.14) and (4.15), for tanh."""
    slope = 1 - h_t**2
    if "missing φ′" in wrong:
        slope = np.ones_like(h_t)
    elif "φ′ at h" in wrong:
        slope = 1 - np.tanh(h_t) ** 2
    elif "1 − h in place of 1 − h²" in wrong:
        slope = 1 - h_t
    g_t = y_bar_t @ W_y.T
    if "state times output gradient" in wrong:
        g_t = h_t * g_t
    through = delta_later @ (W_h if "missing transpose" in wrong else W_h.T)
    if "missing recurrent term" in wrong:
        through = np.zeros_like(through)
    elif "no W_h" in wrong:
        through = delta_later
    if "φ′ on the wrong side of W_h" in wrong:
        return g_t * slope + (delta_later * slope) @ W_h.T
    if "recurrent gradient not multiplied by φ′" in wrong:
        return g_t * slope + through
    return (g_t + through) * slope


def weight_gradients(
    y_bar: np.ndarray, x: np.ndarray, h: np.ndarray, h_0: np.ndarray, W_y: np.ndarray,
    W_h: np.ndarray, *, wrong: frozenset[str] = NONE, delta_step: Any = delta_step,
) -> Gradients:  # fmt: skip
    """dW_x, dW_h, db, dW_y, db_y: sums over all steps."""
    B, T, D = x.shape
    H = len(W_h)
    sums = [np.zeros(s) for s in ((D, H), (H, H), H, W_y.shape, W_y.shape[1])]
    delta = np.zeros_like(h_0)
    for t in range(T) if "forward-running loop" in wrong else reversed(range(T)):
        delta = delta_step(y_bar[:, t], delta, h[:, t], W_y, W_h, wrong=wrong)
        before = h[:, t - 1] if t or "h[:, -1] in place of h_0" in wrong else h_0
        if "h_0 left out of dW_h" in wrong and t == 0:
            before = np.zeros_like(h_0)
        elif "h_t instead of h_{t-1} in dW_h" in wrong:
            before = h[:, t]
        state = before if "h_{t-1} in dW_y" in wrong else h[:, t]
        parts = [x[:, t].T @ delta, before.T @ delta, delta.sum(axis=0),
                 state.T @ y_bar[:, t], y_bar[:, t].sum(axis=0)]  # fmt: skip
        kept = 0 if "no sum over time" in wrong else 1
        sums = [kept * total + part for total, part in zip(sums, parts, strict=True)]
    if "output weights of the last step" in wrong:
        sums[3:] = h[:, -1].T @ y_bar[:, -1], y_bar[:, -1].sum(axis=0)
    share = B if "mean over the batch" in wrong else 1
    share = share * (T if "mean over time" in wrong else 1)
    return tuple(total / share for total in sums)


def nudged(
    x: np.ndarray, h_0: np.ndarray, W_x: np.ndarray, W_h: np.ndarray, b: np.ndarray,
    W_y: np.ndarray, b_y: np.ndarray, labels: np.ndarray, mask: np.ndarray, eps: float,
    *, wrong: frozenset[str] = NONE, cross_entropy: Any = cross_entropy,
) -> np.ndarray:  # fmt: skip
    """The gradient at W_h by central differences, each entry nudged by eps."""

    def loss(weights: np.ndarray) -> Any:
        y = forward(x, h_0, W_x, weights, b) @ W_y + b_y
        return cross_entropy(y, labels, mask, wrong=wrong)

    gradient, W = np.zeros_like(W_h), W_h.copy()
    for index in np.ndindex(W.shape):
        nudge = np.zeros_like(W)
        nudge[index] = eps
        if "whole column nudged" in wrong:
            nudge[:, index[1]] = eps
        above, below = loss(W + nudge), loss(W - nudge)
        if "one side only" in wrong:
            above, below = 2 * above, 2 * loss(W)
        gradient[index] = above - below
        if "not set back" in wrong:
            W = W - nudge
    gradient /= 2 * eps
    if "divided by eps" in wrong:
        gradient *= 2
    elif "multiplied by eps" in wrong:
        gradient *= eps * 2 * eps
    elif "not divided" in wrong:
        gradient *= 2 * eps
    return -gradient if "minus in front" in wrong else gradient


def draw(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """Arguments of :func:`nudged`, K = D + 1 outputs; eps is large, so that recipes differ."""
    K = D + 1
    arguments = draw_forward(rng, B, T, D, H)
    return arguments | {
        "W_y": rng.standard_normal((H, K)), "b_y": 0.5 * rng.standard_normal(K),
        "labels": rng.integers(0, K, (B, T)), "mask": draw_mask(rng, B, T),
        "eps": float(rng.uniform(0.1, 0.3)),
    }  # fmt: skip


def draw_loss(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """Arguments of :func:`cross_entropy`."""
    return {
        "y": rng.standard_normal((B, T, D + 1)), "labels": rng.integers(0, D + 1, (B, T)),
        "mask": draw_mask(rng, B, T),
    }  # fmt: skip


def draw_gradients(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """Arguments of :func:`weight_gradients`."""
    x, h_0, W_x, W_h, b, W_y, *_ = draw(rng, B, T, D, H).values()
    h = forward(x, h_0, W_x, W_h, b)
    y_bar = cross_entropy_gradient(**draw_loss(rng, B, T, D, H))
    return {"y_bar": y_bar, "x": x, "h": h, "h_0": h_0, "W_y": W_y, "W_h": W_h}


def draw_delta(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """Arguments of :func:`delta_step`."""
    a = draw_gradients(rng, B, T, D, H)
    return {"y_bar_t": rng.standard_normal((B, D + 1)), "delta_later": rng.standard_normal((B, H)),
            "h_t": a["h"][:, 0], "W_y": a["W_y"], "W_h": a["W_h"]}  # fmt: skip
