"""Settings and fixtures of rnnkit's unit tests."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TQDM_DISABLE", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

# Test modules import oracles.py, which lies beside them.
sys.path.insert(0, str(Path(__file__).parent))

# The same examples in every run: a failure can then be repeated, and comes from a change.
settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")


@pytest.fixture(scope="module")
def keras():
    """Keras in float64: only so are losses and learning rates float64, too.

    The policy is set as well: Keras keeps the one it has made first, whatever floatx is later.
    """
    import keras

    for setting in (keras.config.set_floatx, keras.config.set_dtype_policy):
        setting("float64")
    yield keras
    for setting in (keras.config.set_floatx, keras.config.set_dtype_policy):
        setting("float32")


@pytest.fixture
def rng():
    import numpy as np

    return np.random.default_rng(0)
