"""Joint n-grams for chapter 6.1d: letters and their phones counted together, as one symbol.

    model = learn(chunks(words, scores), order=8)   # each letter's phones, by word
    answer(model, "wednesday")                      # ("W", "EH", "N", "Z", "D", "IY")

An aligned word is a chain of pairs (letter, its phones). Their n-grams are smoothed by modified
Kneser–Ney (chapter 6.1a), and a beam looks for the most probable chain that spells a word.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import log
from typing import NamedTuple

__all__ = ["Joint", "answer", "discounts", "learn", "log_probability", "smooth"]

Phones = tuple[str, ...]
BEGIN, END = "\x01", "\x02"


class Joint(NamedTuple):
    """Probabilities of the n-grams that occurred, weights of shorter contexts, and the pairs.

    A pair is written as one character, so an n-gram is a string.
    """

    probability: dict[str, float]
    weight: dict[str, float]
    pairs: dict[str, dict[str, Phones]]  # for each letter, its pairs and their phones
    order: int


def discounts(counts: Iterable[int]) -> list[float]:
    """Return what is taken from counts of 1, 2, and 3 or more.

    >>> discounts([1, 1, 1, 1, 2, 2, 3, 4])
    [0.5, 1.25, 1.0]
    """
    n = Counter(counts)
    if not all(n[k] for k in (1, 2, 3, 4)):
        return [0.5, 0.5, 0.5]
    u = n[1] / (n[1] + 2 * n[2])
    return [k - (k + 1) * u * n[k + 1] / n[k] for k in (1, 2, 3)]


def smooth(chains: Sequence[str], order: int) -> tuple[dict[str, float], dict[str, float]]:
    """Return the probabilities of the n-grams of these chains, and the weights of contexts.

    Where an n-gram did not occur, its probability is the weight of its context times the
    probability of the n-gram without its first symbol.
    """
    counts: list[Counter[str]] = [Counter() for _ in range(order + 1)]
    for chain in chains:
        for end in range(2, len(chain) + 1):  # the first symbol is the begin, and certain
            for n in range(1, min(order, end) + 1):
                counts[n][chain[end - n : end]] += 1
    for n in range(1, order):  # below the highest order: in how many contexts?
        contexts = Counter(gram[1:] for gram in counts[n + 1])
        counts[n] = Counter({g: c if g[0] == BEGIN else contexts[g] for g, c in counts[n].items()})
    probability: dict[str, float] = {}
    weight: dict[str, float] = {}
    for n in range(1, order + 1):
        for taken in (discounts(counts[n].values()), [0.5, 0.5, 0.5]):
            total, mass = defaultdict(int), defaultdict(float)  # type: ignore[var-annotated]
            for gram, count in counts[n].items():
                total[gram[:-1]] += count
                mass[gram[:-1]] += taken[min(count, 3) - 1]
            if min(mass.values()) > 0:  # else probabilities could be negative
                break
        weight |= {context: mass[context] / total[context] for context in total}
        for gram, count in counts[n].items():
            lower = probability[gram[1:]] if n > 1 else 1 / len(counts[1])
            left = (count - taken[min(count, 3) - 1]) / total[gram[:-1]]
            probability[gram] = left + weight[gram[:-1]] * lower
    return probability, weight


def learn(aligned: Mapping[str, Sequence[Phones]], order: int) -> Joint:
    """Count the pairs of aligned words: for each word, the phones of each of its letters."""
    names: dict[tuple[str, Phones], str] = {}
    pairs: dict[str, dict[str, Phones]] = {}
    chains = []
    for word, parts in aligned.items():
        chain = BEGIN
        for letter, phones in zip(word, parts, strict=True):
            name = names.setdefault((letter, phones), chr(3 + len(names)))
            pairs.setdefault(letter, {})[name] = phones
            chain += name
        chains.append(chain + END)
    return Joint(*smooth(chains, order), pairs, order)


def log_probability(model: Joint, chain: str, symbol: str) -> float:
    """Return log P(symbol | chain); only the last `order` - 1 symbols of the chain count."""
    context = chain[max(0, len(chain) - model.order + 1) :]
    factor = 1.0
    while context + symbol not in model.probability:
        factor *= model.weight.get(context, 1.0)
        context = context[1:]
    return log(factor * model.probability[context + symbol])


def answer(model: Joint, word: str, width: int = 12) -> Phones:
    """Return the phones of the most probable chain that a beam of `width` finds."""
    beam: list[tuple[float, str, Phones]] = [(0.0, BEGIN, ())]
    for letter in word:
        beam = [
            (score + log_probability(model, chain, name), chain + name, done + phones)
            for score, chain, done in beam
            for name, phones in model.pairs[letter].items()
        ]
        beam = sorted(beam, reverse=True)[:width]
    ends = [(score + log_probability(model, chain, END), done) for score, chain, done in beam]
    return max(ends)[1]
