r"""Formulas as MathML, written when the book is built: pages need no script to show them.

    python tools/formulas.py latinmodern-math.otf     # make book/_static/math.woff2 again

Temml (tools/temml) turns TeX into MathML, in V8; an unknown command is an error. Browsers space
MathML by rules of their own. Where TeX does otherwise, the difference is written into the formula:
nothing around operators in sub- and superscripts and beside large brackets, a thin space before
the name of a function, none before a sum behind an equals sign. The number of a formula (\tag)
stands beside it, so that it remains in sight when a long formula scrolls.

The font is the part of Latin Modern Math that formulas need, from CTAN or Debian's fonts-lmodern.
"""

import atexit
import base64
import html
import re
import sys
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import notebooks
import visit

TEMML = Path(__file__).parent / "temml" / "temml.min.js"
STYLE = notebooks.ROOT / "book" / "_static" / "math.css"
FONT = STYLE.with_suffix(".woff2")
TAG = re.compile(r"\s*\\tag\{([^}]*)\}\s*")
# In TeX there is a space before \left, which authors take back; in MathML there is none.
BEFORE_LEFT = re.compile(r"\\!\s*(?=\\left\b)")
MATH = re.compile(r"<math\b.*?</math>", re.DOTALL)
SCRIPTS = {"msub", "msup", "msubsup", "munder", "mover", "munderover"}
ROWS = {"mtd", "msqrt", "mstyle", "mpadded"}
LARGE = set("∑∏∫⋃⋂")
APPLY = "\N{FUNCTION APPLICATION}"
# Formulas in a line of text with more characters may be wider than a phone.
LONG = 24
THIN = "0.1667em"
# At least this high is what stands under a root.
ROOT = "0.75em"
# How browsers draw a letter that stands alone in <mi>.
ITALIC = {
    chr(int(unicodedata.decomposition(chr(k)).split()[1], 16)): chr(k)
    for k in [*range(0x1D434, 0x1D455), *range(0x1D456, 0x1D468), *range(0x1D6E2, 0x1D71C)]
} | {"h": "ℎ"}
FENCES = "()[]{}⟨⟩⌈⌉⌊⌋/"
# In the font whether the book has them or not: ASCII, italic and bold, calligraphic, double-struck.
LETTERS = "".join(
    chr(k)
    for first, last in ((0x20, 0x7E), (0x391, 0x3C9), (0x1D400, 0x1D467), (0x1D468, 0x1D49B),
                        (0x1D49C, 0x1D4B5), (0x1D538, 0x1D551), (0x1D6E2, 0x1D71B))
    for k in range(first, last + 1)
) + "ℎℬℰℱℋℐℒℳℛℂℍℕℙℚℝℤ√∑∏∫…⋯⏞⏟" + FENCES  # fmt: skip
NAME = "Formulas of the Book"
# Accents for one letter, in place of wider ones.
ACCENTS = {"‾": "¯", "~": "\N{SMALL TILDE}"}


class FormulaError(ValueError):
    """TeX that cannot become MathML."""


@cache
def engine() -> Any:
    from py_mini_racer import MiniRacer  # only who typesets loads V8

    racer = MiniRacer()
    atexit.register(racer.close)  # left open, it may wait for itself when Python ends
    racer.eval(TEMML.read_text("utf-8"))
    return racer


@cache
def inline(tex: str, display: bool = False) -> str:
    """Return a formula as MathML, its TeX within; a long one scrolls where there is no room."""
    from py_mini_racer import JSEvalException

    bare = BEFORE_LEFT.sub("", TAG.sub("", tex))
    options = {"displayMode": display, "throwOnError": True}
    try:
        root = ET.fromstring(engine().call("temml.renderToString", bare, options))
    except JSEvalException as error:
        reason = str(error).splitlines()[0].partition("ParseError: ")[2]
        raise FormulaError(f"{reason or error}: {tex.strip()}") from None
    root.attrib = {"display": "block"} if display else {}
    tidy(root)
    row = root[0] if len(root) == 1 and root[0].tag == "mrow" else ET.Element("mrow")
    if row is not root[0]:
        row.extend(root)
    root[:] = [ET.Element("semantics")]
    note = ET.Element("annotation", encoding="application/x-tex")
    note.text = tex.strip()
    root[0].extend([row, note])
    text = ET.tostring(root, encoding="unicode", short_empty_elements=False)
    long = not display and len("".join(row.itertext())) > LONG
    return f'<span class="math">{text}</span>' if long else text


