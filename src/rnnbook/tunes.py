"""Folk tunes for chapter 6.4a: from ABC notation to notes, families, a score and a sound.

    tunes, titles = load()             # a tune: (("2/4", "1/8", "F"), "C|FGAF|c2G2|…")
    notes, bars = read(tunes[0])       # notes with pitch and length; how full each bar is
    family = families([contour(notes)], titles[:1])

Pitches are MIDI numbers: 60 is middle C, one step is a semitone.
"""

import io
import re
import wave
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Ellipse

from rnnkit import datasets

__all__ = [
    "TOKEN", "WHITE", "Note", "Tune", "bar_length", "contour", "draw", "families", "load", "parts",
    "read", "sound", "tokens", "tonic", "verse_lines",
]  # fmt: skip

Header = tuple[str, str, str]  # metre, unit, key
Tune = tuple[Header, str]

TOKEN = re.compile(r"([_=^]?)([A-Ga-gz])(,*)(\d*)|[|\n]")
WHITE = dict(zip("CDEFGAB", (0, 2, 4, 5, 7, 9, 11), strict=True))
SHARPS = {"C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "F": -1, "Bb": -2, "Eb": -3}
VALUES = [Fraction(2) / 2**k for k in range(7)]  # breve, whole, half, quarter, …


class Note(NamedTuple):
    """A note or a rest."""

    step: int  # white keys above middle C: the place on the staff
    sign: str
    midi: int  # 0 is a rest
    length: int  # in units
    bar: int
    line: int


def load() -> tuple[list[Tune], list[str]]:
    """Return the German tunes and their titles in lower case.

    Kept are those whose metre, unit and key at least 30 songs have, at most 300 signs long and
    without ties. Spaces carry nothing and are removed.
    """
    songs = [s for s in datasets.load_folk_songs() if not s["file"].startswith("han")]
    headers = [(song["M"], song["L"], song["K"]) for song in songs]
    common = []
    for column in zip(*headers, strict=True):
        common.append({value for value, n in Counter(column).items() if n >= 30})
    tunes, titles = [], []
    for song, header in zip(songs, headers, strict=True):
        body = song["tune"].replace(" ", "")
        usual = all(value in kept for value, kept in zip(header, common, strict=True))
        if usual and "-" not in body and len(body) <= 300:
            tunes.append((header, body))
            titles.append(song["T"].lower())
    return tunes, titles


def tokens(body: str) -> list[str]:
    r"""Cut a body into notes with their lengths, bar lines and line ends.

    >>> tokens("C|^F2z\n")
    ['C', '|', '^F2', 'z', '\n']
    """
    return [token[0] for token in TOKEN.finditer(body)]


def bar_length(header: Header) -> int:
    """Units in a bar.

    >>> bar_length(("3/4", "1/8", "G"))
    6
    """
    return int(Fraction(header[0]) / Fraction(header[1]))


def tonic(header: Header) -> int:
    """Semitones of the keynote above C."""
    key = header[2]
    return WHITE[key[0]] - key.endswith("b")


def of_key(key: str) -> dict[str, int]:
    """Letters that the key raises (1) or lowers (−1); read as in major.

    >>> of_key("D"), of_key("F")
    ({'F': 1, 'C': 1}, {'B': -1})
    """
    n = SHARPS[key]
    return dict.fromkeys("FCGDAEB"[:n], 1) if n > 0 else dict.fromkeys("BEADGCF"[:-n], -1)


def read(tune: Tune) -> tuple[list[Note], list[int]]:
    """Return the notes of a tune, and how full each bar is.

    A new line ends the bar if the bar is full, and goes on with it if not: at the end of a line
    the collection writes no bar line.

    >>> read((("2/4", "1/8", "G"), "D|F2_B2|B"))[0][2].midi, read((("2/4", "1/8", "G"), "D|F4"))[1]
    (70, [1, 4])
    """
    (_, _, key), body = tune
    full, altered = bar_length(tune[0]), of_key(key)
    notes: list[Note] = []
    bars, signs, line = [0], dict[int, int](), 0
    for token in TOKEN.finditer(body):
        sign, letter, commas, number = token.groups()
        if letter is None:
            line += token[0] == "\n"
            if bars[-1] and (token[0] == "|" or bars[-1] == full):
                bars.append(0)
                signs = {}  # a sign holds to the end of the bar
            continue
        length, name = int(number or 1), letter.upper()
        step = "CDEFGAB".find(name) + 7 * letter.islower() - 7 * len(commas)
        if sign:
            signs[step] = "_=^".index(sign) - 1
        change = signs.get(step, altered.get(name, 0))
        midi = 60 + 12 * (step // 7) + WHITE[name] + change if letter != "z" else 0
        notes.append(Note(step, sign, midi, length, len(bars) - 1, line))
        bars[-1] += length
    return notes, [bar for bar in bars if bar]


def verse_lines(body: str) -> list[str]:
    """Lines without bar lines, those with at least four notes."""
    lines = [line.replace("|", "") for line in body.split("\n")]
    return [line for line in lines if len(re.findall("[A-Ga-g]", line)) >= 4]


# ---------------------------------------------------------------- families


def contour(notes: Sequence[Note]) -> str:
    """Return the intervals of a tune as a string, one sign for each; the key does not matter."""
    midi = [note.midi for note in notes if note.midi]
    return "".join(chr(500 + b - a) for a, b in pairwise(midi))


def families(contours: Sequence[str], titles: Sequence[str], run: int = 12) -> np.ndarray:
    """Number the families: the same title, or `run` intervals in a row in common; chained.

    >>> families(["abcd", "xbcd", "xyzw"], ["one", "two", "three"], run=3).tolist()
    [0, 0, 2]
    """
    parent = list(range(len(contours)))

    def root(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    first: dict[Any, int] = {}  # who was the first with this title, or with this run of intervals
    for i, line in enumerate(contours):
        runs = [line[k : k + run] for k in range(len(line) - run + 1)]
        for sign in [("title", titles[i]), *runs]:
            parent[root(i)] = root(first.setdefault(sign, i))
    return np.array([root(i) for i in range(len(contours))])


def parts(family: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """Return rows for training, validation and test, 80 : 10 : 10, by whole families."""
    names = np.unique(family)
    place = rng.permutation(len(names))[np.searchsorted(names, family)]
    order = np.argsort(place, kind="stable")
    share = np.zeros(len(family))
    share[order] = np.arange(len(family)) / len(family)
    begins = np.array([share[place == k].min() for k in place])  # where its family begins
    cuts = (0.2, 1.0), (0.1, 0.2), (0.0, 0.1)
    return [np.flatnonzero((begins >= a) & (begins < b)) for a, b in cuts]


# ---------------------------------------------------------------- to see and to hear


def _draw_note(ax: Any, note: Note, x: float, value: Fraction) -> None:
    """A head with stem, flags, dot, sign and ledger lines; y = 0 is the lowest line."""
    y, base = (note.step - 2) / 2, next(v for v in VALUES if v <= value)
    if not note.midi:
        ax.text(x, 2, "z", ha="center", va="center", fontsize=11, color="gray")
        return
    for line in [*range(-1, int(np.ceil(y)) - 1, -1), *range(5, int(np.floor(y)) + 1)]:
        ax.plot([x - 0.8, x + 0.8], [line, line], color="black", lw=0.7)
    filled = "black" if base <= Fraction(1, 4) else "white"
    ax.add_patch(Ellipse((x, y), 1.1, 0.8, angle=20, fc=filled, ec="black"))
    if base < 1:
        side, end = (0.5, y + 3) if y < 2 else (-0.5, y - 3)
        ax.plot([x + side, x + side], [y, end], color="black", lw=1)
        for k in range(max(VALUES.index(base) - 3, 0)):  # an eighth has one flag
            down = -0.8 * np.sign(end - y)
            flag = [end + k * down, end + (k + 1.2) * down]
            ax.plot([x + side, x + side + 0.7], flag, "k", lw=1.6)
    if value == base * Fraction(3, 2):
        ax.plot(x + 0.95, y + 0.25, "k.", ms=3)
    if note.sign:
        sign = "♭♮♯"["_=^".index(note.sign)]
        ax.text(x - 0.9, y, sign, ha="center", va="center", fontsize=10)


def draw(tune: Tune, title: str = "") -> None:
    """Draw a score, two lines of the text in a row; the letter G stands for the clef."""
    (metre, unit, key), _ = tune
    notes, _ = read(tune)
    rows = max(note.line for note in notes) // 2 + 1
    axes = plt.subplots(rows, 1, figsize=(8, 1.15 * rows), squeeze=False)[1]
    middle = {"ha": "center", "va": "center"}
    for row, ax in enumerate(axes[:, 0]):
        for y in range(5):
            ax.axhline(y, color="gray", lw=0.6, zorder=0)
        ax.text(0.8, 1, "G", fontsize=15, fontweight="bold", **middle)
        n, x = SHARPS[key], 2.0
        for step in (10, 7, 11, 8)[:n] if n > 0 else (6, 9, 5)[:-n]:
            ax.text(x, (step - 2) / 2, "♯" if n > 0 else "♭", fontsize=11, **middle)
            x += 0.8
        if row == 0:
            for y, number in zip((3, 1), metre.split("/"), strict=True):
                ax.text(x + 0.6, y, number, fontsize=12, **middle)
            ax.set_title(title, fontsize=10, loc="left")
        x, bar = x + 2.4, None
        for note in (n for n in notes if n.line // 2 == row):
            if bar not in (None, note.bar):
                ax.plot([x - 0.6, x - 0.6], [0, 4], color="black", lw=1)
                x += 1.2
            bar, value = note.bar, note.length * Fraction(unit)
            _draw_note(ax, note, x, value)
            x += 1.9 + 0.8 * max(np.log2(float(value)) + 3, 0)
        ax.plot([x - 0.6, x - 0.6], [0, 4], color="black", lw=1)
        ax.set(xlim=(0, max(x, 60)), ylim=(-3.5, 7.5))
        ax.axis("off")


def sound(tune: Tune, quarter: float = 0.4, rate: int = 8000, seconds: int = 9) -> bytes:
    """Return the beginning of a tune as a sound file: each note is four sines that fade."""
    parts = []
    unit = float(Fraction(tune[0][1])) * 4 * quarter  # seconds
    for note in read(tune)[0]:
        t = np.arange(round(note.length * unit * rate)) / rate
        frequency = 440 * 2 ** ((note.midi - 69) / 12)
        tone = sum(0.5**k * np.sin(2 * np.pi * (k + 1) * frequency * t) for k in range(4))
        fade = np.exp(-3 * t) * np.minimum(1, 200 * t) * np.minimum(1, 200 * (t[-1] - t))
        parts.append(tone * fade * (note.midi > 0))
    samples = np.concatenate(parts)[: seconds * rate]
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((1, 1, rate, 0, "NONE", ""))
        out.writeframes((128 + 60 * samples).astype(np.uint8).tobytes())
    return file.getvalue()
