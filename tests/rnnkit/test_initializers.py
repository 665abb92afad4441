"""Initial weights."""

import numpy as np
import pytest
from oracles import rejects

from rnnkit import initializers


def test_glorot_uniform_fills_the_interval_of_the_paper(rng):
    W = initializers.glorot_uniform((200, 400), rng=rng)
    limit = np.sqrt(6 / 600)
    assert 0.999 * limit < W.max() <= limit and -limit <= W.min() < -0.999 * limit
    assert abs(W.mean()) < 0.01 * limit
    assert W.var() == pytest.approx(limit**2 / 3, rel=0.02)


def test_orthogonal_has_singular_values_of_one(rng):
    for size in (1, 2, 7):
        Q = initializers.orthogonal(size, rng=rng)
        np.testing.assert_allclose(np.linalg.svd(Q, compute_uv=False), np.ones(size), rtol=1e-13)


def test_orthogonal_is_uniform_over_rotations_and_reflections(rng):
    # Without the signs of R, the QR decomposition favours one sign of the diagonal.
    draws = np.array([initializers.orthogonal(2, rng=rng) for _ in range(2000)])
    assert abs(np.mean(draws[:, 0, 0])) < 0.06
    assert abs(np.mean(np.linalg.det(draws))) < 0.08


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_draws_are_reproducible_and_have_the_dtype(dtype):
    for draw in (
        lambda rng: initializers.glorot_uniform((2, 3), rng=rng, dtype=dtype),
        lambda rng: initializers.orthogonal(3, rng=rng, dtype=dtype),
    ):
        first, second, other = (draw(np.random.default_rng(seed)) for seed in (0, 0, 1))
        assert first.dtype == dtype
        np.testing.assert_array_equal(first, second)
        assert (first != other).any()


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (3, r"shape must be the pair \(n_in, n_out\); got 3"),
        ((3,), r"shape must be the pair \(n_in, n_out\); got \(3,\)"),
        ((2, 3, 4), "shape must be the pair"),
        (None, "shape must be the pair"),
        ((0, 3), "each size of shape must be a positive whole number; got 0"),
        ((2.0, 3), "each size of shape must be a positive whole number; got 2.0"),
    ],
)
def test_glorot_uniform_rejects_what_is_no_pair_of_sizes(shape, message, rng):
    with rejects(message, rng):
        initializers.glorot_uniform(shape, rng=rng)


def test_orthogonal_rejects_sizes_that_do_not_fit(rng):
    with rejects("size must be a positive whole number; got 0", rng):
        initializers.orthogonal(0, rng=rng)
    with rejects("columns must be a positive whole number; got 0", rng):
        initializers.orthogonal(3, 0, rng=rng)
    with rejects("columns must be at least size = 3; got 2", rng):
        initializers.orthogonal(3, 2, rng=rng)


@pytest.mark.parametrize("draw", [initializers.glorot_uniform, initializers.orthogonal])
def test_draws_reject_other_dtypes_and_what_is_no_generator(draw, rng):
    size = 3 if draw is initializers.orthogonal else (2, 3)
    for dtype in (int, "spam", complex):
        with rejects("dtype must be a floating-point type", rng):
            draw(size, rng=rng, dtype=dtype)
    for bad in (None, 0, np.random.RandomState(0)):
        with rejects(r"rng must be a numpy\.random\.Generator"):
            draw(size, rng=bad)
