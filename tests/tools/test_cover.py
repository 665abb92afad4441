"""The cover's pictures are what the stored networks draw, and its lists are up to date."""

import re

import numpy as np
import pytest

import cover
import generated

NUMBER = re.compile(r"-?\d+\.\d+|-?\d+")


@pytest.mark.parametrize("name", cover.PICTURES)
def test_picture_is_what_the_network_draws(name):
    stored, drawn = (cover.FOLDER / f"{name}.svg").read_text("utf-8"), cover.picture(name)
    assert NUMBER.sub("0", stored) == NUMBER.sub("0", drawn)
    numbers = [np.array(NUMBER.findall(x), float) for x in (stored, drawn)]
    np.testing.assert_allclose(*numbers, atol=0.11)  # the last digit may differ


def test_keyword_rises_at_the_keyword():
    sure, ends, labels = cover.heard()
    tops = [part.max() for part in np.split(sure, ends[:-1])]
    assert min(top for top, label in zip(tops, labels, strict=True) if label == 7) > 0.9


def test_cover_is_up_to_date():
    assert generated.COVER.read_text("utf-8") == generated.cover()


def test_cover_names_each_chapter_once_with_its_minutes():
    lines = re.findall(
        r"^- \[.+\]\(\.\./notebooks/(\w+)\.ipynb\), (\d+) minutes$",
        generated.chapters(),
        re.MULTILINE,
    )
    assert [name for name, _ in lines] == [p.stem for p in generated.notebooks.paths()]
    assert all(int(minutes) <= 45 for _, minutes in lines)


def test_links_get_titles_and_hours_are_summed():
    page = "| read | hours |\n|---|---|\n| [.](../notebooks/01_background.ipynb) | |\n"
    assert "[1 Background: why order matters]" in generated.entitled(page)
    assert "[1 Background]" in generated.entitled(page, longest=20)
    assert "| ½ |" in generated.filled(page)
