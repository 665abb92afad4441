"""Encoder–decoder: Keras, central differences, training, decoding step by step; bad input."""

import functools
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import distance, rejects

from rnnkit import gradcheck, losses, lstm, optimizers, training
from rnnkit.seq2seq import EncoderDecoder, State, take_rows
from rnnkit.text import END, START

CELLS, ATTENTION = ("simple_rnn", "gru", "lstm"), (None, "dot", "additive")
KINDS = list(itertools.product(CELLS, ATTENTION, (False, True)))
CROSS = losses.categorical_cross_entropy
SOURCE, TARGET, UNITS = 9, 8, 5  # numbers of symbols, size of the states


def make(cell="gru", attention="dot", bidirectional=False, *, seed=0, scale=4.0, **options):
    """A model whose weights are large enough for every part to matter."""
    model = EncoderDecoder(
        SOURCE, TARGET, UNITS, cell=cell, attention=attention, bidirectional=bidirectional,
        rng=np.random.default_rng(seed), **{"embedding_units": 3} | options,
    )  # fmt: skip
    rng = np.random.default_rng(seed + 1)
    for name, array in model.params.items():
        if name.endswith((".E", ".b")):
            array += 0.1 * scale * rng.standard_normal(array.shape)
    return model


def data(rows=4, *, seed=0, source_length=6, target_length=5):
    """Sources and targets of unequal length: source, target_in, target_out."""
    rng = np.random.default_rng(seed)
    source = rng.integers(4, SOURCE, size=(rows, source_length))
    source[np.arange(source_length) >= rng.integers(1, source_length + 1, size=(rows, 1))] = 0
    target_in, target_out = np.zeros((2, rows, target_length), dtype=int)
    for row, length in enumerate(rng.integers(0, target_length, size=rows)):
        symbols = rng.integers(4, TARGET, size=length)
        target_in[row, : length + 1] = [START, *symbols]
        target_out[row, : length + 1] = [*symbols, END]
    return source, target_in, target_out


def log_softmax(logits):
    return logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)


# ---------------------------------------------------------------- Keras


def keras_twin(keras, model):
    """The functional model of the Keras documentation, and its variables in our order."""
    layers = keras.layers
    kind = {"simple_rnn": layers.SimpleRNN, "gru": layers.GRU, "lstm": layers.LSTM}[model.cell]
    made = {}

    def named(name, layer):
        made[name] = layer
        return layer

    source, target = (keras.Input((None,), dtype="int32") for _ in range(2))
    x = named("encoder.embedding", layers.Embedding(SOURCE, 3, mask_zero=True))(source)
    encoder = kind(UNITS, return_sequences=True, return_state=True)
    if model.bidirectional:
        encoder = layers.Bidirectional(encoder, merge_mode="sum")
    name = "encoder.bidirectional" if model.bidirectional else f"encoder.{model.cell}"
    memory, *states = named(name, encoder)(x)
    if model.bidirectional:
        half = len(states) // 2
        states = [a + b for a, b in zip(states[:half], states[half:], strict=True)]
    y = named("decoder.embedding", layers.Embedding(TARGET, 3, mask_zero=True))(target)
    decoder = kind(UNITS, return_sequences=True)
    h = named(f"decoder.{model.cell}", decoder)(y, initial_state=states)
    if model.attention is not None:
        if model.attention == "dot":
            context = layers.Attention()([h, memory])
        else:
            query = named("query.dense", layers.Dense(UNITS))(h)
            keys = named("key.dense", layers.Dense(UNITS))(memory)
            context = named("attention", layers.AdditiveAttention())([query, memory, keys])
        joint = layers.Concatenate()([context, h])
        h = named("head.dense", layers.Dense(UNITS, activation="tanh"))(joint)
    out = "head.dense" if model.attention is None else "head.dense_1"
    twin = keras.Model([source, target], named(out, layers.Dense(TARGET))(h))
    variables = {}
    for name, layer in made.items():
        ours = [key for key in model.params if key.startswith(name + ".")]
        layer.set_weights([model.params[key] for key in ours])
        variables |= dict(zip(ours, layer.trainable_variables, strict=True))
    assert variables.keys() == model.params.keys()
    return twin, [variables[key] for key in model.params]


def keras_loss(twin, x, y):
    import tensorflow as tf

    logits = twin(list(x), training=True)
    entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits)
    valid = tf.cast(y != 0, "float64")
    return tf.reduce_sum(entropy * valid) / tf.reduce_sum(valid), logits


