"""Assignment for chapter 5.1: sequences from a table, padding, and what needs no network."""

from collections.abc import Callable

import numpy as np

from rnncheck.engine import Arguments, Assignment, Function, Idea, Mistake, Probe
from rnncheck.first_program_formulas import (
    baselines,
    best_from_count,
    days,
    draw_baselines,
    draw_count,
    draw_days,
    draw_last,
    draw_pad,
    last_valid,
    pad,
)

__all__ = ["ASSIGNMENT"]


def of_two(sizes: tuple[int, int]) -> Callable[[Arguments], Arguments]:
    """A change for a probe: two sequences of these lengths, none of their values zero."""

    def change(arguments: Arguments) -> Arguments:
        F = arguments["values"].shape[1]
        values = np.arange(1.0, sum(sizes) * F + 1).reshape(-1, F)
        return {"values": values, "lengths": np.array(sizes)}

    return change


def some_zeros(arguments: Arguments) -> Arguments:
    """A change for a probe: two sequences, all their values zero."""
    return {"values": 0 * np.ones((5, 2)), "lengths": np.array([2, 3])}


def one_feature(arguments: Arguments) -> Arguments:
    """A change for a probe: one feature and whole days."""
    hours = len(arguments["series"]) // arguments["hours"] * arguments["hours"]
    return arguments | {"series": arguments["series"][:hours, :1]}


def two_lengths(arguments: Arguments) -> Arguments:
    """A change for a probe: states that change only behind the end of their sequence."""
    T = arguments["h"].shape[1]
    mask = np.arange(T) < np.array([[2], [T], [3]])
    return {"h": np.array([1.0, 2.0, 3.0])[:, np.newaxis, np.newaxis] + 9 * ~mask[..., np.newaxis],
            "mask": mask}  # fmt: skip


