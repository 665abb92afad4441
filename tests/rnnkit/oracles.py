"""What the tests share: random cases, Keras as an oracle, and checks."""

import copy
import functools
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import pytest
from hypothesis import strategies as st

from rnnkit import activations, gru, lstm, simple_rnn

ACTIVATIONS = sorted(activations.ACTIVATIONS)
# At 0 the first or the second derivative jumps: central differences go wrong there.
KINKED = {"relu", "leaky_relu", "elu", "softsign"}
KINK_MARGIN = 1e-3
MASKS = ("none", "ragged", "left", "arbitrary", "empty")


class Kind(NamedTuple):
    """One of the recurrent cells, and what it is called in Keras."""

    module: Any
    gates: int
    keras_name: str
    settings: dict  # of ``init`` and of the Keras layer

    def draw_params(self, features, units, rng, dtype=np.float64):
        """Random weights throughout: zero biases could hide a mistake."""
        columns = self.gates * units
        blocks = rng.standard_normal((self.gates, units, units))
        blocks /= np.maximum(1.0, np.linalg.norm(blocks, 2, axis=(1, 2), keepdims=True))
        b_shape = (2, columns) if self.settings.get("reset_after") else (columns,)
        params = self.module.Params(
            rng.standard_normal((features, columns)),
            np.concatenate(list(blocks), axis=1),
            rng.standard_normal(b_shape),
        )
        return self.module.Params(*(array.astype(dtype) for array in params))

    def state(self, draw):
        """A state of arrays that ``draw()`` returns: h, or h and c."""
        return lstm.State(draw(), draw()) if self.module is lstm else draw()


KINDS = {
    "simple_rnn": Kind(simple_rnn, 1, "SimpleRNN", {}),
    "lstm": Kind(lstm, 4, "LSTM", {}),
    "gru": Kind(gru, 3, "GRU", {"reset_after": True}),
    "gru, reset before": Kind(gru, 3, "GRU", {"reset_after": False}),
}


class Case(NamedTuple):
    """Inputs of one recurrent network."""

    kind: Kind
    x: np.ndarray
    params: Any
    rng: np.random.Generator
    state: Any = None
    mask: np.ndarray | None = None
    factor: np.ndarray | None = None  # of recurrent dropout
    activation: str = "tanh"  # of the simple network only
    go_backwards: bool = False

    def forward(self):
        """Outputs, final state and cache; the order of time is that of processing."""
        x, mask = self.x, self.mask
        if self.go_backwards:
            x, mask = x[:, ::-1], None if mask is None else mask[:, ::-1]
        return self.kind.module.forward(
            x, self.params, self.state, mask=mask, recurrent_factor=self.factor, **self.options
        )

    def step(self, x_t, state):
        """One step of the equations."""
        return self.kind.module.step(x_t, state, self.params, **self.options)

    @property
    def options(self):
        """What only the simple network takes."""
        return {"activation": self.activation} if self.kind.module is simple_rnn else {}

    @property
    def units(self):
        """H."""
        return len(self.params.W_h)

    def draw_state(self):
        """A random state that fits, or a gradient with respect to one."""
        shape = len(self.x), self.units
        return self.kind.state(lambda: self.rng.standard_normal(shape).astype(self.x.dtype))

    def with_state(self):
        """The same case with the state it starts from by default, zeros, spelled out."""
        if self.state is not None:
            return self
        zeros = np.zeros((len(self.x), self.units), self.x.dtype)
        return self._replace(state=self.kind.state(zeros.copy))


def arrays(tree):
    """All arrays of nested tuples and dicts, in order; None is left out."""
    if isinstance(tree, dict):
        tree = tuple(tree.values())
    if isinstance(tree, tuple | list):
        return [array for part in tree for array in arrays(part)]
    return [] if tree is None else [tree]


