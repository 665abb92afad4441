"""Training from scratch and in Keras: the same losses, batch by batch.

Everything is float64.  Keras passes momentum, β₁ and β₂ through float32, so they are given
values that float32 holds exactly; gradients are dense, because the TensorFlow backend does
not add up the rows of a sparse one before it squares or clips them.
"""

import functools

import numpy as np
import pytest

from rnnkit import clipping, keras_bridge, losses, optimizers, training
from rnnkit.layers import GRU, LSTM, Bidirectional, Dense, Embedding, Sequential, SimpleRNN

STEPS, BATCH, SIZE = 200, 8, 48
CROSS = losses.categorical_cross_entropy

OPTIMIZERS = {
    "SGD": ("SGD", {"learning_rate": 0.0625}),
    "momentum": ("SGD", {"learning_rate": 0.015625, "momentum": 0.875}),
    "RMSprop": ("RMSprop", {"learning_rate": 0.001953125, "rho": 0.875}),
    "Adam": ("Adam", {"learning_rate": 0.00390625, "beta_1": 0.875, "beta_2": 1 - 2.0**-10}),
}
# Small enough to bite in most steps (asserted below).
LIMITS = {"none": {}, "clipvalue": {"clipvalue": 2.0**-6}, "clipnorm": {"clipnorm": 2.0**-3}}
LIMITS["global_clipnorm"] = {"global_clipnorm": 2.0**-3}
CLIP = {
    "clipvalue": clipping.by_value,
    "clipnorm": clipping.by_norm,
    "global_clipnorm": clipping.by_global_norm,
}


def classifier(*layers):
    """Which third of a noisy wave: one label for each sequence."""
    rng = np.random.default_rng(0)
    layers = [*(layers or [SimpleRNN(6)]), Dense(3)]
    model = Sequential(layers, input_size=2, rng=rng)
    labels = rng.integers(3, size=SIZE)
    x = rng.standard_normal((SIZE, 7, 2))
    x[:, 1, 0] += 2.0 * (labels - 1)
    return model, x, labels


def tagger(*layers):
    """The symbol before, for each symbol of a padded text: masked losses at every step."""
    rng = np.random.default_rng(1)
    layers = layers or [SimpleRNN(6, return_sequences=True)]
    model = Sequential([Embedding(5, 3, mask_zero=True), *layers, Dense(5)], rng=rng)
    x = rng.integers(1, 5, size=(SIZE, 6))
    x[np.arange(6) >= rng.integers(2, 7, size=(SIZE, 1))] = 0
    return model, x, np.roll(x, 1, axis=1)


PROBLEMS = {"classifier": classifier, "tagger": tagger}
EACH = {"return_sequences": True}
GATED = {
    "LSTM": lambda: classifier(LSTM(6)),
    "GRU": lambda: classifier(GRU(6)),
    "GRU, reset before": lambda: classifier(GRU(6, reset_after=False)),
    "LSTM over GRU, both ways": lambda: classifier(
        Bidirectional(GRU(4, **EACH)), LSTM(5, go_backwards=True)
    ),
    "LSTM, tagger": lambda: tagger(LSTM(6, **EACH)),
    "GRU, tagger": lambda: tagger(GRU(6, **EACH)),
    "LSTM both ways, tagger": lambda: tagger(
        LSTM(5, **EACH), Bidirectional(LSTM(4, **EACH), merge_mode="sum")
    ),
    "GRU both ways, tagger": lambda: tagger(
        Bidirectional(GRU(4, reset_after=False, **EACH)), GRU(5, **EACH)
    ),
}
PROBLEMS_OF_ALL_KINDS = PROBLEMS | GATED


def batches(steps=STEPS):
    rng = np.random.default_rng(2)
    return [rng.choice(SIZE, BATCH, replace=False) for _ in range(steps)]


@functools.cache
def keras_gradient(problem):
    """The twin of a problem's model, and a traced function: its loss and dense gradients."""
    import keras
    import tensorflow as tf

    model, x, _ = PROBLEMS_OF_ALL_KINDS[problem]()
    twin = keras_bridge.to_keras(model, input_shape=x.shape[1:])
    twin.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))

    @tf.function
    def gradient(x, y):
        with tf.GradientTape() as tape:
            loss = twin.compute_loss(x, y, twin(x, training=True))
        gradients = tape.gradient(loss, twin.trainable_variables)
        return loss, [tf.convert_to_tensor(g) for g in gradients]

    return twin, gradient


