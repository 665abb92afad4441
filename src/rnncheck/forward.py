"""Assignment for chapter 3.1: a step, the loop over time, the output layer, masks."""

from typing import Any

import numpy as np

from rnncheck.engine import Arguments, Assignment, Function, Idea, Mistake, Probe

__all__ = ["ASSIGNMENT", "FORWARD", "forward", "masked_forward", "outputs", "step"]

NONE: frozenset[str] = frozenset()


def step(
    x_t: np.ndarray, h_before: np.ndarray, W_x: np.ndarray, W_h: np.ndarray, b: np.ndarray,
    *, wrong: frozenset[str] = NONE,
) -> np.ndarray:  # fmt: skip
    """One time step, x_t (B, D) and h_{t−1} (B, H) to h_t (B, H), by (3.1) and (3.2)."""
    from_x = x_t @ W_x
    from_h = h_before @ (W_h.T if "W_h transposed" in wrong else W_h)
    if "tanh of each part" in wrong:
        return np.tanh(from_x) + np.tanh(from_h) + np.tanh(b)
    if "tanh before the state is added" in wrong:
        return np.tanh(from_x + b) + from_h
    if "no recurrent term" in wrong:
        from_h = np.zeros_like(from_h)
    a = from_x + from_h
    if "no bias" not in wrong:
        a = a + b
    if "no activation" in wrong:
        return a
    if "sigmoid" in wrong:
        return 1 / (1 + np.exp(-a))
    if "ReLU" in wrong:
        return np.maximum(a, 0)
    return np.tanh(a)


def forward(
    x: np.ndarray, h_0: np.ndarray, W_x: np.ndarray, W_h: np.ndarray, b: np.ndarray,
    *, wrong: frozenset[str] = NONE, step: Any = step,
) -> np.ndarray:  # fmt: skip
    """States h (B, T, H) of x (B, T, D), from the initial state h_0 (B, H) on."""
    return masked_forward(
        x, h_0, W_x, W_h, b, np.ones(x.shape[:2], bool), wrong=wrong, step=step
    )  # fmt: skip


def masked_forward(
    x: np.ndarray, h_0: np.ndarray, W_x: np.ndarray, W_h: np.ndarray, b: np.ndarray,
    mask: np.ndarray, *, wrong: frozenset[str] = NONE, step: Any = step,
) -> np.ndarray:  # fmt: skip
    """States h (B, T, H); where ``mask`` (B, T) is False, a step keeps the state it finds."""
    h = np.zeros((*x.shape[:2], len(b)))
    if "h_0 ignored" in wrong:
        h_0 = np.zeros_like(h_0)
    if "mask inverted" in wrong:
        mask = ~mask
    if "inputs set to zero" in wrong:
        x = x * mask[:, :, np.newaxis]
    if "mask ignored" in wrong or "inputs set to zero" in wrong:
        mask = np.ones_like(mask)
    before = h_0
    times = range(x.shape[1])
    for t in reversed(times) if "time reversed" in wrong else times:
        valid = mask[:, t, np.newaxis]
        h[:, t] = step(x[:, t], before, W_x, W_h, b, wrong=wrong)
        h[:, t] = np.where(valid, h[:, t], 0 if "state set to zero" in wrong else before)
        if "state not handed on" not in wrong:
            before = h[:, t].copy()
        if "output set to zero" in wrong:
            h[:, t] *= valid
    if "one step late" in wrong:
        return np.concatenate([h_0[:, np.newaxis], h[:, :-1]], axis=1)
    return h


def outputs(
    h: np.ndarray, W_y: np.ndarray, b_y: np.ndarray, *, wrong: frozenset[str] = NONE
) -> np.ndarray:
    """Outputs y (B, T, K) of all steps from the states h (B, T, H), by (3.3)."""
    y = h @ W_y
    if "no bias of the output" not in wrong:
        y = y + b_y
    if "activation on the output" in wrong:
        y = np.tanh(y)
    if "softmax on the output" in wrong:
        y = np.exp(y) / np.exp(y).sum(axis=-1, keepdims=True)
    if "sum over time" in wrong:
        y = np.broadcast_to(y.sum(axis=1, keepdims=True), y.shape)
    return y


