"""Weights to and from Keras, and Keras twins."""

import numpy as np
import pytest
from oracles import distance, rejects

from rnnkit import keras_bridge
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
