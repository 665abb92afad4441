"""Assignment for chapter 8.1a: the LSTM, one step and over time, forward and back."""

from typing import Any

import numpy as np

from rnncheck.engine import Arguments, Assignment, Function, Idea, Mistake, Probe
from rnncheck.forward import first, within, zero
from rnncheck.lstm_formulas import (
    draw,
    draw_back,
    draw_step,
    draw_step_back,
    lstm_backward,
    lstm_forward,
    lstm_step,
    lstm_step_back,
)

__all__ = ["ASSIGNMENT"]


def alike(*zeros: str) -> Any:
    """A change for a probe: all four blocks have the same weights, so their order is silent."""

    def change(arguments: Arguments) -> Arguments:
        weights = {
            n: np.tile(np.split(arguments[n], 4, axis=-1)[0], 4) for n in ("W_x", "W_h", "b")
        }
        return zero(*zeros)(arguments | weights)

    return change


def gates_set(change: dict[int, float], *zeros: str) -> Any:
    """A change for a probe: gates (by block) get these values, and some arguments are zero."""

    def changed(arguments: Arguments) -> Arguments:
        blocks = np.split(arguments["gates"].copy(), 4, axis=-1)
        for k, value in change.items():
            blocks[k][...] = value
        return zero(*zeros)(arguments) | {"gates": np.concatenate(blocks, axis=-1)}

    return changed


def quiet(f: float, *zeros: str) -> Any:
    """A change for a probe: empty cells and candidates, o open: only the input gate's partner."""
    return gates_set({1: f, 2: 0.0, 3: 1.0}, "c", "c_0", *zeros)


def hardly_open(arguments: Arguments) -> Arguments:
    """A change for a probe: small pre-activations, all alike, and an empty cell."""
    empty = zero("x_t", "h_before", "c_before", "b")(arguments)
    return empty | {"b": empty["b"] + 0.01}


def full_cell(arguments: Arguments) -> Arguments:
    """A change for a probe: a cell so full that only its sign shows, gates at one half."""
    empty = zero("x_t", "h_before", "c_before", "b")(arguments)
    return empty | {"c_before": empty["c_before"] + 40}


def open_gates(arguments: Arguments) -> Arguments:
    """A change for a probe: i and o open, f shut, the candidate from its bias alone."""
    H = len(arguments["b"]) // 4
    b = np.repeat([9.0, -9.0, 0.5, 9.0], H)
    return zero("x_t", "h_before", "c_before")(arguments) | {"b": b}


def equal_parts(arguments: Arguments) -> Arguments:
    """A change for a probe: all partners are ½, and only the cell's path brings a gradient."""
    half = {name: arguments[name] * 0 + 0.5 for name in ("c_t", "c_before", "gates")}
    return arguments | half | {"dh_t": arguments["dh_t"] * 0}


def at_the_end(arguments: Arguments) -> Arguments:
    """A change for a probe: a gradient enters at the last step only."""
    last = np.arange(arguments["dh"].shape[1]) == arguments["dh"].shape[1] - 1
    return arguments | {"dh": arguments["dh"] * last[:, np.newaxis]}


