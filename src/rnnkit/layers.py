"""Layers and models: the pure functions of the other modules, with weights attached.

Names and meanings are Keras's: ``units``, ``return_sequences``, ``go_backwards``, masks.
A layer owns its weights and nothing else; what ``backward`` needs comes out of
``forward`` as a cache, so one layer may be used several times before it is updated.
"""

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from rnnkit import activations, gru, initializers, lstm, simple_rnn
from rnnkit._validation import as_array, as_float, as_mask, check_rng, check_rows, positive

__all__ = [
    "GRU",
    "LSTM",
    "Bidirectional",
    "Dense",
    "Dropout",
    "Embedding",
    "Layer",
    "Recurrent",
    "Sequential",
    "SimpleRNN",
]

Grads = dict[str, np.ndarray]
Result = tuple[np.ndarray, Any, Any]  # output, final state, cache


class Call(NamedTuple):
    """How a layer is called."""

    mask: np.ndarray | None
    state: Any
    training: bool
    rng: np.random.Generator | None


class Layer(ABC):
    """What the layers share.

    Attributes
    ----------
    name : str
        Name of this kind of layer, as in Keras.
    params : dict of ndarray
        Weights by name; empty until :meth:`build`.
    """

    name = "layer"

    def __init__(self) -> None:
        self.params: dict[str, np.ndarray] = {}

    def build(self, input_size: Any, *, rng: np.random.Generator, dtype: DTypeLike) -> Any:
        """Create the weights for inputs of ``input_size`` features; return the output size."""
        return input_size

    def forward(
        self, x: Any, *, mask: np.ndarray | None = None, state: Any = None,
        training: bool = False, rng: np.random.Generator | None = None,
    ) -> Result:  # fmt: skip
        """Return the output, the final state (None where there is none) and a cache."""
        return self._forward(x, Call(mask, state, training, rng))

    def _forward(self, x: Any, call: Call) -> Result:
        raise NotImplementedError

    @abstractmethod
    def backward(self, dy: Any, cache: Any, dstate: Any = None) -> tuple[Any, Any, Grads]:
        """Return gradients: of the input, of the initial state, of the weights by name."""

    def output_mask(self, x: Any, mask: np.ndarray | None) -> np.ndarray | None:
        """Return the mask the next layer sees."""
        return mask


class Embedding(Layer):
    r"""A table of vectors, one row for each symbol.

    .. math:: y_t = E_{x_t}

    Parameters
    ----------
    vocabulary_size : int
        Number of symbols V; inputs are integers from 0 to V − 1.
    units : int
        Length of the vectors.
    mask_zero : bool, optional
        Whether symbol 0 is padding that the layers behind skip.

    Raises
    ------
    ValueError
        From ``forward``, if the input is not made of integers from 0 to V − 1.

    Examples
    --------
    >>> layer = Embedding(5, 3)
    >>> layer.build(None, rng=np.random.default_rng(0), dtype=np.float64)
    3
    >>> y, _, _ = layer.forward([[1, 4, 0]])
    >>> y.shape
    (1, 3, 3)
    """

    name = "embedding"

    def __init__(self, vocabulary_size: int, units: int, *, mask_zero: bool = False) -> None:
        super().__init__()
        self.vocabulary_size = positive(vocabulary_size, "vocabulary_size")
        self.units = positive(units, "units")
        self.mask_zero = mask_zero

    def build(self, input_size: Any, *, rng: np.random.Generator, dtype: DTypeLike) -> int:
        """Draw the table uniformly from [−0.05, 0.05], as Keras does."""
        table = rng.uniform(-0.05, 0.05, size=(self.vocabulary_size, self.units))
        self.params = {"E": table.astype(dtype)}
        return self.units

    def _forward(self, x: Any, call: Call) -> Result:
        """Look the rows up: (B, T) integers to (B, T, units)."""
        symbols = self._symbols(x)
        return self.params["E"][symbols], None, symbols

    def backward(self, dy: Any, cache: Any, dstate: Any = None) -> tuple[Any, Any, Grads]:
        """Add up the gradients of equal symbols."""
        dE = np.zeros_like(self.params["E"])
        dy = _as_gradient(dy, (*cache.shape, self.units), dE.dtype)
        np.add.at(dE, cache.ravel(), dy.reshape(-1, self.units))
        return None, None, {"E": dE}

    def output_mask(self, x: Any, mask: np.ndarray | None) -> np.ndarray | None:
        """Symbols other than 0 are valid, if ``mask_zero``."""
        if not self.mask_zero:
            return mask
        valid = self._symbols(x) != 0
        return valid if mask is None else valid & as_mask(mask, *valid.shape)

    def _symbols(self, x: Any) -> np.ndarray:
        symbols = as_array(x, "x")
        if symbols.dtype.kind not in "iu" or symbols.ndim != 2 or symbols.size == 0:
            raise ValueError(
                "x must be integers of shape (batch, time), not empty; "
                f"got {symbols.dtype}, {symbols.shape}."
            )
        if symbols.min() < 0 or symbols.max() >= self.vocabulary_size:
            raise ValueError(
                f"x must lie in 0 … {self.vocabulary_size - 1}, the vocabulary; "
                f"got values from {symbols.min()} to {symbols.max()}."
            )
        return symbols


