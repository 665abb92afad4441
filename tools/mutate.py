"""Do the checks of a chapter notice a fault? Plant faults in copies of its code and look.

    python tools/mutate.py                     # all chapters that have a list; takes long
    python tools/mutate.py 03_2_bptt           # one chapter

tests/mutations/NAME.toml lists the faults: a piece of code and what it is changed to, the first
place only. The code of the notebook is run as one program, up to the first error. A fault is
noticed if the program fails. The rows of these chapters are written to tests/mutations/README.md.
"""

import argparse
import os
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor

import notebooks

LISTS = notebooks.ROOT / "tests" / "mutations"
PAGE = LISTS / "README.md"
LIMIT = 900  # seconds, on a busy machine
ROW = "| {name} | {what} | `{old}` | `{new}` | {result} |"
HEAD = """\
# Planted faults

Each row is a fault that was planted in the code of a chapter: {found} of {all} made the chapter
fail. `python tools/mutate.py` plants them again; it is not part of `make test`, since it runs each
chapter once a fault.

| chapter | fault | code | changed to | noticed by |
|---|---|---|---|---|
"""


def planted(name: str, old: str, new: str) -> str:
    """Return the code of a notebook with the first `old` replaced; "" for `old`: as it is."""
    code = notebooks.plain_code(notebooks.read(notebooks.FOLDER / f"{name}.ipynb"))
    if old not in code:
        raise SystemExit(f"{name}: {old!r} is not in the code")
    return code.replace(old, new, 1)


def run(code: str) -> str:
    """Run a program; return the last line of its error, or "" if it ran to the end.

    One that does not end in time says nothing about its checks: the machine was busy.
    """
    seen = os.environ | {"MPLBACKEND": "Agg", "TQDM_DISABLE": "1", "KERAS_BACKEND": "tensorflow"}
    command = [sys.executable, "-W", "ignore", "-"]
    try:
        done = subprocess.run(
            command, input=code, env=seen, capture_output=True, text=True, timeout=LIMIT
        )
    except subprocess.TimeoutExpired:
        raise SystemExit(f"a program ran for more than {LIMIT} seconds: try again") from None
    if not done.returncode:
        return ""
    lines = [x for x in done.stderr.splitlines() if x and not x.startswith((" ", "\t"))]
    return next((x for x in reversed(lines) if "Error" in x), lines[-1] if lines else "an error")


def cell(text: str, most: int = 70) -> str:
    """Return text as it may stand in a cell of a table."""
    text = " ".join(text.split()).replace("|", "\\|")
    return text if len(text) <= most else text[: most - 1] + "…"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="chapters; all that have a list by default")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    names = options.names or sorted(path.stem for path in LISTS.glob("*.toml"))
    jobs = [
        (name, fault)
        for name in names
        for fault in tomllib.loads((LISTS / f"{name}.toml").read_text("utf-8"))["mutation"]
    ]
    codes = [planted(name, fault["old"], fault["new"]) for name, fault in jobs]
    with ThreadPoolExecutor(options.jobs) as pool:
        sound = list(pool.map(run, [planted(name, "", "") for name in names]))
        for name, error in zip(names, sound, strict=True):
            if error:
                raise SystemExit(f"{name} fails as it is: {error}")
        rows = []
        for (name, fault), error in zip(jobs, pool.map(run, codes), strict=True):
            rows.append(
                ROW.format(
                    name=name,
                    what=fault["what"],
                    old=cell(fault["old"]),
                    new=cell(fault["new"]),
                    result=cell(error.removeprefix("AssertionError: ") or error) or "**nothing**",
                )
            )
            print(rows[-1], flush=True)
    found = sum("**nothing**" not in row for row in rows)
    print(f"{found} of {len(rows)} were noticed")
    write(rows + [row for row in recorded() if row.split(" | ")[0] not in fresh(names)])


def fresh(names: list[str]) -> set[str]:
    """Return how the rows of these chapters begin."""
    return {f"| {name}" for name in names}


def recorded() -> list[str]:
    """Return the rows of the record that have a list of faults still."""
    lists = fresh([path.stem for path in LISTS.glob("*.toml")])
    lines = PAGE.read_text("utf-8").splitlines() if PAGE.exists() else []
    return [line for line in lines if line.split(" | ")[0] in lists]


def write(rows: list[str]) -> None:
    """Write the record, chapter by chapter."""
    rows = sorted(rows, key=lambda row: row.split(" | ")[0])
    found = sum("**nothing**" not in row for row in rows)
    text = HEAD.format(found=found, all=len(rows)) + "\n".join(rows) + "\n"
    PAGE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