@pytest.mark.parametrize(
    ("cell", "attention", "bidirectional"),
    # Each cell with each attention, and one way or the other.
    [(c, a, (CELLS.index(c) + ATTENTION.index(a)) % 2 == 1) for c in CELLS for a in ATTENTION],
)
def test_logits_and_gradients_equal_keras(keras, cell, attention, bidirectional):
    import tensorflow as tf

    model = make(cell, attention, bidirectional)
    source, target_in, target_out = data()
    logits, _, cache = model.forward((source, target_in), training=True)
    loss, dlogits = CROSS(logits, target_out, mask=cache.mask)
    _, _, grads = model.backward(dlogits, cache)
    twin, variables = keras_twin(keras, model)
    with tf.GradientTape() as tape:
        their_loss, their_logits = keras_loss(twin, (source, target_in), target_out)
    theirs = [tf.convert_to_tensor(g).numpy() for g in tape.gradient(their_loss, variables)]
    # At padded targets Keras's attention answers zero; nothing there counts.
    valid = target_in != 0
    assert distance(logits[valid], their_logits.numpy()[valid]) <= 1e-12
    assert loss == pytest.approx(float(their_loss), rel=1e-12)
    assert list(grads) == list(model.params)
    for ours, g in zip(grads.values(), theirs, strict=True):
        assert distance(ours, g) <= 1e-10
        # Softmax does not see what all keys share, so their bias and the query's may have none.
        assert np.abs(g).max() > 1e-6


@pytest.mark.parametrize(
    ("cell", "attention", "bidirectional"),
    [("gru", "additive", True), ("lstm", "dot", False), ("simple_rnn", None, True)],
)
def test_training_curve_equals_keras(keras, cell, attention, bidirectional):
    import tensorflow as tf

    model = make(cell, attention, bidirectional)
    twin, variables = keras_twin(keras, model)
    settings = {"learning_rate": 2.0**-6, "beta_1": 0.875, "beta_2": 1 - 2.0**-10}
    ours, theirs = optimizers.Adam(**settings), keras.optimizers.Adam(**settings)
    theirs.build(variables)
    source, target_in, target_out = data(48)
    rng = np.random.default_rng(2)

    @tf.function
    def keras_step(source, target_in, y):
        with tf.GradientTape() as tape:
            loss, _ = keras_loss(twin, (source, target_in), y)
        grads = [tf.convert_to_tensor(g) for g in tape.gradient(loss, variables)]
        theirs.apply(grads, variables)
        return loss

    curve = []
    for _ in range(50):
        rows = rng.choice(48, 8, replace=False)
        x, y = (source[rows], target_in[rows]), target_out[rows]
        result = training.train_step(model, x, y, loss=CROSS, optimizer=ours)
        curve.append((result["loss"], float(keras_step(*map(tf.constant, (*x, y))))))
        np.testing.assert_array_equal(result["output_mask"], y != 0)
    curve = np.array(curve)
    np.testing.assert_allclose(curve[:, 0], curve[:, 1], rtol=1e-9)
    assert curve[-10:].mean() < 0.9 * curve[:10].mean()  # something was learned


# ---------------------------------------------------------------- differences


def named_leaves(tree, name="state"):
    """The arrays of a tree of tuples and dicts, each with a name."""
    if isinstance(tree, np.ndarray):
        return {name: tree}
    parts = tree.values() if isinstance(tree, dict) else tree
    named = [named_leaves(part, f"{name}.{k}") for k, part in enumerate(parts)]
    return dict(itertools.chain(*(arrays.items() for arrays in named)))


@pytest.mark.parametrize(("cell", "attention", "bidirectional"), KINDS)
def test_backward_equals_central_differences(cell, attention, bidirectional, rng):
    model = make(cell, attention, bidirectional)
    source, target_in, _ = data()
    source[1] = 0  # nothing to read at all
    _, state, _ = model.forward((source, target_in))
    dlogits = rng.standard_normal((*target_in.shape, TARGET))

    def loss():
        return float(np.sum(model.forward((source, target_in), state=state)[0] * dlogits))

    _, _, cache = model.forward((source, target_in), state=state)
    _, dstate, grads = model.backward(dlogits, cache)
    assert gradcheck.directional_error(loss, model.params, grads, rng=rng) <= 1e-8

    initial, dinitial = named_leaves(state), named_leaves(dstate)
    assert len(initial) == (1 + (cell == "lstm")) * (1 + bidirectional)
    assert gradcheck.directional_error(loss, initial, dinitial, rng=rng) <= 1e-8


