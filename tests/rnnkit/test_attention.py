"""Attention: values by hand, Keras, central differences; masks; bad input."""

from functools import partial
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import MASKS, distance, draw_mask, rejects

from rnnkit import attention, gradcheck, losses

# Keras warns where there is one value only; its weight is 1, as it should be.
pytestmark = pytest.mark.filterwarnings("ignore:You are using a softmax over axis")
KINDS = ("dot", "scaled", "additive")


class Inputs(NamedTuple):
    """One call of dot or additive attention."""

    query: np.ndarray
    keys: np.ndarray
    values: np.ndarray
    v: np.ndarray
    mask: np.ndarray | None
    kind: str

    def forward(self):
        arrays = self.query, self.keys, self.values
        if self.kind == "additive":
            return attention.additive(*arrays, self.v, mask=self.mask)
        return attention.dot(*arrays, mask=self.mask, scaled=self.kind == "scaled")


@st.composite
def inputs(draw, *, dtype=np.float64, kinds=KINDS, masks=(*MASKS, "pairs"), whole_rows=True):
    B, Tq, Tv, H, D = (draw(st.integers(1, 4), label=name) for name in ("B", "Tq", "Tv", "H", "D"))
    kind, masking = draw(st.sampled_from(kinds)), draw(st.sampled_from(masks))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1), label="seed"))
    shapes = (B, Tq, H), (B, Tv, H), (B, Tv, D), (H,)
    arrays = [rng.standard_normal(shape).astype(dtype) for shape in shapes]
    mask = rng.random((B, Tq, Tv)) < 0.5 if masking == "pairs" else draw_mask(masking, B, Tv, rng)
    if mask is not None and not whole_rows:
        mask[..., rng.integers(Tv)] = True
    return Inputs(*arrays, mask, kind)


# ---------------------------------------------------------------- by hand


def test_dot_equals_hand_worked_numbers():
    # Scores 0 and ln 3, so the weights are 1/4 and 3/4.
    keys = [[[0.0, 5.0], [np.log(3), 5.0]]]
    context, weights, _ = attention.dot([[[1.0, 0.0]]], keys, [[[4.0, 0.0], [8.0, -4.0]]])
    np.testing.assert_allclose(weights, [[[0.25, 0.75]]], rtol=1e-15)
    np.testing.assert_allclose(context, [[[7.0, -3.0]]], rtol=1e-15)


def test_scaled_dot_divides_scores_by_the_root_of_their_length():
    keys = [[[0.0] * 4, [np.log(3) / 2] * 4]]  # score 2 ln 3, divided by √4
    _, weights, _ = attention.dot(np.ones((1, 1, 4)), keys, np.ones((1, 2, 1)), scaled=True)
    np.testing.assert_allclose(weights, [[[0.25, 0.75]]], rtol=1e-15)


def test_additive_equals_hand_worked_numbers():
    # tanh(artanh(0.25) + 0) = 0.25 and tanh(0) = 0: scores 4 ln 3 · 0.25 = ln 3 and 0.
    keys = [[[0.0], [-np.arctanh(0.25)]]]
    context, weights, _ = attention.additive(
        [[[np.arctanh(0.25)]]], keys, [[[1.0], [5.0]]], [4 * np.log(3)]
    )
    np.testing.assert_allclose(weights, [[[0.75, 0.25]]], rtol=1e-14)
    np.testing.assert_allclose(context, [[[2.0]]], rtol=1e-14)


def test_backward_equals_hand_worked_numbers():
    # Equal weights ½; dc = 1: du = ½ each, de = ½ (u − mean u) = ∓½.
    _, _, cache = attention.dot([[[2.0]]], [[[3.0], [3.0]]], [[[1.0], [3.0]]])
    dquery, dkeys, dvalues, dv = attention.backward([[[1.0]]], cache)
    np.testing.assert_array_equal(dvalues, [[[0.5], [0.5]]])
    np.testing.assert_array_equal(dkeys, [[[-1.0], [1.0]]])
    np.testing.assert_array_equal(dquery, [[[0.0]]])
    assert dv is None


# ---------------------------------------------------------------- Keras


