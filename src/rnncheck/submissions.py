"""Finds who handed in what, by the file names of Moodle, Canvas, nbgrader and plain downloads.

The newest file of a student counts.  Nothing is unpacked to the disk.
"""

import datetime
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

__all__ = ["Submission", "collect"]

KINDS = {".ipynb", ".py"}
MOST_BYTES = 20 * 2**20
MOODLE = re.compile(r"(?P<student>.+)_(?P<number>\d+)_assignsubmission_[a-z]+_?(?P<file>.*)")
CANVAS = re.compile(
    r"(?P<student>[^_]+)_(?P<late>LATE_)?(?P<number>\d+)_(?P<time>\d+)_(?P<file>.+)"
)
EXCHANGE = re.compile(r"(?P<student>[^+]+)\+[^+]+\+(?P<time>[^+]+ UTC|[^+]+)(\+.*)?")
COPY = re.compile(r"(?P<stem>.+?)(?: ?\((?P<a>\d+)\)|-(?P<b>\d+))$")  # "bptt (1)", "bptt-1"


class File(NamedTuple):
    """A file of a folder or of an archive."""

    path: PurePosixPath
    changed: int  # year to second
    data: bytes


class Submission(NamedTuple):
    """The file that counts, and what is to be said of the others."""

    student: str
    file: str
    data: bytes
    late: bool
    versions: tuple[str, ...]


def files(data: bytes | Path, inside: PurePosixPath, depth: int = 0) -> Iterator[File]:
    """All files of a folder or an archive, of archives in it as well."""
    if isinstance(data, Path) and data.is_dir():
        for path in sorted(data.rglob("*")):
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= MOST_BYTES:
                name = inside / path.relative_to(data).as_posix()
                clock = datetime.datetime.fromtimestamp(path.stat().st_mtime).isoformat()
                yield from opened(File(name, digits(clock), path.read_bytes()), depth)
        return
    with zipfile.ZipFile(data if isinstance(data, Path) else io.BytesIO(data)) as archive:
        for info in archive.infolist():
            if not info.is_dir() and info.file_size <= MOST_BYTES:
                changed = int("".join(f"{x:02}" for x in info.date_time))
                yield from opened(File(inside / info.filename, changed, archive.read(info)), depth)


def opened(file: File, depth: int) -> Iterator[File]:
    """The file itself, or what an archive holds."""
    if file.path.suffix.lower() != ".zip":
        yield file
    elif depth < 2:
        try:
            yield from files(file.data, file.path.parent, depth + 1)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError, EOFError):
            yield file._replace(path=file.path.with_suffix(".ipynb"), data=b"")  # damaged, not lost


def digits(text: str) -> int:
    """A time as a number that can be compared: the digits of its date and clock."""
    return int((re.sub(r"\D", "", text)[:14] or "0").ljust(14, "0"))


def sender(path: PurePosixPath) -> tuple[str, str, int, bool]:
    """Student, file name, order among the versions as far as names tell it, and whether late."""
    for part in path.parts:
        if found := MOODLE.fullmatch(part):
            student = f"{found['student']} {found['number']}"
            return student, found["file"] or path.name, 0, False
        if found := EXCHANGE.fullmatch(part):
            return found["student"], path.name, digits(found["time"]), False
    if found := CANVAS.fullmatch(path.name):
        student = f"{found['student']} {found['number']}"
        return student, found["file"], int(found["time"]), bool(found["late"])
    if len(path.parts) > 1:
        return path.parts[0], path.name, 0, False
    copied = COPY.fullmatch(path.stem)
    return copied["stem"] if copied else path.stem, path.name, 0, False


def collect(place: Path, assignment: str) -> list[Submission]:
    """Every student's newest submission, in the order of the students' names.

    Where a student has several notebooks, those named like the assignment are meant.  Who handed in
    no notebook, but something else, is in the list as well: with that file's name and no data.
    """
    everything = [
        file
        for file in files(place, PurePosixPath())
        if not any(part.startswith((".", "__")) for part in file.path.parts)
    ]
    while len({f.path.parts[0] for f in everything}) == 1 and all(
        len(f.path.parts) > 2 for f in everything
    ) and len({f.path.parts[1] for f in everything}) > 1:  # fmt: skip
        everything = [f._replace(path=PurePosixPath(*f.path.parts[1:])) for f in everything]
    stamps = {
        file.path.parent: digits(file.data.decode("utf-8", "replace"))
        for file in everything
        if file.path.name == "timestamp.txt"
    }
    found: dict[str, list[tuple[tuple[int, int, int], str, bool, bytes]]] = {}
    others: dict[str, Submission] = {}
    for file in everything:
        path = PurePosixPath(str(file.path).encode("utf-8", "replace").decode())
        student, name, number, late = sender(path)
        if file.path.suffix.lower() not in KINDS:
            if len(path.parts) > 1 or student != path.stem:  # a file of somebody, not of the class
                others[student] = Submission(student, name, b"", late, (name,))
            continue
        copied = COPY.fullmatch(PurePosixPath(name).stem)
        version = int(copied["a"] or copied["b"]) if copied else 0
        order = (stamps.get(file.path.parent, number), version, file.changed)
        found.setdefault(student, []).append((order, name, late, file.data))
    submissions = [others[student] for student in others if student not in found]
    for student, versions in sorted(found.items()):
        named = [v for v in versions if assignment.lower() in v[1].lower()] or versions
        _, name, late, data = max(named, key=lambda v: v[0])
        every = tuple(v[1] for v in sorted(named, key=lambda v: v[0]))
        submissions.append(Submission(student, name, data, late, every))
    return sorted(submissions)
