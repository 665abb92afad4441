"""One module for each stored result. `python -m experiments` lists them."""

import os

# Before NumPy is imported: one thread, as in the chapters, and no windows.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")
