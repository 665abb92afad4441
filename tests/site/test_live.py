"""Chapters run on their page: the notebook test once more, in a browser, other hosts out of reach.

Needs Chromium and what `make live` fetches; without them the tests are skipped.
"""

import http.server
import json
import queue
import shutil
import subprocess
import threading
from functools import partial

import nbformat
import pytest

import nbval_numbers
import notebooks

SITE = notebooks.ROOT / "_build" / "html"
BROWSER = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)
PAGES = sorted(path.stem for path in (SITE / "live" / "pages").glob("*.json"))
SECONDS = 600  # for a chapter, on a busy machine

pytestmark = [
    pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on this machine"),
    pytest.mark.skipif(not PAGES, reason="`make live` has not been run"),
]

# What a reader does: click, wait, run all; then the page tells the server what it shows.
READER = """
<script type="module">
const tell = (found) => fetch("/told", { method: "POST", body: JSON.stringify(found) });
const begun = performance.now();
try {
  const before = performance.getEntriesByType("resource").filter((x) => /live/.test(x.name));
  document.querySelector(".live-start").click();
  while (!window.liveChapter) await new Promise((go) => setTimeout(go, 50));
  const chapter = window.liveChapter;
  const texts = (cell) => [...cell.live.output.querySelectorAll("pre")]
    .map((pre) => ({ kind: pre.dataset.kind, text: pre.textContent }));
  await chapter.running;
  const first = performance.now();
  for (const action of ACTIONS) await action(chapter);
  const cells = chapter.cells.map((cell, k) => chapter.plan.cells[k].runs && {
    ran: chapter.ran.has(k), texts: chapter.ran.has(k) ? texts(cell) : [],
    figures: cell.live.output?.querySelectorAll("img").length ?? 0,
  });
  tell({ cells, before: before.length, status: chapter.status.textContent,
         first: first - begun, all: performance.now() - begun });
} catch (error) { tell({ broken: String(error.stack) }); }
</script>
"""
ALL = "async (chapter) => { await chapter.enqueue(chapter.cells.length - 1); }"

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


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the site below a path of its own, and takes what the page tells."""

    def __init__(self, *arguments, told, script, **options):
        self.told, self.script = told, script
        super().__init__(*arguments, **options)

    def do_GET(self):
        self.path = self.path.removeprefix("/book-of-ours")
        if not self.path.endswith("?read"):
            return super().do_GET()
        text = (SITE / self.path.lstrip("/").removesuffix("?read")).read_text("utf-8")
        data = text.replace("</body>", f"{self.script}</body>").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        return None

    def do_POST(self):
        self.told.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments):
        pass


def visit(name, folder, *actions):
    """Let a reader visit a chapter, act, and return what the page shows then."""
    told = queue.Queue()
    script = READER.replace("ACTIONS", f"[{', '.join(actions)}]")
    handler = partial(Handler, directory=str(SITE), told=told, script=script)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    command = [
        BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", f"--user-data-dir={folder}",
        "--remote-debugging-port=0",
        f"http://127.0.0.1:{server.server_port}/book-of-ours/notebooks/{name}.html?read",
    ]  # fmt: skip
    browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        found = told.get(timeout=SECONDS)
    finally:
        browser.kill()
        browser.wait()
        server.shutdown()
        server.server_close()
    assert "broken" not in found, found["broken"]
    return found


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


def test_the_first_visit_keeps_what_the_next_one_needs(tmp_path):
    visit(PAGES[0], tmp_path, KEPT)
