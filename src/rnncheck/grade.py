"""Grade a folder or an archive of submissions: ``python -m rnncheck.grade FOLDER bptt``.

Each submission runs in a process of its own, in a sandbox where there is one; what it returns is
judged outside.  ``grades.csv``, a page and a text for each student (for Moodle in an archive, as
well), and ``overview.html`` are written to ``_build/grades/ASSIGNMENT``.  What is graded already,
with the same file, seed, sandbox and checks, is not graded again.
"""

import argparse
import hashlib
import json
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from rnncheck import ASSIGNMENTS, report, sandbox
from rnncheck.engine import Answer, Assignment, Verdict
from rnncheck.submissions import KINDS, Submission, collect

__all__ = ["grade", "main"]

Record = dict[str, Any]


def summary(verdict: Verdict) -> Record:
    """A verdict as what JSON can hold."""
    worth = {idea.name: idea.points for idea in verdict.function.ideas}
    return {
        "points": verdict.points,
        "of": verdict.function.points,
        "ideas": {name: (got, worth[name]) for name, got in verdict.ideas.items()},
        "mistakes": list(verdict.mistakes),
        "sentences": verdict.sentences,
        "unknown": verdict.unknown,
        "blank": verdict.blank,
    }


def grade(
    submission: Submission, assignment: Assignment, way: sandbox.Way, seed: int = 0
) -> Record:
    """Grade one submission; the same file and seed give the same record, but for the seconds."""
    begin = time.monotonic()
    outputs = {function.name: list(function.outputs) for function in assignment.functions}
    text = submission.data.decode("utf-8", "replace")
    name = "submission" + Path(submission.file).suffix.lower()
    with sandbox.Session(way, name, text) as session:

        def call(function: str, arguments: Sequence[Any]) -> Answer:
            return session.call(function, arguments, outputs[function])

        verdicts = assignment.judge(call, seed)
        notes = list(session.notes)
    if Path(submission.file).suffix.lower() not in KINDS:
        notes = [f"No notebook was handed in, but {submission.file}."]
    if submission.late:
        notes.append("Handed in late.")
    if len(submission.versions) > 1:
        others = ", ".join(submission.versions[:-1])
        notes.append(f"Several versions; {submission.file} is the newest and counts, not {others}.")
    return {
        "student": submission.student,
        "file": submission.file,
        "late": submission.late,
        "versions": len(submission.versions),
        "points": sum(verdict.points for verdict in verdicts),
        "of": sum(function.points for function in assignment.functions),
        "functions": {verdict.function.name: summary(verdict) for verdict in verdicts},
        "notes": notes,
        "seconds": round(time.monotonic() - begin, 2),
    }


def checks() -> bytes:
    """All that decides about points, as bytes: when it changes, everything is graded again."""
    return b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m rnncheck.grade", description=__doc__)
    parser.add_argument("submissions", type=Path, help="a folder or a zip file")
    parser.add_argument("assignment", choices=sorted(ASSIGNMENTS))
    parser.add_argument("--out", type=Path, help="default: _build/grades/ASSIGNMENT")
    parser.add_argument("--sandbox", choices=["auto", *sandbox.KINDS], default="auto")
    parser.add_argument(
        "--seed", type=int, default=1, help="of the inputs that are drawn; students check with 0"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--again", action="store_true", help="grade what is graded already, too")
    parser.add_argument(
        "--open-doors", action="store_true", help="grade as root even without a sandbox"
    )
    chosen = parser.parse_args(arguments)
    if not chosen.submissions.exists():
        parser.error(f"there is no {chosen.submissions}")
    chosen.out = chosen.out or Path("_build/grades") / chosen.assignment
    return chosen


def choose(chosen: argparse.Namespace) -> sandbox.Way:
    """Find a sandbox, say what it leaves open, and refuse root without one."""
    way, open_doors = sandbox.find(chosen.sandbox)
    print(f"Sandbox: {way.kind}.", "Open:" if open_doors else "Tried and shut: everything.")
    for door in open_doors:
        print(f"  - Of a hostile submission: {door}.")
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if way.kind == "none" and root and not chosen.open_doors:
        raise SystemExit(
            "\nRunning strangers' code as root without a sandbox is refused. Install bubblewrap, "
            "Podman or Docker, use another account, or say --open-doors."
        )
    return way


def main(arguments: Sequence[str] | None = None) -> None:
    """Grade a class."""
    chosen = options(arguments)
    assignment = ASSIGNMENTS[chosen.assignment]
    way = choose(chosen)
    submissions = collect(chosen.submissions, assignment.name)
    if not submissions:
        raise SystemExit(f"There is no notebook in {chosen.submissions}.")
    for folder in ("feedback", "done"):
        (chosen.out / folder).mkdir(parents=True, exist_ok=True)
    taken: list[str] = []
    for submission in submissions:
        taken.append(report.file_name(submission.student, [name.lower() for name in taken]))
    state = checks() + repr((chosen.seed, way, assignment.name)).encode()

    anew: list[str] = []

    def one(submission: Submission, name: str) -> Record:
        digest = hashlib.sha256(state + repr(submission).encode()).hexdigest()
        kept = chosen.out / "done" / f"{name}.json"
        if kept.exists() and not chosen.again:
            record: Record = json.loads(kept.read_text("utf-8"))
            if record["digest"] == digest:
                return record
        try:
            record = grade(submission, assignment, way, chosen.seed)
        except Exception as error:  # one file must not cost the class its grades
            record = grade(submission._replace(data=b""), assignment, way, chosen.seed)
            record["notes"] = [f"The grader failed ({type(error).__name__}): look at the file."]
        record["digest"] = digest
        anew.append(name)
        kept.write_text(json.dumps(record, ensure_ascii=False, indent=1), "utf-8")
        return record

    begin = time.monotonic()
    records: dict[str, Record] = {}
    with ThreadPoolExecutor(max(1, chosen.jobs)) as pool:
        work = {pool.submit(one, s, n): n for s, n in zip(submissions, taken, strict=True)}
        for count, done in enumerate(as_completed(work), start=1):
            name = work[done]
            records[name] = done.result()
            points = f"{records[name]['points']:2} of {records[name]['of']}"
            print(f"{count:4} of {len(work)}  {points}  {name}", flush=True)
    for name, record in records.items():
        parts = report.feedback(record, assignment)
        (chosen.out / "feedback" / f"{name}.md").write_text(report.text(parts), "utf-8")
        (chosen.out / "feedback" / f"{name}.html").write_text(report.page(parts), "utf-8")
    ordered = [records[name] for name in taken]
    if pages := report.for_moodle(ordered, assignment):
        (chosen.out / "feedback_for_moodle.zip").write_bytes(pages)
    table = report.csv_text(ordered, assignment)
    (chosen.out / "grades.csv").write_text(table, "utf-8")
    parts = report.overview(ordered, assignment)
    (chosen.out / "overview.md").write_text(report.text(parts), "utf-8")
    (chosen.out / "overview.html").write_text(report.page(parts), "utf-8")
    seconds = time.monotonic() - begin
    print(f"{len(taken)} submissions, {len(anew)} graded anew in {seconds:.0f} s, see {chosen.out}")


if __name__ == "__main__":
    main()
