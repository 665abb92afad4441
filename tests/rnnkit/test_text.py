"""Vocabularies, padding, batches of like length, sampling."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import rejects

from rnnkit import losses, text
from rnnkit.text import END, PADDING, START, UNKNOWN, Vocabulary

# The 99.9 % points of χ² with 1 … 9 degrees of freedom; the seeds are fixed.
CHI_SQUARE = [10.83, 13.82, 16.27, 18.47, 20.52, 22.46, 24.32, 26.12, 27.88]


# ---------------------------------------------------------------- vocabulary


def test_numbers_follow_frequency_then_code_point():
    vocabulary = Vocabulary(["cab", "bc", "c"])  # c three times, b twice, a once
    assert vocabulary.symbols == ("<pad>", "<unk>", "<start>", "<end>", "c", "b", "a")
    assert Vocabulary(["zyx"]).symbols[4:] == ("x", "y", "z")
    assert len(vocabulary) == 7
    assert (PADDING, UNKNOWN, START, END) == (0, 1, 2, 3)


@given(st.lists(st.text("abc é")), st.randoms(use_true_random=False))
def test_the_order_of_the_texts_does_not_matter(texts, random):
    shuffled = random.sample(texts, len(texts))
    assert Vocabulary(texts).symbols == Vocabulary(iter(shuffled)).symbols


@given(st.lists(st.text()))
def test_decode_undoes_encode(texts):
    vocabulary = Vocabulary(texts)
    for line in texts:
        numbers = vocabulary.encode(line, start=True, end=True)
        assert numbers[0] == START and numbers[-1] == END and len(numbers) == len(line) + 2
        assert min(numbers[1:-1], default=4) >= 4
        assert "".join(vocabulary.decode([*numbers, PADDING, UNKNOWN])) == line


def test_rare_symbols_become_unknown():
    texts = [["a", "b", "a", "c"], ["b", "a", "d"]]
    assert Vocabulary(texts, min_count=2).symbols[4:] == ("a", "b")
    assert Vocabulary(texts, max_size=7).symbols[4:] == ("a", "b", "c")
    assert Vocabulary(texts, min_count=2, max_size=5).encode(["a", "b", "x"]) == [4, 1, 1]
    assert len(Vocabulary(texts, max_size=4)) == len(Vocabulary([])) == 4


def test_reserved_names_in_a_text_are_the_reserved_symbols():
    vocabulary = Vocabulary([["the", "<unk>", "<unk>", "<end>"]])
    assert vocabulary.symbols[4:] == ("the",)
    assert vocabulary.encode(["the", "<unk>", "<end>"]) == [4, UNKNOWN, END]


def test_decode_stops_at_the_end_and_takes_arrays():
    vocabulary = Vocabulary(["ab"])
    assert vocabulary.decode(np.array([START, 5, UNKNOWN, PADDING, 4, END, 5, END])) == [
        "b",
        "<unk>",
        "a",
    ]
    assert vocabulary.decode([]) == []
    for bad in ([4, 6], [4, -1], np.array([7])):
        with rejects(r"numbers must lie in 0 … 5; got \["):
            vocabulary.decode(bad)


@pytest.mark.parametrize("size", [0, -1, 1.5, "2", True])
def test_vocabulary_sizes_must_be_positive_whole_numbers(size):
    for name in ("min_count", "max_size"):
        with rejects(f"{name} must be a positive whole number; got"):
            Vocabulary(["ab"], **{name: size})
    with rejects("max_size must be at least 4, the reserved symbols; got 3"):
        Vocabulary(["ab"], max_size=3)


# ---------------------------------------------------------------- padding, batches


@given(st.lists(st.lists(st.integers(0, 9), max_size=5), min_size=1).filter(any))
def test_pad_keeps_the_sequences_and_marks_them(sequences):
    ids, mask = text.pad(sequences)
    assert ids.dtype == np.int64 and mask.dtype == np.bool_
    assert ids.shape == mask.shape == (len(sequences), max(map(len, sequences)))
    assert [row[valid].tolist() for row, valid in zip(ids, mask, strict=True)] == sequences
    assert not ids[~mask].any() and (np.diff(mask.astype(int), axis=1) <= 0).all()


def test_pad_takes_arrays():
    ids, _ = text.pad([np.array([1, 2]), np.array([3], dtype=np.int32)])
    np.testing.assert_array_equal(ids, [[1, 2], [3, 0]])


@pytest.mark.parametrize("sequences", [[], [[]], [[], []]])
def test_pad_rejects_nothing(sequences):
    with rejects(f"sequences must hold a symbol; got {len(sequences)} empty sequences"):
        text.pad(sequences)


@given(st.lists(st.integers(0, 6), min_size=1, max_size=30), st.integers(1, 8), st.integers(0, 99))
def test_batches_hold_each_row_once_with_its_like(lengths, batch_size, seed):
    lengths = np.array(lengths)
    parts = text.batches(lengths, batch_size, rng=np.random.default_rng(seed))
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(lengths)))
    assert sorted(map(len, parts))[1:] == [batch_size] * (len(parts) - 1)
    # In order of length the batches do not overlap.
    ranges = sorted((lengths[rows].min(), lengths[rows].max()) for rows in parts)
    assert all(high <= low for (_, high), (low, _) in pairwise(ranges))


def test_batches_are_drawn_anew_and_repeat_with_the_seed():
    lengths = np.repeat([3, 5, 8], 20)
    rng = np.random.default_rng(0)
    first, second = (text.batches(lengths, 10, rng=rng) for _ in range(2))
    again = text.batches(lengths, 10, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(first, again)
    rows = [sorted(map(tuple, np.sort(parts).tolist())) for parts in (first, second)]
    assert rows[0] != rows[1]  # other batches,
    assert (np.diff([lengths[part[0]] for part in first]) < 0).any()  # not the short ones first


def test_bucketing_pads_less_than_shuffling(rng):
    lengths = rng.integers(1, 50, size=500)

    def padding(parts):
        return sum(len(rows) * lengths[rows].max() - lengths[rows].sum() for rows in parts)

    shuffled = np.array_split(rng.permutation(500), 20)
    assert padding(text.batches(lengths, 25, rng=rng)) < 0.1 * padding(shuffled)


def test_batches_reject_what_does_not_fit(rng):
    with rejects(r"lengths must have shape \(sequences\)"):
        text.batches([[1, 2]], 2, rng=rng)
    with rejects("lengths must not be empty"):
        text.batches([], 2, rng=rng)
    with rejects("batch_size must be a positive whole number"):
        text.batches([1, 2], 0, rng=rng)
    with rejects("rng must be a numpy.random.Generator"):
        text.batches([1, 2], 2, rng=0)


# ---------------------------------------------------------------- sampling

LOGITS = np.array([0.3, -1.2, 1.1, 0.0, 2.0, 0.9, -0.5])


def expected(logits, temperature=1.0, top_k=None, top_p=None):
    """Probabilities as the definition says, symbol by symbol."""
    p = losses.softmax(logits / temperature)
    ranked = sorted(range(len(p)), key=lambda k: -p[k])[:top_k]
    if top_p is not None:
        mass, few = 0.0, []
        for k in ranked:
            few.append(k)
            mass += p[k] / p[ranked].sum()
            if mass >= top_p:
                break
        ranked = few
    kept = np.zeros_like(p)
    kept[ranked] = p[ranked]
    return kept / kept.sum()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"temperature": 0.5},
        {"temperature": 3.0},
        {"top_k": 3},
        {"top_k": 1},
        {"top_k": 99},
        {"top_p": 0.8},
        {"top_p": 1e-9},
        {"top_p": 1.0},
        {"temperature": 2.0, "top_k": 5, "top_p": 0.7},
    ],
    ids=str,
)
def test_samples_have_the_promised_frequencies(options):
    n = 20_000
    rng = np.random.default_rng(1)
    drawn = text.sample(np.tile(LOGITS, (n, 1)), rng=rng, **options)
    assert drawn.shape == (n,) and drawn.dtype.kind == "i"
    counts, p = np.bincount(drawn, minlength=len(LOGITS)), expected(LOGITS, **options)
    assert not counts[p == 0].any()
    counts, p = counts[p > 0], p[p > 0]
    if len(p) > 1:
        chi_square = np.sum((counts - n * p) ** 2 / (n * p))
        assert chi_square < CHI_SQUARE[len(p) - 2]


def test_the_test_of_frequencies_can_fail():
    n = 20_000
    drawn = text.sample(np.tile(LOGITS, (n, 1)), rng=np.random.default_rng(1), temperature=0.9)
    p = expected(LOGITS)
    assert np.sum((np.bincount(drawn) - n * p) ** 2 / (n * p)) > 5 * CHI_SQUARE[5]


def test_rows_are_drawn_independently_and_repeat_with_the_seed():
    logits = np.tile(np.log([0.5, 0.5]), (20_000, 1))
    a, b = (text.sample(logits, rng=np.random.default_rng(seed)) for seed in (3, 3))
    np.testing.assert_array_equal(a, b)
    pairs = np.bincount(2 * a[::2] + a[1::2], minlength=4)  # of neighbouring rows
    assert np.sum((pairs - 2500) ** 2 / 2500) < CHI_SQUARE[2]
    rows = text.sample(np.array([[0.0, 1e4], [1e4, 0.0]]), rng=np.random.default_rng(0))
    np.testing.assert_array_equal(rows, [1, 0])


@given(st.integers(1, 5), st.integers(1, 6), st.integers(0, 99))
def test_temperature_zero_is_greedy_and_small_temperatures_come_close(batch, size, seed):
    rng = np.random.default_rng(seed)
    logits = rng.standard_normal((batch, size))
    for options in ({"temperature": 0}, {"temperature": 1e-12}, {"top_k": 1}):
        np.testing.assert_array_equal(
            text.sample(logits, rng=rng, **options), logits.argmax(axis=-1)
        )


def test_an_excluded_symbol_is_never_drawn(rng):
    logits = np.tile([0.0, -np.inf, 0.0], (1000, 1)).astype(np.float32)
    for options in ({}, {"temperature": 5.0}, {"top_k": 3}, {"top_p": 0.99}):
        assert set(text.sample(logits, rng=rng, **options).tolist()) == {0, 2}


def test_sample_leaves_the_logits_alone_and_equal_logits_fill_top_k_exactly(rng):
    # So many that an unstable order would show: 33 symbols share the largest logit.
    logits = np.tile(np.arange(100.0) % 3, (2000, 1))
    drawn = text.sample(logits, rng=rng, top_k=4, top_p=0.7)
    assert set(drawn.tolist()) == {2, 5, 8}
    assert (logits == np.arange(100) % 3).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": -1.0}, "temperature, if not 0, must be a positive number; got -1.0"),
        ({"temperature": np.nan}, "temperature, if not 0, must be"),
        ({"temperature": np.inf}, "temperature, if not 0, must be"),
        ({"top_p": 0.0}, "top_p must be a positive number; got 0.0"),
        ({"top_p": 1.1}, "top_p must be at most 1; got 1.1"),
        ({"top_k": 0}, "top_k must be a positive whole number; got 0"),
        ({"top_k": 1.5}, "top_k must be a positive whole number"),
        ({"rng": 0}, "rng must be a numpy.random.Generator"),
    ],
)
def test_sample_rejects_what_is_out_of_range(options, message, rng):
    with rejects(message):
        text.sample(LOGITS[np.newaxis], **{"rng": rng, **options})


def test_sample_rejects_logits_of_another_rank(rng):
    with rejects(r"logits must have shape \(batch, symbols\); got \(7,\)"):
        text.sample(LOGITS, rng=rng)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_pad_keeps_numbers_and_vectors(dtype):
    padded, mask = text.pad([np.array([0.9, 1.7], dtype), [], np.array([2.5], dtype)])
    np.testing.assert_array_equal(padded, np.array([[0.9, 1.7], [0, 0], [2.5, 0]], dtype))
    assert padded.dtype == dtype and mask.sum(axis=1).tolist() == [2, 0, 1]
    vectors, mask = text.pad([np.ones((2, 3), dtype), np.full((4, 3), 2, dtype)])
    assert vectors.shape == (2, 4, 3) and vectors.dtype == dtype
    assert vectors[0].sum(axis=1).tolist() == [3, 3, 0, 0] and mask.sum(axis=1).tolist() == [2, 4]


def test_pad_in_front_puts_the_zeros_there():
    ids, mask = text.pad([[5, 6, 7], [8]], in_front=True)
    np.testing.assert_array_equal(ids, [[5, 6, 7], [0, 0, 8]])
    np.testing.assert_array_equal(mask, ids != 0)


@pytest.mark.parametrize(
    "sequences",
    [None, 5, "text", [[1], None], [["a"]], [[1], [[2]]], [[[1, 2]], [[3]]], [1, 2], [[[[1]]]],
     [[[1], [2, 3]]], [[1j]], [["a", "b"], ["c"]]],
)  # fmt: skip
def test_pad_rejects_unlike_things(sequences):
    with rejects("sequences must|sequences must be an array|must be (real|an array of numbers)"):
        text.pad(sequences)


def test_sample_rejects_rows_without_a_largest_logit(rng):
    before = rng.bit_generator.state
    for row in ([-np.inf] * 3, [0, 1, np.nan], [0, np.inf, 1]):
        for temperature in (0, 1.0):
            with rejects("each row of logits needs a largest that is finite"):
                text.sample([[0.0, 1.0, 2.0], row], rng=rng, temperature=temperature)
    for options in ({"temperature": "1"}, {"temperature": None}, {"top_p": "1"}, {"top_p": True}):
        with rejects("must be a positive number"):
            text.sample([[0.0, 1.0]], rng=rng, **options)
    assert rng.bit_generator.state == before


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_top_p_is_not_led_astray_by_rounding(dtype, rng):
    logits = np.tile(np.log([0.5, 0.3, 0.15, 0.05]).astype(dtype), (2000, 1))
    assert set(text.sample(logits, rng=rng, top_p=0.8).tolist()) == {0, 1}
    assert set(text.sample(logits, rng=rng, top_p=0.81).tolist()) == {0, 1, 2}


def test_vocabulary_rejects_what_is_no_text():
    vocabulary = Vocabulary(["ab"])
    for bad in ([5], [None], [["a", 1]], [["a", None]], [[["a"]]]):
        with rejects("each text must be a string or a list of strings"):
            Vocabulary(bad)
    for bad in (5, None, [1], [["a"]]):
        with rejects("text must be a string or a list of strings"):
            vocabulary.encode(bad)
    for bad in (["a"], [4.5], [None], np.array([[4]]), "a", None):
        with rejects("numbers must lie in 0 … 5"):
            vocabulary.decode(bad)
