"""Assignment for chapter 6.1a: lanes, carried state, bits, sampling, and a bigram to beat."""

import numpy as np

from rnncheck.engine import Arguments, Assignment, Function, Idea, Mistake, Probe
from rnncheck.forward import zero
from rnncheck.language_model_formulas import (
    bigrams,
    bits_and_perplexity,
    draw_bigrams,
    draw_bits,
    draw_lanes,
    draw_read,
    draw_sample,
    lanes,
    read,
    sample,
)

__all__ = ["ASSIGNMENT"]


def one_window(arguments: Arguments) -> Arguments:
    """A change for a probe: the first window alone."""
    return arguments | {"s": arguments["s"][:, : arguments["window"]]}


def alone(arguments: Arguments) -> Arguments:
    """A change for a probe: one symbol of one lane."""
    return {name: value[:1, :1] for name, value in arguments.items()}


def all_seen(arguments: Arguments) -> Arguments:
    """A change for a probe: every symbol comes, some twice in the same context."""
    V = len(arguments["lower"])
    return arguments | {"ids": np.concatenate([np.arange(V), np.arange(V), arguments["ids"]])}


def once_each(arguments: Arguments) -> Arguments:
    """A change for a probe: every symbol comes once and gives all it has, to all alike."""
    V = len(arguments["lower"])
    return {"ids": np.arange(V), "lower": np.full(V, 1 / V), "d": 1.0}


def one_symbol(arguments: Arguments) -> Arguments:
    """A change for a probe: a text of one symbol, nothing taken away."""
    return arguments | {"ids": np.zeros(5, int), "d": 0.0}


