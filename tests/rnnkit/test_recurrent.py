"""The recurrent cells, each test on all kinds: Keras, PyTorch, differences; masks; bad input."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import (
    KINDS,
    Case,
    arrays,
    assert_same,
    cases,
    check_forward,
    distance,
    draw_factor,
    draw_mask,
    keras_slope,
    keras_twin,
    named,
    near_kink,
    rejects,
)

from rnnkit import gradcheck

DATA = Path(__file__).with_name("data")
TORCH = {
    path.stem.removeprefix("torch_"): json.loads(path.read_text())["cases"]
    for path in sorted(DATA.glob("torch_*.json"))
}
each_kind = pytest.mark.parametrize("kind", KINDS)


def small(kind, dtype=np.float64, **settings):
    """B = 2, T = 3, D = 2, H = 3."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((2, 3, 2)).astype(dtype)
    return Case(KINDS[kind], x, KINDS[kind].draw_params(2, 3, rng, dtype), rng, **settings)


def in_time(case, dx):
    """The gradient of x in the order of x."""
    return dx[:, ::-1] if case.go_backwards else dx


# ---------------------------------------------------------------- Keras


@each_kind
@given(st.data())
@settings(max_examples=15)
def test_forward_equals_keras_in_float32(keras, kind, data):
    check_forward(data.draw(cases(kind, dtype=np.float32)))


@each_kind
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_forward_equals_keras_over_long_sequences(keras, kind, dtype):
    rng = np.random.default_rng(2)
    x = rng.standard_normal((3, 100, 3)).astype(dtype)
    params = KINDS[kind].draw_params(3, 4, rng, dtype)
    mask = np.arange(100) < np.array([[100], [63], [0]])
    case = Case(KINDS[kind], x, params, rng, mask=mask)
    check_forward(case._replace(state=case.draw_state()))


@each_kind
@given(st.data(), st.booleans())
@settings(max_examples=50)
def test_forward_and_backward_equal_keras(keras, kind, data, return_sequences):
    import tensorflow as tf

    case = data.draw(cases(kind)).with_state()
    state = [tf.constant(a) for a in arrays(case.state)]
    x, dfinal = tf.constant(case.x), case.draw_state()
    with keras_slope():
        h, final, cache = case.forward()
        dh = case.rng.standard_normal(h.shape)
        if not return_sequences:
            dh[:, :-1] = 0.0
        dx, dstate, grads = case.kind.module.backward(dh, cache, dfinal)
        twin = keras_twin(case, return_sequences=return_sequences)
        with tf.GradientTape() as tape:
            tape.watch([x, state])
            outputs, states = twin(x, state)
            loss = tf.reduce_sum(outputs * (dh if return_sequences else dh[:, -1]))
            pairs = zip(states, arrays(dfinal), strict=True)
            loss += sum(tf.reduce_sum(a * d) for a, d in pairs)
        theirs = tape.gradient(loss, [x, *state, *twin.weights])
    assert distance(h if return_sequences else h[:, -1], outputs) <= 1e-12
    for a, b in zip(arrays(final), states, strict=True):
        assert distance(a, b) <= 1e-12
    gradients = [in_time(case, dx), *arrays(dstate), *grads]
    for ours, g in zip(gradients, theirs, strict=True):
        # None says that nothing depends on it, as on x when every step is masked.
        g = np.zeros(ours.shape) if g is None else tf.convert_to_tensor(g).numpy()
        assert distance(ours, g) <= 1e-10


@each_kind
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_init_draws_as_keras_does(kind, dtype, rng):
    kind = KINDS[kind]
    params = kind.module.init(300, 100, rng=rng, dtype=dtype, **kind.settings)
    columns = 100 * kind.gates
    limit = np.sqrt(6 / (300 + columns))
    assert params.W_x.shape == (300, columns)
    assert 0.99 * limit < np.abs(params.W_x).max() <= limit
    assert abs(params.W_x.std() / (limit / np.sqrt(3)) - 1) < 0.02
    np.testing.assert_allclose(params.W_h @ params.W_h.T, np.eye(100), atol=1e-5)
    assert params.b.shape == kind.draw_params(1, 100, rng).b.shape
    assert {p.dtype for p in params} == {np.dtype(dtype)}
    assert type(params) is kind.module.Params


# ---------------------------------------------------------------- PyTorch


