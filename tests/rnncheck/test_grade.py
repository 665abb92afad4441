"""The grader as a command, and hostile submissions."""

import csv
import io
import json
import os
import sys
import zipfile

import pytest
from handed_in import changed, functions, in_process, notebook, source, submission

from rnncheck import ASSIGNMENTS, grade, report, sandbox

BPTT = ASSIGNMENTS["bptt"]
OPEN = sandbox.Way("none")


def graded(text, way, **options):
    record = grade.grade(submission(text, **options), BPTT, way)
    return {k: v for k, v in record.items() if k != "seconds"}


def hostile(code, function="backward"):
    """The right solution, but for one function."""
    return notebook("import numpy as np", *functions("bptt").values(), code)


def of(record):
    return {name: result["points"] for name, result in record["functions"].items()}


RIGHT = {"forward": 4, "backward": 9, "truncated": 3, "masked_backward": 4}
ONLY_BACKWARD_LOST = RIGHT | {"backward": 0, "truncated": 0}
SIGNATURE = "def backward(dh, x, h, h_0, W_x, W_h):\n    "


def test_processes_give_what_one_process_gives():
    change = ("backward", "delta @ W_h.T", "delta @ W_h")
    for text in (source("bptt"), changed("bptt", change)):
        record = graded(text, OPEN)
        verdicts = in_process("bptt", text)
        assert of(record) == {name: v.points for name, v in verdicts.items()}
        sentences = [result["sentences"] for result in record["functions"].values()]
        assert sentences == [v.sentences for v in verdicts.values()]


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_instructors_source_gets_all_points_in_a_sandbox(name, way):
    record = grade.grade(submission(source(name), f"{name}.ipynb"), ASSIGNMENTS[name], way)
    assert record["points"] == 20, [r["sentences"] for r in record["functions"].values()]


def test_what_numpy_loads_late_is_there(way):
    late = "np.random.default_rng(0); np.ma.array([0]); np.fft.fft([0.0]); np.unique([0])\n    "
    code = functions("bptt")["backward"].replace("dx =", f"{late}dx =", 1)
    assert of(graded(hostile(code), way)) == RIGHT


# ---------------------------------------------------------------- hostile, sandbox or not


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("while True: pass", "no result within"),
        ("import os; os._exit(0)", "the end of the whole program"),
        ("import sys; sys.exit()", "SystemExit"),
        ("return np.zeros(4 * 2**27)", "emory"),
        ("return [np.zeros(10**6)] * 5", "It stops with"),
        ("return backward(dh, x, h, h_0, W_x, W_h)", "RecursionError"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    ],
    ids=["loop", "exit", "polite exit", "memory", "flood", "recursion", "key"],
)
def test_what_ends_a_function_costs_that_function_only(code, says, monkeypatch):
    monkeypatch.setattr(sandbox, "SECONDS", 2)
    record = graded(hostile(SIGNATURE + code), OPEN)
    assert of(record) == ONLY_BACKWARD_LOST
    assert says in record["functions"]["backward"]["sentences"][0]


def test_output_is_not_heard():
    loud = "for _ in range(3000): print('x' * 1000)\n    import os; os.write(1, b'[]')\n    "
    code = functions("bptt")["backward"].replace("dx =", f"{loud}dx =")
    assert of(graded(hostile(code), OPEN)) == RIGHT


