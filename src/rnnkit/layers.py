"""Layers and models: the pure functions of the other modules, with weights attached.

Names and meanings are Keras's: ``units``, ``return_sequences``, ``go_backwards``, masks.
A layer owns its weights and nothing else; what ``backward`` needs comes out of
``forward`` as a cache, so one layer may be used several times before it is updated.  The
cache holds copies: what was passed in may be changed before ``backward``.  Arrays that it
shares with the output are read-only.
"""

import copy  # noqa: I001
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from rnnkit import activations, gru, initializers, lstm, simple_rnn
from rnnkit._tree import check_rows, take_rows
from rnnkit._validation import (
    as_array, as_dtype, as_float, as_mask, check_cache, check_rng, fraction, positive,
)  # fmt: skip

__all__ = [
    "GRU", "LSTM", "Bidirectional", "Dense", "Dropout", "Embedding", "Layer", "Recurrent",
    "Sequential", "SimpleRNN", "Weights",
]  # fmt: skip

Mask = ArrayLike | None
States = Mapping[str, Any] | None
Rng = np.random.Generator | None
Grads = dict[str, np.ndarray]
Result = tuple[np.ndarray, Any, Any]  # output, final state, cache


class Call(NamedTuple):
    """How a layer is called."""

    mask: Any
    state: Any
    training: bool
    rng: Rng