def test_dropout_is_active_in_training_and_in_the_gradient(rng):
    model = make("gru", "additive", True, dropout=0.4, recurrent_dropout=0.3)
    source, target_in, target_out = data()

    def loss():
        drops = np.random.default_rng(5)  # the same at every call
        logits, _, cache = model.forward((source, target_in), training=True, rng=drops)
        value, dlogits = CROSS(logits, target_out, mask=cache.mask)
        return value, dlogits, cache

    value, dlogits, cache = loss()
    _, _, grads = model.backward(dlogits, cache)
    assert gradcheck.directional_error(lambda: loss()[0], model.params, grads, rng=rng) <= 1e-8
    plain = model.forward((source, target_in))[0]
    np.testing.assert_array_equal(plain, model.forward((source, target_in))[0])
    assert abs(CROSS(plain, target_out, mask=cache.mask)[0] - value) > 1e-3


# ---------------------------------------------------------------- decoding


@pytest.mark.parametrize(("cell", "attention", "bidirectional"), KINDS)
def test_advancing_step_by_step_equals_teacher_forcing(cell, attention, bidirectional):
    model = make(cell, attention, bidirectional)
    source, target_in, _ = data()
    logits, _, cache = model.forward((source, target_in))
    state = model.encode(source)
    for t in range(target_in.shape[1]):
        log_p, weights, state = model.advance(target_in[:, t], state)
        valid = target_in[:, t] != 0
        assert distance(log_p[valid], log_softmax(logits[:, t])[valid]) <= 1e-13
        assert (weights is None) == (attention is None)
        if weights is not None:
            forced = cache.parts["attention"].weights[:, t]
            assert distance(weights[valid], forced[valid]) <= 1e-13
            np.testing.assert_allclose(weights.sum(axis=1), 1.0, rtol=1e-13)
            assert not weights[source == 0].any()


def greedy_by_hand(model, source, length):
    """One sequence, one symbol at a time, over the teacher-forced forward pass; no end."""
    source = source[np.newaxis, source != 0]
    written = []
    for _ in range(length):
        logits, _, _ = model.forward((source, [[START, *written]]))
        written.append(int(np.argmax(logits[0, -1, 1:])) + 1)
    return written


@pytest.mark.parametrize(("cell", "attention", "bidirectional"), KINDS)
def test_greedy_takes_the_largest_logit_until_the_end(cell, attention, bidirectional):
    model = make(cell, attention, bidirectional, seed=6)
    for name, array in model.params.items():  # what is written then changes from step to step
        array *= 0 if name.startswith("head") and name.endswith("b") else 4
    source, _, _ = data()
    endless = [greedy_by_hand(model, line, 7) for line in source]
    lengths = set()
    for end in range(1, TARGET):  # START, too, may be the end
        symbols, weights = model.greedy(source, end=end, max_length=7)
        expected = [line[: [*line, end].index(end) + 1] for line in endless]
        longest = max(map(len, expected))
        assert symbols.tolist() == [line + [0] * (longest - len(line)) for line in expected]
        lengths |= set(map(len, expected))
        if attention is None:
            assert weights is None
        else:
            assert weights.shape == (4, longest, 6)
            np.testing.assert_allclose(weights.sum(axis=2), symbols != 0, atol=1e-13)
    assert len(lengths) > 2


def test_greedy_stops_when_all_have_ended():
    model = make()
    model.params["head.dense_1.b"][END] = 1e3
    symbols, weights = model.greedy(data()[0], max_length=100)
    assert symbols.tolist() == [[END]] * 4 and weights.shape == (4, 1, 6)
    symbols, _ = model.greedy(data()[0], start=4, end=5, max_length=3)
    assert symbols.tolist() == [[END] * 3] * 4  # 3 is a symbol like any other here


def test_greedy_never_writes_padding():
    model = make(attention=None)
    model.params["head.dense.b"][0] = 1e3
    assert model.greedy(data()[0], max_length=4)[0].all(axis=1).any()


@pytest.mark.parametrize(("cell", "attention", "bidirectional"), KINDS)
def test_a_padded_batch_equals_its_sequences_one_by_one(cell, attention, bidirectional):
    model = make(cell, attention, bidirectional)
    source, target_in, _ = data(5)
    logits, _, _ = model.forward((source, target_in))
    for row in range(5):
        s, t = source[row][source[row] != 0], target_in[row][target_in[row] != 0]
        alone, _, _ = model.forward((s[np.newaxis], t[np.newaxis]))
        assert distance(logits[row, : len(t)], alone[0]) <= 1e-13


