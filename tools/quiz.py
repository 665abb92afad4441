r"""The quizzes: five questions for each chapter, from the files of book/quizzes.

    python tools/quiz.py      # what `make quiz` does: write _build/quiz/quiz.xml and quiz.json

`quiz.xml` is for Moodle (question bank, import, format "Moodle XML"): one category for each
chapter, every answer with its explanation as feedback, formulas between \( and \). `quiz.json`
has the same as data. The pages of the book show the quiz above the references; the extension of
the book puts it there when it reads a chapter, so the notebooks stay as they are.

A question in book/quizzes/NAME.toml:

    [[03_1_forward]]                   # the notebook
    question = 'What is …?'            # text with $formulas$, `code` and *emphasis*
    code = '''…'''                     # optional: lines of code below the question
    A = ['an option', 'why it is right or wrong']
    B = ['another one', 'why', 'A section of the chapter, if it is not that of the question']
    C = ['a third one', 'why']
    right = 'B'
    section = 'The loop'               # where to read, a heading of the chapter
    check = 'assert …'                 # optional: Python that recomputes the numbers, with np
"""

import html
import json
import re
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from docutils.utils import smartquotes

import formulas
import notebooks

FOLDER = notebooks.ROOT / "book" / "quizzes"
BUILT = notebooks.ROOT / "_build" / "quiz"
LETTERS = "ABCD"
PIECE = re.compile(r"\$(?P<math>[^$]+)\$|`(?P<code>[^`]+)`|\*(?P<em>[^*]+)\*")
KEPT = re.compile(r"(\$[^$]+\$|`[^`]+`)")
REFERENCES = re.compile(r"^## References$", re.MULTILINE)
INTRODUCTION = (
    "Decide first, then open your answer: each says why it is right or wrong, and where to read."
)


class Option(NamedTuple):
    """An answer that can be chosen, why it is right or wrong, and in which section that stands."""

    letter: str
    text: str
    why: str
    section: str
    right: bool


class Question(NamedTuple):
    """A question of a chapter."""

    chapter: str  # the notebook's name
    text: str
    code: str
    options: list[Option]
    check: str


def questions(entries: list[dict], chapter: str) -> list[Question]:
    """Return the questions of one chapter, as they stand in the file."""
    found = []
    for entry in entries:
        options = []
        for letter in LETTERS:
            if letter in entry:
                text, why, *own = entry[letter]
                section = own[0] if own else entry["section"]
                options.append(Option(letter, text, why, section, letter == entry["right"]))
        code = entry.get("code", "").strip("\n")
        found.append(Question(chapter, entry["question"], code, options, entry.get("check", "")))
    return found


def read(file: Path) -> dict[str, list[Question]]:
    """Return the questions of the chapters of one file."""
    found = tomllib.loads(file.read_text("utf-8"))
    return {chapter: questions(entries, chapter) for chapter, entries in found.items()}


def quizzes() -> dict[str, list[Question]]:
    """Return the questions of all chapters that have some, in the order of the chapters."""
    found: dict[str, list[Question]] = {}
    for file in FOLDER.glob("*.toml"):
        found |= read(file)
    return dict(sorted(found.items()))


def source(chapter: str) -> Path | None:
    """Return the file that holds a chapter's questions."""
    files = sorted(FOLDER.glob("*.toml"))
    return next((x for x in files if f"[[{chapter}]]" in x.read_text("utf-8")), None)


# ---------------------------------------------------------------- HTML


def for_moodle(formula: str) -> str:
    return html.escape(rf"\({formula}\)", quote=False)


def quoted(text: str) -> str:
    r"""Return a text with the quotation marks of the book's prose.

    >>> quoted('Keras\'s "a" and `"b"`, "c"')
    'Keras’s “a” and `"b"`, “c”'
    """
    tokens = [("literal" if k % 2 else "plain", x) for k, x in enumerate(KEPT.split(text))]
    return "".join(smartquotes.educate_tokens(tokens, "q"))


def inline(text: str, formula: Callable[[str], str]) -> str:
    """Return a text of the file as HTML."""

    def piece(found: re.Match) -> str:
        if found["math"]:
            return formula(found["math"])
        if found["code"]:
            return f"<code>{html.escape(found['code'], quote=False)}</code>"
        return f"<em>{inline(found['em'], formula)}</em>"

    text, parts, end = quoted(text), [], 0
    for found in PIECE.finditer(text):
        parts += [html.escape(text[end : found.start()], quote=False), piece(found)]
        end = found.end()
    return "".join([*parts, html.escape(text[end:], quote=False)])


