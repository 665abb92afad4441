"""What the theme's pages lack: room for figures, an address, terms that explain themselves.

The book's extension calls this while a page is written and after the last one.
"""

import base64
import hashlib
import html
import json
import re
import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes

import formulas
import glossary
import live

WIDE = 720  # pixels: the words of a wider figure are too small on a phone
IMAGE = re.compile(r'<img (?![^>]*\bwidth=)[^>]*src="([^":]+\.png)"')
# A sound as a notebook stores it, inside the page.
SOUND = re.compile(r'<audio([^>]*)>(\s*)<source src="data:audio/wav;base64,([^"]+)"')

TERM = re.compile(r"([(“‘]*)<strong>([^<.:?!]+)</strong>([.,;:?!)”’]*)")
BUTTON = """\
<span class="together">{before}<strong><button type="button" class="term" \
popovertarget="term-{k}">{word}</button></strong>{after}</span>\
<span popover id="term-{k}" class="definition" role="note">{text} \
<a class="reference internal" href="{link}">Glossary</a></span>"""


def in_words(node: nodes.Node) -> bool:
    return isinstance(node, nodes.title | nodes.paragraph)


NOT_FOUND = {
    "title": "This page is not here",
    "body": """\
<h1>This page is not here</h1>
<p>The address may be old, or mistyped. <a href="book/index.html">The cover</a> leads to every
chapter, and the search in the side bar finds words.</p>
""",
}
# The theme gives the button that unfolds a cell this name, in place of the words that stand there.
WRONG_NAME = ' aria-label="Toggle hidden content"'
# Names, brackets and spaces have the colour of their block; in 3.2 they are 4 of 10 elements.
PLAIN = re.compile(r'<span class="(?:n|nn|p|w)">([^<]*)</span>')
# A formula in a line of text, alone or in a box that scrolls, and the punctuation behind it.
FORMULA = re.compile(r"(<math>.*?</math>)(</span>)?([.,;:?!)%”’]*)", re.DOTALL)
# What folds a cell, in the words of the theme; the name of a solution stands in its first line.
FOLD = re.compile(r"\b(Show|Hide) code cell source\b")
SOLUTION = re.compile(
    r"Show code cell content(.{,80}?)Hide code cell content(.{,400}?# @title )([^<]+)", re.DOTALL
)
UNIT = re.compile(r"(?<=\d) (?=%|°C|ms\b|k?Hz\b|[kMG]B\b)")
# Code in a sentence, and how much of it may stand on one line of a phone.
CODE = re.compile(r'<code class="(docutils literal notranslate)">(.*?)</code>', re.DOTALL)
SHORT = 20
# A symbol of one letter and its indices; names of several letters are names of the code.
SYMBOL = re.compile(r"(?<![^\W_])[^\W\d_](?:[_^](?:\{[^}]+\}|[^\W_](?![A-Za-z0-9])))+")
INDEX = re.compile(r"([_^])(?:\{([^}]+)\}|(.))")
# Where a name in the API may break: after a module's name and before the arguments.
BREAK = re.compile(r'(\.</span></span>|<span class="sig-paren">\(</span>)')


def published(address: str) -> str:
    """Return where the pages of a repository stand; "" as long as its address is a placeholder."""
    if address == live.PLACEHOLDER:
        return ""
    host, owner, name = re.fullmatch(r"https://(\w+)\.com/([^/]+)/(.+)", address).groups()
    return f"https://{owner.lower()}.{host}.io/{name}/"


def together(body: str) -> str:
    """Return a page on which no line begins with the punctuation after a formula.

    >>> together("of <math>a</math>, or <math>b</math> (<math>c</math>)")
    'of <span class="together"><math>a</math>,</span> or <math>b</math> \
(<span class="together"><math>c</math>)</span>'
    >>> together('<span class="math"><math>a</math></span>.')
    '<span class="math"><math>a</math>.</span>'
    """

    def tied(found: re.Match) -> str:
        formula, boxed, after = found[1], found[2] or "", found[3]
        whole = f"{formula}{after}{boxed}"
        return whole if boxed or not after else f'<span class="together">{whole}</span>'

    return FORMULA.sub(tied, body)


def folds(body: str) -> str:
    """Return a page on which a fold says what is in it: the code of a cell, or a solution."""
    body = SOLUTION.sub(r"\3\1Hide the solution\2\3", body)
    return FOLD.sub(r"\1 the code", body)


def chips(body: str) -> str:
    """Return a page that keeps a few words of code on one line."""

    def chip(found: re.Match) -> str:
        short = len(html.unescape(re.sub("<[^>]*>", "", found[2]))) <= SHORT
        return f'<code class="{found[1]} short">{found[2]}</code>' if short else found[0]

    return CODE.sub(chip, body)


