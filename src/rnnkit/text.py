r"""Text as numbers: vocabularies, padding, batches of like length, and sampling.

Four numbers mean the same in every vocabulary: 0 is padding, 1 an unknown symbol, 2 the
start and 3 the end of a text.  Padding stands behind the text, so ``ids != 0`` is the mask.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rnnkit import losses
from rnnkit._validation import as_array, as_float, check_rng, positive, positive_number

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
        If a symbol is no string, ``min_count`` or ``max_size`` is not a positive whole number,
        or ``max_size`` has no room for the reserved symbols.

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

    def __init__(self, texts: Any, *, min_count: int = 1, max_size: int | None = None) -> None:
        if max_size is not None and positive(max_size, "max_size") < 4:
            raise ValueError(f"max_size must be at least 4, the reserved symbols; got {max_size}.")
        positive(min_count, "min_count")
        counts = Counter(s for text in texts for s in _symbols(text, "each text"))
        kept = [s for s in counts if counts[s] >= min_count and s not in _RESERVED]
        kept.sort(key=lambda s: (-counts[s], s))
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
        numbers = [self._numbers.get(symbol, UNKNOWN) for symbol in _symbols(text, "text")]
        return [START] * bool(start) + numbers + [END] * bool(end)

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
        ids = [*numbers] if isinstance(numbers, Iterable) else [numbers]
        if not all(isinstance(n, int | np.integer) and 0 <= n < len(self) for n in ids):
            raise ValueError(f"numbers must lie in 0 … {len(self) - 1}; got {ids}.")
        text = ids[: ids.index(END)] if END in ids else ids
        return [self.symbols[number] for number in text if number not in (PADDING, START)]


def pad(sequences: Any, *, in_front: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Put sequences of unequal length into one array, with zeros behind the shorter ones.

    Parameters
    ----------
    sequences : sequence of array_like, each of shape (T_i,) or (T_i, D)
        Symbols, numbers or vectors; at least one sequence is not empty.
    in_front : bool, optional
        Whether the zeros stand in front.

    Returns
    -------
    padded : ndarray, shape (B, T) or (B, T, D)
        The sequences; T is the length of the longest.  Whole numbers become int64, floats
        keep their type.
    mask : ndarray of bool, shape (B, T)
        True where a sequence is, False where padding is.

    Raises
    ------
    ValueError
        If there is nothing to put into an array, or the sequences hold unlike things.

    Examples
    --------
    >>> ids, mask = pad([[5, 6, 7], [8]])
    >>> ids
    array([[5, 6, 7],
           [8, 0, 0]])
    >>> mask.sum(axis=1)
    array([3, 1])
    >>> pad([[[0.5, 1.5]], [[2.5, 3.5], [4.5, 5.5]]], in_front=True)[0].shape
    (2, 2, 2)
    """
    if not isinstance(sequences, list | tuple | np.ndarray):
        raise ValueError(f"sequences must be a list of sequences; got {type(sequences).__name__}.")
    parts = [as_array(part, "each of the sequences") for part in sequences]
    full = [part for part in parts if part.size]
    if not full:
        raise ValueError(f"sequences must hold a symbol; got {len(parts)} empty sequences.")
    if full[0].ndim not in (1, 2) or len({part.shape[1:] for part in full}) > 1:
        shapes = [part.shape for part in parts]
        raise ValueError(f"sequences must have shapes (time,) or (time, features); got {shapes}.")
    lengths = np.array([len(part) for part in parts])
    mask = np.arange(lengths.max()) < lengths[:, np.newaxis]
    mask = mask[:, ::-1] if in_front else mask
    values = np.concatenate(full)
    kind = values.dtype if values.dtype.kind == "f" else np.int64
    padded = np.zeros(mask.shape + values.shape[1:], dtype=kind)
    padded[mask] = values
    return padded, mask


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
    probabilities, at this temperature, add up to p or more (to a millionth: rounding must not
    let another symbol in).

    Parameters
    ----------
    logits : array_like, shape (B, V)
        y, or log-probabilities; −∞ excludes a symbol, at least one stays.
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
    top = y.max(axis=-1, keepdims=True)
    if not np.isfinite(top).all():
        raise ValueError(f"each row of logits needs a largest that is finite; got {top.ravel()}.")
    if temperature != 0:
        positive_number(temperature, "temperature, if not 0,")
    if top_p is not None and positive_number(top_p, "top_p") > 1:
        raise ValueError(f"top_p must be at most 1; got {top_p!r}.")
    check_rng(rng)
    if temperature == 0:
        return y.argmax(axis=-1)
    kept = None if top_k is None else positive(top_k, "top_k")
    order = np.argsort(-y, axis=-1, kind="stable")[:, :kept]  # the most probable first
    y = np.take_along_axis(y, order, axis=-1)
    y = (y - y[:, :1]) / temperature
    if top_p is not None and top_p < 1:
        # The mass in front of a symbol decides: so the one that crosses p is still kept.
        p = losses.softmax(y)
        y[np.cumsum(p, axis=-1) - p >= top_p * (1 - 1e-6)] = -np.inf
    # The largest of y_k + Gumbel noise is k with the probability softmax(y)_k.
    chosen = np.argmax(y + rng.gumbel(size=y.shape), axis=-1, keepdims=True)
    return np.take_along_axis(order, chosen, axis=-1)[:, 0]


def _symbols(text: Any, name: str) -> list[str]:
    symbols = [*text] if isinstance(text, Iterable) else [text]
    if not all(isinstance(symbol, str) for symbol in symbols):
        raise ValueError(f"{name} must be a string or a list of strings; got {text!r}.")
    return symbols
