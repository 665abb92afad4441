"""The built book: links, alternative texts, formulas, and no request to another host."""

import pickle
import re
from collections import Counter
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
import yaml
from bs4 import BeautifulSoup
from docutils import nodes
from fontTools.ttLib import TTFont

import formulas
import notebooks
import weight

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"
PLACEHOLDER = "https://github.com/OWNER/REPOSITORY"
ADDRESS = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["repository"]["url"]
PREFIX = "/" if ADDRESS == PLACEHOLDER else f"/{ADDRESS.rsplit('/', 1)[1]}/"
LOADED = {  # what a browser fetches by itself when it shows a page
    "script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src",
    "audio": "src", "embed": "src", "object": "data",
}  # fmt: skip
FETCHING = {"stylesheet", "icon", "preload", "modulepreload", "prefetch", "preconnect"}
OUTSIDE = re.compile(r"(https?:)?//", re.IGNORECASE)


@cache
def soup(page):
    return BeautifulSoup(page.read_text("utf-8"), "lxml")


@cache
def anchors(page):
    found = soup(page).find_all(attrs={"id": True}) + soup(page).find_all("a", attrs={"name": True})
    return {x.get("id") or x.get("name") for x in found}


def loaded(page):
    for tag, name in LOADED.items():
        yield from (x[name] for x in soup(page).find_all(tag) if x.get(name))
    for link in soup(page).find_all("link", href=True):
        if FETCHING & set(link.get("rel", [])):
            yield link["href"]


def broken_links(page):
    """Links, pictures and scripts inside the book lead to a file, anchors to an element."""
    links = [a["href"] for a in soup(page).find_all("a", href=True)]
    for link in [*links, *loaded(page)]:
        if re.match(r"[a-z][a-z+.-]*:|//", link) or link == "#":
            continue
        path, fragment = urldefrag(link)
        path = unquote(path.split("?")[0])
        # The page for lost readers is shown at any depth: its links begin at the site's root.
        start = SITE / path.removeprefix(PREFIX) if path.startswith("/") else page.parent / path
        target = start.resolve() if path else page
        if target.is_dir():
            target /= "index.html"
        if not target.exists():
            yield f"{link} leads nowhere"
        elif fragment and target.suffix == ".html" and unquote(fragment) not in anchors(target):
            yield f"{link}: no such anchor"


def missing_alt_text(page):
    for image in soup(page).find_all("img"):
        alt = image.get("alt", "").strip()
        if not alt or re.search(r"\.(png|svg|jpe?g)$|[0-9a-f]{32}", alt):
            yield f"{image.get('src')} has the alternative text '{alt}'"


def third_party_requests(page):
    for address in loaded(page):
        if OUTSIDE.match(address):
            yield f"fetches {address}"
    inline = [x.get_text() for x in soup(page).find_all(["style", "script"])]
    inline += [x["style"] for x in soup(page).find_all(attrs={"style": True})]
    for text in inline:
        pattern = r"url\(\s*['\"]?(?:https?:)?//[^)]*|(?:https?:)?//[^\s'\"]+\.(?:js|css)\b"
        yield from (f"fetches {x}" for x in re.findall(pattern, text))


def unset_formulas(page):
    """Every formula is MathML, and no script is there that would set one."""
    if any("mathjax" in str(x).lower() for x in soup(page).find_all(["script", "link"])):
        yield "asks for MathJax"
    body = soup(page).find("article") or soup(page)
    for text in body.find_all(string=re.compile(r"\$\$|\\tag\{|\{[a-z:]+\}`")):
        if not any(x.name in ("code", "pre", "script", "annotation") for x in text.parents):
            yield f"shows unrendered source: {text.strip()[:60]}"


def bad_frame(page):
    """Language, title, small screens, one heading of level 1; not the page that only forwards."""
    if soup(page).find(attrs={"http-equiv": re.compile("refresh", re.I)}):
        return
    if soup(page).html.get("lang") != "en":
        yield "does not say its language"
    if not (soup(page).title and soup(page).title.get_text().strip()):
        yield "has no title"
    if soup(page).find("meta", attrs={"name": "viewport"}) is None:
        yield "is not made for small screens"
    # The theme repeats the title, for print, outside the article.
    if (article := soup(page).find("article")) and len(article.find_all("h1")) != 1:
        yield "has not exactly one heading of level 1"


def dead_buttons(page):
    for link in soup(page).find_all("a", href=True):
        if "OWNER/REPOSITORY" in link["href"]:
            yield f"leads to the placeholder address: {link['href']}"


CHECKS = [broken_links, missing_alt_text, third_party_requests, unset_formulas, dead_buttons]
CHECKS.append(bad_frame)
PAGES = sorted(x for x in SITE.rglob("*.html") if "_static" not in x.parts)


def test_book_is_built():
    assert (SITE / "index.html").exists(), "build the book first: make book"


@pytest.mark.parametrize("check", CHECKS, ids=lambda x: x.__name__)
@pytest.mark.parametrize("page", PAGES, ids=lambda x: x.relative_to(SITE).as_posix())
def test_page(page, check):
    faults = list(check(page))
    assert not faults, "\n".join(faults)


