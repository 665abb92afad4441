"""The GRU: values by hand, what its gates do, its two kinds.

What the recurrent cells share is tested in ``test_recurrent.py``.
"""

import numpy as np
import pytest
from oracles import rejects

from rnnkit import gru, simple_rnn
from rnnkit.gru import Params

LN3 = np.log(3.0)
OPEN, CLOSED = 50.0, -50.0  # σ is 1 and 2·10⁻²² there
each_reset = pytest.mark.parametrize("reset_after", [True, False], ids=["after", "before"])


def by_hand(reset_after):
    """z = ¾, r = ¼, h̃ = ½ for x = 1 and h_0 = 2, by σ(ln 3) = ¾ and tanh(½ ln 3) = ½.

    Reset after: r (h_0 · 1 + 2) = 1.  Reset before: (r h_0) · 1 = ½.
    """
    if reset_after:
        b = np.array([[LN3, 0.0, LN3 / 2], [0.0, -LN3, 2.0]])
        return Params(np.array([[0.0, 0.0, -1.0]]), np.array([[0.0, 0.0, 1.0]]), b)
    b = np.array([LN3, -LN3, LN3 / 2])
    return Params(np.array([[0.0, 0.0, -0.5]]), np.array([[0.0, 0.0, 1.0]]), b)


def biased(z, r, units=3, *, reset_after, rng):
    """Weights of 0 and one bias for each gate; random weights of the candidate."""
    params = gru.init(2, units, rng=rng, reset_after=reset_after)
    for W in params[:2]:
        W[:, : 2 * units] = 0.0
    b = params.b[0] if reset_after else params.b
    b[:] = np.concatenate([np.repeat([z, r], units), rng.standard_normal(units)])
    return params


@each_reset
def test_step_equals_hand_worked_numbers(reset_after):
    # h_1 = ¾ · 2 + ¼ · ½
    h = gru.step([[1.0]], [[2.0]], by_hand(reset_after))
    np.testing.assert_allclose(h, [[1.625]], rtol=1e-15)


@each_reset
def test_forward_equals_hand_worked_numbers(reset_after):
    # Step 2 with x = 0 and h_1 = 13/8: r (13/8 + 2) = 29/32 or r · 13/8 = 13/32.
    h, final, _ = gru.forward([[[1.0], [0.0]]], by_hand(reset_after), [[2.0]])
    candidate = np.tanh(LN3 / 2 + (29 / 32 if reset_after else 13 / 32))
    expected = [13 / 8, 3 / 4 * 13 / 8 + 1 / 4 * candidate]
    np.testing.assert_allclose(h[0, :, 0], expected, rtol=1e-14)
    np.testing.assert_array_equal(final, h[:, -1])


@each_reset
def test_backward_equals_hand_worked_numbers(reset_after):
    params = by_hand(reset_after)
    _, _, cache = gru.forward([[[1.0]]], params, [[2.0]])
    dx, dstate, grads = gru.backward([[[1.0]]], cache)
    dz = (2 - 1 / 2) * 3 / 16  # (h_0 − h̃) · z (1 − z)
    dh = 1 / 4 * 3 / 4  # (1 − z) (1 − h̃²)
    # Times 4 = h_0 W + b, which r multiplies, or times h_0 = 2; and r (1 − r).
    dr = dh * (4 if reset_after else 2) * 3 / 16
    db = [[dz, dr, dh], [dz, dr, dh / 4]] if reset_after else [dz, dr, dh]
    np.testing.assert_allclose(grads.b, db, rtol=1e-14)
    np.testing.assert_allclose(grads.W_x, [[dz, dr, dh]], rtol=1e-14)
    # Reset after: h_0 · δ r.  Reset before: (r h_0) · δ: the same number.
    np.testing.assert_allclose(grads.W_h, [[2 * dz, 2 * dr, dh / 2]], rtol=1e-14)
    np.testing.assert_allclose(dstate, [[3 / 4 + dh / 4]], rtol=1e-14)  # z + δ r W
    np.testing.assert_allclose(dx, [[[dh * params.W_x[0, 2]]]], rtol=1e-14)


@each_reset
def test_update_gate_open_keeps_the_state_and_its_gradient(reset_after, rng):
    params = biased(OPEN, 0.0, reset_after=reset_after, rng=rng)
    x, h_0 = rng.standard_normal((2, 200, 2)), rng.standard_normal((2, 3))
    h, _, cache = gru.forward(x, params, h_0)
    np.testing.assert_allclose(h[:, -1], h_0, rtol=1e-12)
    _, dstate, _ = gru.backward(None, cache, h_0)
    np.testing.assert_allclose(dstate, h_0, rtol=1e-12)


