"""Assignment for chapter 4.1: the derivation by numbers, and a numeric gradient to check it."""

from rnncheck.derivation_formulas import (
    cross_entropy,
    cross_entropy_gradient,
    delta_step,
    draw,
    draw_delta,
    draw_gradients,
    draw_loss,
    nudged,
    weight_gradients,
)
from rnncheck.engine import Arguments, Assignment, Function, Idea, Mistake, Probe
from rnncheck.forward import first, within, zero

__all__ = ["ASSIGNMENT"]


def all_valid(arguments: Arguments) -> Arguments:
    """A change for a probe: no position is masked."""
    return arguments | {"mask": arguments["mask"] | True}


def alone(arguments: Arguments) -> Arguments:
    """A change for a probe: one position counts, and it is the only one."""
    return {name: value[:1, :1] for name, value in all_valid(arguments).items()}


def flat(arguments: Arguments) -> Arguments:
    """A change for a probe: all logits are alike, so that only the mean shows."""
    return zero("y")(arguments)


def one_step(arguments: Arguments) -> Arguments:
    """A change for a probe: one step."""
    return first(arguments) | {"y_bar": arguments["y_bar"][:, :1]}


def slow(arguments: Arguments) -> Arguments:
    """A change for a probe: the loss is nearly a line of W_h, whichever way it is nudged."""
    return arguments | {"h_0": 0.01 * arguments["h_0"], "x": 0.01 * arguments["x"],
                        "b": 0.01 * arguments["b"], "eps": 1e-3}  # fmt: skip


def steep(arguments: Arguments) -> Arguments:
    """A change for a probe: eps is ½, so that dividing by 2 eps changes nothing."""
    return all_valid(arguments) | {"eps": 0.5}


