"""The LSTM: values by hand, what its gates do, its pair of states.

What the recurrent cells share is tested in ``test_recurrent.py``.
"""

import numpy as np
import pytest
from oracles import rejects

from rnnkit import lstm
from rnnkit.lstm import Params, State

LN2, LN3 = np.log(2.0), np.log(3.0)
OPEN, CLOSED = 50.0, -50.0  # σ is 1 and 2·10⁻²² there

# σ(ln 3) = ¾, σ(−ln 3) = ¼, tanh(½ ln 3) = ½, σ(0) = ½.
BY_HAND = Params(np.array([[LN3, -LN3, LN3 / 2, 0.0]]), np.ones((1, 4)), np.zeros(4))
C_0 = 4 * (LN2 - 3 / 8)  # so that c_1 = ¼ c_0 + ¾ · ½ = ln 2, tanh of which is 3/5
STATE = State(np.zeros((1, 1)), np.array([[C_0]]))


def biased(i, f, c, o, units=3, rng=None):
    """Weights of 0 and one bias for each gate; random W_x and W_h of the candidate."""
    params = Params(np.zeros((2, 4 * units)), np.zeros((units, 4 * units)), np.zeros(4 * units))
    params.b[:] = np.repeat([i, f, c, o], units).astype(float)
    if rng is not None:
        for W in params[:2]:
            W[:, 2 * units : 3 * units] = rng.standard_normal((len(W), units))
    return params


def test_step_equals_hand_worked_numbers():
    h, c = lstm.step([[1.0]], STATE, BY_HAND)
    np.testing.assert_allclose(c, [[LN2]], rtol=1e-15)
    np.testing.assert_allclose(h, [[0.5 * 3 / 5]], rtol=1e-15)


def test_forward_equals_hand_worked_numbers():
    # Step 2 with x = −1: h_1 = 3/10 adds to each a, so a = (0.3 − ln 3, 0.3 + ln 3, …).
    h, final, _ = lstm.forward([[[1.0], [-1.0]]], BY_HAND, STATE)
    e = np.exp(0.3)
    i, f, o = e / (e + 3), 3 * e / (3 * e + 1), e / (e + 1)
    candidate = (e * e - 3) / (e * e + 3)  # tanh(0.3 − ½ ln 3)
    c = f * LN2 + i * candidate
    np.testing.assert_allclose(h[0, :, 0], [0.3, o * np.tanh(c)], rtol=1e-14)
    np.testing.assert_allclose(final.c, [[c]], rtol=1e-14)
    np.testing.assert_array_equal(final.h, h[:, -1])


def test_backward_equals_hand_worked_numbers():
    _, _, cache = lstm.forward([[[1.0]]], BY_HAND, STATE)
    # ∂L/∂h = 1 and ∂L/∂c = 1: what reaches c_1 is 1 + ½ (1 − 9/25) = 1.32.
    dx, dstate, grads = lstm.backward([[[1.0]]], cache, State([[0.0]], [[1.0]]))
    delta = [
        1.32 * 1 / 2 * 3 / 16,  # c̃ · i (1 − i)
        1.32 * C_0 * 3 / 16,  # c_0 · f (1 − f)
        1.32 * 3 / 4 * 3 / 4,  # i · (1 − c̃²)
        3 / 5 * 1 / 4,  # tanh(c_1) · o (1 − o), of ∂L/∂h alone
    ]
    np.testing.assert_allclose(grads.b, delta, rtol=1e-14)
    np.testing.assert_allclose(grads.W_x, [delta], rtol=1e-14)  # x = 1
    np.testing.assert_array_equal(grads.W_h, np.zeros((1, 4)))  # h_0 = 0
    np.testing.assert_allclose(dstate.c, [[1.32 * 1 / 4]], rtol=1e-14)
    np.testing.assert_allclose(dstate.h, [[sum(delta)]], rtol=1e-14)
    dx_by_hand = LN3 * (delta[0] - delta[1] + delta[2] / 2)
    np.testing.assert_allclose(dx, [[[dx_by_hand]]], rtol=1e-14)


def test_order_of_the_gates_is_that_of_keras(rng):
    # Each gate by itself is wide open or shut: which block does it?
    x, state = rng.standard_normal((2, 2)), State(*rng.standard_normal((2, 2, 3)))
    kept = lstm.step(x, state, biased(CLOSED, OPEN, 0, OPEN, rng=rng))
    np.testing.assert_allclose(kept.c, state.c, rtol=1e-15)  # f alone keeps c
    np.testing.assert_allclose(kept.h, np.tanh(state.c), rtol=1e-15)
    written = lstm.step(x, state, params := biased(OPEN, CLOSED, 0, OPEN, rng=rng))
    a = x @ params.W_x[:, 6:9] + state.h @ params.W_h[:, 6:9]
    np.testing.assert_allclose(written.c, np.tanh(a), rtol=1e-14)  # i alone lets c̃ in
    hidden = lstm.step(x, state, biased(OPEN, OPEN, 0, CLOSED, rng=rng))
    assert np.abs(hidden.h).max() < 1e-20  # o shut: nothing is seen of c