def units(page: nodes.document) -> None:
    """Keep each number and its unit on one line."""
    for text in list(page.findall(nodes.Text)):
        words = text.parent
        code = isinstance(words, nodes.FixedTextElement | nodes.literal)
        if UNIT.search(text) and isinstance(words, nodes.TextElement) and not code:
            words.replace(text, nodes.Text(UNIT.sub("\N{NO-BREAK SPACE}", text)))


def scripts(page: nodes.document) -> None:
    """Set h_t and h_{t−1} in sentences of docstrings as readers know them."""
    for text in list(page.findall(nodes.Text)):
        words, parts, end = text.parent, list[nodes.Node](), 0
        if isinstance(words, nodes.paragraph):
            for symbol in SYMBOL.finditer(text):
                parts.append(nodes.Text(text[end : symbol.start() + 1]))
                for kind, braced, one in INDEX.findall(symbol[0][1:]):
                    script = nodes.subscript if kind == "_" else nodes.superscript
                    parts.append(script("", braced or one))
                end = symbol.end()
            if parts:
                words.replace(text, [*parts, nodes.Text(text[end:])])


def size(picture: Path) -> tuple[int, int]:
    """Return width and height of a PNG, which stand in its first bytes."""
    return struct.unpack(">II", picture.read_bytes()[16:24])


def sized(page: str, folder: Path) -> str:
    """Return a page that keeps room for its figures, and fetches each when it is near.

    A wide figure is marked: on a phone the style sheet has it scroll.
    """

    def image(found: re.Match) -> str:
        width, height = size(folder / found[1])
        wide = "data-wide " if width > WIDE else ""
        return f'<img width="{width}" height="{height}" {wide}loading="lazy" {found[0][5:]}'

    return IMAGE.sub(image, page)


def silent(page: str, folder: Path) -> str:
    """Return a page that fetches a sound when it is played; the sounds are written beside it."""

    def sound(found: re.Match) -> str:
        content = base64.b64decode(found[3])
        name = f"{hashlib.sha256(content).hexdigest()[:16]}.wav"
        (folder / name).write_bytes(content)
        return f'<audio{found[1]} preload="none">{found[2]}<source src="{name}"'

    return SOUND.sub(sound, page)


def finish(site: Path) -> None:
    """Give figures their size; take sounds out of the pages."""
    for path in site.rglob("*.html"):
        page = path.read_text("utf-8")
        if page != (new := silent(sized(page, path.parent), path.parent)):
            path.write_text(new, "utf-8")


def told(node: nodes.Element) -> Iterator[str]:
    """Yield the words of a section as HTML; sections in it keep their names, code is left out."""
    for child in node.children:
        if isinstance(child, nodes.section):
            yield f'<section id="{child["ids"][0]}">{" ".join(told(child))}</section>'
        elif "cell" not in getattr(child, "attributes", {}).get("classes", []):
            words = [child] if isinstance(child, nodes.TextElement) else child.findall(in_words)
            yield from (html.escape(x.astext(), quote=False) for x in words if in_words(x))


def prose(app: Any) -> str:
    """Return what each page says in words, as JSON, for the excerpts of the search."""
    pages = {
        page: f'<div role="main">{" ".join(told(app.env.get_doctree(page)))}</div>'
        for page in sorted(app.env.found_docs)
    }
    return json.dumps(pages, ensure_ascii=False)


def plain(paragraph: nodes.Node) -> str:
    """Return a paragraph as HTML without links; its formulas remain formulas."""
    if isinstance(paragraph, nodes.math):
        return formulas.inline(paragraph.astext())
    if isinstance(paragraph, nodes.Text):
        return html.escape(paragraph.astext(), quote=False)
    return "".join(plain(child) for child in paragraph.children)


def definitions(page: nodes.document) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield each name of each term, in lower case, with its anchor and its first paragraph."""
    for letter in page.next_node(nodes.section).children:
        for section in (x for x in letter.children if isinstance(x, nodes.section)):
            found = section["ids"][0], plain(section.next_node(nodes.paragraph))
            for name in glossary.names(section.next_node(nodes.title).astext()):
                yield name, found


@cache
def terms(app: Any) -> dict[str, tuple[str, str]]:
    """Return the glossary of the book that is being built."""
    return dict(definitions(app.env.get_doctree("book/glossary")))


def explain(body: str, known: dict[str, tuple[str, str]], address: str) -> str:
    """Return a page on which a term in bold, where it is introduced, opens its definition."""
    seen: dict[str, int] = {}

    def button(found: re.Match) -> str:
        before, word, after = found.groups()
        for name in glossary.forms(html.unescape(word)):
            if name in known and name not in seen:
                seen[name] = k = len(seen)
                anchor, text = known[name]
                link = f"{address}#{anchor}"
                return BUTTON.format(
                    k=k, before=before, word=word, after=after, text=text, link=link
                )
        return found[0]

    return TERM.sub(button, body)