FOUR, CELL, SHOWN = "the four blocks, in their order", "the cell", "the output"
IN_A_STEP = [
    Mistake("no recurrent term", (FOUR,),
            "The old state h has no effect on the gates. Count the terms of the first line of "
            "(8.2)."),
    Mistake("no bias", (FOUR,), "The bias is missing. Count the terms of the first line of (8.2)."),
    Mistake("order f, i, c̃, o", (FOUR,),
            "The input and the forget gate have changed places. In which order does the first line "
            "of (8.2) name the blocks, and which gate acts on the old cell?"),
    Mistake("order i, f, o, c̃", (FOUR,),
            "The candidate and the output gate are read from each other's block. In which order "
            "does the first line of (8.2) name the blocks?"),
    Mistake("order i, o, f, c̃", (FOUR,),
            "The blocks are read in the order of ONNX. In which order does the first line of (8.2) "
            "name them?"),
    Mistake("tanh for the gates", (FOUR,),
            "The gates go through tanh, so they can be negative. Between which two numbers does a "
            "gate lie, see the section with (8.1)?"),
    Mistake("sigmoid for the candidate", (FOUR,),
            "The candidate goes through a sigmoid, so the cell can only be raised. Which function "
            "has the third line of (8.2)?"),
    Mistake("candidate not squashed", (FOUR,),
            "The candidate is the bare pre-activation. Which function has the third line of "
            "(8.2)?"),
    Mistake("forget gate missing", (CELL,),
            "The old cell is kept whole: this is the LSTM of 1997. What does the column of today "
            "have in addition, in the table of the two?"),
    Mistake("input gate missing", (CELL,),
            "Everything gets into the cell. Which gate stands in front of what is added, in the "
            "fourth line of (8.2)?"),
    Mistake("1 − f in place of i", (CELL,),
            "Here the forget gate decides what enters, too, as in a GRU or with coupled gates. "
            "How many gates are there in (8.2)?"),
    Mistake("old cell left out", (CELL,),
            "The old cell has no effect, so nothing is remembered. What are the two terms of the "
            "fourth line of (8.2)?"),
    Mistake("h in place of the old cell", (CELL,),
            "The new cell is built on the old state h. The LSTM has two states: which one does "
            "the fourth line of (8.2) take?"),
    Mistake("cell not squashed", (SHOWN,),
            "The cell is shown as it is. What lies between cell and output gate in the last line "
            "of (8.2)?"),
    Mistake("output gate missing", (SHOWN,),
            "The whole cell is shown. Which gate is not used yet, see the last line of (8.2)?"),
    Mistake("old cell shown", (SHOWN,),
            "The output shows the cell of the step before. Which cell is in the last line of "
            "(8.2)?"),
]  # fmt: skip
STATES = {"h_t": "(B, H)", "c_t": "(B, H)"}
STEP = Function(
    "lstm_step", STATES, 'chapter 8.1a, "A path with derivative 1", equation (8.2)',
    [Idea(FOUR, 2), Idea(CELL, 2), Idea(SHOWN, 1)], IN_A_STEP,
    [Probe(FOUR, open_gates, ("c_t",)), Probe(FOUR, alike("c_before"), ("c_t",)),
     Probe(CELL, zero("x_t", "h_before", "b"), ("c_t",)), Probe(CELL, hardly_open, ("c_t",)),
     Probe(SHOWN, full_cell, ("h_t",))],
    lstm_step, draw_step,
)  # fmt: skip
ONE, CARRIED = "the equations of one step", "both states handed on"
FORWARD = Function(
    "lstm_forward", {"h": "(B, T, H)", "c": "(B, T, H)"},
    'chapter 8.1a, "A path with derivative 1", equation (8.2)',
    [Idea(ONE, 1), Idea(CARRIED, 2)],
    [Mistake("cell not handed on", (CARRIED,),
             "Every step starts from the initial cell. Which cell does step t need, see (8.2)?"),
     Mistake("h not handed on", (CARRIED,),
             "The gates of every step see the initial state h. Which one does step t need, see "
             "(8.2)?"),
     Mistake("h handed on as the cell", (CARRIED,),
             "The next step gets h as its cell. Which two states does a step hand on?"),
     Mistake("h_0 ignored", (CARRIED,),
             "The state h starts from zeros, whatever initial state is given."),
     Mistake("c_0 ignored", (CARRIED,),
             "The cell starts from zeros, whatever initial cell is given."),
     Mistake("time reversed", (CARRIED,),
             "The loop runs from the last step to the first. In which order are the states known?"),
     *within(ONE, IN_A_STEP)],
    [Probe(ONE, first, ("h", "c")), Probe(CARRIED, alike("x", "b"), ("h", "c"))],
    lstm_forward, draw, uses=("lstm_step",),
)  # fmt: skip
DC, PARTNER, SLOPE = "the gradient at the cell", "the partner in each product", "the slopes"
ON = "what goes back along the cell"
IN_A_STEP_BACK = [
    Mistake("later cell gradient left out", (DC,),
            "What the later step sends back along the cell has no effect on the gates. How many "
            "terms has (8.4)?"),
    Mistake("output left out of dc", (DC,),
            "The gradient at the cell lacks what comes through the output. Which two things does "
            "the cell feed into, see (8.4)?"),
    Mistake("o missing in dc", (DC,),
            "On the way from the output to the cell the output gate is passed by. Which factors "
            "has the first term of (8.4)?"),
    Mistake("slope of the cell missing", (DC,),
            "On the way from the output to the cell the slope of tanh is passed by. Which factors "
            "has the first term of (8.4)?"),
    Mistake("tanh missing in the cell's slope", (DC,),
            "The slope of tanh, at the cell, is computed from the cell itself. From which value "
            "does (8.4) compute it?"),
    Mistake("partners of i and c̃ exchanged", (PARTNER,),
            "The input gate and the candidate each receive their own value as a factor. What does "
            'each factor of a product receive, see "How to read it" below the drawing?'),
    Mistake("c_t in place of c_{t−1}", (PARTNER,),
            "The forget gate is taught with the new cell. Which cell did it multiply, and which "
            "one is in (8.5)?"),
    Mistake("tanh missing at o", (PARTNER,),
            "The output gate is taught with the bare cell. What did it multiply in the last line "
            "of (8.2)?"),
    Mistake("dh in place of dc at the gates", (PARTNER,),
            "All four blocks get the gradient of the output. Which three of them act on the cell, "
            "and what arrives there, see (8.5)?"),
    Mistake("dc in place of dh at o", (PARTNER,),
            "All four blocks get the gradient of the cell. Which one acts on the output only, see "
            "(8.5)?"),
    Mistake("order f, i, c̃, o", (PARTNER,),
            "The blocks of the input and the forget gate have changed places. In which order does "
            "the first line of (8.2) name the blocks?"),
    Mistake("order i, f, o, c̃", (PARTNER,),
            "The blocks of the candidate and the output gate have changed places. In which order "
            "does the first line of (8.2) name the blocks?"),
    Mistake("slope of the gates missing", (SLOPE,),
            "The gradient does not pass through the sigmoids of the gates. What are the last two "
            "factors of δ of i, f and o in (8.5)?"),
    Mistake("tanh's slope for the gates", (SLOPE,),
            "The gates have the slope of tanh. Which function squashes a gate, and which slope "
            "belongs to it, see the sentence above (8.5)?"),
    Mistake("sigmoid twice", (SLOPE,),
            "The slope of the gates is taken at the gate as if that were the pre-activation. What "
            "is the gate already, see (8.5)?"),
    Mistake("slope of the candidate missing", (SLOPE,),
            "The gradient does not pass through the tanh of the candidate. What is the last "
            "factor of its δ in (8.5)?"),
    Mistake("sigmoid's slope for the candidate", (SLOPE,),
            "The candidate has the slope of a sigmoid. Which function squashes it, and which "
            "slope belongs to that, see the sentence above (8.5)?"),
    Mistake("tanh twice", (SLOPE,),
            "The slope of the candidate is taken at the candidate as if that were the "
            "pre-activation. What is the candidate already, see (8.5)?"),
    Mistake("f missing on the way back", (ON,),
            "The old cell receives the gradient of the new one unchanged. What stands behind the "
            "later gradient in the second term of (8.4)?"),
    Mistake("i in place of f on the way back", (ON,),
            "On the way to the old cell stands the wrong gate. Which one did the old cell pass in "
            "the fourth line of (8.2)?"),
    Mistake("only the later gradient handed back", (ON,),
            "The old cell hears only of the later steps, not of the output of this one. Is it the "
            "whole gradient at the cell that (8.4) hands back?"),
]  # fmt: skip
STEP_BACK = Function(
    "lstm_step_back", {"delta": "(B, 4H)", "dc_before": "(B, H)"},
    'chapter 8.1a, "Every gate\'s gradient", equations (8.4) and (8.5)',
    [Idea(DC, 2), Idea(PARTNER, 2), Idea(SLOPE, 2), Idea(ON, 1)], IN_A_STEP_BACK,
    [Probe(DC, gates_set({1: 1.0}), ("dc_before",)),
     Probe(PARTNER, gates_set({2: 0.0}, "dh_t", "c_before"), ("delta",)),
     Probe(SLOPE, equal_parts, ("delta",)), Probe(ON, zero("dh_t"), ("dc_before",))],
    lstm_step_back, draw_step_back,
)  # fmt: skip
BACK, TWO, ADDED = "the equations of one step back", "the two ways back", "sums over time and batch"
BEFORE = "the states in front of each step"
# In the whole sequence these are the same as another mistake, or as no answer at all.
SAME_BELOW = ("later cell gradient left out", "output left out of dc")
BACKWARD = Function(
    "lstm_backward",
    {"dx": "(B, T, D)", "dh_0": "(B, H)", "dc_0": "(B, H)", "dW_x": "(D, 4H)", "dW_h": "(H, 4H)",
     "db": "(4H,)"},
    'chapter 8.1a, "Every gate\'s gradient", equations (8.3) to (8.6)',
    [Idea(BACK, 1), Idea(TWO, 2), Idea(ADDED, 1), Idea(BEFORE, 1)],
    [Mistake("cell gradient not handed back", (TWO,),
             "What arrives at the cell is not handed to the step before: the path with derivative "
             "1 is cut. See the second term of (8.4)."),
     Mistake("missing recurrent term", (TWO,),
             "The four blocks of the later step send nothing back to h: this is the truncated "
             "gradient of 1997. What is the second term of (8.3)?"),
     Mistake("gradient overwritten instead of added", (TWO,),
             "At h two gradients meet, from outside and from the later step; here the second "
             "replaces the first. See (8.3)."),
     Mistake("forward-running loop", (TWO,),
             "The loop runs forward. Which δ must be known before that of step t, see (8.3)?"),
     Mistake("no sum over time", (ADDED,),
             "The gradients of the weights are those of one step only. How often is a weight "
             "used? See (8.6)."),
     Mistake("mean over the batch", (ADDED,),
             "The gradients of the weights are averaged over the batch. What does the sentence "
             "below (8.6) say of the rows of the batch?"),
     Mistake("h_t in dW_h", (BEFORE,),
             "dW_h uses the state behind the step. Which state did W_h multiply in (8.2), and "
             "which one is in (8.6)?"),
     Mistake("index −1 in place of the initial states", (BEFORE,),
             "The first step uses the last states: what does an index of -1 mean in Python, and "
             "which states came in front of step 1?"),
     Mistake("initial states taken as zero", (BEFORE,),
             "The first step is treated as if the states in front of it were zero. Which ones "
             "came there?"),
     *within(BACK, [m for m in IN_A_STEP_BACK if m.name not in SAME_BELOW])],
    [Probe(BACK, lambda a: zero("c_0")(first(a)), ("db",)),
     Probe(TWO, lambda a: at_the_end(quiet(1.0)(a)), ("dh_0", "dc_0")),
     Probe(ADDED, quiet(0.0, "W_h"), ("dW_x", "db")),
     Probe(BEFORE, lambda a: first(quiet(0.0)(a)), ("dW_h",)),
     Probe(BEFORE, quiet(0.0, "W_h"), ("dW_h",))],
    lstm_backward, draw_back, uses=("lstm_step_back",),
)  # fmt: skip
ASSIGNMENT = Assignment("lstm", "8.1 The LSTM", [STEP, FORWARD, STEP_BACK, BACKWARD])
