"""What the tests share: random cases, Keras as an oracle, and checks."""

import copy
import functools
from contextlib import contextmanager
from typing import NamedTuple
from unittest import mock

import numpy as np
import pytest
from hypothesis import strategies as st

from rnnkit import activations, simple_rnn

ACTIVATIONS = sorted(activations.ACTIVATIONS)
# At 0 the first or the second derivative jumps: central differences go wrong there.
KINKED = {"relu", "leaky_relu", "elu", "softsign"}
KINK_MARGIN = 1e-3
MASKS = ("none", "ragged", "left", "arbitrary", "empty")


class Case(NamedTuple):
    """Inputs of one recurrent network."""

    x: np.ndarray
    params: simple_rnn.Params
    state: np.ndarray | None
    mask: np.ndarray | None
    activation: str
    go_backwards: bool
    rng: np.random.Generator

    def forward(self):
        """Outputs, final state and cache; the order of time is that of processing."""
        t = slice(None, None, -1) if self.go_backwards else slice(None)
        mask = None if self.mask is None else self.mask[:, t]
        return simple_rnn.forward(
            self.x[:, t], self.params, self.state, mask=mask, activation=self.activation
        )


def draw_mask(kind, batch, time, rng):
    """A mask of one kind; "empty" has at least one row without a valid step."""
    steps = np.arange(time)
    lengths = rng.integers(0, time + 1, size=(batch, 1))
    if kind == "none":
        return None
    if kind == "ragged":
        return steps < lengths
    if kind == "left":
        return steps >= time - lengths
    mask = rng.random((batch, time)) < 0.5
    if kind == "empty":
        mask[rng.integers(batch)] = False
    return mask


@st.composite
def cases(draw, *, dtype=np.float64, max_time=6, activations=ACTIVATIONS, masks=MASKS):
    """Networks of all shapes, T = 1, B = 1 and D ≠ H among them."""
    sizes = {"B": 3, "T": max_time, "D": 3, "H": 4}
    B, T, D, H = (draw(st.integers(1, most), label=name) for name, most in sizes.items())
    activation = draw(st.sampled_from(activations))
    kind = draw(st.sampled_from(masks))
    has_state, go_backwards = draw(st.booleans()), draw(st.booleans())
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1), label="seed"))
    mask = draw_mask(kind, B, T, rng)
    while True:
        W_h = rng.standard_normal((H, H))
        W_h /= max(1.0, np.linalg.norm(W_h, 2))
        params = simple_rnn.Params(rng.standard_normal((D, H)), W_h, rng.standard_normal(H))
        params = simple_rnn.Params(*(p.astype(dtype) for p in params))
        x = rng.standard_normal((B, T, D)).astype(dtype)
        state = rng.standard_normal((B, H)).astype(dtype) if has_state else None
        case = Case(x, params, state, mask, activation, go_backwards, rng)
        if dtype != np.float64 or not near_kink(case):
            return case


def near_kink(case):
    """Whether a pre-activation lies so near 0 that a finite difference might cross it."""
    if case.activation not in KINKED:
        return False
    _, _, cache = case.forward()
    W_x, W_h, b = case.params
    a = cache.x @ W_x + cache.states[:-1] @ W_h + b
    return np.abs(a).min() < KINK_MARGIN


def keras_slope():
    """Give leaky ReLU the slope it has in TensorFlow: 0.2 rounded to float32."""
    return mock.patch.object(activations, "LEAKY_RELU_SLOPE", float(np.float32(0.2)))


@functools.cache
def keras_layer(features, units, activation, return_sequences, go_backwards, dtype):
    """A Keras layer, built once for each kind: building takes longer than running."""
    import keras

    layer = keras.layers.SimpleRNN(
        units,
        activation=activation,
        return_sequences=return_sequences,
        return_state=True,
        go_backwards=go_backwards,
        dtype=dtype,
    )
    layer.build((None, None, features))
    return layer


def keras_twin(case, *, return_sequences=True):
    """The Keras layer of a case, with the case's weights."""
    layer = keras_layer(
        *case.params.W_x.shape,
        case.activation,
        return_sequences,
        case.go_backwards,
        case.x.dtype.name,
    )
    layer.set_weights(case.params)
    return layer


def distance(ours, theirs):
    """Largest difference, relative to the largest entry if that exceeds 1."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape
    return float(np.abs(ours - theirs).max() / max(1.0, np.abs(theirs).max()))


@contextmanager
def rejects(match, *unchanged, error=ValueError):
    """Expect an error whose message matches, and everything else to stay as it was.

    ``unchanged`` are arrays, dicts of arrays, or objects whose ``__dict__`` holds them.
    """
    before = copy.deepcopy(unchanged)
    with pytest.raises(error, match=match):
        yield
    for old, new in zip(before, unchanged, strict=True):
        assert_same(old, new)


def assert_same(old, new):
    """Equal to the last bit, with the same types and names all the way down."""
    assert type(old) is type(new)
    if isinstance(old, np.ndarray):
        assert old.dtype == new.dtype
        np.testing.assert_array_equal(old, new)
    elif isinstance(old, dict):
        assert old.keys() == new.keys()
        for key in old:
            assert_same(old[key], new[key])
    elif isinstance(old, list | tuple):
        assert len(old) == len(new)
        for a, b in zip(old, new, strict=True):
            assert_same(a, b)
    elif isinstance(old, np.random.Generator):
        assert old.bit_generator.state == new.bit_generator.state
    elif hasattr(old, "__dict__"):
        assert_same(vars(old), vars(new))
    else:
        assert old == new
