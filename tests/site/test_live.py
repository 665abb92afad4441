"""Chapters run on their page: the notebook test once more, in a browser, other hosts out of reach.

Needs Chromium and what `make live` fetches; without them the tests are skipped. Where Firefox is
there, too, chapter 3.1 runs in it.
"""

import json

import nbformat
import pytest
from bs4 import BeautifulSoup

import nbval_numbers
import notebooks
from visit import ALL, CHROMIUM, FIREFOX, SITE, firefox, visit

PAGES = sorted(path.stem for path in (SITE / "live" / "pages").glob("*.json"))

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium or Chrome on this machine"),
    pytest.mark.skipif(not PAGES, reason="`make live` has not been run"),
]

KEPT = """async (chapter) => {
  let missing;
  for (let k = 0; k < 600; k++) {
    const store = await caches.open("book");
    const there = await Promise.all(chapter.plan.files.map(
      (name) => store.match(new URL(`../live/${name}`, location.href))));
    missing = chapter.plan.files.filter((name, n) => !there[n]);
    if (!missing.length && await store.match(location.href)) return;
    await new Promise((go) => setTimeout(go, 100));
  }
  throw new Error(`not kept: ${missing}`);
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


def test_after_the_first_visit_a_chapter_runs_without_the_server(tmp_path):
    found = visit("03_1_forward", tmp_path, KEPT, GONE)
    assert found["refused"], "the page was not loaded again"
    assert found["status"] == "Ready."
    assert found["cells"][1]["ran"]


@pytest.mark.skipif(FIREFOX is None, reason="no Firefox on this machine")
def test_a_chapter_runs_in_firefox(tmp_path):
    found = visit("03_1_forward", tmp_path, ALL, browser=firefox)
    print(f"first cell {found['first'] / 1000:.1f} s, all {found['all'] / 1000:.1f} s")
    assert not "\n".join(differences("03_1_forward", found))
