"""Weights to and from a file.

The format is NumPy's ``.npz`` with one array for each weight and no pickle, so a file
from a stranger can at worst be wrong; it cannot run code.
"""

import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from rnnkit.layers import Weights

__all__ = ["load_weights", "save_weights"]


def save_weights(model: Any, path: str | os.PathLike[str]) -> None:
    """Write all weights of a model to a file.

    The file appears complete or not at all: it is written beside its place and then moved.

    Weights are all it holds.  What an optimizer remembers is not saved: training that goes on
    from a file with a new optimizer takes another path than training that was not interrupted.
    To go on as if nothing had happened, pickle ``(model, optimizer, rng)`` (and never load a
    pickle from a stranger).

    Parameters
    ----------
    model : Sequential or EncoderDecoder
        The model.
    path : path-like
        Where to; ``.npz`` is the usual ending.

    Raises
    ------
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from rnnkit.layers import Dense, Sequential
    >>> model = Sequential([Dense(2)], input_size=3, rng=np.random.default_rng(0))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_weights(model, Path(folder) / "weights.npz")
    ...     load_weights(model, Path(folder) / "weights.npz")
    """
    path = Path(path)
    part = path.with_name(f"{path.name}.{os.urandom(4).hex()}.part")
    try:
        with part.open("xb") as file:
            np.savez(file, **model.params)
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def load_weights(model: Any, path: str | os.PathLike[str]) -> None:
    """Read weights into a model of the same architecture.

    Names are checked before anything is read, and everything before anything is changed.

    Parameters
    ----------
    model : Sequential or EncoderDecoder
        The model whose weights are replaced, in place.
    path : path-like
        A file of :func:`save_weights`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged, truncated, no weights file, or of another architecture.
    """
    params, loaded = model.params, {}
    try:
        # Opened here: np.load leaves a damaged archive open, which locks it on Windows.
        with Path(path).open("rb") as handle:
            if not zipfile.is_zipfile(handle):
                raise ValueError("it is no .npz archive")
            file: Any = np.load(handle)
            names = sorted(file.files)
            for name in names if names == sorted(params) else []:
                if file.zip.getinfo(f"{name}.npy").file_size > 2**16 + 16 * params[name].size:
                    raise ValueError(f"{name} is too large")
                loaded[name] = np.asarray(file[name])  # bytes, if the member is no array
    except FileNotFoundError:
        raise
    except Exception as error:  # whatever a damaged or hostile file provokes
        why = "it holds objects, not numbers" if "pickle" in str(error) else error
        raise ValueError(f"{path} is damaged, truncated or not a weights file: {why}.") from error
    if loaded.keys() != params.keys():
        why = f"{path} belongs to another model: it has {names[:99]}"
        raise ValueError(f"{why}, this model needs {sorted(params)}.")
    for name, array in params.items():
        got = loaded[name]
        if got.shape != array.shape or got.dtype.kind != "f":
            why = f"{path}: {name} must hold floats of shape {array.shape}"
            raise ValueError(f"{why}; got {got.dtype}, {got.shape}.")
        with np.errstate(over="ignore"):
            loaded[name] = got.astype(array.dtype)
        if not np.isfinite(loaded[name]).all():
            raise ValueError(f"{path}: {name} holds nan or inf, or more than {array.dtype} can.")
    Weights(params).update(loaded)
