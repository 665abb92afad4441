"""Drawing a cell: boxes, nodes and wires, in the style of chapter 2."""

from typing import Any

import matplotlib.pyplot as plt

__all__ = ["CANDIDATE", "GATE", "box", "canvas", "node", "wire"]

INK, GATE, CANDIDATE = "#222222", "#FCE8D5", "#E8F1F9"


def canvas(width: float, height: float) -> Any:
    """Return axes without a frame, 10 units wide and 6 high."""
    _, ax = plt.subplots(figsize=(width, height))
    ax.set(xlim=(0, 10), ylim=(0, 6), aspect="equal")
    ax.axis("off")
    return ax


def box(ax: Any, x: float, y: float, text: str, color: str = "white") -> None:
    """Draw a box with text: an operation with weights of its own, or a function."""
    style = {"boxstyle": "round,pad=0.45", "fc": color, "ec": INK}
    ax.text(x, y, text, ha="center", va="center", fontsize=12, bbox=style)


def node(ax: Any, x: float, y: float, text: str) -> None:
    """Draw a small circle: an operation entry by entry."""
    style = {"boxstyle": "circle,pad=0.12", "fc": "white", "ec": INK}
    ax.text(x, y, text, ha="center", va="center", fontsize=11, bbox=style)


def wire(ax: Any, points: str, text: str = "", at: tuple = (0, 0), *, head: bool = True) -> None:
    """Draw a line through points "x,y x,y …" with an arrow head, and a text where it is told."""
    corners = [tuple(map(float, point.split(","))) for point in points.split()]
    ax.plot(*zip(*corners, strict=True), color=INK, lw=1.3, zorder=0)
    if head:
        style = {"arrowstyle": "->", "color": INK, "lw": 1.3}
        ax.annotate("", corners[-1], corners[-2], arrowprops=style)
    ax.text(*at, text, ha="center", va="center")
