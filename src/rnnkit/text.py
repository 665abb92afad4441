r"""Text as numbers: vocabularies, padding, batches of like length, and sampling.

Four numbers mean the same in every vocabulary: 0 is padding, 1 an unknown symbol, 2 the
start and 3 the end of a text.  Padding stands behind the text, so ``ids != 0`` is the mask.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from rnnkit import losses
from rnnkit._validation import as_float, check_rng, positive

__all__ = ["END", "PADDING", "START", "UNKNOWN", "Vocabulary", "batches", "pad", "sample"]

PADDING, UNKNOWN, START, END = range(4)
_RESERVED = ("<pad>", "<unk>", "<start>", "<end>")


class Vocabulary:
    """Symbols, characters or words, and their numbers.

    The most frequent symbol has the smallest number behind the reserved ones; equally
    frequent ones follow one another in the order of their code points.

    Parameters
    ----------
    texts : iterable of sequences of str
        A string is a sequence of characters, a list of words a sequence of words.  Take
        the training texts only: what occurs nowhere else must stay unknown.
    min_count : int, optional
        Symbols that occur less often are left out.
    max_size : int, optional
        Largest number of symbols, the four reserved ones included; the rarest are left out.

    Attributes
    ----------
    symbols : tuple of str
        The symbols in the order of their numbers.

    Raises
    ------
    ValueError
        If ``min_count`` or ``max_size`` is not a positive whole number, or ``max_size`` has
        no room for the reserved symbols.

    Examples
    --------
    >>> characters = Vocabulary(["banana"])
    >>> characters.symbols
    ('<pad>', '<unk>', '<start>', '<end>', 'a', 'n', 'b')
    >>> characters.encode("bay", end=True)
    [6, 4, 1, 3]
    >>> words = Vocabulary([["to", "be", "or", "not", "to", "be"]], min_count=2)
    >>> words.decode([2, 5, 4, 1, 3, 0, 0])
    ['to', 'be', '<unk>']
    """

    def __init__(
        self, texts: Iterable[Iterable[str]], *, min_count: int = 1, max_size: int | None = None
    ) -> None:
        if max_size is not None and positive(max_size, "max_size") < 4:
            raise ValueError(f"max_size must be at least 4, the reserved symbols; got {max_size}.")
        counts = Counter(symbol for text in texts for symbol in text if symbol not in _RESERVED)
        positive(min_count, "min_count")
        kept = sorted((s for s in counts if counts[s] >= min_count), key=lambda s: (-counts[s], s))
        self.symbols = (*_RESERVED, *kept)[:max_size]
        self._numbers = {symbol: number for number, symbol in enumerate(self.symbols)}

    def __len__(self) -> int:
        return len(self.symbols)

    def encode(self, text: Iterable[str], *, start: bool = False, end: bool = False) -> list[int]:
        """Return the numbers of a text.

        Parameters
        ----------
        text : iterable of str
            Symbols; the names of the reserved ones stand for these.
        start, end : bool, optional
            Whether to put the start symbol in front, the end symbol behind.

        Returns
        -------
        list of int
            One number for each symbol; 1 for unknown ones.
        """
        numbers = [self._numbers.get(symbol, UNKNOWN) for symbol in text]
        return [START] * start + numbers + [END] * end

    def decode(self, numbers: Iterable[int]) -> list[str]:
        """Return the symbols up to the first end symbol, without padding and start.

        Parameters
        ----------
        numbers : iterable of int
            Numbers of one text.

        Returns
        -------
        list of str
            Symbols; ``"".join`` or ``" ".join`` makes a string of them.

        Raises
        ------
        ValueError
            If a number is not one of the vocabulary.
        """
        ids = list(numbers)
        if ids and not 0 <= min(ids) <= max(ids) < len(self):
            raise ValueError(f"numbers must lie in 0 … {len(self) - 1}; got {ids}.")
        text = ids[: ids.index(END)] if END in ids else ids
        return [self.symbols[number] for number in text if number not in (PADDING, START)]


def pad(sequences: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Put sequences of unequal length into one array, with zeros behind the shorter ones.

    Parameters
    ----------
    sequences : sequence of sequences of int
        At least one of them is not empty.

    Returns
    -------
    ids : ndarray of int64, shape (B, T)
        The sequences; T is the length of the longest.
    mask : ndarray of bool, shape (B, T)
        True where a sequence is, False where padding is.

    Raises
    ------
    ValueError
        If there is nothing to put into an array.

    Examples
    --------
    >>> ids, mask = pad([[5, 6, 7], [8]])
    >>> ids
    array([[5, 6, 7],
           [8, 0, 0]])
    >>> mask.sum(axis=1)
    array([3, 1])
    """
    lengths = np.array([len(sequence) for sequence in sequences])
    if not lengths.any():
        raise ValueError(f"sequences must hold a symbol; got {len(lengths)} empty sequences.")
    mask = np.arange(lengths.max()) < lengths[:, np.newaxis]
    ids = np.zeros(mask.shape, dtype=np.int64)
    ids[mask] = [number for sequence in sequences for number in sequence]
    return ids, mask


