"""The formulas of a language model, right and wrong, and inputs for them."""

import numpy as np

from rnncheck.engine import Arguments
from rnncheck.forward import NONE

__all__ = [
    "bigrams", "bits_and_perplexity", "draw_bigrams", "draw_bits", "draw_lanes", "draw_read",
    "draw_sample", "lanes", "read", "sample",
]  # fmt: skip

Arrays = tuple[np.ndarray, ...]


def lanes(ids: np.ndarray, B: int, *, wrong: frozenset[str] = NONE) -> Arrays:
    """Inputs and targets (B, T): lane k + 1 goes on where lane k ends."""
    T = (len(ids) - 1) // B
    start = len(ids) - 1 - T * B if "remainder dropped in front" in wrong else 0
    index = start + np.arange(B * T).reshape(B, T)
    if "dealt out in turn" in wrong:
        index = start + np.arange(B * T).reshape(T, B).T
    elif "lanes overlap" in wrong:
        index = start + np.arange(B)[:, np.newaxis] + np.arange(T)
    x, y = ids[index], ids[index + 1]
    if "target is the input" in wrong:
        y = x
    elif "target wraps around in its lane" in wrong:
        y = np.roll(x, -1, axis=1)
    elif "next symbol of the next lane" in wrong:
        y = np.roll(x, -1, axis=0)
    return (y, x) if "inputs and targets exchanged" in wrong else (x, y)


def read(
    s: np.ndarray, h_0: np.ndarray, E: np.ndarray, W_h: np.ndarray, b: np.ndarray, window: int,
    *, wrong: frozenset[str] = NONE,
) -> np.ndarray:  # fmt: skip
    """States (B, T, H) of the symbols s (B, T), read window by window, by (6.5) and (6.6)."""
    T = s.shape[1] // window * window if "short window left out" in wrong else s.shape[1]
    h = np.zeros((len(s), T, len(b)))
    state = h_0 * 0 if "h_0 ignored" in wrong else h_0
    if "symbols one step late" in wrong:
        s = np.roll(s, 1, axis=1)
    for t in range(T):
        if t and t % window == 0:
            if "each window starts from h_0" in wrong:
                state = h_0
            elif "each window starts from zeros" in wrong:
                state = np.zeros_like(h_0)
            elif "state goes to the next lane" in wrong:
                state = np.roll(state, 1, axis=0)
            elif "mean state of the lanes" in wrong:
                state = np.broadcast_to(state.mean(axis=0), state.shape)
            elif "first state of the window carried" in wrong:
                state = h[:, t - window]
        a = E[s[:, t]] + state @ W_h + b
        if "no embedding" in wrong:
            a = s[:, t, np.newaxis] + state @ W_h + b
        elif "no bias" in wrong:
            a = a - b
        state = h[:, t] = np.tanh(a)
    return h


def bits_and_perplexity(
    y: np.ndarray, targets: np.ndarray, *, wrong: frozenset[str] = NONE
) -> Arrays:
    """Bits per character and perplexity by (6.2) and (6.3), for logits y (B, T, K)."""
    axis = 1 if "softmax over the steps" in wrong else -1
    p = np.exp(y) / np.exp(y).sum(axis=axis, keepdims=True)
    came = np.take_along_axis(p, targets[..., np.newaxis], axis=-1)[..., 0]
    if "the most probable symbol" in wrong:
        came = p.max(axis=-1)
    bits = -np.log2(came).mean()
    if "logarithm of the mean" in wrong:
        bits = -np.log2(came.mean())
    elif "sum in place of the mean" in wrong:
        bits = -np.log2(came).sum()
    if "sign missing" in wrong:
        bits = -bits
    perplexity = 2**bits
    if "e to the bits" in wrong:
        perplexity = np.exp(bits)
    elif "2 to the nats" in wrong:
        perplexity = 2 ** (bits * np.log(2))
    elif "mean of the inverse probabilities" in wrong:
        perplexity = (1 / came).mean()
    elif "perplexity times N" in wrong:
        perplexity = perplexity * targets.size
    for name, base in (("nats in place of bits", np.e), ("decimal logarithm", 10)):
        if name in wrong:
            bits = bits / np.log2(base)
    return np.asarray(bits), np.asarray(perplexity)