FORGED = """
import json, os
def backward(dh, x, h, h_0, W_x, W_h):
    line = json.dumps([{"shape": list(a.shape), "dtype": "<f8", "data": a.ravel().tolist()}
                       for a in (x, h_0, W_x, W_h, W_h[0])]) + "\\n"
    for fd in range(3, 30):
        try: os.write(fd, line.encode() * 3); os.write(fd, b'{"points": 20, "right": true}\\n')
        except OSError: pass
"""
PATCHED = """
import numpy.testing
class Always:
    def patch():
        for name in ("allclose", "isclose", "array_equal", "all", "abs", "max", "asarray"):
            setattr(np, name, lambda *a, **k: True)
        np.linalg.norm = lambda *a, **k: 0.0
        np.testing.assert_allclose = lambda *a, **k: None
    patch()
def backward(dh, x, h, h_0, W_x, W_h): return x, h_0, W_x, W_h, W_h[0]
def truncated(dh, x, h, h_0, W_x, W_h, k): return W_x, W_h, W_h[0]
def masked_backward(*a): return backward(*a[:6])
def forward(x, h_0, W_x, W_h, b): return x @ W_x * 3
"""
IMPORTS = """
def backward(dh, x, h, h_0, W_x, W_h):
    try:
        from rnncheck import bptt
        return bptt.backward(dh, x, h, h_0, W_x, W_h)
    except ImportError:
        from rnnkit import simple_rnn
        import keras
"""


def test_a_forged_result_scores_nothing():
    record = graded(hostile(FORGED), OPEN)
    assert record["functions"]["backward"]["points"] == 0
    assert record["functions"]["forward"]["points"] == 4


def test_patching_numpy_changes_no_grade():
    assert sum(of(graded(hostile(PATCHED), OPEN)).values()) == 0
    assert of(graded(source("bptt"), OPEN)) == RIGHT


def test_there_is_nothing_to_import_that_knows_the_answer():
    assert of(graded(hostile(IMPORTS), OPEN)) == ONLY_BACKWARD_LOST


@pytest.mark.parametrize("text", ["", "{", "\0\1\2", "x" * 10**6], ids=["", "{", "0", "large"])
def test_a_damaged_file_scores_nothing_and_says_so(text):
    record = graded(text, OPEN)
    assert record["points"] == 0 and "damaged" in record["notes"][0]


# ---------------------------------------------------------------- hostile, behind a sandbox

SPY = """
import gc, glob, os, sys
FOUND = []
class Look:
    for root in ("/", "/root", "/home", "/tmp", "/work", "/proc"):
        for pattern in ("*", "*/*", "*/*/src/rnn*/*.py", "*/rnncheck/bptt.py"):
            FOUND += [p for p in glob.glob(os.path.join(root, pattern)) if "rnn" in p]
def answers():
    frame = sys._getframe()
    while frame:
        for value in [*frame.f_locals.values(), *frame.f_globals.values()]:
            if isinstance(value, list) and len(value) == 5: yield value
        frame = frame.f_back
    for path in [*FOUND, PATH]:
        names = {}
        exec(open(path).read(), names)
        yield names["backward"]
def backward(dh, x, h, h_0, W_x, W_h):
    for found in answers():
        if callable(found): return found(dh, x, h, h_0, W_x, W_h)
    return [0 * x, 0 * h_0, 0 * W_x, 0 * W_h, 0 * W_h[0]]
"""
FORKS = """
import os
def backward(dh, x, h, h_0, W_x, W_h):
    for _ in range(60):
        os.fork()
"""
KILLS = """
import os, signal
def backward(dh, x, h, h_0, W_x, W_h):
    for pid in [os.getppid(), *range(2, 500)]:
        if pid != os.getpid():
            try: os.kill(pid, signal.SIGKILL)
            except OSError: pass
    return [0 * x, 0 * h_0, 0 * W_x, 0 * W_h, 0 * W_h[0]]
"""
WRITES = """
import os
class Write:
    for place in ("/tmp", "/site", "/site/numpy", "/usr/lib", PLACE):
        try:
            with open(place + "/stolen", "w") as file: file.write("stolen")
        except OSError: pass
"""


def test_a_sandbox_shuts_all_doors(way):
    assert sandbox.doors(way) == []


def test_right_and_blank_behind_a_sandbox(way):
    assert of(graded(source("bptt"), way)) == RIGHT
    assert graded(notebook("import numpy as np"), way)["points"] == 0


