"""Assignment for chapter 5.2: scaling, splits, a leak, a baseline, and a paired test."""

from collections.abc import Callable

import numpy as np

from rnncheck.engine import Arguments, Assignment, Function, Idea, Mistake, Probe
from rnncheck.fair_comparison_formulas import (
    draw_leak,
    draw_neighbour,
    draw_paired,
    draw_split,
    draw_standardised,
    leak,
    nearest_neighbour,
    paired,
    split_by_speaker,
    standardised,
)

__all__ = ["ASSIGNMENT"]


def nothing_padded(arguments: Arguments) -> Arguments:
    """A change for a probe: all frames are valid, and none is zero."""
    x = arguments["x"] + 0.1 * np.arange(arguments["x"].size).reshape(arguments["x"].shape)
    return arguments | {"x": x, "mask": arguments["mask"] | True}


def all_in_training(arguments: Arguments) -> Arguments:
    """A change for a probe: every recording is a training recording."""
    return arguments | {"train_rows": np.arange(len(arguments["x"]))}


def standard_already(arguments: Arguments) -> Arguments:
    """A change for a probe: the training frames have mean 0 and deviation 1, nothing is padded."""
    x = np.tile([[[1.0], [-1.0]]], (4, 1, 2))
    x[2:] = 7 + 3 * x[2:]
    return {"x": x, "mask": np.ones((4, 2), bool), "train_rows": np.arange(2)}


def two_frames(arguments: Arguments) -> Arguments:
    """A change for a probe: valid frames with mean 2 and deviation 1, padding behind them."""
    x = np.tile([[[3.0], [1.0], [0.0], [0.0]]], (3, 1, 2))
    return {"x": x, "mask": x[..., 0] > 0, "train_rows": np.arange(3)}


def speakers(numbers: list[int], left_out: int) -> Callable[[Arguments], Arguments]:
    """A change for a probe: these speakers, one of them left out."""
    return lambda _: {"speaker": np.array(numbers), "left_out": left_out}


def parts(*pairs: tuple[int, int]) -> Callable[[Arguments], Arguments]:
    """A change for a probe: these pairs of speaker and part."""
    speaker, part = np.array(pairs).T
    return lambda _: {"speaker": speaker, "part": part}


def answers(one: list[int], two: list[int]) -> Callable[[Arguments], Arguments]:
    """A change for a probe: right and wrong of two methods, each recording another speaker's."""
    right = np.array([one, two], bool)
    return lambda _: {"one": right[0], "two": right[1], "speaker": np.arange(len(one))}


def one_each(arguments: Arguments) -> Arguments:
    """A change for a probe: one recording of each speaker."""
    keep = np.unique(arguments["speaker"], return_index=True)[1]
    return {name: value[keep] for name, value in arguments.items()}


