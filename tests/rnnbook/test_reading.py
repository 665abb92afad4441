"""The layers that read the past compute their equations and gradients."""

import numpy as np
import pytest

from rnnbook import memory_tasks, reading
from rnnkit import simple_rnn

LAYERS = {
    "attention": reading.AttentiveRNN,
    "one_hop": lambda units, **o: reading.Memory(units, hops=1, **o),
    "memory": reading.Memory,
}


def lookup(q, keys, values):
    score = keys @ q / np.sqrt(len(q))
    weight = np.exp(score) / np.exp(score).sum()
    return weight @ values


def test_encoding_by_hand():
    p = reading.encoding(3, size=4, longest=100.0)
    np.testing.assert_array_equal(p[0], [0, 0, 1, 1])
    np.testing.assert_allclose(p[2], [np.sin(2), np.sin(0.02), np.cos(2), np.cos(0.02)])


def test_attentive_rnn_step_by_step(rng):
    layer = reading.AttentiveRNN(4, return_sequences=True)
    assert layer.build(3, rng=rng, dtype=np.float64) == 8
    x = rng.standard_normal((2, 9, 3))
    *cell, W_q = layer.params.values()
    h, final, _ = simple_rnn.forward(x, simple_rnn.Params(*cell))
    y, state, _ = layer.forward(x)
    np.testing.assert_array_equal(state, final)
    np.testing.assert_array_equal(y[:, :4], 0)
    for b in range(2):
        for t in range(4, 9):
            context = lookup(h[b, t] @ W_q, h[b, : t + 1], h[b, : t + 1])
            np.testing.assert_allclose(y[b, t], [*h[b, t], *context], rtol=1e-12, atol=1e-12)


def test_memory_step_by_step(rng):
    layer = reading.Memory(4)
    assert layer.build(3, rng=rng, dtype=np.float64) == 4
    A, C, B, R = layer.params.values()
    x = rng.standard_normal((2, 9, 3))
    y, state, _ = layer.forward(x)
    assert state is None
    for b in range(2):
        z = np.hstack([x[b], reading.encoding(9)])
        q = z[-1] @ B
        for _ in range(2):
            q = q @ R + lookup(q, z @ A, z @ C)
        np.testing.assert_allclose(y[b], q, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("return_sequences", [False, True])
@pytest.mark.parametrize("name", LAYERS)
def test_backward_agrees_with_differences(gradient_error, name, return_sequences):
    layer = LAYERS[name](3, return_sequences=return_sequences)
    assert gradient_error(layer, time=8) < 1e-8


@pytest.mark.parametrize("name", LAYERS)
def test_no_answer_sees_a_later_step(rng, name):
    layer = LAYERS[name](3, return_sequences=True)
    layer.build(3, rng=rng, dtype=np.float64)
    x = rng.standard_normal((1, 9, 3))
    before = layer.forward(x)[0]
    x[:, 7:] += 1.0
    moved = np.abs(layer.forward(x)[0] - before).max(axis=(0, 2))
    np.testing.assert_array_equal(moved[:7], 0)
    assert moved[7:].min() > 0


@pytest.mark.parametrize("name", ["attention", "memory"])
@pytest.mark.parametrize("task", memory_tasks.TASKS)
def test_sized_models_have_one_size(rng, name, task):
    model = reading.MODELS[name](memory_tasks.TASKS[task], rng)
    assert memory_tasks.count(model) == pytest.approx(memory_tasks.PARAMETERS, rel=0.04)