def from_torch(kind, fields):
    """W_x, W_h, b in our layout: PyTorch multiplies from the left and has two biases."""
    W_x, W_h = np.array(fields["weight_ih"]).T, np.array(fields["weight_hh"]).T
    b_x, b_h = np.array(fields["bias_ih"]), np.array(fields["bias_hh"])
    if kind != "gru":
        return W_x, W_h, b_x + b_h  # i, f, g, o is our order
    r, z, n = np.split(np.arange(W_x.shape[1]), 3)  # ours is z, r, h̃
    order = np.concatenate([z, r, n])
    return W_x[:, order], W_h[:, order], np.stack([b_x, b_h])[:, order]


TORCH_CASES = [(kind, name) for kind in TORCH for name in TORCH[kind]]


@pytest.mark.parametrize(("kind", "name"), TORCH_CASES)
def test_forward_and_backward_equal_pytorch(kind, name):
    fields = TORCH[kind][name]
    x, dh, h = (np.array(fields[key]) for key in ("x", "dh", "h"))
    names = ("h", "c") if kind == "lstm" else ("h",)

    def state(pattern):
        parts = iter([np.array(fields[pattern.format(s)]) for s in names])
        return KINDS[kind].state(lambda: next(parts))

    params = KINDS[kind].module.Params(*from_torch(kind, fields))
    activation = fields.get("activation", "tanh")
    case = Case(KINDS[kind], x, params, None, state("{}_0"), activation=activation)
    ours, final, cache = case.forward()
    dx, dstate, grads = case.kind.module.backward(dh, cache, state("d{}_n"))
    theirs = {key.removeprefix("grad_"): a for key, a in fields.items() if key.startswith("grad_")}
    expected = KINDS[kind].module.Params(*from_torch(kind, theirs))
    if kind != "gru":  # both biases have the same gradient, and ours is not their sum
        expected = expected._replace(b=np.array(theirs["bias_ih"]))
        assert distance(theirs["bias_ih"], theirs["bias_hh"]) <= 1e-15
    pairs = [(ours, h), (final, state("{}_n")), (dx, np.array(theirs["x"]))]
    pairs += [(dstate, state("grad_{}_0")), (grads, expected)]
    for a, b in pairs:
        for one, other in zip(arrays(a), arrays(b), strict=True):
            assert distance(one, other) <= 1e-14


def test_pytorch_cases_are_those_of_all_kinds_it_has():
    assert [kind for kind in KINDS if kind in TORCH] == ["simple_rnn", "lstm", "gru"]
    assert len(TORCH_CASES) == 9


# ---------------------------------------------------------------- differences


@each_kind
@given(st.data(), st.sampled_from(["every step", "last step", "final state", "both"]))
@settings(max_examples=100)
def test_backward_equals_central_differences(kind, data, loss_at):
    case = data.draw(cases(kind)).with_state()
    if near_kink(case):
        return  # only where a state of zeros has been put in
    h, _, cache = case.forward()
    dh = None if loss_at == "final state" else case.rng.standard_normal(h.shape)
    if loss_at == "last step":
        dh[:, :-1] = 0.0
    dfinal = case.draw_state() if loss_at in ("final state", "both") else None
    weights = [w for w in (dh, *arrays(dfinal)) if w is not None]

    def loss():
        h, final, _ = case.forward()
        values = ([] if dh is None else [h]) + ([] if dfinal is None else arrays(final))
        return sum(float(np.sum(v * w)) for v, w in zip(values, weights, strict=True))

    dx, dstate, grads = case.kind.module.backward(dh, cache, dfinal)
    tree = {"x": case.x, **named("state", case.state), **case.params._asdict()}
    analytic = {"x": in_time(case, dx), **named("state", dstate), **grads._asdict()}
    assert gradcheck.directional_error(loss, tree, analytic, rng=case.rng) <= 1e-8
    # One by one as well: a small gradient must not hide behind a large one.
    for key in tree:
        one = {key: tree[key]}, {key: np.ascontiguousarray(analytic[key])}
        error = gradcheck.directional_error(loss, *one, rng=case.rng, directions=1)
        norm = np.linalg.norm(analytic[key])
        assert error * (norm or 1.0) <= 1e-8 * max(1.0, norm), key