def batches(lengths: ArrayLike, batch_size: int, *, rng: np.random.Generator) -> list[np.ndarray]:
    """Group sequences of like length, so that little of a batch is padding.

    Sequences are shuffled, put in order of length (equally long ones stay shuffled), cut
    into batches; then the batches are shuffled.  Call it anew for each epoch.

    Parameters
    ----------
    lengths : array_like of int, shape (N,)
        Length of each sequence.
    batch_size : int
        Sequences in a batch; one of the batches may be smaller.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    list of ndarray
        Row numbers; each of 0 … N − 1 occurs once.

    Raises
    ------
    ValueError
        If ``lengths`` is not one-dimensional or is empty, or another argument does not fit.

    Examples
    --------
    >>> lengths = np.array([3, 9, 3, 8, 2])
    >>> epoch = batches(lengths, 2, rng=np.random.default_rng(0))
    >>> [lengths[rows].tolist() for rows in epoch]
    [[9], [2, 3], [3, 8]]
    """
    length = as_float(lengths, "lengths", np.float64, "sequences", None)
    positive(batch_size, "batch_size")
    order = check_rng(rng).permutation(len(length))
    order = order[np.argsort(length[order], kind="stable")]
    parts = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    return [parts[k] for k in rng.permutation(len(parts))]


def sample(
    logits: ArrayLike, *, rng: np.random.Generator, temperature: float = 1.0,
    top_k: int | None = None, top_p: float | None = None,
) -> np.ndarray:  # fmt: skip
    r"""Draw one symbol for each row of logits.

    .. math:: P(k) \propto e^{y_k / \tau} \quad\text{for the symbols that are kept}

    ``top_k`` keeps the k most probable symbols; ``top_p`` of these the smallest set whose
    probabilities, at this temperature, add up to p or more.

    Parameters
    ----------
    logits : array_like, shape (B, V)
        y, or log-probabilities; −∞ excludes a symbol.
    rng : numpy.random.Generator
        Source of randomness.
    temperature : float, optional
        τ ≥ 0; below 1 the probable become more probable, 0 always takes the largest logit.
    top_k : int, optional
        How many symbols are kept at most.
    top_p : float, optional
        p, 0 < p ≤ 1.

    Returns
    -------
    ndarray of int, shape (B,)
        Numbers from 0 to V − 1.

    Raises
    ------
    ValueError
        If an argument does not fit or is out of range.

    References
    ----------
    A. Holtzman, J. Buys, L. Du, M. Forbes, Y. Choi, *The curious case of neural text
    degeneration*, ICLR 2020 (``top_p``: nucleus sampling).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> logits = np.log([[0.1, 0.6, 0.3]] * 1000)
    >>> np.bincount(sample(logits, rng=rng, top_k=2), minlength=3) > 0
    array([False,  True,  True])
    >>> sample(logits[:3], rng=rng, temperature=0)
    array([1, 1, 1])
    """
    y = as_float(logits, "logits", np.float64, "batch, symbols", None, None)
    if not 0 <= temperature < np.inf or not (top_p is None or 0 < top_p <= 1):
        raise ValueError(f"need temperature ≥ 0, 0 < top_p ≤ 1; got {temperature!r}, {top_p!r}.")
    if temperature == 0:
        return y.argmax(axis=-1)
    kept = None if top_k is None else positive(top_k, "top_k")
    order = np.argsort(-y, axis=-1, kind="stable")[:, :kept]  # the most probable first
    y = np.take_along_axis(y, order, axis=-1)
    y = (y - y[:, :1]) / temperature
    if top_p is not None:
        # The mass in front of a symbol decides: so the one that crosses p is still kept.
        p = losses.softmax(y)
        y[np.cumsum(p, axis=-1) - p >= top_p] = -np.inf
    # The largest of y_k + Gumbel noise is k with the probability softmax(y)_k.
    chosen = np.argmax(y + check_rng(rng).gumbel(size=y.shape), axis=-1, keepdims=True)
    return np.take_along_axis(order, chosen, axis=-1)[:, 0]