def test_a_spy_finds_nothing(way):
    path = os.path.join(os.path.dirname(sandbox.__file__), "bptt.py")
    record = graded(hostile(SPY.replace("PATH", repr(path))), way)
    assert of(record) == ONLY_BACKWARD_LOST


@pytest.mark.parametrize("code", [FORKS, KILLS, IMPORTS], ids=["forks", "kills", "imports"])
def test_the_grader_survives_and_the_rest_is_graded(way, code):
    assert of(graded(hostile(code), way)) == ONLY_BACKWARD_LOST


def test_nothing_is_written(way, tmp_path):
    record = graded(hostile(WRITES.replace("PLACE", repr(str(tmp_path)))), way)
    assert of(record) == RIGHT and list(tmp_path.iterdir()) == []


def test_without_a_sandbox_the_open_doors_are_seen():
    found = sandbox.doors(OPEN)
    assert "it can use the network" in found and "it can read the right formulas" in found[0]


def test_a_way_that_does_not_work_is_none(monkeypatch):
    monkeypatch.setattr(sandbox, "START_SECONDS", 5)
    monkeypatch.setattr(sandbox.shutil, "which", lambda _: "/bin/true")
    monkeypatch.setattr(sandbox, "doors", lambda way: ["one"] if way.kind == "none" else None)
    assert sandbox.find() == (sandbox.Way("none", nobody=os.geteuid() == 0), ["one"])
    with pytest.raises(SystemExit, match="image"):
        sandbox.find("podman")


def test_a_container_has_no_network_rights_or_writable_disk(tmp_path):
    command = sandbox.Way("podman").command(tmp_path)
    rights = {"--network=none", "--read-only", "--cap-drop=ALL", "--user=65534:65534"}
    assert rights < set(command) and any(x.startswith("--pids-limit") for x in command)
    assert command.index("timeout") > command.index(sandbox.IMAGE)


def test_who_hands_in_no_notebook_is_told_so():
    record = graded("", OPEN, file="answers.pdf")
    assert record["notes"] == ["No notebook was handed in, but answers.pdf."]
    assert record["points"] == 0


def test_moodle_gets_its_feedback_back():
    numbered = graded("", OPEN, student="Ana_Lu: O'Neil 41") | {"seconds": 0}
    plain = graded("", OPEN, student="ann") | {"seconds": 0}
    with zipfile.ZipFile(io.BytesIO(report.for_moodle([numbered, plain], BPTT))) as archive:
        assert archive.namelist() == ["Ana Lu  O Neil_41_assignsubmission_file/feedback.html"]
        assert b"0 of 20 points" in archive.read(archive.namelist()[0])
    assert report.for_moodle([plain], BPTT) == b""
    rows = list(csv.DictReader(io.StringIO(report.csv_text([numbered, plain], BPTT))))
    assert [row["number"] for row in rows] == ["41", ""]


# ---------------------------------------------------------------- the command


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "in"
    place.mkdir()
    wrong = changed("bptt", ("backward", "delta @ W_h.T", "delta @ W_h"))
    for name, text in {
        "=ann": source("bptt"), "bob": wrong, "bob (1)": source("bptt"), "<b>cy</b>": wrong,
        "dee": hostile("import os\nclass Out:\n    os._exit(1)"), "eve": "damaged",
    }.items():  # fmt: skip
        (place / f"{name.replace('/', '∕')}.ipynb").write_text(text, "utf-8")
    return place


@pytest.fixture
def run(folder, tmp_path, monkeypatch):
    found = (OPEN, ["it is a test"])
    monkeypatch.setattr(sandbox, "find", lambda kind: found)

    def command(*options):
        grade.main([str(folder), "bptt", "--out", str(tmp_path / "out"), "--open-doors", *options])
        with (tmp_path / "out" / "grades.csv").open(encoding="utf-8") as file:
            return {row["student"]: row for row in csv.DictReader(file)}

    return command


