"""Linear recurrences as layers of rnnkit.

Chapter 8.3 derives the equations and builds the same functions step by step; here they have
weights attached, so that `rnnkit.layers.Sequential` can train them. In its comparison a linear
layer is stacked twice, with a ReLU layer between.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from rnnbook import memory_tasks
from rnnbook.memory_tasks import Builder, Task
from rnnkit import initializers
from rnnkit.layers import Dense, Layer, Sequential

__all__ = [
    "LRU", "MODELS", "SLOW", "MinGRU", "Stack", "recurrence", "reverse", "slow_gru", "stacked",
]  # fmt: skip

SLOW = (0.9, 0.999)  # what a unit keeps in one step, at the start: memories of 10 to 1000 steps


def recurrence(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """h_t = a_t h_{t−1} + b_t from h_0 = 0, time first: b (T, …), a (T, …) or without time."""
    h, work = np.array(b), np.empty_like(b[0])
    for a_t, before, now in zip(np.broadcast_to(a, b.shape)[1:], h[:-1], h[1:], strict=True):
        np.multiply(a_t, before, out=work)
        now += work
    return h


def reverse(a: np.ndarray, g: np.ndarray) -> np.ndarray:
    """δ_t = g_t + a_{t+1} δ_{t+1}: the gradient at h_t of the recurrence with real a."""
    later = np.broadcast_to(a, g.shape)[::-1]
    return recurrence(np.concatenate([later[:1], later[:-1]]), g[::-1])[::-1]


class Linear(Layer):
    """What the two layers share: time first inside, all steps or the last one out."""

    def __init__(self, units: int, *, return_sequences: bool = False) -> None:
        super().__init__()
        self.units, self.return_sequences = units, return_sequences

    def _out(self, h: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(h.swapaxes(0, 1)) if self.return_sequences else h[-1]

    def _in(self, dy: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        if self.return_sequences:
            return np.ascontiguousarray(dy.swapaxes(0, 1))
        g = np.zeros(shape, dtype=dy.dtype)
        g[-1] = dy
        return g

    def output_mask(self, x: Any, mask: np.ndarray | None) -> np.ndarray | None:
        """As in rnnkit."""
        return mask if self.return_sequences else None


class MinGRU(Linear):
    r"""Minimal GRU: gate and candidate see the input only.

    .. math:: h_t = a_t \odot h_{t-1} + (1 - z_t) \odot \tilde h_t, \qquad
        z_t = \sigma(x_t W^z + b^z), \quad \tilde h_t = x_t W^h + b^h

    Parameters
    ----------
    units : int
        H.
    signed : bool, optional
        False: a = z, between 0 and 1.  True: a = 2z − 1, between −1 and 1.
    keep : tuple of float, optional
        The gates of an input of zeros are drawn between these two; ½ by default.
    return_sequences : bool, optional
        All steps, or the last one.

    References
    ----------
    L. Feng et al., *Were RNNs all we needed?*, arXiv:2410.01201, 2024 (there z is 1 − z here).
    """

    name = "min_gru"

    def __init__(
        self, units: int, *, signed: bool = False, keep: tuple[float, float] | None = None,
        return_sequences: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(units, return_sequences=return_sequences)
        self.signed, self.keep = signed, keep

    def build(self, input_size: Any, *, rng: np.random.Generator, dtype: Any) -> Any:
        """Draw the weights."""
        W = initializers.glorot_uniform((input_size, 2 * self.units), rng=rng, dtype=dtype)
        b = np.zeros(2 * self.units, dtype=dtype)
        if self.keep is not None:
            z = rng.uniform(*self.keep, self.units)
            b[: self.units] = np.log(z / (1 - z))
        self.params = {"W": W, "b": b}
        return self.units

    def _forward(self, x: Any, call: Any) -> tuple[Any, Any, Any]:
        W, b = self.params["W"], self.params["b"]
        x = np.ascontiguousarray(np.asarray(x, dtype=W.dtype).swapaxes(0, 1))  # (T, B, D)
        s = x @ W + b
        z = 0.5 + 0.5 * np.tanh(0.5 * s[..., : self.units])
        candidate = s[..., self.units :]
        a = 2 * z - 1 if self.signed else z
        h = recurrence(a, (1 - z) * candidate)
        return self._out(h), h[-1], (x, z, candidate, a, h)

    def backward(self, dy: Any, cache: Any, dstate: Any = None) -> tuple[Any, Any, Any]:
        """Return gradients of the input, None, and of the weights by name."""
        x, z, candidate, a, h = cache
        W = self.params["W"]
        delta = reverse(a, self._in(dy, h.shape))
        before = np.concatenate([np.zeros_like(h[:1]), h[:-1]])
        da_dz = 2 if self.signed else 1
        dz = delta * (da_dz * before - candidate) * z * (1 - z)
        ds = np.concatenate([dz, delta * (1 - z)], axis=-1).reshape(-1, W.shape[1])
        dx = (ds @ W.T).reshape(x.shape).swapaxes(0, 1)
        return dx, None, {"W": x.reshape(-1, len(W)).T @ ds, "b": ds.sum(axis=0)}


class LRU(Linear):
    r"""Linear recurrent unit: N complex states; the output is [Re h, Im h], 2N features.

    .. math:: h_t = \lambda \odot h_{t-1} + e^{\gamma} \odot (x_t W), \qquad
        \lambda = \exp(-e^{\nu} + i e^{\theta})

    Parameters
    ----------
    units : int
        N.
    radius : tuple of float, optional
        The moduli of λ are drawn between these two, evenly over the area of the ring.
    phase : float, optional
        The arguments of λ are drawn between 0 and this.
    return_sequences : bool, optional
        All steps, or the last one.

    References
    ----------
    A. Orvieto et al., *Resurrecting recurrent neural networks for long sequences*, ICML 2023.
    """

    name = "lru"

    def __init__(
        self, units: int, *, radius: tuple[float, float] = (0.9, 0.999), phase: float = np.pi,
        return_sequences: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(units, return_sequences=return_sequences)
        self.radius, self.phase = radius, phase

    def build(self, input_size: Any, *, rng: np.random.Generator, dtype: Any) -> Any:
        """Draw the weights."""
        N, (low, high) = self.units, self.radius
        modulus = np.sqrt(rng.uniform(low**2, high**2, N))
        params = {
            "W": initializers.glorot_uniform((input_size, 2 * N), rng=rng),  # [Re W, Im W]
            "nu": np.log(-np.log(modulus)),
            "theta": np.log(rng.uniform(0, self.phase, N) + 1e-6),
            "gamma": 0.5 * np.log(1 - modulus**2),
        }
        self.params = {name: value.astype(dtype) for name, value in params.items()}
        return 2 * N

    def _forward(self, x: Any, call: Any) -> tuple[Any, Any, Any]:
        W, nu, theta, gamma = self.params.values()
        x = np.ascontiguousarray(np.asarray(x, dtype=W.dtype).swapaxes(0, 1))
        s = x @ W
        u = s[..., : self.units] + 1j * s[..., self.units :]
        lam = np.exp(-np.exp(nu) + 1j * np.exp(theta))
        h = recurrence(lam, np.exp(gamma) * u)
        return self._out(np.concatenate([h.real, h.imag], axis=-1)), h[-1], (x, u, lam, h)

    def backward(self, dy: Any, cache: Any, dstate: Any = None) -> tuple[Any, Any, Any]:
        """Return gradients of the input, None, and of the weights by name."""
        x, u, lam, h = cache
        W, nu, theta, gamma = self.params.values()
        g = self._in(dy, (*h.shape[:2], 2 * self.units))
        delta = reverse(lam.conj(), g[..., : self.units] + 1j * g[..., self.units :])
        dlam = (delta[1:] * h[:-1].conj()).sum(axis=(0, 1))  # ∂L/∂Re λ + i ∂L/∂Im λ
        dlog = dlam * lam.conj()  # with respect to −e^ν + i e^θ
        du = np.exp(gamma) * delta
        ds = np.concatenate([du.real, du.imag], axis=-1).reshape(-1, 2 * self.units)
        grads = {
            "W": x.reshape(-1, len(W)).T @ ds,
            "nu": -np.exp(nu) * dlog.real,
            "theta": np.exp(theta) * dlog.imag,
            "gamma": (du * u.conj()).sum(axis=(0, 1)).real,
        }
        return (ds @ W.T).reshape(x.shape).swapaxes(0, 1), None, grads


class Stack(Layer):
    """cell → ReLU layer → cell, as one layer; the next Dense reads the second cell."""

    name = "stack"

    def __init__(
        self, cell: Callable[..., Any], units: int, *, return_sequences: bool = False
    ) -> None:
        super().__init__()
        self.units = units
        self.layers = [
            cell(units, return_sequences=True),
            Dense(units, activation="relu"),
            cell(units, return_sequences=return_sequences),
        ]

    def build(self, input_size: Any, *, rng: np.random.Generator, dtype: Any) -> Any:
        """Draw the weights."""
        for k, layer in enumerate(self.layers):
            input_size = layer.build(input_size, rng=rng, dtype=dtype)
            self.params |= {f"{k}.{name}": value for name, value in layer.params.items()}
        return input_size

    def _forward(self, x: Any, call: Any) -> tuple[Any, Any, Any]:
        caches = []
        for layer in self.layers:
            x, _, cache = layer.forward(x)
            caches.append(cache)
        return x, None, caches

    def backward(self, dy: Any, cache: Any, dstate: Any = None) -> tuple[Any, Any, Any]:
        """Return gradients of the input, None, and of the weights by name."""
        grads: dict[str, np.ndarray] = {}
        for k in reversed(range(len(self.layers))):
            dy, _, part = self.layers[k].backward(dy, cache[k])
            grads |= {f"{k}.{name}": value for name, value in part.items()}
        return dy, None, grads


def stacked(cell: Callable[..., Layer], **settings: Any) -> Builder:
    """Return what builds a network of one size around two layers of this kind."""
    make = partial(cell, **settings)
    return memory_tasks.sized(partial(Stack, make))


def slow_gru(task: Task, rng: np.random.Generator) -> Sequential:
    """A GRU whose update gates start between 0.9 and 0.999."""
    model = memory_tasks.MODELS["gru"](task, rng)
    b = model.params["gru.b"][0]
    z = rng.uniform(*SLOW, len(b) // 3)
    b[: len(z)] = np.log(z / (1 - z))
    return model


MODELS: dict[str, Builder] = {
    "min_gru": stacked(MinGRU),
    "min_gru_slow": stacked(MinGRU, keep=SLOW),
    "lru": stacked(LRU, radius=SLOW),
    "lru_real": stacked(LRU, radius=SLOW, phase=0.0),  # λ starts real: no rotation
    "gru_slow": slow_gru,
}
