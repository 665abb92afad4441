"""Chapter 6.1c: where the network with attention looked, for one day written in many ways.

The network is the chapter's, 500 updates from seed 0. Each row is a text and what was written;
the array with the row's number holds the attention weights: a row for each written symbol, the
end included, a column for each character of the text. Italian is not among the languages of the
training part.
"""

import time
from datetime import date

import numpy as np

from experiments.chapter import shared
from experiments.protocol import Experiment
from rnnbook.translation import as_arrays, updates
from rnnkit.text import Vocabulary

CHAPTER, DAY = "06_1c_translation", date(1969, 7, 4)
FULL = ("en", "es", "de", "fr", "fi", "hu", "tr", "el", "ru", "zh")
WRITTEN = [*((name, "full") for name in FULL), ("en", "short"), ("es", "short"), ("it", "long")]


def jobs(rows):
    yield 500, 0


def run(number, seed):
    cells, start = shared(CHAPTER), time.process_time()
    texts, isos, *_ = cells["date_parts"]()[0]
    characters, digits = Vocabulary(texts), Vocabulary(isos)
    rng = np.random.default_rng(seed)
    model = cells["date_network"]((len(characters), len(digits)), rng, "dot")
    for _ in updates(model, as_arrays(texts, isos, characters, digits), number, rng=rng):
        pass
    seconds, rows, arrays = time.process_time() - start, [], {}
    for k, (language, style) in enumerate(WRITTEN):
        text = cells["write_date"](DAY, language, style)
        symbols, weights = model.greedy([characters.encode(text)], max_length=16)
        answer = "".join(digits.decode(symbols[0]))
        rows.append((text, language, style, answer, seconds))
        arrays[str(k)] = weights[0].astype(np.float32)
    return rows, arrays


COLUMNS = ("updates", "seed", "text", "language", "style", "written", "seconds")
EXPERIMENTS = [Experiment("alignment", COLUMNS, 2, jobs, run, chapters=(CHAPTER,))]