def test_a_class_is_graded(run, tmp_path, capsys):
    table = run()
    assert {name: row["points"] for name, row in table.items()} == {
        "'=ann": "20", "bob": "20", "<b>cy<∕b>": "17", "dee": "0", "eve": "0",
    }  # fmt: skip
    assert "bob (1).ipynb is the newest" in table["bob"]["notes"]
    assert table["bob"]["versions"] == "2"
    out = tmp_path / "out"
    assert len(list((out / "feedback").glob("*.html"))) == len(table)
    page = (out / "feedback" / "b_cy_b.html").read_text("utf-8")
    assert "<b>" not in page and "&lt;b&gt;" in page and "Look at the indices" in page
    text = (out / "overview.md").read_text("utf-8")
    assert "5 submissions" in text and "missing transpose: 1 time\n" in text
    assert "the recursion for δ: missed by 2 of 4" in text
    printed = capsys.readouterr().out
    assert "5 of 5" in printed and "it is a test" in printed
    assert not (tmp_path / "in").joinpath("feedback").exists()


def test_what_is_graded_is_kept_till_something_changes(run, folder, monkeypatch, capsys):
    for path in folder.glob("[!be]*"):
        path.unlink()
    first = run()
    asked = []
    real = grade.grade

    def counted(submission, *rest):
        asked.append(submission.student)
        return real(submission, *rest)

    monkeypatch.setattr(grade, "grade", counted)
    assert run() == first and asked == []
    (folder / "eve.ipynb").write_text(source("bptt"), "utf-8")
    capsys.readouterr()
    assert run()["eve"]["points"] == "20" and asked == ["eve"]
    assert "2 submissions, 1 graded anew" in capsys.readouterr().out
    run("--seed", "7")
    assert len(asked) == 1 + len(first)
    run("--seed", "7", "--again")
    assert len(asked) == 1 + 2 * len(first)


def test_a_failure_of_the_grader_costs_no_other_grade(run, monkeypatch):
    real = grade.grade

    def broken(submission, *rest):
        if submission.student == "bob" and submission.data:
            raise ValueError("broken")
        return real(submission, *rest)

    monkeypatch.setattr(grade, "grade", broken)
    table = run()
    assert "The grader failed (ValueError)" in table["bob"]["notes"]
    assert table["'=ann"]["points"] == "20"


def test_the_same_seed_gives_the_same_record():
    text = changed("bptt", ("backward", "db +=", "db += 0.5 *"))
    assert json.dumps(graded(text, OPEN)) == json.dumps(graded(text, OPEN))


def test_root_without_a_sandbox_is_refused(folder, monkeypatch):
    monkeypatch.setattr(sandbox, "find", lambda kind: (OPEN, ["it can use the network"]))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(SystemExit, match="refused"):
        grade.main([str(folder), "bptt"])


def test_what_cannot_be_graded_is_said(run, folder, tmp_path, capsys):
    with pytest.raises(SystemExit):
        grade.main([str(tmp_path / "nowhere"), "bptt"])
    assert "there is no" in capsys.readouterr().err
    for path in folder.iterdir():
        path.unlink()
    with pytest.raises(SystemExit, match="no notebook"):
        run()


def test_file_names_are_safe_and_of_one_student():
    assert report.file_name("../../etc/passwd\0") == "etc_passwd"
    assert report.file_name("Zoë Ng 7") == "Zoë_Ng_7"
    assert report.file_name("Ann", ["ann"]) != "Ann" and report.file_name("..") == "student"


def test_a_late_submission_is_said_to_be_late():
    assert "Handed in late." in graded(notebook(""), OPEN, late=True)["notes"]


def test_module_runs_as_a_command(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["grade", "--help"])
    with pytest.raises(SystemExit):
        grade.main()
    assert "sandbox" in capsys.readouterr().out
