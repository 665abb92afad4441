"""The benchmark's page is up to date, and its contestants compute the same.  Nothing is timed."""

import importlib
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def module(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module


def test_page_shows_the_stored_results(module):
    bench = module("bench")
    assert bench.PAGE.read_text("utf-8") == bench.page(bench.read()), (
        "run: python benchmarks/bench.py --page"
    )


@pytest.mark.parametrize("peer", ["Keras", "PyTorch", "JAX"])
def test_peer_computes_what_rnnkit_computes(module, peer):
    contestants = module("contestants")
    if not contestants.installed(peer):
        pytest.skip(f"{peer} is not installed")
    task = contestants.make_task(T=6, B=3, D=2, H=4)
    build, _ = contestants.PEERS[peer]
    expected, results = contestants.rnnkit(task)(), build(task)()
    for right, got in zip(expected, results, strict=True):
        np.testing.assert_allclose(np.asarray(got), right, rtol=1e-5, atol=1e-5)


def test_bare_products_writes_nothing_outside_its_own_buffers(module):
    contestants = module("contestants")
    task = contestants.make_task(T=6, B=3, D=2, H=4)
    before = [array.copy() for array in (task.x, task.dh, *task.params)]
    contestants.bare_products(task)()
    for array, was in zip((task.x, task.dh, *task.params), before, strict=True):
        np.testing.assert_array_equal(array, was)
