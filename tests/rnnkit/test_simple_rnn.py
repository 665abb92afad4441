"""The recurrent cell: values by hand, Keras, PyTorch, differences; masks; bad input."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import (
    ACTIVATIONS,
    Case,
    cases,
    distance,
    draw_mask,
    keras_slope,
    keras_twin,
    near_kink,
    rejects,
)

from rnnkit import gradcheck, simple_rnn
from rnnkit.simple_rnn import Params

TORCH = json.loads(Path(__file__).with_name("data").joinpath("torch_simple_rnn.json").read_text())


def small(dtype=np.float64):
    """B = 2, T = 3, D = 2, H = 3, tanh."""
    rng = np.random.default_rng(1)
    return rng.standard_normal((2, 3, 2)).astype(dtype), simple_rnn.init(2, 3, rng=rng, dtype=dtype)


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


def test_init_draws_as_keras_does(rng):
    params = simple_rnn.init(300, 100, rng=rng, dtype=np.float32)
    limit = np.sqrt(6 / 400)
    assert 0.99 * limit < np.abs(params.W_x).max() <= limit
    assert abs(params.W_x.std() / (limit / np.sqrt(3)) - 1) < 0.02
    np.testing.assert_allclose(params.W_h.T @ params.W_h, np.eye(100), atol=1e-5)
    np.testing.assert_array_equal(params.b, np.zeros(100))
    assert {p.dtype for p in params} == {np.dtype(np.float32)}


# ---------------------------------------------------------------- Keras


def check_forward(case, tolerance):
    with keras_slope():
        h, final, _ = case.forward()
        theirs, state = keras_twin(case)(case.x, mask=case.mask, initial_state=case.state)
        last, state_too = keras_twin(case, return_sequences=False)(
            case.x, mask=case.mask, initial_state=case.state
        )
    scale = max(1.0, float(np.abs(h).max()))
    assert h.dtype == final.dtype == np.asarray(theirs).dtype == case.x.dtype
    assert np.abs(h - np.asarray(theirs)).max() <= tolerance * scale
    assert np.abs(h[:, -1] - np.asarray(last)).max() <= tolerance * scale
    for theirs in (state, state_too):
        assert distance(final, theirs) <= tolerance


@given(cases())
@settings(max_examples=150)
def test_forward_equals_keras_in_float64(keras, case):
    check_forward(case, 1e-12)


@given(cases(dtype=np.float32))
@settings(max_examples=80)
def test_forward_equals_keras_in_float32(keras, case):
    check_forward(case, 1e-5)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_forward_equals_keras_over_long_sequences(keras, activation):
    for dtype, tolerance in ((np.float64, 1e-12), (np.float32, 1e-5)):
        rng = np.random.default_rng(2)
        W_h = np.linalg.qr(rng.standard_normal((4, 4)))[0]  # ‖W_h‖₂ = 1, the largest allowed
        params = Params(0.3 * rng.standard_normal((3, 4)), W_h, 0.1 * rng.standard_normal(4))
        params = Params(*(p.astype(dtype) for p in params))
        x = rng.standard_normal((3, 100, 3)).astype(dtype)
        state = rng.standard_normal((3, 4)).astype(dtype)
        mask = np.arange(100) < np.array([[100], [63], [0]])
        check_forward(Case(x, params, state, mask, activation, False, rng), tolerance)


def test_leaky_relu_slope_is_exact_where_tensorflow_rounds_it(keras):
    # TensorFlow stores the slope in float32, whatever the dtype of the input.
    import tensorflow as tf

    a = np.array([[-1.0]])
    ours = simple_rnn.step(
        a, [[0.0]], Params(np.eye(1), np.eye(1), np.zeros(1)), activation="leaky_relu"
    )
    assert ours.item() == -0.2
    assert tf.nn.leaky_relu(a, alpha=0.2).numpy().item() == -float(np.float32(0.2))


@given(cases(), st.booleans())
@settings(max_examples=150)
def test_backward_equals_keras_autodiff(keras, case, return_sequences):
    import tensorflow as tf

    x = tf.constant(case.x)
    state = tf.zeros((len(case.x), len(case.params.b)), "float64")
    state = state if case.state is None else tf.constant(case.state)
    with keras_slope():
        h, _, cache = case.forward()
        dh, dfinal = case.rng.standard_normal(h.shape), case.rng.standard_normal(state.shape)
        if not return_sequences:
            dh[:, :-1] = 0.0
        dx, dstate, grads = simple_rnn.backward(dh, cache, dfinal)
        layer = keras_twin(case, return_sequences=return_sequences)
        with tf.GradientTape() as tape:
            tape.watch([x, state])
            outputs, final = layer(x, mask=case.mask, initial_state=state)
            upstream = dh if return_sequences else dh[:, -1]
            loss = tf.reduce_sum(outputs * upstream) + tf.reduce_sum(final * dfinal)
        theirs = tape.gradient(loss, [x, state, *layer.trainable_variables])
    dx = dx[:, ::-1] if case.go_backwards else dx
    for ours, g in zip([dx, dstate, *grads], theirs, strict=True):
        # None says that nothing depends on it, as on x when every step is masked.
        g = np.zeros(ours.shape) if g is None else tf.convert_to_tensor(g).numpy()
        assert distance(ours, g) <= 1e-10


# ---------------------------------------------------------------- PyTorch


@pytest.mark.parametrize("name", TORCH["cases"])
def test_forward_and_backward_equal_pytorch(name):
    case = {k: np.array(v) if k != "activation" else v for k, v in TORCH["cases"][name].items()}
    params = Params(
        case["weight_ih"].T, case["weight_hh"].T, case["bias_ih"] + case["bias_hh"]
    )  # PyTorch multiplies from the left and has two biases
    h, final, cache = simple_rnn.forward(
        case["x"], params, case["h_0"], activation=case["activation"]
    )
    dx, dstate, grads = simple_rnn.backward(case["dh"], cache, case["dh_n"])
    for name, ours in {
        "h": h,
        "h_n": final,
        "grad_x": dx,
        "grad_h_0": dstate,
        "grad_weight_ih": grads.W_x.T,
        "grad_weight_hh": grads.W_h.T,
        "grad_bias_ih": grads.b,
        "grad_bias_hh": grads.b,
    }.items():
        assert distance(ours, case[name]) <= 1e-14, name


# ---------------------------------------------------------------- differences


@given(cases(), st.sampled_from(["every step", "last step", "final state", "both"]))
@settings(max_examples=300)
def test_backward_equals_central_differences(case, loss_at):
    B, T, _ = case.x.shape
    H = len(case.params.b)
    state = np.zeros((B, H)) if case.state is None else case.state
    case = case._replace(state=state)
    if near_kink(case):
        return  # only where a state of zeros has been put in
    dh = None if loss_at == "final state" else case.rng.standard_normal((B, T, H))
    if loss_at == "last step":
        dh[:, :-1] = 0.0
    dfinal = case.rng.standard_normal((B, H)) if loss_at in ("final state", "both") else None

    def loss():
        h, final, _ = case.forward()
        parts = ((h, dh), (final, dfinal))
        return sum(float(np.sum(value * d)) for value, d in parts if d is not None)

    _, _, cache = case.forward()
    dx, dstate, grads = simple_rnn.backward(dh, cache, dfinal)
    dx = dx[:, ::-1] if case.go_backwards else dx
    tree = {"x": case.x, "state": state, **case.params._asdict()}
    analytic = {"x": dx, "state": dstate, **grads._asdict()}
    assert gradcheck.directional_error(loss, tree, analytic, rng=case.rng) <= 1e-8
    # One by one as well: a small gradient must not hide behind a large one.
    for key in tree:
        one = {key: tree[key]}, {key: np.ascontiguousarray(analytic[key])}
        error = gradcheck.directional_error(loss, *one, rng=case.rng, directions=1)
        norm = np.linalg.norm(analytic[key])
        assert error * (norm or 1.0) <= 1e-8 * max(1.0, norm), key


def test_backward_equals_differences_entry_by_entry():
    x, params = small()
    h, _, cache = simple_rnn.forward(x, params)
    _, _, grads = simple_rnn.backward(2 * h, cache)

    def loss():
        return float(np.sum(simple_rnn.forward(x, params)[0] ** 2))

    for array, grad in zip(params, grads, strict=True):
        np.testing.assert_allclose(grad, gradcheck.numerical_gradient(loss, array), atol=1e-8)


# ---------------------------------------------------------------- meaning


@given(cases())
def test_forward_equals_the_step_loop(case):
    case = case._replace(go_backwards=False)
    h, final, _ = case.forward()
    B, T, _ = case.x.shape
    h_t = np.zeros(h[:, 0].shape) if case.state is None else case.state
    output = np.zeros_like(h_t)
    for t in range(T):
        new = simple_rnn.step(case.x[:, t], h_t, case.params, activation=case.activation)
        valid = np.ones((B, 1), bool) if case.mask is None else case.mask[:, t, np.newaxis]
        h_t, output = np.where(valid, new, h_t), np.where(valid, new, output)
        np.testing.assert_allclose(h[:, t], output, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(final, h_t, rtol=1e-12, atol=1e-13)


@given(cases(), st.data())
def test_forward_with_a_carried_state_equals_the_whole_run(case, data):
    case = case._replace(go_backwards=False, mask=None)
    T = case.x.shape[1]
    cut = data.draw(st.integers(1, T))
    h, final, _ = case.forward()
    h_1, carried, _ = case._replace(x=case.x[:, :cut]).forward()
    np.testing.assert_allclose(h_1, h[:, :cut], rtol=1e-13, atol=1e-13)
    if cut < T:
        h_2, carried, _ = case._replace(x=case.x[:, cut:], state=carried).forward()
        np.testing.assert_allclose(h_2, h[:, cut:], rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(carried, final, rtol=1e-12, atol=1e-13)


def test_backward_in_two_pieces_equals_the_whole():
    x, params = small()
    dh = np.random.default_rng(3).standard_normal((2, 3, 3))
    _, _, cache = simple_rnn.forward(x, params)
    dx, dstate, grads = simple_rnn.backward(dh, cache)
    _, carried, first = simple_rnn.forward(x[:, :1], params)
    _, _, second = simple_rnn.forward(x[:, 1:], params, carried)
    dx_2, dcarried, grads_2 = simple_rnn.backward(dh[:, 1:], second)
    dx_1, dstate_1, grads_1 = simple_rnn.backward(dh[:, :1], first, dcarried)
    np.testing.assert_allclose(np.concatenate([dx_1, dx_2], axis=1), dx, atol=1e-14)
    np.testing.assert_allclose(dstate_1, dstate, atol=1e-14)
    for one, two, whole in zip(grads_1, grads_2, grads, strict=True):
        np.testing.assert_allclose(one + two, whole, atol=1e-14)


def test_forward_mask_has_the_meaning_of_keras():
    params = Params(np.eye(1), np.eye(1), np.zeros(1))
    x = np.array([[[1.0], [2.0], [4.0], [8.0]]] * 3)
    mask = np.array([[0, 1, 0, 1], [1, 0, 0, 0], [0, 0, 0, 0]], dtype=bool)
    h, final, _ = simple_rnn.forward(x, params, [[100.0]] * 3, mask=mask, activation="linear")
    np.testing.assert_array_equal(
        h[:, :, 0], [[0, 102, 102, 110], [101, 101, 101, 101], [0, 0, 0, 0]]
    )
    np.testing.assert_array_equal(final[:, 0], [110, 101, 100])


def test_backward_of_a_masked_row_gives_no_gradient_to_its_weights():
    x, params = small()
    mask = np.array([[True, True, False], [False, False, False]])
    _, _, cache = simple_rnn.forward(x, params, mask=mask)
    dx, dstate, grads = simple_rnn.backward(np.ones((2, 3, 3)), cache, np.full((2, 3), 5.0))
    np.testing.assert_array_equal(dx[1], np.zeros((3, 2)))
    np.testing.assert_array_equal(dx[0, 2], np.zeros(2))
    np.testing.assert_array_equal(dstate[1], np.full(3, 5.0))  # handed through as it is
    _, _, cache = simple_rnn.forward(x[:1, :2], params)
    dh = [[[1, 1, 1], [2, 2, 2]]]  # the second output is repeated at the masked step
    _, _, alone = simple_rnn.backward(dh, cache, np.full((1, 3), 5.0))
    for a, b in zip(grads, alone, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-14)


@given(cases())
def test_forward_ignores_what_masked_steps_hold(case):
    if case.mask is None:
        return
    other = np.where(case.mask[:, :, np.newaxis], case.x, 1e3)
    for a, b in zip(case.forward()[:2], case._replace(x=other).forward()[:2], strict=True):
        np.testing.assert_array_equal(a, b)


def test_forward_and_backward_are_reentrant():
    x, params = small()
    other = x[::-1] * 3.0
    dh = np.random.default_rng(4).standard_normal((2, 3, 3))
    _, _, cache = simple_rnn.forward(x, params)
    expected = simple_rnn.backward(dh, cache)
    _, _, first = simple_rnn.forward(x, params)
    _, _, second = simple_rnn.forward(other, params)
    simple_rnn.backward(-dh, second)
    for _ in range(2):  # and a cache may be used twice
        dx, dstate, grads = simple_rnn.backward(dh, first)
        np.testing.assert_array_equal(dx, expected[0])
        np.testing.assert_array_equal(dstate, expected[1])
        for a, b in zip(grads, expected[2], strict=True):
            np.testing.assert_array_equal(a, b)


@given(cases())
def test_forward_and_backward_leave_their_inputs_alone(case):
    h, final, cache = case.forward()
    dh, dfinal = np.ones_like(h), np.ones_like(final)
    arrays = [case.x, *case.params, case.state, case.mask, dh, dfinal, h, final]
    arrays = [a for a in arrays if a is not None]
    before = [a.copy() for a in arrays]
    case.forward()
    simple_rnn.backward(dh, cache, dfinal)
    for a, b in zip(before, arrays, strict=True):
        np.testing.assert_array_equal(a, b)


def test_forward_outputs_cannot_be_overwritten():
    # The cache shares their memory: writing to them would spoil the gradient.
    x, params = small()
    h, final, cache = simple_rnn.forward(x, params)
    with pytest.raises(ValueError, match="read-only"):
        h += 1.0
    kept = h.copy()
    final += 1.0  # has its own memory
    np.testing.assert_array_equal(h, kept)
    np.testing.assert_array_equal(cache.states[-1], kept[:, -1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_everything_has_the_dtype_of_the_parameters(activation, dtype):
    x, params = small(dtype)
    for other in (np.float32, np.float64, np.int64):
        mask = np.array([[True, False, True], [False, True, True]])
        state = np.ones((2, 3), dtype=other)
        h, final, cache = simple_rnn.forward(
            x.astype(other), params, state, mask=mask, activation=activation
        )
        dx, dstate, grads = simple_rnn.backward(
            np.ones(h.shape, other), cache, np.ones((2, 3), other)
        )
        step = simple_rnn.step(x[:, 0].astype(other), state, params, activation=activation)
        arrays = [h, final, cache.x, cache.states, dx, dstate, *grads, step]
        assert {a.dtype for a in arrays} == {np.dtype(dtype)}


# ---------------------------------------------------------------- bad input


def test_forward_says_what_a_single_sequence_lacks():
    _, params = small()
    expected = r"x must have shape \(batch, time, features\); got \(5, 2\)\. .*x\[np\.newaxis\]\."
    with rejects(expected, *params):
        simple_rnn.forward(np.zeros((5, 2)), params)


@given(st.lists(st.integers(0, 3), max_size=4).map(tuple))
def test_forward_rejects_any_other_shape(shape):
    x, params = np.zeros(shape), small()[1]
    if len(shape) == 3 and 0 not in shape and shape[2] == 2:
        assert simple_rnn.forward(x, params)[0].shape == (*shape[:2], 3)
        return
    with rejects(r"x must (not be empty|have shape).*got .*\(.*\)", x, *params):
        simple_rnn.forward(x, params)


NOT_NUMBERS = {
    "complex": (np.zeros((2, 3, 2), complex), "x must be real; got dtype complex128"),
    "text": (np.full((2, 3, 2), "a"), "x must be an array of numbers; got dtype <U1"),
    "ragged": ([[[1, 2]], [[1, 2], [3, 4]]], "x must be an array of numbers; could not convert"),
    "objects": (np.full((2, 3, 2), None), "got dtype object. Sequences of unequal length"),
    "nothing": (None, "x must be an array of numbers; got dtype object"),
    "dates": (np.zeros((2, 3, 2), "M8[s]"), "got dtype datetime64"),
}


@pytest.mark.parametrize("kind", NOT_NUMBERS)
def test_forward_rejects_what_is_no_number(kind):
    value, message = NOT_NUMBERS[kind]
    _, params = small()
    with rejects(message, *params):
        simple_rnn.forward(value, params)


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.ones((2, 3)), r"mask must be Boolean.*float64.*Lengths become a mask"),
        (np.ones((2, 3), int), r"mask must be Boolean.*int64"),
        ([3, 2], r"mask must be Boolean.*int64"),
        (np.ones((3, 2), bool), r"mask must have shape \(batch, time\) = \(2, 3\); got \(3, 2\)"),
        (np.ones(3, bool), r"got \(3,\)"),
        (np.ones((1, 3), bool), r"got \(1, 3\)"),
        (np.ones((2, 3, 1), bool), r"got \(2, 3, 1\)"),
        ([[True], [True, False]], r"mask must be an array"),
    ],
)
def test_forward_rejects_a_mask_that_does_not_fit(mask, message):
    x, params = small()
    with rejects(message, x, *params):
        simple_rnn.forward(x, params, mask=mask)


@given(st.lists(st.integers(0, 4), max_size=3).map(tuple).filter(lambda s: s != (2, 3)))
def test_state_of_any_other_shape_is_rejected(shape):
    x, params = small()
    state = np.zeros(shape)
    _, _, cache = simple_rnn.forward(x, params)
    expected = (
        r"state must have shape \(batch, units\) = \(2, 3\); got .*carried from another batch"
    )
    with rejects(expected, x, state, *params):
        simple_rnn.forward(x, params, state)
    with rejects(expected, x, state, *params):
        simple_rnn.step(x[:, 0], state, params)
    with rejects("d?final_" + expected, x, state, *params, cache):
        simple_rnn.backward(None, cache, state)


@given(st.lists(st.integers(0, 4), max_size=4).map(tuple).filter(lambda s: s != (2, 3, 3)))
def test_backward_rejects_gradients_of_any_other_shape(shape):
    x, params = small()
    _, _, cache = simple_rnn.forward(x, params)
    with rejects(r"dh must (not be empty|have shape)", x, *params, cache):
        simple_rnn.backward(np.zeros(shape), cache)


def test_backward_without_any_gradient_is_an_error():
    x, params = small()
    _, _, cache = simple_rnn.forward(x, params)
    with rejects("dh and dfinal_state are both None", cache):
        simple_rnn.backward(None, cache)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: list(p), r"params must be Params\(W_x, W_h, b\); got list"),
        (lambda p: p._asdict(), "got dict"),
        (lambda p: tuple(p)[:2], "got tuple"),
        (lambda p: p._replace(W_x=p.W_x.T), r"shapes W_x \(features, units\).*got \(3, 2\)"),
        (lambda p: p._replace(W_h=p.W_h[:2]), r"got \(2, 3\), \(2, 3\), \(3,\)"),
        (lambda p: p._replace(b=p.b[np.newaxis]), r"got .*\(1, 3\)"),
        (lambda p: p._replace(W_x=p.W_x[0]), r"got \(3,\)"),
        (lambda p: p._replace(b=p.b.astype(np.float32)), "share one floating-point dtype.*float32"),
        (lambda p: Params(*(a.astype(int) for a in p)), "share one floating-point dtype.*int64"),
        (lambda p: p._replace(W_h=p.W_h * 1j), "W_h must be real"),
    ],
)
def test_params_that_do_not_fit_are_rejected(change, message):
    x, params = small()
    with rejects(message, x, *params):
        simple_rnn.forward(x, change(params))
    with rejects(message, x, *params):
        simple_rnn.step(x[:, 0], np.zeros((2, 3)), change(params))


@pytest.mark.parametrize("shape", [(2,), (2, 3, 2), (2, 3), (0, 2)])
def test_step_rejects_any_other_shape(shape):
    _, params = small()
    with rejects(r"x_t must (not be empty|have shape)", *params):
        simple_rnn.step(np.zeros(shape), np.zeros((2, 3)), params)


def test_unknown_activation_is_rejected():
    x, params = small()
    with rejects("activation must be one of elu, .*; got 'Tanh'", x, *params):
        simple_rnn.forward(x, params, activation="Tanh")


@pytest.mark.parametrize("size", [0, -1, 2.0, "3", None, True])
def test_init_rejects_what_is_no_size(size, rng):
    for sizes in ((size, 3), (3, size)):
        with rejects("_size|units must be a positive whole number; got", rng):
            simple_rnn.init(*sizes, rng=rng)


@pytest.mark.parametrize("bad", [None, 0, np.random.RandomState(0)])
def test_init_rejects_what_is_no_generator(bad):
    with pytest.raises(ValueError, match=r"rng must be a numpy\.random\.Generator"):
        simple_rnn.init(2, 3, rng=bad)


def test_draw_mask_has_what_the_tests_rely_on(rng):
    masks = [draw_mask("empty", 3, 4, rng) for _ in range(20)]
    assert all((~m).all(axis=1).any() for m in masks)
    ragged = np.array([draw_mask("ragged", 3, 4, rng) for _ in range(20)])
    assert ragged[..., 0].any() and not ragged[..., 0].all() and not ragged.all()
