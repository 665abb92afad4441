"""The simple RNN, forward and backward, in rnnkit and in other libraries.

Each builder takes the same arrays and returns a function of no arguments.  A call of
that function does all the work once and returns the results of :class:`Results`, in
whatever array type the library has.  Inputs and weights are the library's own arrays
already, so that no call converts anything.

Every contestant does the same: outputs h of all steps, then, for given ∂L/∂h, the
gradients with respect to the inputs, both weight matrices and the bias.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import NamedTuple

import numpy as np

from rnnkit import simple_rnn


class Task(NamedTuple):
    """What every contestant is given: float32, batch first."""

    x: np.ndarray  # (B, T, D)
    params: simple_rnn.Params
    dh: np.ndarray  # (B, T, H), the gradient of the loss with respect to the outputs


class Results(NamedTuple):
    """What every contestant returns."""

    h: object  # (B, T, H)
    dx: object  # (B, T, D)
    dW_x: object  # (D, H)
    dW_h: object  # (H, H)
    db: object  # (H,)


Run = Callable[[], Results]


def make_task(T: int, B: int, D: int, H: int) -> Task:
    rng = np.random.default_rng(0)
    return Task(
        x=rng.standard_normal((B, T, D), dtype=np.float32),
        params=simple_rnn.init(D, H, rng=rng, dtype=np.float32),
        dh=rng.standard_normal((B, T, H), dtype=np.float32),
    )


def bare_products(task: Task) -> Callable[[], object]:
    """Only the matrix products of forward and backward, into buffers that are there already.

    The recurrent products are one per step, forward and backward, because each needs
    the result of the one before.  The others take all steps at once.
    """
    B, T, D = task.x.shape
    W_x, W_h, _ = task.params
    H = W_h.shape[0]
    W_x_T, W_h_T = np.ascontiguousarray(W_x.T), np.ascontiguousarray(W_h.T)
    x = np.ascontiguousarray(task.x.transpose(1, 0, 2)).reshape(T * B, D)
    h = np.ascontiguousarray(task.dh.transpose(1, 0, 2))  # any numbers will do
    delta = h.copy()
    a, carried = np.empty_like(h), np.empty_like(h)
    dx, dW_x, dW_h = np.empty_like(x), np.empty_like(W_x), np.empty_like(W_h)
    h_rows, delta_rows, a_rows = (array.reshape(T * B, H) for array in (h, delta, a))

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
    def run() -> Results:
        h, _, cache = simple_rnn.forward(task.x, task.params)
        dx, _, grads = simple_rnn.backward(task.dh, cache)
        return Results(h, dx, *grads)

    return run


def keras(task: Task) -> Run:
    """Keras's layer and its gradient in one compiled graph (tf.function)."""
    import tensorflow as tf
    from keras import layers

    B, T, D = task.x.shape
    layer = layers.SimpleRNN(task.params.W_h.shape[0], return_sequences=True)
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

    module = torch.nn.RNN(*task.params.W_x.shape, batch_first=True)
    W_x, W_h, b = (torch.from_numpy(p) for p in task.params)
    with torch.no_grad():
        module.weight_ih_l0.copy_(W_x.T)
        module.weight_hh_l0.copy_(W_h.T)
        module.bias_ih_l0.copy_(b)
        module.bias_hh_l0.zero_()  # PyTorch adds two biases; the second one is redundant
    x = torch.from_numpy(task.x).requires_grad_()
    dh = torch.from_numpy(task.dh)
    wanted = [x, module.weight_ih_l0, module.weight_hh_l0, module.bias_ih_l0]

    def run() -> Results:
        h, _ = module(x)
        dx, dW_x, dW_h, db = torch.autograd.grad(h, wanted, dh)
        return Results(h.detach(), dx, dW_x.T, dW_h.T, db)

    return run


def jax(task: Task) -> Run:
    """A scan over the steps and its gradient, compiled together (jit).

    As in rnnkit the inputs of all steps are projected by one product.
    """
    import jax
    import jax.numpy as jnp

    def forward(x: jax.Array, W_x: jax.Array, W_h: jax.Array, b: jax.Array) -> jax.Array:
        def step(h: jax.Array, projected: jax.Array) -> tuple[jax.Array, jax.Array]:
            h = jnp.tanh(projected + h @ W_h)
            return h, h

        projected = jnp.swapaxes(x, 0, 1) @ W_x + b
        _, h = jax.lax.scan(step, jnp.zeros_like(projected[0]), projected)
        return jnp.swapaxes(h, 0, 1)

    @jax.jit
    def forward_backward(dh: jax.Array, *arguments: jax.Array) -> tuple:
        h, pull_back = jax.vjp(forward, *arguments)
        return h, *pull_back(dh)

    dh, *arguments = map(jnp.asarray, (task.dh, task.x, *task.params))

    def run() -> Results:
        return Results(*jax.block_until_ready(forward_backward(dh, *arguments)))

    return run


def limit_threads(threads: int) -> None:
    """Tell the installed peers how many threads they may use.

    The environment, see bench.py, has told the matrix libraries and JAX already.
    """
    if installed("Keras"):
        with quiet():
            import keras  # noqa: F401
            import tensorflow as tf

        tf.get_logger().setLevel("ERROR")  # it takes the five layers for one, traced anew
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