def keras_attention(keras, case, arrays):
    """Context and weights from Keras; ``arrays`` are tensors of case's first four fields."""
    query, keys, values, v = arrays
    if case.kind == "additive":
        layer = keras.layers.AdditiveAttention(dtype=case.query.dtype.name)
        layer.build([a.shape for a in (query, values, keys)])
        layer.scale = v
    else:
        layer = keras.layers.Attention(dtype=case.query.dtype.name)
    if case.kind == "scaled":
        query = query * float(query.shape[-1]) ** -0.5
    mask = None if case.mask is None else [None, case.mask]
    return layer([query, values, keys], mask=mask, return_attention_scores=True)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-5)])
def test_forward_equals_keras(keras, dtype, tolerance):
    @given(inputs(dtype=dtype, whole_rows=False))
    @settings(max_examples=100)
    def check(case):
        context, weights, _ = case.forward()
        theirs = keras_attention(keras, case, [np.asarray(a) for a in case[:4]])
        assert context.dtype == weights.dtype == dtype
        assert distance(context, theirs[0]) <= tolerance
        assert distance(weights, theirs[1]) <= tolerance

    check()


@given(inputs(whole_rows=False))
@settings(max_examples=100)
def test_backward_equals_keras_autodiff(keras, case):
    import tensorflow as tf

    context, _, cache = case.forward()
    dcontext = np.random.default_rng(1).standard_normal(context.shape)
    ours = attention.backward(dcontext, cache)
    tensors = [tf.constant(a) for a in case[:4]]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        loss = tf.reduce_sum(keras_attention(keras, case, tensors)[0] * dcontext)
    theirs = tape.gradient(loss, tensors)
    assert (ours[3] is None) == (theirs[3] is None) == (case.kind != "additive")
    for mine, g in zip(ours, theirs, strict=True):
        if mine is not None:
            assert distance(mine, g) <= 1e-10


def test_a_row_without_any_value_reads_nothing_where_keras_reads_the_padding(keras, rng):
    query, keys = rng.standard_normal((1, 1, 2)), rng.standard_normal((1, 3, 2))
    case = Inputs(query, keys, keys, np.ones(2), np.zeros((1, 3), bool), "dot")
    context, weights, cache = case.forward()
    assert not context.any() and not weights.any()
    assert not any(g.any() for g in attention.backward(np.ones_like(context), cache)[:3])
    theirs = np.asarray(keras_attention(keras, case, [query, keys, keys, None])[1])
    np.testing.assert_allclose(theirs.sum(), 1.0)
    np.testing.assert_allclose(theirs, losses.softmax(query @ keys.mT), atol=1e-6)


# ---------------------------------------------------------------- differences


@given(inputs())
@settings(max_examples=150)
def test_backward_equals_central_differences(case):
    context, _, cache = case.forward()
    rng = np.random.default_rng(2)
    dcontext = rng.standard_normal(context.shape)
    grads = zip(Inputs._fields[:4], attention.backward(dcontext, cache), strict=True)
    grads = {name: g for name, g in grads if g is not None}
    arrays = {name: getattr(case, name) for name in grads}
    error = gradcheck.directional_error(
        lambda: float(np.sum(case.forward()[0] * dcontext)), arrays, grads, rng=rng
    )
    assert error <= 1e-8


# ---------------------------------------------------------------- properties


@given(inputs())
def test_weights_are_a_distribution_over_the_valid_values(case):
    _, weights, _ = case.forward()
    B, Tq, Tv = weights.shape
    valid = np.ones((B, Tq, Tv), bool)
    if case.mask is not None:
        valid &= case.mask if case.mask.ndim == 3 else case.mask[:, np.newaxis]
    assert (weights[~valid] == 0).all() and (weights >= 0).all()
    np.testing.assert_allclose(weights.sum(axis=-1), valid.any(axis=-1), atol=1e-14)


@given(inputs(masks=["ragged", "left", "arbitrary"]))
def test_what_is_masked_has_no_influence_and_no_gradient(case):
    context, weights, cache = case.forward()
    grads = attention.backward(np.ones_like(context), cache)
    for kind in (1, 2):  # keys, values
        assert not grads[kind][~case.mask].any()
        case[kind][~case.mask] = 1e6
    changed, weights_too, _ = case.forward()
    np.testing.assert_array_equal(weights, weights_too)
    np.testing.assert_array_equal(context, changed)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_scores_neither_overflow_nor_starve_the_valid_values(dtype):
    query, keys = np.full((1, 1, 1), 1e4, dtype), np.array([[[1.0], [1.0], [-1.0], [9.0]]], dtype)
    mask = np.array([[True, True, True, False]])
    with np.errstate(all="raise", under="ignore"):
        _, weights, cache = attention.dot(query, keys, keys, mask=mask)
        grads = attention.backward(np.ones((1, 1, 1), dtype), cache)
    np.testing.assert_array_equal(weights, [[[0.5, 0.5, 0.0, 0.0]]])
    assert weights.dtype == dtype and {g.dtype for g in grads[:3]} == {np.dtype(dtype)}


