"""The quizzes: five true questions for each chapter, one right answer each, and the exports."""

import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from functools import cache

import numpy as np
import pytest

import notebooks
import quiz

EVERYTHING = quiz.quizzes()
CHAPTERS = [path.stem for path in notebooks.paths() if path.stem != "errata"]
# Chapters that have no quiz yet. This list can only become shorter.
PENDING: set[str] = set()
QUESTIONS = [question for asked in EVERYTHING.values() for question in asked]
RIGHT = {
    chapter: [option.letter for question in asked for option in question.options if option.right]
    for chapter, asked in EVERYTHING.items()
}


def name(question):
    place = EVERYTHING[question.chapter].index(question) + 1
    return f"{question.chapter}-{place}"


@cache
def markdown(chapter):
    notebook = notebooks.read(notebooks.FOLDER / f"{chapter}.ipynb")
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def headings(chapter):
    return re.findall(r"^#{2,4} (.+)$", markdown(chapter), re.MULTILINE)


def texts(question):
    yield question.text
    for option in question.options:
        yield from (option.text, option.why)


def bare(text):
    """A text without formulas and code."""
    return re.sub(r"\$[^$]*\$|`[^`]*`", "", text)


# ---------------------------------------------------------------- the questions


def test_every_chapter_has_a_quiz_or_is_listed_as_pending():
    assert set(EVERYTHING) | PENDING == set(CHAPTERS)
    assert not set(EVERYTHING) & PENDING, "has a quiz now: take it off the list"


def test_a_chapter_stands_in_one_file():
    text = "\n".join(path.read_text("utf-8") for path in quiz.FOLDER.glob("*.toml"))
    runs = [x for x, _ in re.findall(r"^\[\[(\w+)\]\]((?:(?!^\[\[).)*)", text, re.M | re.S)]
    assert Counter(runs) == {chapter: len(asked) for chapter, asked in EVERYTHING.items()}


@pytest.mark.parametrize("chapter", EVERYTHING)
def test_five_questions_with_one_right_answer_each(chapter):
    asked = EVERYTHING[chapter]
    assert len(asked) == len({question.text for question in asked}) == 5
    for question in asked:
        assert "".join(x.letter for x in question.options) in ("ABC", "ABCD"), question.text
        assert len({x.text for x in question.options}) == len(question.options), question.text
        assert sum(x.right for x in question.options) == 1, question.text


@pytest.mark.parametrize("question", QUESTIONS, ids=name)
def test_every_option_is_explained_and_its_section_exists(question):
    known = headings(question.chapter)
    for option in question.options:
        assert len(option.why) >= 20, option.text
        assert option.section in known


@pytest.mark.parametrize("question", QUESTIONS, ids=name)
def test_marks_are_closed_and_nothing_is_bold(question):
    for text in texts(question):
        assert text.count("$") % 2 == 0 and text.count("`") % 2 == 0, text
        assert "*" not in re.sub(r"\*[^*]+\*", "", bare(text)), text


def test_options_do_not_name_letters_for_moodle_shuffles_them():
    for question in QUESTIONS:
        for text in texts(question):
            found = re.search(r"\b(of the above|(answer|option) [A-D]\b|both [A-D] and)", text)
            assert not found, text


def test_equation_numbers_exist():
    text = "\n".join(map(markdown, CHAPTERS))
    known = set(re.findall(r"\\tag\{([\d.]+)\}", text))
    for question in QUESTIONS:
        for text in texts(question):
            assert set(re.findall(r"\((\d\.\d+)\)", bare(text))) <= known, text


def test_right_answers_are_spread():
    for chapter, letters in RIGHT.items():
        assert max(Counter(letters).values()) <= 2, chapter
    everywhere = Counter(letter for letters in RIGHT.values() for letter in letters)
    assert all(0.15 < everywhere[x] / len(QUESTIONS) < 0.35 for x in quiz.LETTERS), everywhere


def test_the_longest_option_is_not_mostly_the_right_one():
    longest = [max(q.options, key=lambda x: len(x.text)).right for q in QUESTIONS]
    assert np.mean(longest) < 0.45


