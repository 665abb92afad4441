"""The judge: compares a student's function with the right formula and with every known mistake.

An assignment is a list of functions.  Each has ideas, which carry the points, known mistakes, each
of which costs its ideas, and a formula that can make the mistakes on purpose.  The judge draws
inputs from a seed, asks for the student's answers, and only then computes the right ones:

* All answers right: all points.
* All answers equal to the formula with at most three mistakes: the ideas of those are lost, and
  their sentences are the feedback.  A mistake found in an earlier function is not charged again.
* Otherwise the mistake is unknown, and each idea is tried alone, on inputs that silence the rest.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

__all__ = ["SENTENCES", "Assignment", "Failure", "Function", "Idea", "Mistake", "Probe", "Verdict"]

Arguments = dict[str, Any]
Arrays = list[np.ndarray]
TOLERANCE = 1e-4  # of the largest entry: float32 passes, and each known mistake is far above
AT_ONCE = 3
CORNERS = (
    "where there is one time step (T = 1)",
    "where there is one sequence (B = 1)",
    "where there are as many units as features (D = H)",
)

SENTENCES = {
    "right": "Everything is right.",
    "blank": "This function is not written yet.",
    "error": "It stops with {message}.",
    "limited": "It stops with {message}, but only {where}.",
    "number": "It should return {wanted}: {names}. It returns {came}.",
    "shape": "The numbers of {names} are right, the shape is not: {came} in place of {wanted}.",
    "other shape": "{name} has the shape {came}; it should have {wanted}, here {numbers}.",
    "nan": "{name} contains nan or infinity.",
    "unknown": "{wrong} not right{where}{rest}. This is none of the mistakes I know, so each idea "
    "was tried by itself, on inputs where nothing else can go wrong.",
    "probe": "Tried by itself, this works: {right}. This does not: {wrong}.",
    "none": "Tried by itself, none of the ideas works yet.",
    "last point": "Each idea works by itself, but not all of them together.",
    "earlier": "It repeats a mistake of {functions}; no points are lost for that again.",
    "where": "Where to read: {where}.",
}


class Failure(NamedTuple):
    """A call that gave no arrays, and why: kind is "blank", "number" or "error"."""

    kind: str
    message: str


Answer = Arrays | Failure
Call = Callable[[str, Sequence[Any]], Answer]


class Idea(NamedTuple):
    """One thing to understand, and what it is worth."""

    name: str
    points: int


class Mistake(NamedTuple):
    """A known mistake: its name in the formula, the ideas it costs, the sentence for students."""

    name: str
    ideas: tuple[str, ...]
    sentence: str


class Probe(NamedTuple):
    """Inputs that try one idea alone, and the outputs in which it shows."""

    idea: str
    change: Callable[[Arguments], Arguments]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Function:
    """A function that students write.

    ``formula(*arguments, wrong=names, **uses)`` returns the outputs, as many as ``outputs`` names
    (one array alone if there is one), with the mistakes in ``wrong``; ``draw(rng, B, T, D, H)``
    returns its arguments by name.  ``uses`` names the earlier functions which the formula takes
    as keywords: with the student's own ones put in, no mistake of theirs is charged twice.
    ``corners`` says what is special where T = 1, B = 1 and D = H.
    """

    name: str
    outputs: Mapping[str, str]  # name: shape in words
    where: str
    ideas: Sequence[Idea]
    mistakes: Sequence[Mistake]
    probes: Sequence[Probe]
    formula: Callable[..., Any]
    draw: Callable[..., Arguments]
    uses: Sequence[str] = ()
    corners: Sequence[str] = CORNERS

    @property
    def points(self) -> int:
        """What the ideas are worth together."""
        return sum(idea.points for idea in self.ideas)

    def right(self, arguments: Arguments, **options: Any) -> Arrays:
        """What the formula gives."""
        result = self.formula(*arguments.values(), **options)
        return [np.asarray(x) for x in (result if len(self.outputs) > 1 else [result])]

    def compute(self, arguments: Arguments, wrong: frozenset[str], uses: Arguments) -> Answer:
        """What the formula gives with these mistakes, or how it fails."""
        try:
            with np.errstate(all="ignore"):  # a wrong formula may overflow
                return self.right(arguments, wrong=wrong, **uses)
        except (ValueError, IndexError) as error:
            return Failure("error", str(error))


class Assignment(NamedTuple):
    """What is handed out at once; ``name`` is that of its module and its notebook."""

    name: str
    title: str
    functions: Sequence[Function]

    def judge(self, call: Call, seed: int) -> "list[Verdict]":
        """Judge all functions, in the order in which they build on each other."""
        verdicts: list[Verdict] = []
        for function in self.functions:
            verdicts.append(judge(function, call, seed, verdicts))
        return verdicts


@dataclass
class Verdict:
    """Points for each idea of one function, the mistakes found, and the feedback."""

    function: Function
    ideas: dict[str, int]
    mistakes: tuple[str, ...] = ()
    sentences: list[str] = field(default_factory=list)
    unknown: bool = False
    blank: bool = False

    @property
    def points(self) -> int:
        """The sum over the ideas."""
        return sum(self.ideas.values())


def cases(function: Function, seed: int) -> Iterator[tuple[str, Arguments]]:
    """Draw the inputs: what is special about each, in words, and the arguments by name."""
    rng = np.random.default_rng(seed)
    D, H = rng.permutation([2, 4])
    B, T = 5, 3  # all sizes differ: nothing can be mixed up unseen; short, for it is asked often
    special = ((B, 1, D, H), (1, T, D, H), (B, T, H, H))
    general = (("", (B, T, D, H)), ("", (T, B, H, D)))
    for what, sizes in (*general, *zip(function.corners, special, strict=True)):
        yield what, function.draw(rng, *map(int, sizes))


def close(ours: np.ndarray, theirs: np.ndarray) -> bool:
    """Tell whether two arrays are equal, up to rounding in float32; nan and infinity are alike."""
    if ours.shape != theirs.shape:
        return False
    finite = np.isfinite(theirs)  # where it is not, the formula has a mistake
    if not np.array_equal(finite, np.isfinite(ours)):
        return False
    scale = np.abs(theirs[finite]).max(initial=0.0)
    return bool(np.all(np.abs(ours[finite] - theirs[finite]) <= TOLERANCE * scale + 1e-12))


def same(answer: Answer, other: Answer) -> bool:
    """Tell whether two answers are equal; shapes that cannot be equal a call that fails."""
    if isinstance(answer, Failure) or isinstance(other, Failure):
        return isinstance(answer, Failure) and isinstance(other, Failure) and answer[0] == other[0]
    return all(map(close, answer, other))


def listed(names: Sequence[str]) -> str:
    """Join names as a sentence does."""
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else "".join(names)


class Trial:
    """A function's cases, the student's answers, and the right ones, computed afterwards."""

    def __init__(self, function: Function, call: Call, seed: int):
        self.function, self.call = function, call
        self.what, self.cases = zip(*cases(function, seed), strict=True)
        self.reshaped: dict[str, tuple] = {}
        answers = [self.ask(arguments) for arguments in self.cases]
        self.rights = [function.right(arguments) for arguments in self.cases]
        self.answers = [self.fitted(*pair) for pair in zip(answers, self.rights, strict=True)]

    def ask(self, arguments: Arguments) -> Answer:
        """The student's answer; each call gets arrays of its own."""
        copies = [np.copy(x) if isinstance(x, np.ndarray) else x for x in arguments.values()]
        answer = self.call(self.function.name, copies)
        wanted = len(self.function.outputs)
        if isinstance(answer, Failure) or len(answer) == wanted:
            return answer
        return Failure("number", f"{len(answer)} arrays")

    def fitted(self, answer: Answer, right: Arrays) -> Answer:
        """The answer, with axes of length 1 as they should be: that is a fault of its own."""
        if isinstance(answer, Failure):
            return answer
        arrays = []
        for name, array, wanted in zip(self.function.outputs, answer, right, strict=True):
            if array.shape != wanted.shape and array.squeeze().shape == wanted.squeeze().shape:
                self.reshaped.setdefault(name, array.shape)
                array = array.reshape(wanted.shape)
            arrays.append(array)
        return arrays

    def explained(self, wrong: frozenset[str], uses: Arguments) -> bool:
        """Tell whether the formula with these mistakes gives all the answers."""
        for arguments, answer, right in zip(self.cases, self.answers, self.rights, strict=True):
            theirs = self.function.compute(arguments, wrong, uses)
            if isinstance(theirs, Failure) and not isinstance(answer, Failure):
                # Where the mistake cannot be added up it stops; in a list it has another shape.
                if all(ours.shape == one.shape for ours, one in zip(answer, right, strict=True)):
                    return False
            elif not same(answer, theirs):
                return False
        return True

    def explanation(
        self, earlier: Sequence[Verdict]
    ) -> tuple[tuple[Mistake, ...], list[str]] | None:
        """The fewest mistakes that explain all answers, and the earlier functions to blame."""
        if all(isinstance(answer, Failure) for answer in self.answers):
            return None
        mine = {mistake.name for mistake in self.function.mistakes}
        found = {
            name: verdict
            for verdict in earlier
            for name in verdict.mistakes
            if name in mine or verdict.function.name in self.function.uses
        }
        worlds: list[tuple[frozenset[str], Arguments, list[str]]] = [(frozenset(), {}, [])]
        for size in range(len(found), 0, -1):
            for names in itertools.combinations(found, size):
                blamed = [found[name].function.name for name in names]
                worlds.append((frozenset(names), {}, list(dict.fromkeys(blamed))))
        # What earned nothing is no function to build on: zeros from zeros explain everything.
        used = [v for v in earlier if v.unknown and v.points]
        unknown = [v.function.name for v in used if v.function.name in self.function.uses]
        if unknown:
            worlds.append((frozenset(), {name: self.own(name) for name in unknown}, unknown))
        own = [mistake for mistake in self.function.mistakes if mistake.name not in found]
        if not isinstance(self.answers[0], Failure):  # then none was made that stops at once
            tried = [self.function.compute(self.cases[0], frozenset({m.name}), {}) for m in own]
            shapes = [
                a.shape == r.shape for a, r in zip(self.answers[0], self.rights[0], strict=True)
            ]
            own = [
                mistake
                for mistake, theirs in zip(own, tried, strict=True)
                if not (isinstance(theirs, Failure) and all(shapes))
            ]
        for size in range(AT_ONCE + 1):
            for mistakes in itertools.combinations(own, size):
                if size == AT_ONCE and len({mistake.ideas for mistake in mistakes}) < size:
                    continue  # three mistakes are of three kinds, or are not looked for
                # Of many combinations only the likely ones: no earlier mistake, or all of them.
                for free, uses, blamed in worlds[: 2 if size > 1 else None]:
                    if self.explained(free | {m.name for m in mistakes}, uses):
                        return mistakes, blamed
        return None

    def own(self, name: str) -> Callable[..., Any]:
        """The student's own version of an earlier function, to be put into the formula."""

        def function(*arguments: Any, **_: Any) -> Any:
            answer = self.call(name, [np.copy(x) for x in arguments])
            if isinstance(answer, Failure):
                raise ValueError(answer.message)
            return answer if len(answer) > 1 else answer[0]

        return function

    def probed(self, seed: int) -> dict[str, int]:
        """Points for the ideas that work where nothing else can go wrong."""
        rng = np.random.default_rng(seed)
        passed = {idea.name: idea.points for idea in self.function.ideas}
        names = list(self.function.outputs)
        for probe in self.function.probes:
            for sizes in ((1, 2, 3, 2), (1, 4, 2, 3)):
                arguments = probe.change(self.function.draw(rng, *sizes))
                right = self.function.right(arguments)
                answer = self.fitted(self.ask(arguments), right)
                shown = [names.index(output) for output in probe.outputs]
                if isinstance(answer, Failure) or not all(
                    close(answer[k], right[k]) for k in shown
                ):
                    passed[probe.idea] = 0
        return passed

    def symptoms(self) -> Iterator[str]:
        """What can be said about answers that nothing explains."""
        function, names = self.function, list(self.function.outputs)
        everywhere = [k for k, what in enumerate(self.what) if not what]
        failed = [k for k, answer in enumerate(self.answers) if isinstance(answer, Failure)]
        for k in failed[:1]:
            kind, message = self.answers[k]
            if kind == "number":
                wanted = f"{len(names)} arrays" if len(names) > 1 else "one array"
                yield SENTENCES["number"].format(wanted=wanted, names=listed(names), came=message)
            elif set(failed) & set(everywhere):
                yield SENTENCES["error"].format(message=message)
            else:
                yield SENTENCES["limited"].format(message=message, where=self.what[k])
        wrong: dict[str, list[int]] = {}
        shapes: dict[str, str] = {}
        for k, (answer, right) in enumerate(zip(self.answers, self.rights, strict=True)):
            if isinstance(answer, Failure):
                continue
            for name, ours, theirs in zip(names, answer, right, strict=True):
                if ours.shape != theirs.shape:
                    shapes.setdefault(name, SENTENCES["other shape"].format(
                        name=name, came=ours.shape, wanted=function.outputs[name],
                        numbers=theirs.shape,
                    ))  # fmt: skip
                elif not np.isfinite(ours).all():
                    shapes.setdefault(name, SENTENCES["nan"].format(name=name))
                elif not close(ours, theirs):
                    wrong.setdefault(name, []).append(k)
        yield from shapes.values()
        if wrong:
            seen = {k for ks in wrong.values() for k in ks}
            rest = [name for name in names if name not in wrong and name not in shapes]
            yield SENTENCES["unknown"].format(
                wrong=listed(list(wrong)) + (" are" if len(wrong) > 1 else " is"),
                where="" if seen & set(everywhere) else f" {self.what[min(seen)]}",
                rest=f"; {listed(rest)} {'are' if len(rest) > 1 else 'is'} right" if rest else "",
            )


