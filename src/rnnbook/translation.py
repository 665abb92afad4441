"""How chapters 6.1c and 6.1d train an encoder and decoder: the arrays and the updates."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from rnnkit import losses, optimizers
from rnnkit.seq2seq import EncoderDecoder
from rnnkit.text import Vocabulary, batches, pad
from rnnkit.training import train_step

__all__ = ["as_arrays", "updates"]

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray]


def as_arrays(
    sources: Sequence[Any], targets: Sequence[Any],
    source_symbols: Vocabulary, target_symbols: Vocabulary,
) -> Arrays:  # fmt: skip
    """Return source, decoder input, decoder output: whole numbers, padded with zeros."""
    return (
        pad([source_symbols.encode(text) for text in sources])[0],
        pad([target_symbols.encode(text, start=True) for text in targets])[0],
        pad([target_symbols.encode(text, end=True) for text in targets])[0],
    )


def updates(
    model: EncoderDecoder, data: Arrays, number: int, *,
    rng: np.random.Generator, rate: float = 3e-3, batch_size: int = 64,
) -> Iterator[tuple[int, float]]:  # fmt: skip
    """Train; yield the count of updates and the loss after each of them.

    The learning rate stays at `rate` in the first half and then falls to zero in a line.
    """
    source, target_in, target_out = data
    lengths = (source != 0).sum(axis=1), (target_out != 0).sum(axis=1)
    optimizer = optimizers.Adam(rate, global_clipnorm=1.0)
    done = 0
    while True:
        for rows in batches(lengths[0], batch_size, rng=rng):
            s, t = (length[rows].max() for length in lengths)
            optimizer.learning_rate = rate * min(1, 2 * (1 - done / number))
            result = train_step(
                model, (source[rows, :s], target_in[rows, :t]), target_out[rows, :t],
                loss=losses.categorical_cross_entropy, optimizer=optimizer, rng=rng,
            )  # fmt: skip
            done += 1
            yield done, result["loss"]
            if done == number:
                return
