"""Where submissions run: a Python of its own, behind bubblewrap, Podman, Docker, or nothing.

What a sandbox really shuts is not taken on trust: before grading, a small hostile submission tries
each door, and what is open is printed.  Podman and Docker need an image, ``SANDBOX_IMAGE``, that
holds Python and NumPy and nothing else; two lines make one::

    FROM python:3.12-slim
    RUN pip install numpy
"""

import contextlib
import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from rnncheck import received, worker
from rnncheck.engine import Answer, Failure

__all__ = ["IMAGE", "KINDS", "Session", "Way", "doors", "find"]

KINDS = ("bwrap", "podman", "docker", "none")
IMAGE = os.environ.get("SANDBOX_IMAGE", "rnncheck-worker")
SECONDS = 10  # by the clock, for all calls of one function
START_SECONDS = 60
PROCESSOR_SECONDS, MEGABYTES = 60, 1024
START = "the start"
MOST_BYTES = 4 * 2**20  # of one answer
NOBODY = 65534
# One thread is enough for small matrices, and threads count as processes.
THREADS = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL")}
SOURCE = Path(worker.__file__).read_text("utf-8")

PROBE = """
import math, os, socket
import numpy as np

def works(): return math.sqrt(np.linalg.norm(np.ones((2, 2)) @ np.ones((2, 2))))
def read(path): open(path, "rb").read(1); return 1
def write(folder):
    path = os.path.join(folder, "written"); open(path, "w").close(); os.remove(path); return 1
def connect(port): socket.create_connection(("127.0.0.1", port), 2); return 1
def send_signal(pid): os.kill(pid, 0); return 1
def read_memory(pid): open(f"/proc/{pid}/mem", "rb"); return 1
def start_process():
    if os.fork() == 0: os._exit(0)
    return 1
def take_memory(megabytes): return np.zeros(megabytes * 2**17)[:1] + 1
"""


class Way(NamedTuple):
    """How a worker is started; ``nobody`` means that root gives up its rights first."""

    kind: str
    nobody: bool = False

    def command(self, site: Path) -> list[str]:
        """The command line; ``site`` is a folder that holds NumPy and nothing else."""
        code = "import sys; sys.path[:0] = sys.argv[1:]\n" + SOURCE
        python = [os.path.realpath(sys.executable), "-I", "-S", "-B", "-c", code]
        if self.kind == "none":
            return [*python, str(site)]
        if self.kind == "bwrap":
            return ["bwrap", *self.walls(), *binds(), "--", *python, "/site"]
        return [
            self.kind, "run", "--rm", "-i", "--network=none", "--read-only",
            "--tmpfs=/tmp:size=16m", f"--memory={MEGABYTES}m", f"--memory-swap={MEGABYTES}m",
            "--pids-limit=32", "--cpus=1", f"--user={NOBODY}:{NOBODY}", "--cap-drop=ALL",
            "--security-opt=no-new-privileges", *(f"-e={k}={v}" for k, v in THREADS.items()),
            # Who kills the client does not stop the container; this does.
            IMAGE, "timeout", "-s", "KILL", str(2 * PROCESSOR_SECONDS), "python", "-I", "-B",
            "-c", SOURCE,
        ]  # fmt: skip

    def walls(self) -> list[str]:
        """Return bubblewrap's arguments for namespaces and rights."""
        # A user of a namespace that root made counts as root, and root may start any number of
        # processes: so root makes none, and the worker becomes nobody itself.
        rights = ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"] if self.nobody else []
        spaces = ["ipc", "pid", "net", "uts", "cgroup-try"] if self.nobody else ["all"]
        return [
            *(f"--unshare-{space}" for space in spaces), "--die-with-parent", "--new-session",
            "--clearenv", *(x for pair in THREADS.items() for x in ("--setenv", *pair)),
            "--cap-drop", "ALL", *rights,
        ]  # fmt: skip


def binds() -> list[str]:
    """Return bubblewrap's arguments: system libraries, this Python and NumPy, all read-only."""
    base = Path(sys.base_prefix).resolve()
    numpy = Path(np.__file__).resolve().parent
    roots = [Path("/usr"), *([] if base.is_relative_to("/usr") else [base])]
    seen = [*roots, *map(Path, ("/lib", "/lib64", "/etc/ld.so.cache", "/etc/alternatives"))]
    packages = [
        folder
        for root in roots
        for pattern in ("lib*/python3*", "local/lib*/python3*")
        for name in ("site-packages", "dist-packages")
        for folder in root.glob(f"{pattern}/{name}")
        if not folder.is_symlink()
    ]
    arguments = ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
    for parent in reversed(base.parents[:-1]):  # nobody must be able to pass, as in no home
        arguments += ["--perms", "0755", "--dir", str(parent)]
    for path in seen:
        arguments += ["--ro-bind-try", str(path), str(path)]
    # Behind the folders they lie in, or these would cover them again.
    for path in [*packages, Path("/usr/src"), Path("/usr/local/src")]:
        if path.is_dir():
            arguments += ["--tmpfs", str(path)]
    for path in (numpy, numpy.with_name("numpy.libs")):
        arguments += ["--ro-bind-try", str(path), f"/site/{path.name}"]
    return [*arguments, "--chdir", "/tmp", "--remount-ro", "/"]


