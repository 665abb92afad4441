"""The layers of tools/long_range.py compute their equations and gradients; the table is joined."""

import csv

import numpy as np
import pytest

import long_range as tool
import memory_tasks
from rnnkit import simple_rnn

LAYERS = {
    "attention": tool.AttentiveRNN,
    "one_hop": lambda units, **o: tool.Memory(units, hops=1, **o),
    "memory": tool.Memory,
}


def lookup(q, keys, values):
    score = keys @ q / np.sqrt(len(q))
    weight = np.exp(score) / np.exp(score).sum()
    return weight @ values


def test_encoding_by_hand():
    p = tool.encoding(3, size=4, longest=100.0)
    np.testing.assert_array_equal(p[0], [0, 0, 1, 1])
    np.testing.assert_allclose(p[2], [np.sin(2), np.sin(0.02), np.cos(2), np.cos(0.02)])


def test_attentive_rnn_step_by_step(rng):
    layer = tool.AttentiveRNN(4, return_sequences=True)
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
    layer = tool.Memory(4)
    assert layer.build(3, rng=rng, dtype=np.float64) == 4
    A, C, B, R = layer.params.values()
    x = rng.standard_normal((2, 9, 3))
    y, state, _ = layer.forward(x)
    assert state is None
    for b in range(2):
        z = np.hstack([x[b], tool.encoding(9)])
        q = z[-1] @ B
        for _ in range(2):
            q = q @ R + lookup(q, z @ A, z @ C)
        np.testing.assert_allclose(y[b], q, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("return_sequences", [False, True])
@pytest.mark.parametrize("name", LAYERS)
def test_gradient(gradient_error, name, return_sequences):
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
def test_models_have_one_size(rng, name, task):
    model = memory_tasks.MODELS[name](memory_tasks.TASKS[task], rng)
    assert memory_tasks.count(model) == pytest.approx(memory_tasks.PARAMETERS, rel=0.04)


def test_rows_are_borrowed_once_and_promise(tmp_path, monkeypatch):
    monkeypatch.setattr(tool, "TABLE", tmp_path / "mine.csv")
    monkeypatch.setattr(tool, "SOURCE", tmp_path / "theirs.csv")
    for path in (tool.TABLE, tool.SOURCE):
        path.write_text(f"# command\n{','.join(memory_tasks.COLUMNS)}\n", "utf-8")
    rows = [
        {"task": "adding", "lag": 100, "model": "gru", "seed": 0, "relative_loss": 0.4},
        {"task": "copy", "lag": 100, "model": "gru", "seed": 0, "relative_loss": 0.9},
        {"task": "copy", "lag": 100, "model": "gru", "seed": 100, "relative_loss": 0.9},
        {"task": "copy", "lag": 100, "model": "gru", "seed": 4, "relative_loss": 0.1},
        {"task": "copy", "lag": 100, "model": "irnn", "seed": 0, "relative_loss": 0.1},
    ]
    with tool.SOURCE.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, memory_tasks.COLUMNS, lineterminator="\n").writerows(rows)
    tool.borrow()
    tool.borrow()
    assert [row["seed"] for row in memory_tasks.read(tool.TABLE)] == ["0", "0", "100"]
    assert tool.promising("gru", 100) == {"adding"}
    assert tool.promising("gru", 200) == set()
