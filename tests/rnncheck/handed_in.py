"""Submissions, made from the instructors' notebooks."""

import json
from pathlib import Path

from rnncheck import ASSIGNMENTS, received, worker
from rnncheck.submissions import Submission

FOLDER = Path(__file__).resolve().parents[2] / "assignments"


def source(name):
    """An instructor's notebook as JSON text."""
    return (FOLDER / f"{name}.ipynb").read_text("utf-8")


def notebook(*cells):
    """A notebook with these code cells, as JSON text."""
    parts = [
        {"cell_type": "code", "source": c, "metadata": {}, "outputs": [], "execution_count": None}
        for c in cells
    ]
    return json.dumps({"cells": parts, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def functions(name):
    """The instructor's functions, each as code without the marks."""
    cells = [
        "".join(c["source"]) for c in json.loads(source(name))["cells"] if c["cell_type"] == "code"
    ]
    found = {c.split("(")[0].removeprefix("def "): c for c in cells if c.startswith("def ")}
    return {
        function: "\n".join(line for line in code.splitlines() if "### " not in line)
        for function, code in found.items()
    }


def changed(name, *changes):
    """The instructor's solution as a notebook, with changes (function, old text, new text)."""
    codes = functions(name)
    for function, old, new in changes:
        assert old in codes[function], (function, old)
        codes[function] = codes[function].replace(old, new)
    return notebook("from math import comb\nimport numpy as np", *codes.values())


def submission(text, file="bptt.ipynb", student="student", late=False, versions=None):
    return Submission(student, file, text.encode(), late, versions or (file,))


def in_process(name, text, file="bptt.ipynb", seed=0):
    """Verdicts by function, everything in this process."""
    assignment = ASSIGNMENTS[name]
    names, _ = worker.load(file, text)
    outputs = {f.name: list(f.outputs) for f in assignment.functions}

    def call(function, arguments):
        return received(worker.answer(names.get(function), arguments, outputs[function]))

    return {v.function.name: v for v in assignment.judge(call, seed)}


def calling(function, wrong=(), changed=lambda name, array: array):
    """A call that answers with the formula and these mistakes."""

    def call(_, arguments):
        def wrong_formula(*given):
            result = function.formula(*given, wrong=frozenset(wrong))
            several = len(function.outputs) > 1
            pairs = zip(function.outputs, result if several else [result], strict=True)
            arrays = [changed(name, array) for name, array in pairs]
            return arrays if several else arrays[0]

        return received(worker.answer(wrong_formula, arguments, list(function.outputs)))

    return call