@each_reset
def test_update_gate_shut_and_reset_gate_open_give_a_simple_network(reset_after, rng):
    params = biased(CLOSED, OPEN, reset_after=reset_after, rng=rng)
    b = params.b
    if reset_after:
        b[1, 6:] = rng.standard_normal(3)
        b = b.sum(axis=0)
    simple = simple_rnn.Params(params.W_x[:, 6:], params.W_h[:, 6:], b[6:])
    x, dh = rng.standard_normal((2, 5, 2)), rng.standard_normal((2, 5, 3))
    h, _, cache = gru.forward(x, params)
    expected, _, cache_2 = simple_rnn.forward(x, simple)
    np.testing.assert_allclose(h, expected, rtol=1e-13)
    gradients, expected = gru.backward(dh, cache), simple_rnn.backward(dh, cache_2)
    for a, b in zip(gradients[:2], expected[:2], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    np.testing.assert_allclose(gradients[2].W_h[:, 6:], expected[2].W_h, rtol=1e-12)


@each_reset
def test_reset_gate_shut_forgets_the_state_in_the_candidate(reset_after, rng):
    params = biased(CLOSED, CLOSED, reset_after=reset_after, rng=rng)
    x = rng.standard_normal((2, 2))
    one, two = (gru.step(x, h, params) for h in rng.standard_normal((2, 2, 3)))
    np.testing.assert_allclose(one, two, rtol=1e-13)


def test_bias_tells_the_two_kinds_apart(rng):
    after = gru.init(2, 3, rng=rng)
    before = after._replace(b=np.zeros(9))
    x = rng.standard_normal((2, 5, 2))
    h_after, h_before = (gru.forward(x, params)[0] for params in (after, before))
    np.testing.assert_allclose(h_after[:, 0], h_before[:, 0], rtol=1e-13)  # h_0 = 0: no reset
    assert np.abs(h_after[:, 1:] - h_before[:, 1:]).max() > 1e-3
    one = gru.init(2, 1, rng=rng)  # of one unit: r (h W) = (r h) W
    alike = [gru.forward(x, p)[0] for p in (one, one._replace(b=np.zeros(3)))]
    np.testing.assert_allclose(*alike, rtol=1e-13)


def test_biases_of_the_gates_add_up_and_that_of_the_candidate_does_not(rng):
    params = gru.init(2, 3, rng=rng)
    params.b[:] = rng.standard_normal((2, 9))
    swapped = params._replace(b=params.b[::-1].copy())
    gates = params._replace(b=np.hstack([params.b[::-1, :6], params.b[:, 6:]]))
    x = rng.standard_normal((2, 5, 2))
    h = gru.forward(x, params)[0]
    np.testing.assert_allclose(gru.forward(x, gates)[0], h, rtol=1e-12)
    assert np.abs(gru.forward(x, swapped)[0] - h).max() > 1e-2


@each_reset
def test_gates_far_out_give_no_warning_and_no_nan(reset_after, rng):
    params = gru.init(1, 1, rng=rng, reset_after=reset_after)
    params.W_x[...] = 1e6
    with np.errstate(all="raise"):
        h, final, cache = gru.forward([[[1.0], [-1.0]]], params)
        dx, _, _ = gru.backward(np.ones_like(h), cache)
        step = gru.step([[-1.0]], final, params)
    assert np.isfinite([*h.ravel(), *dx.ravel(), *step.ravel()]).all()


def test_init_of_the_bias_is_that_of_keras(keras, rng):
    for reset_after in (True, False):
        layer = keras.layers.GRU(3, reset_after=reset_after)
        layer.build((None, None, 2))
        params = gru.init(2, 3, rng=rng, reset_after=reset_after)
        assert [p.shape for p in params] == [w.shape for w in layer.get_weights()]
        np.testing.assert_array_equal(params.b, layer.get_weights()[2])


@pytest.mark.parametrize("shape", [(9, 1), (1, 9), (3, 9), (2, 2, 9), (2, 3), (3,), (18,), ()])
def test_bias_of_any_other_shape_is_rejected(shape, rng):
    params = gru.init(2, 3, rng=rng)._replace(b=np.zeros(shape))
    expected = r"b \(3 × units,\) or \(2, 3 × units\); got \(2, 9\), \(3, 9\), \("
    with rejects(expected, *params):
        gru.forward(np.ones((2, 4, 2)), params)
    with rejects(expected, *params):
        gru.step(np.ones((2, 2)), np.zeros((2, 3)), params)