@each_kind
def test_backward_equals_differences_entry_by_entry(kind):
    case = small(kind)
    h, _, cache = case.forward()
    _, _, grads = case.kind.module.backward(2 * h, cache)

    def loss():
        return float(np.sum(case.forward()[0] ** 2))

    for array, grad in zip(case.params, grads, strict=True):
        np.testing.assert_allclose(grad, gradcheck.numerical_gradient(loss, array), atol=1e-8)


# ---------------------------------------------------------------- meaning


@each_kind
@given(st.data())
def test_forward_equals_the_step_loop(kind, data):
    case = data.draw(cases(kind, with_factor=False))._replace(go_backwards=False)
    h, final, _ = case.forward()
    B, T, _ = case.x.shape
    state = case.with_state().state
    output = np.zeros((B, case.units))
    for t in range(T):
        new = case.step(case.x[:, t], state)
        valid = np.ones((B, 1), bool) if case.mask is None else case.mask[:, t, np.newaxis]
        output = np.where(valid, arrays(new)[0], output)
        pairs = zip(arrays(new), arrays(state), strict=True)
        parts = iter([np.where(valid, a, b) for a, b in pairs])
        state = case.kind.state(lambda parts=parts: next(parts))
        np.testing.assert_allclose(h[:, t], output, rtol=1e-12, atol=1e-13)
    for a, b in zip(arrays(final), arrays(state), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)


@each_kind
@given(st.data())
def test_recurrent_factor_scales_the_rows_of_the_recurrent_weights(kind, data):
    # For one sequence, (h ⊙ m) W_h is h W_h with row j of each gate's block times m_j.
    case = data.draw(cases(kind))
    G, H = case.kind.gates, case.units
    factor = draw_factor((G, len(case.x), H), 0.3, case.rng)
    case = case._replace(factor=factor)
    if near_kink(case):
        return
    dh, dfinal = case.rng.standard_normal(case.forward()[0].shape), case.draw_state()
    h, final, cache = case.forward()
    dx, dstate, grads = case.kind.module.backward(dh, cache, dfinal)
    total = [np.zeros_like(p) for p in case.params]
    for i in range(len(case.x)):
        one = slice(i, i + 1)
        scale = factor[:, i].T.repeat(H, axis=1).reshape(H, G * H)  # row j, gate g: m_gj
        row = case._replace(
            x=case.x[one],
            mask=None if case.mask is None else case.mask[one],
            state=rows(case.kind, case.state, one),
            params=case.params._replace(W_h=case.params.W_h * scale),
            factor=None,
        )
        h_i, final_i, cache_i = row.forward()
        gradients = case.kind.module.backward(dh[one], cache_i, rows(case.kind, dfinal, one))
        expected = [h_i, *arrays(final_i), gradients[0], *arrays(gradients[1])]
        for a, b in zip([h, *arrays(final), dx, *arrays(dstate)], expected, strict=True):
            np.testing.assert_allclose(a[one], b, rtol=1e-12, atol=1e-12)
        parts = gradients[2]._replace(W_h=gradients[2].W_h * scale)
        for array, part in zip(total, parts, strict=True):
            array += part
    for a, b in zip(grads, total, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-11)


def rows(kind, state, part):
    """Some rows of a state."""
    if state is None:
        return None
    parts = iter([array[part] for array in arrays(state)])
    return kind.state(lambda: next(parts))


@each_kind
@given(st.data())
def test_forward_with_a_carried_state_equals_the_whole_run(kind, data):
    case = data.draw(cases(kind))._replace(go_backwards=False, mask=None)
    T = case.x.shape[1]
    cut = data.draw(st.integers(1, T))
    h, final, _ = case.forward()
    h_1, carried, _ = case._replace(x=case.x[:, :cut]).forward()
    np.testing.assert_allclose(h_1, h[:, :cut], rtol=1e-13, atol=1e-13)
    if cut < T:
        h_2, carried, _ = case._replace(x=case.x[:, cut:], state=carried).forward()
        np.testing.assert_allclose(h_2, h[:, cut:], rtol=1e-12, atol=1e-13)
    for a, b in zip(arrays(carried), arrays(final), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)


