"""The decks: every chapter gives some, none is empty, and in a browser they fit their pages."""

import base64
import re
import shutil
import struct

import nbformat
import pytest
from playwright.sync_api import sync_playwright

import notebooks
import slides

CHAPTERS = [path for path in notebooks.paths() if path.stem != "errata"]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)
SHOWN = """() => [...document.querySelectorAll("section")].map((x) => [x.innerText.trim().length,
  x.scrollHeight - x.clientHeight, x.scrollWidth - x.clientWidth])"""

ENLARGED = """() => [...document.querySelectorAll("img")].map((x) =>
  Math.min(x.clientWidth / x.naturalWidth, x.clientHeight / x.naturalHeight))"""


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
    hosts = re.findall(r'(?:src|href)="(?!data:)|url\((?!"data:)', page)
    assert hosts == []


def picture(width=3, height=1):
    """Return an output with the beginning of a picture, which holds its size."""
    png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height)
    data = {"image/png": base64.b64encode(png).decode()}
    return nbformat.v4.new_output("display_data", data)


def deck_of(*cells):
    """Return the slides behind title and plan; a cell is a text, or the outputs of a code cell."""
    new = nbformat.v4
    cells = ["# 1 Title\n\nYou will build.\n\n**Time.** 1", *cells]
    cells = [
        new.new_markdown_cell(x) if isinstance(x, str) else new.new_code_cell("draw()", outputs=x)
        for x in cells
    ]
    first, plan, *rest = slides.deck(new.new_notebook(cells=cells))
    assert "1 Title" in first.body and plan.heading == "Plan"
    return rest


def test_formulas_bring_their_sentence_and_figures_their_caption():
    formula, figure = deck_of(
        "## One\n\nWords. It is, for reasons that are given in [3.1](a_(b).ipynb),"
        "\n\n$$a < b \\tag{1.1}$$\n\nNext\n\n$$c$$",
        [picture()],
        "*How to read it: from $x$ on.*\n\nMore",
        [picture()],
        "## Exercises\n\n### 1 ★\n\n$$d \\tag{1.2}$$",
    )
    assert formula.heading == "One"
    assert formula.body.startswith("<p>It is, for reasons that are given in 3.1,</p>")
    assert r"a &lt; b \tag{1.1}</annotation>" in formula.body and "(1.1)</span>" in formula.body
    assert (
        "base64,iVBOR" in figure.body
        and "x</annotation></semantics></math></span> on." in figure.body
    )


@pytest.mark.parametrize(
    ("text", "lead"),
    [
        ("Far away. Some words that say enough to stand on a page of their own: ", "Some words"),
        ("Far away. The norm of a product is at most the product. So", "The norm of a"),
        (
            "Far. This holds for all $a_1$, ..., $a_n$ with $a_k > 0$. Hence $a = b$, so",
            "This holds",
        ),
        (
            "Far away. The weight of each example passes through. (A bracket is 1 or 0.)",
            "The weight",
        ),
        (
            "(Far away. It is close.) Both of these give a bound on what is still to come:",
            "Both of",
        ),
        ("*From left to right one update.* With $n$ in a part", "With $n$"),
        ("Far. **Forward sum.** The sum of all the entries that stand in one row:", "**Forward"),
        ("## Heading\n\n| a table |", ""),
    ],
)
def test_a_lead_says_enough(text, lead):
    found = slides.last_sentence(text)
    assert found.startswith(lead) and text.strip().endswith(found)


def test_a_lead_may_stand_in_the_cell_before():
    (formula,) = deck_of("## One\n\nThe article prints the gradient like this:", "$$c \\tag{1.1}$$")
    assert formula.body.startswith("<p>The article prints the gradient like this:</p>")


def test_a_high_picture_stands_beside_its_caption():
    read = "*From left to right.*"
    wide, high = deck_of("## One", [picture(3, 1)], read, [picture(4, 3)], read)
    assert "beside" not in wide.body
    assert high.body.startswith('<div class="beside"><img')


def test_a_caption_may_be_followed_by_words_or_stand_below_what_is_printed():
    printed = [nbformat.v4.new_output("stream", name="stdout", text="1")]
    one, two = deck_of(
        *["## One", [picture()], "*How to read it: a **wide** line.* It falls."],
        *[[picture()], printed, "*How to read it: ε grows.*"],
        *[[picture()], "**Bold.** No caption.", [picture()], [picture()], "No caption."],
    )
    assert '<p class="caption">A <strong>wide</strong> line.</p>' in one.body
    assert '<p class="caption">ε grows.</p>' in two.body


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("## One\n\nA log. Can it be learned? Yes.", "A log. Can it be learned?"),
        ("## Which digit?\n\nA log.\n\n1. **Odd?** Or not?", "Which digit?"),
        (
            "## One\n\nA log.\n\nSo turn it round: *which unit?* The sum.",
            "So turn it round: *which",
        ),
        ("## One\n\nA log.\n\n| a? |\n\nB. How (by far)? C.", "How (by far)?"),
        ("Words.", ""),
        ("", ""),
    ],
)
def test_the_first_question_is_whole(text, question):
    found = slides.question(text)
    assert found.startswith(question) and (found == question or found.endswith("?*"))


def test_pitfalls_are_named_once_by_bold_words_or_headings():
    text = "## Pitfalls\n\n### One\n\nWords.\n\n**2. Two.** Words.\n\n- **Three**: words."
    pitfalls, _ = deck_of(text, "## Summary\n\n- All.")
    assert re.findall("<li>(.+?)</li>", pitfalls.body) == ["One", "Two", "Three"]


def test_a_long_plan_has_two_columns():
    title = nbformat.v4.new_markdown_cell("# 1 Title\n\nYou will build.")
    for n, columns in ((9, False), (10, True)):
        parts = "\n\n".join(f"## Part {k}" for k in range(n))
        cells = [title, nbformat.v4.new_markdown_cell(parts)]
        plan = slides.deck(nbformat.v4.new_notebook(cells=cells))[1]
        assert ("columns" in plan.body) == columns and f"Part {n - 1}" in plan.body


def test_no_line_begins_with_the_comma_behind_a_formula_or_with_a_percent_sign():
    assert slides.rendered("At 98 % of") == "<p>At 98\N{NO-BREAK SPACE}% of</p>\n"
    assert "</math></span>,</span> and" in slides.rendered("With $x$, and $y$ too.")
    assert slides.rendered("$y$ too").count("whole") == 0


def test_a_summary_has_its_items_alone():
    text = "- One thing.\n- Another.\n\nThe last cell has all of it in a table:"
    (summary,) = deck_of(f"## Summary\n\n{text}", [], "**What is used today.** Others.")
    assert summary.body.count("<li>") == 2 and "table" not in summary.body
    (summary,) = deck_of("## Summary\n\nIn words.")
    assert summary.body == "<p>In words.</p>\n"


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
            assert page.locator("math").count() >= 20
            assert all(url.startswith(("file:", "data:")) for url in asked)
            page.set_viewport_size({"width": 1920, "height": 1080})
            assert min(page.evaluate(ENLARGED)) > 1.1  # on a projector a picture grows
            page.keyboard.press("ArrowRight")
            page.wait_for_function("scrollY === innerHeight")
        browser.close()