def displayed(tex: str) -> str:
    """Return a displayed formula, in a box that scrolls if it must, and its number."""
    number = TAG.search(tex)
    lines = [x for x in tex.split("\n\n") if x.strip()]
    if len(lines) > 1 or ("&" in tex and "begin{" not in tex):  # as Sphinx has it in docstrings
        tex = r"\begin{aligned}" + r" \\ ".join(lines) + r"\end{aligned}"
    name = f'<span class="eqno">({html.escape(number[1])})</span>' if number else ""
    return f"<div>{inline(tex, display=True)}</div>{name}"


def block(tex: str) -> str:
    return f'<div class="math">{displayed(tex)}</div>'


def style() -> str:
    """Return the style sheet with the font in it, for a page that stands alone."""
    font = base64.b64encode(FONT.read_bytes()).decode()
    return STYLE.read_text("utf-8").replace(FONT.name, f"data:font/woff2;base64,{font}")


# ---------------------------------------------------------------- spaces as TeX has them


def core(part: ET.Element) -> ET.Element:
    """Return what carries the scripts of a part, or the part itself."""
    while part.tag in SCRIPTS:
        part = part[0]
    return part


def tail(part: ET.Element | None) -> ET.Element | None:
    """Return what stands last in a row within a row."""
    while part is not None and part.tag == "mrow" and len(part):
        part = part[-1]
    return part


def opens(part: ET.Element | None) -> bool:
    """Say whether something begins behind this part: an operator, an opening bracket, nothing."""
    letter = part is not None and part.text in {"∇", "∂"}
    return part is None or (part.tag == "mo" and part.get("form") != "postfix" and not letter)


def ends(part: ET.Element | None) -> bool:
    """Say whether something ends in front of this part: a comma, a closing bracket, nothing."""
    return part is None or part.get("form") == "postfix" or part.get("separator") == "true"


def close(operator: ET.Element) -> None:
    """Take away the space around an operator."""
    operator.attrib.update(lspace="0", rspace="0")


def space(row: ET.Element, first: ET.Element | None = None, last: ET.Element | None = None) -> None:
    """Put spaces into a row; `last` stands in front of it, and `first` in front of that."""
    parts: list[ET.Element] = []
    for part, following in zip(row, [*row[1:], None], strict=False):
        if part.text == APPLY:  # said by the space; in some fonts it is a space itself
            continue
        sign = last is not None and last.text in {"−", "+"} and opens(first)
        named = following is not None and following.text == APPLY
        if named and (sign or not (opens(last) or last.tag in {"mspace", "mtext"})):
            parts.append(ET.Element("mspace", width=THIN))
        if core(part).text in LARGE and opens(last) and not sign:
            core(part).set("lspace", "0")
        if part.text in {"…", "⋯"}:
            free = last is not None and (last.get("separator") != "true" and not opens(last))
            part.attrib |= {
                "lspace": THIN if free else "0",
                "rspace": "0" if ends(following) else THIN,
            }
        if part.text == "=" and last is not None and last.text in {"+", "−"}:  # the sign +=
            last.set("rspace", "0")
            part.set("lspace", "0")
        if part.text == ":" and last is not None and last.get("form") == "prefix":
            close(part)
        if part.tag == "mrow":
            space(part, first, last)
        else:
            for inner in [part] if part.tag in ROWS else part:
                space(inner)
        parts.append(part)
        first, last = last, tail(part)
    row[:] = parts


def tidy(formula: ET.Element) -> None:
    """Give a formula the spaces that TeX has."""
    for part in formula.iter():
        if part.tag == "mover":
            part[1].text = ACCENTS.get(part[1].text, part[1].text)
        if part.tag == "mrow" and "displaystyle" in part.attrib:
            part.tag = "mstyle"  # which may have it in every MathML
        if part.tag == "msqrt":  # its sign is taller than a letter; TeX has half of that above
            part.append(ET.Element("mspace", width="0", height=ROOT))
        if part.text == "⊙":
            part.set("largeop", "false")  # Firefox takes it for one
        if part.tag == "mo" and "minsize" in part.attrib:
            close(part)
        if part.tag in SCRIPTS:
            for script in part[1:]:
                for operator in script.iter("mo"):
                    close(operator)
        if part.tag == "mtable" and "tml-jot" in part.get("class", ""):
            for cell in part.iterfind("mtr/mtd[@class='tml-left']"):
                while len(cell) and cell.tag in {"mtd", "mrow"}:
                    cell = cell[0]
                if cell.tag == "mo" and cell.text in {"−", "+"}:  # a line that goes on
                    cell.attrib |= {"form": "infix", "lspace": "0.2222em", "rspace": "0.2222em"}
    space(formula)


# ---------------------------------------------------------------- the font