TRAINING, VALID, SCALE = "the training part alone", "frames and padding", "mean and deviation"
STANDARDISED = Function(
    "standardised", {"x": "(N, T, F)"}, 'chapter 5.2, "Three parts, three purposes"',
    [Idea(TRAINING, 2), Idea(VALID, 1), Idea(SCALE, 1)],
    [Mistake("all recordings asked", (TRAINING,),
             "Mean and deviation come from all recordings, those of the test part included. Which "
             "part does the table of the three parts name for this?"),
     Mistake("all but the training part asked", (TRAINING,),
             "Mean and deviation come from the recordings that are not for training. Which part "
             "does the table of the three parts name for this?"),
     Mistake("each recording by itself", (TRAINING,),
             "Each recording has a mean and a deviation of its own, so what distinguishes a "
             "recording as a whole is lost. Which frames are asked in this section?"),
     Mistake("padding counted", (VALID,),
             "The padding counts as frames, which draws the mean towards zero. Which frames are "
             "asked in this section?"),
     Mistake("padding moved", (VALID,),
             "The padding is no longer zero. What does the sentence below the table say of it?"),
     Mistake("one mean for all features", (SCALE,),
             "All coefficients have one common mean and deviation, although their scales differ. "
             "How are they standardised in this section?"),
     Mistake("variance in place of deviation", (SCALE,),
             "The division is by the variance. Which units has a variance?"),
     Mistake("not scaled", (SCALE,),
             "The mean is subtracted, but the scales still differ. What else is done?"),
     Mistake("mean not subtracted", (SCALE,),
             "The scale is right, but the means of the training frames are not zero. What else is "
             "done?")],
    [Probe(TRAINING, standard_already, ("x",)), Probe(VALID, two_frames, ("x",)),
     Probe(SCALE, lambda a: all_in_training(nothing_padded(a)), ("x",))],
    standardised, draw_standardised,
    corners=("where the recordings are short", "where there are few recordings", ""),
)  # fmt: skip
PEOPLE, TESTED, JUDGE = "whole speakers", "who is tested", "who chooses"
NEW_VOICES = 'chapter 5.2, "What the test part does not test"'
SPLIT = Function(
    "split_by_speaker", {"part": "(N,)"}, NEW_VOICES,
    [Idea(PEOPLE, 1), Idea(TESTED, 1), Idea(JUDGE, 1)],
    [Mistake("rows in place of speakers", (PEOPLE,),
             "The rows were dealt out in turn, so every speaker is in every part. By what should "
             "the recordings be split?"),
     Mistake("rows cut in blocks", (PEOPLE,),
             "The rows were cut into blocks. Whoever is in a block depends on the order of the "
             "rows; by what should the recordings be split?"),
     Mistake("half of the left-out speaker in training", (PEOPLE,),
             "Some recordings of the left-out speaker are in training, so the test hears a known "
             "voice. What do the parts share in the right picture?"),
     Mistake("test and validation exchanged", (TESTED,),
             "Test and validation part have changed places. Who is left out?"),
     Mistake("test and training exchanged", (TESTED,),
             "The left-out speaker is the only one in training. Who is left out, and of what?"),
     Mistake("speaker before as judge", (JUDGE,),
             "The validation speaker is the one before. Which one does this section take?"),
     Mistake("no judge behind the last speaker", (JUDGE,),
             "Where the last speaker is left out there is no validation part. Who is the next one "
             "in the list then?"),
     Mistake("no validation speaker", (JUDGE,),
             "There is no validation part. With what would you choose when to stop?"),
     Mistake("always speaker 0 as judge", (JUDGE,),
             "The validation speaker is always the same one. Which one does this section take?")],
    [Probe(PEOPLE, speakers([1, 1, 0, 0, 0, 1, 0], 1), ("part",)),
     Probe(TESTED, speakers([0, 1], 1), ("part",)),
     Probe(JUDGE, speakers([0, 1, 2, 3], 3), ("part",)),
     Probe(JUDGE, speakers([0, 1, 2, 3], 1), ("part",))],
    split_by_speaker, draw_split, corners=("where there are three speakers", "", ""),
)  # fmt: skip
ASKED, LOOKED, SHARE = "which recordings are asked", "where their speaker is looked for", "a share"
LEAK = Function(
    "leak", {"share": "()"}, NEW_VOICES,
    [Idea(ASKED, 1), Idea(LOOKED, 1), Idea(SHARE, 1)],
    [Mistake("training recordings asked", (ASKED,),
             "Asked are the training recordings. Whose result is flattered by a leak?"),
     Mistake("validation recordings asked", (ASKED,),
             "Asked are the validation recordings. The number 2 stands for which part?"),
     Mistake("all recordings asked", (ASKED,),
             "All recordings are asked, and the training recordings always find themselves. Whose "
             "result is flattered by a leak?"),
     Mistake("validation taken for training", (LOOKED,),
             "The speaker is looked for in the validation part. From which part does a network "
             "learn voices?"),
     Mistake("all but the test part taken for training", (LOOKED,),
             "The speaker is looked for in the validation part, too. Which part does the text "
             "above this function name?"),
     Mistake("speakers in place of recordings", (SHARE,),
             "This is a share of speakers. Of what is it asked here?"),
     Mistake("share of the new", (SHARE,),
             "This is the share without a leak. Is 0 good or bad here?"),
     Mistake("count in place of a share", (SHARE,),
             "This is a number of recordings. What is it a share of?"),
     Mistake("yes or no", (SHARE,),
             "This says whether there is a leak. How large is it?"),
     Mistake("divided by all", (SHARE,),
             "The division is by all recordings. What is it a share of?")],
    [Probe(ASKED, parts((0, 0), (0, 1), (0, 2), (0, 2), (1, 0), (2, 1)), ("share",)),
     Probe(LOOKED, parts((0, 0), (0, 2), (1, 1), (1, 2)), ("share",)),
     Probe(SHARE, parts((0, 0), (0, 2), (0, 2), (0, 2), (1, 2)), ("share",))],
    leak, draw_leak, corners=("where there is no leak", "", ""),
)  # fmt: skip
NEAREST, OTHERS, SCORE = "the nearest recording", "other speakers only", "the accuracy"
NEIGHBOUR = Function(
    "nearest_neighbour", {"answers": "(N,)", "accuracy": "()"},
    'chapter 5.2, "Baselines first" and "What the test part does not test"',
    [Idea(NEAREST, 2), Idea(OTHERS, 2), Idea(SCORE, 1)],
    [Mistake("sum of absolute differences", (NEAREST,),
             "The distance is a sum of absolute differences. Which one is asked for?"),
     Mistake("largest difference", (NEAREST,),
             "The distance is the largest difference. Which one is asked for?"),
     Mistake("differences not squared", (NEAREST,),
             "The differences are added up with their signs, so they cancel. What is done to them "
             "before?"),
     Mistake("first feature only", (NEAREST,),
             "Only the first number of each recording counts. How many are there?"),
     Mistake("largest product", (NEAREST,),
             "The neighbour is the one with the largest product, which favours long rows. Which "
             "distance is asked for?"),
     Mistake("farthest", (NEAREST,),
             "The answer is that of the most distant recording."),
     Mistake("row in place of its label", (NEAREST,),
             "The answer is the number of a row. What is to be recognized?"),
     Mistake("recording itself not left out", (OTHERS,),
             "Each recording is its own nearest neighbour, so every answer is right. Whom may it "
             "not be compared with?"),
     Mistake("only the recording left out", (OTHERS,),
             "The neighbour may be by the same speaker, and nearly always is. Whose recordings "
             "has a new voice to compare with?"),
     Mistake("same speaker only", (OTHERS,),
             "Each recording is compared with those of its own speaker only. Whose recordings has "
             "a new voice to compare with?"),
     Mistake("wrong answers counted", (SCORE,),
             "This is the share of wrong answers. What is an accuracy a share of?"),
     Mistake("right answers not divided", (SCORE,),
             "This is a number of right answers. What is an accuracy a share of?"),
     Mistake("each speaker averaged first", (SCORE,),
             "Each speaker is averaged first, so a recording of a rare speaker counts more. Over "
             "what is the mean asked here?")],
    [Probe(NEAREST, one_each, ("answers",)),
     Probe(OTHERS, lambda a: a | {"x": a["x"][:, -1:]}, ("answers",)),
     Probe(SCORE, lambda a: a | {"labels": 0 * a["labels"]}, ("accuracy",))],
    nearest_neighbour, draw_neighbour, corners=("where there are two speakers", "", ""),
)  # fmt: skip
DIFFER, TAIL, UNIT = "the recordings that differ", "the probability", "speakers as the unit"
PAIRED = Function(
    "paired", {"a_b": "(2,)", "p": "()", "ahead": "(2,)", "p_speakers": "()"},
    'chapter 5.2, "Is the difference luck?", equation (5.2), and "What the test part does not '
    'test"',
    [Idea(DIFFER, 2), Idea(TAIL, 2), Idea(UNIT, 1)],
    [Mistake("all right answers counted", (DIFFER,),
             "All right answers are counted. What do recordings say that both methods get right?"),
     Mistake("all wrong answers counted", (DIFFER,),
             "All wrong answers are counted. What do recordings say that both methods get wrong?"),
     Mistake("both right and both wrong counted", (DIFFER,),
             "Counted are the recordings on which the methods agree. Which ones say something of "
             "the difference?"),
     Mistake("a and b exchanged", (DIFFER,),
             "a and b have changed places: a is for the first method."),
     Mistake("one side only", (TAIL,),
             "The probability is that of one side. Would the opposite result not be as one-sided? "
             "See the factor in (5.2)."),
     Mistake("not limited to 1", (TAIL,),
             "A probability is above 1 where a and b are equal. What is min for in (5.2)?"),
     Mistake("only this result", (TAIL,),
             "This is the probability of exactly this result. Which results are at least as "
             "one-sided, see the sum of (5.2)?"),
     Mistake("larger number in the sum", (TAIL,),
             "The sum runs up to the larger of the two numbers. Up to which one does it in (5.2)?"),
     Mistake("k below the smaller number", (TAIL,),
             "The result itself is not counted. With which k does the sum of (5.2) end?"),
     Mistake("ties given to the second", (UNIT,),
             "A speaker for whom both are equally good counts for the second method. For whom is "
             "one method ahead?"),
     Mistake("ties given to the first", (UNIT,),
             "A speaker for whom both are equally good counts for the first method. For whom is "
             "one method ahead?"),
     Mistake("p of the recordings", (UNIT,),
             "The p of the speakers is that of the recordings. How many coins are tossed if each "
             "person is one?")],
    [Probe(DIFFER, lambda a: a, ("a_b",)), Probe(TAIL, answers([1, 1, 1, 0], [0, 0, 0, 1]), ("p",)),
     Probe(TAIL, answers([1, 0], [0, 1]), ("p",)), Probe(UNIT, lambda a: a, ("ahead",))],
    paired, draw_paired, corners=("where both are right equally often", "", ""),
)  # fmt: skip
ASSIGNMENT = Assignment(
    "fair_comparison", "5.2 A fair comparison", [STANDARDISED, SPLIT, LEAK, NEIGHBOUR, PAIRED]
)
