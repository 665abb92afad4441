"""Collections of arrays.

The weights of a cell are a NamedTuple, those of a model a dict; clipping, optimizers and gradient
checks treat both alike.  States and inputs are trees: tuples and dicts, in one another, of arrays
with the batch first.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

from rnnkit._validation import as_array

T = TypeVar("T", bound=Any)


def as_dict(tree: Any, name: str) -> dict[str, np.ndarray]:
    """Return names and arrays of a tree, or raise ValueError."""
    arrays = tree._asdict() if hasattr(tree, "_asdict") else tree
    if not isinstance(arrays, Mapping):
        kind = "a NamedTuple of arrays or a dict of arrays"
        raise ValueError(f"{name} must be {kind}; got {type(tree).__name__}.")
    for key, array in arrays.items():
        if not isinstance(array, np.ndarray) or array.dtype.kind != "f":
            kind = getattr(array, "dtype", type(array).__name__)
            raise ValueError(f"{name}[{key!r}] must be an array of floats; got {kind}.")
    return dict(arrays)


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
        if not p[key].flags.writeable:
            raise ValueError(f"params[{key!r}] is read-only: it cannot be changed in place.")
        want, got = p[key].shape, g[key].shape
        if want != got:
            why = f"grads[{key!r}] must have the shape of its parameter, {want}"
            raise ValueError(f"{why}; got {got}.")
    return p, g


def leaves(tree: Any, name: str) -> dict[str, np.ndarray]:
    """Return all arrays of a tree, by where they are; None is left out."""
    if not isinstance(tree, Mapping | tuple):
        return {} if tree is None else {name: as_array(tree, name)}
    items = tree.items() if isinstance(tree, Mapping) else enumerate(tree)
    return {k: a for key, part in items for k, a in leaves(part, f"{name}[{key!r}]").items()}


def check_rows(**trees: Any) -> int:
    """Return how many rows all arrays of the trees have, or raise ValueError if they differ."""
    found = [item for name, tree in trees.items() for item in leaves(tree, name).items()]
    shapes = {name: array.shape for name, array in found}
    if () in shapes.values() or len({shape[0] for shape in shapes.values()}) != 1:
        names, got = ", ".join(shapes), ", ".join(map(str, shapes.values()))
        raise ValueError(f"{names} must have one row for each sequence; got shapes {got}.")
    return next(iter(shapes.values()))[0]


def take_rows(tree: Any, rows: Any) -> Any:
    """Return a tree of the same types with these rows of each array."""
    if isinstance(tree, Mapping):
        return {key: take_rows(part, rows) for key, part in tree.items()}
    if isinstance(tree, tuple):
        parts = [take_rows(part, rows) for part in tree]
        return type(tree)(*parts) if hasattr(tree, "_fields") else tuple(parts)
    return None if tree is None else np.asarray(tree)[rows]
