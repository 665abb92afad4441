"""Training: mini-batches with validation and early stopping, and truncated BPTT."""

import copy
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rnnkit import losses
from rnnkit._validation import as_array, check_rng, check_rows, positive
from rnnkit.layers import Sequential
from rnnkit.optimizers import Optimizer

__all__ = ["History", "Loss", "evaluate", "fit", "fit_truncated", "train_step"]

Loss = Callable[..., tuple[float, np.ndarray]]
History = dict[str, list[float]]


def train_step(
    model: Sequential, x: ArrayLike, y: ArrayLike, *, loss: Loss, optimizer: Optimizer,
    mask: ArrayLike | None = None, state: dict[str, Any] | None = None,
    rng: np.random.Generator | None = None, where: str = "this step",
) -> dict[str, Any]:  # fmt: skip
    """Forward, loss, backward, update: one step on one batch.

    Parameters
    ----------
    model : Sequential
        The model; its weights are updated in place.
    x, y : array_like
        Inputs and targets of the batch.
    loss : callable
        One of :mod:`rnnkit.losses`.
    optimizer : Optimizer
        Makes the update.
    mask : array_like of bool, shape (B, T), optional
        True where a step is valid.
    state : dict of ndarray, optional
        Initial states.  No gradient flows out of the batch through them.
    rng : numpy.random.Generator, optional
        For Dropout.
    where : str, optional
        Names the step in error messages.

    Returns
    -------
    dict
        ``loss``, ``gradient_norm`` (before clipping), ``state`` (final states), ``output``,
        and ``output_mask``.

    Raises
    ------
    FloatingPointError
        If the loss or the gradient is not finite; the weights are then left as they were.
    ValueError
        If a shape or type does not fit.
    """
    output, final_state, cache = model.forward(x, mask=mask, state=state, training=True, rng=rng)
    value, dy = loss(output, y, mask=cache.mask)
    if not np.isfinite(value):
        raise FloatingPointError(
            f"the loss is {value} at {where}. Look for nan or inf in the data, lower the "
            "learning rate, or clip the gradient."
        )
    _, _, grads = model.backward(dy, cache)
    for name, grad in grads.items():
        if not np.isfinite(grad).all():
            raise FloatingPointError(
                f"the gradient of {name} is not finite at {where}, though the loss is {value:.4g}: "
                "it has exploded, or the data hold nan or inf. Clipping cannot mend that; lower "
                "the learning rate or shorten the sequences."
            )
    norm = optimizer.update(model.params, grads)
    return {
        "loss": value,
        "gradient_norm": norm,
        "state": final_state,
        "output": output,
        "output_mask": cache.mask,
    }


