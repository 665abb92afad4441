"""Measure six pages of the built book with Lighthouse, as on a phone and on a desktop.

    python tools/lighthouse.py     # needs Chromium or Chrome, and npx; writes benchmarks/site.csv

The pages are served as a host would: compressed, and with a time to keep them. Scores of
performance depend on the machine and on what else it does; the weight and the other scores do
not. So the phone visits each page three times, the visit of median performance counts, and the
table says how fast the machine was: Lighthouse's benchmark index, for which four times slower
than 1,500 to 2,000 is a phone of the middle class.
"""

import csv
import gzip
import http.server
import json
import os
import shutil
import subprocess
import threading
from functools import partial
from pathlib import Path

import notebooks
import visit

VERSION = "12.8.2"
VISITS = {"phone": 3, "desktop": 1}
PAGES = [
    "book/index", "book/glossary", "notebooks/03_2_bptt", "notebooks/04_1_derivation",
    "notebooks/06_1a_language_model", "notebooks/06_4a_text_music",
]  # fmt: skip
SCORES = ("performance", "accessibility", "best-practices", "seo")
RESULTS = notebooks.ROOT / "benchmarks" / "site.csv"
PACKED = (".html", ".js", ".css", ".svg", ".json", ".mjs")


class Host(http.server.SimpleHTTPRequestHandler):
    """Serve files compressed, as the hosts of static pages do."""

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if path.suffix not in PACKED or not path.is_file():
            return super().do_GET()
        body = gzip.compress(path.read_bytes())
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "max-age=31536000")
        super().end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


def measure(address: str, desktop: bool) -> dict[str, object]:
    """Return the scores (0 to 100) of one visit, and what it transfers."""
    command = [
        "npx", "--yes", f"lighthouse@{VERSION}", address, "--quiet", "--output=json",
        "--chrome-flags=--headless=new --no-sandbox", *(["--preset=desktop"] if desktop else []),
    ]  # fmt: skip
    seen = os.environ | {"CHROME_PATH": visit.CHROMIUM}
    done = subprocess.run(command, capture_output=True, text=True, env=seen)
    if done.returncode:
        raise SystemExit(done.stderr)
    report = json.loads(done.stdout)
    audits = report["audits"]
    scores = {name: round(100 * (report["categories"][name]["score"] or 0)) for name in SCORES}
    requests = audits["network-requests"]["details"]["items"]
    figures = [x for x in requests if x.get("resourceType") == "Image"]
    size = sum(x["transferSize"] for x in requests) - sum(x["transferSize"] for x in figures)
    return scores | {
        "kB without figures": round(size / 1000),
        "layout shift": round(audits["cumulative-layout-shift"]["numericValue"], 3),
        "longest task, ms": round(
            max((x["duration"] for x in audits["long-tasks"]["details"]["items"]), default=0)
        ),
        "machine": round(report["environment"]["benchmarkIndex"]),
    }


def main() -> None:
    if visit.CHROMIUM is None or shutil.which("npx") is None:
        raise SystemExit("This needs Chromium or Chrome, and npx of Node.js.")
    host = partial(Host, directory=visit.SITE)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), host)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    rows = []
    for page in PAGES:
        for screen, times in VISITS.items():
            address = f"http://127.0.0.1:{server.server_port}/{page}.html"
            visits = [measure(address, screen == "desktop") for _ in range(times)]
            visits.sort(key=lambda visit: visit["performance"])
            rows.append({"page": page, "screen": screen} | visits[times // 2])
            print(*rows[-1].values(), sep="  ", flush=True)
    with RESULTS.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
