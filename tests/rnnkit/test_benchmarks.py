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


CELLS = ["simple RNN", "LSTM", "GRU"]
SMALL = {"T": 6, "B": 3, "D": 2, "H": 4}


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("peer", ["Keras", "PyTorch", "JAX"])
def test_peer_computes_what_rnnkit_computes(module, peer, cell):
    contestants = module("contestants")
    if not contestants.installed(peer):
        pytest.skip(f"{peer} is not installed")
    task = contestants.make_task(cell, **SMALL)
    build, _ = contestants.PEERS[peer]
    expected = contestants.results("rnnkit", task, contestants.rnnkit(task))
    results = contestants.results(peer, task, build(task))
    for right, got in zip(expected, results, strict=True):
        np.testing.assert_allclose(got, right, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_bare_products_writes_nothing_outside_its_own_buffers(module, cell):
    contestants = module("contestants")
    task = contestants.make_task(cell, **SMALL)
    arrays = (task.x, task.dh, *task.params)
    before = [array.copy() for array in arrays]
    contestants.bare_products(task)()
    for array, was in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, was)


@pytest.mark.parametrize("cell", CELLS)
def test_peak_of_memory_exceeds_what_must_be_kept(module, cell):
    task = module("contestants").make_task(cell, T=40, B=8, D=4, H=32)
    sizes = module("measure").megabytes(task)
    x, h, *_ = task.cell.module.forward(task.x, task.params)[2]
    blocks = {"simple RNN": 1, "LSTM": 6, "GRU": 5}[cell]
    assert sizes["kept_mb"] == (x.nbytes + blocks * h[1:].nbytes) / 1e6
    assert 1.5 < sizes["peak_mb"] / sizes["kept_mb"] < 4.5


def test_goals_and_peers_tell_who_wins(module):
    bench = module("bench")
    rows = [
        {"threads": "1", "cell": cell, **dict(zip("TBDH", "9888", strict=True)), "ratio": ratio}
        | {"contestant": name, "milliseconds": "1", "H": H}
        for cell in bench.GOALS
        for H in ("64", "128")
        for name, ratio in {"bare products": 1, "rnnkit": 2, "PyTorch": 1.5, "JAX": 3}.items()
    ]
    goals = bench.goals(rows).splitlines()
    assert "| Simple RNN, H ≥ 128: at most 1.25 times the bare products" in goals[2]
    assert ["missed" in line for line in goals[2:8]] == [True, False] * 3
    peers = bench.peers(rows)
    assert "| LSTM |  | 0.75 – 0.75 | 1.50 – 1.50 |" in peers
    assert "- GRU, (T, B, D, H) = (9, 8, 8, 128): PyTorch takes 0.75 of the time of" in peers
    assert peers.count("takes") == 6
    assert "JAX takes" not in peers
