"""The first cell of a chapter: settings that must stand before NumPy and Keras are imported."""

import os

__all__ = ["begin"]

QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "3",  # TensorFlow: errors only
    "TF_ENABLE_ONEDNN_OPTS": "0",  # the same order of sums on every machine
    "OPENBLAS_NUM_THREADS": "1",  # small matrices: one thread is faster
}


def begin() -> None:
    """Make TensorFlow quiet, keep NumPy to one thread, set the style of the figures.

    What the environment sets already stays as it is. Keras is not imported here.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    from rnnkit import plotting

    plotting.use_style()
