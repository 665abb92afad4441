"""What judges an assignment and names its mistakes: in a notebook, and for a whole class.

>>> from rnncheck import check
>>> check.outputs(lambda h, W_y, b_y: h @ W_y)
outputs: 3 of 4 points
- The bias of the output layer is missing, see (3.3).
- Where to read: chapter 3.1, "From states to outputs", equation (3.3).

``python -m rnncheck.grade`` grades a folder of submissions with the same checks, each submission
in a process of its own.  The right formulas can be read here, as they can in the chapters: this is
practice, not an exam.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rnncheck import (
    bptt,
    clipping,
    derivation,
    fair_comparison,
    first_program,
    forward,
    language_model,
    lstm,
    worker,
)
from rnncheck.engine import Answer, Assignment, Failure, Verdict, judge

__all__ = ["ASSIGNMENTS", "Check", "check", "received"]

_COURSE = forward, bptt, clipping, derivation, first_program, fair_comparison, language_model, lstm
ASSIGNMENTS: dict[str, Assignment] = {m.ASSIGNMENT.name: m.ASSIGNMENT for m in _COURSE}


def received(result: Any) -> Answer:
    """What a worker answered, as the judge reads it."""
    if isinstance(result, dict):
        return Failure(str(result.get("kind")), str(result.get("message"))[:400])
    return [np.asarray(worker.decode(x), float) for x in result]


class Check:
    """Checks for readers: ``check.backward(f)`` prints what is right, wrong, and where to read.

    Functions that were checked before are remembered, so that what goes wrong in one of them is
    not said again of the next.
    """

    def __init__(self, seed: int = 0):
        self._seed = seed
        self._written: dict[str, Callable[..., Any]] = {}
        self._verdicts: dict[str, Verdict] = {}

    def __dir__(self) -> list[str]:
        return sorted({f.name for a in ASSIGNMENTS.values() for f in a.functions} | {"points"})

    def __getattr__(self, name: str) -> Callable[[Callable[..., Any]], None]:
        if name.startswith("_") or name not in dir(self):
            raise AttributeError(f"there is no check {name!r}; there are {', '.join(dir(self))}")

        def one(function: Callable[..., Any]) -> None:
            verdict = self._judge(name, function)
            print(f"{name}: {verdict.points} of {verdict.function.points} points")
            print(*(f"- {sentence}" for sentence in verdict.sentences), sep="\n")

        return one

    def points(self, name: str, function: Callable[..., Any]) -> int:
        """The points alone, for graders that read a cell's last value."""
        return self._judge(name, function).points

    def _judge(self, name: str, function: Callable[..., Any]) -> Verdict:
        lists = (a.functions for a in ASSIGNMENTS.values())
        known = next(fs for fs in lists if any(f.name == name for f in fs))
        functions = {f.name: f for f in known}
        self._written[name] = function
        earlier = list(functions)[: list(functions).index(name)]
        verdicts = [self._verdicts[n] for n in earlier if n in self._verdicts]

        def call(called: str, arguments: Sequence[Any]) -> Answer:
            outputs = list(functions[called].outputs)
            return received(worker.answer(self._written.get(called), arguments, outputs))

        verdict = judge(functions[name], call, self._seed, verdicts)
        self._verdicts[name] = verdict
        return verdict


check = Check()
