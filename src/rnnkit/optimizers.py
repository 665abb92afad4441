r"""Optimizers: from a gradient to an update, by Keras's rules and with its names.

One of the three kinds of clipping (:mod:`rnnkit.clipping`) can be switched on by
Keras's argument: ``clipvalue``, ``clipnorm`` or ``global_clipnorm``.

One difference: Keras passes the gradient of an ``Embedding`` on as the rows that occurred, and
its RMSprop, Adam and ``clipnorm`` treat these otherwise than the whole table that is used here.
With an Embedding the weights therefore part from Keras's; with plain SGD they agree.
"""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from rnnkit import clipping
from rnnkit._tree import check_pair
from rnnkit._validation import fraction, positive_number

__all__ = ["SGD", "Adam", "Optimizer", "RMSprop"]


CLIPPING = {"clipvalue": "by_value", "clipnorm": "by_norm", "global_clipnorm": "by_global_norm"}


class Optimizer(ABC):
    """What the optimizers share: checks, clipping, and a memory for each array.

    Parameters
    ----------
    learning_rate : float
        η > 0; may be changed between updates.
    clipvalue, clipnorm, global_clipnorm : float, optional
        Limit for one kind of clipping; at most one may be given.

    Raises
    ------
    ValueError
        If a number is out of range or more than one limit is given.
    """

    slots: tuple[str, ...] = ()  # arrays remembered for each parameter

    def __init__(self, learning_rate: float, **limits: float | None) -> None:
        given = {k: positive_number(v, k) for k, v in limits.items() if v is not None}
        if len(given) > 1 or not limits.keys() <= CLIPPING.keys():
            why = f"at most one kind of clipping can be used; got {sorted(limits)}"
            raise ValueError(f"{why}, where {[*CLIPPING]} are known.")
        self.learning_rate = positive_number(learning_rate, "learning_rate")
        self.clipping = given
        self.iterations = 0
        self.memory: dict[str, dict[str, np.ndarray]] = {}

    def update(self, params: Any, grads: Any) -> float:
        """Move the parameters one step, in place.

        Parameters
        ----------
        params : NamedTuple or dict of ndarray
            Parameters; their arrays are changed in place.
        grads : same type as params
            Gradients; left as they are.

        Returns
        -------
        float
            Global norm of the gradient before clipping.

        Raises
        ------
        ValueError
            If names or shapes differ, an array is read-only, or the learning rate is no
            positive number or 0; nothing is changed then.
        """
        p, g = check_pair(params, grads)
        if self.learning_rate != 0:
            positive_number(self.learning_rate, "learning_rate")
        seen = {key: slot.shape for key, slots in self.memory.items() for slot in slots.values()}
        if seen and seen != {key: array.shape for key, array in p.items()}:
            why = f"this optimizer has been used for other parameters, of the shapes {seen}"
            raise ValueError(f"{why}; make a new one for each model.")
        norm = clipping.global_norm(g)
        for name, limit in self.clipping.items():
            g = getattr(clipping, CLIPPING[name])(g, limit)
        self.iterations += 1
        with np.errstate(all="ignore"):  # an error half-way would leave a half-made step
            for key, array in p.items():
                new = {slot: np.zeros_like(array) for slot in self.slots}
                array -= self._step(g[key], self.memory.setdefault(key, new))
        return norm

    @abstractmethod
    def _step(self, g: np.ndarray, slots: dict[str, np.ndarray]) -> np.ndarray:
        """What to subtract from one parameter; updates its slots."""


class SGD(Optimizer):
    r"""Stochastic gradient descent, with momentum if wanted.

    .. math:: m \leftarrow \mu m + \eta g, \qquad \theta \leftarrow \theta - m

    Parameters
    ----------
    learning_rate : float, optional
        η.
    momentum : float, optional
        μ, 0 ≤ μ < 1.
    **limits : float
        ``clipvalue``, ``clipnorm`` or ``global_clipnorm``.

    Raises
    ------
    ValueError
        If a number is out of range or more than one limit is given.

    Examples
    --------
    >>> w = {"w": np.array([1.0])}
    >>> SGD(0.1).update(w, {"w": np.array([2.0])})
    2.0
    >>> w["w"]
    array([0.8])
    """

    slots = ("momentum",)

    def __init__(
        self, learning_rate: float = 0.01, *, momentum: float = 0.0, **limits: float | None
    ) -> None:
        super().__init__(learning_rate, **limits)
        self.momentum = fraction(momentum, "momentum")

    def _step(self, g: np.ndarray, slots: dict[str, np.ndarray]) -> np.ndarray:
        m = slots["momentum"]
        m *= self.momentum
        m += self.learning_rate * g
        return m


