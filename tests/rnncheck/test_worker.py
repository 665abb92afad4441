"""What of a submission runs, and what it answers."""

import numpy as np
import pytest
from handed_in import notebook

from rnncheck import received, worker
from rnncheck.engine import Failure

CELLS = """
import numpy as np
from no_such_module import nothing
EPS, N = 1e-5, 2 * 3
square = lambda a: np.multiply(a, a)
loud = print("not run")
for _ in range(10**12): pass
N = np.zeros(10**12)
class Kept:
    value = N
def f(a): return Kept.value * square(a) + EPS * 0
@undefined
def g(): return 1
"""


def test_definitions_run_and_nothing_else(capsys):
    names, notes = worker.load("a.ipynb", notebook(CELLS, "def h(", "%cd x\n!ls\nM = 1"))
    assert names["N"] == 6 and names["M"] == 1 and names["f"](2) == 24
    assert {"loud", "g", "h"}.isdisjoint(names) and capsys.readouterr().out == ""
    assert len(notes) == 2 and "NameError" in notes[0] and "cell 2 cannot be read" in notes[1]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 1}', "\0" * 50, '{"cells": [{}]}',
                                  "[" * 100_000])  # fmt: skip
def test_a_damaged_file_is_said_to_be_one(text):
    names, notes = worker.load("a.ipynb", text)
    assert names == {} and "damaged" in notes[0]


@pytest.mark.parametrize("text", ["(" * 5000, "x = 1 +" * 3, "def f(:", "\0", "a" * 10 + "\ud800"])
def test_what_cannot_be_parsed_is_a_note(text):
    assert len(worker.load("a.py", text)[1]) == 1


def test_a_definition_that_raises_is_a_note():
    code = "class A:\n    raise SystemExit\ndef f(): return 1"
    names, notes = worker.load("a.py", code)
    assert "f" in names and "SystemExit" in notes[0]


@pytest.mark.parametrize(
    "value", [np.arange(6.0).reshape(2, 3), np.array([True, False]), np.float64(2), 3, np.zeros(0)]
)
def test_decode_is_the_inverse_of_encode(value):
    again = worker.decode(worker.encode(value))
    np.testing.assert_array_equal(again, value)
    assert np.asarray(again).dtype == np.asarray(value).dtype


@pytest.mark.parametrize(
    ("function", "outputs", "kind"),
    [
        (None, "y", "blank"),
        (lambda: None, "y", "blank"),
        (lambda: ..., "y", "blank"),
        (lambda: np.zeros(2), ("a", "b"), "number"),
        (lambda: "word", "y", "error"),
        (lambda: [[1], [1, 2]], "y", "error"),
        (lambda: 1j, "y", "error"),
        (lambda: exit(), "y", "error"),
    ],
)
def test_what_is_no_answer(function, outputs, kind):
    assert received(worker.answer(function, [], outputs)).kind == kind


def test_forged_answers_are_none():
    assert received({"kind": 3}) == Failure("3", "None")
    for forged in (
        [{"shape": [2], "dtype": "<f8", "data": ["x", "y"]}],
        [["a"]],
        7,
        [[[1], [2, 3]]],
    ):
        with pytest.raises((TypeError, ValueError)):
            received(forged)
