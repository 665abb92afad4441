"""The book as one file, to print and to read offline: a PDF and an EPUB.

    python tools/volume.py pdf      # _build/html/rnn-book.pdf
    python tools/volume.py epub     # _build/html/rnn-book.epub

Both are made of the built pages, in the order of the contents; Chromium prints the PDF. Not in
them: what only works on a page (ways to run a chapter, copy buttons) and folded code, which draws,
parses or prepares; outputs and solutions are in them. The built cover then offers what there is.
"""

import argparse
import posixpath
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag

import yaml
from bs4 import BeautifulSoup, Tag
from ebooklib import epub
from playwright.sync_api import Page, sync_playwright

import formulas
import notebooks
import visit

SITE = visit.SITE
FILES = {kind: SITE / f"rnn-book.{kind}" for kind in ("pdf", "epub")}
CONFIG = notebooks.ROOT / "_config.yml"
STYLE = Path(__file__).with_name("volume.css")
KINDS = {".svg": "image/svg+xml", ".png": "image/png", ".wav": "audio/wav"}
DROPPED = (
    ".headerlink, .ways, script, style, .definition, details.hide > summary, .viewcode-link, "
    ".tag_hide-input > details, .tag_colab, .volumes, .moving"
)
VOLUMES = re.compile(r'<p class="volumes".*?</p>', re.DOTALL)


def anchor(page: str, place: str = "") -> str:
    """Return the name in the volume of a place on a page."""
    return f"{page.replace('/', '-')}--{place}"


def article(page: str) -> Tag:
    """Return what a page says, without what works only on a screen."""
    soup = BeautifulSoup((SITE / f"{page}.html").read_text("utf-8"), "lxml")
    found = soup.find("article")
    for part in found.select(DROPPED):
        part.decompose()
    for part in found.select("button, wbr"):  # lxml takes what follows a wbr for its content
        part.unwrap()
    for box in found.select("details"):  # a hint, a solution, an option of the quiz: unfolded
        box.name = "div"
        box.attrs.pop("open", None)
        for summary in box.find_all("summary", recursive=False):
            summary.name = "p"
            summary["class"] = "summary"
    return found


def point(found: Tag, page: str, pages: set[str], place: Any) -> None:
    """Let ids and links of a page be those of the volume; `place(page, id)` says where that is."""
    folder = posixpath.dirname(page)
    for tag in found.select("[id]"):
        tag["id"] = anchor(page, tag["id"])
    for link in found.select("a[href]"):
        target, within = urldefrag(link["href"])
        if "://" in target or target.startswith("mailto:"):
            continue
        path = posixpath.normpath(posixpath.join(folder, unquote(target))) if target else page
        other = path.removesuffix(".html")
        if other in pages:
            link["href"] = place(other, within)
        else:  # a source, a download: not in the volume
            link.unwrap()


def pictures(found: Tag, page: str) -> list[str]:
    """Let pictures and sounds of a page have their file's path below the site; return these."""
    paths = []
    for image in found.select("img, source"):
        image["src"] = posixpath.normpath(posixpath.join(posixpath.dirname(page), image["src"]))
        image.attrs.pop("loading", None)
        paths.append(image["src"])
    return paths


def all_pages() -> list[str]:
    return [page for _, pages in notebooks.contents() for page in pages]


def title(found: Tag) -> str:
    return found.find("h1").get_text().strip()


def about() -> dict[str, str]:
    return yaml.safe_load(CONFIG.read_text("utf-8"))


# ---------------------------------------------------------------- PDF


def one_page() -> str:
    """Return the whole book as one page of HTML."""
    pages = set(all_pages())
    body, lines = [], []
    for part, names in notebooks.contents():
        lines += [f"<h2>{part}</h2>"] if part else []
        for name in names:
            found = article(name)
            heading = title(found)
            point(found, name, pages, lambda page, within: f"#{anchor(page, within)}")
            pictures(found, name)
            found.name, found["id"], found["class"] = "section", anchor(name), "page"
            body.append(str(found))
            lines.append(f'<p><a href="#{anchor(name)}">{heading}</a></p>' if part else "")
    listing = f'<nav class="page"><h1>Contents</h1>{"".join(lines)}</nav>'
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{about()["title"]}'
        f"</title><style>{STYLE.read_text('utf-8')}</style><link rel='stylesheet' "
        "href='_static/pygments.css'><link rel='stylesheet' href='_static/math.css'></head><body>"
        f"{body[0]}{listing}{''.join(body[1:])}</body></html>"
    )


