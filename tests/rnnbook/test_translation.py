"""Arrays and updates of the encoder and decoder."""

import matplotlib.pyplot as plt
import numpy as np

from rnnbook.translation import as_arrays, keras_twin, network, show_weights, updates
from rnnkit.seq2seq import EncoderDecoder
from rnnkit.text import END, START, Vocabulary


def test_as_arrays_shifts_the_target_by_one():
    letters = Vocabulary(["abc"])
    source, target_in, target_out = as_arrays(["ab", "c"], ["ba", "c"], letters, letters)
    assert source.shape == (2, 2) and source[1, 1] == 0
    assert (target_in[:, 0] == START).all() and target_out[0, 2] == target_out[1, 1] == END
    np.testing.assert_array_equal(target_in[0, 1:], target_out[0, :-1])


def test_updates_learn_to_reverse_and_stop_at_the_number(rng):
    letters = Vocabulary(["abc"])
    texts = ["".join(rng.choice([*"abc"], 3)) for _ in range(64)]
    data = as_arrays(texts, [text[::-1] for text in texts], letters, letters)
    model = EncoderDecoder(len(letters), len(letters), 16, attention="dot", rng=rng)
    steps = list(updates(model, data, 100, rng=rng, rate=0.02))
    assert [done for done, _ in steps] == list(range(1, 101))
    assert steps[-1][1] < 0.3 * steps[0][1]


def test_network_reads_both_ways_in_float32(rng):
    model = network((9, 7), 6, 4, rng=rng)
    shapes = {key: array.shape for key, array in model.params.items()}
    assert shapes["encoder.embedding.E"] == (9, 4) and shapes["head.dense_1.W"] == (6, 7)
    assert any("bidirectional" in key for key in shapes)
    assert {array.dtype for array in model.params.values()} == {np.dtype(np.float32)}
    assert network((9, 7), 6, 4, rng=rng, attention=None).attention is None


def test_keras_twin_has_the_weights_and_the_logits(rng):
    model = network((9, 7), 6, 4, rng=rng)
    twin, variables = keras_twin(model)
    assert variables.keys() == model.params.keys()
    source, target = np.array([[4, 5, 6], [7, 8, 0]]), np.array([[2, 4], [2, 5]])
    logits, _, _ = model.forward((source, target))
    theirs = twin.predict_on_batch([source, target])
    np.testing.assert_allclose(theirs, logits, atol=1e-5)


def test_show_weights_draws_a_row_for_each_written_symbol(rng):
    letters = Vocabulary(["abc "])
    model = network((len(letters), len(letters)), 6, 4, rng=rng)
    _, ax = plt.subplots()
    answer = show_weights(ax, model, "a b", letters, letters)
    assert len(answer) <= 30
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["a", "␣", "b"]
    plt.close("all")
