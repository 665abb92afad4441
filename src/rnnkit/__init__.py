"""Recurrent neural networks from scratch in NumPy.

The functions come first, thin layers on top.  Read the modules in this order:

=================  ========================================================
``simple_rnn``     the recurrent cell: one step, forward over time, BPTT
``lstm``, ``gru``  the same with gates
``attention``      a differentiable lookup: dot-product and additive
``clipping``       gradient clipping by value, by norm, by global norm
``gradcheck``      analytic gradients against central differences
``seq2seq``        encoder and decoder, teacher forcing, greedy decoding
``text``           vocabularies, padding, batches of like length, sampling
``losses``         mean squared error and cross-entropies, with masks
``optimizers``     SGD with momentum, RMSprop, Adam
``layers``         Embedding, Dense, Dropout, SimpleRNN, LSTM, GRU, Sequential
``training``       mini-batch training and truncated BPTT
``serialization``  weights to and from a file
``datasets``       real data out of installed packages
``keras_bridge``   weights to and from Keras (the only module that imports it)
``plotting``       figures (the only module that imports Matplotlib)
=================  ========================================================

Importing the package imports NumPy and nothing else.
"""

from rnnkit import (  # noqa: I001
    activations, attention, clipping, gradcheck, gru, initializers, layers, losses, lstm,
    optimizers, seq2seq, serialization, simple_rnn, text, training,
)  # fmt: skip

__all__ = [
    "activations", "attention", "clipping", "gradcheck", "gru", "initializers", "layers", "losses",
    "lstm", "optimizers", "seq2seq", "serialization", "simple_rnn", "text", "training",
]  # fmt: skip
__version__ = "0.2.0"