@each_kind
def test_backward_in_two_pieces_equals_the_whole(kind):
    case = small(kind)
    backward = case.kind.module.backward
    dh = np.random.default_rng(3).standard_normal((2, 3, 3))
    dx, dstate, grads = backward(dh, case.forward()[2])
    _, carried, first = case._replace(x=case.x[:, :1]).forward()
    _, _, second = case._replace(x=case.x[:, 1:], state=carried).forward()
    dx_2, dcarried, grads_2 = backward(dh[:, 1:], second)
    dx_1, dstate_1, grads_1 = backward(dh[:, :1], first, dcarried)
    np.testing.assert_allclose(np.concatenate([dx_1, dx_2], axis=1), dx, atol=1e-14)
    for a, b in zip(arrays(dstate_1), arrays(dstate), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-14)
    for one, two, whole in zip(grads_1, grads_2, grads, strict=True):
        np.testing.assert_allclose(one + two, whole, atol=1e-14)


@each_kind
def test_forward_at_masked_steps_keeps_the_state_and_repeats_the_output(kind):
    mask = np.array([[False, True, False, True], [True, False, False, False], [False] * 4])
    case = small(kind)
    case = case._replace(x=np.ones((3, 4, 2)), mask=mask)
    state = case.draw_state()
    h, final, _ = case._replace(state=state).forward()
    first = case.step(np.ones((3, 2)), state)
    second = case.step(np.ones((3, 2)), first)
    one, two = arrays(first)[0], arrays(second)[0]
    np.testing.assert_allclose(h[0], [np.zeros(3), one[0], one[0], two[0]], atol=1e-15)
    np.testing.assert_allclose(h[1], [one[1]] * 4, atol=1e-15)
    np.testing.assert_array_equal(h[2], np.zeros((4, 3)))
    for end, *expected in zip(*map(arrays, (final, state, first, second)), strict=True):
        start, once, twice = expected
        np.testing.assert_allclose(end, [twice[0], once[1], start[2]], atol=1e-15)


@each_kind
def test_backward_of_a_masked_row_gives_no_gradient_to_its_weights(kind):
    mask = np.array([[True, True, False], [False, False, False]])
    case = small(kind, mask=mask)
    backward = case.kind.module.backward

    def five(batch):
        return case.kind.state(lambda: np.full((batch, 3), 5.0))

    dx, dstate, grads = backward(np.ones((2, 3, 3)), case.forward()[2], five(2))
    np.testing.assert_array_equal(dx[1], np.zeros((3, 2)))
    np.testing.assert_array_equal(dx[0, 2], np.zeros(2))
    for array in arrays(dstate):  # handed through as it is
        np.testing.assert_array_equal(array[1], np.full(3, 5.0))
    _, _, cache = case._replace(x=case.x[:1, :2], mask=None).forward()
    dh = [[[1, 1, 1], [2, 2, 2]]]  # the second output is repeated at the masked step
    _, _, alone = backward(dh, cache, five(1))
    for a, b in zip(grads, alone, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-14)


@each_kind
@given(st.data())
def test_forward_ignores_what_masked_steps_hold(kind, data):
    case = data.draw(cases(kind))
    if case.mask is None:
        return
    other = np.where(case.mask[:, :, np.newaxis], case.x, 1e3)
    pairs = zip(case.forward()[:2], case._replace(x=other).forward()[:2], strict=True)
    for a, b in pairs:
        assert_same(a, b)


@each_kind
@pytest.mark.parametrize("padding", [np.nan, np.inf])
def test_padding_of_nan_poisons_neither_output_nor_gradient(kind, padding):
    # 0 · nan is nan: a gradient of 0 at the masked step is not enough.
    mask = np.array([[True, True, False], [False, True, False]])
    case = small(kind, mask=mask)
    dh = case.rng.standard_normal((2, 3, 3))
    expected = case.forward()
    case.x[~mask] = padding
    with np.errstate(all="raise"):
        result = case.forward()
        gradients = case.kind.module.backward(dh, result[2])
    assert_same(expected[:2], result[:2])
    assert_same(case.kind.module.backward(dh, expected[2]), gradients)


@each_kind
@pytest.mark.parametrize("factor", [None, 0.5])
def test_forward_and_backward_are_reentrant(kind, factor, rng):
    case = small(kind)
    if factor is not None:
        case = case._replace(factor=draw_factor((case.kind.gates, 2, 3), factor, rng))
    backward = case.kind.module.backward
    dh = np.random.default_rng(4).standard_normal((2, 3, 3))
    expected = backward(dh, case.forward()[2])
    first = case.forward()[2]
    backward(-dh, case._replace(x=case.x[::-1] * 3.0).forward()[2])
    for _ in range(2):  # and a cache may be used twice
        assert_same(expected, backward(dh, first))


