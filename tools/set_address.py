"""Set the repository's address in _config.yml and in the notebooks' Colab cells.

    python tools/set_address.py https://github.com/OWNER/REPOSITORY

That address itself is the placeholder: with it the pages have no launch buttons.
"""

import re
import sys

import nbformat

import notebooks

CONFIG = notebooks.ROOT / "_config.yml"
IN_CONFIG = re.compile(r"(?<=^  url: ).*$", re.MULTILINE)
IN_CELL = re.compile(r"(?<=git\+)https://[^\s\"'@]+")
ADDRESS = re.compile(r"https://(github|gitlab)\.com/[\w.-]+/[\w.-]+")


def address() -> str:
    return IN_CONFIG.search(CONFIG.read_text("utf-8"))[0].strip()


def colab_cells(notebook) -> list:
    return [cell for cell in notebook.cells if "colab" in notebooks.tags(cell)]


def main() -> None:
    url = sys.argv[1].strip().removesuffix("/").removesuffix(".git") if sys.argv[1:] else ""
    if not ADDRESS.fullmatch(url):
        raise SystemExit(f"expected https://github.com/OWNER/REPOSITORY; got {url!r}")
    CONFIG.write_text(IN_CONFIG.sub(url, CONFIG.read_text("utf-8"), count=1), "utf-8")
    changed = 0
    for path in notebooks.paths():
        notebook = notebooks.read(path)
        before = [cell.source for cell in colab_cells(notebook)]
        for cell in colab_cells(notebook):
            cell.source = IN_CELL.sub(url, cell.source)
        if before != [cell.source for cell in colab_cells(notebook)]:
            nbformat.write(notebook, path)
            changed += 1
    print(f"{url} is set in _config.yml and in {changed} notebooks.")


if __name__ == "__main__":
    main()
