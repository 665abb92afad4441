"""Who speaks, and where in a play each character stands."""

import numpy as np
import pytest

from rnnbook import plays

SCENE = """\
ACT I

SCENE I. Elsinore.

Enter First Clown

HAMLET
To be,
or not

[Aside]
KING LEAR & Fool
No.

First Clown
Whose?

Take thou
this.

Alas,
poor Yorick.

Exeunt"""


@pytest.fixture(scope="module")
def shakespeare():
    return plays.load()


def test_speakers_are_named_in_capitals_or_not():
    assert plays.speakers(SCENE) == ["HAMLET", "First Clown"]


@pytest.mark.parametrize(
    "name", ["Ghost of LADY ANNE", "KING LEAR & Fool", "O'NEIL", "All the Goths"]
)
def test_a_name(name):
    assert plays.speakers(f"{name}\nNo.") == [name]


@pytest.mark.parametrize(
    "line", ["ACT V", "Enter KING", "[Aside]", "Alas,", "of Clarence", "To be"]
)
def test_no_name(line):
    assert plays.speakers(f"{line}\nNo.") == []


def test_places_by_hand():
    place = plays.places("CLOWN\nAy, sir\n\nExit")
    assert np.flatnonzero(place["name"]).tolist() == [0, 1, 2, 3, 4]
    assert np.flatnonzero(place["stage"]).tolist() == [15, 16, 17, 18]
    assert np.flatnonzero(place["newline"]).tolist() == [5, 13, 14]
    assert place["column"].tolist() == [*range(6), *range(8), 0, *range(4)]
    assert place["in word"][6:13].tolist() == [1, 2, 0, 0, 1, 2, 3]
    assert place["line"][[0, 6, 14]].tolist() == [0, 1, 2]


def test_no_play_is_in_two_parts(shakespeare):
    names = [name for part in shakespeare.parts.values() for name in part]
    assert len(names) == len(set(names)) == len(shakespeare.plays) == 37
    assert "edward-iii" not in names


def test_numbers_are_the_texts(shakespeare):
    for part, text in shakespeare.texts.items():
        assert len(shakespeare.ids[part]) == len(text)
    assert len(shakespeare.vocabulary) == 69


def test_the_clowns_of_the_test_plays_are_counted(shakespeare):
    found = plays.speakers(shakespeare.texts["test"])
    assert len(found) == 2609
    assert found.count("Clown") == 104 and found.count("HORATIO") == 109
    assert not any(name.startswith("ACT") for name in found)
