"""Time the contestants in this process and print what came out as JSON.

bench.py starts this script, with the number of threads in the environment: the
libraries read it when they are imported.
"""

import json
import platform
import sys
import time
import tracemalloc
from importlib import import_module
from itertools import cycle, islice, product
from pathlib import Path
from statistics import median, quantiles

import contestants
import numpy as np
from tqdm import tqdm

SHAPES = [  # (T, B, D, H)
    (50, 16, 32, 64),
    (100, 32, 32, 128),
    (100, 64, 32, 256),
    (200, 8, 32, 32),
    (28, 128, 32, 128),
]
TOLERANCE = 1e-4  # of the largest entry: float32 and sums over some thousand rows
BLOCK = 0.005  # seconds: a block of calls is at least so long, or a single call


def main(threads: int, rounds: int) -> None:
    contestants.limit_threads(threads)
    names = [name for name in contestants.PEERS if contestants.installed(name)]
    builders = {"bare products": contestants.bare_products, "rnnkit": contestants.rnnkit}
    builders |= {name: contestants.PEERS[name][0] for name in names}
    runs, memory = {}, {}
    for case in product(contestants.CELLS, SHAPES):
        task = contestants.make_task(case[0], *case[1])
        runs[case] = {name: build(task) for name, build in builders.items()}
        check_equal(case, task, runs[case])
        memory[case] = megabytes(task)
    check_threads(threads)
    # The C library gives freed memory back to the system, and fetching it again costs time.
    # Once a large array has been freed it keeps more.  A process that has worked on real
    # data is in that state, so all contestants are timed in it.
    np.ones(7_000_000, dtype=np.float32)

    blocks = {
        case: {name: Block(run, threads) for name, run in runs[case].items()} for case in runs
    }
    for i in tqdm(range(rounds), desc=f"{threads} thread{'s' * (threads > 1)}", unit="round"):
        for case in blocks:
            turn = list(blocks[case].values())
            for block in islice(cycle(turn), i % len(turn), i % len(turn) + len(turn)):
                block.time()

    packages = [package for name in names for package in contestants.PEERS[name][1]]
    result = {
        "threads": threads,
        "rounds": rounds,
        "python": platform.python_version(),
        "processor": processor(),
        "blas": blas(),
        "versions": {name: import_module(name).__version__ for name in ["numpy", *packages]},
        "rows": [
            {
                "cell": case[0],
                "shape": case[1],
                "contestant": name,
                **block.summary(blocks[case]["bare products"]),
                **(memory[case] if name == "rnnkit" else dict.fromkeys(memory[case])),
            }
            for case in blocks
            for name, block in blocks[case].items()
        ],
    }
    print(json.dumps(result))


class Block:
    """Some calls of one contestant in a row, timed together, once per round."""

    def __init__(self, run, threads: int) -> None:
        self.run = run
        start = time.perf_counter()
        run()
        self.calls = max(1, round(BLOCK / (time.perf_counter() - start)))
        self.seconds: list[float] = []  # of one call, by the clock
        self.cpu_seconds: list[float] = []  # of one call, all threads together
        # With one thread the processor's time is what the clock shows on an idle computer,
        # and other work disturbs it less.
        self.times = self.cpu_seconds if threads == 1 else self.seconds

    def time(self) -> None:
        """Time one block."""
        self.run()  # not timed: brings data and code back into the caches
        cpu, start = time.process_time(), time.perf_counter()
        for _ in range(self.calls):
            self.run()
        self.seconds.append((time.perf_counter() - start) / self.calls)
        self.cpu_seconds.append((time.process_time() - cpu) / self.calls)

    def summary(self, bare: "Block") -> dict:
        """What benchmarks.csv says of this contestant."""
        by_round = [mine / its for mine, its in zip(self.times, bare.times, strict=True)]
        low, _, high = quantiles(by_round, n=4) if len(by_round) > 1 else by_round * 3
        return {
            "milliseconds": 1e3 * median(self.times),
            "ratio": median(self.times) / median(bare.times),
            "lower_quartile": low,
            "upper_quartile": high,
            "cores_used": sum(self.cpu_seconds) / sum(self.seconds),
        }


def megabytes(task: contestants.Task) -> dict[str, float]:
    """Return what backpropagation must keep of a forward pass, and rnnkit's peak.

    The peak is that of forward and backward together, with all that they return and without
    what they are given.
    """
    B, T, D = task.x.shape
    H = task.dh.shape[2]
    run = contestants.rnnkit(task)
    run()
    tracemalloc.start()
    run()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    kept = T * B * (D + task.cell.kept * H) * task.x.itemsize
    return {"kept_mb": kept / 1e6, "peak_mb": peak / 1e6}


def check_equal(case: tuple, task: contestants.Task, runs: dict) -> None:
    """All contestants compute the same as rnnkit, or there is nothing to compare."""
    expected = contestants.results("rnnkit", task, runs["rnnkit"])
    for name in runs:
        if name == "bare products":
            continue
        results = contestants.results(name, task, runs[name])
        for field, right, got in zip(expected._fields, expected, results, strict=True):
            error = np.abs(got - right).max() / np.abs(right).max()
            if not error <= TOLERANCE:
                sys.exit(f"{name} differs from rnnkit in {field} by {error:.1e} at {case}.")


def check_threads(threads: int) -> None:
    """The matrix and OpenMP libraries in this process took the number of threads."""
    for pool in thread_pools():
        if pool["num_threads"] > threads:
            sys.exit(f"{pool['internal_api']} has {pool['num_threads']} threads, not {threads}.")


def thread_pools() -> list[dict]:
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return []
    return threadpool_info()


def processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def blas() -> str:
    """NumPy's matrix library and the kernel it chose for this processor."""
    for pool in thread_pools():
        if pool["user_api"] == "blas" and "numpy" in pool["filepath"]:
            name = pool["internal_api"].replace("openblas", "OpenBLAS")
            return f"{name} {pool['version']}, kernel {pool['architecture']}"
    return np.show_config(mode="dicts")["Build Dependencies"]["blas"]["name"]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