def test_stylesheets_fetch_nothing_from_outside():
    for sheet in SITE.rglob("*.css"):
        text = re.sub(r"/\*.*?\*/", "", sheet.read_text("utf-8"), flags=re.DOTALL)
        found = re.findall(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//[^)'\"]*", text)
        assert not found, f"{sheet}: {found}"


@pytest.mark.parametrize("name", [page for _, pages in notebooks.contents() for page in pages])
def test_every_formula_is_on_its_page_with_its_tex(name):
    source = pickle.loads((ROOT / "_build" / ".doctrees" / f"{name}.doctree").read_bytes())
    kinds = (nodes.math, nodes.math_block)
    wanted = Counter(x.astext().strip() for kind in kinds for x in source.findall(kind))
    article = BeautifulSoup((SITE / f"{name}.html").read_text("utf-8"), "lxml").find("article")
    for added in article.select(".definition, .quiz"):
        added.decompose()
    shown = Counter(x.get_text() for x in article.select("math annotation"))
    if name == "book/api":  # several lines of a docstring become an environment
        assert shown.total() == wanted.total()
    else:
        assert shown == wanted


def test_the_font_has_every_character_of_the_formulas():
    known = set(map(chr, TTFont(formulas.FONT).getBestCmap()))
    assert set("".join(map(formulas.letters, formulas.typeset()))) - known == set()


def test_the_fonts_have_every_icon_that_a_rule_writes():
    known = set()
    for path in (SITE / "_static" / "vendor").rglob("*.woff2"):
        known |= set(TTFont(path).getBestCmap())
    sheets = [path.read_text("utf-8") for path in (SITE / "_static").rglob("*.css")]
    icons = {ord(x) for x in weight.PRIVATE.findall("".join(sheets))}
    assert icons and icons <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_no_script_holds_up_the_first_picture(page):
    scripts = soup(page).select("head script[src]")
    assert all({"defer", "async"} & set(script.attrs) for script in scripts)
    assert not soup(page).select('head link[rel="preload"][as="script"]')


def test_notebooks_can_be_downloaded():
    for page in PAGES:
        if page.parent == SITE / "notebooks":
            source = f"../_sources/notebooks/{page.stem}.ipynb"
            assert any(a["href"] == source for a in soup(page).find_all("a", href=True))


def test_launch_buttons_follow_the_address():
    for page in PAGES:
        if page.parent == SITE / "notebooks":
            links = {a["href"] for a in soup(page).find_all("a", href=True)}
            name = ADDRESS.removeprefix("https://github.com/")
            path = f"notebooks/{page.stem}.ipynb"
            binder = f"https://mybinder.org/v2/gh/{name}/main?urlpath=lab/tree/{path}"
            colab = f"https://colab.research.google.com/github/{name}/blob/main/{path}"
            there = {binder, colab} & links
            assert there == (set() if ADDRESS == PLACEHOLDER else {binder, colab})


# ---------------------------------------------------------------- tests of the checks

PAGE = """<html lang="en"><head><title>T</title><meta name="viewport" content="x">
<script src="_static/x.js"></script></head>
<body><article><h1 id="top">T</h1><p>{}</p></article></body></html>"""
PLANTED = [
    (broken_links, '<a href="nowhere.html">x</a>'),
    (broken_links, '<a href="#nothing">x</a>'),
    (broken_links, '<a href="page.html#nothing">x</a>'),
    (broken_links, '<img src="nothing.png" alt="a">'),
    (missing_alt_text, '<img src="_static/x.png">'),
    (missing_alt_text, f'<img src="_static/x.png" alt="../_images/{"0a" * 16}.png">'),
    (third_party_requests, '<script src="https://example.org/x.js"></script>'),
    (third_party_requests, '<link rel="stylesheet" href="//example.org/x.css">'),
    (third_party_requests, '<img src="http://example.org/x.png" alt="a">'),
    (third_party_requests, '<p style="background: url(https://example.org/x.png)">'),
    (third_party_requests, '<script>load("https://example.org/x.js")</script>'),
    (unset_formulas, "$$x$$"),
    (unset_formulas, "{ref}`x`"),
    (dead_buttons, f'<a href="{PLACEHOLDER}/issues">x</a>'),
    (bad_frame, "<h1>Second</h1>"),
]


def site(folder, body, page=PAGE):
    (folder / "_static").mkdir()
    for name in ("_static/x.js", "_static/x.png"):
        (folder / name).touch()
    (folder / "page.html").write_text(page.format(body))
    return folder / "page.html"


@pytest.mark.parametrize("check", CHECKS, ids=lambda x: x.__name__)
def test_check_accepts_a_good_page(check, tmp_path):
    body = (
        '<a href="#top">x</a><a href="https://example.org">y</a><img src="_static/x.png" alt="z">'
    )
    assert list(check(site(tmp_path, body + "<math><annotation>$$x$$</annotation></math>"))) == []


@pytest.mark.parametrize(("check", "body"), PLANTED)
def test_check_catches_a_planted_fault(check, body, tmp_path):
    assert list(check(site(tmp_path, body)))


def test_mathjax_and_a_missing_language_are_caught(tmp_path):
    page = PAGE.replace(' lang="en"', "").replace("_static/x.js", "https://example.org/MathJax.js")
    page = site(tmp_path, "x", page)
    assert list(unset_formulas(page)) and list(bad_frame(page)) and list(third_party_requests(page))