DAY, TARGET = "a day is one sequence", "the target lies in the next day"
DAYS = Function(
    "days", {"x": "(N, hours, F)", "y": "(N, F)"},
    'chapter 5.1, "One table, three problems", and exercise 1',
    [Idea(DAY, 2), Idea(TARGET, 2)],
    [Mistake("axes named in another order", (DAY,),
             "The shape is right, but hours and features are mixed: a table in the order of time "
             "was cut as if the features came first. Print one day and compare it with the table."),
     Mistake("hours dealt out to the days", (DAY,),
             "The shape is right, but one day holds hours of all days. Print one day and compare "
             "it with the table."),
     Mistake("remainder dropped in front", (DAY,),
             "The hours of the unfinished day are dropped at the beginning, so every day starts at "
             "a wrong hour. At which end is the unfinished day?"),
     Mistake("target from the same day", (TARGET,),
             "The target stands in the inputs of its own sequence, so nothing has to be predicted. "
             "Of which day does exercise 1 want the values?"),
     Mistake("hours counted from 1", (TARGET,),
             "The target is one hour early. Are the hours here counted from 0 or from 1?"),
     Mistake("next hour", (TARGET,),
             "The target is the first hour of the next day. Which hour is asked for?"),
     Mistake("mean of the next day", (TARGET,),
             "The target is a mean over the next day. Which hour is asked for?"),
     Mistake("target from the day before", (TARGET,),
             "The target lies in the day before the inputs: the past is predicted.")],
    [Probe(DAY, lambda a: a, ("x",)), Probe(TARGET, one_feature, ("y",))],
    days, draw_days,
    corners=("where a day has three hours", "where there are two days", ""),
)  # fmt: skip
PAIRS, BEST = "two places of one sequence", "the best answer for each count"
COUNT = Function(
    "best_from_count", {"equal": "(n + 1,)", "accuracy": "()"},
    'chapter 5.1, "A task that needs memory", equation (5.1)',
    [Idea(PAIRS, 2), Idea(BEST, 2)],
    [Mistake("the same place twice", (PAIRS,),
             "The two signs are drawn as if they could be one and the same place. How many pairs "
             "of places are there in (5.1)?"),
     Mistake("pairs of plus only", (PAIRS,),
             "Two minus signs are equal, too. How many terms has the numerator of (5.1)?"),
     Mistake("probability of different", (PAIRS,),
             "This is the probability that the two signs differ. What stands on the left of "
             "(5.1)?"),
     Mistake("every count alike", (BEST,),
             "All counts weigh the same. How many of all sequences have four plus signs of eight, "
             "and how many have eight?"),
     Mistake("always the answer equal", (BEST,),
             "The rule always says equal. What does the best rule say where (5.1) is below one "
             "half?"),
     Mistake("equal above one half, else nothing", (BEST,),
             "The rule has no answer where (5.1) is below one half. What does the best rule say "
             "there, and how often is it right?"),
     Mistake("best count only", (BEST,),
             "This is the accuracy for the easiest count. How often does that one come?")],
    [Probe(PAIRS, lambda a: a, ("equal",)), Probe(BEST, lambda a: a, ("accuracy",))],
    best_from_count, draw_count, corners=("", "", ""),
)  # fmt: skip
PLACED, MASK = "where the values stand", "the mask"
PAD = Function(
    "pad", {"x": "(B, T, F)", "mask": "(B, T)"},
    'chapter 5.1, "Pitfalls", number 4, and chapter 3.1, "Sequences of unequal length"',
    [Idea(PLACED, 2), Idea(MASK, 2)],
    [Mistake("padded in front", (PLACED,),
             "The zeros stand in front of the sequences; here they are asked for behind them."),
     Mistake("sequence turned round", (PLACED,),
             "The sequences run backwards. In which order do the rows of a sequence stand?"),
     Mistake("last value repeated", (PLACED,),
             "The padding repeats the last value. Which number is padding here?"),
     Mistake("next sequence in place of zeros", (PLACED,),
             "In place of padding stand the first values of the next sequence. Where does a "
             "sequence end?"),
     Mistake("every sequence from the beginning", (PLACED,),
             "All sequences begin with the same values. Where does the second one start?"),
     Mistake("every sequence as long as the longest", (PLACED,),
             "The second sequence starts as if the first one were as long as the longest. How many "
             "rows does a sequence take?"),
     Mistake("mask by values that are zero", (MASK,),
             "A valid step whose numbers happen to be zero counts as padding. What does the mask "
             "depend on, values or lengths?"),
     Mistake("mask one step too long", (MASK,),
             "The mask is one step too long. How many of its steps are True for a sequence of one "
             "step?"),
     Mistake("mask one step too short", (MASK,),
             "The mask is one step too short. How many of its steps are True for a sequence of "
             "one step?"),
     Mistake("all steps valid", (MASK,),
             "All steps are marked as valid, padding too."),
     Mistake("mask inverted", (MASK,),
             "The mask is the wrong way round: which steps are valid, those with True or those "
             "with False?")],
    [Probe(PLACED, of_two((2, 3)), ("x",)), Probe(PLACED, of_two((3, 1)), ("x",)),
     Probe(MASK, some_zeros, ("mask",)), Probe(MASK, of_two((1, 3)), ("mask",))],
    pad, draw_pad,
    corners=("where each sequence has one step (T = 1)", "where there is one sequence (B = 1)", ""),
)  # fmt: skip
LAST, OWN = "the last valid step", "each sequence has its own"
LAST_VALID = Function(
    "last_valid", {"h_last": "(B, H)"},
    'chapter 5.1, "A task that needs memory", the function mixed_lengths',
    [Idea(LAST, 2), Idea(OWN, 2)],
    [Mistake("one step too far", (LAST,),
             "The state is that of the first padded step. A sequence has n steps: at which index "
             "is the last one?"),
     Mistake("first padded step", (LAST,),
             "The state is that of the first padded step, or of the first step where there is no "
             "padding. A sequence has n steps: at which index is the last one?"),
     Mistake("one step too early", (LAST,),
             "The state is that of the last step but one. A sequence has n steps: at which index "
             "is the last one?"),
     Mistake("first step", (LAST,),
             "The state is that of the first step, which has seen nothing else."),
     Mistake("mean of the valid steps", (LAST,),
             "The result is a mean over the steps. Of which single step is the state asked for?"),
     Mistake("largest of the valid steps", (LAST,),
             "The result is the largest value over the steps. Of which single step is the state "
             "asked for?"),
     Mistake("last step of the array", (OWN,),
             "The state is read after the padding. At which step does a shorter sequence end?"),
     Mistake("shortest length for all", (OWN,),
             "All sequences are read where the shortest one ends. At which step does each end?"),
     Mistake("length of the first sequence for all", (OWN,),
             "All sequences are read where the first one ends. At which step does each end?")],
    [Probe(LAST, lambda a: a | {"mask": a["mask"] | True}, ("h_last",)),
     Probe(OWN, two_lengths, ("h_last",))],
    last_valid, draw_last,
    corners=("where the sequences are short", "where there is one sequence (B = 1)", ""),
)  # fmt: skip
COMMON, NEW = "the commonest answer", "what is new"
BASELINES = Function(
    "baselines", {"accuracy": "()", "new": "(N,)"},
    'chapter 5.1, "Does the task need memory?" and "A task that needs memory"',
    [Idea(COMMON, 2), Idea(NEW, 2)],
    [Mistake("majority of the test labels", (COMMON,),
             "The answer was chosen with the test labels, which nobody has before the test. Which "
             "labels may a baseline look at, question 3?"),
     Mistake("measured on the training labels", (COMMON,),
             "The accuracy is that on the training data. On which data should it be measured, "
             "question 3?"),
     Mistake("rarest label", (COMMON,),
             "The answer is the rarest label. Which one is right most often?"),
     Mistake("wrong answers counted", (COMMON,),
             "This is the share of wrong answers. What is an accuracy a share of?"),
     Mistake("right answers not divided", (COMMON,),
             "This is a number of right answers. What is an accuracy a share of?"),
     Mistake("label in place of accuracy", (COMMON,),
             "This is the label itself. How often is it right?"),
     Mistake("seen in place of new", (NEW,),
             "Marked are the sequences that do occur in training. Which ones are new?"),
     Mistake("one equal step is enough", (NEW,),
             "A sequence counts as seen as soon as one step agrees with a training sequence. How "
             "many steps must agree?"),
     Mistake("order of the steps ignored", (NEW,),
             "A sequence counts as seen if a training sequence has the same numbers in another "
             "order. Does the order count here, question 2?"),
     Mistake("first and last step compared", (NEW,),
             "Only the first and the last step are compared. How many steps must agree?"),
     Mistake("row compared with row", (NEW,),
             "Each test sequence is compared with one training sequence only, that of the same "
             "row. With how many should it be compared?")],
    [Probe(COMMON, lambda a: a, ("accuracy",)), Probe(NEW, lambda a: a, ("new",))],
    baselines, draw_baselines, corners=("", "", ""),
)  # fmt: skip
ASSIGNMENT = Assignment(
    "first_program", "5.1 A first program", [DAYS, COUNT, PAD, LAST_VALID, BASELINES]
)
