"""Every page of a chapter shows its quiz above the references, readable without JavaScript."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

import quiz

SITE = Path(__file__).resolve().parents[2] / "_build" / "html" / "notebooks"
EVERYTHING = quiz.quizzes()


@pytest.mark.parametrize("chapter", EVERYTHING)
def test_page_shows_the_quiz_above_the_references(chapter):
    page = (SITE / f"{chapter}.html").read_text("utf-8")
    begin, end = page.index('<section id="quiz"'), page.index('<section id="references"')
    assert begin < end
    assert page.count('href="#quiz"') >= 2, "the quiz is not in the contents of the page"
    section = BeautifulSoup(page[begin:end], "html.parser")
    questions = section.select("ol.quiz > li")
    for shown, question in zip(questions, EVERYTHING[chapter], strict=True):
        options = shown.find_all("details", recursive=False)
        assert [x["class"] for x in options] == [
            ["right" if option.right else "wrong"] for option in question.options
        ]
        assert all(x.summary.get_text(strip=True) and x.p.get_text(strip=True) for x in options)
        assert not shown.find_all("details", open=True), "an answer is open already"
    for code in section.select("code, pre"):
        code.decompose()
    assert not re.search(r"[$`*]", section.get_text()), "shows unrendered source"
