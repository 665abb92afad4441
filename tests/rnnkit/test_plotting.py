"""Figures: what is drawn, not how it looks."""

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")

import matplotlib.pyplot as plt

from rnnkit import plotting


@pytest.fixture(autouse=True)
def clean():
    with matplotlib.rc_context():
        yield
    plt.close("all")


def test_curves_draws_each_line_in_its_own_colour_and_pattern():
    plotting.use_style()
    lines = {f"line {i}": np.arange(4.0) + i for i in range(5)}
    ax = plotting.curves(lines, xlabel="epoch", ylabel="loss (nats)")
    assert [line.get_label() for line in ax.lines] == list(lines)
    assert len({line.get_color() for line in ax.lines}) == 5
    assert len({str(line._unscaled_dash_pattern) for line in ax.lines}) == 5
    for line, values in zip(ax.lines, lines.values(), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), [1, 2, 3, 4])
        np.testing.assert_array_equal(line.get_ydata(), values)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss (nats)")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(lines)
    ax.figure.canvas.draw()


def test_curves_takes_an_abscissa_an_axis_and_a_logarithm():
    _, ax = plt.subplots()
    got = plotting.curves(
        {"a": [1.0, 10.0]}, xlabel="t (s)", ylabel="y", x=[0.5, 7.0], logy=True, ax=ax
    )
    assert got is ax and ax.get_yscale() == "log"
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), [0.5, 7.0])
    assert ax.get_legend() is None  # one line needs none
    assert plotting.curves({"a": [1.0]}, xlabel="x", ylabel="y").get_yscale() == "linear"


def test_matrix_writes_readable_numbers_into_the_cells():
    values = np.array([[0.0, 0.5, 1.0], [np.nan, 0.25, 0.75]])
    ax = plotting.matrix(
        values, xlabel="predicted", ylabel="true", fmt=".2f", xticks="abc", yticks=[7, 8],
        label="share",
    )  # fmt: skip
    written = {(t.get_position()[1], t.get_position()[0]): t.get_text() for t in ax.texts}
    assert written == {
        (0, 0): "0.00",
        (0, 1): "0.50",
        (0, 2): "1.00",
        (1, 1): "0.25",
        (1, 2): "0.75",
    }
    assert [t.get_text() for t in ax.get_xticklabels()] == ["a", "b", "c"]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["7", "8"]
    np.testing.assert_array_equal(np.asarray(ax.images[0].get_array())[0], values[0])
    assert ax.figure.axes[1].get_ylabel() == "share"
    colours = {t.get_text(): t.get_color() for t in ax.texts}
    assert colours["0.00"] == "white" and colours["1.00"] == "black"  # on dark, on light


def test_matrix_is_plain_unless_asked():
    _, ax = plt.subplots()
    got = plotting.matrix(
        [[1, 2]], xlabel="a", ylabel="b", ax=ax, cmap="gray", vmin=0, vmax=4, aspect="auto"
    )
    assert got is ax and not ax.texts and len(ax.figure.axes) == 1
    image = ax.images[0]
    assert image.get_clim() == (0, 4) and image.get_cmap().name == "gray"


def test_use_style_sets_the_palette():
    plotting.use_style()
    cycle = plt.rcParams["axes.prop_cycle"].by_key()["color"]
    assert tuple(cycle) == plotting.PALETTE and len(set(cycle)) == 7
    assert plt.rcParams["savefig.facecolor"] == "white"
