"""Training: mini-batches with validation and early stopping, and truncated BPTT."""

import copy
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rnnkit import losses
from rnnkit._tree import check_rows, take_rows
from rnnkit._validation import as_array, as_float, check_rng, positive
from rnnkit.layers import Mask, Rng, Sequential, States, Weights
from rnnkit.optimizers import Optimizer

__all__ = ["History", "Loss", "evaluate", "fit", "fit_truncated", "train_step", "windows"]

Loss = Callable[..., tuple[float, np.ndarray]]
History = dict[str, list[float]]


def train_step(
    model: Any, x: Any, y: ArrayLike, *, loss: Loss, optimizer: Optimizer, mask: Mask = None,
    state: States = None, rng: Rng = None, where: str = "this step",
) -> dict[str, Any]:  # fmt: skip
    """Forward, loss, backward, update: one step on one batch.

    Parameters
    ----------
    model : Sequential or EncoderDecoder
        The model; its weights are updated in place.
    x, y : array_like
        Inputs and targets of the batch; x is a pair for an EncoderDecoder.
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
        If a shape or type does not fit; nothing is changed then.
    """
    _check_means(loss, optimizer)
    with _all_or_nothing(rng):
        output, final, cache = model.forward(x, mask=mask, state=state, training=True, rng=rng)
        value, dy = loss(output, y, mask=cache.mask)
        _check_loss(value, "loss", where)
        _, _, grads = model.backward(dy, cache)
    for name, grad in grads.items():
        if not np.isfinite(grad).all():
            why = f"the gradient of {name} is not finite at {where}, though the loss is {value:.4g}"
            raise FloatingPointError(f"{why}: nan in the data, or it exploded; lower the rate.")
    norm = optimizer.update(model.params, grads)
    result = {"loss": value, "gradient_norm": norm, "state": final, "output": output}
    return result | {"output_mask": cache.mask}


