"""The checks that chapters use: they print a claim once and fail when it is false."""

import keras
import numpy as np
import pytest

from rnnbook import checks
from rnnkit import losses, optimizers
from rnnkit.keras_bridge import to_keras
from rnnkit.layers import Dense, Sequential, SimpleRNN


def test_claim_prints_the_number_with_its_bounds(capsys):
    checks.claim("error", 0.03123, above=0.01, below=0.05)
    assert capsys.readouterr().out == "error: 0.0312 (above 0.01, below 0.05)\n"


@pytest.mark.parametrize(
    ("value", "bounds"),
    [(0.05, {"below": 0.05}), (0.9, {"above": 0.9}), (float("nan"), {"below": 1})],
)
def test_claim_fails_at_the_bound_and_for_nan(value, bounds):
    with pytest.raises(AssertionError, match="not so: error"):
        checks.claim("error", value, **bounds)


def test_claim_refuses_truth_values_and_claims_without_a_bound():
    with pytest.raises(ValueError, match="True or False"):
        checks.claim("holds", np.bool_(True), above=0)
    with pytest.raises(ValueError, match="needs a bound"):
        checks.claim("error", 0.1)


def test_agree_compares_nested_arrays(capsys):
    one = {"b": [np.ones(2), (np.zeros(1),)], "a": 1.0}
    checks.agree("all", one, {"a": 1.0, "b": [np.ones(2) + 1e-12, (np.zeros(1),)]}, atol=1e-9)
    assert capsys.readouterr().out == "all: equal to 1e-09 (absolute)\n"


@pytest.mark.parametrize(
    "other", [[1.0, 2.1], [1.0, np.nan], [1.0, 2.0, 3.0], [[1.0, 2.0]]], ids=str
)
def test_agree_fails_for_other_numbers_and_shapes(other):
    with pytest.raises(AssertionError, match="pair"):
        checks.agree("pair", np.array([1.0, 2.0]), np.array(other), rtol=1e-9)


def test_agree_measures_an_array_by_its_largest_entry():
    checks.agree("a", [1.0, 1e-20], [1.0, 0.0], rtol=1e-12)
    with pytest.raises(AssertionError):
        checks.agree("a", [1.0, 1e-9], [1.0, 0.0], rtol=1e-12)


def test_agree_wants_one_tolerance():
    for tolerance in ({}, {"rtol": 1e-9, "atol": 1e-9}, {"rtol": -1.0}):
        with pytest.raises(ValueError, match="either"):
            checks.agree("a", 1.0, 1.0, **tolerance)


def test_beside_keras_trains_both_with_equal_losses():
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    try:
        rng = np.random.default_rng(0)
        model = Sequential([SimpleRNN(4), Dense(2)], input_size=3, rng=rng)
        twin = to_keras(model, input_shape=(6, 3))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        twin.compile(optimizer=keras.optimizers.Adam(0.01, **checks.EXACT), loss=loss)
        batches = [(rng.standard_normal((5, 6, 3)), rng.integers(0, 2, 5)) for _ in range(6)]
        ours, theirs = checks.beside_keras(
            model,
            twin,
            batches,
            loss=losses.categorical_cross_entropy,
            optimizer=optimizers.Adam(0.01, **checks.EXACT),
        )
    finally:
        keras.config.set_floatx(before)
    assert ours.shape == theirs.shape == (6,) and ours[0] != ours[-1]
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_exact_settings_are_float32_numbers():
    assert all(float(np.float32(value)) == value for value in checks.EXACT.values())


def test_best_of_returns_the_shortest(monkeypatch):
    times = iter([0.0, 3.0, 3.0, 4.0, 4.0, 6.0])
    monkeypatch.setattr(checks.time, "perf_counter", lambda: next(times))
    assert checks.best_of(lambda: None, repeats=3) == 1.0


def test_complaint_returns_the_message_and_wants_an_error():
    assert checks.complaint(lambda: [].pop(), IndexError) == "pop from empty list"
    with pytest.raises(AssertionError, match=r"an error was expected.*ValueError"):
        checks.complaint(lambda: None)
