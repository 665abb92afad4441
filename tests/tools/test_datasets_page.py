"""The page of the data sets agrees with sources.toml, and sources.toml with the pins."""

import re

import pytest

import notebooks
from rnnkit import datasets

PAGE = (notebooks.ROOT / "book" / "datasets.md").read_text("utf-8")
PINS = dict(
    line.split("==")
    for line in (notebooks.ROOT / "requirements-data.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
)


@pytest.mark.parametrize("name", datasets.SOURCES)
def test_page_shows_each_source(name):
    source = datasets.SOURCES[name]
    assert (
        f"Package `{source.package}` {source.version} · {source.licence} · "
        f"{source.citation}: <{source.url}>\n"
    ) in PAGE


def test_page_shows_no_other_source():
    shown = re.findall(r"^Package `([\w-]+)`", PAGE, re.MULTILINE)
    assert sorted(shown) == sorted(source.package for source in datasets.SOURCES.values())


def test_page_names_each_loader():
    loaders = {name for name in datasets.__all__ if name.startswith("load_")}
    assert loaders == set(re.findall(r"`(load_\w+)\(", PAGE))


def test_series_on_the_page_are_those_there_are():
    for name in re.findall(r'`load_series\("(\w+)"\)`', PAGE):
        assert name in datasets.SOURCES


def test_each_pinned_package_is_read_and_each_that_is_read_is_pinned():
    assert {source.package: source.version for source in datasets.SOURCES.values()} == PINS
