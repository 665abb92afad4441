"""The edit distance agrees with its definition."""

from functools import cache

import pytest

from rnnbook.text import edit_distance


@cache
def by_definition(a, b):
    if not a or not b:
        return len(a) + len(b)
    replaced = by_definition(a[:-1], b[:-1]) + (a[-1] != b[-1])
    return min(by_definition(a[:-1], b) + 1, by_definition(a, b[:-1]) + 1, replaced)


def test_edit_distance_by_hand():
    assert edit_distance([3, 1, 4], [3, 4]) == 1
    assert edit_distance([1, 2], [2, 1]) == 2
    assert edit_distance([], [5, 5]) == 2 and edit_distance([7, 7], [7, 7]) == 0


@pytest.mark.parametrize("seed", range(5))
def test_edit_distance_is_its_definition(rng, seed):
    for _ in range(40):
        a, b = ("".join(rng.choice([*"abc"], rng.integers(0, 6))) for _ in "ab")
        assert edit_distance(a, b) == by_definition(a, b) == edit_distance(b, a)