CHECKED = [question for question in QUESTIONS if question.check]


@pytest.mark.parametrize("question", CHECKED, ids=name)
def test_numbers_are_recomputed(question):
    exec(question.check, {"np": np})


# ---------------------------------------------------------------- the page

ENTRY = {
    "question": "Is `a < b`, with $a < b$?",
    "A": ["*No*", "Because it is not so."],
    "B": ["Yes & yes", "See (3.1).", "Another section"],
    "right": "B",
    "section": "The loop",
    "code": "\nif a < b:\n    pass\n",
}


@pytest.fixture
def asked():
    return quiz.questions([ENTRY], "03_1_forward")


def test_the_page_shows_every_option_with_its_explanation(asked):
    page = quiz.on_page(asked)
    assert "\n\n" not in page
    assert "<code>a &lt; b</code>, with <math" in page
    assert "a &lt; b</annotation>" in page
    assert "<pre>if a &lt; b:\n    pass</pre>" in page
    assert '<details class="wrong"><summary><span class="letter">A</span> <em>No</em>' in page
    assert '<span class="word">Right.</span> See (3.1). See <a href="#another-section">' in page
    assert page.count("<details") == page.count("</details>") == 2


def cells(text):
    return ["".join(cell["source"]) for cell in json.loads(text)["cells"]]


def test_the_quiz_stands_above_the_references_or_at_the_end(asked):
    cell = {"cell_type": "markdown", "source": ["## Next\n\nx\n", "\n## References\n\n- y"]}
    above = cells(quiz.added(json.dumps({"cells": [cell]}), asked))
    assert re.search(r"x\n\n## Quiz\n\n.*</ol>\n\n## References\n\n- y$", above[0], re.S)
    cell["source"] = "## Next"
    end = cells(quiz.added(json.dumps({"cells": [cell]}), asked))
    assert end[0] == "## Next" and end[1].startswith("## Quiz")


# ---------------------------------------------------------------- the exports

XML = ET.fromstring(quiz.moodle(EVERYTHING))


def test_moodle_gets_all_questions_in_categories():
    kinds = Counter(question.get("type") for question in XML)
    assert kinds == {"category": len(EVERYTHING), "multichoice": len(QUESTIONS)}
    names = [x.findtext("name/text") for x in XML.iter("question") if x.get("type") != "category"]
    assert len(set(names)) == len(QUESTIONS)


def test_moodle_gets_one_right_answer_and_feedback_for_each():
    choices = [x for x in XML if x.get("type") == "multichoice"]
    for element, question in zip(choices, QUESTIONS, strict=True):
        marks = [int(x.get("fraction")) for x in element.iter("answer")]
        assert marks == [100 if option.right else 0 for option in question.options]
        assert element.findtext("single") == "true"
        for answer in element.iter("answer"):
            assert len(answer.findtext("feedback/text")) > 20


def test_moodle_gets_its_own_delimiters_and_whole_html():
    for text in XML.iter("text"):
        if text.text.startswith("<p>"):
            ET.fromstring(f"<x>{text.text}</x>")
            formulas = re.findall(r"\\\((.+?)\\\)", text.text, re.S)
            assert text.text.count(r"\(") == text.text.count(r"\)") == len(formulas)
            assert "$" not in text.text and "`" not in text.text


def test_json_holds_everything():
    data = json.loads(json.dumps(quiz.as_data(EVERYTHING)))
    assert [x["chapter"] for x in data] == list(EVERYTHING)
    found = [q["options"] for x in data for q in x["questions"]]
    assert found == [[option._asdict() for option in q.options] for q in QUESTIONS]


def test_make_quiz_writes_both(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(quiz, "BUILT", tmp_path / "quiz")
    quiz.main()
    assert ET.parse(tmp_path / "quiz" / "quiz.xml").getroot().tag == "quiz"
    assert json.loads((tmp_path / "quiz" / "quiz.json").read_text("utf-8"))
    assert f"{len(QUESTIONS)} questions" in capsys.readouterr().out
