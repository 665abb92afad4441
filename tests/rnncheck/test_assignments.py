"""Whole submissions, judged in process: right in several styles, blank, wrong, broken."""

import json

import nbformat
import numpy as np
import pytest
from handed_in import FOLDER, changed, functions, in_process, notebook, source

import assignments
from rnncheck import ASSIGNMENTS, Check, check

STYLE = """
import math
import numpy as np
from numpy import tanh

ONE = 1.0

def forward(x, h_0, W_x, W_h, b):
    B, T, D = x.shape
    out = []
    for i in range(B):
        h = list(h_0[i])
        rows = []
        for t in range(T):
            h = [math.tanh(b[j] + sum(x[i, t, d] * W_x[d, j] for d in range(D))
                 + sum(h[k] * W_h[k, j] for k in range(len(h)))) for j in range(len(h))]
            rows.append(h)
        out.append(rows)
    return out

class Sums(dict):
    pass

def backward(dh, x, h, h_0, W_x, W_h):
    T = x.shape[1]
    for t in range(T - 1, -1, -1):
        dh[:, t] *= ONE - h[:, t] * h[:, t]      # changes its input
        if t:
            dh[:, t - 1] += np.einsum("bj,ij->bi", dh[:, t], W_h)
    before = np.concatenate([h_0[:, None], h[:, :-1]], axis=1)
    return Sums(dx=np.einsum("bth,dh->btd", dh, W_x), dh_0=np.dot(dh[:, 0], W_h.T),
                dW_x=np.tensordot(x, dh, ([0, 1], [0, 1])), db=dh.sum((0, 1)),
                dW_h=np.tensordot(before, dh, ([0, 1], [0, 1])))

def truncated(dh, x, h, h_0, W_x, W_h, k):
    borders = [*range(0, x.shape[1], k), x.shape[1]]
    total = None
    for a, e in zip(borders, borders[1:]):
        g = backward(dh[:, a:e].copy(), x[:, a:e], h[:, a:e], h[:, a - 1] if a else h_0, W_x, W_h)
        g = [g["dW_x"], g["dW_h"], g["db"]]
        total = g if total is None else [p + q for p, q in zip(total, g)]
    return total

masked_backward = lambda dh, x, h, h_0, W_x, W_h, mask: _masked(dh, x, h, h_0, W_x, W_h, mask)

def _masked(dh, x, h, h_0, W_x, W_h, mask):
    grads, carry = [0, 0, 0], 0 * h_0
    dx = x * 0
    for t in range(x.shape[1])[::-1]:
        for i in range(len(x)):
            g = dh[i, t] + carry[i]
            if mask[i, t]:
                d = g * (1 - h[i, t] ** 2)
                dx[i, t] = W_x @ d
                grads[0] = grads[0] + np.outer(x[i, t], d)
                grads[1] = grads[1] + np.outer(h[i, t - 1] if t else h_0[i], d)
                grads[2] = grads[2] + d
                carry[i] = W_h @ d
            else:
                carry[i] = g
    return dx, carry, *grads
"""
# name: (function, idea lost, points, mistakes, changes)
WRONG = {
    "derivative forgotten": ("backward", 18, ("missing φ′",), [
        ("backward", "(dh[:, t] + later) * (1 - h[:, t] ** 2)", "(dh[:, t] + later)")]),
    "derivative at h": ("backward", 18, ("φ′ at h",), [
        ("backward", "1 - h[:, t] ** 2", "1 - np.tanh(h[:, t]) ** 2")]),
    "no transpose": ("backward", 17, ("missing transpose",), [
        ("backward", "later = delta @ W_h.T", "later = delta @ W_h")]),
    "no recurrence": ("backward", 17, ("missing recurrent term",), [
        ("backward", "(dh[:, t] + later)", "dh[:, t]")]),
    "overwritten sums": ("backward", 18, ("no sum over time",), [
        ("backward", "dW_x +=", "dW_x ="), ("backward", "dW_h +=", "dW_h ="),
        ("backward", "db +=", "db =")]),
    "state behind the step": ("backward", 19, ("h_t instead of h_{t-1} in dW_h",), [
        ("backward", "before.T", "h[:, t].T")]),
    "Python's last index": ("backward", 19, ("h[:, -1] in place of h_0",), [
        ("backward", "h[:, t - 1] if t > 0 else h_0", "h[:, t - 1]")]),
    "dx through W_h": ("backward", 19, ("W_hᵀ instead of W_xᵀ in dx",), [
        ("backward", "delta @ W_x.T", "delta @ W_h.T")]),
    "forward in time": ("backward", 17, ("forward-running loop",), [
        ("backward", "reversed(range(x.shape[1]))", "range(x.shape[1])")]),
    "gradient not cut": ("truncated", 19, ("gradient not cut",), [
        ("truncated", "slice(start, start + k)", "slice(0, None)"),
        ("truncated", "range(0, x.shape[1], k)", "range(1)")]),
    "zeros at borders": ("truncated", 19, ("each window starts from zeros",), [
        ("truncated", "h[:, start - 1] if start > 0 else h_0",
         "np.zeros_like(h_0) if start > 0 else h_0")]),
    "mask forgets": ("masked_backward", 18, ("masked step forgets the gradient",), [
        ("masked_backward", "np.where(valid, delta @ W_h.T, total)", "delta @ W_h.T")]),
    "initial state ignored": ("forward", 18, ("h_0 ignored",), [
        ("forward", "[], h_0", "[], 0 * h_0")]),
}  # fmt: skip


