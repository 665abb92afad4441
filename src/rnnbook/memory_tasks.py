"""Three memory tasks, networks of one size for them, and how they are trained.

Chapters 8.1 to 8.3 share the tasks and the budget: weights, updates, sequences. A model is a
function of a task and a generator that returns a network; `sized` makes one of a layer:

    build = sized(Mine)  # Mine(units, return_sequences=…), a layer of rnnkit
    model, curve, accuracy = train(build, TASKS["adding"], 30, 0, rate=0.01)
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from rnnkit import losses, optimizers
from rnnkit.layers import GRU, LSTM, Dense, Sequential, SimpleRNN

__all__ = [
    "BATCH", "COPIED", "MODELS", "PARAMETERS", "SYMBOLS", "TASKS", "UPDATES", "Builder", "Task",
    "adding", "copy", "count", "irnn", "order", "sized", "train",
]  # fmt: skip

PARAMETERS = 2500
UPDATES, BATCH, CHECKPOINTS, TESTS = 2000, 32, 20, 512
SYMBOLS, COPIED = 8, 5  # of the copy task


class Task(NamedTuple):
    """A task: how to draw it, its loss, and what a network that remembers nothing gets."""

    features: int
    outputs: int
    sequences: bool  # whether the network answers at every step
    draw: Callable[..., tuple[np.ndarray, np.ndarray]]  # (rng, lag, batch) to (x, target)
    loss: Callable[[np.ndarray, np.ndarray], tuple[float, np.ndarray]]
    accuracy: Callable[[np.ndarray, np.ndarray], float]
    trivial_loss: float
    trivial_accuracy: float


def adding(
    rng: np.random.Generator, lag: int, batch: int, dtype: DTypeLike = np.float32
) -> tuple[np.ndarray, np.ndarray]:
    """Values in [0, 1], two of them marked, one in each half of `lag` steps: their sum.

    After Hochreiter and Schmidhuber (1997), in the form of Arjovsky et al. (2016).
    """
    x = np.zeros((batch, lag, 2), dtype=dtype)
    x[:, :, 0] = rng.random((batch, lag))
    rows, half = np.arange(batch), lag // 2
    for marked in (rng.integers(0, half, batch), rng.integers(half, lag, batch)):
        x[rows, marked, 1] = 1
    return x, (x[:, :, 0] * x[:, :, 1]).sum(axis=1, keepdims=True)


def copy(
    rng: np.random.Generator, lag: int, batch: int, dtype: DTypeLike = np.float32
) -> tuple[np.ndarray, np.ndarray]:
    """COPIED symbols out of SYMBOLS, `lag` blanks with a signal at the end, then say them again.

    After Arjovsky et al. (2016), who copy 10 symbols; here the loss counts the answers only.
    The inputs are one-hot: the symbols, the blank, the signal.
    """
    target = rng.integers(0, SYMBOLS, (batch, COPIED))
    symbol = np.full((batch, 2 * COPIED + lag), SYMBOLS)
    symbol[:, :COPIED] = target
    symbol[:, COPIED + lag - 1] = SYMBOLS + 1
    return np.eye(SYMBOLS + 2, dtype=dtype)[symbol], target


def order(
    rng: np.random.Generator, lag: int, batch: int, dtype: DTypeLike = np.float32
) -> tuple[np.ndarray, np.ndarray]:
    """X or Y, twice, among a, b, c, d in `lag` steps: name the pair, XX, XY, YX or YY.

    Experiment 6a of Hochreiter and Schmidhuber (1997), positions scaled with the length:
    the first between 1/10 and 2/10 of it, the second between 5/10 and 6/10. One-hot inputs:
    a, b, c, d, X, Y, the start sign E, the end sign B.
    """
    symbol = rng.integers(0, 4, (batch, lag))
    symbol[:, 0], symbol[:, -1] = 6, 7
    pair = rng.integers(0, 2, (2, batch))
    for which, low, high in ((pair[0], 1, 2), (pair[1], 5, 6)):
        position = rng.integers(low * lag // 10, high * lag // 10 + 1, batch)
        symbol[np.arange(batch), position] = 4 + which
    return np.eye(8, dtype=dtype)[symbol], 2 * pair[0] + pair[1]


def _copy_loss(y: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray]:
    answers = y[:, -COPIED:]
    dy = np.zeros_like(y)
    loss, dy[:, -COPIED:] = losses.categorical_cross_entropy(answers, target)
    return loss, dy


TASKS = {
    # |error| < 0.08 is 1997's criterion of 0.04: its target is half of the sum.
    "adding": Task(2, 1, False, adding, losses.mean_squared_error,
                   lambda y, target: float(np.mean(np.abs(y - target) < 0.08)),
                   1 / 6, 1 - 0.92**2),
    "copy": Task(SYMBOLS + 2, SYMBOLS, True, copy, _copy_loss,
                 lambda y, target: float(np.mean(y[:, -COPIED:].argmax(-1) == target)),
                 np.log(SYMBOLS), 1 / SYMBOLS),
    "order": Task(8, 4, False, order, losses.categorical_cross_entropy,
                  lambda y, target: float(np.mean(y.argmax(-1) == target)), np.log(4), 1 / 4),
}  # fmt: skip

Builder = Callable[[Task, np.random.Generator], Sequential]


def sized(layer: Callable[..., Any], *, parameters: int = PARAMETERS) -> Builder:
    """Return a function that builds layer(units) and a Dense with about `parameters` weights."""

    def with_units(task: Task, rng: np.random.Generator, units: int) -> Sequential:
        layers = [layer(units, return_sequences=task.sequences), Dense(task.outputs)]
        return Sequential(layers, input_size=task.features, rng=rng, dtype=np.float32)

    def build(task: Task, rng: np.random.Generator) -> Sequential:
        def distance(units: int) -> int:
            return abs(count(with_units(task, np.random.default_rng(0), units)) - parameters)

        units = 2
        while distance(units + 1) < distance(units):
            units += 1
        return with_units(task, rng, units)

    return build


def count(model: Sequential) -> int:
    """Return the number of weights."""
    return sum(array.size for array in model.params.values())


def irnn(task: Task, rng: np.random.Generator) -> Sequential:
    """ReLU units that start with the identity as W_h (Le, Jaitly and Hinton, 2015)."""
    model = sized(partial(SimpleRNN, activation="relu"))(task, rng)
    W_h = model.params["simple_rnn.W_h"]
    W_h[...] = np.eye(len(W_h))
    return model


MODELS: dict[str, Builder] = {
    "rnn": sized(SimpleRNN),
    "irnn": irnn,
    "lstm": sized(LSTM),
    "gru": sized(GRU),
    "lstm_bias_0": sized(partial(LSTM, unit_forget_bias=False)),
}


def train(
    build: Builder, task: Task, lag: int, seed: int, *,
    rate: float, updates: int = UPDATES, tests: int = 20_000,
) -> tuple[Sequential, list[float], float]:  # fmt: skip
    """Train one network on fresh sequences; return it, its curve and its last accuracy.

    The sequences depend on the seed alone, those of the test on `tests` and the lag: all models
    see the same ones. The curve has the test loss at the end of each twentieth of the updates,
    divided by the loss of the best constant answer: 1 means nothing learned, 0 means solved,
    infinity that the training diverged.
    """
    model = build(task, np.random.default_rng(seed))
    data = np.random.default_rng([seed, lag])
    x_test, t_test = task.draw(np.random.default_rng(tests + lag), lag, TESTS)
    adam = optimizers.Adam(rate, global_clipnorm=1.0)
    curve: list[float] = []
    accuracy = 0.0
    for update in range(1, updates + 1):
        x, target = task.draw(data, lag, BATCH)
        y, _, cache = model.forward(x)
        loss, dy = task.loss(y, target)
        if not np.isfinite(loss):  # diverged: no more rows to learn from
            break
        adam.update(model.params, model.backward(dy, cache)[2])
        if update % (updates // CHECKPOINTS) == 0:
            y = model.predict(x_test, batch_size=TESTS)
            curve.append(task.loss(y, t_test)[0] / task.trivial_loss)
            accuracy = float(task.accuracy(y, t_test))
    if len(curve) < CHECKPOINTS or not np.isfinite(curve[-1]):
        accuracy = 0.0
    return model, curve + [float("inf")] * (CHECKPOINTS - len(curve)), accuracy