class RMSprop(Optimizer):
    r"""Gradients divided by a running root mean square.

    .. math:: v \leftarrow \rho v + (1-\rho) g^2, \qquad
        \theta \leftarrow \theta - \frac{\eta g}{\sqrt{v + \epsilon}}

    ε stands inside the root, as in Keras (many texts have it outside).

    Parameters
    ----------
    learning_rate : float, optional
        η.
    rho : float, optional
        ρ, 0 ≤ ρ < 1.
    epsilon : float, optional
        ε.
    **limits : float
        ``clipvalue``, ``clipnorm`` or ``global_clipnorm``.

    Raises
    ------
    ValueError
        If a number is out of range or more than one limit is given.

    References
    ----------
    Tijmen Tieleman, Geoffrey Hinton, *Neural Networks for Machine Learning*, lecture 6.5, 2012.

    Examples
    --------
    >>> w = {"w": np.array([1.0])}
    >>> _ = RMSprop(0.1, rho=0.75).update(w, {"w": np.array([2.0])})
    >>> w["w"].round(4)
    array([0.8])
    """

    slots = ("mean_square",)

    def __init__(
        self, learning_rate: float = 1e-3, *, rho: float = 0.9, epsilon: float = 1e-7, **limits: Any
    ) -> None:
        super().__init__(learning_rate, **limits)
        self.rho, self.epsilon = fraction(rho, "rho"), positive_number(epsilon, "epsilon")

    def _step(self, g: np.ndarray, slots: dict[str, np.ndarray]) -> np.ndarray:
        v = slots["mean_square"]
        v += (1.0 - self.rho) * (g * g - v)
        return self.learning_rate * g / np.sqrt(v + self.epsilon)


class Adam(Optimizer):
    r"""Momentum and RMS scaling, both corrected for their start at zero.

    .. math::

        m \leftarrow \beta_1 m + (1-\beta_1) g, \quad
        v \leftarrow \beta_2 v + (1-\beta_2) g^2, \quad
        \theta \leftarrow \theta - \eta \frac{\sqrt{1-\beta_2^k}}{1-\beta_1^k}
            \frac{m}{\sqrt v + \epsilon}

    k counts the updates.  The correction of v is folded into the rate, as at the end of
    section 2 of the paper and in Keras, so ε acts before it.

    Parameters
    ----------
    learning_rate : float, optional
        η.
    beta_1, beta_2 : float, optional
        β₁, β₂, at least 0 and below 1.
    epsilon : float, optional
        ε.
    **limits : float
        ``clipvalue``, ``clipnorm`` or ``global_clipnorm``.

    Raises
    ------
    ValueError
        If a number is out of range or more than one limit is given.

    References
    ----------
    D. P. Kingma, J. Ba, *Adam: a method for stochastic optimization*, ICLR 2015,
    arXiv:1412.6980.

    Examples
    --------
    >>> w = {"w": np.array([1.0])}
    >>> _ = Adam(0.1).update(w, {"w": np.array([2.0])})
    >>> w["w"].round(4)  # the first step is about the learning rate, whatever g is
    array([0.9])
    """

    slots = ("mean", "mean_square")

    def __init__(
        self, learning_rate: float = 0.001, *, beta_1: float = 0.9, beta_2: float = 0.999,
        epsilon: float = 1e-7, **limits: float | None,
    ) -> None:  # fmt: skip
        super().__init__(learning_rate, **limits)
        self.beta_1, self.beta_2 = fraction(beta_1, "beta_1"), fraction(beta_2, "beta_2")
        self.epsilon = positive_number(epsilon, "epsilon")

    def _step(self, g: np.ndarray, slots: dict[str, np.ndarray]) -> np.ndarray:
        m, v = slots["mean"], slots["mean_square"]
        m += (1.0 - self.beta_1) * (g - m)
        v += (1.0 - self.beta_2) * (g * g - v)
        k = self.iterations
        rate = self.learning_rate * (1.0 - self.beta_2**k) ** 0.5 / (1.0 - self.beta_1**k)
        return rate * m / (np.sqrt(v) + self.epsilon)