class Weights(dict[str, np.ndarray]):
    """Arrays by name that stay what they are: assigning to a name writes into its array.

    So all who hold an array (layer, model, optimizer) see the same numbers.  A name that is
    not there or another shape is a ``ValueError``.

    >>> weights = Weights(b=np.zeros(2))
    >>> b = weights["b"]
    >>> weights["b"] = [1, 2]
    >>> b
    array([1., 2.])
    """

    def __setitem__(self, name: str, values: ArrayLike) -> None:
        self.update({name: values})

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Write into several arrays, or into none if something does not fit."""
        new = {name: as_array(values, name) for name, values in dict(*args, **kwargs).items()}
        for name, values in new.items():
            if name not in self or values.shape != self[name].shape:
                shapes = {key: array.shape for key, array in self.items()}
                raise ValueError(f"weights must be of {shapes}; got {name}: {values.shape}.")
        for name, values in new.items():
            self[name][...] = values

    def __reduce__(self) -> Any:  # copies and pickles are made at once, not name by name
        return Weights, (dict(self),)


class Layer(ABC):
    """What the layers share.

    Attributes
    ----------
    name : str
        Name of this kind of layer, as in Keras.
    units : int
        Number of features of the output; 0 for a layer without weights.
    params : dict of ndarray
        Weights by name; empty until :meth:`build`.
    """

    name = "layer"
    units = 0
    return_sequences = True  # whether a sequence comes out where one went in

    def __init__(self) -> None:
        self.params: dict[str, np.ndarray] = {}

    def build(self, input_size: Any, *, rng: np.random.Generator, dtype: DTypeLike) -> Any:
        """Create the weights for inputs of ``input_size`` features; return the output size."""
        return input_size

    def forward(
        self, x: Any, *, mask: Any = None, state: Any = None, training: bool = False,
        rng: Rng = None,
    ) -> Result:  # fmt: skip
        """Return the output, the final state (None where there is none) and a cache."""
        if self.units and not self.params:
            raise ValueError(f"{self.name} has no weights yet: put it into a model or build it.")
        x = as_array(x, "x")
        if mask is not None and x.ndim > 1:
            mask = as_mask(mask, *x.shape[:2])
        return self._forward(x, Call(mask, state, training, rng))

    def _forward(self, x: Any, call: Call) -> Result:
        raise NotImplementedError

    @abstractmethod
    def backward(self, dy: Any, cache: Any, dstate: Any = None) -> tuple[Any, Any, Grads]:
        """Return gradients: of the input, of the initial state, of the weights by name."""

    def output_mask(self, x: Any, mask: np.ndarray | None) -> np.ndarray | None:
        """Return the mask the next layer sees: a single output has none."""
        return mask if self.return_sequences else None


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
        self.params = Weights(E=table.astype(as_dtype(dtype)))
        return self.units

    def _forward(self, x: Any, call: Call) -> Result:
        """Look the rows up: (B, T) integers to (B, T, units)."""
        if x.dtype.kind not in "iu" or x.ndim != 2 or x.size == 0:
            got = f"{x.dtype}, {x.shape}"
            raise ValueError(f"x must be integers of shape (batch, time), not empty; got {got}.")
        if x.min() < 0 or x.max() >= self.vocabulary_size:
            got, top = f"{x.min()} to {x.max()}", self.vocabulary_size - 1
            raise ValueError(f"x must lie in 0 … {top}, the vocabulary; got values from {got}.")
        return self.params["E"][x], None, x.copy()

    def backward(self, dy: Any, cache: Any, dstate: Any = None) -> tuple[Any, Any, Grads]:
        """Add up the gradients of equal symbols."""
        check_cache(cache, np.ndarray)
        dE = np.zeros_like(self.params["E"])
        dy = _as_gradient(dy, (*cache.shape, self.units), dE.dtype)
        np.add.at(dE, cache.ravel(), dy.reshape(-1, self.units))
        return None, None, {"E": dE}

    def output_mask(self, x: Any, mask: np.ndarray | None) -> np.ndarray | None:
        """Symbols other than 0 are valid, if ``mask_zero``; Keras drops a mask that is given."""
        if not self.mask_zero:
            return mask
        valid = np.asarray(x) != 0
        return valid if mask is None else valid & mask


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
        self.params = Weights(W=W, b=np.zeros(self.units, dtype=dtype))
        return self.units

    def _forward(self, x: Any, call: Call) -> Result:
        """(B, D) or (B, T, D) to (B, K) or (B, T, K)."""
        W = self.params["W"]
        if x.ndim not in (2, 3) or x.size == 0 or x.shape[-1] != W.shape[0]:
            needed = f"(batch, features) or (batch, time, features) with features = {len(W)}"
            raise ValueError(f"x must have shape {needed}; got {x.shape}.")
        x = x.astype(W.dtype)
        if call.mask is not None:
            if x.ndim == 2:
                raise ValueError(f"mask needs x of shape (batch, time, features); got {x.shape}.")
            x[~(call.mask[..., np.newaxis] | np.isfinite(x))] = 0.0  # else dW has 0 · nan
        y = x @ W
        y += self.params["b"]
        activations.get(self.activation).apply(y, y)
        y.flags.writeable = self.activation == "linear"  # backward needs the others
        return y, None, (x, y)

    def backward(self, dy: Any, cache: Any, dstate: Any = None) -> tuple[Any, Any, Grads]:
        """Gradients of the input, of W and of b."""
        x, y = _parts(cache, 2)
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
        self.rate = fraction(rate, "rate")

    def _forward(self, x: Any, call: Call) -> Result:
        """Same shape out as in."""
        if not call.training or self.rate == 0.0:
            return x, None, None
        factor = _dropout_factor(x.shape, self.rate, call.rng, x.dtype)
        return x * factor, None, factor

    def backward(self, dy: Any, cache: Any, dstate: Any = None) -> tuple[Any, Any, Grads]:
        """The same entries are dropped from the gradient."""
        if cache is None:
            return dy, None, {}
        check_cache(cache, np.ndarray)
        return _as_gradient(dy, cache.shape, cache.dtype) * cache, None, {}


class RecurrentCache(NamedTuple):
    """What ``backward`` of a recurrent layer needs."""

    cell: Any  # the cache of simple_rnn, lstm or gru
    input_factor: np.ndarray | None  # (n, B, 1, D), of dropout
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
        Share of the input features that is zeroed in training: the same features at all steps
        and for all gates.
    recurrent_dropout : float, optional
        Share of the entries of h_{t−1} that is zeroed in front of W_h in training: the same
        entries at all steps, drawn for each gate anew.  The state itself is not touched.
        Beside it ``dropout`` draws for each gate anew, too, as in Keras.

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
        self.dropout = fraction(dropout, "dropout")
        self.recurrent_dropout = fraction(recurrent_dropout, "recurrent_dropout")
        self.init_options: dict[str, Any] = {}
        self.options: dict[str, Any] = {}

    def build(self, input_size: Any, *, rng: np.random.Generator, dtype: DTypeLike) -> int:
        """Draw the weights by the ``init`` of the cell."""
        params = self.cell.init(input_size, self.units, rng=rng, dtype=dtype, **self.init_options)
        self.params = Weights(params._asdict())
        return self.units

    def _forward(self, x: Any, call: Call) -> Result:
        """(B, T, D) to (B, T, H) or (B, H), and the final state."""
        params = self.cell.Params(**self.params)
        D, dtype = params.W_x.shape[0], params.W_x.dtype
        x = as_float(x, "x", dtype, "batch, time, features", None, None, D)
        B, T, _ = x.shape
        mask, state, training, rng = call
        if self.go_backwards:
            x, mask = x[:, ::-1], None if mask is None else mask[:, ::-1]
        on_input = on_state = None
        if training and self.dropout:
            n = self.gates if self.recurrent_dropout else 1
            on_input = _dropout_factor((n, B, 1, D), self.dropout, rng, dtype)
            # Side by side, what each gate sees of x; the other gates have weights of 0 there.
            x = (x * on_input).transpose(1, 2, 0, 3).reshape(B, T, n * D)
            W, k = np.zeros((n, D, n, params.W_x.shape[1] // n), dtype=dtype), np.arange(n)
            W[k, :, k] = params.W_x.reshape(D, n, -1).transpose(1, 0, 2)
            params = params._replace(W_x=W.reshape(n * D, -1))
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
        check_cache(cache, RecurrentCache)
        dh = dy
        if not self.return_sequences:
            dh = np.zeros((*cache.shape, self.units), dtype=self.params["W_x"].dtype)
            dh[:, -1] = _as_gradient(dy, dh[:, -1].shape, dh.dtype)
        dx, dinitial, grads = self.cell.backward(dh, cache.cell, dstate)
        if cache.input_factor is not None:
            n, B, _, D = cache.input_factor.shape
            dx = dx.reshape(B, -1, n, D).transpose(2, 0, 1, 3) * cache.input_factor
            dx, k = dx.sum(axis=0), np.arange(n)
            dW = grads.W_x.reshape(n, D, n, -1)[k, :, k].transpose(1, 0, 2)
            grads = grads._replace(W_x=dW.reshape(D, -1))
        return dx[:, ::-1] if self.go_backwards else dx, dinitial, grads._asdict()


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
        The settings of the two layers; it is copied, as in Keras, and stays without weights.
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
        self.merge_mode, self._concat = merge_mode, merge_mode == "concat"
        self.pair = copy.copy(layer), copy.copy(layer)
        self.pair[1].go_backwards = True
        self.return_sequences = layer.return_sequences

    def build(self, input_size: Any, *, rng: np.random.Generator, dtype: DTypeLike) -> int:
        """Draw the weights of both layers, the forward one first."""
        units, named = 0, dict[str, np.ndarray]()
        for way, layer in zip(("forward", "backward"), self.pair, strict=True):
            units += layer.build(input_size, rng=rng, dtype=dtype)
            named |= {f"{way}.{key}": array for key, array in layer.params.items()}
        self.params = Weights(named)
        return units if self._concat else units // 2

    def _forward(self, x: Any, call: Call) -> Result:
        """(B, T, D) to (B, T, 2H) or (B, 2H); the state is the pair of both final states."""
        states = _as_two(call.state, "state")
        (ahead, final, cache), (back, final_back, cache_back) = (
            layer.forward(x, **call._replace(state=state)._asdict())
            for layer, state in zip(self.pair, states, strict=True)
        )
        back = back[:, ::-1] if self.return_sequences else back  # in the order of time
        y = np.concatenate((ahead, back), axis=-1) if self._concat else ahead + back
        valid = None
        if call.mask is not None and self.return_sequences:
            valid = call.mask[:, :, np.newaxis]
            y *= valid
        return y, (final, final_back), (cache, cache_back, valid, y.shape)

    def backward(self, dy: Any, cache: Any, dstate: Any = None) -> tuple[Any, Any, Grads]:
        """BPTT in both directions."""
        *caches, valid, shape = _parts(cache, 4)
        dy = _as_gradient(dy, shape, self.pair[0].params["W_x"].dtype)
        dy = dy if valid is None else dy * valid
        ahead, back = np.split(dy, 2, axis=-1) if self._concat else (dy, dy)
        to_ahead, to_back = _as_two(dstate, "dstate")
        dx, dinitial, grads = self.pair[0].backward(ahead, caches[0], to_ahead)
        back = back[:, ::-1] if self.return_sequences else back
        dx_back, dinitial_back, grads_back = self.pair[1].backward(back, caches[1], to_back)
        named = {f"forward.{key}": grad for key, grad in grads.items()}
        named |= {f"backward.{key}": grad for key, grad in grads_back.items()}
        return dx + dx_back, (dinitial, dinitial_back), named


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
    layers : dict of Layer
        The layers by name.

    Raises
    ------
    ValueError
        If there is no layer, one has been used before, or sizes do not fit.

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
        self.dtype = as_dtype(dtype)
        given = [*layers] if isinstance(layers, Sequence) else []
        if not given or not all(isinstance(layer, Layer) for layer in given):
            raise ValueError(f"layers must be a list of at least one layer; got {layers!r}.")
        if any(layer.params for layer in given) or len(set(map(id, given))) < len(given):
            raise ValueError("a layer stands twice or has weights already: make a new one.")
        self.layers: dict[str, Layer] = {}
        for layer in given:
            same_kind = sum(other.name == layer.name for other in self.layers.values())
            name = f"{layer.name}_{same_kind}" if same_kind else layer.name
            input_size = layer.build(input_size, rng=rng, dtype=self.dtype)
            self.layers[name] = layer

    @property
    def params(self) -> Weights:
        """All weights, by ``"layer.weight"``: the layers' arrays, which optimizers change."""
        params = {name: layer.params.items() for name, layer in self.layers.items()}
        return Weights({f"{name}.{k}": a for name, items in params.items() for k, a in items})

    def forward(
        self, x: ArrayLike, *, mask: Mask = None, state: States = None, training: bool = False,
        rng: Rng = None,
    ) -> tuple[np.ndarray, dict[str, Any], ModelCache]:  # fmt: skip
        """Run all layers.

        Parameters
        ----------
        x : array_like
            (B, T, D), or integers (B, T) for an Embedding.
        mask : array_like of bool, shape (B, T), optional
            True where a step is valid.  Beside an Embedding with ``mask_zero`` a step is valid
            if both say so (Keras drops this one).
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
        state = _by_layer(state, "state")
        y: Any = as_array(x, "x")
        valid = None if mask is None else as_array(mask, "mask")
        final: dict[str, Any] = {}
        caches = []
        for name, layer in self.layers.items():
            call = Call(valid, state.get(name), training, rng)
            before, (y, layer_state, cache) = y, layer.forward(y, **call._asdict())
            # The mask an Embedding makes is meant for the layers behind it.
            valid = layer.output_mask(before, valid)
            caches.append(cache)
            if layer_state is not None:
                final[name] = layer_state
        _check_names(state, final, "state")
        return y, final, ModelCache(caches, valid)

    def backward(self, dy: Any, cache: ModelCache, dstate: States = None) -> tuple[Any, Any, Grads]:
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
        check_cache(cache, ModelCache)
        dstate = _by_layer(dstate, "dstate")
        dinitial: dict[str, Any] = {}
        grads: Grads = {}
        dx: Any = dy
        for name, layer_cache in reversed([*zip(self.layers, cache.layers, strict=True)]):
            layer = self.layers[name]
            dx, layer_dstate, layer_grads = layer.backward(dx, layer_cache, dstate.get(name))
            grads |= {f"{name}.{key}": array for key, array in layer_grads.items()}
            if layer_dstate is not None:
                dinitial[name] = layer_dstate
        _check_names(dstate, dinitial, "dstate")
        return dx, dinitial, {key: grads[key] for key in self.params}

    def predict(
        self, x: ArrayLike, *, mask: Mask = None, state: States = None, batch_size: int = 256
    ) -> np.ndarray:
        """Output for all of ``x``, computed in batches to bound the memory.

        Parameters
        ----------
        x : array_like
            As for :meth:`forward`.
        mask, state : optional
            As for :meth:`forward`, with a row for each sequence.
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
        given = {"x": as_array(x, "x"), "mask": mask, "state": _by_layer(state, "state")}
        starts = range(0, max(check_rows(**given), 1), positive(batch_size, "batch_size"))
        parts = (take_rows(given, slice(start, start + batch_size)) for start in starts)
        return np.concatenate([self.forward(part.pop("x"), **part)[0] for part in parts])

    def summary(self) -> str:
        """One line for each weight: name, shape, number of entries.

        Returns
        -------
        str
            The table.
        """
        width = max(map(len, [*self.params, "total"]))
        rows = [(name, str(array.shape), array.size) for name, array in self.params.items()]
        rows.append(("total", "", sum(size for *_, size in rows)))
        return "\n".join(f"{name:<{width}}  {shape:<12} {size:>9,}" for name, shape, size in rows)


