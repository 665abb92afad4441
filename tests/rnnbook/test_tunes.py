"""Tunes are read as the text says, and families do not cross the parts."""

import io
import wave

import matplotlib.pyplot as plt
import numpy as np
import pytest

from rnnbook import tunes

TUNE = (("2/4", "1/8", "F"), "C|FGAB|^c2c2|F2z\nA|B4")


@pytest.fixture(scope="module")
def collection():
    return tunes.load()


def test_read_follows_key_signs_and_bars():
    notes, bars = tunes.read(TUNE)
    assert [n.midi for n in notes] == [60, 65, 67, 69, 70, 73, 73, 65, 0, 69, 70]
    assert bars == [1, 4, 4, 4, 4]  # the new line goes on with a bar that is not full
    assert [n.line for n in notes][-2:] == [1, 1]


def test_contour_is_the_same_in_every_key():
    lower = (("2/4", "1/8", "F"), "F|GABc")
    higher = (("2/4", "1/8", "G"), "G|ABcd")
    one, two = (tunes.contour(tunes.read(tune)[0]) for tune in (lower, higher))
    assert one == two and len(one) == 4


def test_load_and_tokens_spell_every_tune(collection):
    songs, titles = collection
    assert len(songs) == len(titles) > 3000
    assert all("".join(tunes.tokens(body)) == body for _, body in songs)
    assert all(sum(tunes.read(tune)[1]) > 0 for tune in songs[:100])


def test_parts_keep_families_together(collection):
    songs, titles = (x[:600] for x in collection)
    contours = [tunes.contour(tunes.read(tune)[0]) for tune in songs]
    family = tunes.families(contours, titles)
    train, validation, test = tunes.parts(family, np.random.default_rng(0))
    assert sorted([*train, *validation, *test]) == list(range(600))
    assert not set(family[train]) & set(family[np.r_[validation, test]])
    for i in range(600):
        for k in range(i):
            if titles[i] == titles[k]:
                assert family[i] == family[k]


def test_draw_and_sound():
    tunes.draw(TUNE, "title")
    assert plt.gcf().axes[0].get_title(loc="left") == "title"
    plt.close("all")
    with wave.open(io.BytesIO(tunes.sound(TUNE, seconds=2))) as file:
        assert (file.getframerate(), file.getnframes()) == (8000, 16000)


def test_verse_lines_and_tonic():
    assert tunes.verse_lines("C|FGA\nAB|z\n") == ["CFGA"]
    assert [tunes.tonic(("", "", key)) for key in ("C", "Bb", "G")] == [0, 10, 7]