def pdf(tab: Page) -> Path:
    source, target = SITE / "volume.html", FILES["pdf"]
    source.write_text(one_page(), "utf-8")
    tab.goto(source.as_uri())
    tab.evaluate("() => document.fonts.ready")
    number = (
        '<div style="font-size: 8px; width: 100%; text-align: center">'
        '<span class="pageNumber"></span></div>'
    )
    tab.pdf(
        path=target, format="A4", tagged=True, outline=True, display_header_footer=True,
        header_template="<span></span>", footer_template=number, print_background=True,
        margin={"top": "18mm", "bottom": "18mm", "left": "18mm", "right": "18mm"},
    )  # fmt: skip
    source.unlink()
    if packer := shutil.which("qpdf"):  # a third of the size
        packed = target.with_suffix(".packed")
        command = [packer, "--object-streams=generate", "--recompress-flate", target, packed]
        subprocess.run(command, check=True)
        packed.replace(target)
    return target


def printed() -> Path:
    if visit.CHROMIUM is None:
        raise SystemExit("This needs Chromium or Chrome, which was not found.")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=visit.CHROMIUM, args=["--no-sandbox"])
        tab = browser.new_page()
        tab.set_default_timeout(1_200_000)
        return pdf(tab)


# ---------------------------------------------------------------- EPUB


def epub_file() -> Path:
    target, pages = FILES["epub"], set(all_pages())
    book = epub.EpubBook()
    book.set_identifier("rnnkit-book")
    book.set_title(about()["title"])
    book.set_language("en")
    book.add_author(about()["author"])
    style = epub.EpubItem(
        uid="style", file_name="style.css", media_type="text/css",
        content=b"".join(
            x.read_bytes() for x in (STYLE, SITE / "_static" / "pygments.css", formulas.STYLE)
        ),
    )  # fmt: skip
    book.add_item(style)
    letters, name = formulas.FONT.read_bytes(), formulas.FONT.name
    book.add_item(epub.EpubItem(file_name=name, media_type="font/woff2", content=letters))
    kept, spine = set[str](), list[Any](["nav"])
    for part, names in notebooks.contents():
        chapters = []
        for name in names:
            found = article(name)
            heading = title(found)
            point(found, name, pages, in_epub)
            for formula in found.select("math"):
                formula["xmlns"] = "http://www.w3.org/1998/Math/MathML"
            kept.update(pictures(found, name))
            chapter = epub.EpubHtml(title=heading, file_name=f"{anchor(name)}.xhtml", lang="en")
            chapter.properties += ["mathml"] if found.find("math") else []
            chapter.content = f"<body>{found.decode_contents(formatter='minimal')}</body>"
            chapter.add_item(style)
            book.add_item(chapter)
            chapters.append(chapter)
        spine += chapters
        book.toc += [(epub.Section(part), chapters)] if part else chapters
    for path in sorted(kept):
        kind = KINDS[posixpath.splitext(path)[1]]
        content = (SITE / path).read_bytes()
        book.add_item(epub.EpubItem(file_name=path, media_type=kind, content=content))
    book.add_item(epub.EpubNcx())
    book.add_item(epub.EpubNav())
    book.spine = spine
    epub.write_epub(target, book)
    return target


def in_epub(page: str, within: str) -> str:
    return f"{anchor(page)}.xhtml" + (f"#{anchor(page, within)}" if within else "")


# ---------------------------------------------------------------- both


def offer() -> None:
    """Let the built cover lead to the files that are there."""
    cover = SITE / "book" / "index.html"
    links = [
        f'<a href="../{path.name}">{kind.upper()}</a> ({path.stat().st_size / 1e6:.0f} MB)'
        for kind, path in FILES.items()
        if path.exists()
    ]
    text = VOLUMES.sub(
        f'<p class="volumes"><strong>To read offline:</strong> {", ".join(links)}</p>',
        cover.read_text("utf-8"),
    )
    cover.write_text(text, "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=("pdf", "epub"))
    kind = parser.parse_args().kind
    if not (SITE / "index.html").exists():
        raise SystemExit("Build the book first: make book")
    print("written:", epub_file() if kind == "epub" else printed())
    offer()


if __name__ == "__main__":
    main()