@each_kind
@given(st.data())
def test_forward_and_backward_leave_their_inputs_alone(kind, data):
    case = data.draw(cases(kind))
    h, final, cache = case.forward()
    dh, dfinal = np.ones_like(h), case.draw_state()
    given = arrays((case.x, case.params, case.state, case.mask, case.factor))
    given += arrays((dh, dfinal, h, final))
    before = [a.copy() for a in given]
    case.forward()
    case.kind.module.backward(dh, cache, dfinal)
    for a, b in zip(before, given, strict=True):
        np.testing.assert_array_equal(a, b)


@each_kind
def test_forward_outputs_cannot_be_overwritten(kind):
    # The cache shares their memory: writing to them would spoil the gradient.
    case = small(kind)
    h, final, cache = case.forward()
    with pytest.raises(ValueError, match="read-only"):
        h += 1.0
    expected = case.kind.module.backward(np.ones_like(h), cache)
    for array in arrays(final):
        array += 1.0  # has its own memory
    assert_same(expected, case.kind.module.backward(np.ones_like(h), cache))


@each_kind
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_everything_has_the_dtype_of_the_parameters(kind, dtype):
    mask = np.array([[True, False, True], [False, True, True]])
    for other in (np.float32, np.float64, np.int64):
        case = small(kind, dtype, mask=mask)
        ones = case.kind.state(lambda other=other: np.ones((2, 3), other))
        for factor in (None, np.ones((case.kind.gates, 2, 3), other)):
            case = case._replace(x=case.x.astype(other), state=ones, factor=factor)
            h, final, cache = case.forward()
            gradients = case.kind.module.backward(np.ones(h.shape, other), cache, ones)
            step = case.step(case.x[:, 0], ones)
            fields = [field for field in cache if not isinstance(field, str | bool)]
            found = arrays((h, final, fields, gradients, step))
            assert {a.dtype for a in found if a.dtype != bool} == {np.dtype(dtype)}


# ---------------------------------------------------------------- bad input


@each_kind
def test_forward_names_the_likely_causes_of_a_missing_axis_in_their_order(kind):
    case = small(kind)
    expected = (
        r"x must have shape \(batch, time, features\); got \(5, 2\)\. .*return_sequences=True; "
        r".*x\[\.\.\., np\.newaxis\]\. .*x\[np\.newaxis\]\."
    )
    with rejects(expected, *case.params):
        case._replace(x=np.zeros((5, 2))).forward()


@each_kind
@given(shape=st.lists(st.integers(0, 3), max_size=4).map(tuple))
def test_forward_rejects_any_other_shape(kind, shape):
    case = small(kind)._replace(x=np.zeros(shape))
    if len(shape) == 3 and 0 not in shape and shape[2] == 2:
        assert case.forward()[0].shape == (*shape[:2], 3)
        return
    with rejects(r"x must (not be empty|have shape).*got .*\(.*\)", case.x, *case.params):
        case.forward()


UNEQUAL = "Sequences of unequal length must be padded first"
NOT_NUMBERS = {
    "complex": (np.zeros((2, 3, 2), complex), r"{} must be real; got dtype complex128\."),
    "text": ([["a"]], r"{} must be an array of numbers; got dtype <U1 \(str_\)\.$"),
    "ragged": ([[[1, 2]], [[1, 2], [3, 4]]], r"{} must be .*; could not convert: s" + UNEQUAL[1:]),
    "ragged objects": (np.array([[1], [1, 2]], object), r"got dtype object \(list\)\. " + UNEQUAL),
    "missing values": ([[1.0, None]], r"{} must be .*; got dtype object \(NoneType\)\.$"),
    "nothing": (None, r"{} must be an array of numbers; got dtype object \(NoneType\)\.$"),
    "a dict": ({"h": 0.0}, r"{} must be an array of numbers; got dtype object \(dict\)\.$"),
    "masked": (np.ma.masked_equal(np.eye(3), 0), "{} has masked entries: fill them"),
    "dates": (np.zeros((2, 3, 2), "M8[s]"), r"{} must be .*; got dtype datetime64\[s\] \(date"),
}


class Stubborn:
    """An object whose conversion fails, as that of a tensor on a graphics card."""

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("move it to the host first")


