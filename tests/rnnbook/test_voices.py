"""The speakers of the spoken digits, read off the order of the file."""

import numpy as np
import pytest

from rnnbook.voices import SPEAKERS, checksum, speakers
from rnnkit import datasets


@pytest.fixture(scope="module")
def recordings():
    return datasets.load_spoken_digits()


def test_checksum_gives_the_published_check_value_of_crc_32c():
    assert checksum(b"123456789") ^ 0xFFFFFFFF == 0xE3069283
    assert checksum(b"") == 0xFFFFFFFF


def test_speakers_reproduces_every_label_in_order(recordings):
    _, _, digit = speakers()
    np.testing.assert_array_equal(digit, recordings.labels)


def test_speakers_gives_each_name_once():
    speaker, take, digit = speakers()
    assert len(set(zip(speaker, take, digit, strict=True))) == 3000
    assert np.bincount(speaker).tolist() == [500] * 6
    assert np.bincount(take).tolist() == [60] * 50


def test_speakers_has_no_two_names_with_one_hash():
    hashes = set()
    for digit in range(10):
        for name in SPEAKERS:
            for take in range(50):
                text = f"{digit}_{name}_{take}.wav"
                hashes.add(checksum(text.encode("utf-32-le")) & 0x3FFFFF)
    assert len(hashes) == 3000


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-32-be"])
def test_another_encoding_of_the_names_gives_labels_at_chance(recordings, encoding):
    names = [f"{d}_{s}_{t}.wav" for d in range(10) for s in SPEAKERS for t in range(50)]
    hashes = [checksum(name.encode(encoding)) & 0x3FFFFF for name in names]
    digit = np.repeat(np.arange(10), 300)[np.argsort(hashes, kind="stable")]
    assert (digit == recordings.labels).mean() < 0.2


def test_nearest_mean_frame_is_by_the_same_speaker(recordings):
    speaker, _, _ = speakers()
    valid = recordings.x[recordings.mask]
    mean = recordings.x.sum(axis=1) / recordings.mask.sum(axis=1, keepdims=True)
    mean = (mean - valid.mean(axis=0)) / valid.std(axis=0)
    square = (mean**2).sum(axis=1)
    distance = square[:, np.newaxis] + square - 2 * mean @ mean.T
    np.fill_diagonal(distance, np.inf)
    nearest = distance.argmin(axis=1)
    assert (speaker[nearest] == speaker).mean() > 0.97
    shuffled = np.random.default_rng(0).permutation(speaker)
    assert (shuffled[nearest] == shuffled).mean() < 0.25
