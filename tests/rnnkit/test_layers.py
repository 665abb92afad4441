"""Layers and Sequential: gradients, masks, states, dropout, bad input."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import (
    ACTIVATIONS,
    KINKED,
    arrays,
    assert_same,
    distance,
    draw_mask,
    inject,
    keras_slope,
    named,
    rejects,
)

from rnnkit import gradcheck, keras_bridge, losses
from rnnkit.layers import (
    GRU,
    LSTM,
    Bidirectional,
    Dense,
    Dropout,
    Embedding,
    Layer,
    Recurrent,
    Sequential,
    SimpleRNN,
)
from rnnkit.lstm import State

SMOOTH = sorted(set(ACTIVATIONS) - KINKED)
RECURRENT = {
    "simple_rnn": SimpleRNN,
    "lstm": LSTM,
    "gru": GRU,
    "gru, reset before": lambda units, **options: GRU(units, reset_after=False, **options),
}
STACKABLE = [*RECURRENT.values(), lambda units, **options: Bidirectional(GRU(units, **options))]
each_kind = pytest.mark.parametrize("make", RECURRENT.values(), ids=RECURRENT)


def text_model(rng, *, last=True, mask_zero=True, dtype=np.float64):
    """Simple networks and every other kind of layer: 6 symbols in, 3 logits out."""
    layers = [
        Embedding(6, 3, mask_zero=mask_zero),
        SimpleRNN(4, return_sequences=True, go_backwards=True),
        Dropout(0.25),
        SimpleRNN(5, activation="sigmoid", return_sequences=not last),
        Dense(4, activation="tanh"),
        Dense(3),
    ]
    return Sequential(layers, rng=rng, dtype=dtype)


def gated_model(rng, *, last=True, mask_zero=True, dtype=np.float64):
    """Gated networks, with dropout of inputs and of states: 6 symbols in, 3 logits out."""
    drop = {"dropout": 0.25, "recurrent_dropout": 0.5}
    both = GRU(3, return_sequences=True, recurrent_dropout=0.25)
    layers = [
        Embedding(6, 3, mask_zero=mask_zero),
        LSTM(4, return_sequences=True, go_backwards=True, **drop),
        Bidirectional(both, merge_mode="sum"),
        GRU(5, reset_after=False, return_sequences=True, **drop),
        Bidirectional(LSTM(2, return_sequences=not last, dropout=0.5)),
        Dense(3),
    ]
    return Sequential(layers, rng=rng, dtype=dtype)


each_model = pytest.mark.parametrize("make", [text_model, gated_model])


def jolt(model, rng):
    """Random weights throughout: zero biases could hide a mistake."""
    for array in model.params.values():
        array[...] = 0.7 * rng.standard_normal(array.shape)
    return model


def layer_state(layer, batch, draw):
    """A state that a recurrent layer takes, by ``draw(shape)``; None for other layers."""
    if isinstance(layer, Bidirectional):
        return tuple(layer_state(part, batch, draw) for part in layer.pair)
    if not isinstance(layer, Recurrent):
        return None
    shape = batch, layer.units
    return State(draw(shape), draw(shape)) if isinstance(layer, LSTM) else draw(shape)


@st.composite
def models(draw):
    """A random stack behind an input (B, T, D), with what its forward pass takes."""
    B, T, D = (draw(st.integers(1, 4)) for _ in range(3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))

    def recurrent(*, sequences, backwards=False):
        kind = draw(st.sampled_from([*RECURRENT, "bidirectional"]))
        both = kind == "bidirectional"
        kind = draw(st.sampled_from([*RECURRENT])) if both else kind
        options = {"return_sequences": sequences, "go_backwards": backwards and not both}
        if kind == "simple_rnn":
            options["activation"] = draw(st.sampled_from(SMOOTH))
        layer = RECURRENT[kind](draw(st.integers(1, 4)), **options)
        mode = draw(st.sampled_from(["concat", "sum"])) if both else None
        return Bidirectional(layer, merge_mode=mode) if both else layer

    layers = []
    for _ in range(draw(st.integers(0, 2))):
        layers.append(recurrent(sequences=True, backwards=draw(st.booleans())))
        if draw(st.booleans()):
            layers.append(Dense(draw(st.integers(1, 3)), activation=draw(st.sampled_from(SMOOTH))))
    layers.append(recurrent(sequences=draw(st.booleans())))
    layers.append(Dense(draw(st.integers(1, 3))))
    model = jolt(Sequential(layers, input_size=D, rng=rng), rng)
    x = rng.standard_normal((B, T, D))
    mask = draw_mask(draw(st.sampled_from(["none", "ragged", "arbitrary", "empty"])), B, T, rng)
    states = {
        name: layer_state(layer, B, rng.standard_normal) for name, layer in model.layers.items()
    }
    kept = {name: s for name, s in states.items() if s is not None and draw(st.booleans())}
    return model, x, mask, kept, rng


# ---------------------------------------------------------------- gradients


@given(models(), st.sampled_from(["mse", "binary", "categorical"]))
@settings(max_examples=80)
def test_sequential_backward_equals_central_differences(drawn, kind):
    model, x, mask, state, rng = drawn
    y, final, _ = model.forward(x, mask=mask, state=state)
    weight = {n: layer_state(model.layers[n], len(x), rng.standard_normal) for n in final}
    if kind == "categorical":
        loss, target = (
            losses.categorical_cross_entropy,
            rng.integers(y.shape[-1], size=y.shape[:-1]),
        )
    elif kind == "binary":
        loss, target = losses.binary_cross_entropy, rng.random(y.shape)
    else:
        loss, target = losses.mean_squared_error, rng.standard_normal(y.shape)

    def f():
        y, final, cache = model.forward(x, mask=mask, state=state)
        value, _ = loss(y, target, mask=cache.mask)
        pairs = zip(arrays(final), arrays(weight), strict=True)
        return value + sum(float(np.sum(h * w)) for h, w in pairs)

    y, _, cache = model.forward(x, mask=mask, state=state)
    _, dy = loss(y, target, mask=cache.mask)
    dx, dstate, grads = model.backward(dy, cache, weight)
    tree = {"x": x, **named("state", state), **model.params}
    dstate = {name: dstate[name] for name in state}
    analytic = {"x": dx, **named("state", dstate), **grads}
    assert gradcheck.directional_error(f, tree, analytic, rng=rng) <= 1e-8
    assert list(grads) == list(model.params)


@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("mask_zero", [True, False])
@each_model
def test_every_kind_of_layer_has_the_right_gradient(make, last, mask_zero, rng):
    model = jolt(make(rng, last=last, mask_zero=mask_zero), rng)
    x = np.array([[1, 2, 5, 1, 1], [3, 3, 0, 0, 0], [0, 0, 0, 0, 0], [0, 4, 0, 1, 2]])
    labels = rng.integers(3, size=(4,) if last else (4, 5))

    def f(training=True):
        # The same generator state draws the same dropout each time.
        y, _, cache = model.forward(x, training=training, rng=np.random.default_rng(7))
        return *losses.categorical_cross_entropy(y, labels, mask=cache.mask), cache

    _, dy, cache = f()
    assert (cache.mask is None) == (last or not mask_zero)
    dx, _, grads = model.backward(dy, cache)
    assert dx is None
    error = gradcheck.directional_error(lambda: f()[0], model.params, grads, rng=rng)
    assert error <= 1e-8
    if mask_zero and not last:  # padding gets no gradient
        np.testing.assert_array_equal(grads["embedding.E"][0], np.zeros(3))


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("shape", [(5, 2), (2, 3, 2)])
def test_dense_has_the_right_gradient(activation, shape, rng):
    model = jolt(Sequential([Dense(3, activation=activation)], input_size=2, rng=rng), rng)
    x = rng.standard_normal(shape)
    y, _, cache = model.forward(x)
    assert activation == "linear" or np.abs(x @ model.params["dense.W"]).min() > 1e-3
    weight = rng.standard_normal(y.shape)
    dx, dstate, grads = model.backward(weight, cache)
    assert dstate == {}

    def f():
        return float(np.sum(model.forward(x)[0] * weight))

    tree, analytic = {"x": x, **model.params}, {"x": dx, **grads}
    assert gradcheck.directional_error(f, tree, analytic, rng=rng) <= 1e-8


def test_embedding_adds_up_the_gradients_of_equal_symbols(rng):
    layer = Embedding(4, 2)
    layer.build(None, rng=rng, dtype=np.float64)
    _, _, cache = layer.forward([[1, 1, 3]])
    _, _, grads = layer.backward(np.array([[[1.0, 2.0], [10.0, 20.0], [5.0, 5.0]]]), cache)
    np.testing.assert_array_equal(grads["E"], [[0, 0], [11, 22], [0, 0], [5, 5]])


# ---------------------------------------------------------------- Keras


@given(models())
@settings(max_examples=25)
def test_sequential_equals_keras(keras, drawn):
    import tensorflow as tf

    model, x, mask, _, rng = drawn
    twin = keras_bridge.to_keras(model, input_shape=x.shape[1:])
    inputs = tf.constant(x)
    with keras_slope(), tf.GradientTape() as tape:
        tape.watch(inputs)
        # Keras's Sequential takes no mask argument by itself; its layers do.
        h, valid = inputs, None if mask is None else tf.constant(mask)
        for layer in twin.layers:
            recurrent = isinstance(layer, keras.layers.RNN | keras.layers.Bidirectional)
            h = layer(h, mask=valid) if recurrent else layer(h)
            valid = valid if not recurrent or layer.return_sequences else None
        weight = rng.standard_normal(h.shape)
        loss = tf.reduce_sum(h * weight)
    theirs = tape.gradient(loss, [inputs, *twin.trainable_variables])
    y, _, cache = model.forward(x, mask=mask)
    assert distance(y, h) <= 1e-12
    dx, _, grads = model.backward(weight, cache)
    for ours, g in zip([dx, *grads.values()], theirs, strict=True):
        assert distance(ours, np.zeros(ours.shape) if g is None else g) <= 1e-10


@pytest.mark.parametrize("last", [True, False])
@each_model
def test_embedding_model_with_padding_equals_keras(keras, make, last, rng):
    import tensorflow as tf

    model = jolt(make(rng, last=last), rng)
    twin = keras_bridge.to_keras(model, input_shape=(None,))
    x = np.array([[1, 2, 5, 1], [3, 3, 0, 0], [0, 4, 0, 1]])
    labels = rng.integers(3, size=(3,) if last else (3, 4))
    twin.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    with tf.GradientTape() as tape:
        logits = twin(x, training=False)
        theirs = twin.compute_loss(x, labels, logits)  # masked, as the mask travels with them
    y, _, cache = model.forward(x)
    assert distance(y, logits) <= 1e-12
    loss, dy = losses.categorical_cross_entropy(y, labels, mask=cache.mask)
    assert loss == pytest.approx(float(theirs), rel=1e-12)
    _, _, grads = model.backward(dy, cache)
    gradients = tape.gradient(theirs, twin.trainable_variables)
    for ours, g in zip(grads.values(), gradients, strict=True):
        assert distance(ours, tf.convert_to_tensor(g)) <= 1e-10


RATES = {"dropout": (0.5, 0.0), "recurrent_dropout": (0.0, 0.5), "both": (0.5, 0.25)}


@each_kind
@pytest.mark.parametrize("rates", RATES.values(), ids=RATES)
@pytest.mark.parametrize("wrapper", ["forward", "backward", "both ways"])
def test_dropout_in_recurrent_layers_equals_keras(keras, make, rates, wrapper, rng):
    import tensorflow as tf

    options = {"return_sequences": True, "dropout": rates[0], "recurrent_dropout": rates[1]}
    layer = make(3, go_backwards=wrapper == "backward", **options)
    both = wrapper == "both ways"
    model = Sequential([Bidirectional(layer) if both else layer], input_size=4, rng=rng)
    jolt(model, rng)
    x, mask = rng.standard_normal((3, 5, 4)), np.arange(5) < np.array([[5], [3], [0]])
    y, _, cache = model.forward(x, mask=mask, training=True, rng=rng)
    (twin,) = keras_bridge.to_keras(model, input_shape=(5, 4)).layers
    pairs = [(twin, cache.layers[0])]
    if both:
        pairs = list(zip((twin.forward_layer, twin.backward_layer), cache.layers[0], strict=False))
        assert_differ([part for _, part in pairs])
    for keras_part, part in pairs:
        factor = part.input_factor
        assert (factor is None, part.cell.recurrent_factor is None) == (not rates[0], not rates[1])
        inject(
            keras_part.cell,
            None if factor is None else factor[:, :, 0],
            part.cell.recurrent_factor,
        )
    inputs = tf.constant(x)
    weight = rng.standard_normal(y.shape)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        h = twin(inputs, mask=tf.constant(mask), training=True)
        loss = tf.reduce_sum(h * weight)
    theirs = tape.gradient(loss, [inputs, *twin.trainable_variables])
    assert distance(y, h) <= 1e-12
    dx, _, grads = model.backward(weight, cache)
    for ours, g in zip([dx, *grads.values()], theirs, strict=True):
        assert distance(ours, g) <= 1e-10
    assert np.abs(model.forward(x, mask=mask)[0] - y).max() > 1e-3  # something was dropped


def assert_differ(caches):
    """The two ways of a bidirectional layer drop different things."""
    for factors in zip(*[(c.input_factor, c.cell.recurrent_factor) for c in caches], strict=True):
        assert factors[0] is factors[1] is None or (factors[0] != factors[1]).any()


# ---------------------------------------------------------------- meaning


@each_kind
def test_go_backwards_reads_from_the_end(make, rng):
    layer, back = (make(3, return_sequences=True, go_backwards=b) for b in (False, True))
    layer.build(2, rng=rng, dtype=np.float64)
    back.params = layer.params
    x = rng.standard_normal((2, 4, 2))
    np.testing.assert_array_equal(back.forward(x)[0], layer.forward(x[:, ::-1])[0])
    mask = np.array([[1, 1, 0, 0], [0, 1, 1, 1]], bool)
    h, final, _ = back.forward(x, mask=mask)
    expected, expected_final, _ = layer.forward(x[:, ::-1], mask=mask[:, ::-1])
    np.testing.assert_array_equal(h, expected)
    assert_same(final, expected_final)


@each_kind
def test_last_output_and_final_state_differ_where_nothing_was_valid(make, rng):
    layer = make(3)
    layer.build(2, rng=rng, dtype=np.float64)
    state, mask = layer_state(layer, 2, np.ones), np.array([[True, True], [False, False]])
    h, final, cache = layer.forward(rng.standard_normal((2, 2, 2)), state=state, mask=mask)
    np.testing.assert_array_equal(h[0], arrays(final)[0][0])
    np.testing.assert_array_equal(h[1], np.zeros(3))
    _, dstate, _ = layer.backward(np.ones((2, 3)), cache)
    for end, gradient in zip(arrays(final), arrays(dstate), strict=True):
        np.testing.assert_array_equal(end[1], np.ones(3))
        np.testing.assert_array_equal(gradient[1], np.zeros(3))  # the zeros depend on nothing


@each_kind
def test_state_carried_through_a_model_equals_the_whole_run(make, rng):
    layers = [make(units, return_sequences=True) for units in (3, 4)]
    model = Sequential([*layers, Dense(2)], input_size=2, rng=rng)
    x = rng.standard_normal((2, 6, 2))
    whole, final, _ = model.forward(x)
    first, state, _ = model.forward(x[:, :2])
    second, state, _ = model.forward(x[:, 2:], state=state)
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), whole, atol=1e-14)
    name = layers[0].name
    assert list(final) == list(state) == [name, f"{name}_1"]
    for a, b in zip(arrays(state), arrays(final), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-14)


@each_model
def test_model_is_reentrant(make, rng):
    model = jolt(make(rng, last=False), rng)
    xs = [rng.integers(6, size=(2, 5)) for _ in range(2)]
    dy = rng.standard_normal((2, 5, 3))

    def forward(i):
        return model.forward(xs[i], training=True, rng=np.random.default_rng(i))[2]

    alone = [model.backward(dy, forward(i))[2] for i in range(2)]
    caches = [forward(i) for i in range(2)]
    for i in (1, 0, 1):
        for key, g in model.backward(dy, caches[i])[2].items():
            np.testing.assert_array_equal(g, alone[i][key])


@pytest.mark.parametrize("last", [True, False])
@each_model
def test_model_leaves_inputs_and_weights_alone(make, last, rng):
    model = jolt(make(rng, last=last, mask_zero=False), rng)
    x, mask = rng.integers(6, size=(2, 5)), rng.random((2, 5)) < 0.7
    state, dstate = (
        {name: layer_state(layer, 2, rng.standard_normal) for name, layer in recurrent(model)}
        for _ in range(2)
    )
    dy = rng.standard_normal((2, 3) if last else (2, 5, 3))
    given = {"x": x, "mask": mask, "state": state, "dy": dy, "dstate": dstate, **model.params}
    before = copy.deepcopy(given)
    _, _, cache = model.forward(x, mask=mask, state=state, training=True, rng=rng)
    model.backward(dy, cache, dstate)
    assert_same(before, given)


def recurrent(model):
    """Names and layers of a model that have a state."""
    return [
        (name, layer)
        for name, layer in model.layers.items()
        if isinstance(layer, Recurrent | Bidirectional)
    ]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("last", [True, False])
@each_model
def test_model_keeps_its_dtype_throughout(make, dtype, last, rng):
    model = make(rng, last=last, dtype=dtype)
    assert {a.dtype for a in model.params.values()} == {np.dtype(dtype)}
    x = np.array([[1, 2, 0], [3, 0, 0]])
    for other in (np.float32, np.float64):  # of what comes in
        (first, layer), *_, (second, layer_too) = recurrent(model)
        state = {first: layer_state(layer, 2, lambda shape, t=other: np.ones(shape, t))}
        dfinal = {second: layer_state(layer_too, 2, lambda shape, t=other: np.ones(shape, t))}
        y, final, cache = model.forward(x, state=state, training=True, rng=rng)
        _, dstate, grads = model.backward(np.ones(y.shape, other), cache, dfinal)
        found = arrays((y, final, dstate, grads, model.predict(x)))
        assert {a.dtype for a in found} == {np.dtype(dtype)}
    dense = Sequential([Dense(2, activation="tanh")], input_size=3, rng=rng, dtype=dtype)
    y, _, cache = dense.forward(np.ones((4, 3), int))
    dx, _, _ = dense.backward(np.ones((4, 2)), cache)
    assert y.dtype == dx.dtype == dtype


# ---------------------------------------------------------------- Bidirectional


@each_kind
@pytest.mark.parametrize("mode", ["concat", "sum"])
@pytest.mark.parametrize("sequences", [True, False])
def test_bidirectional_is_two_layers(make, mode, sequences, rng):
    both = Bidirectional(make(3, return_sequences=sequences), merge_mode=mode)
    assert both.build(2, rng=rng, dtype=np.float64) == (6 if mode == "concat" else 3)
    ahead = make(3, return_sequences=sequences)
    back = make(3, return_sequences=sequences, go_backwards=True)
    for way, layer in (("forward", ahead), ("backward", back)):
        layer.params = {key: both.params[f"{way}.{key}"] for key in both.pair[0].params}
    assert (ahead.params["W_x"] != back.params["W_x"]).all()  # drawn anew
    x = rng.standard_normal((2, 4, 2))
    states = tuple(layer_state(ahead, 2, rng.standard_normal) for _ in range(2))
    y, final, _ = both.forward(x, state=states)
    h, final_h, _ = ahead.forward(x, state=states[0])
    g, final_g, _ = back.forward(x, state=states[1])
    g = g[:, ::-1] if sequences else g
    np.testing.assert_array_equal(y, np.concatenate([h, g], -1) if mode == "concat" else h + g)
    assert_same((final_h, final_g), final)
    default = both.forward(x)[0]
    zeros = layer_state(both, 2, np.zeros)
    np.testing.assert_array_equal(both.forward(x, state=zeros)[0], default)


@each_kind
def test_bidirectional_sees_the_whole_sequence_at_every_step(make, rng):
    both = Bidirectional(make(2, return_sequences=True))
    both.build(2, rng=rng, dtype=np.float64)
    x = rng.standard_normal((1, 5, 2))
    other = x.copy()
    other[:, 2] += 1.0
    ahead, back = np.split(both.forward(other)[0] != both.forward(x)[0], 2, axis=-1)
    assert ahead.all(axis=-1).tolist() == [[False, False, True, True, True]]
    assert back.all(axis=-1).tolist() == [[True, True, True, False, False]]


@each_kind
@pytest.mark.parametrize("mode", ["concat", "sum"])
def test_bidirectional_with_padding_is_the_short_sequence_alone(make, mode, rng):
    both = Bidirectional(make(3, return_sequences=True), merge_mode=mode)
    both.build(2, rng=rng, dtype=np.float64)
    x, lengths = rng.standard_normal((3, 5, 2)), [5, 2, 0]
    mask = np.arange(5) < np.array(lengths)[:, np.newaxis]
    y, final, cache = both.forward(x, mask=mask)
    dx, _, _ = both.backward(np.ones_like(y), cache)
    for i, length in enumerate(lengths):
        np.testing.assert_array_equal(y[i, length:], 0.0)
        np.testing.assert_array_equal(dx[i, length:], 0.0)
        if length:
            one = x[i : i + 1, :length]
            alone, final_alone, cache = both.forward(one)
            np.testing.assert_allclose(y[i : i + 1, :length], alone, atol=1e-14)
            for a, b in zip(arrays(final), arrays(final_alone), strict=True):
                np.testing.assert_allclose(a[i], b[0], atol=1e-14)
            expected = both.backward(np.ones_like(alone), cache)[0]
            np.testing.assert_allclose(dx[i : i + 1, :length], expected, atol=1e-14)


@pytest.mark.parametrize(
    "layer",
    [Dense(2), Embedding(3, 2), LSTM(2, go_backwards=True), Bidirectional(GRU(2)), LSTM, None],
)
def test_bidirectional_rejects_what_is_no_forward_layer(layer):
    with pytest.raises(ValueError, match="layer must be a new SimpleRNN, LSTM or GRU without"):
        Bidirectional(layer)


def test_bidirectional_rejects_a_layer_with_weights_and_unknown_modes(rng):
    layer = GRU(2)
    for mode in ("mul", "ave", None):
        with pytest.raises(ValueError, match="merge_mode must be 'concat' or 'sum'; got "):
            Bidirectional(layer, merge_mode=mode)
    layer.build(2, rng=rng, dtype=np.float64)
    with pytest.raises(ValueError, match="layer must be a new"):
        Bidirectional(layer)


def test_bidirectional_rejects_states_that_do_not_fit(rng):
    model = Sequential([Bidirectional(GRU(3))], input_size=2, rng=rng)
    x, one = np.ones((2, 4, 2)), np.ones((2, 3))
    y, _, cache = model.forward(x)
    expected = "state must be a pair, the states of the forward and of the backward layer; got "
    bad = [
        (one, expected + "ndarray"),
        ((one,), expected + "tuple"),
        ([one] * 3, expected + "list"),
    ]
    bad += [((one, one[:1]), r"state must have shape \(batch, units\) = \(2, 3\); got \(1, 3\)")]
    for state, message in bad:
        with rejects(message, model.params):
            model.forward(x, state={"bidirectional": state})
        with rejects(r"d\w*" + message, model.params, cache):
            model.backward(y, cache, {"bidirectional": state})
    lstm = Sequential([Bidirectional(LSTM(3))], input_size=2, rng=rng)
    with rejects(r"state must be the pair \(h, c\); got ndarray", lstm.params):
        lstm.forward(x, state={"bidirectional": (one, one)})


@pytest.mark.parametrize("mode", ["concat", "sum"])
@pytest.mark.parametrize("sequences", [True, False])
@pytest.mark.parametrize("masked", [True, False])
@given(shape=st.lists(st.integers(0, 6), max_size=4).map(tuple))
def test_bidirectional_rejects_gradients_of_any_other_shape(mode, sequences, masked, shape):
    layer = Bidirectional(GRU(2, return_sequences=sequences), merge_mode=mode)
    layer.build(2, rng=np.random.default_rng(0), dtype=np.float64)
    y, _, cache = layer.forward(np.ones((3, 4, 2)), mask=np.ones((3, 4), bool) if masked else None)
    tries = {shape, (1, *y.shape[1:]), (*y.shape[:-1], 1), (*y.shape[:-1], 2 * y.shape[-1])}
    for shape in tries - {y.shape}:
        with rejects("dy must have the shape of the output", layer.params):
            layer.backward(np.zeros(shape), cache)


# ---------------------------------------------------------------- Dropout


@pytest.mark.parametrize("rate", [0.1, 0.5, np.float64(0.8)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@each_kind
def test_recurrent_dropout_drops_its_share_for_each_gate_anew(make, rate, dtype, rng):
    layer = make(100, dropout=rate, recurrent_dropout=rate)
    layer.build(50, rng=rng, dtype=dtype)
    x = np.ones((200, 2, 50), dtype)
    y, _, cache = layer.forward(x, training=True, rng=rng)
    on_input, on_state = cache.input_factor, cache.cell.recurrent_factor
    assert on_input.shape == (layer.gates, 200, 1, 50)  # the same at both steps
    assert on_state.shape == (layer.gates, 200, 100)
    for factor in (*on_input, *on_state):
        assert set(np.unique(factor)) == {0, dtype(1) / dtype(1 - rate)}
        assert np.mean(factor == 0) == pytest.approx(rate, abs=0.015)
        assert factor.mean() == pytest.approx(1.0, abs=0.06)
        assert factor.dtype == y.dtype == dtype
        # Not one draw for all sequences, nor one for all units.
        assert np.mean(factor == 0, axis=0).min() > 0 and np.mean(factor == 0, axis=-1).max() < 1
    for one, other in zip(on_state[1:], on_state[:-1], strict=True):
        both = np.mean((one == 0) & (other == 0))
        assert both == pytest.approx(rate**2, abs=0.02)  # independent


@each_kind
def test_recurrent_dropout_acts_in_training_only_and_repeats_with_the_seed(make, rng):
    layer, plain = make(4, dropout=0.5, recurrent_dropout=0.5), make(4)
    layer.build(3, rng=rng, dtype=np.float64)
    plain.params = layer.params
    x = rng.standard_normal((5, 6, 3))
    np.testing.assert_array_equal(layer.forward(x)[0], plain.forward(x)[0])
    np.testing.assert_array_equal(plain.forward(x, training=True)[0], plain.forward(x)[0])
    first, again, other = (
        layer.forward(x, training=True, rng=np.random.default_rng(seed))[0] for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any() and (first != plain.forward(x)[0]).any()


@each_kind
def test_recurrent_dropout_leaves_the_state_itself_alone(make, rng):
    # All of h_{t−1} is dropped in front of W_h, but the state's own path stays: with weights of
    # 0 the gated cells still carry it on.
    layer = make(3, recurrent_dropout=0.999999)
    layer.build(2, rng=rng, dtype=np.float64)
    for array in layer.params.values():
        array[...] = 0.0
    state = layer_state(layer, 2, rng.standard_normal)
    _, final, _ = layer.forward(np.ones((2, 1, 2)), state=state, training=True, rng=rng)
    kept = 0.0 if isinstance(layer, SimpleRNN) else 0.5
    np.testing.assert_array_equal(arrays(final)[-1], kept * arrays(state)[-1])


@each_kind
@pytest.mark.parametrize("name", ["dropout", "recurrent_dropout"])
def test_recurrent_dropout_rejects_rates_out_of_range_and_a_missing_generator(make, name, rng):
    for rate in (-0.1, 1.0, 1.5, np.nan):
        with pytest.raises(ValueError, match=f"^{name} must be at least 0 and below 1; got"):
            make(3, **{name: rate})
    model = Sequential([make(3, **{name: 0.5})], input_size=2, rng=rng)
    with rejects(r"rng must be a numpy\.random\.Generator.*got NoneType", model.params):
        model.forward(np.ones((2, 3, 2)), training=True)
    for bad in (0, 2.5, None):
        with pytest.raises(ValueError, match="units must be a positive whole number"):
            make(bad)


@pytest.mark.parametrize("rate", [0.1, 0.5, np.float64(0.8)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dropout_drops_its_share_and_keeps_the_mean(rate, dtype, rng):
    x = np.ones((200, 500), dtype)
    y, _, cache = Dropout(rate).forward(x, training=True, rng=rng)
    assert y.dtype == dtype
    assert set(np.unique(y)) == {0, dtype(1) / dtype(1 - rate)}
    assert np.mean(y == 0) == pytest.approx(rate, abs=0.005)
    assert y.mean() == pytest.approx(1.0, abs=0.02)
    dy = rng.standard_normal(x.shape).astype(dtype)
    dx, dstate, grads = Dropout(rate).backward(dy, cache)
    np.testing.assert_array_equal(dx, dy * y)  # the same entries, the same factor
    assert dstate is None and grads == {} and dx.dtype == dtype


def test_dropout_draws_anew_for_each_call_and_repeats_with_the_seed():
    x = np.ones((20, 20))
    rng = np.random.default_rng(0)
    first, second = (Dropout(0.5).forward(x, training=True, rng=rng)[0] for _ in range(2))
    again = Dropout(0.5).forward(x, training=True, rng=np.random.default_rng(0))[0]
    assert (first != second).any()
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize(("rate", "training"), [(0.5, False), (0.0, True)])
def test_dropout_does_nothing_in_prediction_or_at_rate_0(rate, training, rng):
    x = rng.standard_normal((2, 3))
    y, _, cache = Dropout(rate).forward(x, training=training)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(Dropout(rate).backward(x, cache)[0], x)


@pytest.mark.parametrize("rate", [-0.1, 1.0, 1.5, np.nan])
def test_dropout_rejects_a_rate_out_of_range(rate):
    with pytest.raises(ValueError, match="rate must be at least 0 and below 1; got"):
        Dropout(rate)


def test_dropout_in_training_needs_a_generator():
    with rejects(r"rng must be a numpy\.random\.Generator.*got NoneType"):
        Dropout(0.5).forward(np.ones((2, 3)), training=True)


# ---------------------------------------------------------------- Sequential


def test_sequential_names_layers_as_keras_does(rng):
    model = Sequential([Dense(2), Dense(3), SimpleRNN(2), Dense(1)], input_size=1, rng=rng)
    assert list(model.layers) == ["dense", "dense_1", "simple_rnn", "dense_2"]
    assert model.params["dense_1.W"].shape == (2, 3)
    for name, layer in model.layers.items():
        for key, array in layer.params.items():
            assert model.params[f"{name}.{key}"] is array


def test_sequential_draws_the_same_weights_from_the_same_seed():
    one, two, other = (text_model(np.random.default_rng(seed)) for seed in (0, 0, 1))
    for key, array in one.params.items():
        np.testing.assert_array_equal(array, two.params[key])
        assert key.endswith(".b") or (array != other.params[key]).any()
    E = one.params["embedding.E"]
    assert 0.03 < np.abs(E).max() <= 0.05


def test_predict_is_forward_in_batches(rng):
    model = jolt(text_model(rng, mask_zero=False), rng)
    x, mask = rng.integers(6, size=(7, 4)), rng.random((7, 4)) < 0.6
    for valid in (None, mask):
        expected = model.forward(x, mask=valid)[0]
        for size in (1, 3, 7, 100):
            y = model.predict(x, mask=valid, batch_size=size)
            np.testing.assert_allclose(y, expected, atol=1e-14)
    assert (model.predict(x) != model.predict(x, mask=mask)).any()


def test_summary_lists_every_weight(rng):
    model = text_model(rng)
    lines = model.summary().splitlines()
    assert [line.split()[0] for line in lines] == [*model.params, "total"]
    assert lines[0].split() == ["embedding.E", "(6,", "3)", "18"]
    assert lines[-1].split() == ["total", str(sum(a.size for a in model.params.values()))]


def test_a_layer_of_ones_own_fits_in(rng):
    class Double(Layer):
        name = "double"

        def forward(self, x, *, mask=None, state=None, training=False, rng=None):
            return 2 * x, None, None

        def backward(self, dy, cache, dstate=None):
            return 2 * dy, None, {}

    model = Sequential([Double(), Dense(1)], input_size=2, rng=rng)
    x = np.ones((3, 2))
    y, _, cache = model.forward(x)
    np.testing.assert_allclose(y, 2 * x @ model.params["dense.W"])
    dx, _, _ = model.backward(np.ones((3, 1)), cache)
    np.testing.assert_allclose(dx, 2 * np.ones((3, 1)) @ model.params["dense.W"].T)


def test_a_layer_without_forward_says_so(rng):
    class Half(Layer):
        def backward(self, dy, cache, dstate=None):
            return dy, None, {}

    model = Sequential([Half()], input_size=2, rng=rng)
    with pytest.raises(NotImplementedError):
        model.forward(np.ones((3, 2)))


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda r: Sequential([], input_size=1, rng=r),
            "layers must be a list of at least one layer",
        ),
        (lambda r: Sequential([Dense(1)], rng=r), "input_size must be a positive whole .*None"),
        (lambda r: Sequential([SimpleRNN(1)], rng=r), "input_size must be a positive whole .*None"),
        (lambda r: Sequential([Dense(1)], input_size=0, rng=r), "input_size must be .*got 0"),
        (lambda r: Sequential([Dense(1)], input_size=1, rng=0), "rng must be .*got int"),
        (lambda r: Sequential([Dense(1)], input_size=1, rng=r, dtype=int), "dtype must be a float"),
        (
            lambda r: Sequential([Dense(1)] * 2, input_size=1, rng=r),
            "stands twice or has weights already: make a new one",
        ),
        (lambda r: Dense(0), "units must be a positive whole number; got 0"),
        (lambda r: Dense(2, activation="softmax"), "activation must be one of"),
        (lambda r: SimpleRNN(2.5), "units must be a positive whole number; got 2.5"),
        (lambda r: SimpleRNN(2, activation="x"), "activation must be one of"),
        (lambda r: Embedding(0, 2), "vocabulary_size must be a positive whole number"),
        (lambda r: Embedding(2, -2), "units must be a positive whole number"),
    ],
)
def test_models_that_cannot_be_are_rejected(make, message, rng):
    with pytest.raises(ValueError, match=message):
        make(rng)


def test_a_layer_belongs_to_one_model(rng):
    layer = Dense(2)
    model = Sequential([layer], input_size=3, rng=rng)
    with rejects("has weights already: make a new one", model.params):
        Sequential([layer], input_size=3, rng=rng)


@given(st.lists(st.integers(0, 3), max_size=4).map(tuple))
def test_layers_reject_any_other_input_shape(shape):
    rng, x = np.random.default_rng(0), np.zeros(shape)
    valid = 0 not in shape and shape[-1:] == (2,)
    for layer, ranks in ((Dense(6), (2, 3)), *((make(6), (3,)) for make in STACKABLE)):
        model = Sequential([layer], input_size=2, rng=rng)
        if valid and len(shape) in ranks:
            assert model.forward(x)[0].shape[-1] == (12 if "bidirectional" in model.layers else 6)
        else:
            with rejects("x must (not be empty|have shape)", model.params, x):
                model.forward(x)


@pytest.mark.parametrize("layer", [Dense, *STACKABLE, lambda units: Embedding(3, units)])
@pytest.mark.parametrize("x", [np.zeros((2, 3, 2), complex), "text", [[1], [1, 2]], [[None]]])
def test_layers_reject_what_is_no_number(layer, x, rng):
    model = Sequential([layer(2)], input_size=2, rng=rng)
    with rejects("x must be (real|an array of numbers)", model.params):
        model.forward(x)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([[0, 6]], "x must lie in 0 … 5, the vocabulary; got values from 0 to 6"),
        ([[-1, 0]], "got values from -1 to 0"),
        ([[0.0, 1.0]], r"x must be integers of shape \(batch, time\), not empty; got float64"),
        ([[True]], "got bool"),
        ([1, 2], r"got int64, \(2,\)"),
        (np.zeros((1, 0), int), r"got int64, \(1, 0\)"),
    ],
)
def test_embedding_rejects_what_is_no_symbol(x, message, rng):
    model = text_model(rng)
    with rejects(message, model.params):
        model.forward(x)


@pytest.mark.parametrize(
    "mask",
    [
        np.ones((3, 2), bool),
        np.ones(3, bool),
        np.ones((1, 3), bool),
        np.ones((2, 3)),
        np.ones((2, 3, 1), bool),
        [[True], [True, False]],
        True,
    ],
)
@pytest.mark.parametrize("make", [*STACKABLE, lambda units: GRU(units, go_backwards=True), None])
def test_models_reject_a_mask_that_does_not_fit(mask, make, rng):
    if make is None:
        model, x = text_model(rng), np.ones((2, 3), int)
    else:
        model, x = Sequential([make(2)], input_size=2, rng=rng), np.ones((2, 3, 2))
    with rejects("mask must (be Boolean|have shape|be an array)", model.params, x):
        model.forward(x, mask=mask)


def test_models_reject_states_that_do_not_fit(rng):
    model, x = text_model(rng), np.ones((2, 3), int)
    ones = np.ones((2, 4))
    with rejects(r"state names no recurrent layer of this model: \['rnn'\]; it has", model.params):
        model.forward(x, state={"rnn": ones})
    with rejects(r"state names no recurrent layer of this model: \['dense'\]", model.params):
        model.forward(x, state={"dense": ones})
    with rejects(r"state must have shape .* = \(2, 5\); got \(2, 4\)", model.params):
        model.forward(x, state={"simple_rnn_1": ones})
    y, _, cache = model.forward(x)
    with rejects(r"dstate names no recurrent layer of this model: \['rnn'\]", model.params):
        model.backward(np.ones_like(y), cache, {"rnn": ones})
    with rejects(r"final_state must have shape .* = \(2, 4\); got \(1, 4\)", model.params):
        model.backward(np.ones_like(y), cache, {"simple_rnn": ones[:1]})


@pytest.mark.parametrize(
    "layer",
    [
        Dense(2),
        *(m(2, return_sequences=r) for m in RECURRENT.values() for r in (True, False)),
        Bidirectional(LSTM(2)),
    ],
    ids=lambda layer: f"{layer.name}-{getattr(layer, 'return_sequences', '')}",
)
@given(shape=st.lists(st.integers(0, 3), max_size=4).map(tuple))
def test_backward_rejects_gradients_of_any_other_shape(layer, shape):
    if not layer.params:
        layer.build(2, rng=np.random.default_rng(0), dtype=np.float64)
    y, _, cache = layer.forward(np.ones((3, 1, 2)))
    dy = np.zeros(shape)
    if shape == y.shape:
        assert layer.backward(dy, cache)[0].shape == (3, 1, 2)
    else:
        with rejects("d[yh] must (not be empty|have)", layer.params, dy):
            layer.backward(dy, cache)


@pytest.mark.parametrize("shape", [(3, 1, 2), (6,), (1, 3, 4), (1, 2, 2), (1, 3), (1, 3, 2, 1)])
def test_embedding_backward_rejects_gradients_of_any_other_shape(shape, rng):
    layer = Embedding(4, 2)
    layer.build(None, rng=rng, dtype=np.float64)
    _, _, cache = layer.forward([[1, 2, 3]])
    with rejects(r"dy must have the shape of the output, \(1, 3, 2\); got", layer.params):
        layer.backward(np.ones(shape), cache)


@pytest.mark.parametrize(
    ("x", "mask", "message"),
    [
        (np.ones((3, 2), int), np.ones((4, 2), bool), "x, mask must have one row for each"),
        (np.ones((3, 2), int), True, "x, mask must have one row for each"),
        (1, None, r"x must have one row for each sequence; got shapes \(\)"),
        (np.ones((0, 2), int), None, "not empty"),
    ],
)
def test_predict_rejects_what_does_not_fit(x, mask, message, rng):
    model = text_model(rng)
    with rejects(message, model.params):
        model.predict(x, mask=mask)


def test_predict_rejects_a_batch_size_of_0(rng):
    with rejects("batch_size must be a positive whole number; got 0"):
        text_model(rng).predict([[1, 2]], batch_size=0)


# ---------------------------------------------------------------- one owner, one meaning


def test_bidirectional_copies_the_layer_it_is_given(rng):
    lay = LSTM(3, return_sequences=True)
    layers = [Bidirectional(lay), Bidirectional(lay), lay, Dense(1)]
    model = jolt(Sequential(layers, input_size=6, rng=rng), rng)
    x = rng.standard_normal((2, 4, 6))
    y, _, cache = model.forward(x)
    weight = rng.standard_normal(y.shape)
    _, _, grads = model.backward(weight, cache)

    def f():
        return float(np.sum(model.forward(x)[0] * weight))

    assert gradcheck.directional_error(f, model.params, grads, rng=rng) <= 1e-8
    before = model.predict(x)
    other = GRU(2)
    first, _ = (Sequential([Bidirectional(other)], input_size=6, rng=rng) for _ in range(2))
    assert not other.params and first.predict(x).shape == (2, 4)
    np.testing.assert_array_equal(model.predict(x), before)


def test_params_write_into_the_arrays_that_everybody_holds(rng):
    model = Sequential([Bidirectional(SimpleRNN(2)), Dense(1)], input_size=1, rng=rng)
    x, new = np.ones((1, 3, 1)), np.array([[1.0], [2.0], [3.0], [4.0]])
    arrays = dict(model.params)
    model.params["dense.W"] = new
    model.params["bidirectional.forward.b"] = [5, 6]
    model.layers["dense"].params["b"] = [7.0]
    model.params["dense.W"] *= 2
    assert all(model.params[key] is array for key, array in arrays.items())
    np.testing.assert_array_equal(model.layers["dense"].params["W"], 2 * new)
    np.testing.assert_array_equal(model.layers["bidirectional"].pair[0].params["b"], [5, 6])
    twin = copy.deepcopy(model)
    twin.params["dense.b"] = [0.0]
    np.testing.assert_allclose(model.predict(x) - twin.predict(x), 7.0)


@pytest.mark.parametrize(
    "new",
    [{"dense.W": [[1], [1]], "dense.b": np.ones(2)}, {"dense.W": [[1], [1]], "b": 0}],
)
def test_params_take_all_or_nothing(new, rng):
    model = Sequential([Dense(1)], input_size=2, rng=rng)
    with rejects(
        r"weights must be of \{'dense.W': \(2, 1\), 'dense.b': \(1,\)\}; got", model.params
    ):
        model.params.update(new)
    with rejects("dense.b must be an array of numbers", model.params):
        model.params["dense.b"] = "text"
    with pytest.raises(AttributeError):
        model.params = new


@each_kind
def test_backward_does_not_see_what_happens_to_the_input(make, rng):
    for layer, shape in ((make(3), (1, 4, 2)), (Dense(3), (2, 2)), (Dense(3), (1, 4, 2))):
        model = Sequential([layer], input_size=2, rng=rng)
        x = rng.standard_normal(shape)
        y, _, cache = model.forward(x)
        expected = model.backward(np.ones_like(y), cache)[2]
        x[...] = 9.0
        assert_same(model.backward(np.ones_like(y), cache)[2], expected)
    symbols = np.array([[1, 2]])
    layer = Embedding(4, 2)
    layer.build(None, rng=rng, dtype=np.float64)
    y, _, cache = layer.forward(symbols)
    symbols[...] = 0
    assert not layer.backward(np.ones_like(y), cache)[2]["E"][0].any()


def test_dense_output_that_backward_needs_is_read_only(rng):
    layer = Dense(2, activation="tanh")
    layer.build(2, rng=rng, dtype=np.float64)
    assert not layer.forward(np.ones((1, 2)))[0].flags.writeable


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("first", [lambda: Dense(3), lambda: GRU(3, return_sequences=True)])
def test_padded_steps_poison_nothing(first, value, rng):
    model = Sequential([first(), Dense(2)], input_size=2, rng=rng)
    mask = np.array([[True, True, False]])
    x, labels = rng.standard_normal((1, 3, 2)), np.array([[0, 1, 0]])
    results = []
    for filling in (0.0, value):
        x[0, 2] = filling
        y, _, cache = model.forward(x, mask=mask)
        loss, dy = losses.categorical_cross_entropy(y, labels, mask=cache.mask)
        results.append((loss, model.backward(dy, cache)[2]))
    assert np.isfinite(results[0][0])
    assert_same(*results)


def test_masks_are_checked_without_recurrent_layers(rng):
    model = Sequential([Dropout(0.5), Dense(2)], input_size=2, rng=rng)
    x = np.ones((2, 3, 2))
    for mask in (np.ones((2, 3)), np.ones((2, 4), bool), np.ones((3, 3), bool), [True]):
        with rejects("mask must (be Boolean|have shape)", model.params):
            model.forward(x, mask=mask)
        with rejects("mask must |have one row"):
            model.predict(x, mask=mask)
    with rejects(r"mask needs x of shape \(batch, time, features\); got \(2, 2\)"):
        model.forward(np.ones((2, 2)), mask=np.ones((2, 2), bool))


def test_mask_beside_mask_zero_means_both(rng):
    model = Sequential([Embedding(5, 2, mask_zero=True), GRU(3)], rng=rng)
    x, mask = np.array([[1, 2, 3, 0]]), np.array([[True, False, True, True]])
    np.testing.assert_array_equal(model.predict(x, mask=mask), model.predict([[1, 3]]))


@each_kind
def test_predict_starts_from_a_state_for_each_row(make, rng):
    for layer in (make(3), Bidirectional(make(3))):
        model = Sequential([layer], input_size=2, rng=rng)
        x = rng.standard_normal((5, 4, 2))
        state = {layer.name: layer_state(layer, 5, rng.standard_normal)}
        expected = model.forward(x, state=state)[0]
        for size in (2, 5, 9):
            np.testing.assert_allclose(
                model.predict(x, state=state, batch_size=size), expected, atol=1e-14
            )
        many = {layer.name: layer_state(layer, 6, np.ones)}
        with rejects("must have one row for each sequence", model.params):
            model.predict(x, state=many, batch_size=2)


# ---------------------------------------------------------------- messages


@pytest.mark.parametrize(
    "layer", [Dense(2), Embedding(3, 2), GRU(2), Bidirectional(LSTM(2))], ids=lambda x: x.name
)
def test_forward_before_build_says_so(layer):
    with pytest.raises(ValueError, match="has no weights yet: put it into a model or build it"):
        layer.forward(np.ones((1, 2), int) if layer.name == "embedding" else np.ones((1, 2, 2)))


@pytest.mark.parametrize(
    "make", [Dense, *STACKABLE, lambda n: Dropout(0.5), lambda n: Embedding(3, n)]
)
def test_backward_rejects_caches_of_others(make, rng):
    layer = make(2)
    model = Sequential([layer], input_size=2, rng=rng)
    x = np.ones((1, 3), int) if layer.name == "embedding" else np.ones((1, 3, 2))
    y, _, cache = model.forward(x, training=True, rng=rng)
    for bad in (None, (), 3, cache.layers[0]):
        with rejects("cache must be the rnnkit.layers.ModelCache", model.params):
            model.backward(y, bad)
    for bad in (None, (1,), "cache", cache):
        if bad is None and layer.name == "dropout":
            continue  # that of a prediction
        with rejects("cache must be", model.params):
            layer.backward(y, bad)


@pytest.mark.parametrize("state", [np.ones((2, 3)), [1], "gru", 0.0])
def test_models_want_states_by_name(state, rng):
    model = Sequential([GRU(3)], input_size=2, rng=rng)
    x = np.ones((2, 4, 2))
    y, _, cache = model.forward(x)
    for call in (
        lambda: model.forward(x, state=state),
        lambda: model.predict(x, state=state),
        lambda: model.backward(y, cache, state),
    ):
        with rejects("state must be a dict of states by the names of layers.*; got ", model.params):
            call()


@pytest.mark.parametrize("rate", ["0.5", None, True, 1.0, [0.1]])
def test_rates_are_numbers(rate):
    for make in (Dropout, lambda p: GRU(2, dropout=p), lambda p: LSTM(2, recurrent_dropout=p)):
        with pytest.raises(ValueError, match="must be at least 0 and below 1; got"):
            make(rate)


@pytest.mark.parametrize("layers", [None, Dense(2), ["dense"], [Dense], 3])
def test_sequential_wants_a_list_of_layers(layers, rng):
    with pytest.raises(ValueError, match="layers must be a list of at least one layer; got "):
        Sequential(layers, input_size=2, rng=rng)


def test_layers_name_the_likely_causes_of_a_missing_axis(rng):
    stacked = Sequential([LSTM(3), LSTM(2)], input_size=2, rng=rng)
    with rejects("needs return_sequences=True", stacked.params):
        stacked.forward(np.ones((4, 5, 2)))
    for dtype in (int, "banana", None.__class__):
        with pytest.raises(ValueError, match="dtype must be a floating-point type"):
            Sequential([Dense(1)], input_size=1, rng=rng, dtype=dtype)
