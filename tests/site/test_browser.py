"""The built pages as a browser shows them, every other host out of reach.

Needs Chromium or Chrome; without it the tests are skipped and the static checks remain.
"""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
BROWSER = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)
PAGES = sorted(SITE.glob("book/*.html")) + sorted(SITE.glob("notebooks/*.html"))

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on this machine")


def shown(page, folder, width=1280):
    """Return the page's HTML after its scripts have run."""
    command = [
        BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
        f"--window-size={width},900", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
        "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={folder}",
        "--virtual-time-budget=60000", "--dump-dom", page.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return done.stdout


def faults(text):
    """What a reader would see go wrong with the formulas."""
    for message in re.findall(r'data-mjx-error="([^"]*)"', text):
        yield f"MathJax: {message}"
    if 'class="math' in text and "<mjx-container" not in text:
        yield "formulas are not drawn"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_formulas_are_drawn(page, tmp_path):
    assert not list(faults(shown(page, tmp_path)))


# Chapters of the second edition: what is wider than its column is written into the page's title.
SECOND = [page for page in PAGES if not re.match("0[67]_", page.stem) and "notebooks" in str(page)]
MEASURE = """
<script>
addEventListener("load", () => setTimeout(() => {  // after the formulas are drawn
  const wide = [];
  document.querySelectorAll("details").forEach(box => { box.open = true; });
  for (const box of document.querySelectorAll(".bd-article :is(pre, table, img)")) {
    const room = box.closest("pre, .pst-scrollable-table-container, .output") || box;
    const words = box.textContent.trim().slice(0, 40) || box.alt;
    if (room.scrollWidth > room.clientWidth + 2)
      wide.push(`${room.scrollWidth - room.clientWidth} px: ${words}`);
  }
  if (document.documentElement.scrollWidth > innerWidth) wide.push("the page itself");
  document.body.setAttribute("data-wide", JSON.stringify(wide));
}, 20000));
</script>
"""


def wide(page, folder):
    """Return the beginnings of the boxes that need a horizontal scroll bar."""
    copy = page.with_name(f"measured_{page.name}")
    copy.write_text(page.read_text("utf-8").replace("</body>", f"{MEASURE}</body>"), "utf-8")
    try:
        found = re.search(r'data-wide="([^"]*)"', shown(copy, folder))
    finally:
        copy.unlink()
    assert found, "the page was not measured"
    return json.loads(html.unescape(found[1]))


@pytest.mark.parametrize("page", SECOND, ids=lambda page: page.stem)
def test_nothing_needs_a_horizontal_scroll_bar(page, tmp_path):
    assert wide(page, tmp_path) == []


def test_the_browser_reports_a_line_that_is_too_long(tmp_path):
    good = SECOND[0]
    bad = good.with_name("bad_line.html")
    text = re.sub(r"(<pre[^>]*>)", r"\1" + "x" * 300, good.read_text("utf-8"))
    bad.write_text(text, "utf-8")
    try:
        assert wide(bad, tmp_path)
    finally:
        bad.unlink()


def test_the_browser_reports_a_bad_formula(tmp_path):
    good = next(page for page in PAGES if r"\tag" in page.read_text("utf-8"))
    bad = good.with_name("bad_formula.html")
    bad.write_text(good.read_text("utf-8").replace(r"\tag", r"\frac{1}\tag\undefined", 1), "utf-8")
    try:
        assert list(faults(shown(bad, tmp_path)))
    finally:
        bad.unlink()