STRETCH, NEXT = "a lane is one stretch of the text", "the target is the next symbol"
LANES = Function(
    "lanes", {"x": "(B, T)", "y": "(B, T)"},
    'chapter 6.1a, "A network with a memory", the figure of the lanes and equation (6.6)',
    [Idea(STRETCH, 2), Idea(NEXT, 2)],
    [Mistake("dealt out in turn", (STRETCH,),
             "The symbols are dealt out like cards, so no lane can be read. Where does a lane go "
             "on after its first symbol, see the figure?"),
     Mistake("lanes overlap", (STRETCH,),
             "Each lane begins one symbol after the one above it, so all hold nearly the same "
             "text. Where does the second lane begin in the figure?"),
     Mistake("remainder dropped in front", (STRETCH,),
             "The symbols that fill no step are left out at the beginning. The text above asks to "
             "leave them out at the end."),
     Mistake("target is the input", (NEXT,),
             "The targets are the inputs themselves. How far on is the target, see the sentences "
             "below (6.5)?"),
     Mistake("target wraps around in its lane", (NEXT,),
             "The last target of a lane is the lane's own first symbol. Which symbol of the text "
             "comes behind the last one of a lane?"),
     Mistake("next symbol of the next lane", (NEXT,),
             "The targets are the inputs of the next lane. How far on is the target, see the "
             "sentences below (6.5)?"),
     Mistake("inputs and targets exchanged", (NEXT,),
             "Inputs and targets have changed places: the network would guess the past.")],
    [Probe(STRETCH, lambda a: a | {"B": 2}, ("x",)), Probe(NEXT, lambda a: a, ("y",))],
    lanes, draw_lanes,
    corners=("where a lane has one step (T = 1)", "where there is one lane (B = 1)", ""),
)  # fmt: skip
STEP, CARRIED, WHOLE = "one step", "the state goes on in its lane", "every step is read"
READ = Function(
    "read", {"h": "(B, T, H)"},
    'chapter 6.1a, "A network with a memory", equations (6.5) and (6.6)',
    [Idea(STEP, 1), Idea(CARRIED, 2), Idea(WHOLE, 1)],
    [Mistake("no embedding", (STEP,),
             "The number of a symbol is added itself, as if symbol 9 were more than symbol 3. What "
             "becomes of a symbol above (6.5)?"),
     Mistake("symbols one step late", (STEP,),
             "Each step reads the symbol of the step before. Which one does step t read in (6.5)?"),
     Mistake("no bias", (STEP,), "The bias is missing, see the formula above this function."),
     Mistake("each window starts from h_0", (CARRIED,),
             "Every window starts from the first initial state. From what does window k + 1 start "
             "in (6.6)?"),
     Mistake("each window starts from zeros", (CARRIED,),
             'Every window but the first starts from zeros: see "How not to evaluate". From what '
             "does window k + 1 start in (6.6)?"),
     Mistake("first state of the window carried", (CARRIED,),
             "A window hands on its first state. Which of its states does (6.6) carry?"),
     Mistake("state goes to the next lane", (CARRIED,),
             "Each lane goes on with the state of the lane above it. Along which arrows does the "
             "state go in the figure?"),
     Mistake("mean state of the lanes", (CARRIED,),
             "All lanes go on with the mean of their states. Along which arrows does the state go "
             "in the figure?"),
     Mistake("h_0 ignored", (CARRIED,),
             "The first window starts from zeros, whatever initial state is given."),
     Mistake("short window left out", (WHOLE,),
             "Where the window does not divide T, the steps left over at the end are missing.")],
    [Probe(STEP, lambda a: zero("h_0")(one_window(a)), ("h",)),
     Probe(CARRIED, zero("s", "E", "b"), ("h",)),
     Probe(WHOLE, lambda a: zero("s", "E", "W_h")(a) | {"window": 3}, ("h",))],
    read, draw_read,
)  # fmt: skip
CAME, LOG, MEAN, CHOICES = "the symbol that came", "bits", "the mean", "perplexity"
BITS = Function(
    "bits_and_perplexity", {"b": "()", "PP": "()"},
    'chapter 6.1a, "Bits and perplexity", equations (6.2) and (6.3)',
    [Idea(CAME, 1), Idea(LOG, 1), Idea(MEAN, 1), Idea(CHOICES, 1)],
    [Mistake("softmax over the steps", (CAME,),
             "The probabilities add up to 1 over the steps. Over what should those of one step add "
             "up to 1?"),
     Mistake("the most probable symbol", (CAME,),
             "Counted is the probability of the best guess. The probability of which symbol is in "
             "(6.2)?"),
     Mistake("nats in place of bits", (LOG,),
             "The result is in nats. Which logarithm has (6.2), and how do the two differ, below "
             "it?"),
     Mistake("decimal logarithm", (LOG,),
             "The logarithm is that to the base 10. Which one has (6.2)?"),
     Mistake("sign missing", (LOG,),
             "The bits are negative. What does a certain event cost, and what a coin?"),
     Mistake("logarithm of the mean", (MEAN,),
             "The probabilities are averaged before the logarithm. In which order does (6.2) do "
             "the two?"),
     Mistake("sum in place of the mean", (MEAN,),
             "The bits are those of the whole text. Which factor stands in front of the sum of "
             "(6.2)?"),
     Mistake("e to the bits", (CHOICES,),
             "The perplexity is a power of e with bits in the exponent. Which two powers are "
             "equal in (6.3)?"),
     Mistake("2 to the nats", (CHOICES,),
             "The perplexity is a power of 2 with nats in the exponent. Which two powers are "
             "equal in (6.3)?"),
     Mistake("mean of the inverse probabilities", (CHOICES,),
             "The perplexity is the mean of 1/P. What kind of mean is the last form of (6.3)?"),
     Mistake("perplexity times N", (CHOICES,),
             "The perplexity grows with the length of the text. What is it for four equal "
             "choices each time?")],
    [Probe(CAME, alone, ("PP",)), Probe(LOG, lambda a: zero("y")(alone(a)), ("b",)),
     Probe(MEAN, zero("y"), ("b",)), Probe(CHOICES, zero("y"), ("PP",))],
    bits_and_perplexity, draw_bits,
)  # fmt: skip
TEMPERATURE, DRAWN = "the temperature", "from a number to a symbol"
SAMPLE = Function(
    "sample", {"symbols": "(N,)"}, 'chapter 6.1a, "Writing", equation (6.7)',
    [Idea(TEMPERATURE, 2), Idea(DRAWN, 2)],
    [Mistake("temperature ignored", (TEMPERATURE,),
             "The temperature has no effect. Where does it stand in (6.7)?"),
     Mistake("temperature multiplied", (TEMPERATURE,),
             "A low temperature flattens and a high one sharpens: it works the wrong way round. "
             "What is done with the logits in (6.7)?"),
     Mistake("probabilities divided", (TEMPERATURE,),
             "The temperature divides the probabilities, which then no longer add up to 1. What "
             "does it divide in (6.7)?"),
     Mistake("not divided by the sum", (TEMPERATURE,),
             "The exponentials are not turned into probabilities. What is the denominator of "
             "(6.7)?"),
     Mistake("most probable symbol", (DRAWN,),
             "It always takes the most probable symbol, as temperature 0 would, whatever the "
             "number u."),
     Mistake("every symbol alike", (DRAWN,),
             "All symbols are equally likely, whatever the logits. How long a part of the line "
             "from 0 to 1 should each symbol get?"),
     Mistake("one number for all", (DRAWN,),
             "All rows are drawn with the first number. Which u belongs to which row?"),
     Mistake("one symbol too far", (DRAWN,),
             "Each symbol is one too far. Which one should come where u is almost 0?"),
     Mistake("largest symbol below u", (DRAWN,),
             "Single probabilities are compared with u. With what sum of probabilities should u be "
             "compared, see the rule above this function?"),
     Mistake("counted from the last symbol", (),
             "This draws with the right probabilities, but it begins with the last symbol. The "
             "rule above this function begins with the first. No points are lost for that.")],
    [Probe(TEMPERATURE, lambda a: a | {"temperature": 0.01}, ("symbols",)),
     Probe(DRAWN, lambda a: a | {"temperature": 1.0}, ("symbols",))],
    sample, draw_sample,
    corners=("", "where there are few numbers", ""),
)  # fmt: skip
COUNTS, TAKEN, GIVEN = "counting pairs", "the discount", "what is handed on"
BELOW = "the order below"
BIGRAMS = Function(
    "bigrams", {"P": "(V, V)"}, 'chapter 6.1a, "Counting: n-grams", equation (6.4)',
    [Idea(COUNTS, 1), Idea(TAKEN, 1), Idea(GIVEN, 1), Idea(BELOW, 1)],
    [Mistake("rows and columns exchanged", (COUNTS,),
             "Rows and columns have changed places. Over which index should a sum be 1, that of "
             "the context or that of the next symbol?"),
     Mistake("ring left open", (COUNTS,),
             "One pair is missing: as in the chapter, the end meets the start."),
     Mistake("divided by all pairs", (COUNTS,),
             "These are shares of all pairs. What is the denominator of (6.4), for a context c?"),
     Mistake("no discount", (TAKEN,),
             "These are raw shares, without smoothing. What does d take from each count in "
             "(6.4)?"),
     Mistake("one added", (TAKEN,),
             "One is added to every count, which is another smoothing. What does (6.4) do with the "
             "counts?"),
     Mistake("discount of what never came", (TAKEN,),
             "Pairs that never came get less than nothing. What is d(0), below (6.4)?"),
     Mistake("nothing handed on", (GIVEN,),
             "What is taken from the counts is lost: no row adds up to 1. What is the second term "
             "of (6.4)?"),
     Mistake("d handed on for every symbol", (GIVEN,),
             "More is handed on than was taken. From how many counts of this context was "
             "something taken, see (6.4)?"),
     Mistake("d handed on once", (GIVEN,),
             "Less is handed on than was taken. From how many counts of this context was "
             "something taken, see (6.4)?"),
     Mistake("1/V below", (BELOW,),
             "The model below is taken as 1/V. Which one does (6.4) take at order 2?"),
     Mistake("unseen context left at zero", (BELOW,),
             "A context that was never seen has no probabilities. What does the text below (6.4) "
             "say of it?"),
     Mistake("unseen context gets 1/V", (BELOW,),
             "A context that was never seen gets 1/V. What does the text below (6.4) say of it?")],
    [Probe(COUNTS, lambda a: all_seen(a) | {"d": 0.0}, ("P",)),
     Probe(TAKEN, lambda a: zero("lower")(a) | {"ids": np.tile([0, 1], 3)}, ("P",)),
     Probe(GIVEN, once_each, ("P",)),
     Probe(BELOW, one_symbol, ("P",))],
    bigrams, draw_bigrams,
    corners=("", "", ""),
)  # fmt: skip
ASSIGNMENT = Assignment(
    "language_model", "6.1a A language model", [LANES, READ, BITS, SAMPLE, BIGRAMS]
)
