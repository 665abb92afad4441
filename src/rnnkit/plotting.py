"""Figures in one style: colour-blind-safe colours, a white face, labelled axes.

The only module that imports Matplotlib.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

__all__ = ["PALETTE", "curves", "matrix", "use_style"]

# M. Okabe, K. Ito, Color Universal Design, 2008; black first, the pale yellow left out.
PALETTE = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")


def use_style() -> None:
    """Set Matplotlib's defaults for the book.

    Examples
    --------
    >>> use_style()
    >>> plt.rcParams["figure.facecolor"]
    'white'
    """
    plt.rcParams.update(
        {
            "figure.facecolor": "white",
            "savefig.facecolor": "white",
            "figure.figsize": (6.4, 3.6),
            "figure.dpi": 110,
            "figure.constrained_layout.use": True,
            "axes.prop_cycle": plt.cycler(color=PALETTE),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": "#DDDDDD",
            "font.size": 10,
            "legend.frameon": False,
            "image.cmap": "cividis",
        }
    )


def curves(
    lines: Mapping[str, ArrayLike], *, xlabel: str, ylabel: str, x: ArrayLike | None = None,
    logy: bool = False, ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Draw labelled lines; each has its own colour *and* dash pattern.

    Parameters
    ----------
    lines : mapping of str to array_like, each of shape (N,)
        Label and values.
    xlabel, ylabel : str
        Axis labels, with units.
    x : array_like, optional
        Abscissa; 1, 2, … by default.
    logy : bool, optional
        Whether the vertical axis is logarithmic.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Axes
        Where it was drawn.

    Examples
    --------
    >>> ax = curves({"loss": [3.0, 2.0, 1.0]}, xlabel="epoch", ylabel="loss (nats)")
    >>> ax.get_ylabel()
    'loss (nats)'
    """
    if ax is None:
        _, ax = plt.subplots()
    # Where two curves coincide, the dashed one on top lets the other show through.
    styles: Sequence[Any] = ("-", (0, (4, 3)), (0, (1, 1.5)), "-.", (0, (6, 2, 1, 2, 1, 2)))
    for i, (label, values) in enumerate(lines.items()):
        values = np.asarray(values)
        position = np.arange(1, len(values) + 1) if x is None else np.asarray(x)
        ax.plot(position, values, linestyle=styles[i % len(styles)], label=label)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if logy:
        ax.set_yscale("log")
    if len(lines) > 1:
        ax.legend()
    return ax


def matrix(
    values: ArrayLike, *, xlabel: str, ylabel: str, xticks: Sequence[Any] | None = None,
    yticks: Sequence[Any] | None = None, fmt: str | None = None, label: str | None = None,
    ax: Axes | None = None, **imshow: Any,
) -> Axes:  # fmt: skip
    """Draw a matrix as coloured cells, with numbers in them if ``fmt`` is given.

    Parameters
    ----------
    values : array_like, shape (rows, columns)
        The matrix; nan cells stay white.
    xlabel, ylabel : str
        Axis labels.
    xticks, yticks : sequence, optional
        Labels of columns and rows.
    fmt : str, optional
        Format of the numbers, for instance ``".2f"`` or ``"d"``.
    label : str, optional
        What the colour means, with its unit; draws a colour bar.
    ax : Axes, optional
        Where to draw; a new figure by default.
    **imshow
        Passed to :meth:`matplotlib.axes.Axes.imshow`.

    Returns
    -------
    Axes
        Where it was drawn.

    Examples
    --------
    >>> ax = matrix([[5, 1], [0, 4]], xlabel="predicted", ylabel="true", fmt="d")
    >>> len(ax.texts)
    4
    """
    values = np.asarray(values)
    if ax is None:
        _, ax = plt.subplots()
    image = ax.imshow(values, **imshow)
    ax.grid(False)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if xticks is not None:
        ax.set_xticks(range(len(xticks)), labels=[str(tick) for tick in xticks])
    if yticks is not None:
        ax.set_yticks(range(len(yticks)), labels=[str(tick) for tick in yticks])
    if fmt is not None:
        for (row, column), value in np.ndenumerate(values):
            if np.isfinite(value):
                red, green, blue, _ = image.cmap(image.norm(value))
                dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5  # perceived brightness
                ax.text(column, row, format(value, fmt), ha="center", va="center",
                        color="white" if dark else "black")  # fmt: skip
    if label is not None:
        ax.figure.colorbar(image, ax=ax, label=label)
    return ax
