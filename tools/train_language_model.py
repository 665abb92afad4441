"""Networks of chapter 6.1a that train for longer than a notebook may, by the chapter's own cells.

    python tools/train_language_model.py short      # 15 runs of 2 million characters, 4 minutes
    python tools/train_language_model.py long       # 1 run of 20 million characters, 4 minutes

Both write to results/language_model.csv: bits per character on validation text, on the test plays,
and on those passages of them that the leaky split keeps for testing (`passages`). `text` is the
number of training characters, `characters` how many were read. `short` keeps the weights that were
best on validation text. `long` also writes results/language_model.npz, the weights in float16 by
their names in rnnkit: embedding (69, 32), a GRU of 192 units (reset after, blocks z, r, h̃), dense
(192, 69). The vocabulary is `Vocabulary([training text], min_count=20)`, as the chapter makes it.
"""

import argparse
import os
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from tqdm import tqdm

import runs

COLUMNS = ("units", "text", "split", "seed", "characters", "validation", "test", "passages")
LEFT_OUT = ("plt.subplots", "stored", "ngram", "NGram", "zlib.compress")


def short(c: dict, table: runs.Table, seeds: list[int]) -> None:
    """Three seeds for each amount of text, and for the leaky split."""
    texts = [("plays", c["some_text"][f]) for f in c["FRACTIONS"]]
    texts.append(("leaky", c["with_leak"](c["some_text"][4])))
    for seed in seeds:
        for split, ids in tqdm(texts):
            if table.has(128, len(ids), split, seed, 2_000_000):
                continue
            start, best = time.process_time(), [np.inf, {}, 0]
            model = c["language_network"](np.random.default_rng(seed))

            def keep_the_best(model, characters, best=best):
                value = c["bits"](model, c["ids"]["validation"][:50_000]).mean()
                if value < best[0]:
                    best[:] = value, {k: p.copy() for k, p in model.params.items()}, characters

            c["train"](model, ids, 2_000_000, pieces=10, after_piece=keep_the_best)
            for key, array in model.params.items():
                array[...] = best[1][key]
            bits = c["bits"](model, c["ids"]["test"])
            passages = float(bits[c["scored"]].mean())
            table.add(128, len(ids), split, seed, 2_000_000, float(best[0]), float(bits.mean()),
                      passages, time.process_time() - start)  # fmt: skip


def long(c: dict, table: runs.Table, seeds: list[int]) -> None:
    """One larger network; its weights are kept."""
    seed, start = seeds[0], time.process_time()
    model = c["language_network"](np.random.default_rng(seed), 192)
    ids = c["ids"]["train"]

    def report(model, characters):
        value = float(c["bits"](model, c["ids"]["validation"][:50_000]).mean())
        seconds = time.process_time() - start
        if not table.has(192, len(ids), "plays", seed, characters):
            table.add(192, len(ids), "plays", seed, characters, value, "", "", seconds)

    c["train"](model, ids, 20_000_000, after_piece=report)
    arrays = {name: array.astype(np.float16) for name, array in model.params.items()}
    np.savez_compressed(runs.RESULTS / "language_model.npz", **arrays)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("short", "long"))
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    arguments = parser.parse_args()
    chapter = runs.definitions("06_1a_language_model", "def bits(", without=LEFT_OUT)
    table = runs.Table("language_model", (*COLUMNS, "seconds"), keys=5)
    globals()[arguments.what](chapter, table, arguments.seeds)