def points(verdicts):
    return sum(v.points for v in verdicts.values())


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_instructors_source_gets_all_points(name):
    assert points(in_process(name, source(name))) == 20


def test_another_style_gets_all_points():
    verdicts = in_process("bptt", notebook(STYLE))
    assert points(verdicts) == 20, {n: v.sentences for n, v in verdicts.items()}


def test_float32_gets_all_points():
    text = changed("bptt", *((f, '"""\n', '"""\n    x = np.float32(x)\n    W_h = np.float32(W_h)\n')
                             for f in functions("bptt")))  # fmt: skip
    assert "float32" in text
    assert points(in_process("bptt", text)) == 20


def test_a_python_file_gets_all_points():
    text = "import numpy as np\n" + "\n".join(functions("bptt").values())
    assert points(in_process("bptt", text, "bptt.py")) == 20


def test_a_file_from_colab_gets_all_points():
    stored = json.loads(source("bptt"))
    for cell in stored["cells"]:
        cell["metadata"] = {"id": "x", "outputId": "y", "colab": {"base_uri": "https://x.org"}}
    extra = ["!pip install rnnkit", "%matplotlib inline\nimport keras\nkeras.Model(",
             "from google.colab import drive\ndrive.mount('/content')", "while True:\n    pass",
             "def forward(x):", "raise SystemExit"]  # fmt: skip
    stored["cells"] += json.loads(notebook(*extra))["cells"]
    stored["metadata"] = {"colab": {"provenance": []}, "accelerator": "GPU"}
    assert points(in_process("bptt", json.dumps(stored))) == 20


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_students_version_gets_nothing_and_says_why(name):
    copy = assignments.students(assignments.notebooks.read(FOLDER / f"{name}.ipynb"), name)
    verdicts = in_process(name, nbformat.writes(copy))
    assert points(verdicts) == 0
    assert all("not written yet" in v.sentences[0] for v in verdicts.values())


@pytest.mark.parametrize("case", WRONG)
def test_a_plausible_wrong_submission_loses_its_idea_only(case):
    function, expected, mistakes, changes = WRONG[case]
    for seed in range(2):
        verdicts = in_process("bptt", changed("bptt", *changes), seed=seed)
        assert verdicts[function].mistakes == mistakes
        assert points(verdicts) == expected
        others = [v for n, v in verdicts.items() if n != function]
        assert all(v.points == v.function.points for v in others)


