"""Weights to and from Keras, and Keras twins."""

import numpy as np
import pytest
from oracles import distance, rejects

from rnnkit import keras_bridge, optimizers
from rnnkit.layers import (
    GRU,
    LSTM,
    Bidirectional,
    Dense,
    Dropout,
    Embedding,
    Layer,
    Sequential,
    SimpleRNN,
)


def make(seed=0, dtype=np.float64):
    """A model with every kind of layer, and random weights throughout."""
    rng = np.random.default_rng(seed)
    both = GRU(2, return_sequences=True, reset_after=False)
    layers = [
        Embedding(6, 3, mask_zero=True),
        Dropout(0.5),
        SimpleRNN(3, activation="sigmoid", return_sequences=True, go_backwards=True),
        LSTM(4, return_sequences=True, unit_forget_bias=False),
        Bidirectional(both, merge_mode="sum"),
        GRU(3, return_sequences=True, dropout=0.25, recurrent_dropout=0.5),
        Bidirectional(LSTM(2)),
        Dense(3, activation="softsign"),
        Dense(2),
    ]
    model = Sequential(layers, rng=rng, dtype=dtype)
    for array in model.params.values():
        array[...] = rng.standard_normal(array.shape)
    return model


X = np.array([[1, 2, 5, 0], [3, 0, 0, 0], [4, 4, 1, 2]])


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-5)])
def test_to_keras_gives_the_same_model(keras, dtype, tolerance):
    model = make(dtype=dtype)
    twin = keras_bridge.to_keras(model, input_shape=(None,))
    y = twin(X)
    assert np.asarray(y).dtype == dtype
    assert distance(model.predict(X), y) <= tolerance
    assert {w.dtype for w in twin.variables if "seed" not in w.name} == {np.dtype(dtype).name}
    assert len(twin.trainable_variables) == len(model.params) == 1 + 3 + 3 + 6 + 3 + 6 + 4


def test_to_keras_works_on_features_of_any_length(keras, rng):
    for layer in (SimpleRNN(3), LSTM(3), GRU(3), Bidirectional(LSTM(3))):
        model = Sequential([layer, Dense(2)], input_size=2, rng=rng)
        for shape in ((5, 2), (None, 2)):
            twin = keras_bridge.to_keras(model, input_shape=shape)
            x = rng.standard_normal((4, 5, 2))
            assert distance(model.predict(x), twin(x)) <= 1e-12


def test_bidirectional_weights_go_to_their_own_direction(keras):
    model = make()
    twin = keras_bridge.to_keras(model, input_shape=(None,)).layers[6]
    for way, layer in (("forward", twin.forward_layer), ("backward", twin.backward_layer)):
        for name, weight in zip(("W_x", "W_h", "b"), layer.get_weights(), strict=True):
            ours = model.params[f"bidirectional_1.{way}.{name}"]
            np.testing.assert_array_equal(ours, weight)


def test_to_keras_keeps_the_settings(keras):
    twin = keras_bridge.to_keras(make(), input_shape=(None,))
    embedding, dropout, simple, lstm, both, gru, last, *dense = twin.layers
    assert embedding.mask_zero and dropout.rate == 0.5
    assert simple.go_backwards and simple.return_sequences
    assert simple.activation.__name__ == "sigmoid"
    assert not lstm.unit_forget_bias and not lstm.go_backwards
    assert (gru.reset_after, gru.dropout, gru.recurrent_dropout) == (True, 0.25, 0.5)
    assert both.merge_mode == "sum" and last.merge_mode == "concat"
    assert both.return_sequences and not last.return_sequences
    for way, backwards in ((both.forward_layer, False), (both.backward_layer, True)):
        assert not way.reset_after and way.go_backwards == backwards
    assert [layer.activation.__name__ for layer in dense] == ["softsign", "linear"]


def test_to_keras_copies_and_shares_nothing(keras):
    model = make()
    twin = keras_bridge.to_keras(model, input_shape=(None,))
    before = np.asarray(twin(X))
    for array in model.params.values():
        array += 1.0
    np.testing.assert_array_equal(np.asarray(twin(X)), before)


def test_weights_go_there_and_back(keras):
    source, other, target = make(0), make(1), make(2)
    twin = keras_bridge.to_keras(other, input_shape=(None,))
    keras_bridge.copy_to_keras(source, twin)
    assert distance(source.predict(X), twin(X)) <= 1e-12
    arrays = dict(target.params)
    keras_bridge.copy_from_keras(twin, target)
    for key, array in target.params.items():
        np.testing.assert_array_equal(array, source.params[key])
        assert array is arrays[key]


