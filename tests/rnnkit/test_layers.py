"""Layers and Sequential: gradients, masks, states, dropout, bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import ACTIVATIONS, KINKED, distance, draw_mask, keras_slope, rejects

from rnnkit import gradcheck, keras_bridge, losses
from rnnkit.layers import Dense, Dropout, Embedding, Layer, Sequential, SimpleRNN

SMOOTH = sorted(set(ACTIVATIONS) - KINKED)


def text_model(rng, *, last=True, mask_zero=True, dtype=np.float64):
    """Every kind of layer: 6 symbols in, 3 logits out."""
    return Sequential(
        [
            Embedding(6, 3, mask_zero=mask_zero),
            SimpleRNN(4, return_sequences=True, go_backwards=True),
            Dropout(0.25),
            SimpleRNN(5, activation="sigmoid", return_sequences=not last),
            Dense(4, activation="tanh"),
            Dense(3),
        ],
        rng=rng,
        dtype=dtype,
    )


def jolt(model, rng):
    """Random weights throughout: zero biases could hide a mistake."""
    for array in model.params.values():
        array[...] = 0.7 * rng.standard_normal(array.shape)
    return model


@st.composite
def models(draw):
    """A random stack behind an input (B, T, D), with what its forward pass takes."""
    B, T, D = (draw(st.integers(1, 4)) for _ in range(3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sequences = draw(st.booleans())
    layers = []
    for _ in range(draw(st.integers(0, 2))):
        activation, backwards = draw(st.sampled_from(SMOOTH)), draw(st.booleans())
        layers.append(
            SimpleRNN(
                draw(st.integers(1, 4)),
                activation=activation,
                return_sequences=True,
                go_backwards=backwards,
            )
        )
        if draw(st.booleans()):
            layers.append(Dense(draw(st.integers(1, 3)), activation=draw(st.sampled_from(SMOOTH))))
    layers.append(SimpleRNN(draw(st.integers(1, 4)), return_sequences=sequences))
    layers.append(Dense(draw(st.integers(1, 3))))
    model = jolt(Sequential(layers, input_size=D, rng=rng), rng)
    x = rng.standard_normal((B, T, D))
    mask = draw_mask(draw(st.sampled_from(["none", "ragged", "arbitrary", "empty"])), B, T, rng)
    state = {
        name: rng.standard_normal((B, layer.units))
        for name, layer in model.layers.items()
        if isinstance(layer, SimpleRNN) and draw(st.booleans())
    }
    return model, x, mask, state, rng


# ---------------------------------------------------------------- gradients


@given(models(), st.sampled_from(["mse", "binary", "categorical"]))
@settings(max_examples=80)
def test_sequential_backward_equals_central_differences(drawn, kind):
    model, x, mask, state, rng = drawn
    y, final, _ = model.forward(x, mask=mask, state=state)
    weight = {name: rng.standard_normal(h.shape) for name, h in final.items()}
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
        return value + sum(float(np.sum(final[name] * w)) for name, w in weight.items())

    y, _, cache = model.forward(x, mask=mask, state=state)
    _, dy = loss(y, target, mask=cache.mask)
    dx, dstate, grads = model.backward(dy, cache, weight)
    tree = {"x": x, **state, **model.params}
    analytic = {"x": dx, **{name: dstate[name] for name in state}, **grads}
    assert gradcheck.directional_error(f, tree, analytic, rng=rng) <= 1e-8
    assert list(grads) == list(model.params)


@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("mask_zero", [True, False])
def test_every_kind_of_layer_has_the_right_gradient(last, mask_zero, rng):
    model = jolt(text_model(rng, last=last, mask_zero=mask_zero), rng)
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
            recurrent = isinstance(layer, keras.layers.SimpleRNN)
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
def test_embedding_model_with_padding_equals_keras(keras, last, rng):
    import tensorflow as tf

    model = jolt(text_model(rng, last=last), rng)
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


# ---------------------------------------------------------------- meaning


def test_go_backwards_reads_from_the_end(rng):
    layer, back = (SimpleRNN(3, return_sequences=True, go_backwards=b) for b in (False, True))
    layer.build(2, rng=rng, dtype=np.float64)
    back.params = layer.params
    x = rng.standard_normal((2, 4, 2))
    np.testing.assert_array_equal(back.forward(x)[0], layer.forward(x[:, ::-1])[0])
    mask = np.array([[1, 1, 0, 0], [0, 1, 1, 1]], bool)
    h, final, _ = back.forward(x, mask=mask)
    expected, expected_final, _ = layer.forward(x[:, ::-1], mask=mask[:, ::-1])
    np.testing.assert_array_equal(h, expected)
    np.testing.assert_array_equal(final, expected_final)


def test_last_output_and_final_state_differ_where_nothing_was_valid(rng):
    layer = SimpleRNN(3)
    layer.build(2, rng=rng, dtype=np.float64)
    state, mask = np.ones((2, 3)), np.array([[True, True], [False, False]])
    h, final, cache = layer.forward(rng.standard_normal((2, 2, 2)), state=state, mask=mask)
    np.testing.assert_array_equal(h[0], final[0])
    np.testing.assert_array_equal(h[1], np.zeros(3))
    np.testing.assert_array_equal(final[1], np.ones(3))
    _, dstate, _ = layer.backward(np.ones((2, 3)), cache)
    np.testing.assert_array_equal(dstate[1], np.zeros(3))  # the zeros depend on nothing


def test_state_carried_through_a_model_equals_the_whole_run(rng):
    model = Sequential(
        [SimpleRNN(3, return_sequences=True), SimpleRNN(4, return_sequences=True), Dense(2)],
        input_size=2, rng=rng,
    )  # fmt: skip
    x = rng.standard_normal((2, 6, 2))
    whole, final, _ = model.forward(x)
    first, state, _ = model.forward(x[:, :2])
    second, state, _ = model.forward(x[:, 2:], state=state)
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), whole, atol=1e-14)
    assert list(final) == list(state) == ["simple_rnn", "simple_rnn_1"]
    for name in final:
        np.testing.assert_allclose(state[name], final[name], atol=1e-14)


def test_model_is_reentrant(rng):
    model = jolt(text_model(rng, last=False), rng)
    xs = [rng.integers(6, size=(2, 5)) for _ in range(2)]
    dy = rng.standard_normal((2, 5, 3))

    def forward(i):
        return model.forward(xs[i], training=True, rng=np.random.default_rng(i))[2]

    alone = [model.backward(dy, forward(i))[2] for i in range(2)]
    caches = [forward(i) for i in range(2)]
    for i in (1, 0, 1):
        for key, g in model.backward(dy, caches[i])[2].items():
            np.testing.assert_array_equal(g, alone[i][key])


def test_model_leaves_inputs_and_weights_alone(rng):
    model = jolt(text_model(rng, mask_zero=False), rng)
    arrays = {
        "x": rng.integers(6, size=(2, 5)),
        "mask": rng.random((2, 5)) < 0.7,
        "state": rng.standard_normal((2, 5)),
        "dy": rng.standard_normal((2, 3)),
        **model.params,
    }
    before = {key: a.copy() for key, a in arrays.items()}
    _, _, cache = model.forward(
        arrays["x"], mask=arrays["mask"], state={"simple_rnn_1": arrays["state"]},
        training=True, rng=rng,
    )  # fmt: skip
    model.backward(arrays["dy"], cache)
    for key, a in arrays.items():
        np.testing.assert_array_equal(a, before[key])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("last", [True, False])
def test_model_keeps_its_dtype_throughout(dtype, last, rng):
    model = text_model(rng, last=last, dtype=dtype)
    assert {a.dtype for a in model.params.values()} == {np.dtype(dtype)}
    x = np.array([[1, 2, 0], [3, 0, 0]])
    for other in (np.float32, np.float64):  # of what comes in
        state = {"simple_rnn": np.ones((2, 4), other)}
        y, final, cache = model.forward(x, state=state, training=True, rng=rng)
        dy = np.ones(y.shape, other)
        _, dstate, grads = model.backward(dy, cache, {"simple_rnn_1": np.ones((2, 5), other)})
        arrays = [y, *final.values(), *dstate.values(), *grads.values(), model.predict(x)]
        assert {a.dtype for a in arrays} == {np.dtype(dtype)}
    dense = Sequential([Dense(2, activation="tanh")], input_size=3, rng=rng, dtype=dtype)
    y, _, cache = dense.forward(np.ones((4, 3), int))
    dx, _, _ = dense.backward(np.ones((4, 2)), cache)
    assert y.dtype == dx.dtype == dtype


# ---------------------------------------------------------------- Dropout


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


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda r: Sequential([], input_size=1, rng=r), "a model needs at least one layer"),
        (lambda r: Sequential([Dense(1)], rng=r), "input_size must be a positive whole .*None"),
        (lambda r: Sequential([SimpleRNN(1)], rng=r), "input_size must be a positive whole .*None"),
        (lambda r: Sequential([Dense(1)], input_size=0, rng=r), "input_size must be .*got 0"),
        (lambda r: Sequential([Dense(1)], input_size=1, rng=0), "rng must be .*got int"),
        (lambda r: Sequential([Dense(1)], input_size=1, rng=r, dtype=int), "dtype must be a float"),
        (
            lambda r: Sequential([Dense(1)] * 2, input_size=1, rng=r),
            "make a new one for each model",
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
    with rejects("already has weights: make a new one", model.params):
        Sequential([layer], input_size=3, rng=rng)


@given(st.lists(st.integers(0, 3), max_size=4).map(tuple))
def test_layers_reject_any_other_input_shape(shape):
    rng, x = np.random.default_rng(0), np.zeros(shape)
    valid = 0 not in shape and shape[-1:] == (2,)
    for layer, ranks in ((Dense(3), (2, 3)), (SimpleRNN(3), (3,))):
        model = Sequential([layer], input_size=2, rng=rng)
        if valid and len(shape) in ranks:
            assert model.forward(x)[0].shape[-1] == 3
        else:
            with rejects("x must (not be empty|have shape)", model.params, x):
                model.forward(x)


@pytest.mark.parametrize("layer", [Dense, SimpleRNN, lambda units: Embedding(3, units)])
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
@pytest.mark.parametrize("first", [SimpleRNN(2), SimpleRNN(2, go_backwards=True), None])
def test_models_reject_a_mask_that_does_not_fit(mask, first, rng):
    if first is None:
        model, x = text_model(rng), np.ones((2, 3), int)
    else:
        kind = SimpleRNN(2, go_backwards=first.go_backwards)  # a layer belongs to one model
        model, x = Sequential([kind], input_size=2, rng=rng), np.ones((2, 3, 2))
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


@pytest.mark.parametrize("layer", [Dense(2), SimpleRNN(2), SimpleRNN(2, return_sequences=True)])
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
