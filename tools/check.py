"""Run the checks, one step after the other, and print what took how long.

python tools/check.py              all steps
python tools/check.py style unit   these steps
"""

import os
import subprocess
import sys
import tempfile
import time

import notebooks
import offline

ROOT = notebooks.ROOT
PYTHON = [sys.executable]
PYTEST = [*PYTHON, "-m", "pytest", "-q"]
NBVAL = [
    "--nbval", "--nbval-current-env", "--nbval-cell-timeout=240",
    "--nbval-sanitize-with=tests/nbval_sanitize.cfg",
    "-p", "nbval_numbers",  # numbers within the tolerance that a cell declares
    # One notebook is one scope: its cells share a kernel and must stay together.
    "-n", "auto", "--dist", "loadscope",
]  # fmt: skip
GROUPS = ["-n", "auto", "--dist", "loadgroup"]  # tests of one group share a process
COVERAGE = [
    "--cov=rnnkit",
    "--cov=rnnbook",
    "--cov=rnncheck",
    "--cov-branch",
    "--cov-fail-under=95",
    "--cov-report=term",
]
UNIT = ["tests/rnnkit", "tests/rnnbook", "tests/rnncheck", "tests/experiments"]
PLUGIN = ROOT / "tests" / "notebooks"  # of nbval_numbers
STEPS = {
    "style": [
        [*PYTHON, "-m", "ruff", "check", "."],
        [*PYTHON, "-m", "ruff", "format", "--check", "."],
    ],
    "types": [[*PYTHON, "-m", "mypy"]],
    "unit": [[*PYTEST, "-n", "auto", "--doctest-modules", "src", *UNIT, *COVERAGE]],
    "rules": [[*PYTEST, "-n", "auto", "tests/tools", "tests/notebooks"]],
    "notebooks": [
        # Matplotlib's first import on a machine writes a message into the first notebook.
        [*PYTHON, "-c", "import matplotlib.font_manager"],
        [*PYTEST, *NBVAL, "notebooks"],
    ],
    "book": [[*PYTHON, "tools/build.py", "--fresh"]],
    "site": [
        [*PYTEST, *GROUPS, "tests/site", "--ignore=tests/site/test_live.py"],
    ],
    "live": [[*PYTEST, "tests/site/test_live.py"]],  # skipped where `make live` has not been run
}
QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TQDM_DISABLE": "1",
    "KERAS_BACKEND": "tensorflow",
}


def environment(step: str, folder: str) -> dict[str, str]:
    """Return the environment of a step's commands; the folder is there for IPython's settings."""
    if step == "notebooks":
        offline.write(folder)
    # Settings of the user's own IPython must not change an output.
    return os.environ | QUIET | {"IPYTHONDIR": folder, "PYTHONPATH": str(PLUGIN)}


def run(step: str) -> bool:
    if step == "notebooks" and not notebooks.paths():
        print("no notebooks yet")
        return True
    with tempfile.TemporaryDirectory() as folder:
        seen = environment(step, folder)
        return not any(
            subprocess.run(command, cwd=ROOT, env=seen, stdin=subprocess.DEVNULL).returncode
            for command in STEPS[step]
        )


def main() -> None:
    steps = sys.argv[1:] or list(STEPS)
    if unknown := set(steps) - set(STEPS):
        raise SystemExit(f"no such step: {', '.join(unknown)}; there are {', '.join(STEPS)}")
    lines, failed = [], []
    for step in steps:
        print(f"\n=== {step} {'=' * (70 - len(step))}", flush=True)
        begin = time.monotonic()
        if not run(step):
            failed.append(step)
        result = "FAILED" if step in failed else "passed"
        lines.append(f"{step:10} {result} {time.monotonic() - begin:7.1f} s")
    print("\n=== summary\n" + "\n".join(lines), flush=True)
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
