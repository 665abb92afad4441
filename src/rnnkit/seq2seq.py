r"""From one sequence to another of a different length: encoder, decoder, attention.

The encoder reads the source; its final state is the decoder's initial state, and the decoder
writes the target symbol by symbol, each from the one before.  With attention every step of
the decoder also reads the encoder's outputs m_1 … m_S (the *memory*):

.. math::

    s_t &= \operatorname{cell}(E y_{t-1}, s_{t-1}), \qquad s_0 = \text{last state of the encoder} \\
    c_t &= \operatorname{attention}(h_t;\; m_1 \dots m_S), \qquad
    \hat h_t = \tanh([c_t, h_t] W + b) \\
    \ell_t &= \hat h_t W_y + b_y \quad\text{(without attention } h_t W_y + b_y\text{)}

h_t is the output that belongs to the state s_t, and the softmax of ℓ_t predicts the symbol y_t.
"""

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from rnnkit import _tree, attention, initializers
from rnnkit._validation import as_array, check_cache, positive
from rnnkit.layers import GRU, LSTM, Bidirectional, Dense, Embedding, Sequential, SimpleRNN, Weights
from rnnkit.text import END, START

__all__ = ["Cache", "EncoderDecoder", "State", "take_rows"]

CELLS = {layer.name: layer for layer in (SimpleRNN, GRU, LSTM)}


class State(NamedTuple):
    """What decoding carries from step to step; all arrays have the batch first."""

    cell: Any  # (B, H), for an LSTM the pair (h, c)
    memory: np.ndarray  # (B, S, H), the encoder's outputs
    mask: np.ndarray | None  # (B, S), True where the source is not padding


class Cache(NamedTuple):
    """What :meth:`EncoderDecoder.backward` needs, and which targets count."""

    parts: dict[str, Any]
    memory: np.ndarray  # (B, S, H)
    mask: np.ndarray  # (B, T)


