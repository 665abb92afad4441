"""The linear recurrent layers compute their equations and their gradients."""

import numpy as np
import pytest

from rnnbook import linear_recurrence, memory_tasks


def test_recurrence_by_hand():
    a, b = np.array([[9.0], [2.0], [-1.0]]), np.array([[1.0], [1.0], [1.0]])
    np.testing.assert_array_equal(linear_recurrence.recurrence(a, b), [[1.0], [3.0], [-2.0]])
    np.testing.assert_array_equal(
        linear_recurrence.recurrence(np.array([2.0]), b), [[1.0], [3.0], [7.0]]
    )


def test_reverse_takes_the_factor_of_the_next_step():
    a, g = np.array([[9.0], [2.0], [-1.0]]), np.array([[1.0], [1.0], [1.0]])
    np.testing.assert_array_equal(linear_recurrence.reverse(a, g), [[1.0], [0.0], [1.0]])


def test_min_gru_step_by_step(rng):
    layer = linear_recurrence.MinGRU(4, return_sequences=True)
    layer.build(3, rng=rng, dtype=np.float64)
    layer.params["b"][...] = rng.standard_normal(8)
    x, h = rng.standard_normal((2, 6, 3)), np.zeros((2, 4))
    y, final, _ = layer.forward(x)
    for t in range(6):
        s = x[:, t] @ layer.params["W"] + layer.params["b"]
        z = 1 / (1 + np.exp(-s[:, :4]))
        h = z * h + (1 - z) * s[:, 4:]
        np.testing.assert_allclose(y[:, t], h, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(final, y[:, -1])


def test_lru_step_by_step(rng):
    layer = linear_recurrence.LRU(4, return_sequences=True)
    layer.build(3, rng=rng, dtype=np.float64)
    W, nu, theta, gamma = layer.params.values()
    x, h = rng.standard_normal((2, 6, 3)), np.zeros((2, 4))
    y, _, _ = layer.forward(x)
    modulus = np.exp(-np.exp(nu))
    assert ((modulus >= 0.9) & (modulus <= 0.999)).all()
    np.testing.assert_allclose(np.exp(2 * gamma), 1 - modulus**2)
    for t in range(6):
        u = x[:, t] @ W[:, :4] + 1j * (x[:, t] @ W[:, 4:])
        h = modulus * np.exp(1j * np.exp(theta)) * h + np.exp(gamma) * u
        np.testing.assert_allclose(y[:, t], np.hstack([h.real, h.imag]), rtol=1e-12, atol=1e-12)


LAYERS = {
    "min_gru": lambda **o: linear_recurrence.MinGRU(3, **o),
    "min_gru_signed": lambda **o: linear_recurrence.MinGRU(3, signed=True, **o),
    "min_gru_slow": lambda **o: linear_recurrence.MinGRU(3, keep=linear_recurrence.SLOW, **o),
    "lru": lambda **o: linear_recurrence.LRU(3, **o),
    "stack": lambda **o: linear_recurrence.Stack(linear_recurrence.LRU, 3, **o),
}


@pytest.mark.parametrize("return_sequences", [False, True])
@pytest.mark.parametrize("name", LAYERS)
def test_backward_agrees_with_differences(gradient_error, name, return_sequences):
    layer = LAYERS[name](return_sequences=return_sequences)
    assert gradient_error(layer, time=7) < 1e-8


@pytest.mark.parametrize("name", ["min_gru_slow", "gru_slow"])
def test_slow_starts_keep_what_they_say(rng, name):
    model = linear_recurrence.MODELS[name](memory_tasks.TASKS["adding"], rng)
    biases = [b for key, b in model.params.items() if key.endswith("b") and "dense" not in key]
    first = biases[0][0] if name == "gru_slow" else biases[0]
    units = model.layers[next(iter(model.layers))].units
    z = 1 / (1 + np.exp(-first[:units]))
    assert ((z > 0.899) & (z < 0.9991)).all()


@pytest.mark.parametrize("name", linear_recurrence.MODELS)
@pytest.mark.parametrize("task", memory_tasks.TASKS)
def test_stacked_models_have_one_size(rng, name, task):
    model = linear_recurrence.MODELS[name](memory_tasks.TASKS[task], rng)
    assert memory_tasks.count(model) == pytest.approx(memory_tasks.PARAMETERS, rel=0.04)


def test_import_leaves_the_models_of_others_alone():
    assert not linear_recurrence.MODELS.keys() & memory_tasks.MODELS.keys()
