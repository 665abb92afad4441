"""The longer trainings of chapters 6.2a and 6.2b.

    nice -n 10 python tools/forecasts.py     # about 8 minutes, one core

A chapter defines its data, its networks and its scores; this script runs those very cells, up to
the one named in `LAST`, and then calls what they define, for several seeds.

It writes results/forecasts.csv (one row for each run: chapter, method, seed, part, score, seconds,
versions) and results/forecasts.npz (weights of the networks for electricity, as float16).
A run whose row is there is not repeated.
"""

import os
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("TQDM_DISABLE", "0")

import numpy as np
from tqdm import tqdm

import runs

WEIGHTS = runs.RESULTS / "forecasts.npz"
COLUMNS = ("chapter", "method", "seed", "part", "score", "seconds")
LAST = {
    "06_2_time_series": "def predict(",
    "06_2b_forecasting_traps": "def run_volatility(",
}
Result = tuple[dict[str, float], dict[str, np.ndarray]]  # scores by part, arrays to keep


def electricity(chapter: dict[str, Any], seed: int) -> Result:
    """Four trainings, one at the start of each month of the test period."""
    edges = chapter["EDGES"]
    pieces, kept, scores = [], {}, {}
    for month, (a, b) in enumerate(pairwise(edges)):
        train = np.arange(7, a)
        model, _ = chapter["train_gru"](seed, train)
        for key, array in model.params.items():
            kept[f"electricity/{seed}/{month}/{key}"] = array.astype(np.float16)
        pieces.append(chapter["predict"](model, train, np.arange(a, b))[..., 1])
        scores[str(month)] = chapter["mase"](pieces[-1], [a, b])
    scores["all"] = chapter["mase"](np.concatenate(pieces))
    return scores, kept


def named(function: str, *options: Any) -> Callable[[dict[str, Any], int], Result]:
    """A run that is one call of a function of the chapter, which returns its scores."""
    return lambda chapter, seed: (chapter[function](*options, seed), {})


def all_runs() -> Iterator[tuple[str, str, str, range, Callable[[dict[str, Any], int], Result]]]:
    """Name of the notebook, chapter, method, seeds and function of each series of runs."""
    yield "06_2_time_series", "electricity", "GRU", range(5), electricity
    traps = "06_2b_forecasting_traps"
    for kind in ("direct", "recursive"):
        yield traps, "sunspots", kind, range(5), named("run_sunspots", kind)
    for extrema in ("training part", "whole series"):
        yield traps, "price", extrema, range(3), named("run_price", extrema)
    for inputs in (1, 2):
        yield traps, "volatility", f"GRU, {inputs}", range(5), named("run_volatility", inputs)


def main() -> None:
    table = runs.Table("forecasts", COLUMNS, keys=3)
    kept = dict(np.load(WEIGHTS)) if WEIGHTS.exists() else {}
    chapters: dict[str, dict[str, Any]] = {}
    for notebook, chapter, method, seeds, run in all_runs():
        for seed in tqdm(seeds, desc=f"{chapter} {method}"):
            if table.has(chapter, method, seed):
                continue
            if notebook not in chapters:
                chapters[notebook] = runs.definitions(notebook, LAST[notebook])
            start = time.process_time()
            scores, arrays = run(chapters[notebook], seed)
            seconds = round(time.process_time() - start)
            kept |= arrays
            if arrays:
                np.savez_compressed(WEIGHTS, **kept)
            for part, score in scores.items():
                table.add(chapter, method, seed, part, f"{score:.5f}", seconds)


if __name__ == "__main__":
    main()
