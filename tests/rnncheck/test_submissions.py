"""Who handed in what: file names of Moodle, Canvas, nbgrader and plain downloads."""

import io
import os
import zipfile

import pytest

from rnncheck.submissions import collect


def folder(place, files):
    for k, (name, data) in enumerate(files.items()):
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (1_700_000_000 + 60 * k,) * 2)  # later ones are newer
    return place


def archive(files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        for k, (name, data) in enumerate(files.items()):
            target.writestr(zipfile.ZipInfo(name, (2026, 5, 1, 12, k, 0)), data)
    return stream.getvalue()


LAYOUTS = {
    "Moodle, folders": (
        {"Jane Doe_123_assignsubmission_file_/bptt.ipynb": b"1",
         "Jane Doe_124_assignsubmission_file/my notebook.ipynb": b"2"},
        {"Jane Doe 123": b"1", "Jane Doe 124": b"2"}),
    "Moodle, flat": (
        {"Zoë de la Cruz_77_assignsubmission_file_bptt.ipynb": b"1"}, {"Zoë de la Cruz 77": b"1"}),
    "Canvas": (
        {"doejane_11_501_bptt.ipynb": b"old", "doejane_11_777_bptt-1.ipynb": b"new",
         "leebo_LATE_12_502_bptt.ipynb": b"late"},
        {"doejane 11": b"new", "leebo 12": b"late"}),
    "nbgrader": (
        {"submitted/ann/bptt/bptt.ipynb": b"1", "submitted/ann/bptt/timestamp.txt": b"2026-05-01",
         "submitted/bob/bptt/bptt.ipynb": b"2"},
        {"ann": b"1", "bob": b"2"}),
    "nbgrader's exchange": (
        {"ann+bptt+2026-05-02 10:00:00.5 UTC+x1/bptt.ipynb": b"new",
         "ann+bptt+2026-05-01 23:59:59.9 UTC+x2/bptt.ipynb": b"old"},
        {"ann": b"new"}),
    "plain": (
        {"ann.ipynb": b"old", "ann (1).ipynb": b"older than its number says", "bob.py": b"2",
         "notes.txt": b"-"},
        {"ann": b"older than its number says", "bob": b"2"}),
    "a folder for each": (
        {"ann/bptt.ipynb": b"1", "ann/scratch.ipynb": b"no", "ann/.ipynb_checkpoints/bptt.ipynb":
         b"no", "__MACOSX/ann/._bptt.ipynb": b"no", "bob/solution.ipynb": b"2"},
        {"ann": b"1", "bob": b"2"}),
    "no notebook": (
        {"Jo_1_assignsubmission_file/a.pdf": b"1", "Al_2_assignsubmission_onlinetext/o.html": b"2",
         "Bo_3_assignsubmission_onlinetext/o.html": b"3", "Bo_3_assignsubmission_file/b.py": b"4"},
        {"Al 2": b"", "Bo 3": b"4", "Jo 1": b""}),
    "an archive in a folder": (
        {"ann/all.zip": archive({"deep/bptt.ipynb": b"1"}), "bob/bad.zip": b"no archive"},
        {"ann": b"1", "bob": b""}),
}  # fmt: skip


@pytest.mark.parametrize("zipped", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_students_are_found(layout, zipped, tmp_path):
    files, expected = LAYOUTS[layout]
    place = folder(tmp_path / "all", files)
    if zipped:
        place = tmp_path / "all.zip"
        place.write_bytes(archive(files))
    found = collect(place, "bptt")
    assert {s.student: s.data for s in found} == expected
    assert [s.student for s in found] == sorted(expected)


def test_versions_and_lateness_are_said(tmp_path):
    found = collect(folder(tmp_path, LAYOUTS["Canvas"][0]), "bptt")
    assert found[0].versions == ("bptt.ipynb", "bptt-1.ipynb")
    assert found[0].file == "bptt-1.ipynb"
    assert [s.late for s in found] == [False, True]


def test_of_plain_copies_the_newest_counts(tmp_path):
    found = collect(
        folder(tmp_path, {"ann/bptt.ipynb": b"1", "ann/bptt-fixed.ipynb": b"2"}), "bptt"
    )
    assert found[0].data == b"2" and len(found[0].versions) == 2


def test_archives_within_archives_end(tmp_path):
    data = archive({"bptt.ipynb": b"deep"})
    for _ in range(6):
        data = archive({"more.zip": data})
    assert collect(folder(tmp_path, {"ann/all.zip": data}), "bptt") == []