def _dropout_factor(shape: tuple[int, ...], rate: float, rng: Rng, dtype: DTypeLike) -> np.ndarray:
    """0 with probability ``rate``, else 1/(1 − rate)."""
    keep = check_rng(rng).random(shape) >= rate
    return keep.astype(dtype) / (1.0 - rate)


def _as_gradient(dy: Any, shape: tuple[int, ...], dtype: DTypeLike) -> np.ndarray:
    """Return dy in the dtype of the weights, after checking that it fits the output."""
    dy = as_array(dy, "dy")
    if dy.shape != shape:  # broadcasting would hide it
        raise ValueError(f"dy must have the shape of the output, {shape}; got {dy.shape}.")
    return dy.astype(dtype, copy=False)


def _parts(cache: Any, n: int) -> Any:
    if type(cache) is not tuple or len(cache) != n:
        raise ValueError(f"cache must be the layer's own, from forward; got {type(cache)}.")
    return cache


def _as_two(state: Any, name: str) -> Any:
    if state is not None and (not isinstance(state, tuple | list) or len(state) != 2):
        needed = f"{name} must be a pair, the states of the forward and of the backward layer"
        raise ValueError(f"{needed}; got {type(state).__name__}.")
    return (None, None) if state is None else state


def _by_layer(state: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(state, Mapping | None):
        needed = f"{name} must be a dict of states by the names of layers, as forward returns it"
        raise ValueError(f"{needed}; got {type(state).__name__}.")
    return state or {}


def _check_names(given: Mapping[str, Any], recurrent: Mapping[str, Any], name: str) -> None:
    if unknown := sorted(given.keys() - recurrent.keys()):
        why = f"{name} names no recurrent layer of this model: {unknown}"
        raise ValueError(f"{why}; it has {sorted(recurrent)}.")