def sample(
    y: np.ndarray, temperature: float, u: np.ndarray, *, wrong: frozenset[str] = NONE
) -> np.ndarray:
    """A symbol for each row of logits y (N, K) and number u (N,), by (6.7)."""
    power = 1 / temperature
    if "temperature multiplied" in wrong:
        power = temperature
    elif "temperature ignored" in wrong or "probabilities divided" in wrong:
        power = 1.0
    p = np.exp(power * y)
    if "not divided by the sum" not in wrong:
        p = p / p.sum(axis=1, keepdims=True)
    if "probabilities divided" in wrong:
        p = p / temperature
    K = y.shape[1]
    if "most probable symbol" in wrong:
        return p.argmax(axis=1)
    if "every symbol alike" in wrong:
        return np.floor(u * K)
    if "one number for all" in wrong:
        u = np.full_like(u, u[0])
    if "counted from the last symbol" in wrong:
        return np.maximum(K - 1 - (np.cumsum(p[:, ::-1], axis=1) <= u[:, np.newaxis]).sum(1), 0)
    if "largest symbol below u" in wrong:
        return np.argmax(np.where(p <= u[:, np.newaxis], p, -1), axis=1)
    below = (np.cumsum(p, axis=1) <= u[:, np.newaxis]).sum(axis=1)
    return np.clip(below + ("one symbol too far" in wrong), 0, K - 1)


def bigrams(
    ids: np.ndarray, lower: np.ndarray, d: float, *, wrong: frozenset[str] = NONE
) -> np.ndarray:
    """P(s | c) by (6.4), one row for each context c; the end meets the start."""
    V = len(lower)
    counts = np.zeros((V, V))
    after = ids[1:] if "ring left open" in wrong else np.roll(ids, -1)
    np.add.at(counts, (ids[: len(after)], after), 1)
    if "rows and columns exchanged" in wrong:
        counts = counts.T
    total = counts.sum(axis=1, keepdims=True)
    if "one added" in wrong:
        return (counts + 1) / (total + V)
    kept = counts - d if "discount of what never came" in wrong else np.maximum(counts - d, 0)
    given = d * (counts > 0).sum(axis=1, keepdims=True)
    if "no discount" in wrong:
        kept, given = counts, 0 * given
    if "nothing handed on" in wrong:
        given = np.zeros_like(given)
    elif "d handed on for every symbol" in wrong:
        given = d * V + 0 * given
    elif "d handed on once" in wrong:
        given = np.full_like(given, d)
    below = np.full(V, 1 / V) if "1/V below" in wrong else lower
    share = np.full_like(total, counts.sum()) if "divided by all pairs" in wrong else total
    P = (kept + given * below) / np.maximum(share, 1)
    unseen = np.zeros(V) if "unseen context left at zero" in wrong else below
    if "unseen context gets 1/V" in wrong:
        unseen = np.full(V, 1 / V)
    return np.where(total > 0, P, unseen)


def draw_lanes(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """A text for B lanes of T steps, and B − 1 symbols left over."""
    return {"ids": rng.integers(1, 60, B * T + B), "B": B}


def draw_read(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """Windows of 2 steps, so that the last one is short; of 1 step where there are 2 or fewer."""
    return {
        "s": rng.integers(0, D + 2, (B, T)), "h_0": rng.uniform(-0.9, 0.9, (B, H)),
        "E": rng.standard_normal((D + 2, H)), "W_h": 0.7 * rng.standard_normal((H, H)),
        "b": 0.5 * rng.standard_normal(H), "window": 2 if T > 2 else 1,
    }  # fmt: skip


def draw_bits(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """Logits for K = D + 2 symbols."""
    return {"y": rng.standard_normal((B, T, D + 2)), "targets": rng.integers(0, D + 2, (B, T))}


def draw_sample(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """Eight draws for each sequence; a temperature on either side of 1."""
    temperature = rng.uniform(0.3, 0.5) if B == 5 else rng.uniform(2, 3)
    return {"y": 1.5 * rng.standard_normal((8 * B, D + 3)), "temperature": float(temperature),
            "u": rng.random(8 * B)}  # fmt: skip


def draw_bigrams(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """A text of V = D + 3 symbols, of which the last one never comes."""
    V, lower = D + 3, rng.uniform(0.5, 1.5, D + 3)
    ids = rng.integers(0, V - 1, 3 * V + B)
    ids[-1] = (ids[0] + 1) % (V - 1)
    return {"ids": ids, "lower": lower / lower.sum(), "d": float(rng.uniform(0.3, 0.8))}
