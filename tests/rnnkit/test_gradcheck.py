"""The gradient check itself: passes what is right, catches what is wrong."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import rejects

from rnnkit import gradcheck


def problem(seed=0, sizes=(3, 4)):
    """Σ sin(W) ⊙ R + |b|², its parameters and its gradient."""
    rng = np.random.default_rng(seed)
    params = {"W": rng.standard_normal(sizes), "b": rng.standard_normal(sizes[-1])}
    R = rng.standard_normal(sizes)
    grads = {"W": np.cos(params["W"]) * R, "b": 2 * params["b"]}

    def f():
        return float(np.sum(np.sin(params["W"]) * R) + params["b"] @ params["b"])

    return f, params, grads


@given(st.integers(0, 1000), st.tuples(st.integers(1, 5), st.integers(1, 5)))
def test_directional_error_is_tiny_for_a_right_gradient(seed, sizes):
    f, params, grads = problem(seed, sizes)
    rng = np.random.default_rng(seed)
    assert gradcheck.directional_error(f, params, grads, rng=rng) < 1e-9


@given(st.integers(0, 1000), st.sampled_from(["W", "b"]), st.floats(1e-4, 10.0))
def test_directional_error_measures_a_wrong_gradient(seed, key, size):
    f, params, grads = problem(seed)
    entry = tuple(np.random.default_rng(seed).integers(grads[key].shape))
    grads[key][entry] += size
    norm = np.sqrt(sum((g**2).sum() for g in grads.values()))
    error = gradcheck.directional_error(f, params, grads, rng=np.random.default_rng(seed + 1))
    # A random unit vector in 16 dimensions has entries of about ¼; at most 1.
    assert 0.01 * size / norm < error <= 1.001 * size / norm


def test_directional_error_is_absolute_where_the_gradient_is_zero(rng):
    params, zero = {"w": np.array([0.0])}, {"w": np.array([0.0])}
    error = gradcheck.directional_error(lambda: 3.0 * params["w"].item(), params, zero, rng=rng)
    assert error == pytest.approx(3.0)


@pytest.mark.parametrize("bad_call", range(6))
def test_directional_error_keeps_a_nan_once_it_turned_up(bad_call, rng):
    params = {"w": np.array([1.0, 2.0])}
    calls = []

    def f():
        calls.append(1)
        return np.nan if len(calls) == bad_call + 1 else float(params["w"] @ params["w"])

    error = gradcheck.directional_error(f, params, {"w": 2 * params["w"]}, rng=rng, directions=3)
    assert np.isnan(error)


def test_directional_error_of_a_nan_gradient_is_nan(rng):
    f, params, grads = problem()
    grads["W"][0, 0] = np.nan
    assert np.isnan(gradcheck.directional_error(f, params, grads, rng=rng))


def test_directional_error_evaluates_twice_for_each_direction(rng):
    f, params, grads = problem()
    calls = []
    gradcheck.directional_error(
        lambda: calls.append(1) or f(), params, grads, rng=rng, directions=7
    )
    assert len(calls) == 14


def test_step_is_the_distance_moved(rng):
    params = {"w": np.zeros((2, 3))}
    moves = []

    def f():
        moves.append(np.linalg.norm(params["w"]))
        return 0.0

    gradcheck.directional_error(f, params, {"w": np.zeros((2, 3))}, rng=rng, step=0.25)
    np.testing.assert_allclose(moves, 0.25)


def test_parameters_are_put_back_to_the_last_bit(rng):
    f, params, grads = problem()
    before = {key: a.copy() for key, a in params.items()}
    gradcheck.directional_error(f, params, grads, rng=rng, step=0.1)
    gradcheck.numerical_gradient(f, params["W"], step=0.1)
    for key in params:
        np.testing.assert_array_equal(params[key], before[key])


def test_parameters_are_put_back_when_the_loss_raises(rng):
    _, params, grads = problem()

    def f():
        raise ZeroDivisionError("no loss")

    with rejects("no loss", params, grads, error=ZeroDivisionError):
        gradcheck.directional_error(f, params, grads, rng=rng)
    with rejects("no loss", params, grads, error=ZeroDivisionError):
        gradcheck.numerical_gradient(f, params["W"])


def test_numerical_gradient_equals_the_gradient():
    f, params, grads = problem()
    for key in params:
        np.testing.assert_allclose(
            gradcheck.numerical_gradient(f, params[key]), grads[key], atol=1e-9
        )
    scalar = np.array(3.0)
    assert gradcheck.numerical_gradient(lambda: scalar.item() ** 2, scalar) == pytest.approx(6.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p, g: (p, {"W": g["W"]}), r"grads must have the names of params, \['W', 'b'\]"),
        (lambda p, g: (p, {**g, "b": g["b"][:2]}), r"grads\['b'\] must have the shape .*\(4,\)"),
        (
            lambda p, g: ({**p, "b": p["b"].astype("f4")}, g),
            r"params\['b'\] must be a float64 .*32",
        ),
        (lambda p, g: ({}, {}), "there is no entry to check"),
        (lambda p, g: ({"W": np.zeros((0, 3))}, {"W": np.zeros((0, 3))}), "no entry to check"),
        (lambda p, g: (p["W"], g), "params must be a NamedTuple of arrays or a dict"),
        (lambda p, g: (p, g["W"]), "grads must be a NamedTuple of arrays or a dict"),
    ],
)
def test_directional_error_rejects_what_does_not_fit(change, message, rng):
    f, params, grads = problem()
    with rejects(message, params, grads, rng):
        gradcheck.directional_error(f, *change(params, grads), rng=rng)


def test_directional_error_rejects_bad_settings(rng):
    f, params, grads = problem()
    with rejects("directions must be a positive whole number; got 0", params):
        gradcheck.directional_error(f, params, grads, rng=rng, directions=0)
    with rejects("rng must be", params):
        gradcheck.directional_error(f, params, grads, rng=0)
    for step in (0.0, -1e-5, np.nan, None, "1e-5", True, [1e-5]):
        with rejects("step must be a positive number; got", params, rng):
            gradcheck.directional_error(f, params, grads, rng=rng, step=step)
        with rejects("step must be a positive number; got", params):
            gradcheck.numerical_gradient(f, params["W"], step=step)


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (3.0, "f must be a function without arguments; got float"),
        (None, "f must be a function without arguments; got NoneType"),
        (lambda: None, r"the loss that f returns must be .*\(NoneType\)"),
        (lambda: "0.5", "the loss that f returns must be an array of numbers"),
        (lambda: np.ones(2), r"f must return one number, the loss; got shape \(2,\)"),
        (lambda: 1j, "the loss that f returns must be real"),
    ],
)
def test_a_loss_that_is_no_number_is_rejected_and_everything_put_back(f, message, rng):
    _, params, grads = problem()
    with rejects(message, params, grads):
        gradcheck.directional_error(f, params, grads, rng=rng)
    with rejects(message, params):
        gradcheck.numerical_gradient(f, params["W"])


def test_a_loss_may_be_an_array_of_one_number_or_the_parameter_itself():
    w = np.array([2.0])
    np.testing.assert_allclose(gradcheck.numerical_gradient(lambda: w, w), [1.0])
    np.testing.assert_allclose(gradcheck.numerical_gradient(lambda: w * w, w), [4.0])


def test_arrays_that_cannot_be_moved_are_rejected(rng):
    f, params, grads = problem()
    params["b"].flags.writeable = False
    with rejects(r"params\['b'\] is read-only", grads, rng):
        gradcheck.directional_error(f, params, grads, rng=rng)
    with rejects("array must be a float64 array that can be moved"):
        gradcheck.numerical_gradient(f, params["b"])


@pytest.mark.parametrize("array", [[1.0], np.ones(2, np.float32), np.ones(2, int)])
def test_numerical_gradient_rejects_what_is_not_float64(array):
    with rejects("array must be a float64 array .*; got (list|float32|int64)"):
        gradcheck.numerical_gradient(lambda: 0.0, array)
