"""Initial weights, drawn as Keras draws them, in the floating-point type ``dtype``."""

import numpy as np
from numpy.typing import DTypeLike

from rnnkit._validation import as_dtype, check_rng, positive

__all__ = ["glorot_uniform", "orthogonal"]


def glorot_uniform(
    shape: tuple[int, int], *, rng: np.random.Generator, dtype: DTypeLike = np.float64
) -> np.ndarray:
    """Uniform in ±√(6 / (n_in + n_out)), for the shape (n_in, n_out).

    X. Glorot, Y. Bengio, *Understanding the difficulty of training deep feedforward neural
    networks*, AISTATS 2010, equation 16.

    >>> W = glorot_uniform((3, 3), rng=np.random.default_rng(0))
    >>> bool(np.abs(W).max() <= 1.0)
    True
    """
    if not isinstance(shape, tuple | list) or len(shape) != 2:
        raise ValueError(f"shape must be the pair (n_in, n_out); got {shape!r}.")
    n_in, n_out = (positive(n, "each size of shape") for n in shape)
    dtype, limit = as_dtype(dtype), np.sqrt(6.0 / (n_in + n_out))
    return check_rng(rng).uniform(-limit, limit, size=(n_in, n_out)).astype(dtype)


def orthogonal(
    size: int, columns: int | None = None, *, rng: np.random.Generator,
    dtype: DTypeLike = np.float64,
) -> np.ndarray:  # fmt: skip
    """Random matrix Q of orthonormal rows, QQᵀ = I: every singular value is 1.

    Q of the QR decomposition of a Gaussian matrix, with the signs of R's diagonal moved into Q,
    so that Q is uniform (A. M. Saxe, J. L. McClelland, S. Ganguli, *Exact solutions to the
    nonlinear dynamics of learning in deep linear neural networks*, ICLR 2014).  With more columns
    than rows, as for the gates of an LSTM, the block of one gate is not orthogonal.

    >>> Q = orthogonal(4, rng=np.random.default_rng(0))
    >>> bool(np.allclose(Q.T @ Q, np.eye(4)))
    True
    """
    size, dtype = positive(size, "size"), as_dtype(dtype)
    rows = size if columns is None else positive(columns, "columns")
    if rows < size:
        raise ValueError(f"columns must be at least size = {size}; got {columns}.")
    q, r = np.linalg.qr(check_rng(rng).standard_normal((rows, size)))
    q *= np.sign(np.diagonal(r))
    return (q if columns is None else q.T).astype(dtype)
