"""Fixtures for the tests of what chapters share."""

import numpy as np
import pytest

from rnnkit import gradcheck
from rnnkit.layers import Dense, Sequential


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def gradient_error(rng):
    """Error, by central differences, of the gradient of a layer between two dense ones."""

    def error(layer, time):
        model = Sequential([Dense(2), layer, Dense(2)], input_size=3, rng=rng)
        x = rng.standard_normal((2, time, 3))
        y, _, cache = model.forward(x)
        weight = rng.standard_normal(y.shape)
        grads = model.backward(weight, cache)[2]
        return gradcheck.directional_error(
            lambda: float((model.forward(x)[0] * weight).sum()), model.params, grads, rng=rng
        )

    return error
