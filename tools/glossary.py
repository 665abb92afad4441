"""The Chinese index at the end of the glossary, in the order of pinyin.

    python tools/glossary.py            # bring the index up to date
    python tools/glossary.py --check    # only say whether it is

The pinyin stands in the index itself, so an entry keeps what a reader may have corrected. The
package pypinyin is asked for new terms only, and nothing else of the book needs it.
"""

import argparse
import re
import unicodedata

import notebooks

PAGE = notebooks.ROOT / "book" / "glossary.md"
TITLE = "## Chinese to English"
HAN = re.compile(r"[\u4e00-\u9fff]")
ITEM = re.compile(r"^- (.+?) \(([^()]+)\): ", re.MULTILINE)
ENTRY = re.compile(r"^### (.+)\n\n\*\*(.+?)\*\*", re.MULTILINE)
TONES = "\u0304\u0301\u030c\u0300"  # the four marks, as NFD writes them behind their vowel
INTRODUCTION = """\
<!-- Written by tools/glossary.py; correct a wrong pinyin here, it is kept. -->

The Chinese terms of this page, in the order of pinyin."""


def anchor(heading: str) -> str:
    """Return the anchor of a heading, as GitHub and MyST make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def names(heading: str) -> list[str]:
    """Return what a heading names, in lower case: the term and its abbreviations."""
    return [part.strip().lower() for part in re.split(r"[(),]", heading) if part.strip()]


def forms(word: str) -> tuple[str, str, str]:
    """Return the names under which a word may stand in the glossary: it may be a plural."""
    word = word.lower()
    return word, word.removesuffix("s"), word.removesuffix("es")


def terms(text: str) -> dict[str, list[str]]:
    """Return the English headings of each Chinese term, synonyms one by one."""
    found: dict[str, list[str]] = {}
    for heading, chinese in ENTRY.findall(text):
        for term in re.split(r"[，、（）]", chinese):
            if HAN.search(term):
                found.setdefault(term, []).append(heading)
    return found


def order(pinyin: str) -> tuple[list[str], list[int]]:
    """Return what sorts pinyin: its syllables one by one, then their tones."""
    syllables = unicodedata.normalize("NFD", pinyin.lower()).split()
    tones = [next((TONES.index(x) for x in word if x in TONES), 4) for word in syllables]
    return [re.sub(r"[^a-z0-9]", "", word) for word in syllables], tones


def spell(term: str) -> str:
    """Return the pinyin of a new term."""
    try:
        from pypinyin import pinyin
    except ImportError:
        raise SystemExit(f"{term} is new to the index: pip install pypinyin") from None
    return " ".join("".join(x[0].split()) for x in pinyin(term))


def index(text: str) -> str:
    """Return the index of a glossary; pinyin that stands there already is kept."""
    entries, _, old = text.partition(TITLE)
    known = dict(ITEM.findall(old))
    found = terms(entries)
    spelled = {term: known.get(term) or spell(term) for term in found}
    lines, letter = [TITLE, "", INTRODUCTION], ""
    for term in sorted(found, key=lambda x: (order(spelled[x]), x)):
        if (first := order(spelled[term])[0][0][0].upper()) != letter:
            letter = first
            lines += ["", f"**{letter}**", ""]
        english = ", ".join(f"[{x}](#{anchor(x)})" for x in found[term])
        lines.append(f"- {term} ({spelled[term]}): {english}")
    return "\n".join(lines) + "\n"


def renewed(text: str) -> str:
    """Return the page with its index brought up to date."""
    return text.partition(TITLE)[0].rstrip("\n") + "\n\n" + index(text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only say whether it is up to date")
    check = parser.parse_args().check
    text = PAGE.read_text("utf-8")
    new = renewed(text)
    if check:
        raise SystemExit(0 if new == text else "not up to date: run python tools/glossary.py")
    PAGE.write_text(new, "utf-8")
    print("changed" if new != text else "nothing changed")


if __name__ == "__main__":
    main()
