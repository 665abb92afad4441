"""The instructor's guide: computed tables, sentences that the checks do say, plans for all."""

import re

import nbformat
import pytest

import generated
import notebooks
import rnncheck

TEXT = generated.GUIDE.read_text("utf-8")
MISTAKES = re.search(r"^## Common mistakes$(.+?)^## ", TEXT, re.MULTILINE | re.DOTALL)[1]
SENTENCES = {
    mistake.sentence
    for assignment in rnncheck.ASSIGNMENTS.values()
    for function in assignment.functions
    for mistake in function.mistakes
}
MAKE = (notebooks.ROOT / "Makefile").read_text("utf-8")


def test_tables_are_up_to_date():
    assert generated.guide() == TEXT, "run python tools/generated.py"


def test_every_assignment_is_in_the_table_and_in_a_course():
    table = generated.ASSIGNED.search(TEXT)[0]
    courses = TEXT.partition("## Three courses")[2].partition("## Assignments")[0]
    for name in rnncheck.ASSIGNMENTS:
        assert f"| `{name}` |" in table
        assert f"`{name}`" in courses


def test_quoted_sentences_are_said_by_the_checks():
    quoted = re.findall(r"“([^”]+)”", MISTAKES)
    assert len(quoted) >= 13
    assert set(quoted) <= SENTENCES


CHAPTERS = re.findall(r"file: notebooks/(\w+)", (notebooks.ROOT / "_toc.yml").read_text("utf-8"))
HEADINGS = r"^(?:### |\*\*)\[[^\]]+\]\(\.\./notebooks/(\w+)\.ipynb\)"
# What a plan or a mistake may name: a numbered formula, an exercise, an entry of the errata.
NAMED = {
    r"(?<=\()[1-9]\.\d+[a-z]?(?=\))": r"\tag{%s}",
    r"(?<=[Ee]xercise )\d": "### %s ",
    r"\bE\d\d?\b": "### %s ",
}


def parts(section):
    """Return the part of each chapter in a section of the guide, by the notebook's name."""
    found = re.search(rf"^## {section}$(.+?)^## ", TEXT, re.MULTILINE | re.DOTALL)[1]
    _, *pieces = re.split(HEADINGS, found, flags=re.MULTILINE)
    return dict(zip(pieces[::2], pieces[1::2], strict=True))


def minutes_are_right(plan):
    """Five numbered items of 90 minutes, or of 45 where the plan says so."""
    items = re.findall(r"^(\d)\. (\d+) min\. \S", plan, re.MULTILINE)
    whole = 45 if plan.startswith(".** Forty-five minutes.\n") else 90
    return [x for x, _ in items] == list("12345") and sum(int(x) for _, x in items) == whole


def without_plan(plans, chapters):
    """Return the chapters that have no plan, or one whose minutes do not add up."""
    return [x for x in chapters if x not in plans or not minutes_are_right(plans[x])]


def test_every_chapter_has_a_plan_in_the_order_of_the_book():
    plans = parts("Lecture plans")
    assert without_plan(plans, CHAPTERS) == []
    assert list(plans) == CHAPTERS


def test_a_missing_plan_and_wrong_minutes_are_noticed():
    def plan(*minutes, start=".**"):
        items = [f"{k}. {m} min. Do." for k, m in enumerate(minutes, start=1)]
        return "\n".join([start, "", *items])

    plans = {
        "ninety": plan(10, 15, 20, 20, 25),
        "forty-five": plan(5, 10, 10, 10, 10, start=".** Forty-five minutes."),
        "sum": plan(10, 15, 20, 20, 20),
        "not said": plan(5, 10, 10, 10, 10),
        "four": plan(20, 20, 20, 30),
        "empty": "",
    }
    wrong = ["sum", "not said", "four", "empty", "none"]
    assert without_plan(plans, [*plans, "none"]) == wrong


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_chapter_has_common_mistakes(chapter):
    assert len(re.findall(r"^- \*", parts("Common mistakes")[chapter], re.MULTILINE)) >= 2


@pytest.mark.parametrize("section", ["Common mistakes", "Lecture plans"])
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_what_is_named_is_in_the_chapter(section, chapter):
    cells = notebooks.read(notebooks.FOLDER / f"{chapter}.ipynb").cells
    page = "\n".join(x.source for x in cells if x.cell_type == "markdown")
    # An exercise of another chapter is named with it, a sentence of a check is not the guide's own.
    text = re.sub(r"“[^”]+”|exercise \d of \S+", "", parts(section)[chapter])
    for pattern, place in NAMED.items():
        for name in re.findall(pattern, text):
            assert place % name in page, name


def test_a_chapter_is_called_by_its_number():
    for number, name in re.findall(r"\[(\d[\w.]*) [^\]]+\]\(\.\./notebooks/(\w+)\.ipynb\)", TEXT):
        title = notebooks.read(notebooks.FOLDER / f"{name}.ipynb").cells[0].source
        assert title.startswith(f"# {number} "), name


def test_commands_exist():
    for target in set(re.findall(r"(?:^|`)make (\w+)", TEXT, re.MULTILINE)):
        assert re.search(rf"^{target}: ", MAKE, re.MULTILINE), target


# ---------------------------------------------------------------- the tool

TABLE = """text | no table

| session | chapters | minutes | exercises | assignments |
|---|---|---:|---:|---|
| a | [1](../notebooks/one.ipynb), [2](../notebooks/two.ipynb) | 0 | 9 | |
| b | [2](../notebooks/two.ipynb) | 0 | | x |
| together | | | | |

| other | table |
|---|---|
| [1](../notebooks/one.ipynb) | stays |
"""


@pytest.fixture
def chapters(tmp_path, monkeypatch):
    for name, header in (
        ("one", "# 3.1 One\n\n**Time.** 10 minutes to read, 20 minutes more for the exercises."),
        ("two", "# 9.9 Two\n\n**Time.** 3 minutes to read, about 10 seconds to run."),
    ):
        cell = nbformat.v4.new_markdown_cell(header)
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / f"{name}.ipynb")
    monkeypatch.setattr(generated.notebooks, "FOLDER", tmp_path)


def test_columns_are_computed_from_the_headers(chapters):
    lines = generated.filled(TABLE).split("\n")
    assert lines[4].endswith("| 13 | 20 | `forward` |")
    assert lines[5].endswith("| 3 | 0 | |")
    assert lines[6] == "| together | | 16 | 20 | |"
    assert "| [1](../notebooks/one.ipynb) | stays |" in lines
    assert generated.filled("\n".join(lines)) == "\n".join(lines)


def test_an_assignment_of_8_1_belongs_to_8_1a(monkeypatch):
    lstm = rnncheck.ASSIGNMENTS["forward"]._replace(name="lstm", title="8.1 LSTM")
    monkeypatch.setitem(rnncheck.ASSIGNMENTS, "lstm", lstm)
    assert generated.assigned("8.1a") == generated.assigned("8.1") == ["`lstm`"]
    assert generated.assigned("8.1b") == []
