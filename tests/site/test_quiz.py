"""Every page of a chapter shows its quiz, readable without JavaScript."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

import quiz

SITE = Path(__file__).resolve().parents[2] / "_build" / "html" / "notebooks"
EVERYTHING = quiz.quizzes()


@pytest.mark.parametrize("chapter", EVERYTHING)
def test_page_shows_the_quiz(chapter):
    page = BeautifulSoup((SITE / f"{chapter}.html").read_text("utf-8"), "html.parser")
    [section] = page.select("section#quiz")
    questions = section.select("ol.quiz > li")
    for shown, question in zip(questions, EVERYTHING[chapter], strict=True):
        options = shown.find_all("details", recursive=False)
        assert [x["class"] for x in options] == [
            ["right" if option.right else "wrong"] for option in question.options
        ]
        assert all(x.summary.get_text(strip=True) and x.p.get_text(strip=True) for x in options)
        assert not shown.find_all("details", open=True), "an answer is open already"
    assert not re.search(r"\$|\*\*", section.get_text()), "shows unrendered source"
    assert page.select('.bd-sidebar-secondary a[href="#quiz"], nav a[href="#quiz"]')


@pytest.mark.parametrize("chapter", EVERYTHING)
def test_quiz_stands_above_the_references(chapter):
    text = (SITE / f"{chapter}.html").read_text("utf-8")
    assert 0 < text.index('<section id="quiz"') < text.index('<section id="references"')