def fit(
    model: Sequential, x: ArrayLike, y: ArrayLike, *, loss: Loss, optimizer: Optimizer,
    batch_size: int = 32, epochs: int = 1, mask: ArrayLike | None = None,
    validation_data: tuple[Any, ...] | None = None, patience: int | None = None,
    shuffle: bool = True, rng: np.random.Generator | None = None, progress: bool = True,
) -> History:  # fmt: skip
    """Train on mini-batches.

    Parameters
    ----------
    model : Sequential
        The model; its weights are updated in place.
    x, y : array_like
        Inputs and targets; the first axis runs over sequences.
    loss : callable
        One of :mod:`rnnkit.losses`.
    optimizer : Optimizer
        Makes the updates.
    batch_size : int, optional
        Sequences in a batch; the last one of an epoch may be smaller.
    epochs : int, optional
        Passes over the data.
    mask : array_like of bool, shape (N, T), optional
        True where a step is valid.
    validation_data : tuple, optional
        ``(x, y)`` or ``(x, y, mask)``, evaluated after each epoch.
    patience : int, optional
        Stop after this many epochs without a lower validation loss, and put the weights
        of the best epoch back.
    shuffle : bool, optional
        Whether each epoch draws a new order.
    rng : numpy.random.Generator, optional
        Needed to shuffle and for Dropout.
    progress : bool, optional
        Whether to show a bar (if tqdm is installed; ``TQDM_DISABLE=1`` switches it off).

    Returns
    -------
    dict of list
        ``batch_loss`` and ``gradient_norm`` for each batch; ``loss``, ``val_loss`` and, for
        cross-entropies, ``accuracy``, ``val_accuracy`` for each epoch.  ``loss`` and
        ``accuracy`` are means over the epoch, while the weights were changing.

    Raises
    ------
    FloatingPointError
        If the loss or the gradient stops being finite; the message names the step.
    ValueError
        If a shape, type or combination of arguments does not fit; nothing is changed then.

    Examples
    --------
    >>> from rnnkit import losses, optimizers
    >>> from rnnkit.layers import Dense, SimpleRNN
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((64, 5, 1))
    >>> y = (x[:, 0, 0] > 0).astype(int)  # the sign of the first step
    >>> model = Sequential([SimpleRNN(8), Dense(2)], input_size=1, rng=rng)
    >>> history = fit(model, x, y, loss=losses.categorical_cross_entropy,
    ...               optimizer=optimizers.Adam(0.01), epochs=30, rng=rng, progress=False)
    >>> history["loss"][-1] < 0.5 * history["loss"][0]
    True
    """
    x, y = as_array(x, "x"), as_array(y, "y")
    mask = None if mask is None else as_array(mask, "mask")
    check_rows(x=x, y=y, mask=mask)
    positive(batch_size, "batch_size")
    positive(epochs, "epochs")
    if x.size == 0:
        raise ValueError(f"x is empty, of shape {x.shape}: there is nothing to train on.")
    if shuffle:
        check_rng(rng)
    if patience is not None:
        positive(patience, "patience")
        if validation_data is None:
            raise ValueError("patience needs validation_data: it watches the validation loss.")
    history: History = {"batch_loss": [], "gradient_norm": [], "loss": []}
    best, best_epoch, best_params = np.inf, 0, {}
    bar = _bar(range(epochs), progress)
    with _all_or_nothing(model, optimizer):
        for epoch in bar:
            order = rng.permutation(len(x)) if shuffle and rng is not None else np.arange(len(x))
            totals = _Totals()
            for batch, start in enumerate(range(0, len(x), batch_size)):
                rows = order[start : start + batch_size]
                result = train_step(
                    model, x[rows], y[rows], loss=loss, optimizer=optimizer, rng=rng,
                    mask=None if mask is None else mask[rows],
                    where=f"epoch {epoch + 1}, batch {batch + 1}",
                )  # fmt: skip
                totals.add(result["loss"], result["output"], y[rows], result["output_mask"], loss)
                history["batch_loss"].append(result["loss"])
                history["gradient_norm"].append(result["gradient_norm"])
            record = totals.means()
            if validation_data is not None:
                x_val, y_val, *rest = validation_data
                on_validation = evaluate(
                    model, x_val, y_val, loss=loss, mask=rest[0] if rest else None
                )
                record |= {f"val_{key}": value for key, value in on_validation.items()}
            for key, value in record.items():
                history.setdefault(key, []).append(value)
            if hasattr(bar, "set_postfix"):
                bar.set_postfix({key: f"{value:.3f}" for key, value in record.items()})
            if patience is not None:
                if record["val_loss"] < best:
                    best, best_epoch = record["val_loss"], epoch
                    best_params = {key: array.copy() for key, array in model.params.items()}
                elif epoch - best_epoch >= patience:
                    break
    for key, array in best_params.items():
        model.params[key][...] = array
    return history


def fit_truncated(
    model: Sequential, x: ArrayLike, y: ArrayLike, *, loss: Loss, optimizer: Optimizer,
    window: int, epochs: int = 1, rng: np.random.Generator | None = None, progress: bool = True,
) -> History:  # fmt: skip
    r"""Train on long sequences by truncated BPTT.

    The sequences are cut into windows of ``window`` steps.  The state is carried from one
    window to the next, the gradient is not: it reaches back to the window's first step.

    .. math:: h_0^{(k+1)} = h_T^{(k)}, \qquad
        \frac{\partial L^{(k+1)}}{\partial h_T^{(k)}} \text{ is dropped}

    Parameters
    ----------
    model : Sequential
        The model; its last layer gives an output at every step.
    x : array_like, shape (B, N, …)
        B long sequences side by side, read from left to right.
    y : array_like, shape (B, N, …)
        A target for every step.
    loss, optimizer, epochs, rng, progress
        As for :func:`fit`.
    window : int
        Steps in a window; the last one may be shorter.

    Returns
    -------
    dict of list
        ``batch_loss`` and ``gradient_norm`` for each window, ``loss`` and, for
        cross-entropies, ``accuracy`` for each epoch.

    Raises
    ------
    FloatingPointError
        If the loss or the gradient stops being finite; the message names the step.
    ValueError
        If a shape or type does not fit; nothing is changed then.

    References
    ----------
    R. J. Williams, J. Peng, *An efficient gradient-based algorithm for on-line training
    of recurrent network trajectories*, Neural Computation 2 (1990) 490–501.

    Examples
    --------
    >>> from rnnkit import losses, optimizers
    >>> from rnnkit.layers import Dense, SimpleRNN
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((4, 100, 1))
    >>> model = Sequential([SimpleRNN(8, return_sequences=True), Dense(1)],
    ...                    input_size=1, rng=rng)
    >>> history = fit_truncated(model, x, x, loss=losses.mean_squared_error,
    ...                         optimizer=optimizers.Adam(0.01), window=25, progress=False)
    >>> len(history["batch_loss"])
    4
    """
    x, y = as_array(x, "x"), as_array(y, "y")
    positive(window, "window")
    positive(epochs, "epochs")
    if x.ndim < 2 or x.shape[:2] != y.shape[:2]:
        raise ValueError(f"x and y must agree in (batch, time); got {x.shape} and {y.shape}.")
    if x.size == 0:
        raise ValueError(f"x is empty, of shape {x.shape}: there is nothing to train on.")
    history: History = {"batch_loss": [], "gradient_norm": [], "loss": []}
    starts = range(0, x.shape[1], window)
    with _all_or_nothing(model, optimizer):
        for epoch in _bar(range(epochs), progress):
            state: dict[str, Any] = {}
            totals = _Totals()
            for k, start in enumerate(starts):
                part = slice(start, start + window)
                result = train_step(
                    model, x[:, part], y[:, part], loss=loss, optimizer=optimizer, state=state,
                    rng=rng, where=f"epoch {epoch + 1}, window {k + 1}",
                )  # fmt: skip
                state, output = result["state"], result["output"]
                totals.add(result["loss"], output, y[:, part], result["output_mask"], loss)
                history["batch_loss"].append(result["loss"])
                history["gradient_norm"].append(result["gradient_norm"])
            for key, value in totals.means().items():
                history.setdefault(key, []).append(value)
    return history