def named(name, tree):
    """The arrays of a tree by names, as gradient checks take them."""
    return {f"{name} {i}": array for i, array in enumerate(arrays(tree))}


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
def cases(draw, kind="simple_rnn", *, dtype=np.float64, max_time=6, with_factor=True):
    """Networks of all shapes, T = 1, B = 1 and D ≠ H among them."""
    kind = KINDS[kind]
    sizes = {"B": 3, "T": max_time, "D": 3, "H": 4}
    B, T, D, H = (draw(st.integers(1, most), label=name) for name, most in sizes.items())
    activation = draw(st.sampled_from(ACTIVATIONS if kind.module is simple_rnn else ["tanh"]))
    mask_kind = draw(st.sampled_from(MASKS))
    has_state, go_backwards = draw(st.booleans()), draw(st.booleans())
    has_factor = with_factor and draw(st.booleans())
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1), label="seed"))
    mask = draw_mask(mask_kind, B, T, rng)
    factor = draw_factor((kind.gates, B, H), 0.5, rng, dtype) if has_factor else None
    while True:
        params = kind.draw_params(D, H, rng, dtype)
        x = rng.standard_normal((B, T, D)).astype(dtype)
        case = Case(kind, x, params, rng, None, mask, factor, activation, go_backwards)
        case = case._replace(state=case.draw_state() if has_state else None)
        if dtype != np.float64 or not near_kink(case):
            return case


def draw_factor(shape, rate, rng, dtype=np.float64):
    """Factors of dropout: 0 or 1/(1 − rate)."""
    return ((rng.random(shape) >= rate) / (1.0 - rate)).astype(dtype)


def near_kink(case):
    """Whether a pre-activation lies so near 0 that a finite difference might cross it."""
    if case.activation not in KINKED:
        return False
    _, _, cache = case.forward()
    W_x, W_h, b = case.params
    h = cache.states[:-1] * (1.0 if case.factor is None else case.factor[0])
    a = cache.x @ W_x + h @ W_h + b
    return np.abs(a).min() < KINK_MARGIN


def keras_slope():
    """Give leaky ReLU the slope it has in TensorFlow: 0.2 rounded to float32."""
    return mock.patch.object(activations, "LEAKY_RELU_SLOPE", float(np.float32(0.2)))


@functools.cache
def keras_layer(name, features, units, dtype, settings):
    """A Keras layer, built once for each kind: building takes longer than running."""
    import keras

    layer = getattr(keras.layers, name)(units, return_state=True, dtype=dtype, **dict(settings))
    layer.build((None, None, features))
    return layer


def inject(cell, input_factor, recurrent_factor):
    """Make a Keras cell drop what we drop, instead of what it draws.

    Both draw one factor of the inputs for each gate where there is recurrent dropout, and one for
    all gates where there is not.
    """
    gates = getattr(cell, "dropout_mask_count", None)
    if input_factor is not None:
        assert len(input_factor) == (gates or 1)
        factors = input_factor[0] if gates is None else list(input_factor)
        cell.get_dropout_mask = lambda x: factors
    if recurrent_factor is not None:
        # The simple network has one gate, and its factor does not come in a list.
        factor = recurrent_factor[0] if gates is None else list(recurrent_factor)
        cell.get_recurrent_dropout_mask = lambda h: factor


def keras_twin(case, *, return_sequences=True):
    """The case in Keras, with its weights: a function of x and state.

    It returns the outputs and the final state, a list of arrays.
    """
    settings = {**case.kind.settings, **case.options, "return_sequences": return_sequences}
    settings["go_backwards"] = case.go_backwards
    settings["recurrent_dropout"] = 0.0 if case.factor is None else 0.5
    features, dtype = case.x.shape[2], case.x.dtype.name
    layer = keras_layer(case.kind.keras_name, features, case.units, dtype, tuple(settings.items()))
    layer.set_weights(case.params)
    inject(layer.cell, None, case.factor)

    def run(x=case.x, state=case.state):
        initial = arrays(state) or None
        outputs, *final = layer(x, mask=case.mask, initial_state=initial, training=True)
        return outputs, final

    run.weights = layer.trainable_variables
    return run


def distance(ours, theirs):
    """Largest difference, relative to the largest entry if that exceeds 1."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape
    return float(np.abs(ours - theirs).max() / max(1.0, np.abs(theirs).max()))


def check_forward(case):
    """Compare outputs, last output, final state and their dtypes with Keras."""
    tolerance = 1e-12 if case.x.dtype == np.float64 else 1e-5
    with keras_slope():
        h, final, _ = case.forward()
        theirs, states = keras_twin(case)()
        last, states_too = keras_twin(case, return_sequences=False)()
    assert {a.dtype for a in (h, *arrays(final), np.asarray(theirs))} == {case.x.dtype}
    scale = max(1.0, float(np.abs(h).max()))
    assert np.abs(h - np.asarray(theirs)).max() <= tolerance * scale
    assert np.abs(h[:, -1] - np.asarray(last)).max() <= tolerance * scale
    for state in (states, states_too):
        for a, b in zip(arrays(final), state, strict=True):
            assert distance(a, b) <= tolerance


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
