"""The judge on the formulas themselves: each mistake is named, nothing else is."""

import itertools

import numpy as np
import pytest
from handed_in import calling

from rnncheck import (
    ASSIGNMENTS,
    bptt,
    derivation,
    derivation_formulas,
    fair_comparison_formulas,
    first_program_formulas,
    forward,
    language_model_formulas,
    lstm_formulas,
)
from rnncheck import clipping as ours
from rnncheck import lstm as ours_lstm
from rnncheck.engine import CORNERS, SENTENCES, cases, judge
from rnnkit import clipping, losses, lstm, simple_rnn

FUNCTIONS = {f"{a.name}.{f.name}": f for a in ASSIGNMENTS.values() for f in a.functions}
MISTAKES = [(f, m) for f in FUNCTIONS.values() for m in f.mistakes]


def drawn(function, seed=0):
    return function.draw(np.random.default_rng(seed), 3, 5, 2, 4)


# ---------------------------------------------------------------- the formulas are right


def test_forward_is_that_of_rnnkit():
    x, h_0, *weights = drawn(forward.FORWARD).values()
    h, _, _ = simple_rnn.forward(x, simple_rnn.Params(*weights), h_0)
    np.testing.assert_allclose(forward.forward(x, h_0, *weights), h, rtol=1e-12)
    np.testing.assert_allclose(forward.step(x[:, 0], h_0, *weights), h[:, 0], rtol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_masked_formulas_are_those_of_rnnkit(seed):
    x, h_0, W_x, W_h, b, mask = drawn(forward.MASKED, seed).values()
    h, _, cache = simple_rnn.forward(x, simple_rnn.Params(W_x, W_h, b), h_0, mask=mask)
    kept = forward.masked_forward(x, h_0, W_x, W_h, b, mask)
    np.testing.assert_allclose(kept, h, rtol=1e-12)
    dh = np.random.default_rng(seed).standard_normal(h.shape)
    dx, dh_0, grads = simple_rnn.backward(dh, cache)
    found = bptt.masked_backward(dh, x, kept, h_0, W_x, W_h, mask)
    for one, other in zip(found, (dx, dh_0, *grads), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("k", [1, 2, 3, 5, 9])
def test_truncated_adds_the_windows_of_rnnkit(k):
    x, h_0, W_x, W_h, b = drawn(forward.FORWARD).values()
    dh = np.random.default_rng(1).standard_normal((3, 5, 4))
    whole, _, _ = simple_rnn.forward(x, simple_rnn.Params(W_x, W_h, b), h_0)
    state, sums = h_0, [0, 0, 0]
    for start in range(0, 5, k):
        window = slice(start, start + k)
        _, state, cache = simple_rnn.forward(
            x[:, window], simple_rnn.Params(W_x, W_h, b), state
        )  # fmt: skip
        grads = simple_rnn.backward(dh[:, window], cache)[2]
        sums = [total + grad for total, grad in zip(sums, grads, strict=True)]
    found = bptt.truncated(dh, x, whole, h_0, W_x, W_h, k)
    for one, other in zip(found, sums, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)


def test_clippings_are_those_of_rnnkit():
    W, b, c = drawn(ours.BY_NORM).values()
    grads = {"W": W, "b": b}
    for kind in ("by_value", "by_norm", "by_global_norm"):
        expected = getattr(clipping, kind)(grads, c).values()
        for one, other in zip(getattr(ours, kind)(W, b, c), expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12)
    np.testing.assert_allclose(ours.global_norm(W, b), clipping.global_norm(grads), rtol=1e-12)


def test_lstm_formulas_are_those_of_rnnkit():
    dh, x, h, c, gates, h_0, c_0, W_x, W_h = drawn(ours_lstm.BACKWARD).values()
    arguments = drawn(ours_lstm.FORWARD)
    params = lstm.Params(*list(arguments.values())[3:])
    theirs, _, cache = lstm.forward(x, params, (h_0, c_0))
    for one, other in zip((h, c), lstm_formulas.lstm_forward(*arguments.values()), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    np.testing.assert_allclose(h, theirs, rtol=1e-12)
    dx, (dh_0, dc_0), grads = lstm.backward(dh, cache)
    found = lstm_formulas.lstm_backward(dh, x, h, c, gates, h_0, c_0, W_x, W_h)
    for one, other in zip(found, (dx, dh_0, dc_0, *grads), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


def test_derivation_is_that_of_rnnkit():
    x, h_0, W_x, W_h, b, W_y, b_y, labels, mask, _ = drawn(derivation.NUDGED).values()
    h, _, cache = simple_rnn.forward(x, simple_rnn.Params(W_x, W_h, b), h_0)
    loss, y_bar = losses.categorical_cross_entropy(h @ W_y + b_y, labels, mask=mask)
    given = h @ W_y + b_y, labels, mask
    np.testing.assert_allclose(derivation_formulas.cross_entropy(*given), loss, rtol=1e-12)
    np.testing.assert_allclose(
        derivation_formulas.cross_entropy_gradient(*given), y_bar, atol=1e-14
    )  # fmt: skip
    _, _, grads = simple_rnn.backward(y_bar @ W_y.T, cache)
    theirs = (*grads, np.einsum("bth,btk->hk", h, y_bar), y_bar.sum(axis=(0, 1)))
    found = derivation_formulas.weight_gradients(y_bar, x, h, h_0, W_y, W_h)
    for one, other in zip(found, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)
    numeric = derivation_formulas.nudged(x, h_0, W_x, W_h, b, W_y, b_y, labels, mask, 1e-5)
    np.testing.assert_allclose(numeric, grads.W_h, atol=1e-9)


def test_language_model_by_hand():
    x, y = language_model_formulas.lanes(np.arange(8), 2)
    assert x.tolist() == [[0, 1, 2], [3, 4, 5]] and y.tolist() == [[1, 2, 3], [4, 5, 6]]
    logits = np.log([[[1 / 2, 1 / 2], [1 / 4, 3 / 4], [1 / 8, 7 / 8], [1 / 4, 3 / 4]]])
    four = language_model_formulas.bits_and_perplexity(logits, np.zeros((1, 4), int))
    np.testing.assert_allclose(four, [2, 4], rtol=1e-12)
    symbols = language_model_formulas.sample(np.zeros((3, 4)), 2.0, np.array([0.1, 0.3, 0.9]))
    assert symbols.tolist() == [0, 1, 3]
    # "abracadabra" of chapter 6.1a at order 2: after a come a, b, b, c, d.
    ids = np.array(["abcdr".index(letter) for letter in "abracadabra"])
    P = language_model_formulas.bigrams(ids, np.full(6, 1 / 6), 0.5)
    np.testing.assert_allclose(P.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(P[0, 1], (1.5 + 2 / 6) / 5, rtol=1e-12)


def test_first_program_by_hand():
    x, y = first_program_formulas.days(np.arange(14.0).reshape(7, 2), 3, 1)
    assert x.tolist() == [[[0, 1], [2, 3], [4, 5]]] and y.tolist() == [[8, 9]]
    equal, best = first_program_formulas.best_from_count(8)  # the numbers of chapter 5.1
    assert equal[7] == 0.75 and best == pytest.approx(0.5703125)
    x, mask = first_program_formulas.pad(np.array([[0.0], [2], [3]]), np.array([1, 2]))
    assert x[..., 0].tolist() == [[0, 0], [2, 3]] and mask.tolist() == [[1, 0], [1, 1]]
    h = np.array([[[1.0], [2.0]], [[3.0], [4.0]]])
    assert first_program_formulas.last_valid(h, mask).tolist() == [[1], [4]]
    seen, labels = np.array([[1, 2], [3, 4], [5, 6]]), np.array([1, 1, 0])
    accuracy, new = first_program_formulas.baselines(seen, labels, seen[:2] * [1, 2], labels[1:])
    assert accuracy == 0.5 and new.tolist() == [True, True]


def test_fair_comparison_by_hand():
    x = np.array([[[1.0], [3.0]], [[9.0], [0.0]]])
    mask = np.array([[True, True], [True, False]])
    scaled = fair_comparison_formulas.standardised(x, mask, np.array([0]))
    assert scaled[..., 0].tolist() == [[-1, 1], [7, 0]]
    speaker = np.array([0, 2, 1, 2])
    assert fair_comparison_formulas.split_by_speaker(speaker, 2).tolist() == [1, 2, 0, 2]
    assert fair_comparison_formulas.leak(speaker, np.array([0, 0, 2, 2])) == 0.5
    points, labels = np.array([[0.0], [1.0], [5.0], [1.1]]), np.array([7, 8, 9, 9])
    answers, accuracy = fair_comparison_formulas.nearest_neighbour(points, labels, speaker)
    assert answers.tolist() == [8, 7, 9, 7] and accuracy == 0.25
    one, two = np.ones(4, bool), np.array([False, True, False, False])
    found = fair_comparison_formulas.paired(one, two, speaker)  # coin(3, 0) of chapter 5.2
    assert [x.tolist() for x in found] == [[3, 0], 0.25, [3, 0], 0.25]


# ---------------------------------------------------------------- mistakes and names


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_right_formula_gets_all_points(name):
    function = FUNCTIONS[name]
    for seed in range(5):
        verdict = judge(function, calling(function), seed)
        assert verdict.points == function.points and verdict.sentences == [SENTENCES["right"]]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("function", "mistake"), MISTAKES, ids=lambda x: x.name)
def test_each_known_mistake_is_named_and_costs_its_ideas(function, mistake, seed):
    verdict = judge(function, calling(function, [mistake.name]), seed)
    assert verdict.mistakes == (mistake.name,)
    lost = {idea for idea, points in verdict.ideas.items() if points == 0}
    assert lost == set(mistake.ideas) and mistake.sentence in verdict.sentences


def test_two_mistakes_at_once_are_named_or_one_hides_the_other():
    function = FUNCTIONS["bptt.backward"]
    pairs = list(itertools.combinations([m.name for m in function.mistakes], 2))[::9]
    found = [judge(function, calling(function, pair), 1).mistakes for pair in pairs]
    assert all(names and set(names) <= set(p) for names, p in zip(found, pairs, strict=True))
    assert sum(len(names) == 2 for names in found) > 0.7 * len(pairs)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_of_two_mistakes_hardly_any_third_is_named(name):
    """Two mistakes together can be the same formula as a third one: seldom."""
    function, rng = FUNCTIONS[name], np.random.default_rng(2)
    pairs = list(itertools.combinations([m.name for m in function.mistakes], 2))
    pairs = [pairs[k] for k in rng.permutation(len(pairs))[:8]]
    found = [judge(function, calling(function, pair), 1).mistakes for pair in pairs]
    assert sum(set(names) <= set(p) for names, p in zip(found, pairs, strict=True)) >= 6
    assert sum(bool(names) for names in found) >= 6


def test_three_mistakes_at_once_are_named():
    function = FUNCTIONS["bptt.backward"]
    three = ("missing φ′", "missing transpose", "h_0 left out of dW_h")
    assert set(judge(function, calling(function, three), 0).mistakes) == set(three)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_random_factors_get_no_name_and_not_all_points(name):
    function, rng = FUNCTIONS[name], np.random.default_rng(0)
    for seed in range(5):
        factors = {output: rng.uniform(0.3, 0.9) for output in function.outputs}
        call = calling(function, changed=lambda output, array, f=factors: array * f[output])
        verdict = judge(function, call, seed)
        assert verdict.mistakes == () and verdict.unknown and verdict.points < function.points


@pytest.mark.parametrize("name", FUNCTIONS)
def test_zeros_get_nothing(name):
    function = FUNCTIONS[name]
    call = calling(function, changed=lambda _, array: 0 * array)
    assert judge(function, call, 0).points == 0


@pytest.mark.parametrize("name", FUNCTIONS)
def test_cases_hold_the_corners_and_follow_from_the_seed(name):
    function = FUNCTIONS[name]
    what, arguments = zip(*cases(function, 3), strict=True)
    assert what == ("", "", *function.corners)
    if function.corners is CORNERS:
        assert [w.split("(")[1][:5] for w in what[2:]] == ["T = 1", "B = 1", "D = H"]
    again = [a for _, a in cases(function, 3)]
    for one, other in zip(arguments, again, strict=True):
        assert all(np.array_equal(one[k], other[k]) for k in one)
    first = next(iter(arguments[0].values()))
    other = next(iter(next(cases(function, 4))[1].values()))
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_idea_has_a_probe_and_every_mistake_a_sentence_without_code(name):
    function = FUNCTIONS[name]
    ideas = {idea.name for idea in function.ideas}
    assert {p.idea for p in function.probes} == ideas
    names = [m.name for m in function.mistakes]
    assert len(set(names)) == len(names)
    for mistake in function.mistakes:
        assert set(mistake.ideas) <= ideas
        assert mistake.sentence.endswith((".", "?", ")")) and len(mistake.sentence) > 20
        for code in ("@", "np.", "**", "+=", ".T", "1 - h"):
            assert code not in mistake.sentence


def test_points_are_twenty():
    for assignment in ASSIGNMENTS.values():
        assert sum(f.points for f in assignment.functions) == 20
