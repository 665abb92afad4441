"""The rules a notebook of this book keeps, one function each.

A rule takes a notebook and its path and yields what is wrong, in words that say how to mend it.
`every` rules hold for all notebooks, `chapter` rules for those whose name begins with a number.
"""

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt

import generated
import glossary
import notebooks

Rule = Callable[..., Iterator[str]]
EVERY: list[Rule] = []
CHAPTER: list[Rule] = []

MAX_LINES, MAX_WIDTH = 25, 80
MAX_LINES_FOLDED = 30
MAX_MINUTES = 45
HEADER = {  # what stands before the first code cell, in this order
    "a sentence 'you will build …'": r"you (will )?build",
    "'After this chapter you can'": r"After this chapter you can",
    "'Prerequisites'": r"Prerequisites",
    "'… minutes to read'": r"\d+ minutes to read",
    "'… seconds to run'": r"\d+ seconds to run",
}
SECTIONS = [r"The same in (Keras|NumPy)", "Pitfalls", "Exercises", "Summary", "Next"]
WORDS = r"\b(powerful|amazing|simply|obviously|it can be shown)\b"
OPTIONAL = {  # libraries that only some readers have, by the names which cells use
    "torch": "torch", "jax": "jax", "jnp": "jax", "nnx": "flax", "linen": "flax", "optax": "optax",
}  # fmt: skip
TIMED = r"best_of|hot_spots|perf_counter|process_time|monotonic|%timeit"
NETWORK = r"\b(urllib|requests|socket|get_file|fetch_openml|http\.client|keras\.datasets)\b"
MACHINE = r"(/root|/home|/tmp|/Users|/work|/usr)/|site-packages|[A-Z]:\\|\bat 0x[0-9a-f]{6}"
ROUNDING = re.compile(r": (\d+(?:\.\d+)?e-\d+) \(below ")  # what `claim` prints of an error
MOMENT = r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d"


def every(rule: Rule) -> Rule:
    EVERY.append(rule)
    return rule


def chapter(rule: Rule) -> Rule:
    CHAPTER.append(rule)
    return rule


def rules_for(path: Path) -> list[Rule]:
    chapter = CHAPTER if path.name[0].isdigit() else []
    return EVERY + chapter


