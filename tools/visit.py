"""A chapter visited in a browser of its own, every other host out of reach.

The tests of the built site and the bench drive it.
"""

import http.server
import json
import queue
import shutil
import subprocess
import threading
from functools import partial

import notebooks

SITE = notebooks.ROOT / "_build" / "html"
SECONDS = 1800  # for a chapter, on a busy machine


def found(*names):
    """Return the first of these programs that is installed."""
    return next(filter(None, map(shutil.which, names)), None)


CHROMIUM = found("chromium", "google-chrome", "chrome")
FIREFOX = found("firefox-esr", "firefox")

# What a reader does: click, wait, run all; then the page tells the server what it shows.
READER = """
<script type="module">
const tell = (found) => fetch("/told", { method: "POST", body: JSON.stringify(found) });
const begun = performance.now();
try {
  const before = performance.getEntriesByType("resource").filter((x) => /live/.test(x.name));
  document.querySelector(".live-start").click();
  const word = document.querySelector(".live-start + [role=status]");
  while (!window.liveChapter) {
    if (word.textContent.startsWith("It did not start")) throw new Error(word.textContent);
    await new Promise((go) => setTimeout(go, 50));
  }
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
         seconds: chapter.plan.seconds, first: first - begun, all: performance.now() - begun });
} catch (error) { tell({ broken: String(error.stack) }); }
</script>
"""
ALL = "async (chapter) => { await chapter.enqueue(chapter.cells.length - 1); }"

# Firefox has no switch for this: other hosts are asked of a proxy that is not there.
SETTINGS = """
user_pref("network.proxy.type", 1);
user_pref("network.proxy.http", "127.0.0.1");
user_pref("network.proxy.http_port", 9);
user_pref("network.proxy.ssl", "127.0.0.1");
user_pref("network.proxy.ssl_port", 9);
user_pref("network.proxy.no_proxies_on", "127.0.0.1");
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("browser.aboutwelcome.enabled", false);
"""


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the site below a path of its own, and takes what the page tells."""

    def __init__(self, *arguments, told, script, **options):
        self.told, self.script = told, script
        super().__init__(*arguments, **options)

    def do_GET(self):
        if self.server.gone:
            self.server.refused += 1
            self.close_connection = True
            return None
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
        word = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/gone":
            self.server.gone = True
        else:
            self.told.put(word)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments):
        pass


def chromium(folder):
    return [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", f"--user-data-dir={folder}",
        "--remote-debugging-port=0",
    ]  # fmt: skip


def firefox(folder):
    (folder / "user.js").write_text(SETTINGS, "utf-8")
    return [FIREFOX, "--headless", "--no-remote", "--profile", str(folder)]


def visit(name, folder, *actions, browser=chromium):
    """Let a reader visit a chapter, act, and return what the page shows then."""
    if not (SITE / "live" / "pages" / f"{name}.json").exists():
        raise SystemExit(f"{name} does not run on its page: `make live`, then `make book`")
    told = queue.Queue()
    script = READER.replace("ACTIONS", f"[{', '.join(actions)}]")
    handler = partial(Handler, directory=str(SITE), told=told, script=script)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.gone, server.refused = False, 0
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = f"http://127.0.0.1:{server.server_port}/book-of-ours/notebooks/{name}.html?read"
    reader = subprocess.Popen(
        [*browser(folder), page], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        shown = told.get(timeout=SECONDS)
    finally:
        reader.kill()
        reader.wait()
        server.shutdown()
        server.server_close()
    assert "broken" not in shown, shown["broken"]
    return shown | {"refused": server.refused}