def test_float32_stays_float32_in_the_additive_score(rng):
    arrays = [rng.standard_normal(s).astype(np.float32) for s in [(2, 3, 4), (2, 5, 4), (4,)]]
    context, weights, cache = attention.additive(arrays[0], arrays[1], arrays[1], arrays[2])
    grads = attention.backward(context, cache)
    assert {a.dtype for a in (context, weights, *grads)} == {np.dtype(np.float32)}


def test_whole_numbers_become_float64():
    ones = np.ones((1, 2, 3), int)
    for attend in (attention.dot, partial(attention.additive, v=[1, 1, 1])):
        context, _, _ = attend(ones, ones, ones)
        np.testing.assert_array_equal(context, ones)
        assert context.dtype == np.float64


def test_a_mask_of_pairs_makes_self_attention_causal(rng):
    x = rng.standard_normal((2, 5, 3))
    causal = np.broadcast_to(np.tri(5, dtype=bool), (2, 5, 5))
    context, weights, _ = attention.dot(x, x, x, mask=causal, scaled=True)
    assert not np.triu(weights, 1).any()
    for t in range(5):  # each step as if the sequence ended there
        alone, _, _ = attention.dot(x[:, t : t + 1], x[:, : t + 1], x[:, : t + 1], scaled=True)
        np.testing.assert_allclose(context[:, t : t + 1], alone, rtol=1e-13, atol=1e-15)


# ---------------------------------------------------------------- bad input

Q, K, U = np.ones((2, 3, 4)), np.ones((2, 5, 4)), np.ones((2, 5, 6))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ((Q[0], K, U), r"query must have shape \(batch, queries, units\); got \(3, 4\)"),
        ((Q, K[:1], U), r"keys must have shape .* with batch = 2; got \(1, 5, 4\)"),
        ((Q, K[..., :3], U), r"keys must have shape .* with units = 4"),
        ((Q, K, U[:, :4]), r"values must have shape .* with values = 5"),
        ((Q[:, :0], K, U), "query must not be empty"),
        ((Q * 1j, K, U), "query must be real"),
        ((None, K, U), r"query must be an array of numbers; .*\(NoneType\)"),
        ((Q, [[["a"]]], U), r"keys must be an array of numbers; .*\(str_\)"),
        ((Q, K, [[[1.0]], [[1.0], [2.0]]]), "values must be .*unequal length"),
    ],
)
def test_arrays_that_do_not_fit_are_rejected(arrays, message):
    for attend in (attention.dot, partial(attention.additive, v=np.ones(4))):
        with rejects(message):
            attend(*arrays)


def test_vectors_masks_and_gradients_that_do_not_fit_are_rejected():
    with rejects(r"v must have shape \(units\) with units = 4; got \(3,\)"):
        attention.additive(Q, K, U, np.ones(3))
    with rejects(r"v must have shape \(units\); got \(1, 4\)"):
        attention.additive(Q, K, U, np.ones((1, 4)))
    for mask, message in [
        (np.ones((2, 3), bool), r"mask must have shape \(batch, time\) = \(2, 5\)"),
        (np.ones((2, 5, 3), bool), r"mask must have shape \(batch, time\) = \(2, 5\)"),
        (np.ones((2, 5)), "mask must be Boolean"),
        (np.ones((2, 3, 5)), "mask must be Boolean"),
    ]:
        with rejects(message):
            attention.dot(Q, K, U, mask=mask)
    context, _, cache = attention.dot(Q, K, U)
    with rejects(r"dcontext must have shape .* with features = 6; got \(2, 3, 4\)"):
        attention.backward(Q, cache)
    assert context.shape == (2, 3, 6)
    for bad in (None, context, tuple(cache)):
        with rejects(r"cache must be the rnnkit\.attention\.Cache that came with the outputs"):
            attention.backward(context, bad)
    with rejects(r"dcontext must be an array of numbers; .*\(NoneType\)"):
        attention.backward(None, cache)
    with rejects(r"v must be an array of numbers; .*\(NoneType\)"):
        attention.additive(Q, K, U, None)
