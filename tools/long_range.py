"""Attention over past states and a memory network, on the tasks and the budget of memory_tasks.

    python tools/long_range.py               # results/long_range.csv, about 20 minutes

What results/memory_tasks.csv has of the simple network, the LSTM and the GRU (its first three
seeds) is read from there: make that table first. At longer lags such a network is trained on a
task only if it got somewhere at the lag before (see `promising`).
"""

import csv
from pathlib import Path

import numpy as np

import memory_tasks as tasks
from rnnkit import attention, initializers, simple_rnn
from rnnkit.layers import Layer
from rnnkit.simple_rnn import Params

SEEDS = range(3)
LAGS = (10, 30, 100, 200, 400)
BORROWED = ("rnn", "lstm", "gru")
TABLE, SOURCE = Path("results/long_range.csv"), Path("results/memory_tasks.csv")
POSITIONS = 16  # features of the positional encoding


def encoding(T: int, size: int = POSITIONS, longest: float = 1000.0) -> np.ndarray:
    """Sines and cosines of the step number, (T, size); wavelengths from 2π to 2π·longest."""
    frequency = longest ** (-np.arange(size // 2) / (size // 2 - 1))
    angle = np.arange(T)[:, np.newaxis] * frequency
    return np.concatenate([np.sin(angle), np.cos(angle)], axis=1)


def outer(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Σ aᵀ b over batch and steps: the gradient of a matrix between a and what has gradient b."""
    return np.tensordot(a, b, ((0, 1), (0, 1)))


class Reading(Layer):
    """What the two layers share: the last `queries` steps read what is behind them.

    Where sequences are asked for (the copy task), those are the steps of the answers.
    """

    def __init__(self, units: int, *, return_sequences: bool = False) -> None:
        super().__init__()
        self.units, self.return_sequences = units, return_sequences
        self.queries = tasks.COPIED if return_sequences else 1

    def _causal(self, batch: int, T: int) -> np.ndarray:
        """True where a query may read: its own step and those before, (B, queries, T)."""
        step = np.arange(T - self.queries, T)[:, np.newaxis]
        return np.broadcast_to(np.arange(T) <= step, (batch, self.queries, T))

    def output_mask(self, x, mask):
        """A sequence keeps its mask."""
        return mask if self.return_sequences else None


class AttentiveRNN(Reading):
    r"""A simple recurrent network whose last steps attend to all states so far.

    .. math:: c_t = \sum_{j \le t} \operatorname{softmax}_j
        \Bigl(\tfrac{1}{\sqrt H}\, h_t W_q \cdot h_j\Bigr) h_j, \qquad y_t = [h_t, c_t]

    References
    ----------
    M.-T. Luong, H. Pham, C. D. Manning, *Effective approaches to attention-based neural
    machine translation*, EMNLP 2015 (the score "general").
    """

    name = "attentive_rnn"

    def build(self, input_size, *, rng, dtype):
        """Draw the weights by Glorot's rule."""
        cell = simple_rnn.init(input_size, self.units, rng=rng, dtype=dtype)
        shape = (self.units, self.units)
        W_q = initializers.glorot_uniform(shape, rng=rng, dtype=dtype)
        self.params = cell._asdict() | {"W_q": W_q}
        return 2 * self.units

    def _forward(self, x, call):
        *cell, W_q = self.params.values()
        h, final, cell_cache = simple_rnn.forward(x, Params(*cell))
        asking = h[:, -self.queries :]
        mask = self._causal(*h.shape[:2])
        context, _, cache = attention.dot(asking @ W_q, h, h, mask=mask, scaled=True)
        y = np.concatenate([asking, context], axis=2)
        if self.return_sequences:
            y = np.concatenate([np.zeros_like(h[:, self.queries :]).repeat(2, 2), y], axis=1)
        else:
            y = y[:, 0]
        return y, final, (cell_cache, cache, asking)

    def backward(self, dy, cache, dstate=None):
        """Gradients of the input, of the initial state, of the weights."""
        cell_cache, cache, asking = cache
        W_q = self.params["W_q"]
        dy = dy[:, -self.queries :] if self.return_sequences else dy[:, np.newaxis]
        dquery, dkeys, dvalues, _ = attention.backward(dy[..., self.units :], cache)
        dh = dkeys + dvalues
        dh[:, -self.queries :] += dy[..., : self.units] + dquery @ W_q.T
        dx, dinitial, grads = simple_rnn.backward(dh, cell_cache, dstate)
        return (
            dx,
            dinitial,
            grads._asdict() | {"W_q": outer(asking, dquery)},
        )


class Memory(Reading):
    r"""A memory network: each input step is a slot; a query reads the slots, `hops` times.

    .. math:: k_j = z_j A, \quad u_j = z_j C, \qquad q^0 = z_t B, \quad
        q^{n+1} = q^n R + \sum_j \operatorname{softmax}_j(q^n \cdot k_j / \sqrt H)\, u_j,
        \qquad z_j = [x_j, p_j]

    with a fixed positional encoding p. There is no recurrence over time.

    References
    ----------
    S. Sukhbaatar et al., *End-to-end memory networks*, NIPS 2015 (there the encoding of
    time is learned, and the scores have no scale).
    """

    name = "memory"

    def __init__(self, units, *, hops=2, return_sequences=False):
        super().__init__(units, return_sequences=return_sequences)
        self.hops = hops

    def build(self, input_size, *, rng, dtype):
        """Draw the weights by Glorot's rule."""
        D, H = input_size + POSITIONS, self.units
        self.params = {
            name: initializers.glorot_uniform((n, H), rng=rng, dtype=dtype)
            for name, n in {"A": D, "C": D, "B": D, "R": H}.items()
        }
        return H

    def _forward(self, x, call):
        A, C, B, R = self.params.values()
        n, T, _ = x.shape
        p = np.broadcast_to(encoding(T).astype(A.dtype), (n, T, POSITIONS))
        z = np.concatenate([x, p], axis=2)
        keys, values, q = z @ A, z @ C, z[:, -self.queries :] @ B
        mask, caches = self._causal(n, T), []
        for _ in range(self.hops):
            context, _, cache = attention.dot(q, keys, values, mask=mask, scaled=True)
            caches.append((q, cache))
            q = q @ R + context
        if not self.return_sequences:
            return q[:, 0], None, (z, caches)
        silent = np.zeros((n, T - self.queries, self.units), q.dtype)
        return np.concatenate([silent, q], axis=1), None, (z, caches)

    def backward(self, dy, cache, dstate=None):
        """Gradients of the input, of the initial state, of the weights."""
        A, C, B, R = self.params.values()
        z, caches = cache
        dq = dy[:, -self.queries :] if self.return_sequences else dy[:, np.newaxis]
        dkeys = dvalues = 0
        dR = np.zeros_like(R)
        for q, read in reversed(caches):
            dR += outer(q, dq)
            dquery, dk, du, _ = attention.backward(dq, read)
            dkeys, dvalues = dkeys + dk, dvalues + du
            dq = dq @ R.T + dquery
        dz = dkeys @ A.T + dvalues @ C.T
        dz[:, -self.queries :] += dq @ B.T
        grads = {
            "A": outer(z, dkeys),
            "C": outer(z, dvalues),
            "B": outer(z[:, -self.queries :], dq),
            "R": dR,
        }
        return dz[..., :-POSITIONS], None, grads


tasks.MODELS |= {"attention": tasks.sized(AttentiveRNN), "memory": tasks.sized(Memory)}


def borrow() -> None:
    """Copy the rows that memory_tasks has made, unless they are here."""
    seeds = {*map(str, SEEDS), *map(str, tasks.RATE_SEEDS)}
    have = {tuple(row[key] for key in tasks.COLUMNS[:5]) for row in tasks.read(TABLE)}
    with TABLE.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, tasks.COLUMNS, lineterminator="\n")
        for row in tasks.read(SOURCE):
            wanted = row["model"] in BORROWED and row["seed"] in seeds
            if wanted and tuple(row[key] for key in tasks.COLUMNS[:5]) not in have:
                writer.writerow(row)


def promising(name: str, lag: int) -> set[str]:
    """Tasks on which a seed of this model at least halved the loss at this lag."""
    rows = [row for row in tasks.read(TABLE) if (row["model"], row["lag"]) == (name, str(lag))]
    return {row["task"] for row in rows if float(row["relative_loss"]) < 0.5}


def main() -> None:
    command = "made by: python tools/long_range.py"
    tasks.SEEDS = SEEDS  # three are enough here
    tasks.fill(TABLE, ["attention", "memory"], LAGS, command)
    borrow()
    every = tasks.TASKS
    for lag, before in ((200, 100), (400, 200)):
        for name in BORROWED:
            hopeful = promising(name, before)
            tasks.TASKS = {task: every[task] for task in every if task in hopeful}
            tasks.fill(TABLE, [name], [lag], command)


if __name__ == "__main__":
    main()