def judge(function: Function, call: Call, seed: int, earlier: Sequence[Verdict] = ()) -> Verdict:
    """Judge one function; ``call(name, arguments)`` returns what the student's function does.

    The same seed gives the same inputs and so the same verdict.
    """
    ideas = {idea.name: idea.points for idea in function.ideas}
    nothing = dict.fromkeys(ideas, 0)
    trial = Trial(function, call, seed)
    first = trial.answers[0]
    if isinstance(first, Failure) and first.kind == "blank":
        return Verdict(function, nothing, (), [SENTENCES["blank"]], blank=True)
    explanation = trial.explanation(earlier)
    if explanation is None:
        return unknown(function, trial, seed)
    mistakes, blamed = explanation
    for mistake in mistakes:
        ideas |= dict.fromkeys(mistake.ideas, 0)
    sentences = [mistake.sentence for mistake in mistakes]
    if blamed:
        sentences.append(SENTENCES["earlier"].format(functions=listed(blamed)))
    return finished(Verdict(function, ideas, tuple(m.name for m in mistakes), sentences), trial)


def unknown(function: Function, trial: Trial, seed: int) -> Verdict:
    """Judge a function with a mistake that is not known: idea by idea."""
    ideas = trial.probed(seed)
    sentences = list(trial.symptoms())
    right, wrong = ([n for n, p in ideas.items() if bool(p) == good] for good in (True, False))
    if right and wrong:
        sentences.append(SENTENCES["probe"].format(right="; ".join(right), wrong="; ".join(wrong)))
    elif right:  # not all points for what is not right
        ideas[right[-1]] -= 1
        sentences.append(SENTENCES["last point"])
    else:
        sentences.append(SENTENCES["none"])
    return finished(Verdict(function, ideas, (), sentences, unknown=True), trial)


def finished(verdict: Verdict, trial: Trial) -> Verdict:
    """Add what is said of shapes, and where to read on."""
    names = [name for name in trial.reshaped if verdict.points]
    if names:
        largest = max(verdict.ideas, key=lambda idea: verdict.ideas[idea])
        verdict.ideas[largest] -= 1
        verdict.sentences.append(SENTENCES["shape"].format(
            names=listed(names), came=listed([str(trial.reshaped[name]) for name in names]),
            wanted=listed([verdict.function.outputs[name] for name in names]),
        ))  # fmt: skip
    if not verdict.sentences:
        verdict.sentences.append(SENTENCES["right"])
    elif verdict.points < verdict.function.points:
        verdict.sentences.append(SENTENCES["where"].format(where=verdict.function.where))
    return verdict
