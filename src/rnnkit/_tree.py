"""Named collections of arrays: a NamedTuple or a dict from names to arrays.

The weights of a cell are a NamedTuple, those of a model a dict.  Clipping, optimizers
and gradient checks treat both alike through the functions here.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

__all__ = ["Tree", "as_dict", "check_pair", "rebuild"]

Tree = Mapping[str, np.ndarray] | tuple[np.ndarray, ...]
T = TypeVar("T", bound=Any)


def as_dict(tree: Any, name: str) -> dict[str, np.ndarray]:
    """Return names and arrays of a tree, or raise ValueError."""
    if isinstance(tree, Mapping):
        arrays = dict(tree)
    elif isinstance(tree, tuple) and hasattr(tree, "_asdict"):
        arrays = tree._asdict()
    else:
        raise ValueError(
            f"{name} must be a NamedTuple of arrays or a dict of arrays; got {type(tree).__name__}."
        )
    for key, array in arrays.items():
        if not isinstance(array, np.ndarray) or array.dtype.kind != "f":
            kind = getattr(array, "dtype", type(array).__name__)
            raise ValueError(f"{name}[{key!r}] must be an array of floats; got {kind}.")
    return arrays


def rebuild(tree: T, function: Callable[[np.ndarray], np.ndarray], name: str) -> T:
    """Return a tree of the same type with ``function`` applied to each array."""
    arrays = {key: function(array) for key, array in as_dict(tree, name).items()}
    return type(tree)(**arrays) if isinstance(tree, tuple) else arrays  # type: ignore[return-value]


def check_pair(params: Any, grads: Any) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return both trees as dicts after checking that names and shapes agree."""
    p, g = as_dict(params, "params"), as_dict(grads, "grads")
    if p.keys() != g.keys():
        raise ValueError(f"grads must have the names of params, {sorted(p)}; got {sorted(g)}.")
    for key in p:
        if p[key].shape != g[key].shape:
            raise ValueError(
                f"grads[{key!r}] must have the shape of its parameter, {p[key].shape}; "
                f"got {g[key].shape}."
            )
    return p, g