def draw(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """Arguments of :func:`forward`; small enough that tanh hides nothing."""
    return {
        "x": rng.standard_normal((B, T, D)),
        "h_0": rng.uniform(-0.9, 0.9, (B, H)),
        "W_x": 0.7 * rng.standard_normal((D, H)),
        "W_h": 0.5 * rng.standard_normal((H, H)),
        "b": 0.5 * rng.standard_normal(H),
    }


def draw_step(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """Arguments of :func:`step`."""
    x, h_0, *weights = draw(rng, B, T, D, H).values()
    return dict(zip(("x_t", "h_before", "W_x", "W_h", "b"), (x[:, 0], h_0, *weights), strict=True))


def draw_mask(rng: np.random.Generator, B: int, T: int) -> np.ndarray:
    """A mask (B, T) with gaps, padding at the end, and step 1 valid in every sequence."""
    mask = rng.random((B, T)) < 0.6
    mask[:, 0] = True
    if T > 2:
        mask[0, 1:3] = False, True  # a gap
        mask[-1, -1] = False
    return mask


def draw_masked(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """Arguments of :func:`masked_forward`."""
    return draw(rng, B, T, D, H) | {"mask": draw_mask(rng, B, T)}


def draw_outputs(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """Arguments of :func:`outputs`, with K = D + 3."""
    return {
        "h": rng.uniform(-0.9, 0.9, (B, T, H)),
        "W_y": rng.standard_normal((H, D + 3)),
        "b_y": rng.standard_normal(D + 3),
    }


def zero(*names: str) -> Any:
    """A change of the arguments for a probe: these become zeros."""
    return lambda arguments: {n: v * 0 if n in names else v for n, v in arguments.items()}


def first(arguments: Arguments) -> Arguments:
    """A change for a probe: one time step only."""
    return arguments | {
        name: arguments[name][:, :1] for name in ("x", "dh", "h", "mask") if name in arguments
    }


ACTIVATION, SUM, CARRY = "the activation", "the sum of three terms", "the state handed on"
IN_A_STEP = [
    Mistake("no activation", (ACTIVATION,),
            "The result is the pre-activation: compare (3.1) with (3.2), what is still missing?"),
    Mistake("sigmoid", (ACTIVATION,),
            "The activation is a sigmoid. Which one does the chapter use from (3.2) on?"),
    Mistake("ReLU", (ACTIVATION,),
            "The activation is ReLU, as in the chapter's first example. Which one does the rest "
            "of the chapter use?"),
    Mistake("tanh of each part", (ACTIVATION,),
            "The activation acts on each term by itself. In (3.2), what is it applied to?"),
    Mistake("tanh before the state is added", (ACTIVATION,),
            "The old state is added behind the activation. In which order do (3.1) and (3.2) "
            "come?"),
    Mistake("no bias", (SUM,), "The bias is missing. Count the terms of (3.1)."),
    Mistake("no recurrent term", (SUM,),
            "The old state has no effect, so nothing is remembered. Count the terms of (3.1)."),
    Mistake("W_h transposed", (SUM,),
            "The recurrent weights act the wrong way round: row i of W_h says how old unit i acts "
            "on the new units. See the table of shapes below (3.2)."),
]  # fmt: skip
IN_THE_LOOP = [
    Mistake("h_0 ignored", (CARRY,),
            "The first step starts from zeros, whatever initial state is given."),
    Mistake("state not handed on", (CARRY,),
            "Every step starts from the initial state. Which state does step t need?"),
    Mistake("time reversed", (CARRY,),
            "The loop runs from the last step to the first. In which order are the states known?"),
    Mistake("one step late", (CARRY,),
            "The states are one step late: the result begins with the initial state and lacks "
            "the last one."),
]  # fmt: skip


def within(idea: str, mistakes: list[Mistake]) -> list[Mistake]:
    """The same mistakes, made where they all cost one idea."""
    return [mistake._replace(ideas=(idea,)) for mistake in mistakes]


ONE, BOTH = "one step", "the equation of one step"
STEP = Function(
    "step", {"h_t": "(B, H)"}, "chapter 3.1, equations (3.1) and (3.2)",
    [Idea(SUM, 2), Idea(ACTIVATION, 2)], IN_A_STEP,
    [Probe(SUM, lambda a: {k: v * (1 if k in ("x_t", "h_before") else 1e-3) for k, v in a.items()},
           ("h_t",)),
     Probe(ACTIVATION, zero("h_before", "b"), ("h_t",))],
    step, draw_step,
)  # fmt: skip
FORWARD = Function(
    "forward", {"h": "(B, T, H)"}, 'chapter 3.1, "The loop"',
    [Idea(BOTH, 2), Idea(CARRY, 2)], [*within(BOTH, IN_A_STEP), *IN_THE_LOOP],
    [Probe(BOTH, lambda a: zero("h_0")(first(a)), ("h",)),
     Probe(CARRY, lambda a: {k: v * (1e-3 if k in ("x", "h_0", "b") else 1) for k, v in a.items()},
           ("h",))],
    forward, draw, uses=("step",),
)  # fmt: skip
BIAS, LINEAR = "its bias", "the same weights at every step, nothing else"
OUTPUTS = Function(
    "outputs", {"y": "(B, T, K)"}, 'chapter 3.1, "From states to outputs", equation (3.3)',
    [Idea(BIAS, 1), Idea(LINEAR, 3)],
    [Mistake("no bias of the output", (BIAS,),
             "The bias of the output layer is missing, see (3.3)."),
     Mistake("activation on the output", (LINEAR,),
             "There is an activation on the output. Is there one in (3.3)?"),
     Mistake("softmax on the output", (LINEAR,),
             "There is a softmax on the output. Is there one in (3.3)?"),
     Mistake("sum over time", (LINEAR,),
             "Each output sees all steps. Which state does y_t belong to in (3.3)?")],
    [Probe(BIAS, zero("h"), ("y",)), Probe(LINEAR, zero("b_y"), ("y",))],
    outputs, draw_outputs,
)  # fmt: skip
LOOP, KEPT = "the loop, where all steps are valid", "a masked step keeps the state"
MASKED = Function(
    "masked_forward", {"h": "(B, T, H)"}, 'chapter 3.1, "Sequences of unequal length"',
    [Idea(LOOP, 3), Idea(KEPT, 5)],
    [Mistake("mask ignored", (KEPT,), "The mask has no effect."),
     Mistake("inputs set to zero", (KEPT,),
             "The inputs of masked steps are set to zero, and the step is made all the same. What "
             "does the chapter say of padding with zeros?"),
     Mistake("state set to zero", (KEPT,),
             "A masked step sets the state to zero, so what came before is forgotten."),
     Mistake("output set to zero", (KEPT,),
             "The state is carried over a masked step, but the result is zero there. What is h_t "
             "at a masked step?"),
     Mistake("mask inverted", (KEPT,),
             "The mask is read the wrong way round: which steps are valid, those with True or "
             "those with False?"),
     *within(LOOP, IN_A_STEP + IN_THE_LOOP)],
    [Probe(LOOP, lambda a: a | {"mask": a["mask"] | True}, ("h",)),
     Probe(KEPT, lambda a: a | {"mask": a["mask"] & False}, ("h",))],
    masked_forward, draw_masked, uses=("step",),
)  # fmt: skip
ASSIGNMENT = Assignment("forward", "3.1 The forward pass", [STEP, FORWARD, OUTPUTS, MASKED])
