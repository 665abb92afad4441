"""Sequences of symbols: how far two of them are apart."""

from collections.abc import Sequence
from typing import Any

__all__ = ["edit_distance"]


def edit_distance(a: Sequence[Any], b: Sequence[Any]) -> int:
    """Return the smallest number of insertions, deletions, substitutions that turn a into b.

    Row i of the table has the distances of the first i symbols of a to each beginning of b; only
    the last row is kept, and of the row above it the entry at the corner.

    >>> edit_distance("kitten", "sitting")
    3
    """
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        corner, row[0] = row[0], i
        for j, y in enumerate(b, start=1):
            corner, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, corner + (x != y))
    return row[-1]
