"""Activation functions: values, derivatives, extremes."""

import numpy as np
import pytest
from oracles import ACTIVATIONS

from rnnkit import activations

LITERALS = {  # at −2, 0, ½
    "linear": (-2.0, 0.0, 0.5),
    "tanh": (-0.9640275800758169, 0.0, 0.46211715726000973),
    "sigmoid": (0.11920292202211755, 0.5, 0.6224593312018546),
    "relu": (0.0, 0.0, 0.5),
    "leaky_relu": (-0.4, 0.0, 0.5),
    "elu": (-0.8646647167633873, 0.0, 0.5),
    "softplus": (0.1269280110429725, 0.6931471805599453, 0.9740769841801067),
    "softsign": (-2 / 3, 0.0, 1 / 3),
}


def apply(name, a):
    h = np.empty_like(a)
    activations.get(name).apply(a, h)
    return h


def test_literals_cover_every_activation():
    assert sorted(LITERALS) == ACTIVATIONS


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_apply_equals_known_values(name):
    np.testing.assert_allclose(apply(name, np.array([-2.0, 0.0, 0.5])), LITERALS[name], rtol=1e-14)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_apply_in_place_equals_apply(name, dtype):
    a = np.linspace(-4, 4, 41).astype(dtype)
    expected, kept = apply(name, a), a.copy()
    assert expected.dtype == dtype
    activations.get(name).apply(kept, kept)
    np.testing.assert_array_equal(kept, expected)
    np.testing.assert_array_equal(a, np.linspace(-4, 4, 41).astype(dtype))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_derivative_equals_central_differences(name):
    a = np.linspace(-4, 4, 40)  # 0 is not among them
    h = apply(name, a)
    kept = h.copy()
    numeric = (apply(name, a + 1e-5) - apply(name, a - 1e-5)) / 2e-5
    np.testing.assert_allclose(activations.get(name).derivative(h), numeric, atol=1e-9)
    np.testing.assert_array_equal(h, kept)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_inputs_stay_finite_without_a_warning(name, dtype):
    a = np.array([-1e4, -100, 0, 100, 1e4], dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        h = apply(name, a)
        slope = activations.get(name).derivative(h)
    assert np.isfinite(h).all() and np.isfinite(slope).all()
    assert slope.dtype == h.dtype == dtype
    assert (slope >= 0).all() and (slope <= 1).all()


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu"])
def test_derivative_at_zero_is_the_one_of_keras(name, keras):
    import tensorflow as tf

    a = tf.zeros((1,), "float64")
    with tf.GradientTape() as tape:
        tape.watch(a)
        h = keras.activations.get(name)(a)
    theirs = tape.gradient(h, a).numpy()
    np.testing.assert_allclose(activations.get(name).derivative(np.zeros(1)), theirs, atol=1e-8)


@pytest.mark.parametrize("name", ["gelu", "", None, 3, ["tanh"], np.tanh])
def test_get_rejects_an_unknown_name(name):
    with pytest.raises(ValueError, match=r"activation must be one of elu, leaky_relu, .*; got"):
        activations.get(name)