def on_page(asked: list[Question]) -> str:
    """Return the quiz of a page: HTML without a blank line, which would end it in Markdown."""
    lines = ['<ol class="quiz">']
    for question in asked:
        lines.append(f"<li><p>{inline(question.text, formulas.inline)}</p>")
        if question.code:
            lines.append(f"<pre>{html.escape(question.code, quote=False)}</pre>")
        for option in question.options:
            kind = "right" if option.right else "wrong"
            link = f'<a href="#{nodes.make_id(option.section)}">{html.escape(option.section)}</a>'
            lines += [
                f'<details class="{kind}">'
                f'<summary><span class="letter">{option.letter}</span> '
                f"{inline(option.text, formulas.inline)}</summary>",
                f'<p><span class="word">{kind.title()}.</span> '
                f"{inline(option.why, formulas.inline)} See {link}.</p></details>",
            ]
        lines.append("</li>")
    return "\n".join([*lines, "</ol>"])


def added(text: str, asked: list[Question]) -> str:
    """Return a notebook's JSON with the quiz above the references, or at its end."""
    quiz = f"## Quiz\n\n{INTRODUCTION}\n\n{on_page(asked)}\n\n"
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        words = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and (place := REFERENCES.search(words)):
            cell["source"] = words[: place.start()] + quiz + words[place.start() :]
            return json.dumps(notebook)
    last = {"cell_type": "markdown", "id": "quiz", "metadata": {}, "source": quiz.rstrip()}
    notebook["cells"].append(last)
    return json.dumps(notebook)


# ---------------------------------------------------------------- exports


def title(chapter: str) -> str:
    """Return the title of a chapter, with its number."""
    first = notebooks.read(notebooks.FOLDER / f"{chapter}.ipynb").cells[0].source
    return first.splitlines()[0].removeprefix("# ")


def node(parent: ET.Element, tag: str, text: str = "", **attributes: str) -> ET.Element:
    """Add an element of Moodle's that holds its text in an element of its own."""
    outer = ET.SubElement(parent, tag, attributes)
    ET.SubElement(outer, "text").text = text
    return outer


def moodle(everything: dict[str, list[Question]]) -> str:
    """Return all quizzes as Moodle XML."""
    root = ET.Element("quiz")
    for chapter, asked in everything.items():
        name = title(chapter)
        category = ET.SubElement(root, "question", type="category")
        node(category, "category", f"$course$/top/Recurrent networks/{name.replace('/', '//')}")
        for count, question in enumerate(asked, start=1):
            text = f"<p>{inline(question.text, for_moodle)}</p>"
            if question.code:
                text += f"<pre>{html.escape(question.code, quote=False)}</pre>"
            one = ET.SubElement(root, "question", type="multichoice")
            node(one, "name", f"{name.split()[0]} question {count}")
            node(one, "questiontext", text, format="html")
            settings = {
                "defaultgrade": "1", "penalty": "0.3333333", "hidden": "0", "single": "true",
                "shuffleanswers": "true", "answernumbering": "ABCD",
            }  # fmt: skip
            for tag, value in settings.items():
                ET.SubElement(one, tag).text = value
            for option in question.options:
                answer = node(
                    one, "answer", f"<p>{inline(option.text, for_moodle)}</p>",
                    fraction="100" if option.right else "0", format="html",
                )  # fmt: skip
                where = f"Chapter {name.split()[0]}, “{html.escape(option.section)}”."
                why = f"<p>{inline(option.why, for_moodle)} {where}</p>"
                node(answer, "feedback", why, format="html")
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


def as_data(everything: dict[str, list[Question]]) -> list[dict]:
    """Return all quizzes as data: texts in Markdown, formulas between dollars."""
    return [
        {
            "chapter": chapter,
            "title": title(chapter),
            "questions": [
                {
                    "question": question.text,
                    "code": question.code,
                    "options": [option._asdict() for option in question.options],
                }
                for question in asked
            ],
        }
        for chapter, asked in everything.items()
    ]


def main() -> None:
    everything = quizzes()
    BUILT.mkdir(parents=True, exist_ok=True)
    (BUILT / "quiz.xml").write_text(moodle(everything), "utf-8")
    data = json.dumps(as_data(everything), ensure_ascii=False, indent=1)
    (BUILT / "quiz.json").write_text(data + "\n", "utf-8")
    number = sum(map(len, everything.values()))
    print(f"{number} questions of {len(everything)} chapters: quiz.xml and quiz.json in {BUILT}")


if __name__ == "__main__":
    main()