def letters(text: str) -> str:
    """Return the characters that a formula shows; a single letter of <mi> is drawn in italics."""
    shown = ""
    for part in ET.fromstring(text).iter():
        words = (part.text or "").strip() if part.tag != "annotation" else ""
        shown += words
        if part.tag == "mi" and len(words) == 1 and part.get("mathvariant") != "normal":
            shown += ITALIC.get(words, "")
    return shown


def typeset() -> Iterator[str]:
    """Yield the formulas of the built book."""
    for page in visit.SITE.rglob("*.html"):
        yield from MATH.findall(page.read_text("utf-8"))


def taller(font: Any, name: str) -> list[list[str]]:
    """Return the tall forms of a sign, and last the parts of which taller ones are built."""
    variants = font["MATH"].table.MathVariants
    forms = variants.VertGlyphConstruction[variants.VertGlyphCoverage.glyphs.index(name)]
    parts = forms.GlyphAssembly.PartRecords if forms.GlyphAssembly else []
    groups = [[x.VariantGlyph] for x in forms.MathGlyphVariantRecord[1:]]
    return [*groups, list(dict.fromkeys(x.glyph for x in parts))]


def redraw(font: Any, glyph: str, width: float, scale: float = 1, shift: float = 0) -> None:
    """Draw a form again, stretched or moved sideways."""
    from fontTools.pens.t2CharStringPen import T2CharStringPen
    from fontTools.pens.transformPen import TransformPen

    glyphs, charset = font.getGlyphSet(), font["CFF "].cff.topDictIndex[0]
    pen = T2CharStringPen(round(width), glyphs)
    glyphs[glyph].draw(TransformPen(pen, (scale, 0, 0, 1, round(shift), 0)))
    charset.CharStrings[glyph] = pen.getCharString(charset.Private, charset.GlobalSubrs)
    font["hmtx"][glyph] = round(width), round(font["hmtx"][glyph][1] * scale + shift)


def narrow(font: Any, name: str, done: set[str]) -> None:
    """Give the tall forms of a bracket little more width than the bracket itself has."""
    from fontTools.pens.boundsPen import BoundsPen

    glyphs, least = font.getGlyphSet(), font["hmtx"][name][0]
    for group in taller(font, name):
        if not group or done & set(group):  # brackets share parts
            continue
        done |= set(group)
        ink = BoundsPen(glyphs)
        for glyph in group:
            glyphs[glyph].draw(ink)
        left, _, right, _ = ink.bounds
        width = min(max(least, right - left + 120), 1.4 * least)
        for glyph in group:
            redraw(font, glyph, width, shift=(width - left - right) / 2)


def squeeze(font: Any, name: str) -> None:
    """Make the tall forms of a sign as wide as the sign itself."""
    width = font["hmtx"][name][0]
    for group in taller(font, name):
        for glyph in group:
            redraw(font, glyph, width, scale=width / font["hmtx"][glyph][0])


def make_font(source: str) -> None:
    """Write the font: the characters of the built book, all letters, and what grows with them.

    Its measures are those of Knuth's fonts where Latin Modern has others: a subscript does not
    sink below a letter with a tail. The prime is the one drawn for superscripts, where it stands.
    Tall brackets and roots are narrow: Chromium gives each the room of the widest.
    """
    from fontTools import subset
    from fontTools.ttLib import TTFont

    font = TTFont(source)
    [prime] = {
        part.alternates[name][0]
        for table in font["GSUB"].table.LookupList.Lookup
        for part in table.SubTable
        if hasattr(part, "alternates")
        for name in part.alternates
        if name == font.getBestCmap()[ord("′")]
    }
    for table in font["cmap"].tables:
        if ord("′") in table.cmap:
            table.cmap[ord("′")] = prime
    font["MATH"].table.MathConstants.SubscriptBaselineDropMin.Value = 50
    for number, text in {1: NAME, 4: NAME, 6: NAME.replace(" ", "")}.items():
        for entry in font["name"].names:
            if entry.nameID == number:
                entry.string = text
    fences = [font.getBestCmap()[ord(x)] for x in FENCES]
    options = subset.Options(flavor="woff2", layout_features=[], drop_tables=["FFTM", "GSUB"])
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=LETTERS + "".join(map(letters, typeset())))
    subsetter.subset(font)
    done = set[str]()
    for name in fences:
        narrow(font, name, done)
    squeeze(font, font.getBestCmap()[ord("√")])
    font.flavor = "woff2"
    font.save(FONT)
    print(f"{FONT.name}: {FONT.stat().st_size / 1000:.0f} kB, {len(font.getBestCmap())} characters")


if __name__ == "__main__":
    make_font(sys.argv[1])
