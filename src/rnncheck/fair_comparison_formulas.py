"""What makes a comparison fair, right and wrong, and inputs for it."""

from math import comb

import numpy as np

from rnncheck.engine import Arguments
from rnncheck.forward import NONE, draw_mask

__all__ = [
    "draw_leak", "draw_neighbour", "draw_paired", "draw_split", "draw_standardised", "leak",
    "nearest_neighbour", "paired", "split_by_speaker", "standardised",
]  # fmt: skip

Arrays = tuple[np.ndarray, ...]


def standardised(
    x: np.ndarray, mask: np.ndarray, train_rows: np.ndarray, *, wrong: frozenset[str] = NONE
) -> np.ndarray:
    """All recordings (N, T, F) by the mean and deviation of the training part's valid frames."""
    rows = np.arange(len(x)) if "all recordings asked" in wrong else train_rows
    if "all but the training part asked" in wrong and len(train_rows) < len(x):
        rows = np.setdiff1d(np.arange(len(x)), train_rows)
    counted = np.ones_like(mask) if "padding counted" in wrong else mask
    frames = x[rows][counted[rows]]
    mean, scale = frames.mean(axis=0), frames.std(axis=0)
    if "one mean for all features" in wrong:
        mean, scale = np.full_like(mean, frames.mean()), np.full_like(scale, frames.std())
    if "each recording by itself" in wrong:
        n = mask.sum(axis=1)[:, np.newaxis, np.newaxis]
        valid = mask[..., np.newaxis]
        mean = (x * valid).sum(axis=1, keepdims=True) / n
        scale = np.sqrt((((x - mean) * valid) ** 2).sum(axis=1, keepdims=True) / n)
    if "variance in place of deviation" in wrong:
        scale = scale**2
    elif "not scaled" in wrong:
        scale = np.ones_like(scale)
    if "mean not subtracted" in wrong:
        mean = np.zeros_like(mean)
    result = (x - mean) / scale
    return result if "padding moved" in wrong else np.where(mask[..., np.newaxis], result, 0)


def split_by_speaker(
    speaker: np.ndarray, left_out: int, *, wrong: frozenset[str] = NONE
) -> np.ndarray:
    """The part of each recording (N,): 0 training, 1 validation, 2 test."""
    S = int(speaker.max()) + 1
    judge = (left_out + 1) % S
    if "speaker before as judge" in wrong:
        judge = (left_out - 1) % S
    elif "no judge behind the last speaker" in wrong:
        judge = left_out + 1
    elif "no validation speaker" in wrong:
        judge = -1
    elif "always speaker 0 as judge" in wrong:
        judge = 0
    if "rows in place of speakers" in wrong:
        speaker = np.arange(len(speaker)) % S
    elif "rows cut in blocks" in wrong:
        speaker = np.arange(len(speaker)) * S // len(speaker)
    part = np.where(speaker == judge, 1, 0)
    tested = speaker == left_out
    if "half of the left-out speaker in training" in wrong:
        tested = tested & (np.cumsum(tested) % 2 == 1)
    part[tested] = 2
    if "test and validation exchanged" in wrong:
        part = np.array([0, 2, 1])[part]
    elif "test and training exchanged" in wrong:
        part = np.array([2, 1, 0])[part]
    return part


def leak(speaker: np.ndarray, part: np.ndarray, *, wrong: frozenset[str] = NONE) -> np.ndarray:
    """The share of the test recordings whose speaker is in the training part, too."""
    known, asked = part == 0, part == 2
    if "validation taken for training" in wrong:
        known = part == 1
    elif "all but the test part taken for training" in wrong:
        known = part < 2
    if "training recordings asked" in wrong:
        known, asked = asked, known
    elif "validation recordings asked" in wrong:
        asked = part == 1
    elif "all recordings asked" in wrong:
        asked = np.ones_like(asked)
    found = np.isin(speaker[asked], speaker[known])
    if "speakers in place of recordings" in wrong:
        found = np.isin(np.unique(speaker[asked]), speaker[known])
    if "share of the new" in wrong:
        found = ~found
    if "count in place of a share" in wrong:
        return np.asarray(found.sum())
    if "yes or no" in wrong:
        return np.asarray(found.any())
    return np.asarray(found.sum() / (len(speaker) if "divided by all" in wrong else len(found)))


def nearest_neighbour(
    x: np.ndarray, labels: np.ndarray, speaker: np.ndarray, *, wrong: frozenset[str] = NONE
) -> Arrays:
    """Answers (N,) of 1-NN among the other speakers' recordings, and their accuracy."""
    difference = x[:, np.newaxis] - x
    distance = (difference**2).sum(axis=2)
    if "sum of absolute differences" in wrong:
        distance = np.abs(difference).sum(axis=2)
    elif "largest difference" in wrong:
        distance = np.abs(difference).max(axis=2)
    elif "differences not squared" in wrong:
        distance = difference.sum(axis=2)
    elif "first feature only" in wrong:
        distance = difference[..., 0] ** 2
    elif "largest product" in wrong:
        distance = -(x @ x.T)
    if "farthest" in wrong:
        distance = -distance
    allowed = speaker[:, np.newaxis] != speaker
    if "recording itself not left out" in wrong:
        allowed = np.ones_like(allowed)
    elif "only the recording left out" in wrong:
        allowed = ~np.eye(len(x), dtype=bool)
    elif "same speaker only" in wrong:
        allowed = ~allowed & ~np.eye(len(x), dtype=bool)
    neighbour = np.where(allowed, distance, np.inf).argmin(axis=1)
    answers = neighbour if "row in place of its label" in wrong else labels[neighbour]
    right = answers == labels
    if "wrong answers counted" in wrong:
        right = ~right
    accuracy = right.mean()
    if "right answers not divided" in wrong:
        accuracy = right.sum()
    elif "each speaker averaged first" in wrong:
        accuracy = np.mean([right[speaker == s].mean() for s in np.unique(speaker)])
    return answers, np.asarray(accuracy)