class EncoderDecoder:
    """Encoder and decoder of one kind of cell, trained with the true targets as inputs.

    Symbol 0 is padding, behind the text, on both sides.  For a target y_1 … y_T the
    decoder reads start, y_1 … y_T and is to answer y_1 … y_T, end (*teacher forcing*); both
    are padded at the same positions, and these do not count in the loss.
    The functions of :mod:`rnnkit.training` take ``(source, target_in)`` as x and
    ``target_out`` as y.

    Parameters
    ----------
    source_size, target_size : int
        Numbers of symbols of source and target, padding included.
    units : int
        H, size of the states and of everything in between.
    embedding_units : int, optional
        Length of the symbols' vectors; H if not given.
    cell : str, optional
        ``"simple_rnn"``, ``"gru"`` or ``"lstm"``.
    attention : str, optional
        ``"dot"``: scores h_t · m_j; ``"additive"``: v · tanh(q_t + k_j) with
        q_t and k_j a linear map of h_t and of m_j; None: the
        decoder knows of the source what its initial state holds.
    bidirectional : bool, optional
        Whether a second encoder reads the source from its end.  Outputs and final states
        of both are added, so the decoder keeps its size.
    rng : numpy.random.Generator
        Draws the initial weights.
    dtype : dtype, optional
        Type of weights and results.
    **options
        For the recurrent layers, for instance ``dropout`` or ``reset_after``; a decoder that
        went backwards would read the answer, so ``go_backwards`` is refused.

    Raises
    ------
    ValueError
        If a name is unknown or an argument does not fit.

    References
    ----------
    I. Sutskever, O. Vinyals, Q. V. Le, *Sequence to sequence learning with neural
    networks*, NIPS 2014.  M.-T. Luong, H. Pham, C. D. Manning, *Effective approaches to
    attention-based neural machine translation*, EMNLP 2015, equations 5 and 6.

    Examples
    --------
    >>> model = EncoderDecoder(10, 12, 8, attention="dot", rng=np.random.default_rng(0))
    >>> source, target_in = [[4, 5, 6], [7, 8, 0]], [[2, 9], [2, 0]]
    >>> logits, _, cache = model.forward((source, target_in))
    >>> logits.shape, cache.mask.tolist()
    ((2, 2, 12), [[True, True], [True, False]])
    >>> symbols, weights = model.greedy(source, max_length=5)
    >>> symbols.shape, weights.shape
    ((2, 5), (2, 5, 3))
    """

    def __init__(
        self, source_size: int, target_size: int, units: int, *, rng: np.random.Generator,
        embedding_units: int | None = None, cell: str = "gru", attention: str | None = None,
        bidirectional: bool = False, dtype: DTypeLike = np.float64, **options: Any,
    ) -> None:  # fmt: skip
        if cell not in CELLS or attention not in (None, "dot", "additive"):
            known = f"cell must be one of {[*CELLS]} and attention None, 'dot' or 'additive'"
            raise ValueError(f"{known}; got {cell!r} and {attention!r}.")
        if options.keys() & {"go_backwards", "return_sequences"}:
            raise ValueError("go_backwards and return_sequences are set: a decoder reads forward.")
        self.cell, self.attention, self.bidirectional = cell, attention, bidirectional
        size = units if embedding_units is None else embedding_units
        reader, writer = (CELLS[cell](units, return_sequences=True, **options) for _ in range(2))
        reading = Bidirectional(reader, merge_mode="sum") if bidirectional else reader
        combine = [] if attention is None else [Dense(units, activation="tanh")]
        build = partial(Sequential, rng=rng, dtype=dtype)
        self.parts = {
            "encoder": build([Embedding(source_size, size, mask_zero=True), reading]),
            "decoder": build([Embedding(target_size, size, mask_zero=True), writer]),
            "head": build([*combine, Dense(target_size)], input_size=units * (1 + len(combine))),
        }
        if attention == "additive":
            self.parts |= {p: build([Dense(units)], input_size=units) for p in ("query", "key")}
            self.v = initializers.glorot_uniform((units, 1), rng=rng, dtype=dtype)[:, 0]

    @property
    def params(self) -> Weights:
        """All weights, by ``"part.layer.weight"``: the arrays that optimizers change."""
        named = {f"{p}.{k}": a for p, m in self.parts.items() for k, a in m.params.items()}
        return Weights(named | ({"attention.v": self.v} if self.attention == "additive" else {}))

    def forward(
        self, x: tuple[ArrayLike, ArrayLike], *, state: Any = None, mask: ArrayLike | None = None,
        **settings: Any,
    ) -> tuple[np.ndarray, dict[str, Any], Cache]:  # fmt: skip
        """Read the source and predict each target symbol from the true ones before it.

        Parameters
        ----------
        x : (array_like of int, array_like of int)
            Source (B, S) and decoder input (B, T).
        state : dict, optional
            Initial state of the encoder, as an earlier call returned it.
        mask : array_like of bool, shape (B, T), optional
            False where the decoder skips a step, besides padding.
        **settings
            ``training`` and ``rng``, for dropout.

        Returns
        -------
        logits : ndarray, shape (B, T, V)
            ℓ.
        state : dict
            Final state of the encoder.
        cache : Cache
            For :meth:`backward`; its ``mask`` says which targets count.

        Raises
        ------
        ValueError
            If a shape or type does not fit.
        """
        if not isinstance(x, tuple | list) or len(x) != 2:
            raise ValueError(f"x must be the pair (source, target_in); got {type(x).__name__}.")
        source, target = as_array(x[0], "source"), as_array(x[1], "target_in")
        _tree.check_rows(source=source, target_in=target)
        memory, final, cache = self.parts["encoder"].forward(source, state=state, **settings)
        begin = self._start(memory, final, cache)
        logits, _, _, caches = self._decode(target, begin, mask=mask, **settings)
        caches["encoder"] = cache
        return logits, final, Cache(caches, memory, caches["decoder"].mask)

    def backward(self, dlogits: np.ndarray, cache: Cache) -> tuple[None, dict[str, Any], dict]:
        """Propagate a gradient back through decoder, attention and encoder.

        Parameters
        ----------
        dlogits : ndarray, shape (B, T, V)
            Gradient of the loss with respect to the logits.
        cache : Cache
            From :meth:`forward`.

        Returns
        -------
        dx : None
            Symbols have no gradient.
        dstate : dict
            Gradient with respect to the initial state of the encoder.
        grads : dict of ndarray
            Gradients with the names of ``params``.

        Raises
        ------
        ValueError
            If the shape does not fit.
        """
        check_cache(cache, Cache)
        caches, memory, _ = cache
        grads: dict[str, np.ndarray] = {}

        def back(part: str, dy: np.ndarray, dstate: Any = None) -> tuple[Any, Any]:
            dx, dinitial, found = self.parts[part].backward(dy, caches[part], dstate)
            grads.update({f"{part}.{key}": array for key, array in found.items()})
            return dx, dinitial

        dh, _ = back("head", dlogits)
        dmemory = np.zeros_like(memory)
        if self.attention is not None:
            dcontext, dh = np.split(dh, 2, axis=-1)
            dquery, dkeys, dmemory, dv = attention.backward(dcontext, caches["attention"])
            if dv is not None:
                grads["attention.v"] = dv
                dquery, dkeys = back("query", dquery)[0], back("key", dkeys)[0]
            dh, dmemory = dh + dquery, dmemory + dkeys
        dcell = back("decoder", dh)[1][self.cell]
        dfinal = {"bidirectional": (dcell, dcell)} if self.bidirectional else {self.cell: dcell}
        _, dinitial = back("encoder", dmemory, dfinal)
        return None, dinitial, {key: grads[key] for key in self.params}

    def encode(self, source: ArrayLike) -> State:
        """Read the source: what :meth:`advance` starts from.

        Parameters
        ----------
        source : array_like of int, shape (B, S)
            Symbols, 0 for padding.

        Returns
        -------
        State
            Initial state of the decoder, and what its attention reads.

        Raises
        ------
        ValueError
            If ``source`` is not made of symbols.
        """
        return self._start(*self.parts["encoder"].forward(source))

    def advance(self, tokens: ArrayLike, state: State) -> tuple[np.ndarray, Any, State]:
        """One step of decoding.

        Parameters
        ----------
        tokens : array_like of int, shape (B,)
            The symbol before: start at first.  At 0 the state stays as it is.
        state : State
            From :meth:`encode` or the step before; left as it is.  Beam search keeps
            the rows it wants by :func:`take_rows`.

        Returns
        -------
        log_p : ndarray, shape (B, V)
            Log-probabilities of the next symbol.
        weights : ndarray, shape (B, S), or None
            Attention weights.
        state : State
            For the next step.

        Raises
        ------
        ValueError
            If ``tokens`` are no symbols or not as many as the state has rows.
        """
        if not isinstance(state, State):
            raise ValueError(f"state must be one of encode or advance; got {type(state).__name__}.")
        column = as_array(tokens, "tokens")[..., np.newaxis]
        y, weights, state, _ = self._decode(column, state)
        log_p = y[:, 0] - np.logaddexp.reduce(y[:, 0], axis=-1, keepdims=True)
        return log_p, None if weights is None else weights[:, 0], state

    def greedy(
        self, source: ArrayLike, *, max_length: int, start: int = START, end: int = END
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Decode by taking the most probable symbol at each step.

        Parameters
        ----------
        source : array_like of int, shape (B, S)
            Symbols, 0 for padding.
        max_length : int
            Largest number of symbols to write, ``end`` included.
        start, end : int, optional
            The symbols that start and end a text.

        Returns
        -------
        symbols : ndarray of int, shape (B, T)
            What was written, with ``end`` and then zeros; T is at most ``max_length``.
        weights : ndarray, shape (B, T, S), or None
            Attention weights, 0 behind ``end``.

        Raises
        ------
        ValueError
            If an argument does not fit.
        """
        positive(max_length, "max_length")
        state = self.encode(source)
        tokens = np.full(len(state.memory), start)
        steps: list[tuple[np.ndarray, Any]] = []
        while len(steps) < max_length and not (steps and np.isin(tokens, (0, end)).all()):
            log_p, weights, state = self.advance(tokens, state)
            ended = np.isin(tokens, (0, end)) & bool(steps)  # one symbol may both start and end
            tokens = np.where(ended, 0, log_p[:, 1:].argmax(axis=-1) + 1)  # padding is no answer
            steps.append((tokens, weights))
        symbols = np.stack([tokens for tokens, _ in steps], axis=1)
        if self.attention is None:
            return symbols, None
        return symbols, np.stack([w for _, w in steps], axis=1) * (symbols != 0)[..., np.newaxis]

    def _start(self, memory: np.ndarray, final: dict[str, Any], cache: Any) -> State:
        """What the decoder starts from, given all that comes from the encoder."""
        (cell,) = final.values()
        if self.bidirectional:
            a, b = cell
            cell = type(a)(*map(np.add, a, b)) if isinstance(a, tuple) else a + b
        return State(cell, memory, cache.mask)

    def _decode(self, target: Any, state: State, **settings: Any) -> tuple[Any, Any, State, dict]:
        """Logits (B, T, V), attention weights (B, T, S), the state after them, and the caches."""
        cell, memory, mask = state
        start = {self.cell: cell}
        h, final, cache = self.parts["decoder"].forward(target, state=start, **settings)
        caches, weights, joint = {"decoder": cache}, None, h
        if self.attention is not None:
            query, keys, v = h, memory, []
            if self.attention == "additive":
                query, _, caches["query"] = self.parts["query"].forward(h)
                keys, _, caches["key"] = self.parts["key"].forward(memory)
                v.append(self.v)
            read = getattr(attention, self.attention)(query, keys, memory, *v, mask=mask)
            context, weights, caches["attention"] = read
            joint = np.concatenate((context, h), axis=-1)
        logits, _, caches["head"] = self.parts["head"].forward(joint)
        return logits, weights, State(final[self.cell], memory, mask), caches


def take_rows(state: Any, rows: ArrayLike) -> Any:
    """Take rows of a state, in any order and number.

    Parameters
    ----------
    state : State, or a state of a model or layer
        A tree of tuples and dicts whose leaves are arrays with the batch first.
    rows : array_like of int
        Row numbers; ``np.repeat(np.arange(B), k)`` gives each sequence k rows.

    Returns
    -------
    same type as state
        A new state; ``state`` is left as it is.

    Raises
    ------
    ValueError
        If there is no such row.

    Examples
    --------
    >>> model = EncoderDecoder(5, 5, 3, cell="lstm", rng=np.random.default_rng(0))
    >>> two = model.encode([[4, 4], [4, 0]])
    >>> take_rows(two, [1, 1, 0]).mask
    array([[ True, False],
           [ True, False],
           [ True,  True]])
    """
    n, wanted = _tree.check_rows(state=state), as_array(rows, "rows")
    if wanted.dtype.kind not in "iu" or wanted.ndim != 1 or (abs(2 * wanted + 1) > 2 * n).any():
        raise ValueError(f"rows must be whole numbers of 0 … {n - 1}; got {rows!r}.")
    return _tree.take_rows(state, wanted)
