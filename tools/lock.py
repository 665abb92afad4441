"""Write requirements.lock and check that every platform the book names can install it.

Binder gets a part of the lock, binder/requirements.txt: what the chapters import.

The lock is universal: one file for every system and for Python 3.11 to 3.13. That alone does not
say that wheels exist, so each platform is resolved once more from the lock, wheels only.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = ("3.11", "3.12", "3.13")
PLATFORMS = {
    "Linux x86-64": "x86_64-manylinux_2_28",
    "Linux Arm": "aarch64-manylinux_2_28",
    "macOS Arm": "aarch64-apple-darwin",
    "Windows": "x86_64-pc-windows-msvc",
}
# snownlp is only there as source: pure Python, any machine builds it without a compiler.
DATA_WHEELS = ("--only-binary", ":all:", "--no-binary", "snownlp")
HEADER = """\
# Every package of the book's environment, for Python 3.11 to 3.13 on every system.
# Written by `make lock` from requirements.txt; do not edit by hand.
"""
BINDER = """\
# What the chapters import, for Binder: a part of requirements.lock, written by `make lock`.
"""
BORDER = "# What builds and tests the book."


def compile_pins(*arguments: str, source: str) -> str:
    """Resolve requirement lines with uv and return the pins it prints."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "-", "--quiet", "--no-header"]
    done = subprocess.run(
        [*command, *arguments], input=source, capture_output=True, text=True, cwd=ROOT
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def write_binder(source: str, pins: str) -> None:
    """Write what Binder installs: the first part of requirements.txt, as the lock has it."""
    python = (ROOT / "binder" / "runtime.txt").read_text().strip().removeprefix("python-")
    where = ("--python-version", python, "--python-platform", PLATFORMS["Linux x86-64"])
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as locked:
        locked.write(pins.replace("-e .\n", ""))
        locked.flush()
        options = (*where, "--constraint", locked.name, "--no-annotate")
        found = compile_pins(*options, source=source.split(BORDER)[0])
    (ROOT / "binder" / "requirements.txt").write_text(BINDER + found)


def main() -> None:
    source = (ROOT / "requirements.txt").read_text()
    pins = compile_pins(
        "--universal", "--python-version", PYTHONS[0], "--no-annotate", source=source
    )
    data = (ROOT / "requirements-data.txt").read_text()
    for python in PYTHONS:
        for name, platform in PLATFORMS.items():
            where = ("--python-version", python, "--python-platform", platform)
            wheels = pins.replace("-e .\n", "")
            compile_pins(*where, "--only-binary", ":all:", source=wheels)
            compile_pins(*where, *DATA_WHEELS, "--no-deps", source=data)
            print(f"wheels for Python {python} on {name}")
    (ROOT / "requirements.lock").write_text(HEADER + pins)
    write_binder(source, pins)
    print(f"requirements.lock: {len(pins.splitlines())} packages")


if __name__ == "__main__":
    main()
