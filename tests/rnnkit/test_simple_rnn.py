"""The simple recurrent network: values by hand, activations.

What it shares with the gated cells is tested in ``test_recurrent.py``.
"""

import numpy as np
import pytest
from oracles import ACTIVATIONS, KINDS, Case, check_forward, rejects

from rnnkit import simple_rnn
from rnnkit.simple_rnn import Params

# ---------------------------------------------------------------- by hand

BY_HAND = Params(
    np.array([[0.5, 0.3], [0.7, 0.8]]), np.array([[0.1, 0.4], [0.6, 0.9]]), np.array([0.2, 0.5])
)


def test_step_equals_hand_worked_numbers():
    # Row vectors: (1, 0) W_x = (0.5, 0.3), plus b.
    h_1 = simple_rnn.step([[1.0, 0.0]], [[0.0, 0.0]], BY_HAND, activation="relu")
    np.testing.assert_allclose(h_1, [[0.7, 0.8]], rtol=1e-15)
    # (0.7, 0.8) W_h = (0.07 + 0.48, 0.28 + 0.72) = (0.55, 1.0).
    h_2 = simple_rnn.step([[1.0, 0.0]], h_1, BY_HAND, activation="relu")
    np.testing.assert_allclose(h_2, [[1.25, 1.8]], rtol=1e-15)


def test_forward_equals_hand_worked_numbers():
    h, final, _ = simple_rnn.forward([[[1, 0], [0, 0]]], BY_HAND, activation="relu")
    np.testing.assert_allclose(h, [[[0.7, 0.8], [0.75, 1.5]]], rtol=1e-15)
    np.testing.assert_array_equal(final, h[:, -1])


def test_forward_in_columns_is_forward_with_transposed_weights():
    columns = Params(BY_HAND.W_x.T, BY_HAND.W_h.T, BY_HAND.b)
    h, _, _ = simple_rnn.forward([[[1, 0], [1, 0]]], columns, activation="relu")
    np.testing.assert_allclose(h, [[[0.7, 1.2], [1.25, 2.7]]], rtol=1e-15)


def test_backward_equals_hand_worked_numbers():
    params = Params(np.array([[2.0]]), np.array([[3.0]]), np.array([1.0]))
    x, h_0 = [[[1.0], [-1.0]]], [[0.5]]
    h, _, cache = simple_rnn.forward(x, params, h_0, activation="linear")
    np.testing.assert_array_equal(h, [[[4.5], [12.5]]])
    # L = h_1 + 2 h_2: δ_2 = 2, δ_1 = 1 + 2·3 = 7.
    dx, dstate, grads = simple_rnn.backward([[[1.0], [2.0]]], cache)
    np.testing.assert_array_equal(dx, [[[14.0], [4.0]]])
    np.testing.assert_array_equal(dstate, [[21.0]])
    np.testing.assert_array_equal(grads.W_x, [[1.0 * 7 - 1.0 * 2]])
    np.testing.assert_array_equal(grads.W_h, [[0.5 * 7 + 4.5 * 2]])
    np.testing.assert_array_equal(grads.b, [9.0])


def test_forward_mask_has_the_meaning_of_keras():
    params = Params(np.eye(1), np.eye(1), np.zeros(1))
    x = np.array([[[1.0], [2.0], [4.0], [8.0]]] * 3)
    mask = np.array([[0, 1, 0, 1], [1, 0, 0, 0], [0, 0, 0, 0]], dtype=bool)
    h, final, _ = simple_rnn.forward(x, params, [[100.0]] * 3, mask=mask, activation="linear")
    np.testing.assert_array_equal(
        h[:, :, 0], [[0, 102, 102, 110], [101, 101, 101, 101], [0, 0, 0, 0]]
    )
    np.testing.assert_array_equal(final[:, 0], [110, 101, 100])


# ---------------------------------------------------------------- activations


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_forward_equals_keras_with_every_activation(keras, activation, dtype):
    rng = np.random.default_rng(2)
    W_h = np.linalg.qr(rng.standard_normal((4, 4)))[0]  # ‖W_h‖₂ = 1, the largest allowed
    params = Params(0.3 * rng.standard_normal((3, 4)), W_h, 0.1 * rng.standard_normal(4))
    params = Params(*(p.astype(dtype) for p in params))
    x = rng.standard_normal((3, 100, 3)).astype(dtype)
    state = rng.standard_normal((3, 4)).astype(dtype)
    mask = np.arange(100) < np.array([[100], [63], [0]])
    check_forward(Case(KINDS["simple_rnn"], x, params, rng, state, mask, activation=activation))


def test_leaky_relu_slope_is_exact_where_tensorflow_rounds_it(keras):
    # TensorFlow stores the slope in float32, whatever the dtype of the input.
    import tensorflow as tf

    a = np.array([[-1.0]])
    ours = simple_rnn.step(
        a, [[0.0]], Params(np.eye(1), np.eye(1), np.zeros(1)), activation="leaky_relu"
    )
    assert ours.item() == -0.2
    assert tf.nn.leaky_relu(a, alpha=0.2).numpy().item() == -float(np.float32(0.2))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_no_activation_changes_the_dtype(activation, dtype, rng):
    params = simple_rnn.init(2, 3, rng=rng, dtype=dtype)
    h, final, cache = simple_rnn.forward(np.ones((2, 3, 2)), params, activation=activation)
    dx, dstate, grads = simple_rnn.backward(np.ones(h.shape), cache)
    step = simple_rnn.step(np.ones((2, 2)), final, params, activation=activation)
    assert {a.dtype for a in (h, final, dx, dstate, *grads, step)} == {np.dtype(dtype)}


def test_unknown_activation_is_rejected(rng):
    params = simple_rnn.init(2, 3, rng=rng)
    with rejects("activation must be one of elu, .*; got 'Tanh'", *params):
        simple_rnn.forward(np.ones((2, 3, 2)), params, activation="Tanh")