def evaluate(
    model: Sequential, x: ArrayLike, y: ArrayLike, *, loss: Loss, mask: ArrayLike | None = None,
    batch_size: int = 256,
) -> dict[str, float]:  # fmt: skip
    """Loss and accuracy over a whole set, without training.

    Every valid position counts alike, however the set is cut into batches; so
    ``exp(loss)`` is the perplexity of the set.

    Parameters
    ----------
    model : Sequential
        The model.
    x, y : array_like
        Inputs and targets.
    loss : callable
        One of :mod:`rnnkit.losses`.
    mask : array_like of bool, optional
        True where a step is valid.
    batch_size : int, optional
        Sequences at a time.

    Returns
    -------
    dict
        ``loss`` and, for cross-entropies, ``accuracy``.

    Raises
    ------
    ValueError
        If a shape or type does not fit.
    """
    x, y = as_array(x, "x"), as_array(y, "y")
    mask = None if mask is None else as_array(mask, "mask")
    check_rows(x=x, y=y, mask=mask)
    totals = _Totals()
    for start in range(0, max(len(x), 1), positive(batch_size, "batch_size")):
        part = slice(start, start + batch_size)
        output, _, cache = model.forward(x[part], mask=None if mask is None else mask[part])
        value, _ = loss(output, y[part], mask=cache.mask)
        totals.add(value, output, y[part], cache.mask, loss)
    return totals.means()


@contextmanager
def _all_or_nothing(model: Sequential, optimizer: Optimizer) -> Iterator[None]:
    """Undo the training so far if a ValueError ends it: a bad batch may come late."""
    weights, memory = copy.deepcopy(model.params), copy.deepcopy(optimizer.memory)
    iterations = optimizer.iterations
    try:
        yield
    except ValueError:
        for key, array in model.params.items():
            array[...] = weights[key]
        optimizer.memory, optimizer.iterations = memory, iterations
        raise


class _Totals:
    """Sums over batches, weighted by the number of valid positions."""

    def __init__(self) -> None:
        self.positions = 0
        self.loss = 0.0
        self.correct: float | None = None

    def add(
        self, value: float, output: np.ndarray, y: np.ndarray, mask: np.ndarray | None, loss: Loss
    ) -> None:
        valid = np.ones(output.shape[:-1], dtype=bool) if mask is None else mask
        self.positions += int(valid.sum())
        self.loss += value * int(valid.sum())
        if loss is losses.categorical_cross_entropy:
            right = output.argmax(axis=-1) == y
        elif loss is losses.binary_cross_entropy:
            right = ((output > 0) == (y > 0.5)).mean(axis=-1)
        else:
            return
        self.correct = (self.correct or 0.0) + float((right * valid).sum())

    def means(self) -> dict[str, float]:
        n = max(self.positions, 1)
        means = {"loss": self.loss / n}
        if self.correct is not None:
            means["accuracy"] = self.correct / n
        return means


def _bar(steps: range, progress: bool) -> Any:
    """The steps with a progress bar around them, if one is wanted and to be had."""
    if not progress:
        return steps
    try:
        from tqdm import tqdm
    except ModuleNotFoundError:
        return steps
    bar: Iterable[int] = tqdm(steps, unit="epoch", leave=False)
    return bar