def test_a_mistake_is_not_charged_again():
    _, _, _, changes = WRONG["no transpose"]
    again = [("masked_backward", "delta @ W_h.T", "delta @ W_h")]
    verdicts = in_process("bptt", changed("bptt", *changes, *again))
    assert points(verdicts) == 17
    assert "repeats a mistake of backward" in verdicts["truncated"].sentences[0]
    assert "repeats a mistake of backward" in verdicts["masked_backward"].sentences[0]


def test_an_unknown_mistake_is_not_charged_again_where_the_function_is_used():
    odd = [("backward", "db += delta.sum(axis=0)", "db += 1.7 * delta.sum(axis=0)")]
    verdicts = in_process("bptt", changed("bptt", *odd))
    backward = verdicts["backward"]
    assert backward.unknown and backward.mistakes == () and 0 < backward.points < 9
    assert "db is not right; dx, dh_0, dW_x and dW_h are right" in backward.sentences[0]
    assert verdicts["truncated"].points == 3


def test_two_mistakes_in_one_function_and_one_in_another():
    changes = [c for case in ("no transpose", "derivative forgotten", "mask forgets")
               for c in WRONG[case][3]]  # fmt: skip
    verdicts = in_process("bptt", changed("bptt", *changes))
    assert set(verdicts["backward"].mistakes) == {"missing transpose", "missing φ′"}
    assert verdicts["backward"].points == 4 and points(verdicts) == 13


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("db += delta.sum(axis=0)", "db += delta.sum(axis=0, keepdims=True)"), "(1, "),
        (("return dx, later, dW_x", "return dx, dW_x"), "five"),
        (("return dx, later, dW_x, dW_h, db", "return dx"), "five"),
        (("return dx, later, dW_x, dW_h, db", "return None"), "not written"),
        (("return dx, later, dW_x", "return dx, later, dW_x / 0"), "nan or infinity"),
        (("return dx, later", "return dx[:, :, :1], later"), "dx has the shape"),
        (("return dx, later", "return 'dx', later"), "ValueError"),
        (("return dx", "h[:, 1]\n    return dx"), "but only where there is one time step (T = 1)"),
        (("return dx", "assert len(x) > 1\n    return dx"), "(B = 1)"),
        (("return dx", "dx = dx + (len(x) == 1)\n    return dx"), "not right where there is one"),
        (("return dx, later", "return undefined, later"), "NameError in line"),
    ],
)
def test_what_is_odd_is_said(change, sentence):
    verdict = in_process("bptt", changed("bptt", ("backward", *change)))["backward"]
    text = " ".join(verdict.sentences)
    assert sentence.replace("five", "5 arrays: dx, dh_0, dW_x, dW_h and db") in text
    assert verdict.points < 9


def test_a_wrong_shape_costs_one_point():
    change = ("backward", "db += delta.sum(axis=0)", "db += delta.sum(axis=0, keepdims=True)")
    verdicts = in_process("bptt", changed("bptt", change))
    assert verdicts["backward"].points == 8 and "(H,)" in verdicts["backward"].sentences[0]
    assert points(verdicts) >= 18


def test_a_cell_with_a_syntax_error_costs_only_what_it_defines():
    codes = functions("bptt")
    codes["truncated"] = codes["truncated"].replace("for start", "for for start")
    verdicts = in_process("bptt", notebook("import numpy as np", *codes.values()))
    assert points(verdicts) == 17