@pytest.mark.parametrize(("cell", "attention", "bidirectional"), KINDS)
def test_rows_of_a_state_may_be_taken_in_any_order(cell, attention, bidirectional):
    model = make(cell, attention, bidirectional)
    source, target_in, _ = data()
    rows = [2, 2, 0, 3, 1]
    _, _, state = model.advance(target_in[:, 0], model.encode(source))
    taken = take_rows(state, rows)
    assert isinstance(taken, State) and type(taken.cell) is type(state.cell)
    assert isinstance(taken.cell, lstm.State) == (cell == "lstm")
    log_p, weights, _ = model.advance([4] * 4, state)
    log_p_taken, weights_taken, _ = model.advance([4] * 5, taken)
    assert distance(log_p_taken, log_p[rows]) <= 1e-13
    if attention is not None:
        assert distance(weights_taken, weights[rows]) <= 1e-13


def test_a_padding_symbol_leaves_the_state_as_it_is():
    model = make("lstm", "dot")
    state = model.encode(data()[0])
    _, _, after = model.advance([0, 4, 0, 4], state)
    for old, new in zip(state.cell, after.cell, strict=True):
        np.testing.assert_array_equal((old == new).all(axis=1), [True, False, True, False])


# ---------------------------------------------------------------- properties


@functools.cache
def trained():
    """Models that learned to write the source backwards, with and without attention."""
    rng = np.random.default_rng(0)
    rows = [rng.integers(4, TARGET, size=rng.integers(3, 7)) for _ in range(256)]
    source, target_in, target_out = np.zeros((3, 256, 7), dtype=int)
    for k, row in enumerate(rows):
        source[k, : len(row)] = row
        target_in[k, : len(row) + 1] = [START, *row[::-1]]
        target_out[k, : len(row) + 1] = [*row[::-1], END]
    model = EncoderDecoder(TARGET, TARGET, 24, attention="additive", bidirectional=True, rng=rng)
    adam = optimizers.Adam(0.02, global_clipnorm=1.0)
    for _ in range(150):
        some = rng.choice(224, 32, replace=False)
        x = source[some], target_in[some]
        training.train_step(model, x, target_out[some], loss=CROSS, optimizer=adam)
    return model, source[224:], target_out[224:]


def test_it_learns_to_write_backwards_and_attends_accordingly():
    model, source, expected = trained()
    symbols, weights = model.greedy(source, max_length=7)
    assert np.mean((symbols == expected[:, : symbols.shape[1]]).all(axis=1)) > 0.9
    lengths = np.sum(source != 0, axis=1)
    looked_at = weights.argmax(axis=-1)
    near = [abs(looked_at[k, 0] - (n - 1)) <= 1 for k, n in enumerate(lengths)]
    assert np.mean(near) > 0.9  # the first symbol written is the last one read


def test_float32_stays_float32_and_comes_close_to_float64():
    source, target_in, _ = data()
    for cell, attention, bidirectional in KINDS:
        large = make(cell, attention, bidirectional)
        small = make(cell, attention, bidirectional, dtype=np.float32)
        for name, array in small.params.items():
            array[...] = large.params[name]
        logits, _, cache = small.forward((source, target_in))
        _, _, grads = small.backward(logits, cache)
        log_p, _, _ = small.advance(target_in[:, 0], small.encode(source))
        arrays = [logits, log_p, *grads.values(), *small.params.values()]
        assert {a.dtype for a in arrays} == {np.dtype(np.float32)}
        assert distance(logits, large.forward((source, target_in))[0]) <= 1e-5


def test_weights_of_the_parts_are_those_of_params(rng):
    model = make("gru", "additive", True)
    assert {name.split(".")[0] for name in model.params} == {*model.parts, "attention"}
    before, _, _ = model.forward(data()[:2])
    for name, array in model.params.items():
        old = array.copy()
        array += rng.standard_normal(array.shape)
        after = model.forward(data()[:2])[0]
        # The keys' bias shifts the argument of tanh, so even that one shows.
        assert np.abs(after - before).max() > 1e-6, name
        array[...] = old


def test_a_mask_takes_targets_out_of_the_loss():
    model = make()
    source, target_in, _ = data()
    mask = np.ones_like(target_in, dtype=bool)
    mask[:, 2:] = False
    logits, _, cache = model.forward((source, target_in), mask=mask)
    np.testing.assert_array_equal(cache.mask, mask & (target_in != 0))
    plain, _, _ = model.forward((source, target_in))
    np.testing.assert_array_equal(logits[:, :2], plain[:, :2])


