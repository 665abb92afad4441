"""What chapters 6.1c and 6.1d share: an encoder and decoder, its arrays, updates, Keras twin."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from rnnkit import losses, optimizers, plotting
from rnnkit.seq2seq import EncoderDecoder
from rnnkit.text import Vocabulary, batches, pad
from rnnkit.training import train_step

__all__ = ["as_arrays", "keras_twin", "network", "show_weights", "updates"]

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


def network(
    symbols: tuple[int, int], units: int, embedding_units: int, *,
    rng: np.random.Generator, attention: str | None = "dot",
) -> EncoderDecoder:  # fmt: skip
    """Return a GRU that reads both ways and one that writes, in float32.

    `symbols` are the numbers of symbols of source and target.
    """
    return EncoderDecoder(
        *symbols, units, embedding_units=embedding_units, attention=attention, bidirectional=True,
        rng=rng, dtype=np.float32,
    )  # fmt: skip


def keras_twin(ours: EncoderDecoder) -> tuple[Any, dict[str, Any]]:
    """Return `ours`, with attention, in Keras; and Keras's variables by our names."""
    import keras

    layers = keras.layers
    shapes = {key: array.shape for key, array in ours.params.items()}
    n, d = shapes["encoder.embedding.E"]
    source = keras.Input((None,), dtype="int32")
    x = layers.Embedding(n, d, mask_zero=True, name="encoder.embedding")(source)
    H, m = shapes["head.dense_1.W"]
    rnn = layers.GRU(H, return_sequences=True, return_state=True)
    rnn = layers.Bidirectional(rnn, merge_mode="sum", name="encoder.bidirectional")
    memory, forwards, backwards = rnn(x)

    target = keras.Input((None,), dtype="int32")
    y = layers.Embedding(m, d, mask_zero=True, name="decoder.embedding")(target)
    writer = layers.GRU(H, return_sequences=True, name="decoder.gru")
    s = writer(y, initial_state=forwards + backwards)
    context = layers.Attention()([s, memory])  # queries, then keys and values
    joint = layers.Concatenate()([context, s])
    s_hat = layers.Dense(H, activation="tanh", name="head.dense")(joint)
    logits = layers.Dense(m, name="head.dense_1")(s_hat)
    twin = keras.Model([source, target], logits)

    variables: dict[str, Any] = {}
    for layer in twin.layers:
        names = [key for key in shapes if key.startswith(layer.name + ".")]
        layer.set_weights([ours.params[key] for key in names])
        variables |= dict(zip(names, layer.trainable_variables, strict=True))
    return twin, variables


def show_weights(
    ax: Any, model: EncoderDecoder, text: str, source: Vocabulary, target: Vocabulary
) -> list[str]:
    """Draw what a greedy answer looks at, a row for each written symbol; return the answer."""
    symbols, weights = model.greedy([source.encode(text)], max_length=30)
    answer = target.decode(symbols[0])
    ticks = [x if x != " " else "␣" for x in text]
    plotting.matrix(
        weights[0], xlabel="source", ylabel="written", xticks=ticks, yticks=[*answer, "end"],  # type: ignore[index]
        ax=ax, vmin=0, vmax=1, aspect="auto",
    )  # fmt: skip
    return answer
