"""Chapter 7a: one Keras program on TensorFlow, JAX and PyTorch, each in a process of its own.

`difference` is the largest between the logits of the loaded model and those of rnnkit. JAX and
PyTorch come with `pip install -e ".[bench]"`.
"""

import tempfile
import time

import numpy as np

from experiments.chapter import shared
from experiments.protocol import Experiment

CHAPTER = "07_tools"


def jobs(rows):
    yield from (("tensorflow",), ("jax",), ("torch",))


def run(engine):
    cells = shared(CHAPTER)
    start = time.perf_counter()  # the work is done in another process
    with tempfile.TemporaryDirectory() as folder:
        found = cells["on_engine"](engine, folder)
        first, *_, last = found["loss"]
        difference = np.abs(found["before"] - cells["logits"]).max()
    numbers = f"{first:.8f}", f"{last:.8f}", f"{difference:.1e}"
    return [(*numbers, time.perf_counter() - start)], {}


COLUMNS = ("engine", "first_loss", "last_loss", "difference", "seconds")
EXPERIMENTS = [Experiment("engines", COLUMNS, 1, jobs, run, chapters=(CHAPTER,))]