class Dense(Layer):
    r"""A linear map at every position, then an activation.

    .. math:: y = \varphi(x W + b)

    Parameters
    ----------
    units : int
        K, size of the output.
    activation : str, optional
        Name of φ; linear by default, since the losses take logits.

    Raises
    ------
    ValueError
        If ``activation`` is unknown, or a shape does not fit.

    Examples
    --------
    >>> layer = Dense(2)
    >>> layer.build(3, rng=np.random.default_rng(0), dtype=np.float64)
    2
    >>> y, _, _ = layer.forward(np.ones((4, 5, 3)))
    >>> y.shape
    (4, 5, 2)
    """

    name = "dense"

    def __init__(self, units: int, *, activation: str = "linear") -> None:
        super().__init__()
        self.units = positive(units, "units")
        activations.get(activation)
        self.activation = activation

    def build(self, input_size: Any, *, rng: np.random.Generator, dtype: DTypeLike) -> int:
        """Draw W by Glorot's rule; b starts at zero."""
        n_in = positive(input_size, "input_size")
        W = initializers.glorot_uniform((n_in, self.units), rng=rng, dtype=dtype)
        self.params = {"W": W, "b": np.zeros(self.units, dtype=dtype)}
        return self.units

    def _forward(self, x: Any, call: Call) -> Result:
        """(B, D) or (B, T, D) to (B, K) or (B, T, K)."""
        W = self.params["W"]
        x = as_array(x, "x").astype(W.dtype, copy=False)
        if x.ndim not in (2, 3) or x.size == 0 or x.shape[-1] != W.shape[0]:
            raise ValueError(
                f"x must have shape (batch, features) or (batch, time, features) with "
                f"features = {W.shape[0]}; got {x.shape}."
            )
        y = x @ W
        y += self.params["b"]
        activations.get(self.activation).apply(y, y)
        return y, None, (x, y)

    def backward(self, dy: Any, cache: Any, dstate: Any = None) -> tuple[Any, Any, Grads]:
        """Gradients of the input, of W and of b."""
        x, y = cache
        W = self.params["W"]
        dy = _as_gradient(dy, y.shape, W.dtype)
        if self.activation != "linear":
            dy = dy * activations.get(self.activation).derivative(y)
        rows = dy.reshape(-1, self.units)
        grads = {"W": x.reshape(-1, W.shape[0]).T @ rows, "b": rows.sum(axis=0)}
        return dy @ W.T, None, grads


class Dropout(Layer):
    r"""Zero a random share of the entries in training; do nothing otherwise.

    .. math:: y = \frac{x \odot m}{1 - p}, \qquad m_i \sim \text{Bernoulli}(1 - p)

    The division keeps the expected value, so prediction needs no correction.

    Parameters
    ----------
    rate : float
        p, the share that is zeroed; 0 ≤ p < 1.

    Raises
    ------
    ValueError
        If ``rate`` is out of range, or ``rng`` is missing in training.

    References
    ----------
    N. Srivastava et al., *Dropout: a simple way to prevent neural networks from
    overfitting*, JMLR 15 (2014) 1929–1958.

    Examples
    --------
    >>> y, _, _ = Dropout(0.5).forward(np.ones((1, 4)), training=True,
    ...                                rng=np.random.default_rng(0))
    >>> sorted(set(y.ravel().tolist()))
    [0.0, 2.0]
    """

    name = "dropout"

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = _check_rate(rate, "rate")

    def _forward(self, x: Any, call: Call) -> Result:
        """Same shape out as in."""
        x = as_array(x, "x")
        if not call.training or self.rate == 0.0:
            return x, None, None
        factor = _dropout_factor(x.shape, self.rate, call.rng, x.dtype)
        return x * factor, None, factor

    def backward(self, dy: Any, cache: Any, dstate: Any = None) -> tuple[Any, Any, Grads]:
        """The same entries are dropped from the gradient."""
        return (dy if cache is None else dy * cache), None, {}


