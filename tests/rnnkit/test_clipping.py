"""Clipping: what is bounded, what keeps its direction, what cannot be mended."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import rejects

from rnnkit import clipping
from rnnkit.simple_rnn import Params

KINDS = [clipping.by_value, clipping.by_norm, clipping.by_global_norm]
LIMITS = st.floats(1e-3, 1e3)


@st.composite
def gradients(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scale = 10.0 ** draw(st.integers(-3, 3))
    D, H = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    shapes = ((D, H), (H, H), (H,))
    return Params(*(scale * rng.standard_normal(shape) for shape in shapes))


def flat(grads):
    return np.concatenate([g.ravel() for g in grads])


def test_global_norm_equals_hand_worked_number():
    assert clipping.global_norm({"a": np.array([[1.0, 2.0]]), "b": np.array([2.0, 4.0])}) == 5.0


@given(gradients())
def test_global_norm_is_the_norm_of_everything(grads):
    assert clipping.global_norm(grads) == pytest.approx(np.linalg.norm(flat(grads)), rel=1e-14)


@pytest.mark.parametrize(
    ("dtype", "size"),
    [
        (np.float32, 1e30),
        (np.float32, 1e-30),
        (np.float64, 1e250),
        (np.float64, 1e-250),
        (np.float64, 5e-324),
    ],
)
def test_global_norm_neither_overflows_nor_vanishes(dtype, size):
    grads = {"a": np.full(9, size, dtype), "b": np.full((4, 4), size, dtype)}
    assert clipping.global_norm(grads) == pytest.approx(5 * float(dtype(size)), rel=1e-6, abs=0)
    assert clipping.global_norm(grads) > 0


def test_global_norm_of_special_values():
    assert clipping.global_norm({}) == 0.0
    assert clipping.global_norm({"a": np.zeros(3)}) == 0.0
    assert clipping.global_norm({"a": np.array([1.0, -np.inf])}) == np.inf
    assert clipping.global_norm({"a": np.array([1e308, 1e308, 1e308])}) < np.inf
    assert clipping.global_norm({"a": np.full(9, 1e308)}) == np.inf  # 3e308 is too much
    nan = {"a": np.array([np.nan]), "b": np.array([np.inf])}
    assert np.isnan(clipping.global_norm(nan)) and np.isnan(
        clipping.global_norm(dict(reversed(nan.items())))
    )


@given(gradients(), LIMITS)
def test_by_value_clips_each_entry_by_the_formula(grads, limit):
    for g, clipped in zip(grads, clipping.by_value(grads, limit), strict=True):
        np.testing.assert_array_equal(clipped, np.sign(g) * np.minimum(np.abs(g), limit))


@given(gradients(), LIMITS)
def test_by_norm_scales_each_array_by_itself(grads, limit):
    for g, clipped in zip(grads, clipping.by_norm(grads, limit), strict=True):
        factor = min(1.0, limit / np.linalg.norm(g))
        np.testing.assert_allclose(clipped, factor * g, rtol=1e-13)


@given(gradients(), LIMITS)
def test_by_global_norm_keeps_the_direction_of_the_whole(grads, limit):
    g, clipped = flat(grads), flat(clipping.by_global_norm(grads, limit))
    norm = np.linalg.norm(g)
    np.testing.assert_allclose(clipped, g * min(1.0, limit / norm), rtol=1e-13)
    assert np.linalg.norm(clipped) <= limit * (1 + 1e-13) or norm <= limit


def test_only_by_global_norm_keeps_the_direction():
    grads = {"a": np.array([3.0, 0.1]), "b": np.array([0.2])}
    true = flat(grads.values())

    def cosine(kind):
        clipped = flat(kind(grads, 0.5).values())
        return clipped @ true / np.linalg.norm(clipped) / np.linalg.norm(true)

    assert cosine(clipping.by_global_norm) == pytest.approx(1.0, abs=1e-15)
    assert cosine(clipping.by_value) < 0.99
    assert cosine(clipping.by_norm) < 0.99


@pytest.mark.parametrize("kind", KINDS)
def test_small_gradients_stay_as_they_are(kind):
    grads = {"a": np.array([1e-30, -1e-12]), "b": np.zeros(2)}
    clipped = kind(grads, 1.0)
    for key in grads:
        np.testing.assert_array_equal(clipped[key], grads[key])
        assert clipped[key] is not grads[key]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1e30, 1e200])
def test_huge_gradients_are_clipped_not_lost(kind, size):
    clipped = kind({"a": np.array([3 * size, 4 * size])}, 1.0)["a"]
    np.testing.assert_allclose(clipped, [1, 1] if kind is clipping.by_value else [0.6, 0.8])


@pytest.mark.parametrize("kind", [clipping.by_norm, clipping.by_global_norm])
def test_nan_stays_visible(kind):
    assert np.isnan(kind({"a": np.array([np.nan, 1.0])}, 0.1)["a"]).any()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_type_and_dtype_are_kept_and_inputs_left_alone(kind, dtype):
    grads = Params(*(np.full(s, 7.0, dtype) for s in ((2, 3), (3, 3), 3)))
    clipped = kind(grads, np.float64(0.5))
    assert type(clipped) is Params
    assert [c.dtype for c in clipped] == [dtype] * 3
    assert all((g == 7.0).all() for g in grads)
    assert not any((c == 7.0).any() for c in clipped)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "limit", [0.0, -1.0, np.nan, None, "1", True, 1j, [1.0], np.ones(2), np.array(1.0), -np.inf]
)
def test_limit_must_be_positive(kind, limit):
    grads = {"a": np.ones(2)}
    with rejects("limit must be a positive number; got", grads):
        kind(grads, limit)


@pytest.mark.parametrize("kind", [*(lambda g, k=k: k(g, 1.0) for k in KINDS), clipping.global_norm])
@pytest.mark.parametrize(
    ("grads", "message"),
    [
        (np.ones(3), "grads must be a NamedTuple of arrays or a dict of arrays; got ndarray"),
        ([np.ones(3)], "got list"),
        ((np.ones(3),), "got tuple"),
        ({"a": [1.0]}, r"grads\['a'\] must be an array of floats; got list"),
        ({"a": np.ones(2, int)}, r"grads\['a'\] must be an array of floats; got int64"),
        ({"a": np.ones(2, complex)}, "got complex128"),
    ],
)
def test_what_is_no_collection_of_float_arrays_is_rejected(kind, grads, message):
    with rejects(message):
        kind(grads)
