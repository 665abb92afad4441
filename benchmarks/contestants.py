"""Simple RNN, LSTM and GRU, forward and backward, in rnnkit and in other libraries.

Each builder takes the same task and returns a function of no arguments.  A call of
that function does all the work once and returns the results of :class:`Results`, in
whatever array type the library has.  Inputs and weights are the library's own arrays
already, so that no call converts anything.

Every contestant does the same: outputs h of all steps, then, for given ∂L/∂h, the
gradients with respect to the inputs, both weight matrices and the bias.  The GRU is the one
that resets after the product, the default of Keras and the only one of PyTorch.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from rnnkit import gru, lstm, simple_rnn


class Cell(NamedTuple):
    """One kind of recurrent network, and what the libraries call it."""

    module: ModuleType  # of rnnkit
    keras: str
    torch: str
    torch_order: tuple[int, ...]  # of the gates, in terms of rnnkit's and Keras's
    jax_step: Callable[..., tuple]  # (jnp, state, x_t W_x + b_x, W_h, b_h): the new state, h first
    states: int  # 2 if there is a c beside h
    kept: int  # arrays (T, B, H) of the forward pass that the backward pass needs


def simple_rnn_step(jnp: ModuleType, state: tuple, a: Any, W_h: Any, b_h: None) -> tuple:
    return (jnp.tanh(a + state[0] @ W_h),)


def lstm_step(jnp: ModuleType, state: tuple, a: Any, W_h: Any, b_h: None) -> tuple:
    h, c = state
    i, f, g, o = jnp.split(a + h @ W_h, 4, axis=1)
    c = sigmoid(jnp, f) * c + sigmoid(jnp, i) * jnp.tanh(g)
    return sigmoid(jnp, o) * jnp.tanh(c), c


def gru_step(jnp: ModuleType, state: tuple, a: Any, W_h: Any, b_h: Any) -> tuple:
    (h,) = state
    (z, r, candidate), (u_z, u_r, u) = (jnp.split(p, 3, axis=1) for p in (a, h @ W_h + b_h))
    z, r = sigmoid(jnp, z + u_z), sigmoid(jnp, r + u_r)
    return (z * h + (1 - z) * jnp.tanh(candidate + r * u),)


def sigmoid(jnp: ModuleType, a: Any) -> Any:
    return 0.5 + 0.5 * jnp.tanh(0.5 * a)  # as in rnnkit


CELLS = {
    "simple RNN": Cell(simple_rnn, "SimpleRNN", "RNN", (0,), simple_rnn_step, 1, 1),  # h
    # h, c, i, f, c̃, o
    "LSTM": Cell(lstm, "LSTM", "LSTM", (0, 1, 2, 3), lstm_step, 2, 6),
    # h, z, r, h̃ and what r multiplies; PyTorch has r before z
    "GRU": Cell(gru, "GRU", "GRU", (1, 0, 2), gru_step, 1, 5),
}


class Task(NamedTuple):
    """What every contestant is given: float32, batch first."""

    cell: Cell
    x: np.ndarray  # (B, T, D)
    params: Any  # W_x (D, G·H), W_h (H, G·H), b, for G gates
    dh: np.ndarray  # (B, T, H), the gradient of the loss with respect to the outputs


class Results(NamedTuple):
    """What every contestant returns."""

    h: object  # (B, T, H)
    dx: object  # (B, T, D)
    dW_x: object
    dW_h: object
    db: object


Run = Callable[[], Results]


def make_task(cell: str, T: int, B: int, D: int, H: int) -> Task:
    rng = np.random.default_rng(0)
    params = CELLS[cell].module.init(D, H, rng=rng, dtype=np.float32)
    b = rng.standard_normal(params.b.shape, dtype=np.float32)  # zeros would hide a lost bias
    return Task(
        CELLS[cell],
        x=rng.standard_normal((B, T, D), dtype=np.float32),
        params=params._replace(b=0.1 * b),
        dh=rng.standard_normal((B, T, H), dtype=np.float32),
    )


def bare_products(task: Task) -> Callable[[], object]:
    """Only the matrix products of forward and backward, into buffers that are there already.

    The recurrent products are one per step, forward and backward, because each needs
    the result of the one before.  The others take all steps at once.
    """
    B, T, D = task.x.shape
    W_x, W_h = (np.ascontiguousarray(W) for W in task.params[:2])
    H, columns = W_h.shape  # all gates side by side
    W_x_T, W_h_T = np.ascontiguousarray(W_x.T), np.ascontiguousarray(W_h.T)
    x = np.ascontiguousarray(task.x.transpose(1, 0, 2)).reshape(T * B, D)
    h = np.ascontiguousarray(task.dh.transpose(1, 0, 2))  # any numbers will do
    delta = np.tile(h, columns // H)
    a, carried = np.empty_like(delta), np.empty_like(h)
    dx, dW_x, dW_h = np.empty_like(x), np.empty_like(W_x), np.empty_like(W_h)
    h_rows, delta_rows, a_rows = (array.reshape(T * B, -1) for array in (h, delta, a))

    def run() -> None:
        np.dot(x, W_x, out=a_rows)
        for h_t, a_t in zip(h, a, strict=True):
            np.dot(h_t, W_h, out=a_t)
        for delta_t, carried_t in zip(delta, carried, strict=True):
            np.dot(delta_t, W_h_T, out=carried_t)
        np.dot(x.T, delta_rows, out=dW_x)
        np.dot(h_rows.T, delta_rows, out=dW_h)
        np.dot(delta_rows, W_x_T, out=dx)

    return run


def rnnkit(task: Task) -> Run:
    module = task.cell.module

    def run() -> Results:
        h, _, cache = module.forward(task.x, task.params)
        dx, _, grads = module.backward(task.dh, cache)
        return Results(h, dx, *grads)

    return run


def keras(task: Task) -> Run:
    """Keras's layer and its gradient in one compiled graph (tf.function)."""
    import tensorflow as tf
    from keras import layers

    B, T, D = task.x.shape
    layer = getattr(layers, task.cell.keras)(task.dh.shape[2], return_sequences=True)
    layer.build((B, T, D))
    layer.set_weights(list(task.params))
    variables = [variable.value for variable in layer.trainable_variables]

    @tf.function
    def graph(x: tf.Tensor, dh: tf.Tensor) -> tuple:
        with tf.GradientTape() as tape:
            tape.watch(x)
            h = layer(x)
        return h, tape.gradient(h, [x, *variables], output_gradients=dh)

    x, dh = tf.constant(task.x), tf.constant(task.dh)

    def run() -> Results:
        h, grads = graph(x, dh)
        return Results(h, *grads)

    return run


