"""Weights and a table for chapter 6.4a, by the functions that stand in the chapter.

    python tools/train_tunes.py weights   results/tunes.npz: three networks, 30 passes each
    python tools/train_tunes.py leak      training with and without relatives of the test tunes

Both add rows to results/tunes.csv. About 65 CPU seconds for each network of `weights`, and 20
for each of the six of `leak`. A run that is in the table already is left out.
"""

import argparse
import os
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

import runs

COLUMNS = ("what", "training", "seed", "passes", "bits_per_note", "seconds")


def weights(c: dict, table: runs.Table, passes: int = 30) -> None:
    """Train on the chapter's split; store the weights, and the bits on the validation part."""
    path = runs.RESULTS / "tunes.npz"
    for seed in range(3):
        if table.has("weights", "family", seed):
            continue
        start = time.process_time()
        model = c["train"](c["build"](seed), c["train_rows"], passes, seed)
        seconds = time.process_time() - start
        spent = c["network_bits"](model, c["validation_rows"])
        arrays = dict(np.load(path)) if path.exists() else {}
        arrays |= {f"{seed}.{key}": x.astype(np.float16) for key, x in model.params.items()}
        np.savez_compressed(path, **arrays)
        bits = float(c["bits_per_note"](spent.get, c["validation_rows"]))
        table.add("weights", "family", seed, passes, bits, seconds)


def leak(c: dict, table: runs.Table, passes: int = 8) -> None:
    """Train with and without the relatives of random test tunes."""
    for seed in range(3):
        drawn, *trainings = c["with_and_without"](seed)
        for name, rows in zip(("with", "without"), trainings, strict=True):
            if not table.has("leak", name, seed):
                start = time.process_time()
                model = c["train"](c["build"](seed), rows, passes, seed)
                bits = float(c["bits_per_note"](c["network_bits"](model, drawn).get, drawn))
                table.add("leak", name, seed, passes, bits, time.process_time() - start)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("weights", "leak"))
    chapter = runs.definitions(
        "06_4a_text_music", "def with_and_without(",
        without=("plt.subplots", "stored", "draw(tunes", "player = ", "tables", "short = "),
    )  # fmt: skip
    globals()[parser.parse_args().what](chapter, runs.Table("tunes", COLUMNS, keys=3))
