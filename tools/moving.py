"""Figures that move: which cell has one, what it asks, and the numbers it starts from.

A cell that draws names its figure: `"rnnbook": {"moving": "unrolled"}`. Everywhere else the
notebook shows the stored picture, and so does the page without JavaScript and on paper; the
figure that moves stands below it. The scripts lie in browser/moving: moving.js is what they
share, NAME.js has `compute`, the formulas, and `draw`. A test holds `compute` equal to rnnkit.
"""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from docutils import nodes

SOURCE = Path(__file__).parent / "browser" / "moving"
FOLDER = "moving"  # below _static
STYLE = f"{FOLDER}/moving.css"

CAPTIONS = {
    "unrolled": "Step back and forward through the numbers. Then move one weight against the sign "
    "of its gradient. How far does the loss fall before the gradient turns?",
    "gates": "Set the six gates so that the cell ends with the sum of the two marked values. "
    "Then lower the forget gate at the other steps to 0.9: how much of each value is left?",
}


def unrolled() -> dict[str, Any]:
    """The example of two steps, two units of chapter 3.2."""
    return {
        "x": [[1.0], [-1.0]], "h_0": [0.2, -0.1], "r": [[0.5, 0.0], [0.0, 0.5]],
        "W_x": [[0.5, -0.3]], "W_h": [[0.4, 0.6], [-0.2, 0.5]], "b": [0.1, 0.0],
    }  # fmt: skip


def gates() -> dict[str, Any]:
    """A sequence with two marked values; the gates, at other and at marked steps."""
    return {
        "value": [0.3, 0.8, 0.1, 0.6, 0.9, 0.2, 0.7, 0.4, 0.5, 0.6, 0.1, 0.3],
        "mark": [0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0],
        "gates": {"f": [0.73, 0.73], "i": [0.5, 0.5], "o": [0.5, 0.5]},
    }


DATA: dict[str, Callable[[], dict[str, Any]]] = {"unrolled": unrolled, "gates": gates}


def figure(name: str) -> str:
    """Return the place of a figure, hidden until its script draws."""
    data = ""
    if name in DATA:
        text = json.dumps(DATA[name](), ensure_ascii=False, separators=(",", ":"))
        text = text.replace("<", "\\u003c")  # a text may hold a tag
        data = f'\n<script type="application/json">{text}</script>'
    caption = f"<figcaption><strong>Try it.</strong> {CAPTIONS[name]}</figcaption>"
    return f'<figure class="moving" data-moving="{name}" hidden>\n{caption}{data}\n</figure>\n'


def place(page: nodes.document) -> None:
    """Put the figures below the cells that name them."""
    for cell in list(page.findall(nodes.container)):
        if name := cell.get("cell_metadata", {}).get("rnnbook", {}).get("moving"):
            below = cell.parent.index(cell) + 1
            cell.parent.insert(below, nodes.raw("", figure(name), format="html"))


def names(body: str) -> list[str]:
    """Return the figures of a page."""
    return re.findall(r'<figure class="moving" data-moving="(\w+)"', body)


def scripts(names: list[str]) -> list[str]:
    """Return the scripts of a page, below _static, in the order in which they run."""
    return [f"{FOLDER}/{name}.js" for name in ["moving", *names]] if names else []


def publish(static: Path) -> None:
    """Put scripts and style into the site."""
    shutil.copytree(SOURCE, static / FOLDER, dirs_exist_ok=True)
