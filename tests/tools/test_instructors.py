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


PLANNED = ["2", "3.1", "3.2", "3.3", "4.1", "4.2", "4.3", "5.1", "5.2", "5.3"]
PLANNED += ["6.1a", "8.1a", "8.2a"]


@pytest.mark.parametrize("chapter", ["1", *PLANNED])
def test_chapter_has_common_mistakes_and_a_plan(chapter):
    mistakes = re.search(rf"^### \[{re.escape(chapter)} .+?(?=^### |\Z)", MISTAKES, re.M | re.S)
    assert len(re.findall(r"^- \*", mistakes[0], re.MULTILINE)) >= 2
    if chapter in PLANNED:
        plan = re.search(rf"^\*\*\[{re.escape(chapter)} .+?(?=^\*\*\[|^## )", TEXT, re.M | re.S)
        lines = re.findall(r"^\d\. (\d+) min\. ", plan[0], re.MULTILINE)
        assert len(lines) == 5
        assert sum(map(int, lines)) == 90


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
