"""Initial weights, drawn as Keras draws them."""

import numpy as np
from numpy.typing import DTypeLike

__all__ = ["glorot_uniform", "orthogonal"]


def glorot_uniform(
    shape: tuple[int, int], *, rng: np.random.Generator, dtype: DTypeLike = np.float64
) -> np.ndarray:
    r"""Glorot (Xavier) uniform initialisation.

    .. math:: W_{ij} \sim \mathcal U(-\ell, \ell), \qquad
        \ell = \sqrt{6 / (n_\text{in} + n_\text{out})}

    Parameters
    ----------
    shape : (int, int)
        (n_in, n_out).
    rng : numpy.random.Generator
        Source of randomness.
    dtype : dtype, optional
        Type of the result.

    Returns
    -------
    ndarray, shape (n_in, n_out)
        The weights.

    References
    ----------
    X. Glorot, Y. Bengio, *Understanding the difficulty of training deep feedforward
    neural networks*, AISTATS 2010, equation 16.

    Examples
    --------
    >>> W = glorot_uniform((3, 3), rng=np.random.default_rng(0))
    >>> bool(np.abs(W).max() <= 1.0)
    True
    """
    limit = np.sqrt(6.0 / sum(shape))
    return rng.uniform(-limit, limit, size=shape).astype(dtype)


def orthogonal(
    size: int, columns: int | None = None, *, rng: np.random.Generator,
    dtype: DTypeLike = np.float64,
) -> np.ndarray:  # fmt: skip
    r"""Random orthogonal matrix: every singular value is 1.

    Q of the QR decomposition of a Gaussian matrix, with the signs of R's diagonal
    moved into Q so that Q is uniform over the orthogonal matrices.  With more columns than
    rows, as for the gates of an LSTM, the rows are orthonormal; the block of one gate is then
    not orthogonal.

    Parameters
    ----------
    size : int
        Number of rows.
    columns : int, optional
        Number of columns, at least ``size``; as many as rows by default.
    rng : numpy.random.Generator
        Source of randomness.
    dtype : dtype, optional
        Type of the result.

    Returns
    -------
    ndarray, shape (size, columns)
        Q with QQᵀ = I.

    References
    ----------
    A. M. Saxe, J. L. McClelland, S. Ganguli, *Exact solutions to the nonlinear dynamics
    of learning in deep linear neural networks*, ICLR 2014.

    Examples
    --------
    >>> Q = orthogonal(4, rng=np.random.default_rng(0))
    >>> bool(np.allclose(Q.T @ Q, np.eye(4)))
    True
    """
    q, r = np.linalg.qr(rng.standard_normal((columns or size, size)))
    q *= np.sign(np.diagonal(r))
    return (q if columns is None else q.T).astype(dtype)
