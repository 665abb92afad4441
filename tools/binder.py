"""Rehearse Binder: build its environment, start JupyterLab, run notebooks through its interface.

    python tools/binder.py                      # every notebook
    python tools/binder.py notebooks/01_background.ipynb

What repo2docker does is done without Docker: the repository's last commit is cloned, the Python
of binder/runtime.txt gets JupyterLab and binder/requirements.txt, binder/postBuild is run. Each
notebook is opened over HTTP like a reader's browser does; the peak memory of its kernel and of
the server together must stay below what Binder allows.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import check
import notebooks

MAX_MB = 1600  # Binder restarts a server above 2,000
TOKEN = "rehearsal"
# Run by the environment's own Python, which has websocket-client: it came with JupyterLab.
READER = r"""
import json, sys, uuid, websocket
address, kernel, token = sys.argv[1:]
cells = json.load(sys.stdin)
channel = websocket.create_connection(
    f"ws://{address}/api/kernels/{kernel}/channels?token={token}", timeout=600)
for source, may_fail in cells:
    mine = uuid.uuid4().hex
    content = {"code": source, "silent": False, "store_history": True, "allow_stdin": False,
               "user_expressions": {}, "stop_on_error": True}
    header = {"msg_id": mine, "msg_type": "execute_request", "session": mine, "username": "",
              "version": "5.3"}
    channel.send(json.dumps({"header": header, "parent_header": {}, "metadata": {},
                             "content": content, "channel": "shell", "buffers": []}))
    while True:
        told = json.loads(channel.recv())
        if told["parent_header"].get("msg_id") != mine:
            continue
        if told["msg_type"] == "error" and not may_fail:
            raise SystemExit(told["content"]["ename"] + ": " + told["content"]["evalue"])
        if told["msg_type"] == "status" and told["content"]["execution_state"] == "idle":
            break
"""


class Binder:
    """A clone, its environment, and the server in it."""

    def __init__(self, folder: Path, uv: list[str], lab: str, python: str | None):
        self.clone, self.folder = folder / "clone", folder
        self.python = folder / "binder" / "bin" / "python"
        quiet = {"check": True, "stdout": subprocess.DEVNULL}
        subprocess.run(["git", "clone", "--quiet", notebooks.ROOT, self.clone], **quiet)
        runtime = (self.clone / "binder" / "runtime.txt").read_text("utf-8").strip()
        wanted = python or runtime.removeprefix("python-")
        begin = time.monotonic()
        subprocess.run(
            [*uv, "venv", "--quiet", "--seed", "--python", wanted, folder / "binder"], **quiet
        )
        install = [*uv, "pip", "install", "--quiet", "--python", self.python]
        subprocess.run([*install, f"jupyterlab=={lab}", "ipykernel"], **quiet)
        subprocess.run([*install, "-r", "binder/requirements.txt"], cwd=self.clone, **quiet)
        mine = {k: x for k, x in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
        self.environment = mine | check.QUIET | {
            "PATH": f"{self.python.parent}{os.pathsep}{os.environ['PATH']}",
            "IPYTHONDIR": str(folder / "ipython"), "JUPYTER_CONFIG_DIR": str(folder / "config"),
            "JUPYTER_DATA_DIR": str(folder / "data"), "JUPYTER_RUNTIME_DIR": str(folder / "run"),
        }  # fmt: skip
        subprocess.run(["bash", "binder/postBuild"], cwd=self.clone, env=self.environment, **quiet)
        size = sum(x.stat().st_size for x in (folder / "binder").rglob("*") if x.is_file())
        print(f"environment: {time.monotonic() - begin:.0f} s, {size / 1e6:,.0f} MB")

    def start(self) -> None:
        """Start JupyterLab and wait until it answers."""
        command = ["-m", "jupyter", "lab", "--no-browser", "--ip=127.0.0.1", "--port=0",
                   f"--IdentityProvider.token={TOKEN}", "--allow-root"]  # fmt: skip
        self.server = subprocess.Popen(
            [self.python, *command], cwd=self.clone, env=self.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        for _ in range(240):
            time.sleep(0.5)
            for path in (self.folder / "run").glob("jpserver-*.json"):
                self.port = json.loads(path.read_text("utf-8"))["port"]
                return
        raise SystemExit("JupyterLab did not start.")

    def ask(self, method: str, path: str, content: dict | None = None) -> dict:
        """Send a request to the server and return its answer."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/{path}", method=method,
            data=json.dumps(content).encode() if content else None,
            headers={"Authorization": f"token {TOKEN}"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.loads(answer.read() or b"{}")

    def run(self, name: str) -> tuple[str, float]:
        """Open a notebook and run its cells; return the first error and the peak memory in MB."""
        text = self.ask("GET", f"contents/notebooks/{name}.ipynb")["content"]
        cells = [
            ("".join(cell["source"]), "raises-exception" in cell["metadata"].get("tags", []))
            for cell in text["cells"]
            if cell["cell_type"] == "code"
        ]
        content = {"path": f"notebooks/{name}.ipynb", "name": name, "type": "notebook",
                   "kernel": {"name": "python3"}}  # fmt: skip
        session = self.ask("POST", "sessions", content)
        kernel = session["kernel"]["id"]
        done = subprocess.run(
            [self.python, "-c", READER, f"127.0.0.1:{self.port}", kernel, TOKEN],
            input=json.dumps(cells), text=True, capture_output=True,
        )  # fmt: skip
        peak = memory(self.server.pid) + sum(memory(x, kernel) for x in children(self.server.pid))
        self.ask("DELETE", f"sessions/{session['id']}")
        return done.stderr.strip().splitlines()[-1] if done.returncode else "", peak


def children(parent: int) -> list[int]:
    """Return the processes that a process has started."""
    text = Path(f"/proc/{parent}/task/{parent}/children").read_text("utf-8")
    return [int(word) for word in text.split()]


def memory(process: int, kernel: str = "") -> float:
    """Return the peak of a process in MB, or 0 if it is not the one of this kernel."""
    try:
        if kernel not in Path(f"/proc/{process}/cmdline").read_text("utf-8"):
            return 0.0
        status = Path(f"/proc/{process}/status").read_text("utf-8")
    except FileNotFoundError:
        return 0.0
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--uv", default="uv", help="the command that installs")
    parser.add_argument("--lab", default="4.6.6", help="the version of JupyterLab")
    parser.add_argument("--python", help="Binder's Python on this machine, if it must be named")
    parser.add_argument("notebooks", nargs="*", type=Path)
    options = parser.parse_args()
    if not sys.platform.startswith("linux"):
        raise SystemExit("The rehearsal measures memory in /proc: it needs Linux.")
    failed = []
    with tempfile.TemporaryDirectory(prefix="binder-") as folder:
        binder = Binder(Path(folder), options.uv.split(), options.lab, options.python)
        binder.start()
        try:
            for path in options.notebooks or notebooks.paths():
                begin = time.monotonic()
                fault, peak = binder.run(path.stem)
                fault = fault or (f"more than {MAX_MB} MB" if peak > MAX_MB else "")
                failed += [path.stem] if fault else []
                spent = time.monotonic() - begin
                print(f"{path.stem:28} {spent:5.0f} s {peak:6.0f} MB  {fault or 'ran'}", flush=True)
        finally:
            binder.server.terminate()
            binder.server.wait()
    if failed:
        raise SystemExit(f"not in Binder: {', '.join(failed)}")


if __name__ == "__main__":
    main()