SOFTMAX, LOG, MEAN = "the probabilities", "the surprise of the label", "the mean over positions"
IN_SOFTMAX = [
    Mistake("softmax over the steps", (SOFTMAX,),
            "The probabilities add up to 1 over the steps. Over what does the sum in the "
            "denominator run, above (4.6)?"),
    Mistake("softmax over everything", (SOFTMAX,),
            "The probabilities add up to 1 over the whole batch. Over what does the sum in the "
            "denominator run, above (4.6)?"),
    Mistake("softmax twice", (SOFTMAX,),
            "Softmax is applied twice. What is y, logits or probabilities? See the pitfall of this "
            "name."),
    Mistake("sigmoid in place of softmax", (SOFTMAX,),
            "Each logit goes through a sigmoid by itself. What do the probabilities of one "
            "position add up to, below (4.6)?"),
]  # fmt: skip
BOTH_MASKS = [
    Mistake("mask ignored", (MEAN,),
            "All positions count, whatever the mask says. Which ones are in S, above (4.3)?"),
    Mistake("mask inverted", (MEAN,),
            "The mask is read the wrong way round: which positions count, those with True or those "
            "with False?"),
    Mistake("masked positions counted", (MEAN,),
            "The mean is taken over all positions of the array. How many members has S, above "
            "(4.3)?"),
    Mistake("divided by B", (MEAN,),
            "The division is by the number of sequences. By what is it in (4.3), with a loss at "
            "every step?"),
]  # fmt: skip
LOSS = Function(
    "cross_entropy", {"L": "()"}, 'chapter 4.1, "The loss and the output layer", (4.3) and (4.7)',
    [Idea(SOFTMAX, 1), Idea(LOG, 1), Idea(MEAN, 2)],
    [*IN_SOFTMAX, *BOTH_MASKS,
     Mistake("exponentials not divided", (SOFTMAX,),
             "The loss is the logit itself with a minus: the denominator of softmax is missing."),
     Mistake("no logarithm", (LOG,),
             "The loss is the probability itself with a minus. What stands in front of it in "
             "(4.7)?"),
     Mistake("bits in place of nats", (LOG,),
             "The loss is in bits. Which logarithm has (4.7)?"),
     Mistake("sign missing", (LOG,),
             "The loss has the wrong sign: the better the answer, the larger it is."),
     Mistake("sum in place of the mean", (MEAN,),
             "The losses of the positions are added up. What does (4.3) do with them?"),
     Mistake("each sequence averaged first", (MEAN,),
             "Each sequence is averaged first, so a position in a short one counts more. Over what "
             "is the mean taken in (4.3)?")],
    [Probe(SOFTMAX, alone, ("L",)), Probe(LOG, lambda a: flat(alone(a)), ("L",)),
     Probe(MEAN, flat, ("L",))],
    cross_entropy, draw_loss,
)  # fmt: skip
PAIR, BY_N = "probability minus one-hot", "what it is divided by"
OUTSIDE = "zero where nothing counts"
GRADIENT = Function(
    "cross_entropy_gradient", {"y_bar": "(B, T, K)"},
    'chapter 4.1, "The loss and the output layer", equations (4.6) and (4.7)',
    [Idea(PAIR, 2), Idea(BY_N, 1), Idea(OUTSIDE, 1)],
    [*within(PAIR, IN_SOFTMAX),
     Mistake("one-hot not subtracted", (PAIR,),
             "The gradient is the probability alone. What is subtracted at the label in (4.7)?"),
     Mistake("only the entry of the label", (PAIR,),
             "Only the logit of the label gets a gradient. What does row i of (4.6) say of the "
             "other probabilities?"),
     Mistake("label's entry alone, as −1/p", (PAIR,),
             "This is the derivative at the probability of the label. Which Jacobian comes "
             "behind it before it is one at the logits, see (4.6)?"),
     Mistake("slope of a sigmoid once more", (PAIR,),
             "The difference is multiplied by a slope once more. What cancels in the sentence "
             "above (4.7)?"),
     Mistake("sign turned", (PAIR,),
             "The sign is turned: a step against the gradient should raise the label's logit. In "
             "which order does the difference stand in (4.7)?"),
     Mistake("not divided by N", (BY_N,),
             "This is the gradient of the sum. What does the mean of (4.3) put in front of (4.7)?"),
     *within(BY_N, BOTH_MASKS[2:]),
     Mistake("divided by N and K", (BY_N,),
             "The division is by the number of outputs, too. To which loss does that belong, (4.7) "
             "or (4.8)?"),
     Mistake("gradient at masked positions", (OUTSIDE,),
             "Positions that do not count have a gradient. See the sentence below (4.8)."),
     BOTH_MASKS[0]._replace(ideas=(OUTSIDE, BY_N)), *within(OUTSIDE, BOTH_MASKS[1:2])],
    [Probe(PAIR, alone, ("y_bar",)), Probe(BY_N, lambda a: flat(all_valid(a)), ("y_bar",)),
     Probe(OUTSIDE, flat, ("y_bar",))],
    cross_entropy_gradient, draw_loss,
)  # fmt: skip
OUTPUT, RECUR, SLOPE = "what enters from the output", "what the later step sends back", "φ′"
IN_DELTA = [
    Mistake("state times output gradient", (OUTPUT,),
            "What enters from the output is multiplied by the state. Of the two gradients in the "
            "first lines of (4.9), which one has the state in it?"),
    Mistake("missing recurrent term", (RECUR,),
            "The later steps send nothing back. What is the second term of (4.14)?"),
    Mistake("missing transpose", (RECUR,),
            "On the way back the recurrent weights act as they do forward. Changes go forward with "
            "J; with what do gradients go back, see (4.14)?"),
    Mistake("no W_h", (RECUR,),
            "The later δ arrives unchanged. What lies between this state and the later "
            "pre-activation, see (4.10)?"),
    Mistake("missing φ′", (SLOPE,),
            "The gradient does not pass through tanh. What distinguishes δ from the gradient at h, "
            "see (4.15)?"),
    Mistake("φ′ at h", (SLOPE,),
            "The derivative of tanh is taken at h as if h were the pre-activation. What does the "
            "sentence below the table of activations warn of? See (4.13)."),
    Mistake("1 − h in place of 1 − h²", (SLOPE,),
            "The derivative of tanh, written with h, is not quite right. See (4.13)."),
    Mistake("recurrent gradient not multiplied by φ′", (SLOPE,),
            "Only what enters from the output passes through tanh. What is multiplied in (4.15)?"),
    Mistake("φ′ on the wrong side of W_h", (SLOPE,),
            "The slope of this step is applied to the later δ, in front of the recurrent weights. "
            "On which side does the diagonal matrix stand in (4.12), and which step's slope is "
            "it?"),
]  # fmt: skip
DELTA = Function(
    "delta_step", {"delta_t": "(B, H)"},
    'chapter 4.1, "From changes to gradients", equations (4.9) and (4.13) to (4.15)',
    [Idea(OUTPUT, 1), Idea(RECUR, 2), Idea(SLOPE, 1)], IN_DELTA,
    [Probe(OUTPUT, lambda a: zero("delta_later")(a) | {"h_t": 0.001 * a["h_t"]}, ("delta_t",)),
     Probe(RECUR, zero("y_bar_t", "h_t"), ("delta_t",)), Probe(SLOPE, zero("W_h"), ("delta_t",))],
    delta_step, draw_delta,
)  # fmt: skip
EVERY, ADDED, BEFORE = "δ of every step", "sums over time and batch", "the state in front"
TOP = "the output weights"
GRADIENTS = {"dW_x": "(D, H)", "dW_h": "(H, H)", "db": "(H,)", "dW_y": "(H, K)", "db_y": "(K,)"}
WEIGHTS = Function(
    "weight_gradients", GRADIENTS,
    'chapter 4.1, "From changes to gradients", equations (4.9) and (4.14) to (4.17)',
    [Idea(EVERY, 1), Idea(ADDED, 1), Idea(BEFORE, 1), Idea(TOP, 1)],
    [Mistake("forward-running loop", (EVERY,),
             "The loop runs forward. Which δ must be known before that of step t, see (4.14)?"),
     Mistake("no sum over time", (ADDED,),
             "The gradients are those of one step only. At how many steps is a weight used, see "
             "the u of (4.10)?"),
     Mistake("mean over the batch", (ADDED,),
             "The gradients are averaged over the batch. Where is the mean of (4.3) already?"),
     Mistake("mean over time", (ADDED,),
             "The gradients are averaged over the steps. Where is the mean of (4.3) already?"),
     Mistake("h_t instead of h_{t-1} in dW_h", (BEFORE,),
             "dW_h uses the state behind the step. Which state does W_h multiply in (4.1)?"),
     Mistake("h_0 left out of dW_h", (BEFORE,),
             "dW_h lacks the first step. Which state came in front of it?"),
     Mistake("h[:, -1] in place of h_0", (BEFORE,),
             "At the first step dW_h uses the last state: what does an index of -1 mean in "
             "Python, and which state came in front of step 1?"),
     Mistake("h_{t-1} in dW_y", (TOP,),
             "dW_y uses the state in front of the step. Which state is in (4.2) and (4.9)?"),
     Mistake("output weights of the last step", (TOP,),
             "dW_y and db_y are those of the last step. What is summed in (4.9)?"),
     *within(EVERY, IN_DELTA)],
    [Probe(EVERY, one_step, ("db",)), Probe(ADDED, zero("W_h"), ("dW_x", "db")),
     Probe(BEFORE, one_step, ("dW_h",)), Probe(BEFORE, zero("W_h"), ("dW_h",)),
     Probe(TOP, one_step, ("dW_y", "db_y"))],
    weight_gradients, draw_gradients, uses=("delta_step",),
)  # fmt: skip
ENTRY, SIDES, RATIO = "one entry at a time", "both sides", "a difference becomes a slope"
NUDGED = Function(
    "nudged", {"gradient": "(H, H)"},
    'chapter 4.1, "The loss and the output layer", the function jacobian, and chapter 3.2, "Is it '
    'right? The gradient check"',
    [Idea(ENTRY, 1), Idea(SIDES, 2), Idea(RATIO, 1)],
    [Mistake("not set back", (ENTRY,),
             "An entry keeps its nudge while the next ones are nudged. What should be different "
             "between the two losses of an entry, and what should not?"),
     Mistake("whole column nudged", (ENTRY,),
             "A whole column is nudged at once. How many entries does one derivative belong to?"),
     Mistake("one side only", (SIDES,),
             "The loss is nudged to one side only. How many losses does the function jacobian of "
             "the chapter take for each entry? Its error is much smaller."),
     Mistake("divided by eps", (RATIO,),
             "All numbers are twice as large as they should be. How far apart are the two places "
             "at which the loss is taken?"),
     Mistake("multiplied by eps", (RATIO,),
             "The difference is multiplied by eps. What turns a difference into a slope?"),
     Mistake("not divided", (RATIO,),
             "This is the difference of two losses. What turns a difference into a slope?"),
     Mistake("minus in front", (SIDES,),
             "All signs are turned. Which of the two losses is taken from which?")],
    [Probe(ENTRY, slow, ("gradient",)), Probe(SIDES, steep, ("gradient",)),
     Probe(RATIO, slow, ("gradient",))],
    nudged, draw, uses=("cross_entropy",),
)  # fmt: skip
ASSIGNMENT = Assignment(
    "derivation", "4.1 The derivation by numbers", [LOSS, GRADIENT, DELTA, WEIGHTS, NUDGED]
)
