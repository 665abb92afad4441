"""Losses: values, gradients, masks, extremes, bad input."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from oracles import distance, rejects

from rnnkit import gradcheck, losses

LOSSES = {
    "mse": losses.mean_squared_error,
    "binary": losses.binary_cross_entropy,
    "categorical": losses.categorical_cross_entropy,
}


def draw_targets(kind, shape, rng):
    if kind == "categorical":
        return rng.integers(shape[-1], size=shape[:-1])
    return rng.standard_normal(shape) if kind == "mse" else rng.random(shape).round(rng.integers(2))


@st.composite
def problems(draw):
    kind = draw(st.sampled_from(sorted(LOSSES)))
    positions = draw(st.lists(st.integers(1, 4), max_size=2))
    shape = (*positions, draw(st.integers(1, 4)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    y, target = 3 * rng.standard_normal(shape), draw_targets(kind, shape, rng)
    mask = rng.random(shape[:-1]) < 0.6 if draw(st.booleans()) else None
    return kind, y, target, None if mask is None else np.asarray(mask), rng


# ---------------------------------------------------------------- values and gradients


def test_losses_equal_hand_worked_numbers():
    loss, dy = losses.mean_squared_error([[1.0, 2.0], [0.0, 0.0]], [[0.0, 2.0], [0.0, 4.0]])
    assert loss == (1 + 0 + 0 + 16) / 4
    np.testing.assert_array_equal(dy, [[0.5, 0.0], [0.0, -2.0]])
    loss, dy = losses.binary_cross_entropy([[0.0], [np.log(3)]], [[1.0], [0.0]])
    assert loss == pytest.approx((np.log(2) + np.log(4)) / 2)
    np.testing.assert_allclose(dy, [[-0.25], [0.375]])
    loss, dy = losses.categorical_cross_entropy([[0.0, np.log(3)], [0.0, 0.0]], [0, 1])
    assert loss == pytest.approx((np.log(4) + np.log(2)) / 2)
    np.testing.assert_allclose(dy, [[-0.375, 0.375], [0.25, -0.25]])


@given(problems())
def test_gradients_equal_central_differences(problem):
    kind, y, target, mask, rng = problem
    _, dy = LOSSES[kind](y, target, mask=mask)

    def f():
        return LOSSES[kind](y, target, mask=mask)[0]

    error = gradcheck.directional_error(f, {"y": y}, {"y": dy}, rng=rng)
    assert error * (np.linalg.norm(dy) or 1.0) <= 1e-9 * max(1.0, np.linalg.norm(dy))


@given(problems())
def test_losses_and_gradients_equal_keras(keras, problem):
    import tensorflow as tf

    kind, y, target, _, _ = problem
    function = {
        "mse": keras.losses.MeanSquaredError(),
        "binary": keras.losses.BinaryCrossentropy(from_logits=True),
        "categorical": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    }[kind]
    if y.ndim == 1:  # Keras wants a batch axis
        y, target = y[np.newaxis], np.asarray(target)[np.newaxis]
    logits = tf.constant(y)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        theirs = function(target, logits)
    loss, dy = LOSSES[kind](y, target)
    assert loss == pytest.approx(float(theirs), rel=1e-12, abs=1e-14)
    assert distance(dy, tape.gradient(theirs, logits)) <= 1e-12


@given(problems())
def test_masked_loss_is_the_loss_of_the_valid_positions(problem):
    kind, y, target, mask, _ = problem
    assume(mask is not None)
    loss, dy = LOSSES[kind](y, target, mask=mask)
    np.testing.assert_array_equal(dy[~mask], 0.0)
    if not mask.any():
        assert loss == 0.0
        return
    expected, d_expected = LOSSES[kind](y[mask], target[mask])
    assert loss == pytest.approx(expected, rel=1e-13)
    np.testing.assert_allclose(dy[mask], d_expected.reshape(dy[mask].shape), rtol=1e-13)


@given(problems())
def test_losses_leave_their_inputs_alone(problem):
    kind, y, target, mask, _ = problem
    before = y.copy(), np.copy(target), np.copy(mask)
    LOSSES[kind](y, target, mask=mask)
    for old, new in zip(before, (y, target, mask), strict=True):
        np.testing.assert_array_equal(old, new)


@given(problems())
def test_categorical_gradient_is_probability_minus_target(problem):
    kind, y, target, _, _ = problem
    assume(kind == "categorical")
    p = losses.softmax(y)
    np.testing.assert_allclose(p.sum(axis=-1), 1.0, rtol=1e-14)
    _, dy = losses.categorical_cross_entropy(y, target)
    expected = (p - np.eye(y.shape[-1])[target]) / max(target.size, 1)
    np.testing.assert_allclose(dy, expected, atol=1e-15)


def test_exp_of_the_loss_is_the_perplexity():
    loss, _ = losses.categorical_cross_entropy(np.zeros((5, 27)), np.arange(5))
    assert np.exp(loss) == pytest.approx(27.0)


# ---------------------------------------------------------------- extremes, dtypes


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_logits_give_finite_losses_and_gradients(dtype):
    y = np.array([[1e4, -1e4, 0.0], [-1e4, -1e4, -1e4], [1e4, 1e4, -1e4]], dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        for labels in np.ndindex(3, 3, 3):
            loss, dy = losses.categorical_cross_entropy(y, labels)
            assert np.isfinite(loss) and np.isfinite(dy).all() and dy.dtype == dtype
            one_hot = np.eye(3)[list(labels)]
            loss, dy = losses.binary_cross_entropy(y, one_hot)
            assert np.isfinite(loss) and np.isfinite(dy).all() and dy.dtype == dtype
        p = losses.softmax(y)
    np.testing.assert_allclose(p, [[1, 0, 0], [1 / 3] * 3, [0.5, 0.5, 0]], rtol=1e-6)
    # Wrong by 2·10⁴ nats, not by the 36 or 103 at which log(p) would give up.
    assert losses.categorical_cross_entropy(y[:1], [1])[0] == 2e4
    assert losses.binary_cross_entropy(y[:1], [[0, 1, 0]])[0] == pytest.approx(
        (2e4 + np.log(2)) / 3, rel=1e-6
    )


def test_binary_cross_entropy_keeps_small_probabilities():
    # log(1 + e⁻⁴⁰) is lost if it is computed as a sum.
    loss, _ = losses.binary_cross_entropy([[40.0]], [[1.0]])
    assert loss == pytest.approx(np.exp(-40), rel=1e-12, abs=0)


@pytest.mark.parametrize("kind", LOSSES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradients_have_the_dtype_of_the_output(kind, dtype, rng):
    y = rng.standard_normal((2, 3, 4)).astype(dtype)
    target = draw_targets(kind, y.shape, rng)
    for mask in (None, np.ones((2, 3), bool)):
        loss, dy = LOSSES[kind](y, target, mask=mask)
        assert type(loss) is float and dy.dtype == dtype and dy.shape == y.shape
    assert losses.softmax(y).dtype == dtype
    assert LOSSES[kind](np.ones((2, 3), int), draw_targets(kind, (2, 3), rng))[1].dtype == "f8"


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize("loss", [losses.mean_squared_error, losses.binary_cross_entropy])
@given(shape=st.lists(st.integers(0, 3), max_size=3).map(tuple).filter(lambda s: s != (2, 3)))
def test_target_of_any_other_shape_is_rejected(loss, shape):
    y, target = np.zeros((2, 3)), np.zeros(shape)
    with rejects(r"target must have the shape \(2, 3\) of the output; got", y, target):
        loss(y, target)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 3], r"labels must lie in 0 … 2, one for each of the 3 logits; got .* 0 to 3"),
        ([-1, 0], "got values from -1 to 0"),
        ([0.0, 1.0], "labels must be integers.*float64.*argmax"),
        ([True, False], "labels must be integers.*bool"),
        (np.eye(3, dtype=int)[:2], r"labels must have shape \(2,\); got \(2, 3\)"),
        ([0, 1, 2], r"got \(3,\)"),
        (1, r"got \(\)"),
        (["a", "b"], "labels must be an array of numbers; got dtype <U1"),
        ([[0], [1, 2]], "labels must be an array of numbers; could not convert"),
    ],
)
def test_labels_that_do_not_fit_are_rejected(labels, message):
    y = np.zeros((2, 3))
    with rejects(message, y):
        losses.categorical_cross_entropy(y, labels)


@given(st.integers(1, 5), st.integers(-100, 100))
def test_labels_out_of_range_are_rejected(classes, label):
    y = np.zeros((1, classes))
    if 0 <= label < classes:
        assert losses.categorical_cross_entropy(y, [label])[0] == pytest.approx(np.log(classes))
    else:
        with rejects(f"got values from {label} to {label}", y):
            losses.categorical_cross_entropy(y, [label])


@pytest.mark.parametrize("target", [[[1.1]], [[-0.1]], [[np.nan]], [[2]]])
def test_binary_targets_outside_0_to_1_are_rejected(target):
    with rejects("target must lie between 0 and 1; got values from"):
        losses.binary_cross_entropy([[0.0]], target)


@pytest.mark.parametrize("kind", LOSSES)
@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.ones((2, 3)), r"mask must be Boolean with shape \(2, 3\); got float64, \(2, 3\)"),
        (np.ones((2, 3), int), "got int64"),
        (np.ones((3, 2), bool), r"got bool, \(3, 2\)"),
        (np.ones((2, 3, 1), bool), r"got bool, \(2, 3, 1\)"),
        (np.ones(3, bool), r"got bool, \(3,\)"),
        ([[True], [True, False]], "mask must be an array"),
    ],
)
def test_mask_that_does_not_fit_is_rejected(kind, mask, message, rng):
    y = np.zeros((2, 3, 4))
    with rejects(message, y):
        LOSSES[kind](y, draw_targets(kind, y.shape, rng), mask=mask)


@pytest.mark.parametrize("loss", [*LOSSES.values(), lambda y, _: losses.softmax(y)])
@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.zeros((0, 3)), r"must have shape \(…, units\), not be empty; got \(0, 3\)"),
        (np.zeros((2, 0)), r"got \(2, 0\)"),
        (1.0, r"got \(\)"),
        (np.zeros((2, 3), complex), "must be real"),
        ([["a"]], "must be an array of numbers"),
    ],
)
def test_output_that_does_not_fit_is_rejected(loss, y, message):
    with rejects(message):
        loss(y, 0)


@pytest.mark.parametrize("kind", LOSSES)
def test_what_stands_at_masked_positions_has_no_influence(kind, rng):
    y, mask = rng.standard_normal((2, 3, 4)), rng.random((2, 3)) < 0.5
    target = draw_targets(kind, y.shape, rng)
    expected = LOSSES[kind](y, target, mask=mask)
    y[~mask] = np.nan
    if kind != "categorical":
        target[~mask] = np.inf
    loss, dy = LOSSES[kind](y, target, mask=mask)
    assert loss == expected[0]
    np.testing.assert_array_equal(dy, expected[1])
