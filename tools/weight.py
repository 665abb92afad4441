"""What no page of the built book uses stays away, and no script holds up the first picture.

The theme brings rules of style, icons and fonts for every site; this book uses few of them. What
the theme's scripts would do to a page when it is shown is done here: icons stand in the page as
drawings, and the page knows whether it is light or dark before it is drawn.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pydata_sphinx_theme
import tinycss2
from fontTools import subset

# A name that a page gives an element, or that its attributes hand to a script of the theme.
GIVEN = re.compile(r'\b(?:class|id|data-[\w-]+)="([^"]*)"')
WORD = re.compile(r"[\w-]+")
NAME = re.compile(r"[.#]((?:[\w-]|\\.)+)")
# Parts of a selector that ask for no name, or for one of several.
ELSEWHERE = re.compile(r"\[[^\]]*\]|:(?:not|is|where|has)\((?:[^()]|\([^()]*\))*\)")
COMMA = re.compile(r",(?![^(]*\))")
PRIVATE = re.compile("[\ue000-\uf8ff]")  # where fonts of icons have their pictures
STATIC = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
ICONS = STATIC / "scripts" / "fontawesome.js"
# An icon in that script: name, width, height, other names, code, path.
SHAPE = r'(?:"{0}"|\b{0}):\[(\d+),(\d+),\[[^\]]*\],"[0-9a-f]+","([^"]+)"\]'
ICON = re.compile(r'<i class="([^"]*\bfa-[^"]*)"([^>]*)></i>')
SIZES = {"fa-solid", "fa-lg"}  # classes of icons that name none
DRAWING = (
    '<svg class="{} svg-inline--fa"{} aria-hidden="true" viewBox="0 0 {} {}">'
    '<path fill="currentColor" d="{}"/></svg>'
)
DRAWER = re.compile(r'\s*<script [^>]*src="[^"]*/fontawesome\.js[^"]*"></script>')
# The theme of a page that was not opened before is "auto" until a script has asked the system.
UNDECIDED = 'dataset.theme = localStorage.getItem("theme") || "auto"'
DECIDED = (
    "dataset.theme = ({ light: 'light', dark: 'dark' })[localStorage.getItem('mode')]"
    " || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')"
)
# What can be scrolled gets a place in the order of the keyboard. The theme measures and changes
# one box after the other, and the browser lays out the page anew for each; for one in a closed
# fold it lays out the fold.
ONE_BY_ONE = (
    "forEach(e=>{e.tabIndex=e.scrollWidth>e.clientWidth||e.scrollHeight>e.clientHeight?0:-1})"
)
AT_ONCE = (
    "forEach((e,k,all)=>{k||[...all].filter(e=>!e.closest('details:not([open])'))"
    ".map(e=>[e,e.scrollWidth>e.clientWidth||e.scrollHeight>e.clientHeight?0:-1])"
    ".forEach(([e,x])=>{e.tabIndex=x})})"
)
# The index of the search is 100 kB, of use on its own page only.
SEARCHING = re.compile(
    r'\s*<script src="[^"]*/(?:searchtools|language_data|searchindex)\.js[^"]*"></script>'
)
HEAD = re.compile(r"<head>.*?</head>", re.DOTALL)
EARLY = re.compile(r'\s*<link rel="preload" as="script"[^>]*>')
SCRIPT = re.compile(r"<script (?![^>]*\b(?:defer|async|type)\b)(?=[^>]*\bsrc=)")
# These lines need what a deferred script defines; as modules they wait their turn.
AFTER = re.compile(r"<script>(?=DOCUMENTATION_OPTIONS\.)")


def prompt(page: str) -> str:
    """Return a page whose scripts, in their order, wait until the page has been read.

    >>> prompt('<head><script src="a.js"></script><script>let b;</script></head>')
    '<head><script defer src="a.js"></script><script>let b;</script></head>'
    """

    def head(found: re.Match) -> str:
        text = EARLY.sub("", found[0])
        return AFTER.sub('<script type="module">', SCRIPT.sub("<script defer ", text))

    return HEAD.sub(head, page, count=1)


def names(site: Path) -> set[str]:
    """Return every name that an element of the site has, or may get from a script."""
    found: set[str] = set()
    for path in site.rglob("*.html"):
        for value in GIVEN.findall(path.read_text("utf-8")):
            found |= set(value.split())
    for path in (*site.rglob("*.js"), *site.rglob("*.mjs")):
        if not path.name.startswith("pyodide"):  # Python for the browser
            found |= set(WORD.findall(path.read_text("utf-8")))
    return found


def possible(selector: str, known: set[str]) -> bool:
    r"""Return whether a selector asks for known names only.

    >>> possible(".a:not(.b) > #c", {"a", "c"}), possible(r".a\:b", {"a"})
    (True, False)
    """
    wanted = NAME.findall(ELSEWHERE.sub("", selector))
    return {re.sub(r"\\(.)", r"\1", name) for name in wanted} <= known


def used(rules: Iterable, known: set[str]) -> Iterator[str]:
    """Yield the rules of a style sheet that can match something."""
    for rule in rules:
        inside = tinycss2.serialize(rule.content or ()) if hasattr(rule, "content") else ""
        if rule.type == "qualified-rule":
            selectors = COMMA.split(tinycss2.serialize(rule.prelude))
            if kept := [x for x in selectors if possible(x, known)]:
                yield f"{','.join(kept)}{{{inside}}}"
        elif rule.type == "at-rule" and rule.lower_at_keyword in ("media", "supports"):
            if kept := list(used(tinycss2.parse_rule_list(inside, True, True), known)):
                before = tinycss2.serialize(rule.prelude)
                yield f"@{rule.at_keyword}{before}{{{''.join(kept)}}}"
        else:
            yield rule.serialize()


def styles(site: Path, known: set[str]) -> str:
    """Leave out the rules that no page uses; return what is left of all of them."""
    left = []
    for path in (site / "_static").rglob("*.css"):
        rules = tinycss2.parse_stylesheet(path.read_text("utf-8"), True, True)
        left.append("\n".join(used(rules, known)))
        path.write_text(left[-1], "utf-8")
    return "".join(left)


def fonts(site: Path, text: str) -> None:
    """Leave out the icons of the fonts that no rule of style writes."""
    options = subset.Options(flavor="woff2", notdef_outline=True)
    for path in (site / "_static" / "vendor").rglob("*.woff2"):
        font = subset.load_font(path, options)
        part = subset.Subsetter(options)
        part.populate(text="".join(PRIVATE.findall(text)))
        part.subset(font)
        subset.save_font(font, path, options)


@cache
def shape(script: str, name: str) -> tuple[str, str, str]:
    """Return width, height and path of an icon; of those of one name the last is the solid one."""
    return re.findall(SHAPE.format(re.escape(name)), script)[-1]


def drawn(page: str, script: str) -> str:
    """Return a page whose icons are drawings, and which does not load the script that draws."""

    def drawing(found: re.Match) -> str:
        classes, more = found.groups()
        [name] = {x for x in classes.split() if x.startswith("fa-")} - SIZES
        return DRAWING.format(classes, more, *shape(script, name.removeprefix("fa-")))

    return ICON.sub(drawing, DRAWER.sub("", page))


def at_once(script: str) -> str:
    """Return the script of the theme that measures all boxes before it changes one."""
    if ONE_BY_ONE not in script and AT_ONCE not in script:
        raise ValueError("the theme has changed: see ONE_BY_ONE in tools/weight.py")
    return script.replace(ONE_BY_ONE, AT_ONCE)


def lighten(site: Path, icons: Path = ICONS) -> None:
    """Leave out what the pages of a built book do not use."""
    shapes = icons.read_text("utf-8")
    for path in site.rglob("*.html"):
        page = path.read_text("utf-8")
        new = prompt(page if path.name == "search.html" else SEARCHING.sub("", page))
        new = drawn(new, shapes).replace(UNDECIDED, DECIDED)
        if page != new:
            path.write_text(new, "utf-8")
    scripts = site / "_static" / "scripts"
    (scripts / "fontawesome.js").unlink(missing_ok=True)
    theme = scripts / "pydata-sphinx-theme.js"
    theme.write_text(at_once(theme.read_text("utf-8")), "utf-8")
    fonts(site, styles(site, names(site)))
    for left in (site / "_static").rglob("*.map"):
        left.unlink()
