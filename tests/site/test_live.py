"""Chapters run on their page: the notebook test once more, in a browser, other hosts out of reach.

Needs Chromium and what `make live` fetches; without them the tests are skipped. Where Firefox is
there, too, chapter 3.1 runs in it.
"""

import json

import nbformat
import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import sync_playwright

import nbval_numbers
import notebooks
from visit import ALL, CHROMIUM, FIREFOX, SITE, chromium, firefox, visit

PAGES = sorted(path.stem for path in (SITE / "live" / "pages").glob("*.json"))
BROWSERS = [chromium, *([firefox] if FIREFOX else [])]

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium or Chrome on this machine"),
    pytest.mark.skipif(not PAGES, reason="`make live` has not been run"),
]

KEPT = """async (chapter) => {
  while (chapter.kept === undefined) await new Promise((go) => setTimeout(go, 50));
  const fault = await chapter.kept;
  if (fault && !sessionStorage.gone) throw new Error(`not kept: ${fault}`);
}"""


# A reader's code, a checked solution, an endless loop, an error; then the cell is as it was.
CONTROLS = """async (chapter) => {
  const k = chapter.cells.findIndex((cell) => cell.live?.stored), cell = chapter.cells[k];
  const pre = cell.querySelector(".cell_input pre"), html = pre.innerHTML;
  const press = (box, name) =>
    [...box.querySelectorAll("button")].find((x) => x.textContent === name).click();
  const expect = (shown, text) => {
    if (!shown.includes(text)) throw new Error(`no "${text}" in: ${shown}`);
  };
  pre.textContent = "print(6 * 7)";
  pre.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", shiftKey: true }));
  await chapter.running;
  expect(cell.live.output.textContent, "42");
  pre.textContent = "from rnncheck import check\\ncheck.outputs(lambda h, W_y, b_y: h @ W_y + b_y)";
  press(cell, "Run");
  await chapter.running;
  expect(cell.live.output.textContent, "4 of 4");
  pre.textContent = "print('begun')\\nwhile True:\\n    pass";
  press(cell, "Run");
  while (!cell.live.output.textContent.includes("begun"))
    await new Promise((go) => setTimeout(go, 50));
  press(chapter.bar, "Stop");
  await chapter.running;
  expect(chapter.status.textContent, "Stopped");
  pre.textContent = "1 / 0";
  press(cell, "Run");
  await chapter.running;
  expect(cell.live.output.textContent, "line 1: 1 / 0\\nZeroDivisionError");
  expect(chapter.status.textContent, `Cell ${k} ended with an error.`);
  press(cell, "Reset");
  if (pre.innerHTML !== html || cell.live.output !== cell.live.stored) throw new Error("no reset");
}"""


# The server refuses from now on, and the page loads itself again.
GONE = """async () => {
  if (sessionStorage.gone) return;
  sessionStorage.gone = "yes";
  await fetch("/gone", { method: "POST", body: "{}" });
  location.reload();
  await new Promise(() => {});
}"""


def stored(cell):
    """Return the text that a cell has in the book, by kind."""
    found = {}
    for output in cell.outputs:
        if output.output_type == "stream":
            found[output.name] = found.get(output.name, "") + output.text
        elif output.output_type == "execute_result":
            found["result"] = output.data["text/plain"]
    return found


def differences(name, found):
    """Yield, of each cell that ran, what differs from the stored outputs."""
    notebook = nbformat.read(notebooks.FOLDER / f"{name}.ipynb", 4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for k, (cell, shown) in enumerate(zip(code, found["cells"], strict=True)):
        if not shown:
            continue
        errors = [x["text"] for x in shown["texts"] if x["kind"] == "error"]
        if errors and "raises-exception" not in notebooks.tags(cell):
            yield f"{k}: {errors[0]}"
        elif not shown["ran"]:
            yield f"{k}: did not run"
        elif "nbval-ignore-output" not in notebooks.tags(cell):
            tolerance = cell.metadata.get("rnnbook", {}).get("tolerance", {})
            theirs = stored(cell)
            for kind in ("stdout", "result"):
                new = "".join(x["text"] for x in shown["texts"] if x["kind"] == kind)
                old = theirs.get(kind, "")
                if not nbval_numbers.same(new.strip(), old.strip(), **tolerance):
                    yield f"{k}: {kind}\n  new: {new}\n  old: {old}"
        pictures = sum("image/png" in x.get("data", {}) for x in cell.outputs)
        if shown["figures"] != pictures and not errors:
            yield f"{k}: {shown['figures']} figures, {pictures} in the book"


@pytest.mark.parametrize("name", PAGES)
def test_every_live_cell_gives_what_the_book_shows(name, tmp_path):
    found = visit(name, tmp_path, ALL)
    print(f"{name}: first cell {found['first'] / 1000:.1f} s, all {found['all'] / 1000:.1f} s")
    assert found["before"] == 0, "something was loaded before the click"
    assert not "\n".join(differences(name, found))


def test_the_page_and_the_plan_have_the_same_cells():
    for name in PAGES:
        page = BeautifulSoup(
            (SITE / "notebooks" / f"{name}.html").read_text("utf-8"), "html.parser"
        )
        plan = json.loads((SITE / "live" / "pages" / f"{name}.json").read_text("utf-8"))
        assert len(page.select(".bd-article div.cell")) == len(plan["cells"]), name


@pytest.mark.parametrize("browser", BROWSERS)
def test_after_the_first_visit_a_chapter_runs_without_the_server(browser, tmp_path):
    found = visit("03_1_forward", tmp_path, KEPT, GONE, browser=browser)
    assert found["refused"], "the page was not loaded again"
    assert found["status"] == "Ready."
    assert found["cells"][1]["ran"]


def test_a_reader_edits_runs_stops_and_resets(tmp_path):
    visit("03_1_forward", tmp_path, CONTROLS)


def test_from_a_file_the_button_says_why_it_does_nothing():
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto((SITE / "notebooks" / "03_1_forward.html").as_uri())
        page.locator(".live-start").press("Enter")
        assert "Not from a file" in page.locator(".live-start + [role=status]").inner_text()
        browser.close()


@pytest.mark.skipif(FIREFOX is None, reason="no Firefox on this machine")
def test_a_chapter_runs_in_firefox(tmp_path):
    found = visit("03_1_forward", tmp_path, ALL, browser=firefox)
    print(f"first cell {found['first'] / 1000:.1f} s, all {found['all'] / 1000:.1f} s")
    assert not "\n".join(differences("03_1_forward", found))
