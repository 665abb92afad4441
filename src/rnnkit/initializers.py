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


def orthogonal(size: int, *, rng: np.random.Generator, dtype: DTypeLike = np.float64) -> np.ndarray:
    r"""Random orthogonal matrix: every singular value is 1.

    Q of the QR decomposition of a Gaussian matrix, with the signs of R's diagonal
    moved into Q so that Q is uniform over the orthogonal matrices.

    Parameters
    ----------
    size : int
        Number of rows and columns.
    rng : numpy.random.Generator
        Source of randomness.
    dtype : dtype, optional
        Type of the result.

    Returns
    -------
    ndarray, shape (size, size)
        Q with QᵀQ = I.

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
    q, r = np.linalg.qr(rng.standard_normal((size, size)))
    return (q * np.sign(np.diagonal(r))).astype(dtype)
