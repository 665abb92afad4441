"""Assignment for chapter 3.2: forward, backpropagation through time, truncated, with masks.

:func:`backward` is also the catalogue of wrong formulas with which the gradient check of rnnkit
is tested.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from rnncheck.engine import Arguments, Assignment, Function, Idea, Mistake, Probe
from rnncheck.forward import FORWARD, NONE, draw_mask, first, forward, within, zero
from rnncheck.forward import draw as draw_forward

__all__ = ["ASSIGNMENT", "backward", "masked_backward", "truncated"]

Gradients = tuple[np.ndarray, ...]


def tanh_slope(h: np.ndarray) -> np.ndarray:
    """φ′(a), expressed by h = φ(a)."""
    return 1 - h**2


def printed(dh: np.ndarray, x: np.ndarray, h: np.ndarray, h_0: np.ndarray, W_x: np.ndarray,
            W_h: np.ndarray, slope: Any, added: bool) -> Gradients:  # fmt: skip
    """A backward pass often printed, read charitably; it needs D = H.

    As printed, dL/dh_t = φ′(h_t) dL/dy_t; dL/dx_t = W_h′ dL/dh_t; dL/dW_x = x_t′ dL/dx_t;
    dL/dW_h = h_{t−1}′ dL/dh_t; dL/db = dL/dh_t.  Its products of vectors are inner products; here
    they are read as outer ones.  Some prints sum over time, some do not.
    """
    dx = np.zeros_like(x)
    deltas = slope(h) * dh
    dx[...] = deltas @ W_h.T
    before = np.concatenate([h_0[:, np.newaxis], h[:, :-1]], axis=1)
    steps = slice(None) if added else slice(-1, None)
    dW_x = np.einsum("btd,bth->dh", x[:, steps], dx[:, steps])
    dW_h = np.einsum("btg,bth->gh", before[:, steps], deltas[:, steps])
    return dx, dx[:, 0].copy(), dW_x, dW_h, deltas[:, steps].sum(axis=(0, 1))


def backward(
    dh: np.ndarray, x: np.ndarray, h: np.ndarray, h_0: np.ndarray, W_x: np.ndarray,
    W_h: np.ndarray, *, wrong: frozenset[str] = NONE, mask: np.ndarray | None = None,
    phi: Callable[..., Any] = np.tanh, slope: Callable[..., Any] = tanh_slope,
) -> Gradients:  # fmt: skip
    """dx, dh_0, dW_x, dW_h, db by (3.7) to (3.9), for dh, h (B, T, H), x (B, T, D), h_0 (B, H).

    ``slope`` is φ′ as a function of h = φ(a).  At a step where ``mask`` (B, T) is False the state
    was kept, so its gradient is handed on as it is.
    """
    for name in wrong & {"printed, summed over time", "printed, not summed over time"}:
        return printed(dh, x, h, h_0, W_x, W_h, slope, added="not" not in name)
    B, T, D = x.shape
    if mask is None or "mask ignored" in wrong:
        mask = np.ones((B, T), bool)
    elif "mask inverted" in wrong:
        mask = ~mask
    dx, dW_x, dW_h, db = (np.zeros(s) for s in (x.shape, W_x.shape, W_h.shape, len(W_h)))
    later = np.zeros_like(h_0)
    for t in range(T) if "forward-running loop" in wrong else reversed(range(T)):
        valid = mask[:, t, np.newaxis]
        before = h[:, t - 1] if t > 0 or "h[:, -1] in place of h_0" in wrong else h_0
        if "h_t instead of h_{t-1} in dW_h" in wrong:
            before = h[:, t]
        elif "h_0 left out of dW_h" in wrong and t == 0:
            before = np.zeros_like(h_0)
        phi_prime = slope(h[:, t])
        if "missing φ′" in wrong:
            phi_prime = np.ones_like(h_0)
        elif "φ′ at h" in wrong:
            phi_prime = slope(phi(h[:, t]))
        elif "1 − h in place of 1 − h²" in wrong:
            phi_prime = 1 - h[:, t]
        total = dh[:, t] + later
        if "missing recurrent term" in wrong:
            total = dh[:, t]
        elif "gradient overwritten instead of added" in wrong and t < T - 1:
            total = later
        delta = total * phi_prime * valid
        if "recurrent gradient not multiplied by φ′" in wrong:
            delta = (dh[:, t] * phi_prime + later) * valid
        if "W_h instead of W_x in dx" in wrong:
            dx[:, t] = delta @ W_h[:, :D]
        elif "W_hᵀ instead of W_xᵀ in dx" in wrong:
            dx[:, t] = delta @ W_h.T
        else:
            dx[:, t] = delta @ (W_x if "missing transpose in dx" in wrong else W_x.T)
        if "no sum over time" in wrong:
            dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(db)
        dW_x += x[:, t].T @ delta
        dW_h += before.T @ delta
        db += delta.sum(axis=0)
        through = delta @ (W_h if "missing transpose" in wrong else W_h.T)
        if "∂L/∂h handed on in place of δ" in wrong:
            through = total @ W_h.T * valid
        if "φ′ in front of W_h missing" in wrong:
            through = through * phi_prime
        if "no W_h in dh_0" in wrong and t == 0:
            through = delta
        kept = later if "masked step drops its own gradient" in wrong else total
        if "masked step multiplies by W_h" in wrong:
            kept = kept @ W_h.T
        elif "masked step forgets the gradient" in wrong:
            kept = np.zeros_like(kept)
        later = through + kept * ~valid + later * ("recurrent term piles up" in wrong)
    if "outer products transposed" in wrong:
        dW_x[...], dW_h = dW_x.T, dW_h.T  # raises for D ≠ H, as the sum in a loop does
    shares = {"mean over the batch": B, "mean over time": T}
    factor = np.prod([1 / n for name, n in shares.items() if name in wrong])
    return dx, later, dW_x * factor, dW_h * factor, db * factor


def masked_backward(
    dh: np.ndarray, x: np.ndarray, h: np.ndarray, h_0: np.ndarray, W_x: np.ndarray,
    W_h: np.ndarray, mask: np.ndarray, *, wrong: frozenset[str] = NONE,
) -> Gradients:  # fmt: skip
    """:func:`backward` where steps with mask False have kept the state."""
    return backward(dh, x, h, h_0, W_x, W_h, wrong=wrong, mask=mask)


def truncated(
    dh: np.ndarray, x: np.ndarray, h: np.ndarray, h_0: np.ndarray, W_x: np.ndarray,
    W_h: np.ndarray, k: int, *, wrong: frozenset[str] = NONE, backward: Any = backward,
) -> Gradients:  # fmt: skip
    """dW_x, dW_h, db of windows of k steps side by side: the state crosses a border, δ does not."""
    T = x.shape[1]
    begins = list(range(0, T, T if "gradient not cut" in wrong else k))
    if "short window left out" in wrong and T % k and len(begins) > 1:
        begins.pop()
    elif "only the first window" in wrong:
        begins = begins[:1]
    sums: list[Any] = [0, 0, 0]
    for begin in begins:
        window = slice(begin, begin + (T if "gradient not cut" in wrong else k))
        state = h[:, begin - 1] if begin else h_0
        if "each window starts from h_0" in wrong:
            state = h_0
        elif "each window starts from zeros" in wrong and begin:
            state = np.zeros_like(h_0)
        elif "state one step late" in wrong and begin:
            state = h[:, begin]
        parts = backward(dh[:, window], x[:, window], h[:, window], state, W_x, W_h, wrong=wrong)
        if "only the last window" in wrong:
            sums = [0, 0, 0]
        sums = [total + part for total, part in zip(sums, parts[2:], strict=True)]
    share = len(begins) if "mean over the windows" in wrong else 1
    return tuple(total / share for total in sums)


def draw(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """Arguments of :func:`backward`, a loss at every step."""
    x, h_0, W_x, W_h, b = draw_forward(rng, B, T, D, H).values()
    h = forward(x, h_0, W_x, W_h, b)
    dh = rng.standard_normal(h.shape)
    return {"dh": dh, "x": x, "h": h, "h_0": h_0, "W_x": W_x, "W_h": W_h}


def draw_truncated(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """Windows of 2 steps; of 1 step where there are 2."""
    return draw(rng, B, T, D, H) | {"k": 2 if T > 2 else 1}


def draw_masked(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """A mask with gaps and padding, and step 1 valid."""
    return draw(rng, B, T, D, H) | {"mask": draw_mask(rng, B, T)}


def loss_at_the_end(arguments: Arguments) -> Arguments:
    """A change for a probe: a gradient enters at the last step only."""
    dh = np.zeros_like(arguments["dh"])
    dh[:, -1] = arguments["dh"][:, -1]
    return arguments | {"dh": dh}


def masked_first(arguments: Arguments) -> Arguments:
    """A change for a probe: step 1 is masked, and nothing is sent back to it."""
    mask = np.ones_like(arguments["mask"])
    mask[:, 0] = False
    return zero("h", "W_h")(arguments) | {"mask": mask}


SLOPE, RECUR, ADDED = "φ′", "the recursion for δ", "sums over time and batch"
BEFORE, LEAVES = "the state in front of each step", "dx and dh_0"
IN_BACKWARD = [
    Mistake("missing φ′", (SLOPE,),
            "The gradient does not pass through tanh. What stands behind ⊙ in (3.7)?"),
    Mistake("φ′ at h", (SLOPE,),
            "The derivative of tanh is taken at h_t as if h_t were the pre-activation. What is "
            "h_t already, and how is the derivative written with it in the example with two "
            "steps?"),
    Mistake("1 − h in place of 1 − h²", (SLOPE,),
            "The derivative of tanh, written with h, is not quite right. Compare with the example "
            "with two steps."),
    Mistake("recurrent gradient not multiplied by φ′", (SLOPE,),
            "Only the gradient from outside passes through tanh, the one from the later step does "
            "not. Where are the brackets in (3.7)?"),
    Mistake("φ′ in front of W_h missing", (SLOPE,),
            "What goes to the step before is multiplied by the derivative of tanh once too "
            "often. How often does it stand in (3.7)?"),
    Mistake("missing recurrent term", (RECUR,),
            "Each step sees its own gradient only: what the later steps send back is missing. In "
            "how many places is h_t used, see (3.6)?"),
    Mistake("missing transpose", (RECUR,),
            "On the way back from step t + 1 the recurrent weights act as they do forward. Look "
            "at the indices of W_h in (3.6)."),
    Mistake("gradient overwritten instead of added", (RECUR,),
            "At h_t two gradients meet, from outside and from the later step; here the second "
            "replaces the first. See (3.6) and the figure with the orange arrows."),
    Mistake("forward-running loop", (RECUR,),
            "The loop runs forward. Which δ must be known before δ_t, see (3.7)?"),
    Mistake("∂L/∂h handed on in place of δ", (RECUR,),
            "What is sent to the step before has not passed through tanh yet. Is it ∂L/∂h or δ "
            "that (3.6) sends back?"),
    Mistake("recurrent term piles up", (RECUR,),
            "What is sent back is added up over the steps. From how many steps does h_t receive "
            "something directly, see (3.6)?"),
    Mistake("no sum over time", (ADDED,),
            "The gradients of the weights are those of one step only. How often is a weight "
            'used? See (3.8), and "overwritten instead of added" among the pitfalls.'),
    Mistake("mean over the batch", (ADDED,),
            "The gradients of the weights are averaged over the batch. What does (3.8) do? (A mean "
            "in the loss is already in dh.)"),
    Mistake("mean over time", (ADDED,),
            "The gradients of the weights are averaged over the steps. What does (3.8) do?"),
    Mistake("outer products transposed", (ADDED,),
            "dW_x and dW_h are transposed: which index of W_h belongs to the old state, which to "
            "the new one? See the sentence above (3.8)."),
    Mistake("h_t instead of h_{t-1} in dW_h", (BEFORE,),
            "dW_h uses the state behind the step. Which state did W_h multiply in the forward "
            "pass, see (3.4) and (3.8)?"),
    Mistake("h_0 left out of dW_h", (BEFORE,),
            "dW_h lacks the first step. Which state came in front of it?"),
    Mistake("h[:, -1] in place of h_0", (BEFORE,),
            "At the first step dW_h uses the last state: what does an index of -1 mean in Python, "
            "and which state came in front of step 1?"),
    Mistake("W_h instead of W_x in dx", (LEAVES,),
            "dx comes through the wrong weights. Which ones multiplied x_t, see (3.9)?"),
    Mistake("W_hᵀ instead of W_xᵀ in dx", (LEAVES,),
            "dx comes through the wrong weights. Which ones multiplied x_t, see (3.9)?"),
    Mistake("missing transpose in dx", (LEAVES,),
            "In dx the input weights act as they do forward. Which shape must δ_t be turned into, "
            "see (3.9)?"),
    Mistake("no W_h in dh_0", (LEAVES,),
            "dh_0 is the gradient at the first pre-activation. What lies between h_0 and a_1, see "
            "(3.9)?"),
    Mistake("printed, summed over time", (RECUR, LEAVES),
            "This is a backward pass that is often printed: no step hears of the later ones, and "
            "dx comes through the recurrent weights. Derive it anew from (3.6) to (3.9)."),
    Mistake("printed, not summed over time", (RECUR, ADDED, LEAVES),
            "This is a backward pass that is often printed: no step hears of the later ones, dx "
            "comes through the recurrent weights, and the weights get the gradient of one step. "
            "Derive it anew from (3.6) to (3.9)."),
]  # fmt: skip
GRADIENTS = {
    "dx": "(B, T, D)", "dh_0": "(B, H)", "dW_x": "(D, H)", "dW_h": "(H, H)", "db": "(H,)",
}  # fmt: skip
BACKWARD = Function(
    "backward", GRADIENTS, 'chapter 3.2, "The general rule", equations (3.6) to (3.9)',
    [Idea(SLOPE, 2), Idea(RECUR, 3), Idea(ADDED, 2), Idea(BEFORE, 1), Idea(LEAVES, 1)],
    IN_BACKWARD,
    [Probe(SLOPE, first, ("db",)),
     Probe(RECUR, lambda a: loss_at_the_end(zero("h")(a)), ("dh_0",)),
     Probe(ADDED, zero("h", "W_h"), ("dW_x", "db")),
     Probe(BEFORE, lambda a: zero("h")(first(a)), ("dW_h",)),
     Probe(BEFORE, lambda a: zero("W_h")(a) | {"dh": loss_at_the_end(a)["dh"]}, ("dW_h",)),
     Probe(LEAVES, lambda a: zero("h")(first(a)), ("dx", "dh_0"))],
    backward, draw,
)  # fmt: skip
CARRIED, CUT, WHOLE = "the state is carried", "the gradient is cut", "every window counts once"
TRUNCATED = Function(
    "truncated", {n: GRADIENTS[n] for n in ("dW_x", "dW_h", "db")},
    'chapter 3.2, "Truncated BPTT"',
    [Idea(CARRIED, 1), Idea(CUT, 1), Idea(WHOLE, 1)],
    [Mistake("gradient not cut", (CUT,),
             "The gradient crosses the borders of the windows: this is the whole gradient."),
     Mistake("each window starts from h_0", (CARRIED,),
             "Every window starts from the first initial state. Which of the two things crosses "
             "the border?"),
     Mistake("each window starts from zeros", (CARRIED,),
             "Every window but the first starts from zeros. Which of the two things crosses the "
             "border?"),
     Mistake("state one step late", (CARRIED,),
             "A window starts from its own first state. Which state comes in front of it?"),
     Mistake("short window left out", (WHOLE,),
             "Where k does not divide T, the steps left over at the end are missing."),
     Mistake("only the last window", (WHOLE,),
             "The gradient is that of the last window alone: overwritten, not added."),
     Mistake("only the first window", (WHOLE,), "The gradient is that of the first window alone."),
     Mistake("mean over the windows", (WHOLE,),
             "The gradient is averaged over the windows; asked is the sum.")],
    [Probe(CARRIED, lambda a: loss_at_the_end(zero("W_h")(a)) | {"k": 1}, ("dW_h",)),
     Probe(CUT, lambda a: loss_at_the_end(zero("h")(a)) | {"k": 1}, ("db",)),
     Probe(WHOLE, zero("h", "W_h"), ("dW_x", "db"))],
    truncated, draw_truncated, uses=("backward",),
)  # fmt: skip
UNMASKED, SILENT, ON = "the recursion of backward", "no δ at a masked step", "what is handed on"
MASKED = Function(
    "masked_backward", GRADIENTS, 'chapter 3.1, "Sequences of unequal length", and (3.7)',
    [Idea(UNMASKED, 1), Idea(SILENT, 1), Idea(ON, 2)],
    [Mistake("mask ignored", (SILENT, ON), "The mask has no effect."),
     Mistake("mask inverted", (SILENT, ON),
             "The mask is read the wrong way round: which steps are valid, those with True or "
             "those with False?"),
     Mistake("masked step forgets the gradient", (ON,),
             "What arrives at a masked step ends there. Where did its state come from in the "
             "forward pass?"),
     Mistake("masked step multiplies by W_h", (ON,),
             "At a masked step the gradient passes through the recurrent weights. Did the state, "
             "in the forward pass?"),
     Mistake("masked step drops its own gradient", (ON,),
             "A masked step hands on what comes from later, but not the gradient that reaches it "
             "from outside. Is its state used by the loss?"),
     *within(UNMASKED, IN_BACKWARD)],
    [Probe(UNMASKED, lambda a: a | {"mask": a["mask"] | True}, tuple(GRADIENTS)),
     Probe(SILENT, masked_first, ("dW_x", "db")),
     Probe(ON, lambda a: a | {"mask": a["mask"] & False}, ("dh_0",))],
    masked_backward, draw_masked,
)  # fmt: skip
ASSIGNMENT = Assignment(
    "bptt", "3.2 Backpropagation through time", [FORWARD, BACKWARD, TRUNCATED, MASKED]
)
