r"""A deck for each chapter, by one rule, from the stored notebook; nothing in a chapter is marked.

    python tools/slides.py 03_2_bptt      # what `make slides NOTEBOOKS=…` does; without names, all

A deck has the title with the first question, the objectives, the sections as a plan, each numbered
formula with the sentence that leads to it, each figure that says how to read it, the names of the
pitfalls, and the items of the summary. It is one HTML file in `_build/slides`, its figures inside,
and its formulas MathML with their font: copy it anywhere, no network is needed. The arrow keys turn
the pages; printing gives one page a slide.
"""

import base64
import html
import re
import struct
import sys
from pathlib import Path
from typing import NamedTuple

import nbformat
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

import formulas
import notebooks

BUILT = notebooks.ROOT / "_build" / "slides"
# A summary or objectives of more characters stand on two slides.
MOST = 1000
LINE = 90
# A sentence that leads to a formula has so many characters, outside of formulas and brackets.
LEAST = 40
# A plan of more sections stands in two columns.
ROWS = 9
# A picture that is not this much wider than high stands beside its caption, not above it.
WIDE = 1.5
NOT_IN_PLAN = {"Pitfalls", "Exercises", "Summary", "Next", "References"}
LINK = re.compile(r"\[([^\]]+)\]\((?:[^()]|\([^()]*\))+\)")
FORMULA = re.compile(r"(?P<before>.*?)\$\$(?P<tex>(?:(?!\$\$).)*\\tag\{[^}]+\}\s*)\$\$", re.DOTALL)
# A sentence may end within brackets, and so may a line of italics, but not a word in bold.
SENTENCE = re.compile(
    r"(?:(?<=[.?!])|(?<=[.?!]\))|(?<=[^*][.?!]\*))(?<!e\.g\.)(?<!i\.e\.)\s+(?=[A-Z$*`(])"
)
GOALS = re.compile(r"^\*\*After this chapter you can:?\*\*:?\s*(.*?)(?=^\*\*)", re.M | re.S)
FORMULA_END = re.compile(r'<span class="math inline">(?:(?!</span>).)*</span>[-,.;:?!)]+')
# How to read a figure stands in italics; behind it the paragraph may go on.
READ = re.compile(r"^\*(?!\*)(?:How to read it: )?((?:[^*]|\*\*)+)\*(?!\*)")

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
* {{ box-sizing: border-box }}
html {{ scroll-snap-type: y mandatory; font: 4vmin/1.4 sans-serif; color: #1b1b1b }}
body {{ margin: 0; counter-reset: page }}
section {{ height: 100vh; padding: 5vmin 8vmin; scroll-snap-align: start; overflow: hidden;
  display: flex; flex-direction: column; justify-content: center; position: relative;
  counter-increment: page; break-after: page }}
section::after {{ content: counter(page); position: absolute; right: 3vmin; bottom: 2vmin;
  font-size: 2.4vmin; color: #666 }}
h1 {{ font-size: 1.8em; line-height: 1.2 }}
h2 {{ font-size: 1.25em; margin: 0 0 .6em; color: #0b5394 }}
p, li {{ margin: 0 0 .5em }}
ul, ol {{ margin: 0; padding-left: 1.2em }}
img {{ flex: 0 1 auto; min-height: 0; width: 100%; height: auto; max-height: 62vh;
  object-fit: contain; margin: 0 auto .6em }}
.columns {{ columns: 2; column-gap: 4vmin }}
li {{ break-inside: avoid }}
.whole {{ white-space: nowrap }}
.beside {{ display: flex; gap: 4vmin; align-items: center; min-height: 0 }}
.beside img {{ width: 66%; max-height: 76vh; margin: 0 }}
.caption {{ font-size: .72em }}
code {{ font-size: .9em }}
table {{ border-collapse: collapse }}
td, th {{ padding: .1em .6em; border-bottom: 1px solid #ccc }}
@page {{ size: 1280px 720px; margin: 0 }}
{style}
@media print {{ html {{ font-size: 29px }} section {{ height: 720px }} }}
</style>
<script>
const slides = () => [...document.querySelectorAll("section")];
function fit() {{  // text that is too long becomes smaller, until it has room
  for (const slide of slides())
    for (let size = 100; size > 50 && (slide.scrollHeight > slide.clientHeight ||
         slide.scrollWidth > slide.clientWidth); size -= 5)
      slide.style.fontSize = size - 5 + "%";
  document.documentElement.dataset.drawn = "yes";
}}
addEventListener("load", () => document.fonts.ready.then(fit));
addEventListener("keydown", (event) => {{
  const step = {{ ArrowRight: 1, ArrowDown: 1, PageDown: 1, " ": 1, ArrowLeft: -1, ArrowUp: -1,
    PageUp: -1 }}[event.key];
  if (!step) return;
  event.preventDefault();
  const now = Math.round(scrollY / innerHeight);
  slides()[Math.max(0, Math.min(now + step, slides().length - 1))].scrollIntoView();
}});
</script>
{slides}
</html>
"""


class Slide(NamedTuple):
    """A heading, and the HTML below it."""

    heading: str
    body: str


def as_math(content: str, options: dict) -> str:
    """Return a formula as MathML."""
    return (formulas.displayed if options["display_mode"] else formulas.inline)(content)


MARKDOWN = MarkdownIt("commonmark").enable("table").use(
    dollarmath_plugin, renderer=as_math, double_inline=True
)  # fmt: skip


def rendered(text: str, render=MARKDOWN.render) -> str:
    """Return Markdown as HTML, links as plain words; no line begins with a formula's comma or %."""
    text = re.sub(r"(?<=\d) %", "\N{NO-BREAK SPACE}%", LINK.sub(r"\1", text))
    return FORMULA_END.sub(r'<span class="whole">\g<0></span>', render(text))


def inline(text: str) -> str:
    return rendered(text, MARKDOWN.renderInline)


def last_sentence(text: str) -> str:
    """Return the sentence that a text ends with, and those before it as long as it says little."""
    blocks = text.strip().split("\n\n")
    blocks = [x.strip() for x in blocks if not x.startswith(("#", "|", "<", "$$", "```"))]
    lead = ""
    for sentence in reversed(SENTENCE.split(blocks[-1])) if blocks else ():
        if lead and READ.match(sentence):
            break
        lead = f"{sentence} {lead}".strip()
        words = re.sub(r"\$[^$]+\$", "", LINK.sub(r"\1", lead))
        alone = re.sub(r"\([^()]*\)", "", words)
        if len(alone) >= LEAST and words.count("(") == words.count(")"):
            break
    return lead


def halves(heading: str, text: str) -> list[Slide]:
    """Return a list as one slide, or as two where it is long."""
    paragraphs = re.split(r"\n(?=- |\d+\. )|\n\n", text.strip())
    middle = (len(paragraphs) + 1) // 2
    long = len(text) > MOST and len(paragraphs) > 1
    parts = [paragraphs[:middle], paragraphs[middle:]] if long else [paragraphs]
    return [Slide(heading, rendered("\n\n".join(part))) for part in parts]


def question(text: str) -> str:
    """Return what a chapter asks first: in its first paragraph, in its first heading, or below."""
    blocks = text.split("\n\n")
    heading, first = [*blocks, ""][:2]
    if "?" in first:
        return first[: first.rindex("?") + 1]
    if heading.endswith("?"):
        return heading.lstrip("# ")
    asking = next((x for x in blocks if "?" in x and not x.startswith(("#", "|"))), "")
    return " ".join(x for x in SENTENCE.split(asking) if "?" in x)


def opening(notebook) -> list[Slide]:
    """Return the slides of the header: title with the first question, and objectives."""
    words = notebook.cells[0].source
    title, build = words.splitlines()[0].removeprefix("# "), words.split("\n\n")[1]
    goals = GOALS.search(words)
    text = "\n\n".join(x.source for x in notebook.cells[1:] if x.cell_type == "markdown")
    asked = rendered(question(text))
    first = Slide("", f"<h1>{inline(title)}</h1>\n{rendered(build)}{asked}")
    goals = halves("After this chapter you can", goals[1]) if goals else []
    sections = [x for x in re.findall(r"^## (.+)$", text, re.MULTILINE) if x not in NOT_IN_PLAN]
    plan = rendered("\n".join(f"{k}. {x}" for k, x in enumerate(sections, start=1)))
    if len(sections) > ROWS:
        plan = f'<div class="columns">{plan}</div>'
    return [first, *goals, Slide("Plan", plan)]


def equations(heading: str, text: str) -> list[Slide]:
    """Return slides of the numbered formulas, each with the sentence that leads to it.

    What follows within a line of text stands on the slide of the formula before.
    """
    found = []
    for match in FORMULA.finditer(text):
        tex, lead = match["tex"].strip(), last_sentence(match["before"])
        body = rendered(f"{lead}\n\n$${tex}$$")
        if found and len(match["before"].strip()) < LINE:
            found[-1] = Slide(heading, found[-1].body + body)
        else:
            found.append(Slide(heading, body))
    return found


def pictures(cell) -> list[str]:
    """Return the pictures that a cell has drawn."""
    outputs = cell.outputs if cell.cell_type == "code" else []
    return [x.data["image/png"] for x in outputs if "image/png" in x.get("data", {})]


def text_below(cells: list) -> str:
    """Return the next text, but for cells that print something; none if another picture is next."""
    for cell in cells:
        if cell.cell_type == "markdown" or pictures(cell):
            return cell.source if cell.cell_type == "markdown" else ""
    return ""


def figure(heading: str, cell, below: str) -> list[Slide]:
    """Return the slide of a figure, if the text below says how to read it."""
    caption = READ.match(below)
    drawn = pictures(cell)
    if not drawn or caption is None:
        return []
    alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
    words = re.sub("^[a-z]", lambda first: first[0].upper(), caption[1])  # a Greek letter stays
    image = drawn[-1].replace("\n", "")
    body = (
        f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{image}">'
        f'<p class="caption">{inline(words)}</p>'
    )
    width, height = struct.unpack(">II", base64.b64decode(image[:32])[16:24])
    return [Slide(heading, f'<div class="beside">{body}</div>' if width < WIDE * height else body)]


def joined(cells: list) -> list:
    """Return the cells with neighbours of text as one: a sentence may lead to the next cell."""
    found = []
    for cell in cells:
        if found and cell.cell_type == found[-1].cell_type == "markdown":
            source = f"{found[-1].source}\n\n{cell.source}"
            found[-1] = nbformat.v4.new_markdown_cell(source, metadata=found[-1].metadata)
        else:
            found.append(cell)
    return found


def deck(notebook) -> list[Slide]:
    """Return the slides of a chapter."""
    slides, section, heading, pitfalls = opening(notebook), "", "", []
    cells = joined(notebook.cells[1:])
    for k, cell in enumerate(cells, start=1):
        if cell.cell_type == "code":
            below = text_below(cells[k:])
            slides += [] if section == "Exercises" else figure(heading, cell, below)
            continue
        for part in re.split(r"^(?=#{2,3} )", cell.source, flags=re.MULTILINE):
            words = part
            if match := re.match(r"(#{2,3}) (.+)\n?", part):
                words, heading = part[match.end() :], match[2]
                section = heading if match[1] == "##" else section
                if section == "Pitfalls" != heading:
                    pitfalls.append(heading)
            if section == "Summary" and pitfalls:  # all on one slide, in front of the summary
                slides.append(Slide("Pitfalls", rendered("\n".join(f"- {x}" for x in pitfalls))))
                pitfalls = []
            if section == "Summary":  # its items, which all stand together
                items = "\n".join(re.findall(r"^- .+$", words, re.MULTILINE))
                begun = slides[-1].heading == section
                slides += halves(section, items or words) if words.strip() and not begun else []
            elif section == "Pitfalls":
                pitfalls += re.findall(r"^(?:- )?\*\*(?:\d+\. )?(.+?)\.?\*\*", words, re.MULTILINE)
            elif section != "Exercises":
                slides += equations(heading, words)
    return slides


def page(notebook, slides: list[Slide]) -> str:
    """Return a chapter's deck as an HTML page."""
    parts = []
    for slide in slides:
        heading = f"<h2>{inline(slide.heading)}</h2>\n" if slide.heading else ""
        parts.append(f"<section>\n{heading}{slide.body}\n</section>")
    title = html.escape(notebook.cells[0].source.splitlines()[0].removeprefix("# "))
    return PAGE.format(title=title, style=formulas.style(), slides="\n".join(parts))


def main(names: list[str]) -> None:
    chosen = {Path(name).stem for name in names}
    BUILT.mkdir(parents=True, exist_ok=True)
    for path in notebooks.paths():
        if path.stem != "errata" and (path.stem in chosen or not chosen):
            notebook = notebooks.read(path)
            slides = deck(notebook)
            (BUILT / f"{path.stem}.html").write_text(page(notebook, slides), "utf-8")
            print(f"{len(slides):3} slides  {path.stem}.html")
    print(f"The decks are in {BUILT}")


if __name__ == "__main__":
    main(sys.argv[1:])