def pytorch(task: Task) -> Run:
    """PyTorch's module and its autograd."""
    import torch

    D, H = task.x.shape[2], task.dh.shape[2]
    order = torch_columns(task)
    module = getattr(torch.nn, task.cell.torch)(D, H, batch_first=True)
    W_x, W_h, b = (torch.from_numpy(p[..., order]) for p in task.params)
    # PyTorch adds two biases.  Only a GRU, with its two rows of b, has a use for the second.
    b_x, b_h = b if b.ndim == 2 else (b, torch.zeros_like(b))
    weights = [module.weight_ih_l0, module.weight_hh_l0, module.bias_ih_l0, module.bias_hh_l0]
    with torch.no_grad():
        for weight, value in zip(weights, (W_x.T, W_h.T, b_x, b_h), strict=True):
            weight.copy_(value)
    x = torch.from_numpy(task.x).requires_grad_()
    dh = torch.from_numpy(task.dh)
    wanted = [x, *weights[: 2 + b.ndim]]

    def run() -> Results:
        h, _ = module(x)
        dx, dW_x, dW_h, *db = torch.autograd.grad(h, wanted, dh)
        return Results(h.detach(), dx, dW_x.T, dW_h.T, db[0] if len(db) == 1 else torch.stack(db))

    return run


def torch_columns(task: Task) -> np.ndarray:
    """Where PyTorch's columns of a weight matrix are in rnnkit's."""
    H = task.dh.shape[2]
    return np.concatenate([k * H + np.arange(H) for k in task.cell.torch_order])


def jax(task: Task) -> Run:
    """A scan over the steps and its gradient, compiled together (jit).

    As in rnnkit the inputs of all steps are projected by one product.
    """
    import jax
    import jax.numpy as jnp

    def forward(x: jax.Array, W_x: jax.Array, W_h: jax.Array, b: jax.Array) -> jax.Array:
        b_x, b_h = b if b.ndim == 2 else (b, None)

        def step(state: tuple, projected: jax.Array) -> tuple[tuple, jax.Array]:
            state = task.cell.jax_step(jnp, state, projected, W_h, b_h)
            return state, state[0]

        projected = jnp.swapaxes(x, 0, 1) @ W_x + b_x
        zeros = jnp.zeros((x.shape[0], W_h.shape[0]), x.dtype)
        _, h = jax.lax.scan(step, (zeros,) * task.cell.states, projected)
        return jnp.swapaxes(h, 0, 1)

    @jax.jit
    def forward_backward(dh: jax.Array, *arguments: jax.Array) -> tuple:
        h, pull_back = jax.vjp(forward, *arguments)
        return h, *pull_back(dh)

    dh, *arguments = map(jnp.asarray, (task.dh, task.x, *task.params))

    def run() -> Results:
        return Results(*jax.block_until_ready(forward_backward(dh, *arguments)))

    return run


def results(name: str, task: Task, run: Run) -> Results:
    """Run once; return NumPy arrays, the gates in rnnkit's order."""
    got = [np.asarray(array) for array in run()]
    if name == "PyTorch":
        back = np.argsort(torch_columns(task))
        got[2:] = [gradient[..., back] for gradient in got[2:]]
    return Results(*got)


def limit_threads(threads: int) -> None:
    """Tell the installed peers how many threads they may use.

    The environment, see bench.py, has told the matrix libraries and JAX already.
    """
    if installed("Keras"):
        with quiet():
            import keras  # noqa: F401
            import tensorflow as tf

        tf.get_logger().setLevel("ERROR")  # it takes the layers for one, traced anew
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    if installed("PyTorch"):
        import torch

        torch.set_num_threads(threads)
        torch.set_num_interop_threads(threads)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what TensorFlow writes while it is imported off the terminal."""
    sys.stderr.flush()
    stderr = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


PEERS: dict[str, tuple[Callable[[Task], Run], tuple[str, ...]]] = {  # and their packages
    "Keras": (keras, ("keras", "tensorflow")),
    "PyTorch": (pytorch, ("torch",)),
    "JAX": (jax, ("jax",)),
}


def installed(peer: str) -> bool:
    return all(find_spec(package) for package in PEERS[peer][1])
