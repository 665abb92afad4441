"""Drawings of cells."""

import matplotlib.pyplot as plt

from rnnbook import drawing


def test_wire_goes_through_its_points_and_ends_in_an_arrow():
    ax = drawing.canvas(3, 2)
    drawing.wire(ax, "1,2 3,2 3,5", "keep", at=(2, 2.5))
    (line,) = ax.lines
    assert line.get_xydata().tolist() == [[1, 2], [3, 2], [3, 5]]
    texts = {text.get_text(): text for text in ax.texts}
    assert texts["keep"].get_position() == (2, 2.5)
    assert texts[""].xy == (3, 5)  # the arrow
    plt.close("all")


def test_wire_without_a_head_has_no_arrow():
    ax = drawing.canvas(3, 2)
    drawing.wire(ax, "1,2 3,2", head=False)
    drawing.box(ax, 1, 1, "tanh")
    drawing.node(ax, 2, 1, "+")
    assert [text.get_text() for text in ax.texts] == ["", "tanh", "+"]
    plt.close("all")