def fit(
    model: Any, x: Any, y: ArrayLike, *, loss: Loss, optimizer: Optimizer, batch_size: int = 32,
    epochs: int = 1, mask: Mask = None, validation_data: tuple[Any, ...] | None = None,
    patience: int | None = None, shuffle: bool = True, rng: Rng = None, progress: bool = True,
) -> History:  # fmt: skip
    """Train on mini-batches.

    Parameters
    ----------
    model : Sequential or EncoderDecoder
        The model; its weights are updated in place.
    x, y : array_like
        Inputs and targets; the first axis runs over sequences.  For an EncoderDecoder x is the
        pair ``(source, target_in)``.
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
        ``accuracy`` are means over the epoch, while the weights were changing.  In them every
        valid position counts alike, so ``exp(loss)`` is a perplexity; Keras weights each
        batch's mean by its number of sequences, which differs under masks.

    Raises
    ------
    FloatingPointError
        If a loss (the validation loss, too) or a gradient stops being finite; the message
        names the step.
    ValueError
        If a shape, type or combination of arguments does not fit; nothing is changed then, nor
        has the generator moved.

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
    _check_means(loss, optimizer)
    data = _as_data(model, x, y, mask)
    n, size = len(data["y"]), positive(batch_size, "batch_size")
    positive(epochs, "epochs")
    if shuffle:
        check_rng(rng)
    if patience is not None:
        positive(patience, "patience")
        if validation_data is None:
            raise ValueError("patience needs validation_data: it watches the validation loss.")
    if not isinstance(validation_data, tuple | list | None) or len(validation_data or "xy") < 2:
        raise ValueError("validation_data must be (x, y) or (x, y, mask).")
    held_out = dict(zip(("x", "y", "mask"), validation_data or (), strict=False))
    history: History = {}
    best, best_epoch, best_params = np.inf, 0, {}
    bar = _bar(range(epochs), progress)
    with _all_or_nothing(rng, model, optimizer):
        for epoch in bar:
            order = rng.permutation(n) if shuffle and rng is not None else np.arange(n)
            parts = (take_rows(data, order[i : i + size]) for i in range(0, n, size))
            record = _run(model, parts, history, f"epoch {epoch + 1}, batch", loss, optimizer, rng)
            if held_out:
                found = evaluate(model, **held_out, loss=loss)
                _check_loss(found["loss"], "validation loss", f"epoch {epoch + 1}")
                record |= {f"val_{key}": value for key, value in found.items()}
            _append(history, record)
            if hasattr(bar, "set_postfix"):
                bar.set_postfix({key: f"{value:.3f}" for key, value in record.items()})
            if patience is not None:
                if record["val_loss"] < best:
                    best, best_epoch = record["val_loss"], epoch
                    best_params = {key: array.copy() for key, array in model.params.items()}
                elif epoch - best_epoch >= patience:
                    break
    Weights(model.params).update(best_params)
    return history


def fit_truncated(
    model: Sequential, x: ArrayLike, y: ArrayLike, *, loss: Loss, optimizer: Optimizer,
    window: int, epochs: int = 1, rng: Rng = None, progress: bool = True,
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
        B long sequences side by side, read from left to right; a single series of numbers s is
        ``s[np.newaxis, :, np.newaxis]``.
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
    _check_means(loss, optimizer)
    positive(window, "window")
    positive(epochs, "epochs")
    s, t, *_ = _as_data(model, as_array(x, "x"), y, None).values()
    if s.ndim < 2 or s.shape[:2] != t.shape[:2]:
        why = f"x and y must be (batch, time, …) and agree in these; got {s.shape} and {t.shape}"
        raise ValueError(f"{why}. A single series s is s[np.newaxis, :, np.newaxis].")
    history: History = {}
    parts = [slice(start, start + window) for start in range(0, s.shape[1], window)]
    with _all_or_nothing(rng, model, optimizer):
        for epoch in _bar(range(epochs), progress):
            cut = ({"x": s[:, part], "y": t[:, part]} for part in parts)
            where = f"epoch {epoch + 1}, window"
            record = _run(model, cut, history, where, loss, optimizer, rng, carry=True)
            _append(history, record)
    return history


def evaluate(
    model: Any, x: Any, y: ArrayLike, *, loss: Loss, mask: Mask = None, state: States = None,
    batch_size: int = 256,
) -> dict[str, float]:  # fmt: skip
    """Loss and accuracy over a whole set, without training.

    Every valid position counts alike, however the set is cut into batches; so
    ``exp(loss)`` is the perplexity of the set.  (Keras weights each batch's mean by its number
    of sequences; under masks that depends on the batches.)

    Parameters
    ----------
    model : Sequential or EncoderDecoder
        The model.
    x, y : array_like
        Inputs and targets, as for :func:`fit`.
    loss : callable
        One of :mod:`rnnkit.losses`.
    mask : array_like of bool, optional
        True where a step is valid.
    state : dict, optional
        Initial states, a row for each sequence.
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
    _check_means(loss)
    data = _as_data(model, x, y, mask, state)
    sums = []
    for start in range(0, len(data["y"]), positive(batch_size, "batch_size")):
        part = take_rows(data, slice(start, start + batch_size))
        target = part.pop("y")
        output, _, cache = model.forward(part.pop("x"), **part)
        value, _ = loss(output, target, mask=cache.mask)
        sums.append(_sums(value, output, target, cache.mask, loss))
    return _means(sums)


