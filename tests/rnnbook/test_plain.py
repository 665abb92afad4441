"""The plain cells: rnnkit's fast ones equal them, and they hold on their own."""

import numpy as np
import pytest

from rnnbook import plain
from rnnkit import gradcheck, gru, lstm, simple_rnn

CELLS = {"rnn": (simple_rnn, 1), "lstm": (lstm, 4), "gru": (gru, 3)}
SHAPES = [(3, 5, 2, 4), (1, 5, 3, 2), (3, 1, 2, 4), (1, 1, 1, 1), (2, 20, 3, 3)]  # B, T, D, H
each_case = pytest.mark.parametrize(
    ("name", "shape"), [(name, shape) for name in CELLS for shape in SHAPES], ids=str
)


def draw(name, shape):
    """Random inputs, initial states (h_0, and c_0 of the LSTM), weights and outer gradients."""
    rng = np.random.default_rng(0)
    B, T, D, H = shape
    columns = CELLS[name][1] * H
    x, dh = rng.standard_normal((B, T, D)), rng.standard_normal((B, T, H))
    state = tuple(rng.standard_normal((2 if name == "lstm" else 1, B, H)))
    b = rng.standard_normal((2, columns) if name == "gru" else columns)
    return x, state, (rng.standard_normal((D, columns)), rng.standard_normal((H, columns)), b), dh


def forward(name, x, state, weights):
    """What the forward function returns, as a tuple: h, and what else it keeps."""
    kept = getattr(plain, f"{name}_forward")(x, *state, *weights)
    return (kept,) if name == "rnn" else kept


def gradients(name, x, state, weights, dh):
    kept = forward(name, x, state, weights)
    dx, *rest = getattr(plain, f"{name}_backward")(dh, x, *kept, *state, *weights[:2])
    return dx, rest[: len(state)], rest[len(state) :]


def close(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)


@each_case
def test_forward_of_rnnkit_equals_the_plain_loop(name, shape):
    x, state, weights, _ = draw(name, shape)
    module = CELLS[name][0]
    kept = forward(name, x, state, weights)
    h, final, _ = module.forward(x, module.Params(*weights), state if name == "lstm" else state[0])
    close(h, kept[0])
    if name == "lstm":
        close(final.c, kept[1][:, -1])


@each_case
def test_backward_of_rnnkit_equals_the_plain_loop(name, shape):
    x, state, weights, dh = draw(name, shape)
    module = CELLS[name][0]
    initial = state if name == "lstm" else state[0]
    dx, dstate, grads = gradients(name, x, state, weights, dh)
    cache = module.forward(x, module.Params(*weights), initial)[2]
    fast_dx, fast_dstate, fast_grads = module.backward(dh, cache)
    close(fast_dx, dx)
    for a, b in zip(fast_dstate if name == "lstm" else [fast_dstate], dstate, strict=True):
        close(a, b)
    for a, b in zip(fast_grads, grads, strict=True):
        close(a, b)


@each_case
def test_plain_gradients_equal_central_differences(name, shape):
    x, state, weights, dh = draw(name, shape)
    dx, dstate, grads = gradients(name, x, state, weights, dh)
    tree = dict(enumerate([x, *state, *weights]))
    analytic = dict(enumerate([dx, *dstate, *grads]))
    rng = np.random.default_rng(1)
    error = gradcheck.directional_error(
        lambda: float(np.sum(forward(name, x, state, weights)[0] * dh)), tree, analytic, rng=rng
    )
    assert error <= 1e-8


def test_lstm_and_gru_reduce_to_numbers_by_hand():
    # All weights 0: every gate is 1/2 and both candidates are 0.
    x, h_0, zero = np.ones((1, 2, 1)), np.array([[0.5]]), np.zeros
    h, c, _ = plain.lstm_forward(x, h_0, np.array([[4.0]]), zero((1, 4)), zero((1, 4)), zero(4))
    np.testing.assert_array_equal(c, [[[2.0], [1.0]]])
    np.testing.assert_allclose(h, 0.5 * np.tanh(c), rtol=1e-15)
    h, _ = plain.gru_forward(x, h_0, zero((1, 3)), zero((1, 3)), zero((2, 3)))
    np.testing.assert_array_equal(h, [[[0.25], [0.125]]])
