"""The glossary: alphabetical, with a Chinese term for each entry, and an index of these terms."""

import re
import unicodedata

import pytest

import glossary

TEXT = glossary.PAGE.read_text("utf-8")
ENTRIES = TEXT.partition(glossary.TITLE)[0]
TERMS = re.findall(r"^### (.+)$", ENTRIES, re.MULTILINE)


def letters(term):
    return re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFD", term.lower()))


def test_entries_are_in_order_and_not_twice():
    assert len(TERMS) > 200
    assert sorted(TERMS, key=letters) == TERMS
    assert len(set(TERMS)) == len(TERMS)


def test_entries_stand_under_their_letter():
    for letter, section in re.findall(r"^## (\w)\n(.*?)(?=^## |\Z)", ENTRIES, re.DOTALL | re.M):
        assert f"[{letter}](#{letter.lower()})" in ENTRIES
        assert all(x[0].upper() == letter for x in re.findall(r"^### (.+)$", section, re.M))


def test_each_entry_has_a_chinese_term_or_a_name():
    assert [x for x, _ in glossary.ENTRY.findall(ENTRIES)] == TERMS


def test_index_is_up_to_date():
    assert glossary.renewed(TEXT) == TEXT, "run python tools/glossary.py"


def test_index_lists_each_synonym_and_each_entry():
    page = (
        "### One\n\n**甲，乙（丙）**. x\n\n### Two\n\n**乙** · `b`. y\n\n### Three\n\n**Drei**. z\n"
    )
    assert glossary.terms(page) == {"甲": ["One"], "乙": ["One", "Two"], "丙": ["One"]}


def test_index_keeps_a_corrected_pinyin():
    page = f"### Row\n\n**行**. x\n\n{glossary.TITLE}\n\n- 行 (háng): [Old](#old)\n"
    assert "- 行 (háng): [Row](#row)\n" in glossary.renewed(page)


@pytest.mark.parametrize(
    ("first", "second"),
    [("chā fēn", "chá quán lǜ"), ("chá xún", "cháng qī"), ("mā", "má"), ("Adam yōu", "àn")],
)
def test_pinyin_is_ordered_by_syllables_then_by_tones(first, second):
    assert glossary.order(first) < glossary.order(second)