def windows(
    series: ArrayLike, length: int, *, horizon: int = 1, return_sequences: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    r"""Cut a series into all its windows, each with what comes ``horizon`` steps later.

    .. math:: x_i = (s_i, \dots, s_{i+L-1}), \qquad y_i = s_{i+L-1+k}

    Parameters
    ----------
    series : array_like, shape (N,) or (N, D)
        s, in the order of time; D is 1 for a series of single numbers.
    length : int
        L, steps in a window.
    horizon : int, optional
        k, how far ahead of its last step: 1 is the next one.
    return_sequences : bool, optional
        Whether y has a target for each step of the window, s_{i+t+k} for s_{i+t}.

    Returns
    -------
    x : ndarray, shape (N − L − k + 1, L, D)
        The windows.
    y : ndarray, shape (N − L − k + 1, D), or that of x
        The targets.

    Raises
    ------
    ValueError
        If the series is too short, or an argument does not fit.

    Examples
    --------
    >>> x, y = windows([10, 20, 30, 40, 50], 2, horizon=2)
    >>> x[..., 0].tolist(), y[:, 0].tolist()
    ([[10, 20], [20, 30]], [40, 50])
    """
    s = as_array(series, "series")
    s = s[:, np.newaxis] if s.ndim == 1 else s
    n = len(as_float(s, "series", s.dtype, "time, features", None, None))
    n -= positive(length, "length") + positive(horizon, "horizon") - 1
    if n < 1:
        raise ValueError(f"series needs length + horizon = {length + horizon} steps; got {len(s)}.")
    view = np.lib.stride_tricks.sliding_window_view(s, length, axis=0).transpose(0, 2, 1)
    y = view[horizon : horizon + n]
    return view[:n].copy(), (y if return_sequences else y[:, -1]).copy()


def _run(
    model: Any, parts: Iterable[dict[str, Any]], history: History, where: str, loss: Loss,
    optimizer: Optimizer, rng: Rng, *, carry: bool = False,
) -> dict[str, float]:  # fmt: skip
    """Train on each part once; return loss and accuracy over all of them."""
    sums, state = [], None
    for k, part in enumerate(parts):
        part |= {"loss": loss, "optimizer": optimizer, "rng": rng, "state": state}
        result = train_step(model, **part, where=f"{where} {k + 1}")
        state = result["state"] if carry else None
        value, output, mask = result["loss"], result["output"], result["output_mask"]
        sums.append(_sums(value, output, part["y"], mask, loss))
        _append(history, {"batch_loss": value, "gradient_norm": result["gradient_norm"]})
    return _means(sums)


def _append(history: History, record: dict[str, float]) -> None:
    for key, value in record.items():
        history.setdefault(key, []).append(value)


def _check_means(loss: Any, optimizer: Any = None) -> None:
    if not callable(loss) or isinstance(loss, type):
        raise ValueError(f"loss must be a function of rnnkit.losses; got {loss!r}.")
    if not isinstance(optimizer, Optimizer | None):
        raise ValueError(f"optimizer must be one of rnnkit.optimizers; got {optimizer!r}.")


def _check_loss(value: float, name: str, where: str) -> None:
    if not np.isfinite(value):
        raise FloatingPointError(
            f"the {name} is {value} at {where}. Look for nan or inf in the data, lower the "
            "learning rate, or clip the gradient."
        )


def _as_data(model: Any, x: Any, y: Any, mask: Any, state: Any = None) -> dict[str, Any]:
    """Return what a model is run on: arrays, and pairs or dicts of them, of equally many rows."""
    pair = isinstance(x, tuple) and not isinstance(model, Sequential)
    x = tuple(as_array(part, "x") for part in x) if pair else as_array(x, "x")
    given = {"x": x, "y": as_array(y, "y"), "mask": mask, "state": state}
    if check_rows(**given) == 0 or (not pair and x.size == 0):
        raise ValueError("x is empty: there is nothing to train on or to evaluate.")
    return given


@contextmanager
def _all_or_nothing(rng: Any, model: Any = None, optimizer: Any = None) -> Iterator[None]:
    """Undo all draws and the training so far if a ValueError ends it: a bad batch may come late."""
    draws = rng.bit_generator.state if isinstance(rng, np.random.Generator) else None
    before = None if model is None else copy.deepcopy((model.params, vars(optimizer)))
    try:
        yield
    except ValueError:
        if draws is not None:
            rng.bit_generator.state = draws
        if before is not None:
            Weights(model.params).update(before[0])
            vars(optimizer).update(before[1])
        raise


def _sums(value: float, output: np.ndarray, y: np.ndarray, mask: Any, loss: Loss) -> list[float]:
    """Return the number of valid positions, and the sums over them of loss and right answers."""
    valid = np.ones(output.shape[:-1], dtype=bool) if mask is None else mask
    right: Any = np.nan  # where there is no right and wrong
    if loss is losses.categorical_cross_entropy:
        right = np.sum((output.argmax(axis=-1) == y) & valid)
    elif loss is losses.binary_cross_entropy:
        right = np.sum(((output > 0) == (y > 0.5)).mean(axis=-1) * valid)
    return [int(valid.sum()), value * int(valid.sum()), float(right)]


def _means(sums: list[list[float]]) -> dict[str, float]:
    n, loss, right = map(sum, zip(*sums, strict=True))
    means = {"loss": loss / max(n, 1), "accuracy": right / max(n, 1)}
    return {key: value for key, value in means.items() if key == "loss" or value == value}


def _bar(steps: range, progress: bool) -> Any:
    """The steps with a progress bar around them, if one is wanted and to be had."""
    if progress:
        with suppress(ModuleNotFoundError):
            from tqdm import tqdm

            return tqdm(steps, unit="epoch", leave=False)
    return steps
