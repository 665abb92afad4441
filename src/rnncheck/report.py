"""What the grader writes: grades.csv, a page and a text for each student, a page for the class."""

import csv
import html
import io
import re
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rnncheck.engine import Assignment

__all__ = ["csv_text", "feedback", "file_name", "for_moodle", "overview", "page", "text"]

Record = Mapping[str, Any]
Part = tuple[str, Sequence[str]]  # a heading and its lines

NUMBER = re.compile(r"(.+) (\d+)")  # a student with the number that a platform gave
STYLE = "body{font:1rem/1.5 sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem}"


def file_name(student: str, taken: Sequence[str] = ()) -> str:
    """A name for a student's files that every system accepts, and no two students share."""
    name = re.sub(r"[^\w-]+", "_", student).strip("_")[:80] or "student"
    return name if name.lower() not in taken else f"{name}_{len(taken)}"


def feedback(record: Record, assignment: Assignment) -> list[Part]:
    """What one student reads."""
    about = [f"File: {record['file']}.", *record["notes"]]
    points = f"{record['points']} of {record['of']} points"
    parts: list[Part] = [(f"{assignment.title}: {points}", about)]
    for name, result in record["functions"].items():
        ideas = [
            f"{idea}: {got} of {of}" for idea, (got, of) in result["ideas"].items()
        ] if 0 < result["points"] < result["of"] else []  # fmt: skip
        parts.append(
            (f"{name}: {result['points']} of {result['of']}", [*result["sentences"], *ideas])
        )
    return parts


def overview(records: Sequence[Record], assignment: Assignment) -> list[Part]:
    """What the instructor reads: the points, and which idea was missed by how many."""
    points = sorted(record["points"] for record in records)
    spread = f", lowest {points[0]}, median {points[len(points) // 2]}" if points else ""
    highest = f", highest {points[-1]}" if points else ""
    of = sum(function.points for function in assignment.functions)
    parts: list[Part] = [(f"{assignment.title}: the class", [
        f"{len(records)} submissions, {of} points{spread}{highest}.",
        *(f"{x['student']}: {note}" for x in records for note in x["notes"]),
    ])]  # fmt: skip
    for function in assignment.functions:
        results = [record["functions"][function.name] for record in records]
        written = [r for r in results if not r["blank"]]
        lines = [f"written by {len(written)} of {len(results)}"]
        for idea in function.ideas:
            missed = sum(r["ideas"][idea.name][0] < idea.points for r in written)
            lines.append(f"{idea.name}: missed by {missed} of {len(written)}")
        named = Counter(name for r in written for name in r["mistakes"])
        lines += [f"{name}: {count} time{'s' * (count > 1)}" for name, count in named.most_common()]
        lines.append(f"mistakes without a name: {sum(r['unknown'] for r in written)}")
        parts.append((function.name, lines))
    return parts


def text(parts: Sequence[Part]) -> str:
    """Parts as plain text that is Markdown, too."""
    blocks = []
    for k, (heading, lines) in enumerate(parts):
        blocks.append(f"{'#' * (1 if k == 0 else 2)} {heading}\n")
        blocks.append("".join(f"- {line}\n" for line in lines))
    return "\n".join(blocks)


def page(parts: Sequence[Part], language: str = "en") -> str:
    """Parts as a page of their own, without scripts."""
    body = []
    for k, (heading, lines) in enumerate(parts):
        level = 1 if k == 0 else 2
        items = "".join(f"<li>{html.escape(line)}</li>\n" for line in lines)
        body.append(f"<h{level}>{html.escape(heading)}</h{level}>\n<ul>\n{items}</ul>\n")
    return (
        f'<!doctype html>\n<html lang="{language}">\n<meta charset="utf-8">\n'
        f"<title>{html.escape(parts[0][0])}</title>\n<style>{STYLE}</style>\n{''.join(body)}</html>\n"
    )


def for_moodle(records: Sequence[Record], assignment: Assignment) -> bytes:
    """All pages in the archive that Moodle takes back; nothing if no student has a number."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for record in records:
            if found := NUMBER.fullmatch(record["student"]):
                # Moodle splits the folder's name at each _, and goes by the number alone.
                name = re.sub(r"[^\w -]|_", " ", found[1]) + f"_{found[2]}_assignsubmission_file"
                archive.writestr(f"{name}/feedback.html", page(feedback(record, assignment)))
    return stream.getvalue() if archive.namelist() else b""


def csv_text(records: Sequence[Record], assignment: Assignment) -> str:
    """One row for each student: number, points, those of each function, late, versions, notes."""
    names = [function.name for function in assignment.functions]
    table = csv.writer(stream := io.StringIO(), lineterminator="\n")
    first, last = ("student", "number", "points", "of"), ("late", "versions", "file", "notes")
    table.writerow([*first, *names, *last])
    for record in records:
        found = NUMBER.fullmatch(record["student"])
        row = [record["student"], found[2] if found else "", record["points"], record["of"],
               *(record["functions"][name]["points"] for name in names),
               "late" if record["late"] else "", record["versions"], record["file"],
               " ".join(record["notes"])]  # fmt: skip
        # A spreadsheet would run what begins like a formula.
        table.writerow([f"'{x}" if str(x)[:1] in tuple("=+-@\t") else x for x in row])
    return stream.getvalue()
