"""The plays of Shakespeare: who speaks, and where in a play each character stands.

    load().texts["test"], load().ids["test"]    # the parts, as text and as numbers
    speakers(text)                              # the name before each speech

A speech is a block of lines between blank lines whose first line is a name. Most names stand in
capitals; speakers without a proper name (Clown, First Player) do not.
"""

import re
from typing import NamedTuple

import numpy as np

from rnnkit import datasets
from rnnkit.text import Vocabulary

__all__ = ["HELD_OUT", "Plays", "load", "places", "speakers"]

HELD_OUT = {
    "validation": ("macbeth", "the-tempest", "the-comedy-of-errors"),
    "test": ("hamlet", "twelfth-night", "king-john"),
}
STAGE = re.compile(r"(Enter|Re-enter|Exit|Exeunt|Flourish|Alarum|SCENE|Scene|ACT)\b|\[")
WORD = r"[A-Z][A-Za-z.,'-]*"
NAME = re.compile(rf"{WORD}(?: (?:{WORD}|&|of|the))*(?<!,)$")


class Plays(NamedTuple):
    """37 plays, and three parts of them: names, texts, and texts as numbers."""

    plays: dict[str, str]
    parts: dict[str, list[str]]
    texts: dict[str, str]
    ids: dict[str, np.ndarray]
    vocabulary: Vocabulary


def load() -> Plays:
    """Return the plays in three parts; the vocabulary comes from the training plays alone."""
    plays = datasets.load_shakespeare()
    del plays["edward-iii"]  # its author is disputed
    held_out = [name for names in HELD_OUT.values() for name in names]
    parts = {"train": sorted(set(plays) - set(held_out))}
    parts |= {part: list(names) for part, names in HELD_OUT.items()}
    texts = {part: "\n\n".join(plays[name] for name in names) for part, names in parts.items()}
    vocabulary = Vocabulary([texts["train"]], min_count=20)
    ids = {part: np.array(vocabulary.encode(text)) for part, text in texts.items()}
    return Plays(plays, parts, texts, ids, vocabulary)


def _headings(lines: list[str]) -> np.ndarray:
    """Return which lines name a speaker: the first of a block, with a speech below."""
    found = np.zeros(len(lines), dtype=bool)
    for k in range(len(lines) - 1):
        begins = (k == 0 or not lines[k - 1]) and lines[k + 1]
        found[k] = bool(begins and NAME.match(lines[k]) and not STAGE.match(lines[k]))
    return found


def speakers(text: str) -> list[str]:
    r"""Return the name before each speech of a text.

    >>> speakers("ACT I\n\nHAMLET\nTo be,\n\nEnter OPHELIA\n\nFirst Clown\nWhose?\nMine.")
    ['HAMLET', 'First Clown']
    """
    lines = text.split("\n")
    return [lines[k] for k in np.flatnonzero(_headings(lines))]


def places(text: str) -> dict[str, np.ndarray]:
    """Return for each character of a text where it stands.

    `name`, `stage`: in a speaker's name, in a stage direction or heading; `newline`; `column`:
    characters before it in its line; `line`: lines since the speaker's name; `letter`, and
    `in word`: its number in the word, from 1 (0 for all that is no letter); `character` itself.
    """
    lines = text.split("\n")
    widths = np.array([len(line) + 1 for line in lines])
    number = np.repeat(np.arange(len(lines)), widths)[: len(text)]
    column = np.arange(len(text)) - (np.cumsum(widths) - widths)[number]
    stage = np.array([bool(STAGE.match(line)) for line in lines])
    name = _headings(lines)
    speaker = np.maximum.accumulate(np.where(name, np.arange(len(lines)), 0))
    characters = np.array([*text])
    letter, newline = np.char.isalpha(characters), characters == "\n"
    before = np.maximum.accumulate(np.where(letter, -1, np.arange(len(text))))
    return {
        "name": name[number] & ~newline,
        "stage": stage[number] & ~newline,
        "newline": newline,
        "column": column,
        "line": (np.arange(len(lines)) - speaker)[number],
        "letter": letter,
        "in word": np.where(letter, np.arange(len(text)) - before, 0),
        "character": characters,
    }