@each_kind
@pytest.mark.parametrize("what", NOT_NUMBERS)
def test_forward_rejects_what_is_no_number(kind, what):
    value, message = NOT_NUMBERS[what]
    case = small(kind)
    with rejects(message.format("x"), *case.params):
        case.kind.module.forward(value, case.params)
    with rejects("could not convert: move it to the host first", *case.params):
        case.kind.module.forward(Stubborn(), case.params)


@each_kind
@pytest.mark.parametrize("what", [what for what in NOT_NUMBERS if what != "nothing"])
def test_state_and_gradients_that_are_no_numbers_are_rejected(kind, what):
    value, message = NOT_NUMBERS[what]
    case = small(kind)
    _, _, cache = case.forward()
    state = case.kind.state(lambda: value)
    which = r"state(\.h)?"
    with rejects(message.format(which), *case.params):
        case._replace(state=state).forward()
    with rejects(message.format(which), *case.params):
        case.step(case.x[:, 0], state)
    with rejects(message.format("dfinal_" + which), cache):
        case.kind.module.backward(None, cache, state)
    with rejects(message.format("dh"), cache):
        case.kind.module.backward(value, cache)


@each_kind
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
def test_forward_rejects_a_mask_that_does_not_fit(kind, mask, message):
    case = small(kind)
    with rejects(message, case.x, *case.params):
        case._replace(mask=mask).forward()


@each_kind
@given(shape=st.lists(st.integers(0, 4), max_size=3).map(tuple).filter(lambda s: s != (2, 3)))
def test_state_of_any_other_shape_is_rejected(kind, shape):
    case = small(kind)
    good, bad = np.zeros((2, 3)), np.zeros(shape)
    _, _, cache = case.forward()
    hint = "carried from another batch" if shape[1:] == (3,) else "one row of units for each"
    expected = rf"state(\.[hc])? must have shape \(batch, units\) = \(2, 3\); got .*{hint}"
    several = case.kind.state(lambda: good) is not good
    for state in [(good, bad), (bad, good)] if several else [bad]:
        with rejects(expected, case.x, *case.params):
            case._replace(state=state).forward()
        with rejects(expected, case.x, *case.params):
            case.step(case.x[:, 0], state)
        with rejects("dfinal_" + expected, case.x, *case.params, cache):
            case.kind.module.backward(None, cache, state)


@each_kind
@given(shape=st.lists(st.integers(0, 4), max_size=4).map(tuple).filter(lambda s: s != (2, 3, 3)))
def test_backward_rejects_gradients_of_any_other_shape(kind, shape):
    case = small(kind)
    _, _, cache = case.forward()
    with rejects(r"dh must (not be empty|have shape)", case.x, *case.params, cache):
        case.kind.module.backward(np.zeros(shape), cache)


@each_kind
def test_backward_without_any_gradient_is_an_error(kind):
    case = small(kind)
    _, _, cache = case.forward()
    with rejects("dh and dfinal_state are both None", cache):
        case.kind.module.backward(None, cache)


@each_kind
@pytest.mark.parametrize("other", [None, "gradient", "outputs", "another cell", "a tuple"])
def test_backward_rejects_what_is_no_cache_of_this_cell(kind, other):
    case = small(kind)
    result = case.forward()
    foreign = small("gru" if case.kind.module is not KINDS["gru"].module else "lstm")
    bad, got = {
        None: (None, "builtins.NoneType"),
        "gradient": (np.ones((2, 3, 3)), "numpy.ndarray"),
        "outputs": (result, "builtins.tuple"),
        "another cell": (foreign.forward()[2], foreign.kind.module.__name__ + ".Cache"),
        "a tuple": (tuple(result[2]), "builtins.tuple"),
    }[other]
    module = case.kind.module
    with rejects(rf"cache must be the {module.__name__}\.Cache .*; got {got}\.", *case.params):
        module.backward(np.ones((2, 3, 3)), bad)


@each_kind
def test_backward_with_cache_and_gradient_exchanged_says_so(kind):
    case = small(kind)
    _, _, cache = case.forward()
    with rejects("got numpy.ndarray. The gradient comes first, then the cache", cache):
        case.kind.module.backward(cache, np.ones((2, 3, 3)))


