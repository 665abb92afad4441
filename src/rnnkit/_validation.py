"""Checks of what callers pass in.  Messages say what was expected, what came, and why."""

from numbers import Real
from typing import Any

import numpy as np

HINT = " A single sequence needs a leading batch axis: {0}[np.newaxis]."
HINTS = {
    "batch, time, units": " If only the last state has a gradient, pass it as dfinal_state.",
    "batch, time, features": " A recurrent layer before this one needs return_sequences=True; a "
    "series of single numbers needs an axis of features: {0}[..., np.newaxis]." + HINT,
}


def as_array(value: Any, name: str) -> np.ndarray:
    """Return ``value`` as a real numeric array, or raise ValueError."""
    try:
        array = np.asarray(value)
    except Exception as error:  # whatever the conversion of somebody's class may raise
        unequal = isinstance(value, list | tuple)
        why = "sequences of unequal length must be padded first" if unequal else error
        raise ValueError(
            f"{name} must be an array of numbers; could not convert: {why}."
        ) from error
    if np.ma.is_masked(value):  # np.asarray forgets the mask
        raise ValueError(f"{name} has masked entries: fill them, and say which by mask=.")
    if array.dtype.kind == "c":
        raise ValueError(f"{name} must be real; got dtype {array.dtype}.")
    if array.dtype.kind not in "fiub":
        item = next((x for x in array.flat if not isinstance(x, Real)), value)
        unequal = isinstance(item, list | tuple | np.ndarray)
        hint = " Sequences of unequal length must be padded first." if unequal else ""
        raise ValueError(
            f"{name} must be an array of numbers; got dtype {array.dtype} "
            f"({type(item).__name__}).{hint}"
        )
    return array


def as_dtype(dtype: Any) -> np.dtype:
    """Return a floating-point dtype, or raise ValueError."""
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = np.dtype(object)
    if found.kind != "f":
        raise ValueError(f"dtype must be a floating-point type, as np.float64; got {dtype!r}.")
    return found


def as_float(value: Any, name: str, dtype: Any, axes: str, *sizes: int | None) -> np.ndarray:
    """Return ``value`` as floats of the given dtype with one entry of ``sizes`` per axis.

    ``axes`` names the axes for the message; a size of None is free (but not zero).
    """
    array = as_array(value, name)
    if array.ndim != len(sizes):
        hint = HINTS.get(axes, HINT if axes.startswith("batch") else "")
        hint = hint.format(name) if array.ndim == len(sizes) - 1 else ""
        raise ValueError(f"{name} must have shape ({axes}); got {array.shape}.{hint}")
    if 0 in array.shape:
        raise ValueError(f"{name} must not be empty; got shape {array.shape} for ({axes}).")
    for axis, expected, got in zip(axes.split(", "), sizes, array.shape, strict=True):
        if expected is not None and got != expected:
            raise ValueError(
                f"{name} must have shape ({axes}) with {axis} = {expected}; got {array.shape}."
            )
    return array.astype(dtype, copy=False)


def as_mask(value: Any, batch: int, time: int) -> np.ndarray:
    """Return a Boolean mask of shape (batch, time), True where the step is valid."""
    mask = as_array(value, "mask")
    if mask.dtype != np.bool_:
        raise ValueError(
            f"mask must be Boolean, True where a step is valid; got dtype {mask.dtype}. "
            "Lengths become a mask by np.arange(time) < lengths[:, np.newaxis]."
        )
    if mask.shape != (batch, time):
        raise ValueError(
            f"mask must have shape (batch, time) = ({batch}, {time}); got {mask.shape}."
        )
    return mask


def as_state(value: Any, name: str, batch: int, units: int, dtype: Any) -> np.ndarray:
    """Return a state as floats of shape (batch, units)."""
    state = as_array(value, name)
    if state.shape != (batch, units):
        hint = "A state is one row of units for each sequence, h[:, -1] and not h."
        if state.shape[1:] == (units,):
            hint = "A state carried from another batch must have as many rows as this one."
        raise ValueError(
            f"{name} must have shape (batch, units) = ({batch}, {units}); got {state.shape}. {hint}"
        )
    return state.astype(dtype, copy=False)


def as_labels(value: Any, shape: tuple[int, ...], classes: int) -> np.ndarray:
    """Return integer class labels of the given shape, each in 0 … classes − 1."""
    labels = as_array(value, "labels")
    if labels.dtype.kind not in "iu":
        raise ValueError(
            f"labels must be integers, one class number each; got dtype {labels.dtype}. "
            "One-hot rows become labels by one_hot.argmax(axis=-1)."
        )
    if labels.shape != shape:
        raise ValueError(f"labels must have shape {shape}; got {labels.shape}.")
    if labels.size and (labels.min() < 0 or labels.max() >= classes):
        raise ValueError(
            f"labels must lie in 0 … {classes - 1}, one for each of the {classes} logits; "
            f"got values from {labels.min()} to {labels.max()}."
        )
    return labels


def check_cache(cache: Any, kind: type) -> None:
    """Raise ValueError unless the cache is one of this kind."""
    if not isinstance(cache, kind):
        got = type(cache)
        raise ValueError(
            f"cache must be the {kind.__module__}.{kind.__qualname__} that came with the outputs; "
            f"got {got.__module__}.{got.__qualname__}. The gradient comes first, then the cache."
        )


def check_rng(rng: Any) -> np.random.Generator:
    """Return ``rng`` if it is a Generator, or raise ValueError."""
    if not isinstance(rng, np.random.Generator):
        raise ValueError(
            "rng must be a numpy.random.Generator, for instance np.random.default_rng(0); "
            f"got {type(rng).__name__}."
        )
    return rng


def positive(value: Any, name: str) -> int:
    """Return ``value`` if it is a positive whole number, or raise ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{name} must be a positive whole number; got {value!r}.")
    return int(value)


def positive_number(value: Any, name: str) -> float:
    """Return ``value`` as a float if it is a number above 0, or raise ValueError."""
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < float(value) < np.inf:
        raise ValueError(f"{name} must be a positive number; got {value!r}.")
    return float(value)


def fraction(value: Any, name: str) -> float:
    """Return ``value`` as a float if it is a number from 0 up to but not 1, or raise ValueError."""
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= float(value) < 1:
        raise ValueError(f"{name} must be at least 0 and below 1; got {value!r}.")
    return float(value)  # a NumPy float64 would make float32 inputs float64