class Session:
    """One submission's worker, started again where a function has ended it.

    :meth:`call` is what the judge asks.  A function that takes too long or ends the process gets a
    :class:`Failure` for this and all its further calls; the others are not touched.
    """

    def __init__(self, way: Way, name: str, text: str):
        self.way, self.name, self.text = way, name, text
        self.notes: list[str] = []
        self.folder = tempfile.TemporaryDirectory()
        self.left: dict[str, float] = {}
        self.failed: dict[str, Failure] = {}
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Session":
        site = Path(self.folder.name)
        numpy = Path(np.__file__).resolve().parent
        for path in (numpy, numpy.with_name("numpy.libs")):
            if self.way.kind == "none" and path.exists():
                (site / path.name).symlink_to(path)
        site.chmod(0o755)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.folder.cleanup()

    def start(self) -> None:
        """Start a worker and let it run the submission's definitions."""
        self.process = subprocess.Popen(
            self.way.command(Path(self.folder.name)), stdin=subprocess.PIPE, bufsize=0,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True, cwd="/",
            env=None if self.way.kind in ("podman", "docker") else THREADS,
        )  # fmt: skip
        self.buffer = b""
        assert self.process.stdin
        os.set_blocking(self.process.stdin.fileno(), False)
        task = {"name": self.name, "text": self.text, "seconds": PROCESSOR_SECONDS,
                "megabytes": MEGABYTES, "user": NOBODY if self.way.nobody else None}  # fmt: skip
        self.send(task, START_SECONDS)
        notes = self.receive(START_SECONDS)
        self.notes = [str(note)[:300] for note in notes][:20] if isinstance(notes, list) else []

    def stop(self) -> None:
        """End the worker and all it has started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.communicate()
            self.process = None

    def send(self, value: Any, seconds: float) -> None:
        """Write one line; ``TimeoutError`` if the worker does not read it."""
        assert self.process and self.process.stdin
        data, deadline = json.dumps(value).encode() + b"\n", time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdin, selectors.EVENT_WRITE)
            while data:
                if not selector.select(max(0, deadline - time.monotonic())):
                    raise TimeoutError
                data = data[os.write(self.process.stdin.fileno(), data) :]

    def receive(self, seconds: float) -> Any:
        """Read one line; ``TimeoutError``, or ``EOFError`` if the worker has ended."""
        assert self.process and self.process.stdout
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while b"\n" not in self.buffer:
                if not selector.select(max(0, deadline - time.monotonic())):
                    raise TimeoutError
                piece = os.read(self.process.stdout.fileno(), 2**16)
                if not piece or len(self.buffer) > MOST_BYTES:
                    raise EOFError
                self.buffer += piece
        line, _, self.buffer = self.buffer.partition(b"\n")
        return json.loads(line)

    def call(self, function: str, arguments: Sequence[Any], outputs: Sequence[str]) -> Answer:
        """Ask the worker for what a function returns."""
        if failed := self.failed.get(function) or self.failed.get(START):
            return failed
        begin, left = time.monotonic(), self.left.get(function, float(SECONDS))
        try:
            if self.process is None:
                function, asked = START, function  # what fails here fails for every function
                self.start()
                function, begin = asked, time.monotonic()
            given = [worker.encode(x) for x in arguments]
            self.send({"function": function, "arguments": given, "outputs": list(outputs)}, left)
            answer = received(self.receive(left))
            if self.buffer:
                raise ValueError("more than one answer")
            self.left[function] = left - (time.monotonic() - begin)
            return answer
        except TimeoutError:
            reason = f"no result within {SECONDS} seconds (an endless loop?)"
        except (EOFError, BrokenPipeError):
            reason = "the end of the whole program: exit, or more memory or time than there is"
        except (ValueError, TypeError, AttributeError, RecursionError):
            reason = "something that is no answer"  # the submission wrote into the worker's line
        self.stop()
        self.failed[function] = Failure("error", reason)
        return self.failed[function]


def opened(way: Way, folder: Path) -> list[str] | None:
    """Return which doors are open, None if nothing can be run this way at all."""
    server = socket.create_server(("127.0.0.1", 0))
    tries: list[tuple[str, str, Any]] = [
        ("it can read the right formulas on this disk", "read", str(Path(__file__).resolve())),
        ("it can read the other submissions and the grades", "read", f"{folder}/readable"),
        ("it can write and delete files", "write", str(folder)),
        ("it can use the network", "connect", server.getsockname()[1]),
        ("it can stop the grader", "send_signal", os.getpid()),
        ("it can read the grader's memory", "read_memory", os.getpid()),
        ("it can start processes without limit", "start_process", None),
        ("it can take all memory", "take_memory", 4 * MEGABYTES),
    ]
    (folder / "readable").write_text("readable")
    with server, Session(way, "probe.py", PROBE) as session:
        try:
            if isinstance(session.call("works", [], ["x"]), Failure):
                return None
        except OSError:
            return None
        return [
            what
            for what, function, argument in tries
            if not isinstance(
                session.call(function, [] if argument is None else [argument], ["x"]), Failure
            )
        ]


def doors(way: Way) -> list[str] | None:
    """Return what a submission can do this way that it should not; None if it does not run."""
    with tempfile.TemporaryDirectory() as folder:
        return opened(way, Path(folder))


def find(kind: str = "auto") -> tuple[Way, list[str]]:
    """Return the safest way there is, or the safest of one kind, and which doors it leaves open."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    kinds = KINDS if kind == "auto" else (kind,)
    for name in kinds:
        if name != "none" and shutil.which(name) is None:
            continue
        # Root gives up its rights first: no limit of processes holds for root.
        ways = [Way(name, nobody=True)] if root and name in ("bwrap", "none") else []
        tried = {way: doors(way) for way in [*ways, Way(name)]}
        works = {way: open_ for way, open_ in tried.items() if open_ is not None}
        if works:
            return min(works.items(), key=lambda item: len(item[1]))
    hint = f"; the image {IMAGE} must hold Python and NumPy" if kind in ("podman", "docker") else ""
    raise SystemExit(f"No submission can be run with SANDBOX={kind}{hint}.")
