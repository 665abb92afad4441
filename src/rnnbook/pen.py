"""Chinese characters for chapter 6.4c: from the curves of KanjiVG to the points of a pen.

    characters, families = load()      # {"休": (points, pen), …}, {"休": "木", …}
    test, validation, train = split(sorted(characters), families)

A character is a list of points on a grid of 109 × 109 and what the pen does after each.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from xml.etree import ElementTree

import numpy as np

from rnnkit import datasets, plotting

__all__ = [
    "DRAW", "END", "LIFT", "Characters", "curve", "load", "nearest", "outline", "pen_points",
    "show", "split",
]  # fmt: skip

DRAW, LIFT, END = 0, 1, 2  # what the pen does after a point

Drawing = tuple[np.ndarray, np.ndarray]  # points (n, 2) and actions of the pen (n,)


class Characters(NamedTuple):
    """What `load` returns, by character."""

    drawings: dict[str, Drawing]
    components: dict[str, dict[str, int]]  # strokes of each named component
    main: dict[str, str]  # the component with most strokes
    family: dict[str, str]  # the main component, or itself where it is that of others


def curve(path: str) -> np.ndarray:
    """Return points along a path of cubic Bézier curves (commands M, C, S and small forms).

    >>> curve("M0,0c0,0,8,0,8,0")[[0, 4, 8]].tolist()
    [[0.0, 0.0], [4.0, 0.0], [8.0, 0.0]]
    """
    share = np.linspace(0, 1, 9)[1:, None]
    weights = [(1 - share) ** 3, 3 * share * (1 - share) ** 2, 3 * share**2 * (1 - share), share**3]
    points: list[np.ndarray] = []
    handle = end = np.zeros(2)
    for command, text in re.findall(r"([MCSmcs])([^MCSmcs]*)", path):
        numbers = np.array(re.findall(r"-?\d*\.?\d+", text), dtype=float).reshape(-1, 2)
        if command in "Mm":
            handle = end = numbers[0]
            points.append(end[None])
            continue
        for corner in numbers.reshape(-1, 3 if command in "Cc" else 2, 2):
            corner = corner + end * command.islower()
            if command in "Ss":  # the handle is the last one, mirrored
                corner = np.vstack([2 * end - handle, corner])
            ends = [end, *corner]
            points.append(np.sum([w * p for w, p in zip(weights, ends, strict=True)], axis=0))
            handle, end = corner[-2:]
    return np.concatenate(points)


def pen_points(text: str, spacing: float = 12.0) -> Drawing:
    """Return points on the grid of 109 × 109, and what the pen does after each.

    The points of a stroke are about `spacing` grid units apart and rounded to whole units.
    """
    points, pen = [], list[int]()
    for path in re.findall(r'\bd="([^"]+)"', text):
        line = curve(path)
        far = np.r_[0, np.cumsum(np.hypot(*np.diff(line, axis=0).T))]
        at = np.linspace(0, far[-1], max(2, round(far[-1] / spacing) + 1))
        points.append(np.stack([np.interp(at, far, axis) for axis in line.T], axis=1))
        pen += [DRAW] * (len(at) - 1) + [LIFT]
    return np.rint(np.concatenate(points)), np.array([*pen[:-1], END])


def _components(text: str) -> dict[str, int]:
    """Return the strokes of each named component of a character."""
    found: dict[str, int] = {}
    for group in ElementTree.fromstring(text).iter():
        name = [v for key, v in group.attrib.items() if key.endswith("}element")]
        if name:
            n = sum(part.tag.endswith("}path") for part in group.iter())
            before = found.get(name[0], 0)
            in_parts = any(key.endswith("}part") for key in group.attrib)
            found[name[0]] = before + n if in_parts else max(n, before)
    return found


def load() -> Characters:
    """Return the characters of 3 to 10 strokes, their components and their families."""
    drawings: dict[str, Drawing] = {}
    components, main = dict[str, dict[str, int]](), dict[str, str]()
    for path in datasets.files("strokes"):
        text = path.read_text("utf-8")
        n = len(re.findall(r'\bd="', text))
        if 3 <= n <= 10:
            name = chr(int(path.stem, 16))
            drawings[name], components[name] = pen_points(text), _components(text)
            inside = {c: k for c, k in components[name].items() if c != name and k < n}
            main[name] = max(inside, key=lambda c: inside[c], default=name)
    heads = set(main.values())
    family = {c: c if c in heads else main[c] for c in drawings}
    return Characters(drawings, components, main, family)


def split(names: Sequence[str], family: Mapping[str, str], size: int = 300) -> list[np.ndarray]:
    """Return test, validation and training rows; a family stays together.

    >>> [len(part) for part in split("abcdef", {c: c for c in "abcdef"}, size=2)]
    [2, 2, 2]
    """
    keys = sorted({family[c] for c in names})
    place = dict(zip(keys, np.random.default_rng(0).permutation(len(keys)), strict=True))
    rows = np.array(sorted(range(len(names)), key=lambda i: place[family[names[i]]]))
    first: dict[str, int] = {}
    for at, i in enumerate(rows):  # a family goes where its first member goes
        first.setdefault(family[names[i]], at // size)
    part = np.array([min(first[family[names[i]]], 2) for i in rows])
    return [np.sort(rows[part == k]) for k in range(3)]


def outline(drawing: Drawing) -> np.ndarray:
    """Return four points of each stroke, for comparing characters of as many strokes."""
    points, pen = drawing
    strokes = np.split(points, np.flatnonzero(pen != DRAW) + 1)[:-1]
    at = [np.rint(np.linspace(0, len(s) - 1, 4)).astype(int) for s in strokes]
    return np.concatenate([s[a] for s, a in zip(strokes, at, strict=True)])


def nearest(drawings: Sequence[Drawing], among: Sequence[Drawing]) -> np.ndarray:
    """Return for each drawing the mean distance in grid units to its nearest one of `among`."""
    lines = [outline(drawing) for drawing in among]
    found = []
    for drawing in drawings:
        ours = outline(drawing)
        others = np.array([line for line in lines if len(line) == len(ours)])
        apart = others - ours
        found.append(np.hypot(apart[..., 0], apart[..., 1]).mean(axis=1).min())
    return np.array(found)


def show(ax: Any, points: np.ndarray, pen: np.ndarray, dots: bool = False) -> None:
    """Draw strokes; with `dots` also the points, their numbers and the way of the lifted pen."""
    last = np.flatnonzero(pen != DRAW)
    for k, stroke in enumerate(np.split(points, last + 1)[:-1] or [points]):
        colour = plotting.PALETTE[k % 6 + 1] if dots else "black"
        ax.plot(*stroke.T, lw=2, color=colour)
        if dots:
            ax.plot(*stroke.T, "o", ms=3, color=colour)
            ahead = stroke[min(1, len(stroke) - 1)] - stroke[0]
            back = ahead * (-9, 9) / max(np.hypot(*ahead), 1)  # y points down
            ax.annotate(
                str(k + 1), stroke[0], back, textcoords="offset points", ha="center", va="center"
            )
    if dots:
        for i in last[:-1]:
            ax.plot(*points[i : i + 2].T, ls=":", lw=1.2, color="0.5")
    ax.set(xlim=(0, 109), ylim=(109, 0), aspect="equal", xticks=[], yticks=[])
    ax.grid(False)
