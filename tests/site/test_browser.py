"""The built pages as a browser shows them, every other host out of reach.

Needs Chromium or Chrome; without it the tests are skipped and the static checks remain.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
BROWSER = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)
PAGES = sorted(SITE.glob("book/*.html")) + sorted(SITE.glob("notebooks/*.html"))

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on this machine")


def shown(page, folder):
    """Return the page's HTML after its scripts have run."""
    command = [
        BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={folder}",
        "--virtual-time-budget=60000", "--dump-dom", page.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return done.stdout


def faults(html):
    """What a reader would see go wrong with the formulas."""
    for message in re.findall(r'data-mjx-error="([^"]*)"', html):
        yield f"MathJax: {message}"
    if 'class="math' in html and "<mjx-container" not in html:
        yield "formulas are not drawn"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_formulas_are_drawn(page, tmp_path):
    assert not list(faults(shown(page, tmp_path)))


def test_the_browser_reports_a_bad_formula(tmp_path):
    good = next(page for page in PAGES if r"\tag" in page.read_text("utf-8"))
    bad = good.with_name("bad_formula.html")
    bad.write_text(good.read_text("utf-8").replace(r"\tag", r"\frac{1}\tag\undefined", 1), "utf-8")
    try:
        assert list(faults(shown(bad, tmp_path)))
    finally:
        bad.unlink()
