"""Joint n-grams: probabilities, by hand and as sums, and the answers of the beam."""

from itertools import product

import numpy as np
import pytest

from rnnbook import joint_ngrams

ALIGNED = {
    "cat": [("K",), ("AE",), ("T",)],
    "city": [("S",), ("IH",), ("T",), ("IY",)],
    "act": [("AE",), ("K",), ("T",)],
    "ax": [("AE",), ("K", "S")],
    "taxi": [("T",), ("AE",), ("K", "S"), ("IY",)],
    "tic": [("T",), ("IH",), ("K",)],
}


def symbols(model):
    return [joint_ngrams.END, *(name for names in model.pairs.values() for name in names)]


def probability(model, chain, symbol):
    return np.exp(joint_ngrams.log_probability(model, chain, symbol))


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_probabilities_add_up_to_one_after_any_chain(order):
    model = joint_ngrams.learn(ALIGNED, order)
    for chain in ("", *map("".join, product(symbols(model)[1:], repeat=2))):
        total = sum(probability(model, joint_ngrams.BEGIN + chain, s) for s in symbols(model))
        assert total == pytest.approx(1, abs=1e-12)


def test_a_bigram_by_hand():
    # All discounts are 1/2. After the begin two symbols occurred, once each.
    model = joint_ngrams.learn({"a": [("AH",)], "b": [("B",)]}, 2)
    (pair,) = model.pairs["a"]
    # 1-grams: a and b have 1 context each, the end has 2; total 4, mass 3/2, V = 3.
    lower = (1 - 0.5) / 4 + (1.5 / 4) / 3
    assert probability(model, joint_ngrams.BEGIN, pair) == pytest.approx(0.5 / 2 + 0.5 * lower)
    # After "a" only the end occurred: the weight of this context is 1/2.
    (other,) = model.pairs["b"]
    unseen = probability(model, joint_ngrams.BEGIN + pair, other)
    assert unseen == pytest.approx(0.5 * lower)


def test_discounts_of_modified_kneser_ney():
    assert joint_ngrams.discounts([1, 1, 1, 1, 2, 2, 3, 4]) == [0.5, 1.25, 1.0]
    assert joint_ngrams.discounts([1, 1, 2]) == [0.5, 0.5, 0.5]


@pytest.mark.parametrize("word", ["cat", "taxi", "tacit", "ixc"])
def test_a_wide_beam_finds_the_best_of_all_chains(word):
    model = joint_ngrams.learn(ALIGNED, 3)

    def score(chain):
        whole = [joint_ngrams.BEGIN, *chain, joint_ngrams.END]
        return sum(
            joint_ngrams.log_probability(model, "".join(whole[:k]), whole[k])
            for k in range(1, len(whole))
        )

    best = max(product(*(model.pairs[letter] for letter in word)), key=score)
    phones = sum((model.pairs[c][name] for c, name in zip(word, best, strict=True)), ())
    assert joint_ngrams.answer(model, word, width=100) == phones


def test_known_words_are_said_as_they_were_learned():
    model = joint_ngrams.learn(ALIGNED, 4)
    for word, parts in ALIGNED.items():
        assert joint_ngrams.answer(model, word) == sum(parts, ())


def test_no_probability_is_negative():
    chain = joint_ngrams.BEGIN + "abccdddeeeeffffgggghhhh"
    assert joint_ngrams.discounts([1, 1, 2, 3, 4, 4, 4, 4])[2] < 0
    probability, weight = joint_ngrams.smooth([chain], 1)
    assert min(probability.values()) > 0
    assert min(weight.values()) > 0
    assert sum(probability.values()) == pytest.approx(1)