# ---------------------------------------------------------------- what is handed out


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_students_version_holds_no_solution(name):
    stored = assignments.notebooks.read(FOLDER / f"{name}.ipynb")
    whole = nbformat.writes(assignments.students(stored, name))
    for cell in stored.cells:
        for solution in assignments.SOLUTION.findall(cell.source) and [cell.source]:
            inside = solution.split("### BEGIN SOLUTION\n")[1].split("### END SOLUTION")[0]
            for line in map(str.strip, inside.splitlines()):
                assert not line or json.dumps(line)[1:-1] not in whole, line
        if "instructor" in assignments.notebooks.tags(cell):
            assert cell.source[:60] not in whole
    for word in ("SOLUTION", "Rubric", "instructors", "nbgrader", '"output_type"'):
        assert word not in whole


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_students_version_runs_to_readable_messages(name, capsys):
    copy = assignments.students(assignments.notebooks.read(FOLDER / f"{name}.ipynb"), name)
    names = {}
    for cell in copy.cells:
        if cell.cell_type == "code" and "colab" not in assignments.notebooks.tags(cell):
            exec(cell.source, names)
    out = capsys.readouterr().out
    functions = len(ASSIGNMENTS[name].functions)
    assert out.count("not written yet") == functions == out.count(": 0 of ")


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_source_holds_a_check_of_every_function_and_no_output(name):
    stored = assignments.notebooks.read(FOLDER / f"{name}.ipynb")
    code = [cell for cell in stored.cells if cell.cell_type == "code"]
    checked = [found[1] for c in code if (found := assignments.CHECK.search(c.source))]
    assert checked == [f.name for f in ASSIGNMENTS[name].functions]
    assert not any(cell.outputs for cell in code)
    for function in ASSIGNMENTS[name].functions:
        text = " ".join(c.source for c in stored.cells if c.cell_type == "markdown")
        assert f"({function.points} points)" in text and f"`{function.name}`" in text


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_nbgraders_source_has_its_marks_and_the_points(name):
    stored = assignments.notebooks.read(FOLDER / f"{name}.ipynb")
    copy = assignments.nbgrader(stored, name)
    nbformat.validate(copy)
    marks = [c.metadata["nbgrader"] for c in copy.cells if "nbgrader" in c.metadata]
    assert sum(m.get("points", 0) for m in marks) == 20
    assert [m["solution"] for m in marks] == [True, False] * len(ASSIGNMENTS[name].functions)
    assert len({m["grade_id"] for m in marks}) == len(marks)


def test_make_assignments_writes_both(tmp_path, monkeypatch):
    monkeypatch.setattr(assignments, "BUILT", tmp_path)
    monkeypatch.setattr(assignments.notebooks, "ROOT", tmp_path)
    assignments.main()
    written = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.ipynb"))
    assert written == sorted(
        place for n in ASSIGNMENTS for place in (f"students/{n}.ipynb",
                                                 f"nbgrader/source/{n}/{n}.ipynb")
    )  # fmt: skip


# ---------------------------------------------------------------- check, for readers


def test_check_prints_the_same_sentences(capsys):
    names = {"np": np}
    exec("\n".join(functions("bptt").values()), names)
    own = Check()
    own.forward(names["forward"])
    own.backward(lambda *a: names["backward"](*a)[:2])
    assert own.points("masked_backward", names["masked_backward"]) == 4
    out = capsys.readouterr().out
    assert "forward: 4 of 4 points\n- Everything is right." in out
    assert "It should return 5 arrays" in out


def test_check_remembers_earlier_functions(capsys):
    names = {"np": np}
    codes = functions("bptt")
    exec(codes["backward"].replace("@ W_h.T", "@ W_h") + "\n" + codes["truncated"], names)
    own = Check()
    own.backward(names["backward"])
    own.truncated(names["truncated"])
    assert "truncated: 3 of 3 points\n- It repeats a mistake of backward" in capsys.readouterr().out


def test_check_names_what_there_is():
    assert {"backward", "forward", "step", "points"} <= set(dir(check))
    with pytest.raises(AttributeError, match="there are"):
        check.nothing  # noqa: B018
