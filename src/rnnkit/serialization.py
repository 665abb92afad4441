"""Weights to and from a file.

The format is NumPy's ``.npz`` with one array for each weight and no pickle, so a file
from a stranger can at worst be wrong; it cannot run code.
"""

import os
import tempfile
import zipfile
import zlib
from pathlib import Path

import numpy as np

from rnnkit.layers import Sequential

__all__ = ["load_weights", "save_weights"]


def save_weights(model: Sequential, path: str | os.PathLike[str]) -> None:
    """Write all weights of a model to a file.

    The file appears complete or not at all: it is written beside its place and then moved.

    Parameters
    ----------
    model : Sequential
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
    >>> from rnnkit.layers import Dense
    >>> model = Sequential([Dense(2)], input_size=3, rng=np.random.default_rng(0))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_weights(model, Path(folder) / "weights.npz")
    ...     load_weights(model, Path(folder) / "weights.npz")
    """
    path = Path(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, **model.params)  # type: ignore[arg-type]
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def load_weights(model: Sequential, path: str | os.PathLike[str]) -> None:
    """Read weights into a model of the same architecture.

    Everything is read and checked first; if anything is wrong the model keeps the
    weights it has.

    Parameters
    ----------
    model : Sequential
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
    try:
        # Opened here: np.load leaves a damaged archive open, which locks it on Windows.
        with Path(path).open("rb") as handle:
            file = np.load(handle, allow_pickle=False)
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise ValueError("not an .npz archive")
            loaded = {key: file[key] for key in file.files}
    except FileNotFoundError:
        raise
    except (ValueError, OSError, EOFError, KeyError, RuntimeError, MemoryError,
            zipfile.BadZipFile, zlib.error) as error:  # fmt: skip
        raise ValueError(f"{path} is damaged, truncated or not a weights file: {error}") from error
    if loaded.keys() != model.params.keys():
        raise ValueError(
            f"{path} belongs to another model: it has {sorted(loaded)}, "
            f"this model needs {sorted(model.params)}."
        )
    for key, array in model.params.items():
        got = loaded[key]
        if got.shape != array.shape or got.dtype.kind != "f":
            raise ValueError(
                f"{path}: {key} must hold floats of shape {array.shape}; "
                f"got {got.dtype}, {got.shape}."
            )
        if not np.isfinite(got).all():
            raise ValueError(f"{path}: {key} holds nan or inf.")
    for key, array in model.params.items():
        array[...] = loaded[key]