@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 4), st.sampled_from(KINDS))
@settings(max_examples=20)
def test_every_shape_goes_through(rows, source_length, target_length, kind):
    model = make(*kind, embedding_units=None)
    source = np.zeros((rows, source_length), dtype=int)  # even without a single symbol
    target_in = np.full((rows, target_length), START)
    logits, _, cache = model.forward((source, target_in))
    assert logits.shape == (rows, target_length, TARGET)
    _, _, grads = model.backward(np.ones_like(logits), cache)
    assert all(np.isfinite(g).all() for g in grads.values())
    assert model.params["encoder.embedding.E"].shape == (SOURCE, UNITS)


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cell": "rnn"}, r"cell must be one of .* 'dot' or 'additive'; got 'rnn' and None"),
        ({"attention": "luong"}, r"cell must be one of .* got 'gru' and 'luong'"),
        ({"rng": 0}, "rng must be a numpy.random.Generator"),
        ({"dtype": int}, "dtype must be a floating-point type"),
        ({"embedding_units": 0}, "units must be a positive whole number; got 0"),
        ({"dropout": 1.0}, "dropout must be at least 0 and below 1"),
    ],
)
def test_models_that_cannot_be_are_rejected(options, message, rng):
    with rejects(message):
        EncoderDecoder(SOURCE, TARGET, UNITS, **{"rng": rng} | options)


@pytest.mark.parametrize("size", [0, -1, 1.5, None])
def test_sizes_must_be_positive_whole_numbers(size, rng):
    for position in range(3):
        sizes = [SOURCE, TARGET, UNITS]
        sizes[position] = size
        with rejects("must be a positive whole number"):
            EncoderDecoder(*sizes, rng=rng)
    with rejects("max_length must be a positive whole number"):
        make().greedy(data()[0], max_length=size)


def test_data_that_do_not_fit_are_rejected():
    model = make()
    source, target_in, _ = data()
    for x, message in [
        ((source[:2], target_in), r"source, target_in must have one row .* \(2, 6\), \(4, 5\)"),
        ((source, target_in[0]), "source, target_in must have one row"),
        ((source + SOURCE, target_in), "x must lie in 0 … 8, the vocabulary"),
        ((source, target_in + TARGET), "x must lie in 0 … 7, the vocabulary"),
        ((source * 1.0, target_in), "x must be integers of shape"),
    ]:
        with rejects(message, model.params):
            model.forward(x)
    with rejects("state names no recurrent layer of this model"):
        model.forward((source, target_in), state={"decoder": np.zeros((4, UNITS))})
    state = model.encode(source)
    with rejects(r"state must have shape \(batch, units\) = \(3, 5\); got \(4, 5\)"):
        model.advance([START] * 3, state)
    with rejects("x must be integers of shape"):
        model.advance(target_in, state)
    logits, _, cache = model.forward((source, target_in))
    with rejects("dy must have the shape of the output"):
        model.backward(logits[:, :1], cache)


@pytest.mark.parametrize("name", ["go_backwards", "return_sequences"])
def test_encoder_decoder_refuses_to_read_the_answer(name, rng):
    with pytest.raises(ValueError, match="go_backwards and return_sequences are set"):
        EncoderDecoder(9, 9, 3, rng=rng, **{name: True})


def test_encoder_decoder_wants_a_pair_and_its_own_cache(rng):
    model = EncoderDecoder(9, 9, 3, attention="additive", rng=rng)
    for bad in (np.ones((2, 5), int), [[1, 2]], ([[1]],), None, ([[1]],) * 3):
        with rejects(r"x must be the pair \(source, target_in\); got", model.params):
            model.forward(bad)
    y, _, cache = model.forward(([[4, 5]], [[2, 6]]))
    for bad in (None, (), cache.parts["decoder"]):
        with rejects(r"cache must be the rnnkit\.seq2seq\.Cache", model.params):
            model.backward(y, bad)
    for bad in (None, np.ones((1, 3))):
        with rejects("state must be one of encode or advance", model.params):
            model.advance([2], bad)


def test_encoder_decoder_params_write_into_its_arrays(rng):
    model = EncoderDecoder(9, 9, 3, attention="additive", rng=rng)
    before = model.forward(([[4, 5]], [[2, 6]]))[0]
    model.params["attention.v"] = [9.0, 0.0, -9.0]
    assert np.abs(model.forward(([[4, 5]], [[2, 6]]))[0] - before).max() > 1e-6
    np.testing.assert_array_equal(model.params["attention.v"], [9.0, 0.0, -9.0])


def test_take_rows_takes_any_state_and_names_wrong_rows(rng):
    state = {"bidirectional": (np.arange(3.0), np.arange(3.0)), "gru": np.arange(3.0)}
    got = take_rows(state, [2, -1])
    assert got["bidirectional"][1].tolist() == got["gru"].tolist() == [2, 2]
    for bad in ([3], [-4], [0.5], 1, "all", None, [[0]]):
        with rejects("rows must be"):
            take_rows(state, bad)
