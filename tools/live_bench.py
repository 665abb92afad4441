"""How long a chapter takes on its page, from a cold cache, beside the same cells here.

    python tools/live_bench.py 03_1_forward    # needs `make live`, `make book` and Chromium

The goals: the first output of 3.1 within 12 s, the other cells within 3 times the time they take
here. Of both sides the cells are those that run on the page. Cells that measure times themselves
are left out: they take as long as they choose to.
"""

import argparse
import contextlib
import io
import os
import sys
import tempfile
import time
from pathlib import Path

import live
import notebooks
from browser import notebook as kernel
from visit import visit

# Runs all cells and keeps the seconds of each.
MEASURED = """async (chapter) => {
  const run = chapter.run.bind(chapter);
  chapter.run = async (worker, k) => {
    const begun = performance.now();
    const passed = await run(worker, k);
    (chapter.plan.seconds ??= {})[k] = (performance.now() - begun) / 1000;
    return passed;
  };
  await chapter.enqueue(chapter.cells.length - 1);
}"""


def on_the_page(name: str) -> tuple[float, dict[int, float]]:
    """Return the seconds to the first cell's end, and those of each later cell."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        shown = visit(name, Path(folder), MEASURED)
    return shown["first"] / 1000, {int(k): x for k, x in shown["seconds"].items()}


def here(name: str) -> dict[int, float]:
    """Return the seconds of the same cells in this process, without Keras, as on the page."""
    os.environ["MPLBACKEND"] = "agg"
    notebook = notebooks.read(notebooks.FOLDER / f"{name}.ipynb")
    plan = live.plan(notebook)
    sys.meta_path.insert(0, kernel.Finder(set(plan["missing"])))
    sys.modules["__main__"].__dict__.update(kernel.names)
    kernel.post = lambda kind, text: None
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    seconds = {}
    for k, (cell, entry) in enumerate(zip(cells, plan["cells"], strict=True)):
        if entry["runs"]:
            begun = time.perf_counter()
            with contextlib.redirect_stdout(io.StringIO()):
                kernel.run(cell.source, k)
            if "nbval-ignore-output" not in notebooks.tags(cell):
                seconds[k] = time.perf_counter() - begun
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", nargs="?", default="03_1_forward")
    name = parser.parse_args().name
    first, page = on_the_page(name)
    native = here(name)
    both = page.keys() & native.keys()
    there, ours = sum(page[k] for k in both), sum(native[k] for k in both)
    print(f"{name}: first output after {first:.1f} s; load of the machine {os.getloadavg()[0]:.1f}")
    print(f"{len(both)} later cells: {there:.1f} s on the page, {ours:.1f} s here, ", end="")
    print(f"{there / ours:.1f} times")
    for k in sorted(both, key=lambda k: -page[k])[:5]:
        print(f"  cell {k:2}: {page[k]:6.2f} s on the page, {native[k]:6.2f} s here")


if __name__ == "__main__":
    main()
