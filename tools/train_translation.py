"""Tables and weights of chapters 6.1c and 6.1d, by the functions that stand in the chapters.

    python tools/train_translation.py dates     results/translation_dates.csv
    python tools/train_translation.py words     results/translation_words.csv
    python tools/train_translation.py weights   results/translation_words.npz and …_weights.csv

A run that is in the table already is left out; so an interrupted script may be started again.
"""

import argparse
import csv
import os
import re
import time
import unicodedata
import zlib
from collections import Counter
from datetime import date, timedelta
from functools import cache
from itertools import product
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import nbformat
import numpy as np
from babel.dates import format_date
from tqdm import tqdm

from rnnkit import datasets, losses, optimizers
from rnnkit.seq2seq import EncoderDecoder
from rnnkit.text import Vocabulary, batches, pad
from rnnkit.training import train_step

ROOT = Path(__file__).parents[1]
CHAPTERS = ("06_1c_translation", "06_1d_pronunciation")
NAMES = (  # what the cells need
    Counter, EncoderDecoder, Vocabulary, batches, cache, csv, datasets, date, format_date,
    losses, np, optimizers, pad, product, re, timedelta, train_step, unicodedata, zlib,
)  # fmt: skip
CHECKPOINTS = (100, 200, 300, 400, 500, 750, 1000, 1500, 2000, 2500, 3000, 3500, 4000)


def shared_cells() -> dict:
    """Run the cells of the two chapters that say they are shared with this script."""
    known = {name: value for name, value in globals().items() if any(value is x for x in NAMES)}
    for name in CHAPTERS:
        for cell in nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4).cells:
            if cell.cell_type == "code" and cell.source.startswith("# shared with"):
                exec(cell.source, known)
    return known


class Table:
    """A CSV file that takes one row at a time."""

    def __init__(self, name: str, columns: tuple[str, ...], keys: int) -> None:
        self.path, self.keys = ROOT / "results" / f"{name}.csv", keys
        self.path.parent.mkdir(exist_ok=True)
        self.columns = (*columns, "seconds", "numpy", "command")
        self.done = set()
        if self.path.exists():
            with self.path.open() as file:
                self.done = {tuple(row[:keys]) for row in csv.reader(file)}
        else:
            self.write(self.columns)

    def has(self, *key: object) -> bool:
        """Whether the table has a row that begins so."""
        return tuple(map(str, key)) in self.done

    def write(self, row: tuple) -> None:
        """Append one line."""
        with self.path.open("a", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(row)

    def add(self, command: str, seconds: float, *row: object) -> None:
        """Append a result."""
        values = [f"{x:.4f}" if isinstance(x, float) else x for x in row]
        self.write((*values, f"{seconds:.1f}", np.__version__, f"train_translation.py {command}"))


def dates(c: dict) -> None:
    table = Table("translation_dates", ("attention", "seed", "updates", "exact", "new_years"), 2)
    parts = c["date_parts"]()
    symbols = Vocabulary(parts[0][0]), Vocabulary(parts[0][1])
    train, test, new = (c["as_arrays"](*part[:2], *symbols) for part in parts)
    for attention, seed in product(("none", "dot"), range(3)):
        if table.has(attention, seed):
            continue
        rng = np.random.default_rng(seed)
        model = c["date_network"](
            *map(len, symbols), rng, None if attention == "none" else attention
        )
        rows, start = [], time.process_time()
        for done, _ in tqdm(c["updates"](model, train, 4000, rng=rng), total=4000):
            if done in CHECKPOINTS:
                scores = [float(c["exact"](model, part).mean()) for part in (test, new)]
                rows.append((time.process_time() - start, attention, seed, done, *scores))
        for seconds, *row in rows:  # all of a run or nothing
            table.add("dates", seconds, *row)


def words(c: dict, splits: tuple[str, ...] = ("family", "random")) -> None:
    columns = ("method", "split", "words", "seed", "updates", "wer", "per")
    table = Table("translation_words", columns, 4)
    for split in splits:
        train, _, test = c["word_parts"](*([] if split == "family" else [str]))
        test = test[:2000]
        for size in (2000, 8000, 32_000, len(train)) if split == "family" else (len(train),):
            if not table.has("windows", split, size, 0):
                start = time.process_time()
                known = c["learn_windows"](train[:size])
                rates = c["error_rates"]([c["answer_by_windows"](known, w) for w in test], test)
                seconds = time.process_time() - start
                table.add("words", seconds, "windows", split, size, 0, 0, *map(float, rates))
            kinds = ("dot", "none") if size > 32_000 and split == "family" else ("dot",)
            for seed, kind in product(range(3), kinds):
                if table.has(kind, split, size, seed):
                    continue
                rng, start = np.random.default_rng(seed), time.process_time()
                model = c["word_network"](rng, None if kind == "none" else kind, 96)
                run = c["updates"](model, c["word_arrays"](train[:size]), 1500, rng=rng)
                rows = []
                for done, _ in tqdm(run, total=1500):
                    if done in (500, 1500):
                        rates = map(float, c["error_rates"](c["speak"](model, test), test))
                        seconds = time.process_time() - start
                        rows.append((seconds, kind, split, size, seed, done, *rates))
                for row in rows:  # all of a run or nothing
                    table.add("words", *row)


def weights(c: dict, number: int = 6000) -> None:
    train, validation, _ = c["word_parts"]()
    rng, start = np.random.default_rng(0), time.process_time()
    model, data = c["word_network"](rng), c["word_arrays"](train)
    for done, loss in tqdm(
        c["updates"](model, data, number, rng=rng, batch_size=128), total=number
    ):
        if done % 1000 == 0 or done == number:
            wer, per = c["error_rates"](c["speak"](model, validation[:1000]), validation[:1000])
            tqdm.write(f"{done} {time.process_time() - start:.0f} s {loss:.3f} {wer:.3f} {per:.4f}")
    table = Table("translation_weights", ("words", "seed", "updates", "val_wer", "val_per"), 3)
    seconds = time.process_time() - start
    table.add("weights", seconds, len(train), 0, number, float(wer), float(per))
    arrays = {key: array.astype(np.float16) for key, array in model.params.items()}
    np.savez_compressed(ROOT / "results" / "translation_words.npz", **arrays)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("dates", "words", "weights"))
    globals()[parser.parse_args().what](shared_cells())
