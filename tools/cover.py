"""Draw the cover's four pictures from the stored networks of the chapters.

    python tools/cover.py     # writes book/_static/cover/*.svg

Nothing is trained, and the seeds are those of the chapters: the pictures are not the best of many.
The code is that of the chapters; the colours are readable on white and on black.
"""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

import notebooks

sys.path.insert(0, str(notebooks.ROOT))  # of experiments
from experiments.chapter import shared
from rnnbook import pen, results, tunes
from rnnkit import text

FOLDER = notebooks.ROOT / "book" / "_static" / "cover"
WIDTH, HEIGHT = 240, 150
BLUE, ORANGE, GREY = "#2f81c7", "#d9730d", "#7f7f7f"


@cache
def chapter(name: str, *functions: str) -> dict[str, Any]:
    """Return what a chapter's shared cells define, with some of its other functions."""
    found = dict(shared(name))
    code = notebooks.plain_code(notebooks.read(notebooks.FOLDER / f"{name}.ipynb"))
    for node in ast.parse(code).body:
        if isinstance(node, ast.FunctionDef) and node.name in functions:
            exec(compile(ast.Module([node], []), name, "exec"), found)
    return found


# ---------------------------------------------------------------- what the networks say


def strokes(number: int = 8) -> list[pen.Drawing]:
    """Return characters that the pen network of 6.4c draws."""
    code = chapter("06_4c_strokes", "pick", "one_step", "draw")
    model = results.load(code["pen_network"](0), "pen")
    return code["draw"](model, number, np.random.default_rng(5), 0.2)


def tune() -> tunes.Tune:
    """Return the tune that the network of 6.4a writes for 3/4 in G."""
    code = chapter("06_4a_text_music", "compose")
    model = results.load(code["build"](0, dtype=np.float64), "tunes", "0.")
    return code["compose"](model, [("3/4", "1/8", "G")] * 3, np.random.default_rng(1))[0]


def spoken(word: str = "knowledge") -> tuple[list[str], np.ndarray]:
    """Return the sounds that the network of 6.1d says, and which letters each looks at."""
    code = chapter("06_1d_pronunciation")
    model = results.load(code["word_network"](np.random.default_rng(0)), "translation_weights")
    symbols, weights = model.greedy(text.pad([code["LETTERS"].encode(word)])[0], max_length=30)
    sounds = code["SOUNDS"].decode(symbols[0])
    return sounds, weights[0, : len(sounds)]


def heard(number: int = 10) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return how sure the spotter of 6.3a is at each frame, where recordings end, what they are.

    A part of the chapter's stream, around the first keyword.
    """
    code = chapter("06_3a_speech")
    model = code["spotter_network"](np.random.default_rng(0))
    model = results.load(model, "keyword", "GRU/0/known voices/weights/")
    train, test = code["splits"]["known voices"]
    x, lengths, labels = code["standardised"](train), code["lengths"], code["labels"]
    pick = np.random.default_rng(11).choice(test, 60)
    first = int((labels[pick] == code["KEYWORD"]).argmax())
    pick = pick[first - 3 :][:number]
    stream = np.concatenate([x[i, : lengths[i]] for i in pick])
    logits = model.forward(stream[np.newaxis])[0][0, :, 0]
    return 1 / (1 + np.exp(-logits)), np.cumsum(lengths[pick]), labels[pick]


# ---------------------------------------------------------------- drawn


def path(points: np.ndarray, color: str, width: float) -> str:
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="{width}"/>'


def letters(words: str, x: float, y: float, color: str = GREY) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{color}">{words}</text>'


def draw_strokes() -> Iterator[str]:
    for k, (points, action) in enumerate(strokes()):
        corner = np.array([60 * (k % 4), 75 * (k // 4) + 7])
        for stroke in np.split(points, np.flatnonzero(action != pen.DRAW) + 1)[:-1]:
            yield path(corner + 0.55 * stroke, BLUE, 2.4)


def draw_tune() -> Iterator[str]:
    notes, bars = tunes.read(tune())
    begins = np.cumsum([0, *(note.length for note in notes)])
    pitches = [note.midi for note in notes if note.midi]
    low, high = min(pitches), max(pitches)
    wide, tall = WIDTH / begins[-1], (HEIGHT - 20) / (high - low + 1)
    for border in np.cumsum(bars)[:-1] * wide:
        yield path(np.array([[border, 0], [border, HEIGHT]]), GREY, 0.4)
    for note, begin in zip(notes, begins, strict=False):
        if note.midi:
            x, y = begin * wide, 10 + (high - note.midi) * tall
            yield (
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{note.length * wide - 1:.1f}" '
                f'height="{tall - 1:.1f}" fill="{ORANGE}"/>'
            )


def draw_attention(word: str = "knowledge") -> Iterator[str]:
    sounds, weights = spoken(word)
    wide, tall = (WIDTH - 40) / len(word), (HEIGHT - 30) / len(sounds)
    for j, letter in enumerate(word):
        yield letters(letter, 40 + wide * (j + 0.5), 18)
    for t, sound in enumerate(sounds):
        yield letters(sound, 20, 30 + tall * (t + 0.5) + 5)
        for j, weight in enumerate(weights[t, : len(word)]):
            yield (
                f'<rect x="{40 + wide * j:.1f}" y="{30 + tall * t:.1f}" width="{wide - 1:.1f}" '
                f'height="{tall - 1:.1f}" fill="{BLUE}" fill-opacity="{weight:.2f}"/>'
            )


def draw_keyword() -> Iterator[str]:
    sure, ends, labels = heard()
    wide, floor = WIDTH / len(sure), HEIGHT - 24
    begins = np.r_[0, ends[:-1]]
    for begin, end, label in zip(begins, ends, labels, strict=True):
        color = ORANGE if label == 7 else GREY
        yield path(np.array([[end * wide, 8], [end * wide, floor]]), GREY, 0.4)
        yield letters(str(label), (begin + end) / 2 * wide, HEIGHT - 5, color)
    steps = np.arange(len(sure)) + 0.5
    yield path(np.stack([steps * wide, floor - (floor - 10) * sure], axis=1), ORANGE, 2)


PICTURES = {
    "strokes": draw_strokes,
    "tune": draw_tune,
    "attention": draw_attention,
    "keyword": draw_keyword,
}


def picture(name: str) -> str:
    """Return a picture as SVG."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="14" text-anchor="middle" '
        'stroke-linecap="round" stroke-linejoin="round">'
    )
    return "\n".join([head, *PICTURES[name](), "</svg>", ""])


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name in PICTURES:
        (FOLDER / f"{name}.svg").write_text(picture(name), "utf-8", newline="\n")
        print(f"written: {name}.svg")


if __name__ == "__main__":
    main()
