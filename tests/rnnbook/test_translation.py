"""Arrays and updates of the encoder and decoder."""

import numpy as np

from rnnbook.translation import as_arrays, updates
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
