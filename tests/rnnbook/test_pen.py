"""Curves become points, and families stay on one side of a split."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from rnnbook import pen

TEXT = (
    '<svg><path d="M10,10c10,0,20,0,30,0"/><path d="M10,10C10,30,10,50,10,60S10,80,10,90"/></svg>'
)


@pytest.fixture(scope="module")
def characters():
    return pen.load()


def test_curve_ends_where_the_path_says():
    line = pen.curve("M10,10C10,30,10,50,10,60S10,80,10,90")
    np.testing.assert_array_equal(line[[0, 8, 16]], [[10, 10], [10, 60], [10, 90]])


def test_pen_points_are_whole_and_end_once():
    points, action = pen.pen_points(TEXT)
    np.testing.assert_array_equal(points, np.rint(points))
    assert (action == pen.END).sum() == 1 and action[-1] == pen.END
    assert (action == pen.LIFT).sum() == 1
    np.testing.assert_array_equal(points[[0, -1]], [[10, 10], [10, 90]])


def test_load_gives_components_of_every_character(characters):
    assert len(characters.drawings) == 2303
    assert characters.main["明"] in characters.components["明"]
    assert all(len(points) == len(action) for points, action in characters.drawings.values())


def test_split_keeps_families_together(characters):
    names = sorted(characters.drawings)
    parts = pen.split(names, characters.family)
    assert sorted(np.concatenate(parts)) == list(range(len(names)))
    family = np.array([characters.family[name] for name in names])
    assert not set(family[parts[0]]) & set(family[parts[2]])


def test_nearest_of_a_training_character_is_itself(characters):
    some = [characters.drawings[name] for name in "休明花"]
    np.testing.assert_array_equal(pen.nearest(some, some), 0)
    assert len(pen.outline(some[0])) == 4 * 6


def test_show_draws_every_stroke(characters):
    _, ax = plt.subplots()
    pen.show(ax, *characters.drawings["休"], dots=True)
    assert len(ax.texts) == 6
    plt.close("all")