def keras_losses(problem, optimizer):
    import tensorflow as tf

    model, x, y = PROBLEMS_OF_ALL_KINDS[problem]()
    twin, gradient = keras_gradient(problem)
    keras_bridge.copy_to_keras(model, twin)  # earlier runs have trained it
    optimizer.build(twin.trainable_variables)

    @tf.function
    def step(x, y):
        loss, grads = gradient(x, y)
        optimizer.apply(grads, twin.trainable_variables)
        return loss

    return [float(step(tf.constant(x[rows]), tf.constant(y[rows]))) for rows in batches()]


def our_losses(problem, optimizer):
    """Losses, and for each step the share of gradient entries that clipping changed."""
    model, x, y = PROBLEMS_OF_ALL_KINDS[problem]()
    values, shares = [], []
    for rows in batches():
        output, _, cache = model.forward(x[rows], training=True)
        loss, dy = CROSS(output, y[rows], mask=cache.mask)
        _, _, grads = model.backward(dy, cache)
        for kind, limit in optimizer.clipping.items():
            clipped = CLIP[kind](grads, limit)
            shares.append({key: np.mean(clipped[key] != g) for key, g in grads.items()})
        optimizer.update(model.params, grads)
        values.append(loss)
    return values, shares


@functools.cache
def without_clipping(problem, name):
    kind, settings = OPTIMIZERS[name]
    return our_losses(problem, getattr(optimizers, kind)(**settings))[0]


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("problem", PROBLEMS)
def test_losses_of_every_batch_equal_keras(keras, problem, name, limit):
    kind, settings = OPTIMIZERS[name]
    settings = settings | LIMITS[limit]
    theirs = keras_losses(problem, getattr(keras.optimizers, kind)(**settings))
    ours, shares = our_losses(problem, getattr(optimizers, kind)(**settings))
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    assert len(ours) == STEPS
    assert np.mean(ours[-20:]) < 0.95 * np.mean(ours[:20])  # something was learned
    if limit == "none":
        assert not shares
        return
    bites = [max(share.values()) > 0 for share in shares]
    assert np.mean(bites) > 0.5
    difference = np.abs(np.array(ours) / without_clipping(problem, name) - 1).max()
    assert difference > 1e-3  # a million times what is tolerated above
    if limit == "clipnorm":
        # In a fifth of the steps some arrays are clipped and others not: the global norm
        # would treat all alike.
        some = [0 < np.mean([s > 0 for s in share.values()]) < 1 for share in shares]
        assert np.mean(some) > 0.2


RUNS = [(problem, "Adam", "clipnorm") for problem in GATED]
RUNS += [("LSTM", "momentum", "none"), ("GRU, tagger", "momentum", "global_clipnorm")]


@pytest.mark.parametrize(("problem", "name", "limit"), RUNS)
def test_losses_of_gated_networks_equal_keras(keras, problem, name, limit):
    kind, settings = OPTIMIZERS[name]
    settings = settings | LIMITS[limit] | {"learning_rate": 2 * settings["learning_rate"]}
    theirs = keras_losses(problem, getattr(keras.optimizers, kind)(**settings))
    ours, _ = our_losses(problem, getattr(optimizers, kind)(**settings))
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    assert len(ours) == STEPS
    assert np.mean(ours[-20:]) < 0.95 * np.mean(ours[:20])  # something was learned


def test_fit_equals_keras_train_on_batch(keras):
    model, x, y = classifier()
    twin = keras_bridge.to_keras(model, input_shape=x.shape[1:])
    kind, settings = OPTIMIZERS["Adam"]
    settings = settings | {"global_clipnorm": 0.125}
    twin.compile(
        optimizer=getattr(keras.optimizers, kind)(**settings),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    theirs = []
    for _ in range(6):
        for start in range(0, SIZE, 20):  # the last batch is smaller
            rows = slice(start, start + 20)
            twin.reset_metrics()
            theirs.append(twin.train_on_batch(x[rows], y[rows])[0])
    history = training.fit(
        model, x, y, loss=CROSS, optimizer=getattr(optimizers, kind)(**settings),
        batch_size=20, epochs=6, shuffle=False, progress=False,
    )  # fmt: skip
    np.testing.assert_allclose(history["batch_loss"], theirs, rtol=1e-9)
    assert max(history["gradient_norm"]) > 0.125
    loss, accuracy = twin.evaluate(x, y, batch_size=7, verbose=0)
    got = training.evaluate(model, x, y, loss=CROSS)
    assert got == pytest.approx({"loss": loss, "accuracy": accuracy}, rel=1e-6)
    for ours, weight in zip(model.params.values(), twin.get_weights(), strict=True):
        np.testing.assert_allclose(ours, weight, rtol=1e-9, atol=1e-12)
