"""The built pages as a browser shows them, every other host out of reach.

Needs Chromium or Chrome; without it the tests are skipped and the static checks remain.
"""

import os
import re
from importlib.resources import files

import pytest

from visit import SITE

PAGES = sorted(SITE.glob("book/*.html")) + sorted(SITE.glob("notebooks/*.html"))
AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 400, "height": 800}

DRAWN = """async () => {
  await document.fonts.ready;
  document.querySelectorAll("details").forEach((box) => { box.open = true; });
}"""
# What needs a scroll bar of its own: the beginnings of the boxes, and the page.
TOO_WIDE = """() => {
  const found = [];
  const boxes = "pre, table, img, .math > div, span.math";
  for (const box of document.querySelectorAll(`.bd-article :is(${boxes})`)) {
    const around = box.closest(".pst-scrollable-table-container, .output") || box;
    const over = Math.max(...[box, around].map((room) => room.scrollWidth - room.clientWidth));
    if (over > 2) found.push(`${over} px: ${box.textContent.trim().slice(0, 40) || box.alt}`);
  }
  return found;
}"""
PAGE_TOO_WIDE = "() => document.documentElement.scrollWidth - innerWidth"
FORMULAS = """() => {
  const shown = [...document.querySelectorAll("math")].filter((x) => x.checkVisibility());
  const empty = shown.filter((x) => x.getBoundingClientRect().width < 2);
  const found = empty.map((x) => `not drawn: ${x.textContent}`);
  const fonts = [...document.fonts].filter((x) => x.family.includes("Formulas"));
  if (shown.length && !fonts.some((x) => x.status === "loaded")) found.push("no font");
  return found;
}"""
# In a table, which scrolls, no name is broken.
BROKEN = """() => [...document.querySelectorAll(".bd-article table code .pre")]
  .filter((name) => name.getClientRects().length > 1).map((name) => name.textContent)"""
# Contrast takes most of axe's time, and the colours of code and formulas are those of all pages.
RUN_AXE = """async ({ levels, contrast, all }) => {
  const rules = { "color-contrast": { enabled: contrast } };
  const scope = all ? document : { exclude: [[".highlight pre"], ["math"]] };
  const { violations } = await axe.run(scope, { runOnly: levels, rules });
  return violations.flatMap((x) => x.nodes.map((node) => `${x.id}: ${node.html.slice(0, 120)}`));
}"""


@pytest.fixture
def show(browser):
    """Return a function that opens a page, everything on it drawn and unfolded."""
    context = browser.new_context(viewport=WIDE, reduced_motion="reduce")
    context.set_default_timeout(120_000)
    errors: list[str] = []

    def opened(page):
        tab = context.new_page()
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.goto(page.as_uri())
        tab.evaluate(DRAWN)
        return tab

    yield opened
    context.close()
    assert errors == []  # of the scripts


def barriers(tab, *, all=False):
    """Yield what axe finds against WCAG 2.2 A and AA: light and dark, wide and narrow."""
    tab.evaluate(AXE)
    for theme, size in (("light", NARROW), ("light", WIDE), ("dark", WIDE)):
        tab.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
        tab.set_viewport_size(size)
        tab.wait_for_timeout(200)  # the page is laid out anew
        asked = {"levels": LEVELS, "contrast": size == WIDE, "all": all}
        for found in tab.evaluate(RUN_AXE, asked):
            yield f"{theme}, {size['width']} px, {found}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page(page, show):
    """Formulas are drawn, nothing is too wide, and nobody is kept out."""
    tab = show(page)
    assert tab.evaluate(FORMULAS) == []
    assert tab.evaluate(TOO_WIDE) == []
    tab.set_viewport_size(NARROW)
    assert tab.evaluate(PAGE_TOO_WIDE) <= 0
    assert tab.evaluate(BROKEN) == []
    assert sorted(set(barriers(tab, all=page.stem == "03_1_forward"))) == []


def changed(page, old, new):
    """Write a copy of a page with a fault in it."""
    # Of this process alone, and no *.html, at which other tests look.
    bad = page.with_name(f"changed_{page.stem}_{os.getpid()}.htm")
    bad.write_text(re.sub(old, new, page.read_text("utf-8"), count=1, flags=re.DOTALL), "utf-8")
    return bad


@pytest.mark.parametrize(
    ("old", "new", "look"),
    [
        (r"<math", r"<math><mi></mi></math><math", lambda tab: tab.evaluate(FORMULAS)),
        (r"(<pre[^>]*>)", r"\1" + "x" * 300, lambda tab: tab.evaluate(TOO_WIDE)),
        (r"(<article.*?<h1>)", r"\1<img src='a.png'>", lambda tab: list(barriers(tab))),
    ],
    ids=["formula", "line", "picture without words"],
)
def test_the_browser_reports_a_fault(old, new, look, show):
    bad = changed(SITE / "notebooks" / "03_1_forward.html", old, new)
    try:
        assert look(show(bad))
    finally:
        bad.unlink()


def test_the_chapters_on_the_cover_stand_in_columns(show):
    tab = show(SITE / "book" / "index.html")
    tab.set_viewport_size(WIDE)
    lefts = tab.locator(".chapters li").evaluate_all("xs => xs.map((x) => x.offsetLeft)")
    assert len(set(lefts)) == 2


def test_what_goes_on_at_its_right_end_fades_until_it_is_reached(show):
    tab = show(SITE / "notebooks" / "05_2_real_data.html")
    tab.set_viewport_size(NARROW)
    tab.wait_for_selector("table[data-more]")
    kinds = tab.eval_on_selector_all("[data-more]", "found => found.map((x) => x.className)")
    assert any("cell_output" in kind for kind in kinds)  # a wide figure
    tab.eval_on_selector(
        "table[data-more]", "table => { table.scrollLeft = 9999; table.id = 'it'; }"
    )
    tab.wait_for_selector("#it:not([data-more])")
    mask = "table => getComputedStyle(table).maskImage"
    assert tab.eval_on_selector("#it", mask) == "none"
    assert tab.eval_on_selector("[data-more]", mask) != "none"


def test_in_the_dark_figures_stay_on_white_and_the_cover_has_its_own_ground(show):
    ground = "(image) => getComputedStyle(image).backgroundColor"
    for page, images, wanted in (
        ("book/index", ".strip img", "rgba(0, 0, 0, 0)"),
        ("notebooks/03_3_clipping", ".cell_output img", "rgb(255, 255, 255)"),
    ):
        tab = show(SITE / f"{page}.html")
        tab.evaluate("document.documentElement.dataset.theme = 'dark'")
        assert tab.locator(images).first.evaluate(ground) == wanted


def test_a_page_knows_its_theme_before_a_script_of_the_theme_has_run(browser):
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme)
        tab = context.new_page()
        tab.route("**/*.js*", lambda route: route.abort())
        tab.goto((SITE / "notebooks" / "03_1_forward.html").as_uri())
        assert tab.evaluate("document.documentElement.dataset.theme") == scheme
        context.close()


def test_a_term_opens_its_definition_by_keyboard(show):
    tab = show(SITE / "notebooks" / "03_1_forward.html")
    text = tab.locator(".definition").first
    assert not text.is_visible()
    tab.locator("button.term").first.press("Enter")
    assert text.is_visible() and "Glossary" in text.inner_text()
    tab.keyboard.press("Escape")
    assert not text.is_visible()
