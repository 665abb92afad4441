"""Chapter 6.1b: every network with five seeds, for the tables of the chapter.

    python tools/train_sentiment.py      # about five minutes on one core

Runs the chapter's own functions `english`, `padding`, `chinese` and `segmentation` and writes
results/sentiment.csv: task, model, seed, score (accuracy on the test part; F1 of words for
segmentation), CPU seconds. It may be stopped and started again.
"""

import time

from tqdm import tqdm

import runs

SEEDS = range(5)
WITHOUT = (  # cells with one of these words are not needed here
    *("plt.subplots", "stored", "careless", "hits", "models", "passed"),
    *("METHODS", "falls", "zh_counts"),
)
MODELS = {
    "english": ("vectors", "GRU", "BiGRU", "GRU mean", "BiGRU mean"),
    "padding": ("GRU right", "GRU left", "GRU mean right", "GRU mean left"),
    "chinese": ("vectors", "GRU", "BiGRU", "BiGRU mean"),
    "segmentation": ("forward 0", "forward 1", "forward 2", "forward 3", "forward 4", "both"),
}


def main() -> None:
    name, last = "06_1b_text_classification", "def segmentation("
    chapter = runs.definitions(name, last, without=WITHOUT)
    table = runs.Table("sentiment", ("task", "model", "seed", "score", "seconds"), keys=3)
    jobs = [(task, model, seed) for task, models in MODELS.items() for model in models
            for seed in SEEDS]  # fmt: skip
    for task, model, seed in tqdm(jobs, unit="run"):
        if not table.has(task, model, seed):
            start = time.process_time()
            score = float(chapter[task](model, seed))
            table.add(task, model, seed, score, time.process_time() - start)


if __name__ == "__main__":
    main()