def test_to_keras_rejects_a_layer_without_a_counterpart(keras, rng):
    class Odd(Layer):
        name = "odd"

        def forward(self, x, *, mask=None, state=None, training=False, rng=None):
            raise NotImplementedError

        def backward(self, dy, cache, dstate=None):
            raise NotImplementedError

    model = Sequential([Dense(1), Odd()], input_size=2, rng=rng)
    with rejects(r"odd \(Odd\) has no counterpart in Keras", model.params):
        keras_bridge.to_keras(model, input_shape=(2,))


def test_copies_between_models_that_differ_are_rejected(keras, rng):
    small, large = (Sequential([Dense(n)], input_size=2, rng=rng) for n in (1, 3))
    twin = keras_bridge.to_keras(small, input_shape=(2,))
    weights = twin.get_weights()
    expected = r"the models differ: weights of shapes \[\(2, 3\), \(3,\)\] here, \[\(2, 1\)"
    with rejects(expected, large.params, weights):
        keras_bridge.copy_to_keras(large, twin)
    with rejects(expected, large.params):
        keras_bridge.copy_from_keras(twin, large)
    for before, after in zip(weights, twin.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    with rejects("a Keras model has none until it is built", large.params):
        keras_bridge.copy_from_keras(keras.Sequential([keras.layers.Dense(3)]), large)


# Each layer of make(), and a setting that Keras has otherwise.  The sizes stay the same.
OTHERWISE = {
    "embedding": ("mask_zero", False, "True here, False"),
    "simple_rnn": ("activation", "relu", "'sigmoid' here, 'relu'"),
    "lstm": ("recurrent_activation", "hard_sigmoid", "'sigmoid' here, 'hard_sigmoid'"),
    "lstm ": ("go_backwards", True, "False here, True"),
    "bidirectional": ("merge_mode", "ave", "'sum' here, 'ave'"),
    "gru": ("zero_output_for_mask", True, "False here, True"),
    "gru ": ("activation", "linear", "'tanh' here, 'linear'"),
    "dense": ("activation", "softmax", "'softsign' here, 'softmax'"),
    "dense_1": ("activation", lambda x: x, "'linear' here, '<lambda>'"),
}
PLACES = dict(zip(make().layers, range(9), strict=True))


def differing(keras, place, key, value):
    """The twin of make() with one setting changed, its weights as they are."""
    twin = keras_bridge.to_keras(make(1), input_shape=(None,))
    config = twin.layers[place].get_config()
    if callable(value):
        config[key] = value
        other = type(twin.layers[place])(**{k: config[k] for k in ("units", key)})
    else:
        other = type(twin.layers[place]).from_config(config | {key: value})
    layers = [*twin.layers[:place], other, *twin.layers[place + 1 :]]
    rest = [x if x is other else type(x).from_config(x.get_config()) for x in layers]
    changed = keras.Sequential([keras.Input((None,), dtype="int32"), *rest])
    changed.set_weights(twin.get_weights())
    return changed


@pytest.mark.parametrize("name", OTHERWISE)
def test_copies_name_the_layer_and_the_setting_that_differ(keras, name):
    key, value, message = OTHERWISE[name]
    twin, target = differing(keras, PLACES[name.strip()], key, value), make(2)
    before = twin.get_weights()
    expected = f"{name.strip()} differs in {key}: {message} in Keras"
    with rejects(expected, target.params):
        keras_bridge.copy_from_keras(twin, target)
    with rejects(expected, target.params):
        keras_bridge.copy_to_keras(target, twin)
    for a, b in zip(before, twin.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def gates(keras, rng, layer, other):
    """A model of one recurrent layer, and a Keras model of another."""
    model = Sequential([layer], input_size=2, rng=rng)
    return model, keras.Sequential([keras.Input((None, 2)), other])


def test_copies_compare_what_shapes_cannot_tell(keras, rng):
    layers = keras.layers
    for ours, theirs, message in [
        (GRU(3), layers.GRU(3, reset_after=False), "gru differs in reset_after: True here, False"),
        (LSTM(3), layers.LSTM(3, use_bias=False), "lstm differs in use_bias: True here, False"),
        (LSTM(3), layers.LSTM(3, return_sequences=True), "lstm differs in return_sequences"),
        (LSTM(3), layers.GRU(4), "lstm differs in class: 'LSTM' here, 'GRU' in Keras"),
        (
            Bidirectional(LSTM(3)),
            layers.Bidirectional(layers.LSTM(3, activation="relu")),
            r"bidirectional\.forward differs in activation: 'tanh' here, 'relu'",
        ),
        (
            Bidirectional(LSTM(3)),
            layers.Bidirectional(
                layers.LSTM(3),
                backward_layer=layers.LSTM(3, go_backwards=True, activation="relu"),
            ),
            r"bidirectional\.backward differs in activation: 'tanh' here, 'relu'",
        ),
    ]:
        model, twin = gates(keras, rng, ours, theirs)
        with rejects(message, model.params):
            keras_bridge.copy_from_keras(twin, model)


def test_copies_count_the_layers_that_compute_and_pass_over_dropout(keras, rng):
    model = Sequential([Dropout(0.5), LSTM(3, dropout=0.5), Dense(1)], input_size=2, rng=rng)
    parts = [keras.Input((None, 2)), keras.layers.LSTM(3), keras.layers.Dense(1)]
    twin = keras.Sequential(parts)
    keras_bridge.copy_from_keras(twin, model)
    x = rng.standard_normal((2, 5, 2))
    assert distance(model.predict(x), twin(x)) <= 1e-6
    more = keras.Sequential([*parts, keras.layers.Softmax()])
    with rejects(r"layers \['LSTM', 'Dense'\] here, \['LSTM', 'Dense', 'Softmax'\]", model.params):
        keras_bridge.copy_from_keras(more, model)


@pytest.mark.parametrize(("value", "dtype"), [(np.nan, "f8"), (np.inf, "f8"), (1e300, "f4")])
@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
def test_copy_from_keras_refuses_weights_that_are_no_finite_numbers(keras, rng, value, dtype):
    twin = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    twin.set_weights([np.array([[1.0], [value]]), np.zeros(1)])
    model = Sequential([Dense(1)], input_size=2, rng=rng, dtype=dtype)
    with rejects(r"dense\.W: the weight from Keras holds nan or inf as float", model.params):
        keras_bridge.copy_from_keras(twin, model)


def test_copies_name_arguments_that_are_no_models(keras, rng):
    model = Sequential([Dense(1)], input_size=2, rng=rng)
    twin = keras_bridge.to_keras(model, input_shape=(2,))
    for pair in [(model, twin), (None, model), (twin, None)]:
        with rejects("expected a Sequential of rnnkit and a model of Keras; got", model.params):
            keras_bridge.copy_from_keras(*pair)


def apart(keras, optimizer, settings, symbols):
    """Largest difference of the embedding after two steps here and in Keras."""
    rng = np.random.default_rng(0)
    model = Sequential([Embedding(6, 3), LSTM(4), Dense(1)], rng=rng)
    twin = keras_bridge.to_keras(model, input_shape=(None,))
    twin.compile(optimizer=getattr(keras.optimizers, optimizer)(2**-7, **settings), loss="mse")
    ours = getattr(optimizers, optimizer)(2**-7, **settings)
    y = rng.standard_normal((len(symbols), 1))
    for _ in range(2):
        output, _, cache = model.forward(symbols)
        ours.update(model.params, model.backward(2 * (output - y) / y.size, cache)[2])
        twin.train_on_batch(symbols, y)
    return np.abs(model.params["embedding.E"] - twin.get_weights()[0]).max()


@pytest.mark.parametrize(
    ("optimizer", "settings", "expected"),
    [
        ("SGD", {}, 0.0),
        ("SGD", {"momentum": 0.875}, 0.0),
        ("Adam", {"beta_1": 0.875, "beta_2": 1 - 2**-10}, 0.011),
        ("RMSprop", {"rho": 0.875}, 0.028),
        ("SGD", {"clipnorm": 2**-4}, 2.2e-4),
        ("SGD", {"global_clipnorm": 2**-4}, 3.3e-7),
        ("SGD", {"clipvalue": 2**-7}, 2.4e-4),
    ],
)
def test_embeddings_part_in_training_as_the_module_says(keras, optimizer, settings, expected):
    # The sums of rows agree; their squares and norms do not, where a symbol comes twice.
    once = np.array([[1, 2], [5, 0]])
    assert apart(keras, optimizer, settings, once) <= 1e-15
    gap = apart(keras, optimizer, settings, X)
    assert gap == pytest.approx(expected, rel=0.1, abs=1e-15)
