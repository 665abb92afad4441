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

import numpy as np
from docutils import nodes

from rnnbook import results

SOURCE = Path(__file__).parent / "browser" / "moving"
FOLDER = "moving"  # below _static
STYLE = f"{FOLDER}/moving.css"

LANGUAGES = {
    "en": "English", "es": "Spanish", "de": "German", "fr": "French", "fi": "Finnish",
    "hu": "Hungarian", "tr": "Turkish", "el": "Greek", "ru": "Russian", "zh": "Chinese",
    "it": "Italian",
}  # fmt: skip
CAPTIONS = {
    "unrolled": "Step back and forward through the numbers. Then move one weight against the sign "
    "of its gradient. How far does the loss fall before the gradient turns?",
    "vanishing": "With inputs of size 1, which spectral radius keeps the length of the gradient "
    "for 100 steps? Does it do so with inputs of size 0.1, and with relu?",
    "gates": "Set the six gates so that the cell ends with the sum of the two marked values. "
    "Then lower the forget gate at the other steps to 0.9: how much of each value is left?",
    "influence": "Go through the word “question” letter by letter. Which letters hang on the word "
    "itself, and what does the end of a line hang on? (Its column hardly shows here: of the 20 "
    "characters that are put in, only the newline changes it.)",
    "alignment": "Go through the month that is written, in several languages. Where does the "
    "network look in the Finnish date, which it gets wrong, and in the Italian, which it "
    "never learned?",
}


def unrolled() -> dict[str, Any]:
    """The example of two steps, two units of chapter 3.2."""
    return {
        "x": [[1.0], [-1.0]], "h_0": [0.2, -0.1], "r": [[0.5, 0.0], [0.0, 0.5]],
        "W_x": [[0.5, -0.3]], "W_h": [[0.4, 0.6], [-0.2, 0.5]], "b": [0.1, 0.0],
    }  # fmt: skip


def vanishing() -> dict[str, Any]:
    """As many units, sequences and steps as in chapter 4.3; the script draws the numbers."""
    return {"units": 64, "sequences": 8, "T": 101}


def gates() -> dict[str, Any]:
    """A sequence with two marked values; the gates, at other and at marked steps."""
    return {
        "value": [0.3, 0.8, 0.1, 0.6, 0.9, 0.2, 0.7, 0.4, 0.5, 0.6, 0.1, 0.3],
        "mark": [0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0],
        "gates": {"f": [0.73, 0.73], "i": [0.5, 0.5], "o": [0.5, 0.5]},
    }


def short(numbers: np.ndarray, decimals: int) -> list[Any]:
    """Return numbers as lists, without digits that nobody sees and zeros at a row's end."""
    if numbers.ndim > 1:
        return [short(row, decimals) for row in numbers]
    found = [round(x, decimals) or 0 for x in numbers.tolist()]
    return found[: max((k + 1 for k, x in enumerate(found) if x), default=0)]


def influence() -> dict[str, Any]:
    """The monologue of chapter 6.1a, as experiments/influence.py measured it."""
    stored = results.weights("influence")
    return {
        "text": "".join(map(chr, stored["characters"])),
        "bits": short(stored["bits"], 2),
        "influence": short(stored["influence"], 2),
    }


def alignment() -> dict[str, Any]:
    """The dates of chapter 6.1c and the weights of experiments/alignment.py."""
    rows, stored = results.table("alignment"), results.weights("alignment")
    dates = [
        {
            "name": f"{LANGUAGES[row['language']]}: {row['text']} → {row['written']}",
            "text": row["text"],
            "written": row["written"],
            "weights": short(stored[str(k)], 3),
        }
        for k, row in enumerate(rows)
    ]
    return {"dates": dates}


DATA: dict[str, Callable[[], dict[str, Any]]] = {
    "unrolled": unrolled, "vanishing": vanishing, "gates": gates, "influence": influence,
    "alignment": alignment,
}  # fmt: skip


def figure(name: str) -> str:
    """Return the place of a figure, hidden until its script draws."""
    text = json.dumps(DATA[name](), ensure_ascii=False, separators=(",", ":"))
    text = text.replace("<", "\\u003c")  # a text may hold a tag
    data = f'<script type="application/json">{text}</script>'
    caption = f"<figcaption><strong>Try it.</strong> {CAPTIONS[name]}</figcaption>"
    return f'<figure class="moving" data-moving="{name}" hidden>\n{caption}\n{data}\n</figure>\n'


def cells(page: nodes.document) -> list[tuple[nodes.container, str]]:
    """Return the cells of a page that name a figure, and the names."""
    found = (
        (cell, cell.get("cell_metadata", {}).get("rnnbook", {}).get("moving"))
        for cell in page.findall(nodes.container)
    )
    return [(cell, name) for cell, name in found if name]


def sources(page: nodes.document) -> list[Path]:
    """Return the files that the figures of a page are made from."""
    names = [name for _, name in cells(page)]
    stored = [path for name in names for path in results.STORED.glob(f"{name}.*")]
    return [Path(__file__), *SOURCE.iterdir(), *stored] if names else []


def place(page: nodes.document) -> None:
    """Put the figures below the cells that name them, and below the caption of their picture."""
    for cell, name in cells(page):
        below = cell.parent.index(cell) + 1
        if cell.parent[below:] and cell.parent[below].astext().startswith("How to read it"):
            below += 1
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