def markdown(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def prose(source: str) -> str:
    """Return Markdown without code and formulas."""
    source = re.sub(r"^(```|~~~).*?^\1", "", source, flags=re.DOTALL | re.MULTILINE)
    source = re.sub(r"\$\$.*?\$\$", "formula", source, flags=re.DOTALL)
    source = re.sub(r"\$[^$\n]+\$", "formula", source)
    return re.sub(r"`[^`\n]+`", "code", source)


def texts(cell) -> Iterator[str]:
    """Return the text outputs of a code cell."""
    for output in cell.outputs:
        if output.output_type == "stream":
            yield output.text
        for kind, data in output.get("data", {}).items():
            if kind.startswith("text/"):
                yield data


def images(cell) -> int:
    return sum(k.startswith("image/") for x in cell.outputs for k in x.get("data", {}))


def first(cell) -> str:
    """Name a cell by its first line."""
    return f"cell '{cell.source.strip().splitlines()[0][:50] if cell.source.strip() else ''}'"


def header(notebook) -> str:
    """Return the Markdown before the first code cell."""
    text = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            break
        text.append(cell.source)
    return "\n\n".join(text)


def sections(notebook) -> dict[str, list]:
    """Return the cells under each heading of level 2."""
    found: dict[str, list] = {"": []}
    name = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for title in re.findall(r"^## (.+)$", cell.source, re.MULTILINE):
                name = title.strip()
                found[name] = []
        found[name].append(cell)
    return found


# ---------------------------------------------------------------- Markdown


@every
def plain_markdown(notebook, path):
    """CommonMark, tables and $…$: no directives, roles or labels, which only the book shows."""
    myst = {
        "directive": r"^\s*(```|~~~|:::+)\{",
        "colon fence": r"^:::",
        "label": r"^\([\w:.-]+\)=\s*$",
        "comment": r"^% ",
        "block break": r"^\+\+\+",
        "label of a formula": r"\$\$ *\([\w:-]+\)\s*$",
    }
    for cell in markdown(notebook):
        for name, pattern in myst.items():
            if re.search(pattern, cell.source, re.MULTILINE):
                yield f"MyST {name} in {first(cell)}: use plain Markdown"
        text = re.sub(r"\$[^$\n]+\$", "formula", cell.source)
        if re.search(r"\{[a-z][\w:.-]*\}`[^`]+`", text):
            yield f"MyST role in {first(cell)}: use a plain link"


@every
def one_line_paragraphs(notebook, path):
    """One paragraph is one line."""
    parser = MarkdownIt("commonmark").enable("table")
    for cell in markdown(notebook):
        for token in parser.parse(re.sub(r"\$\$.*?\$\$", "f", cell.source, flags=re.DOTALL)):
            if any(x.type in ("softbreak", "hardbreak") for x in token.children or []):
                yield f"a paragraph is broken over lines: '{token.content[:50]}'"


@every
def one_title(notebook, path):
    """One heading of level 1, at the top; no level is skipped."""
    text = "\n".join(
        re.sub(r"^(```|~~~).*?^\1", "", cell.source, flags=re.DOTALL | re.MULTILINE)
        for cell in markdown(notebook)
    )
    levels = [len(x) for x in re.findall(r"^(#+) ", text, re.MULTILINE)]
    if levels.count(1) != 1 or not notebook.cells[0].source.startswith("# "):
        yield "the first cell begins with the only heading of level 1"
    for one, two in pairwise(levels):
        if two > one + 1:
            yield f"a heading of level {two} follows one of level {one}"


@every
def unique_equation_numbers(notebook, path):
    r"""Each \tag{…} once on the page."""
    numbers = re.findall(r"\\tag\{([^}]*)\}", "\n".join(c.source for c in markdown(notebook)))
    for number in sorted({x for x in numbers if numbers.count(x) > 1}):
        yield f"equation number {number} is given twice"


@every
def links_lead_somewhere(notebook, path):
    """Relative links name files that exist; anchors are checked in the built site."""
    for cell in markdown(notebook):
        for link in re.findall(r"\]\(<?([^)\s>]+)>?[^)]*\)", prose(cell.source)):
            target = link.split("#")[0]
            outside = re.match(r"[a-z]+:", link)
            if target and not outside and not (path.parent / target).resolve().exists():
                yield f"the link {link} leads to no file"


@cache
def title_of(path: Path) -> str:
    return notebooks.title(notebooks.read(path))


@every
def links_carry_the_title(notebook, path):
    """A link that gives a chapter's number goes on with that chapter's title, or its beginning."""
    for cell in markdown(notebook):
        for text, target in re.findall(
            r"\[(\d[^\]]* [^\]]+)\]\(([^)#\s]+\.ipynb)", prose(cell.source)
        ):
            title = title_of(path.parent / target)
            if not f"{title}:".startswith((text + ":", text + " ", text + ",")):
                yield f"the link [{text}] leads to {title!r}"


@every
def plain_words(notebook, path):
    """No words that praise or hide a step."""
    for cell in markdown(notebook):
        for word in re.findall(WORDS, prose(cell.source), re.IGNORECASE):
            yield f"'{word}' in {first(cell)}"


@chapter
def article_is_not_named(notebook, path):
    """Only the preface, the errata and further reading name the article (or a quoting cell)."""
    for cell in markdown(notebook):
        quotes = "quotation" in notebooks.tags(cell)
        if not quotes and re.search(r"\bthe (original )?article\b", prose(cell.source), re.I):
            yield f"the article is named in {first(cell)}; tag it `quotation` if it quotes"


# ---------------------------------------------------------------- code


@every
def short_cells(notebook, path):
    """At most 25 lines in a cell that is read, 30 in one that is folded."""
    for cell in notebooks.code_cells(notebook):
        lines = len(cell.source.splitlines())
        folded = generated.FOLDED & set(notebooks.tags(cell))
        if lines > (most := MAX_LINES_FOLDED if folded else MAX_LINES):
            yield f"{lines} lines in {first(cell)}: at most {most}"


@every
def narrow_code(notebook, path):
    """A line of code fits into the column of the page."""
    for cell in notebooks.code_cells(notebook):
        for line in cell.source.splitlines():
            if len(line) > MAX_WIDTH:
                yield f"{len(line)} characters in '{line.strip()[:50]}': at most {MAX_WIDTH}"


@every
def one_comprehension_a_statement(notebook, path):
    """A reader follows one loop a line."""
    loops = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    for cell in notebooks.code_cells(notebook):
        for node in ast.walk(ast.parse(notebooks.without_magics(cell.source))):
            compound = hasattr(node, "body") and not isinstance(node, ast.Lambda | ast.IfExp)
            if isinstance(node, ast.stmt) and not compound:
                found = sum(isinstance(x, loops) for x in ast.walk(node))
                if found > 1:
                    line = ast.unparse(node).splitlines()[0][:50]
                    yield f"{found} comprehensions in '{line}': one a statement"


@every
def no_paths_of_ours(notebook, path):
    """What chapters share is installed: no sys.path, no change of folder, no file beside them."""
    for cell in notebooks.code_cells(notebook):
        if found := re.search(r"sys\.path|chdir|\.\./(results|tools|src|benchmarks)", cell.source):
            yield f"{found[0]} in {first(cell)}: import rnnbook, read with rnnbook.results"


@every
def no_magics(notebook, path):
    """No % or !, except in the Colab cell."""
    for cell in notebooks.code_cells(notebook):
        if re.search(r"^\s*[%!]|get_ipython", cell.source, re.MULTILINE):
            yield f"magic or shell command in {first(cell)}"


@every
def no_network(notebook, path):
    for cell in notebooks.code_cells(notebook):
        if found := re.search(NETWORK, cell.source):
            yield f"{found[0]} in {first(cell)}: data come from installed packages"


@every
def colab_cell_is_generated(notebook, path):
    """The first code cell, the only one of its kind, and what tools/generated.py writes."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    colab = [cell for cell in cells if "colab" in notebooks.tags(cell)]
    if notebooks.modules(notebook) and not colab:
        yield "no cell tagged `colab` that installs rnnkit"
    if colab and (len(colab) > 1 or colab[0] is not cells[0]):
        yield "the Colab cell is the first code cell and the only one of its kind"
    for cell in colab:
        if cell.source != generated.colab_cell(notebook):
            yield "the Colab cell is not what the notebook needs: python tools/generated.py"


@every
def quiet_tensorflow(notebook, path):
    """`begin()` comes before Keras is imported, and that happens once."""
    code = notebooks.plain_code(notebook)
    imports = list(re.finditer(r"^\s*(import|from) (keras|tensorflow)\b", code, re.MULTILINE))
    if imports or "rnnkit.keras_bridge" in notebooks.modules(notebook):
        before = code[: imports[0].start()] if imports else code
        if not re.search(r"^begin\(\)", before, re.MULTILINE):
            yield "`begin()` of rnnbook.start must come before Keras"
    if len(re.findall(r"^\s*import keras$", code, re.MULTILINE)) > 1:
        yield "Keras is imported more than once"


@every
def nothing_written_again(notebook, path):
    """What rnnbook has is not written again in a chapter, and metrics reset themselves."""
    ours = {
        "reset_metrics": "train_on_batch resets the metrics itself",
        "os.environ.setdefault": "begin() of rnnbook.start sets it",
        "csv.DictReader": "rnnbook.results.table reads it",
        "1 - 2**-10": "EXACT of rnnbook.checks",
    }
    code = "\n".join(cell.source for cell in notebooks.code_cells(notebook))
    for word, instead in ours.items():
        if word in code:
            yield f"{word}: {instead}"


@every
def set_up_is_folded(notebook, path):
    """Two cells stand before the question, and both are folded."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in cells[:2]:
        if "hide-input" not in notebooks.tags(cell):
            yield f"{first(cell)} is set-up: tag it hide-input"
    between = [cell.cell_type for cell in notebook.cells[1:3]]
    if between != ["code", "code"] or notebook.cells[3].cell_type != "markdown":
        yield "header, two set-up cells, then the question"


@every
def seeded(notebook, path):
    for cell in notebooks.code_cells(notebook):
        if re.search(r"default_rng\(\s*\)|np\.random\.(seed|rand|randn|randint)\b", cell.source):
            yield f"randomness without a seeded generator in {first(cell)}"


@every
def no_widget_bars(notebook, path):
    for cell in notebooks.code_cells(notebook):
        if re.search(r"tqdm\.(auto|notebook)", cell.source):
            yield f"{first(cell)}: plain tqdm leaves nothing in the outputs"


@every
def no_removed_cells(notebook, path):
    for cell in notebook.cells:
        if any(tag.startswith("remove") for tag in notebooks.tags(cell)):
            yield f"{first(cell)} is hidden from the book; every cell is shown"


@every
def unpinned_output_is_asserted(notebook, path):
    """A cell whose output is not compared is followed by an assert on what it shows."""
    cells = notebooks.code_cells(notebook)
    for k, cell in enumerate(cells):
        if {"nbval-ignore-output", "nbval-skip"} & set(notebooks.tags(cell)):
            checks = any(re.search(r"assert|claim\(|agree\(", x.source) for x in cells[k : k + 2])
            if "nbval-skip" in notebooks.tags(cell):
                yield f"{first(cell)} is skipped by the tests"
            elif not checks:
                yield f"{first(cell)}: its output is not compared, so a check must follow"


@every
def only_times_are_uncompared(notebook, path):
    """Everything else is compared, within a tolerance where it follows a long training."""
    for cell in notebooks.code_cells(notebook):
        if "nbval-ignore-output" in notebooks.tags(cell) and not re.search(TIMED, cell.source):
            yield f"{first(cell)} prints no time: declare a tolerance instead"


@every
def needs_are_declared(notebook, path):
    """What a cell prints with an optional library is compared only where that library is."""
    for cell in notebooks.code_cells(notebook):
        names = {
            node.id
            for node in ast.walk(ast.parse(notebooks.without_magics(cell.source)))
            if isinstance(node, ast.Name)
        }
        used = {OPTIONAL[name] for name in names & set(OPTIONAL)} if cell.outputs else set()
        declared = set(cell.metadata.get("rnnbook", {}).get("needs", []))
        if used - declared or declared - set(OPTIONAL.values()):
            yield f"{first(cell)}: rnnbook.needs is {sorted(declared)}, it uses {sorted(used)}"


@every
def tolerances_are_narrow(notebook, path):
    """`rnnbook.tolerance` says how far a number may move: relative at most 0.5."""
    for cell in notebooks.code_cells(notebook):
        tolerance = cell.metadata.get("rnnbook", {}).get("tolerance", {})
        known = isinstance(tolerance, dict) and set(tolerance) <= {"relative", "absolute"}
        if not known or not 0 <= tolerance.get("relative", 0) <= 0.5:
            yield f"{first(cell)}: a tolerance is relative (at most 0.5), absolute, or both"


@every
def rounding_may_differ(notebook, path):
    """A claim about an error of rounding has another number on another processor."""
    for cell in notebooks.code_cells(notebook):
        tolerance = cell.metadata.get("rnnbook", {}).get("tolerance", {})
        absolute = tolerance.get("absolute", 0) if isinstance(tolerance, dict) else 0
        for value in ROUNDING.findall("\n".join(texts(cell))):
            if float(value) < 1e-9 and absolute < 2 * float(value):
                yield f"{first(cell)} claims {value}: declare an absolute tolerance"


@every
def numbers_not_truth_values(notebook, path):
    """The number is printed, not whether it lies where we want it; printed code may say x=True."""
    for cell in notebooks.code_cells(notebook):
        for text in texts(cell):
            if found := re.search(r"(?<!=)\b(True|False)\b", text):
                yield f"{first(cell)} prints {found[0]}: print the number"


# ---------------------------------------------------------------- figures and outputs


@every
def drawing_is_folded(notebook, path):
    """A cell that draws is folded; what it draws was computed in a cell that is shown."""
    for cell in notebooks.code_cells(notebook):
        if images(cell) and not {"hide-input", "hide-cell"} & set(notebooks.tags(cell)):
            yield f"{first(cell)} draws: tag it hide-input"


@every
def outputs_fit_the_page(notebook, path):
    """No printed line is longer than a line of code may be."""
    for cell in notebooks.code_cells(notebook):
        for text in texts(cell):
            for line in text.splitlines():
                if len(line) > MAX_WIDTH and not images(cell) and "data:audio" not in line:
                    yield f"{len(line)} characters in the output '{line[:50]}': wrap it"


@every
def figures_have_alt_text(notebook, path):
    for cell in notebooks.code_cells(notebook):
        if not images(cell):
            if "plt.show()" in cell.source:
                yield f"{first(cell)} draws, and no picture is stored: MPLBACKEND was set"
            continue
        alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        if len(alt) < 20 or re.match(r"(a |the )?(figure|plot|image|graph|picture)\b", alt, re.I):
            yield f"{first(cell)}: mystnb.image.alt must say what the figure shows"
        if images(cell) > 1:
            yield f"{first(cell)} draws {images(cell)} figures but has one alternative text"
        if "plt.show()" not in cell.source:
            yield f"{first(cell)} does not end with plt.show()"


@every
def portable_outputs(notebook, path):
    """No machine path, address in memory, moment, message on stderr, widget or error."""
    for cell in notebooks.code_cells(notebook):
        for text in texts(cell):
            for pattern in (MACHINE, MOMENT):
                if found := re.search(pattern, text):
                    yield f"{first(cell)} prints '{found[0]}'"
        for output in cell.outputs:
            if output.output_type == "error":
                yield f"{first(cell)} ends with an error: show errors with try/except/else"
            if output.get("name") == "stderr":
                yield f"{first(cell)} writes to stderr: '{output.text[:60]}'"
            if any("widget" in kind for kind in output.get("data", {})):
                yield f"{first(cell)} shows a widget"


@every
def executed_in_order(notebook, path):
    cells = [x for x in notebook.cells if x.cell_type == "code" and x.source.strip()]
    counts = [cell.execution_count for cell in cells]
    if counts != list(range(1, len(counts) + 1)):
        yield "the stored outputs are not those of one run from top to bottom: make execute"


@every
def fresh(notebook, path):
    if notebooks.is_stale(notebook):
        yield "the outputs are older than the code that made them: make execute"


@every
def within_limits(notebook, path):
    card = notebook.metadata.get("rnnbook", {})
    if not card.get("seconds", 1e9) <= notebooks.MAX_SECONDS:
        yield f"runs longer than {notebooks.MAX_SECONDS} s or has no run card: make execute"
    if not card.get("peak_mb", 1e9) <= notebooks.MAX_MB:
        yield f"takes more than {notebooks.MAX_MB} MB or has no run card: make execute"


@every
def tidy_metadata(notebook, path):
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        yield "the kernel is not named python3: make execute"
    if set(notebook.metadata) - {"kernelspec", "language_info", "rnnbook"}:
        yield f"unexpected metadata {sorted(notebook.metadata)}: make execute"


# ---------------------------------------------------------------- chapters


@chapter
def numbered_title(notebook, path):
    """03_2_bptt begins with '# 3.2 …'."""
    number = ".".join(x.lstrip("0") for x in re.findall(r"\d+", path.stem.split("_", 1)[0]))
    if found := re.match(r"\d+_(\d+)", path.stem):
        number += f".{found[1]}"
    if not re.match(rf"{re.escape(number)}[a-z]?[ .:]", notebooks.title(notebook)):
        yield f"the title begins with {number}, the number of the file"


@chapter
def complete_header(notebook, path):
    text, position = header(notebook), 0
    for name, pattern in HEADER.items():
        found = re.compile(pattern, re.IGNORECASE).search(text, position)
        if not found:
            return (yield f"the header lacks {name}, or has it in another order")
        position = found.end()
    objectives = text[text.index("this chapter you can") : text.index("Prerequisites")]
    if not 3 <= len(re.findall(r"^\s*([-*]|\d\.) ", objectives, re.MULTILINE)) <= 5:
        yield "'After this chapter you can' lists three to five objectives"
    stated = int(re.search(r"(\d+) seconds to run", text)[1])
    if notebook.metadata.get("rnnbook", {}).get("seconds", 0) > 2 * stated:
        yield f"{stated} seconds are stated; the run card has more than twice that"


@chapter
def minutes_are_computed(notebook, path):
    """The header says what tools/generated.py counts."""
    if not generated.TIME.search(notebook.cells[0].source):
        yield "the header has no line '**Time.** … minutes to read, …'"
    elif generated.time_line(notebook) not in notebook.cells[0].source:
        yield f"the header should say: {generated.time_line(notebook)}"


@every
def one_sitting(notebook, path):
    """At most 45 minutes to read, without exercises, references and folded cells."""
    if (count := generated.minutes(notebook)[0]) > MAX_MINUTES:
        yield f"{count} minutes to read, at most {MAX_MINUTES}: fold, cut or split"


@cache
def bibliography() -> str:
    return (notebooks.ROOT / "book" / "references.bib").read_text("utf-8").lower()


@every
def references_are_in_the_bibliography(notebook, path):
    """Each DOI and each arXiv number of the notebook stands in book/references.bib."""
    links = "\n".join(cell.source for cell in markdown(notebook))
    for number in sorted(set(re.findall(r"doi\.org/(10\.[^\s)>]+?)(?=[)>\s])", links))):
        if unquote(number).lower() not in bibliography():
            yield f"the DOI {number} is not in book/references.bib"
    for number in sorted(set(re.findall(r"arxiv\.org/abs/(\d{4}\.\d{4,5})", links))):
        if number not in bibliography():
            yield f"arXiv:{number} is not in book/references.bib"


@cache
def terms() -> set[str]:
    """Return the terms of the glossary in lower case, abbreviations too."""
    text = (notebooks.ROOT / "book" / "glossary.md").read_text("utf-8")
    headings = re.findall(r"^### (.+)$", text, re.MULTILINE)
    return {name for heading in headings for name in glossary.names(heading)}


def introduced(source: str) -> Iterator[str]:
    """Return the terms in bold: not the labels, which begin a paragraph and end with a stop."""
    for found in re.finditer(r"\*\*([^*\n]+?)\*\*", prose(source)):
        if not found[1].endswith((".", ":", "?", "!")):
            yield found[1]


@every
def terms_are_in_the_glossary(notebook, path):
    """A term in bold at its introduction has an entry in book/glossary.md."""
    for cell in markdown(notebook)[1:]:
        for term in introduced(cell.source):
            if terms().isdisjoint(glossary.forms(term)):
                yield f"'{term}' is in bold and not in the glossary"


@chapter
def closing_sections(notebook, path):
    names, position = list(sections(notebook)), 0
    for wanted in SECTIONS:
        found = [k for k in range(position, len(names)) if re.match(wanted, names[k])]
        if not found:
            return (yield f"no section '## {wanted}', or in another order ({', '.join(SECTIONS)})")
        position = found[0] + 1


@chapter
def exercises(notebook, path):
    """At least four, with ★ to ★★★, a hint and an executed solution each."""
    cells = next((v for k, v in sections(notebook).items() if k.startswith("Exercises")), [])
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    titles = re.findall(r"^### .*$", text, re.MULTILINE)
    if len(titles) < 4:
        yield f"{len(titles)} exercises (headings of level 3); at least four"
    for title in titles:
        if not re.search(r"(?<!★)★{1,3}(?!★)", title):
            yield f"'{title}' has no ★, ★★ or ★★★"
    if text.count("<details>") < len(titles):
        yield "an exercise has no hint in <details>"
    solutions = [cell for cell in cells if is_solution(cell)]
    if len(solutions) < len(titles):
        yield f"{len(titles)} exercises, {len(solutions)} solutions"


def is_solution(cell) -> bool:
    return cell.cell_type == "code" and (
        "hide-cell" in notebooks.tags(cell) or re.match(r"# ?@title", cell.source) is not None
    )


@every
def solutions_are_folded(notebook, path):
    """In the book, in Jupyter and in Colab."""
    for cell in filter(is_solution, notebook.cells):
        folded = (
            "hide-cell" in notebooks.tags(cell)
            and cell.metadata.get("jupyter", {}).get("source_hidden") is True
            and cell.metadata.get("cellView") == "form"
            and re.match(r"# ?@title \S", cell.source)
        )
        if not folded:
            yield (
                f"{first(cell)}: a solution has the tag hide-cell, jupyter.source_hidden, "
                "cellView form and a first line '# @title …'"
            )