@each_kind
@pytest.mark.parametrize("wrong", ["gates", "batch", "units", "no gates"])
def test_recurrent_factor_of_any_other_shape_is_rejected(kind, wrong):
    case = small(kind)
    G = case.kind.gates
    shape = {
        "gates": (G + 1, 2, 3),
        "batch": (G, 1, 3),
        "units": (G, 2, 4),
        "no gates": (2, 3),
    }[wrong]
    with rejects(r"recurrent_factor must have shape \(gates, batch, units\)", *case.params):
        case._replace(factor=np.ones(shape)).forward()


@each_kind
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: list(p), r"params must be Params\(W_x, W_h, b\); got list"),
        (lambda p: p._asdict(), "got dict"),
        (lambda p: tuple(p)[:2], "got tuple"),
        (
            lambda p: p._replace(W_x=p.W_x.T),
            r"shapes W_x \(features, (\d × )?units\).*got \(\d+, 2\)",
        ),
        (lambda p: p._replace(W_h=p.W_h[:2]), r"got \(2, \d+\), \(2, \d+\), \("),
        (lambda p: p._replace(W_h=np.array(1.0)), r"got \(2, \d+\), \(\), \("),
        (lambda p: p._replace(b=p.b[np.newaxis]), r"got .*\(1, (2, )?\d+\)"),
        (lambda p: p._replace(b=p.b[..., 1:]), r"got .*\((2, )?\d+,?\)"),
        (lambda p: p._replace(W_x=p.W_x[0]), r"got \(\d+,\)"),
        (lambda p: p._replace(b=p.b.astype(np.float32)), "share one floating-point dtype.*float32"),
        (lambda p: type(p)(*(a.astype(int) for a in p)), "share one floating-point dtype.*int64"),
        (lambda p: p._replace(W_h=p.W_h * 1j), "W_h must be real"),
        (lambda p: p._replace(b=None), r"b must be an array of numbers; .*\(NoneType\)"),
        (lambda p: p._replace(W_x=p.W_x[:0]), r"params must have the shapes .*got \(0, \d+\)"),
        (lambda p: type(p)(*(a[..., :0] for a in (p.W_x, p.W_h[:0], p.b))), r"got \(2, 0\)"),
    ],
)
def test_params_that_do_not_fit_are_rejected(kind, change, message):
    case = small(kind).with_state()
    changed = case._replace(params=change(case.params))
    with rejects(message, case.x, *case.params):
        changed.forward()
    with rejects(message, case.x, *case.params):
        changed.step(case.x[:, 0], case.state)


@each_kind
@pytest.mark.parametrize("shape", [(2,), (2, 3, 2), (2, 3), (0, 2)])
def test_step_rejects_any_other_shape(kind, shape):
    case = small(kind).with_state()
    with rejects(r"x_t must (not be empty|have shape)", *case.params):
        case.step(np.zeros(shape), case.state)


@each_kind
@pytest.mark.parametrize("size", [0, -1, 2.0, "3", None, True])
def test_init_rejects_what_is_no_size(kind, size, rng):
    for sizes in ((size, 3), (3, size)):
        with rejects("_size|units must be a positive whole number; got", rng):
            KINDS[kind].module.init(*sizes, rng=rng)


@each_kind
@pytest.mark.parametrize("bad", [None, 0, np.random.RandomState(0)])
def test_init_rejects_what_is_no_generator(kind, bad):
    with pytest.raises(ValueError, match=r"rng must be a numpy\.random\.Generator"):
        KINDS[kind].module.init(2, 3, rng=bad)


@each_kind
@pytest.mark.parametrize("dtype", [int, bool, complex, "float", "spam", object, [1.0]])
def test_init_rejects_what_is_no_floating_point_type(kind, dtype, rng):
    if dtype == "float":  # a name of float64
        assert KINDS[kind].module.init(2, 3, rng=rng, dtype=dtype).b.dtype == np.float64
        return
    with rejects("dtype must be a floating-point type, as np.float64; got", rng):
        KINDS[kind].module.init(2, 3, rng=rng, dtype=dtype)


def test_draw_mask_has_what_the_tests_rely_on(rng):
    masks = [draw_mask("empty", 3, 4, rng) for _ in range(20)]
    assert all((~m).all(axis=1).any() for m in masks)
    ragged = np.array([draw_mask("ragged", 3, 4, rng) for _ in range(20)])
    assert ragged[..., 0].any() and not ragged[..., 0].all() and not ragged.all()