def coin(a: int, b: int, wrong: frozenset[str]) -> float:
    """The probability (5.2)."""
    n, few = a + b, min(a, b)
    last = max(a, b) if "larger number in the sum" in wrong else few
    ks = range(last if "k below the smaller number" in wrong else last + 1)
    if "only this result" in wrong:
        ks = range(few, few + 1)
    tail = sum(comb(n, k) for k in ks) / 2**n
    p = tail if "one side only" in wrong else 2 * tail
    return p if "not limited to 1" in wrong else min(1.0, p)


def paired(
    one: np.ndarray, two: np.ndarray, speaker: np.ndarray, *, wrong: frozenset[str] = NONE
) -> Arrays:
    """How often only one method is right, p by (5.2); for how many speakers one is ahead, p."""
    counts = [int((one & ~two).sum()), int((two & ~one).sum())]
    if "all right answers counted" in wrong:
        counts = [int(one.sum()), int(two.sum())]
    elif "both right and both wrong counted" in wrong:
        counts = [int((one & two).sum()), int((~one & ~two).sum())]
    elif "all wrong answers counted" in wrong:
        counts = [int((~one).sum()), int((~two).sum())]
    elif "a and b exchanged" in wrong:
        counts = counts[::-1]
    gaps = np.array([
        one[speaker == s].sum() - two[speaker == s].sum() for s in np.unique(speaker)
    ], int)  # fmt: skip
    ahead = [int((gaps > 0).sum()), int((gaps < 0).sum())]
    if "ties given to the second" in wrong:
        ahead[1] += int((gaps == 0).sum())
    elif "ties given to the first" in wrong:
        ahead[0] += int((gaps == 0).sum())
    p = coin(counts[0], counts[1], wrong)
    p_speakers = p if "p of the recordings" in wrong else coin(ahead[0], ahead[1], wrong)
    return np.array(counts), np.asarray(p), np.array(ahead), np.asarray(p_speakers)


def draw_speakers(rng: np.random.Generator, B: int, S: int) -> np.ndarray:
    """Speakers 0 to S − 1, mixed, with different numbers of recordings."""
    return rng.permutation(np.repeat(np.arange(S), B + 1 + 2 * rng.permutation(S)))


def draw_standardised(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """Recordings with a scale of their own, and training rows that are not like the others."""
    N = B + 5
    train = np.sort(rng.permutation(N)[: N // 2 + 1])
    x = rng.standard_normal((N, T + 2, D)) * (1 + np.arange(D)) + 2 * rng.standard_normal(D)
    x[train] += 1.5
    mask = draw_mask(rng, N, T + 2)
    mask[:, 1], mask[train[0], -1] = True, False  # two valid frames each
    return {"x": x * mask[..., np.newaxis], "mask": mask, "train_rows": train}


def draw_split(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """T + 2 speakers; the last one left out where B is 5 and T is 3."""
    S = T + 2
    left_out = S - 1 if (B, T) == (5, 3) else int(rng.integers(1, S - 1))
    return {"speaker": draw_speakers(rng, B, S), "left_out": left_out}


def draw_leak(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """Six speakers in different sets of parts; where T is 1 nobody is in two of them."""
    sets: tuple = ((0, 2), (2,), (1, 2), (0, 1, 2), (0,), (2,))
    if T == 1:
        sets = ((0,), (2,), (1,), (1,), (0,), (2,))
    elif B == 1:
        sets = ((0,), (0, 2), (2,), (1,), (0, 1, 2), (0, 1))
    pairs = [(s, p) for s, parts in enumerate(sets) for p in parts]
    often = 1 + rng.permutation(len(pairs))
    rows = rng.permutation(np.repeat(pairs, often, axis=0))
    return {"speaker": rows[:, 0], "part": rows[:, 1]}


def draw_neighbour(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """Recordings of one speaker lie closer together than those of one label."""
    speaker = draw_speakers(rng, B + 2, T + 1)
    labels = rng.integers(0, 4, len(speaker))
    voices = 2 * rng.standard_normal((T + 1, D + 1))
    x = voices[speaker] + rng.standard_normal((len(speaker), D + 1))
    x[:, -1] += 0.7 * labels
    return {"x": x, "labels": labels, "speaker": speaker}


def draw_paired(rng: np.random.Generator, B: int, T: int, D: int, H: int) -> Arguments:
    """Right and wrong of two methods; equally often right where T is 1; some speakers tie."""
    speaker = draw_speakers(rng, B, T + 5)
    one, two = rng.random((2, len(speaker))) < np.array([[0.7], [0.5]])
    one[speaker == 0] = two[speaker == 0]
    if T == 1:
        two = one.copy()
        one[:2], two[:2] = (True, False), (False, True)
    return {"one": one, "two": two, "speaker": speaker}
