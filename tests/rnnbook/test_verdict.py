"""The table of who won, and what the summary reads from it."""

import numpy as np
import pytest

from rnnbook.verdict import interval, read, sign_test, verdict


def test_interval_of_two_values_covers_both():
    mean, low, high = interval([0.0, 1.0])
    assert (mean, low, high) == (0.5, 0.0, 1.0)


def test_interval_is_near_the_normal_one():
    scores = np.random.default_rng(1).normal(3, 2, 400)
    mean, low, high = interval(scores)
    error = scores.std() / 20
    np.testing.assert_allclose([low, high], [mean - 1.96 * error, mean + 1.96 * error], atol=0.02)


def test_interval_of_groups_is_wider_where_items_of_a_group_are_alike():
    groups = np.repeat(np.arange(6), 50)
    scores = np.array([0, 1, 0, 1, 1, 0.0])[groups]
    _, low, high = interval(scores)
    _, low_of_groups, high_of_groups = interval(scores, groups)
    assert high_of_groups - low_of_groups > 3 * (high - low)


def test_interval_weighs_groups_by_their_items():
    mean, low, high = interval([1.0, 0, 0, 0], ["a", "b", "b", "b"])
    assert (mean, low, high) == (0.25, 0, 1)


def printed(capsys, *args, **options):
    verdict(*args, **options)
    return capsys.readouterr().out


@pytest.mark.parametrize(("shift", "word"), [(0.3, "won"), (-0.3, "lost"), (0.0, "level")])
def test_verdict_says_who_won(capsys, shift, word):
    rng = np.random.default_rng(0)
    base, noise = rng.random(200), rng.normal(0, 0.1, (5, 200))
    methods = {"ours": (base + shift + noise, "5 passes"), "theirs": (base, "once")}
    text = printed(capsys, "task", "score", "ours", methods)
    assert read(text)[0].word == word
    assert "5 seeds, 5 passes" in text
    less = printed(capsys, "task", "score", "ours", methods, less=True)
    opposite = {"won": "lost", "lost": "won", "level": "level"}[word]
    assert read(less)[0].word == opposite


def test_verdict_pairs_items(capsys):
    base = np.random.default_rng(0).normal(0, 10, 100)  # items differ far more than methods
    text = printed(capsys, "t", "m", "a", {"a": (base + 0.1, ""), "b": (base, "")})
    assert read(text)[0].word == "won"


def test_verdict_puts_the_strongest_other_method_first(capsys):
    x = np.linspace(0, 1, 50)
    methods = {"weak": (x - 0.5, ""), "ours": (x, ""), "strong": (x + 0.5, "")}
    [line] = read(printed(capsys, "t", "m", "ours", methods, items="plays"))
    assert (line.theirs, line.word, line.items) == ("strong", "lost", "50 plays")
    [line] = read(printed(capsys, "t", "m", "ours", methods, less=True))
    assert line.theirs == "weak"


def test_verdict_counts_groups(capsys):
    scores, groups = np.arange(6.0), [0, 0, 1, 1, 2, 2]
    methods = {"a": (scores, ""), "b": (scores - 1, "")}
    text = printed(capsys, "t", "m", "a", methods, groups=groups, items="speakers")
    assert read(text)[0].items == "3 speakers"


def test_verdict_of_few_groups_needs_the_sign_test(capsys):
    """A bootstrap of six values is too narrow: 4 of 6 are no majority."""
    groups = np.repeat(np.arange(6), 10)
    gap = np.array([3, 3, 3, 3, -0.1, -0.1])[groups]
    methods = {"a": (gap, ""), "b": (np.zeros(60), "")}
    assert read(printed(capsys, "t", "m", "a", methods))[0].word == "won"
    [line] = read(printed(capsys, "t", "m", "a", methods, groups=groups))
    assert line.word == "level"
    assert line.gap.endswith("ahead for 4 of 6")
    methods["a"] = (np.abs(gap), "")
    assert read(printed(capsys, "t", "m", "a", methods, groups=groups))[0].word == "won"


@pytest.mark.parametrize(("ahead", "behind", "p"), [(0, 0, 1), (3, 3, 1), (0, 5, 0.0625)])
def test_sign_test_of_known_cases(ahead, behind, p):
    assert sign_test(ahead, behind) == p


def test_verdict_refuses_different_items():
    with pytest.raises(ValueError, match="same items"):
        verdict("t", "m", "a", {"a": (np.zeros(3), ""), "b": (np.zeros(4), "")})


def test_read_finds_several_tasks():
    one = "a: b (more is better), 9 c\nx 1\nx minus y: +0.1 (+0.0 to +0.2), won\n"
    two = "d: e (less is better), 8 f\nx minus z: -0.1 (-0.3 to +0.2), level\n"
    assert [line.task for line in read(one + one.replace("x minus", "x less") + two)] == ["a", "d"]