def test_backward_through_an_open_forget_gate_is_lossless(rng):
    # ∂c_T/∂c_0 = Π f_t = 1: the constant error carousel.
    params = biased(CLOSED, OPEN, 0, 0)
    _, final, cache = lstm.forward(rng.standard_normal((2, 200, 2)), params)
    dc = rng.standard_normal((2, 3))
    _, dstate, _ = lstm.backward(None, cache, State(np.zeros((2, 3)), dc))
    np.testing.assert_allclose(dstate.c, dc, rtol=1e-12)
    half = biased(CLOSED, 0, 0, 0)
    _, _, cache = lstm.forward(rng.standard_normal((2, 200, 2)), half)
    _, dstate, _ = lstm.backward(None, cache, State(np.zeros((2, 3)), dc))
    np.testing.assert_allclose(dstate.c, dc * 0.5**200, rtol=1e-10)
    assert final.c.shape == (2, 3)


def test_gates_far_out_give_no_warning_and_no_nan():
    params = Params(np.full((1, 4), 1e6), np.zeros((1, 4)), np.zeros(4))
    with np.errstate(all="raise"):
        h, final, cache = lstm.forward([[[1.0], [-1.0]]], params)
        gradients = lstm.backward(np.ones_like(h), cache)
        step = lstm.step([[-1.0]], final, params)
    assert np.isfinite([h.sum(), final.c.item(), gradients[0].sum(), step.c.item()]).all()


@pytest.mark.parametrize("unit_forget_bias", [True, False])
def test_init_of_the_bias_is_that_of_keras(keras, unit_forget_bias, rng):
    layer = keras.layers.LSTM(3, unit_forget_bias=unit_forget_bias)
    layer.build((None, None, 2))
    params = lstm.init(2, 3, rng=rng, unit_forget_bias=unit_forget_bias)
    np.testing.assert_array_equal(params.b, layer.get_weights()[2])


def test_states_may_be_any_pair(rng):
    params = lstm.init(2, 3, rng=rng)
    x, (h_0, c_0) = rng.standard_normal((2, 4, 2)), rng.standard_normal((2, 2, 3))
    expected, _, cache = lstm.forward(x, params, State(h_0, c_0))
    _, dstate, _ = lstm.backward(None, cache, State(h_0, c_0))
    for pair in ((h_0, c_0), [h_0, c_0], (h_0.tolist(), c_0.tolist())):
        np.testing.assert_array_equal(lstm.forward(x, params, pair)[0], expected)
        again = lstm.backward(None, cache, pair)[1]
        np.testing.assert_array_equal(again.c, dstate.c)
        assert type(again) is type(lstm.step(x[:, 0], pair, params)) is State
    assert (lstm.forward(x, params, (c_0, h_0))[0] != expected).any()


@pytest.mark.parametrize(
    ("state", "got"),
    [
        (np.zeros((2, 3)), "ndarray"),  # two rows do not make it a pair
        (np.zeros((2, 2, 3)), "ndarray"),
        ((np.zeros((2, 3)),), "tuple"),
        ([np.zeros((2, 3))] * 3, "list"),
        ({"h": 0, "c": 0}, "dict"),
        (0.0, "float"),
    ],
)
def test_states_that_are_no_pair_are_rejected(state, got, rng):
    params, x = lstm.init(2, 3, rng=rng), np.ones((2, 4, 2))
    _, _, cache = lstm.forward(x, params)
    expected = rf"state must be the pair \(h, c\); got {got}\. An LSTM has two states"
    with rejects(expected, x, *params):
        lstm.forward(x, params, state)
    with rejects(expected, x, *params):
        lstm.step(x[:, 0], state, params)
    with rejects("dfinal_" + expected, cache):
        lstm.backward(None, cache, state)


def test_params_of_another_cell_are_rejected(rng):
    params = lstm.init(2, 3, rng=rng)
    three = Params(params.W_x[:, :9], params.W_h[:, :9], params.b[:9])
    with rejects(r"W_x \(features, 4 × units\), .*got \(2, 9\), \(3, 9\), \(9,\)", *three):
        lstm.forward(np.ones((2, 4, 2)), three)
    two = params._replace(b=np.zeros((2, 12)))  # PyTorch's two biases: add them up
    with rejects(r"b \(4 × units,\); got .*\(2, 12\)", *two):
        lstm.forward(np.ones((2, 4, 2)), two)
