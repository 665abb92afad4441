"""The decks: every chapter gives some, none is empty, and in a browser they fit their pages."""

import re
import shutil

import nbformat
import pytest
from playwright.sync_api import sync_playwright

import notebooks
import slides

CHAPTERS = [path for path in notebooks.paths() if path.stem != "errata"]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)
SHOWN = """() => [...document.querySelectorAll("section")].map((x) => [x.innerText.trim().length,
  x.scrollHeight - x.clientHeight, x.scrollWidth - x.clientWidth])"""


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_gives_a_deck(path):
    deck = slides.deck(notebooks.read(path))
    assert 6 <= len(deck) <= 30
    assert [x.heading for x in deck].count("Plan") == 1
    assert {"After this chapter you can", "Summary"} <= {x.heading for x in deck}
    for slide in deck:
        assert len(re.sub(r"<[^>]+>", "", slide.body).strip()) >= 12, slide
        assert "$" not in slide.body, slide


def test_a_deck_names_no_other_host():
    notebook = notebooks.read(CHAPTERS[0])
    page = slides.page(notebook, slides.deck(notebook))
    hosts = re.findall(r'(?:src|href)="(?!data:)([^"]+)"', page)
    assert hosts == ["mathjax/tex-chtml.js"]


def test_formulas_bring_their_sentence_and_figures_their_caption():
    new = nbformat.v4
    text = "## One\n\nWords. It is, by [3.1](a.ipynb),\n\n$$a < b \\tag{1.1}$$\n\nNext\n\n$$c$$"
    picture = new.new_output("display_data", {"image/png": "QUJD"})
    cells = [
        new.new_markdown_cell("# 1 Title\n\nYou will build.\n\n**Time.** 1"),
        new.new_markdown_cell(text),
        new.new_code_cell("draw()", outputs=[picture]),
        new.new_markdown_cell("*How to read it: from $x$ on.*\n\nMore"),
        new.new_code_cell("draw()", outputs=[picture]),
        new.new_markdown_cell("## Exercises\n\n### 1 ★\n\n$$d \\tag{1.2}$$"),
    ]
    first, plan, formula, figure = slides.deck(new.new_notebook(cells=cells))
    assert "1 Title" in first.body and "One" in plan.body
    assert formula.heading == "One" and formula.body.startswith("<p>It is, by 3.1,</p>")
    assert r"\[a &lt; b \tag{1.1}\]" in formula.body
    assert "base64,QUJD" in figure.body and r"\(x\)</span> on." in figure.body


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium or Chrome on this machine")
def test_decks_fit_their_pages_and_ask_nobody(tmp_path, monkeypatch):
    monkeypatch.setattr(slides, "BUILT", tmp_path)
    slides.main(["03_2_bptt", "08_1_gates"])
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND"]
        )
        for deck in tmp_path.glob("*.html"):
            page, asked = browser.new_page(viewport={"width": 1280, "height": 720}), []
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.goto(deck.as_uri())
            page.wait_for_selector("html[data-drawn]", state="attached")
            for length, below, beside in page.evaluate(SHOWN):
                assert length >= 12 and below <= 0 and beside <= 0
            assert page.locator("mjx-container").count() >= 20
            assert page.locator("[data-mjx-error]").count() == 0
            assert all(url.startswith(("file:", "data:")) for url in asked)
            page.keyboard.press("ArrowRight")
            page.wait_for_function("scrollY === innerHeight")
        browser.close()