class RecurrentCache(NamedTuple):
    """What ``backward`` of a recurrent layer needs."""

    cell: Any  # the cache of simple_rnn, lstm or gru
    input_factor: np.ndarray | None  # (B, 1, D), of dropout
    shape: tuple[int, int]  # (B, T)


class Recurrent(Layer):
    """What :class:`SimpleRNN`, :class:`LSTM` and :class:`GRU` share.

    Parameters
    ----------
    units : int
        H, the size of the hidden state (not the number of time steps).
    return_sequences : bool, optional
        Whether to return h_1 … h_T, shape (B, T, H), or only h_T, shape (B, H).
    go_backwards : bool, optional
        Whether to read the sequence from its end; outputs then come in the order of
        processing, the last step first, and the mask is passed on as it is (as in Keras).
    dropout : float, optional
        Share of the input features that is zeroed in training: the same features at all steps.
    recurrent_dropout : float, optional
        Share of the entries of h_{t−1} that is zeroed in front of W_h in training: the same
        entries at all steps, drawn for each gate anew.  The state itself is not touched.

    Raises
    ------
    ValueError
        If a rate or a shape does not fit.

    References
    ----------
    Y. Gal, Z. Ghahramani, *A theoretically grounded application of dropout in recurrent
    neural networks*, NIPS 2016.
    """

    cell: Any  # the module with the equations
    gates = 1

    def __init__(
        self, units: int, *, return_sequences: bool = False, go_backwards: bool = False,
        dropout: float = 0.0, recurrent_dropout: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__()
        self.units = positive(units, "units")
        self.return_sequences = return_sequences
        self.go_backwards = go_backwards
        self.dropout = _check_rate(dropout, "dropout")
        self.recurrent_dropout = _check_rate(recurrent_dropout, "recurrent_dropout")
        self.init_options: dict[str, Any] = {}
        self.options: dict[str, Any] = {}

    def build(self, input_size: Any, *, rng: np.random.Generator, dtype: DTypeLike) -> int:
        """Draw the weights by the ``init`` of the cell."""
        n_in = positive(input_size, "input_size")
        params = self.cell.init(n_in, self.units, rng=rng, dtype=dtype, **self.init_options)
        self.params = params._asdict()
        return self.units

    def _forward(self, x: Any, call: Call) -> Result:
        """(B, T, D) to (B, T, H) or (B, H), and the final state."""
        params = self.cell.Params(**self.params)
        D, dtype = params.W_x.shape[0], params.W_x.dtype
        x = as_float(x, "x", dtype, "batch, time, features", None, None, D)
        B, T, _ = x.shape
        mask, state, training, rng = call
        if self.go_backwards:
            x = x[:, ::-1]
            mask = None if mask is None else as_mask(mask, B, T)[:, ::-1]
        on_input = on_state = None
        if training and self.dropout:
            on_input = _dropout_factor((B, 1, D), self.dropout, rng, dtype)
            x = x * on_input
        if training and self.recurrent_dropout:
            shape = (self.gates, B, self.units)
            on_state = _dropout_factor(shape, self.recurrent_dropout, rng, dtype)
        h, final_state, cache = self.cell.forward(
            x, params, state, mask=mask, recurrent_factor=on_state, **self.options
        )
        y = h if self.return_sequences else h[:, -1]
        return y, final_state, RecurrentCache(cache, on_input, (B, T))

    def backward(self, dy: Any, cache: Any, dstate: Any = None) -> tuple[Any, Any, Grads]:
        """BPTT, by the ``backward`` of the cell."""
        dh = dy
        if not self.return_sequences:
            B, T = cache.shape
            dtype = self.params["W_x"].dtype
            dh = np.zeros((B, T, self.units), dtype=dtype)
            dh[:, -1] = _as_gradient(dy, (B, self.units), dtype)
        dx, dinitial, grads = self.cell.backward(dh, cache.cell, dstate)
        if cache.input_factor is not None:
            dx = dx * cache.input_factor
        return dx[:, ::-1] if self.go_backwards else dx, dinitial, grads._asdict()

    def output_mask(self, x: Any, mask: np.ndarray | None) -> np.ndarray | None:
        """A sequence keeps its mask, a single output has none."""
        return mask if self.return_sequences else None


class SimpleRNN(Recurrent):
    r"""The simple recurrent network of :mod:`rnnkit.simple_rnn` as a layer.

    .. math:: h_t = \varphi(x_t W_x + h_{t-1} W_h + b)

    Parameters
    ----------
    units : int
        H, the size of the hidden state (not the number of time steps).
    activation : str, optional
        Name of φ.
    **options
        ``return_sequences``, ``go_backwards``, ``dropout``, ``recurrent_dropout``: see
        :class:`Recurrent`.

    Raises
    ------
    ValueError
        If ``activation`` is unknown, or a rate or a shape does not fit.

    Examples
    --------
    >>> layer = SimpleRNN(4, return_sequences=True)
    >>> layer.build(2, rng=np.random.default_rng(0), dtype=np.float64)
    4
    >>> h, final_state, _ = layer.forward(np.ones((1, 3, 2)))
    >>> h.shape, final_state.shape
    ((1, 3, 4), (1, 4))
    """

    name = "simple_rnn"
    cell = simple_rnn

    def __init__(self, units: int, *, activation: str = "tanh", **options: Any) -> None:
        super().__init__(units, **options)
        activations.get(activation)
        self.activation = activation
        self.options = {"activation": activation}


class LSTM(Recurrent):
    r"""The long short-term memory of :mod:`rnnkit.lstm` as a layer; its state is (h, c).

    .. math:: c_t = f_t \odot c_{t-1} + i_t \odot \tilde c_t, \qquad h_t = o_t \odot \tanh(c_t)

    Parameters
    ----------
    units : int
        H, the size of h and of c.
    unit_forget_bias : bool, optional
        Whether the bias of the forget gate starts at 1.
    **options
        ``return_sequences``, ``go_backwards``, ``dropout``, ``recurrent_dropout``: see
        :class:`Recurrent`.

    Raises
    ------
    ValueError
        If a rate or a shape does not fit.

    Examples
    --------
    >>> layer = LSTM(4)
    >>> layer.build(2, rng=np.random.default_rng(0), dtype=np.float64)
    4
    >>> h, (h_T, c_T), _ = layer.forward(np.ones((1, 3, 2)))
    >>> h.shape, h_T.shape, c_T.shape
    ((1, 4), (1, 4), (1, 4))
    """

    name = "lstm"
    cell = lstm
    gates = 4

    def __init__(self, units: int, *, unit_forget_bias: bool = True, **options: Any) -> None:
        super().__init__(units, **options)
        self.unit_forget_bias = unit_forget_bias
        self.init_options = {"unit_forget_bias": unit_forget_bias}


class GRU(Recurrent):
    r"""The gated recurrent unit of :mod:`rnnkit.gru` as a layer.

    .. math:: h_t = z_t \odot h_{t-1} + (1 - z_t) \odot \tilde h_t

    Parameters
    ----------
    units : int
        H, the size of the hidden state.
    reset_after : bool, optional
        Whether the reset gate acts after the recurrent product (Keras's default).
    **options
        ``return_sequences``, ``go_backwards``, ``dropout``, ``recurrent_dropout``: see
        :class:`Recurrent`.

    Raises
    ------
    ValueError
        If a rate or a shape does not fit.

    Examples
    --------
    >>> layer = GRU(4, return_sequences=True)
    >>> layer.build(2, rng=np.random.default_rng(0), dtype=np.float64)
    4
    >>> layer.forward(np.ones((1, 3, 2)))[0].shape
    (1, 3, 4)
    """

    name = "gru"
    cell = gru
    gates = 3

    def __init__(self, units: int, *, reset_after: bool = True, **options: Any) -> None:
        super().__init__(units, **options)
        self.reset_after = reset_after
        self.init_options = {"reset_after": reset_after}


class Bidirectional(Layer):
    r"""Two recurrent layers, one from the first step to the last, one the other way.

    .. math:: y_t = [\overrightarrow h_t, \overleftarrow h_t] \qquad\text{or}\qquad
        y_t = \overrightarrow h_t + \overleftarrow h_t

    Both outputs of step t stand at step t; at masked steps they are zero (as in Keras, whose
    single layers repeat the last output there).  Without ``return_sequences`` the output joins
    the forward layer's last state and the backward layer's state at the first step.

    Parameters
    ----------
    layer : Recurrent
        The layer that reads forward; the one that reads backward gets the same settings and
        weights of its own.
    merge_mode : str, optional
        ``"concat"`` (2H features) or ``"sum"`` (H).

    Raises
    ------
    ValueError
        If the layer is not a fresh recurrent one that reads forward, or the mode is unknown.

    References
    ----------
    M. Schuster, K. K. Paliwal, *Bidirectional recurrent neural networks*, IEEE Transactions
    on Signal Processing 45 (1997) 2673–2681.

    Examples
    --------
    >>> layer = Bidirectional(GRU(4, return_sequences=True))
    >>> layer.build(2, rng=np.random.default_rng(0), dtype=np.float64)
    8
    >>> y, state, _ = layer.forward(np.ones((1, 3, 2)))
    >>> y.shape, [h.shape for h in state]
    ((1, 3, 8), [(1, 4), (1, 4)])
    """

    name = "bidirectional"

    def __init__(self, layer: Recurrent, *, merge_mode: str = "concat") -> None:
        super().__init__()
        if not isinstance(layer, Recurrent) or layer.params or layer.go_backwards:
            raise ValueError("layer must be a new SimpleRNN, LSTM or GRU without go_backwards.")
        if merge_mode not in ("concat", "sum"):
            raise ValueError(f"merge_mode must be 'concat' or 'sum'; got {merge_mode!r}.")
        self.merge_mode = merge_mode
        self.pair = layer, copy.copy(layer)
        self.pair[1].go_backwards = True
        self.return_sequences = layer.return_sequences

    def build(self, input_size: Any, *, rng: np.random.Generator, dtype: DTypeLike) -> int:
        """Draw the weights of both layers, the forward one first."""
        units = 0
        for way, layer in zip(("forward", "backward"), self.pair, strict=True):
            units += layer.build(input_size, rng=rng, dtype=dtype)
            self.params |= {f"{way}.{key}": array for key, array in layer.params.items()}
        return units if self.merge_mode == "concat" else units // 2

    def _forward(self, x: Any, call: Call) -> Result:
        """(B, T, D) to (B, T, 2H) or (B, 2H); the state is the pair of both final states."""
        states = _as_two(call.state, "state")
        (ahead, final, cache), (back, final_back, cache_back) = (
            layer.forward(x, **call._replace(state=state)._asdict())
            for layer, state in zip(self.pair, states, strict=True)
        )
        back = self._in_order(back)
        y = np.concatenate((ahead, back), axis=-1) if self._concat else ahead + back
        zeroed = call.mask is not None and self.return_sequences
        valid = np.asarray(call.mask)[:, :, np.newaxis] if zeroed else None
        y = y if valid is None else y * valid
        return y, (final, final_back), (cache, cache_back, valid, y.shape)

    def backward(self, dy: Any, cache: Any, dstate: Any = None) -> tuple[Any, Any, Grads]:
        """BPTT in both directions."""
        *caches, valid, shape = cache
        dy = _as_gradient(dy, shape, self.pair[0].params["W_x"].dtype)
        dy = dy if valid is None else dy * valid
        ahead, back = np.split(dy, 2, axis=-1) if self._concat else (dy, dy)
        to_ahead, to_back = _as_two(dstate, "dstate")
        dx, dinitial, grads = self.pair[0].backward(ahead, caches[0], to_ahead)
        dx_back, dinitial_back, grads_back = self.pair[1].backward(
            self._in_order(back), caches[1], to_back
        )
        named = {f"forward.{key}": grad for key, grad in grads.items()}
        named |= {f"backward.{key}": grad for key, grad in grads_back.items()}
        return dx + dx_back, (dinitial, dinitial_back), named

    def output_mask(self, x: Any, mask: np.ndarray | None) -> np.ndarray | None:
        """A sequence keeps its mask, a single output has none."""
        return mask if self.return_sequences else None

    @property
    def _concat(self) -> bool:
        return self.merge_mode == "concat"

    def _in_order(self, y: np.ndarray) -> np.ndarray:
        """The backward layer's steps, last first, in the order of time."""
        return y[:, ::-1] if self.return_sequences else y


class ModelCache(NamedTuple):
    """What :meth:`Sequential.backward` needs, and the mask of the output."""

    layers: list[Any]
    mask: np.ndarray | None


class Sequential:
    """Layers one after the other.

    Parameters
    ----------
    layers : sequence of Layer
        Layers without weights yet; each instance belongs to one model.
    input_size : int, optional
        Number of features; not needed if the first layer is an Embedding.
    rng : numpy.random.Generator
        Draws the initial weights.
    dtype : dtype, optional
        Type of weights and results.

    Attributes
    ----------
    params : dict of ndarray
        All weights, by ``"layer.weight"``: the arrays themselves, which optimizers
        change in place.

    Raises
    ------
    ValueError
        If there is no layer, one has been used in another model, or sizes do not fit.

    Examples
    --------
    >>> model = Sequential([SimpleRNN(4), Dense(2)], input_size=3,
    ...                    rng=np.random.default_rng(0))
    >>> list(model.params)
    ['simple_rnn.W_x', 'simple_rnn.W_h', 'simple_rnn.b', 'dense.W', 'dense.b']
    >>> model.predict(np.ones((5, 7, 3))).shape
    (5, 2)
    """

    def __init__(
        self, layers: Sequence[Layer], *, input_size: int | None = None, rng: np.random.Generator,
        dtype: DTypeLike = np.float64,
    ) -> None:  # fmt: skip
        check_rng(rng)
        self.dtype = np.dtype(dtype)
        if self.dtype.kind != "f":
            raise ValueError(f"dtype must be a floating-point type; got {self.dtype}.")
        if not layers:
            raise ValueError("a model needs at least one layer.")
        if any(layer.params for layer in layers) or len(set(map(id, layers))) < len(layers):
            raise ValueError("a layer already has weights: make a new one for each model.")
        self.layers: dict[str, Layer] = {}
        self.params: dict[str, np.ndarray] = {}
        size = input_size
        for layer in layers:
            same_kind = sum(other.name == layer.name for other in self.layers.values())
            name = f"{layer.name}_{same_kind}" if same_kind else layer.name
            size = layer.build(size, rng=rng, dtype=self.dtype)
            self.layers[name] = layer
            self.params |= {f"{name}.{key}": array for key, array in layer.params.items()}

    def forward(
        self, x: ArrayLike, *, mask: ArrayLike | None = None,
        state: Mapping[str, Any] | None = None, training: bool = False,
        rng: np.random.Generator | None = None,
    ) -> tuple[np.ndarray, dict[str, Any], ModelCache]:  # fmt: skip
        """Run all layers.

        Parameters
        ----------
        x : array_like
            (B, T, D), or integers (B, T) for an Embedding.
        mask : array_like of bool, shape (B, T), optional
            True where a step is valid.
        state : dict of ndarray, optional
            Initial states by name of the recurrent layer, as an earlier call returned them.
        training : bool, optional
            Whether Dropout is active.
        rng : numpy.random.Generator, optional
            For Dropout.

        Returns
        -------
        y : ndarray
            Output of the last layer.
        state : dict of ndarray
            Final states by name of the recurrent layer.
        cache : ModelCache
            For :meth:`backward`; its ``mask`` is that of the output.

        Raises
        ------
        ValueError
            If a shape or type does not fit.
        """
        state = state or {}
        y: Any = x
        valid = None if mask is None else as_array(mask, "mask")
        final: dict[str, Any] = {}
        caches = []
        for name, layer in self.layers.items():
            next_mask = layer.output_mask(y, valid)
            # The mask an Embedding makes is meant for the layers behind it.
            y, layer_state, cache = layer.forward(
                y, mask=valid, state=state.get(name), training=training, rng=rng
            )
            valid = next_mask
            caches.append(cache)
            if layer_state is not None:
                final[name] = layer_state
        _check_names(state, final, "state")
        return y, final, ModelCache(caches, valid)

    def backward(
        self,
        dy: np.ndarray,
        cache: ModelCache,
        dstate: Mapping[str, Any] | None = None,
    ) -> tuple[np.ndarray | None, dict[str, Any], Grads]:
        """Propagate a gradient back through all layers.

        Parameters
        ----------
        dy : ndarray
            Gradient of the loss with respect to the output.
        cache : ModelCache
            From :meth:`forward`.
        dstate : dict of ndarray, optional
            Gradients with respect to the final states.

        Returns
        -------
        dx : ndarray or None
            Gradient with respect to the input; None behind an Embedding.
        dstate : dict of ndarray
            Gradients with respect to the initial states.
        grads : dict of ndarray
            Gradients with the names of ``params``.

        Raises
        ------
        ValueError
            If a shape does not fit, or ``dstate`` names no recurrent layer.
        """
        dstate = dstate or {}
        dinitial: dict[str, Any] = {}
        grads: Grads = {}
        dx: Any = dy
        for (name, layer), layer_cache in zip(
            reversed(self.layers.items()), reversed(cache.layers), strict=True
        ):
            dx, layer_dstate, layer_grads = layer.backward(dx, layer_cache, dstate.get(name))
            grads |= {f"{name}.{key}": array for key, array in layer_grads.items()}
            if layer_dstate is not None:
                dinitial[name] = layer_dstate
        _check_names(dstate, dinitial, "dstate")
        return dx, dinitial, {key: grads[key] for key in self.params}

    def predict(
        self, x: ArrayLike, *, mask: ArrayLike | None = None, batch_size: int = 256
    ) -> np.ndarray:
        """Output for all of ``x``, computed in batches to bound the memory.

        Parameters
        ----------
        x : array_like
            As for :meth:`forward`.
        mask : array_like of bool, optional
            As for :meth:`forward`.
        batch_size : int, optional
            Sequences at a time.

        Returns
        -------
        ndarray
            Outputs, first axis as in ``x``.

        Raises
        ------
        ValueError
            If a shape or type does not fit.
        """
        x = as_array(x, "x")
        mask = None if mask is None else as_array(mask, "mask")
        check_rows(x=x, mask=mask)
        starts = range(0, max(len(x), 1), positive(batch_size, "batch_size"))
        parts = [slice(start, start + batch_size) for start in starts]
        outputs = [
            self.forward(x[part], mask=None if mask is None else mask[part])[0] for part in parts
        ]
        return np.concatenate(outputs)

    def summary(self) -> str:
        """One line for each weight: name, shape, number of entries.

        Returns
        -------
        str
            The table.
        """
        width = max(map(len, [*self.params, "total"]))
        lines = [
            f"{name:<{width}}  {array.shape!s:<12} {array.size:>9,}"
            for name, array in self.params.items()
        ]
        total = sum(array.size for array in self.params.values())
        return "\n".join([*lines, f"{'total':<{width}}  {'':<12} {total:>9,}"])


def _check_rate(rate: float, name: str) -> float:
    if not 0.0 <= rate < 1.0:
        raise ValueError(f"{name} must be at least 0 and below 1; got {rate!r}.")
    return float(rate)  # a NumPy float64 would make float32 inputs float64


def _dropout_factor(
    shape: tuple[int, ...], rate: float, rng: np.random.Generator | None, dtype: DTypeLike
) -> np.ndarray:
    """0 with probability ``rate``, else 1/(1 − rate)."""
    keep = check_rng(rng).random(shape) >= rate
    return keep.astype(dtype) / (1.0 - rate)


def _as_gradient(dy: Any, shape: tuple[int, ...], dtype: DTypeLike) -> np.ndarray:
    """Return dy in the dtype of the weights, after checking that it fits the output."""
    dy = as_array(dy, "dy")
    if dy.shape != shape:  # broadcasting would hide it
        raise ValueError(f"dy must have the shape of the output, {shape}; got {dy.shape}.")
    return dy.astype(dtype, copy=False)


def _as_two(state: Any, name: str) -> Any:
    if state is None:
        return None, None
    if not isinstance(state, tuple | list) or len(state) != 2:
        raise ValueError(
            f"{name} must be a pair, the states of the forward and of the backward layer; "
            f"got {type(state).__name__}."
        )
    return state


def _check_names(given: Mapping[str, Any], recurrent: Mapping[str, Any], name: str) -> None:
    if unknown := given.keys() - recurrent.keys():
        raise ValueError(
            f"{name} names no recurrent layer of this model: {sorted(unknown)}; "
            f"it has {sorted(recurrent)}."
        )
