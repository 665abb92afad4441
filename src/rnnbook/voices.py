"""Who speaks in the spoken digits: read off the order of the recordings.

The package that `rnnkit.datasets.load_spoken_digits` reads stores no names of files and no
speakers. Its recordings still lie in the order of a checksum of the file names, the order in
which the Apple File System keeps the entries of a folder. The names are known,
`{digit}_{speaker}_{take}.wav`, so sorting them by that checksum gives the speaker and the take of
every recording.
"""

import numpy as np

__all__ = ["SPEAKERS", "checksum", "speakers"]

SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
"""The six speakers of the Free Spoken Digit Dataset, as the file names write them."""

TAKES = 50
POLYNOMIAL = 0x82F63B78  # of CRC-32C (Castagnoli), lowest bit first


def _table() -> list[int]:
    """Return what the checksum makes of each value of a byte."""
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return table


_TABLE = _table()


def checksum(data: bytes) -> int:
    """CRC-32C of some bytes, begun with 32 ones and *not* inverted at the end.

    >>> hex(checksum(b"123456789") ^ 0xFFFFFFFF)  # the published check value
    '0xe3069283'
    """
    value = 0xFFFFFFFF
    for byte in data:
        value = _TABLE[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value


def speakers() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Speaker, take and digit of each recording of `load_spoken_digits`, in its order.

    The 3,000 names are sorted by the low 22 bits of the CRC-32C of the name in UTF-32 (little
    endian, no mark at the start, no zero at the end): the hash in the keys of directory entries
    in the Apple File System (`j_drec_hashed_key_t`).

    The check: the digits in the sorted names are the labels of the file, all 3,000 of them in
    their order, and no two names share a hash; in a random order one label in ten would agree.
    A second check, which does not use the labels: in 99 of 100 cases the recording with the
    nearest mean frame is by the same speaker, where a random order gives one in six.

    Returns
    -------
    speaker : ndarray (3000,)
        0 to 5, an index into `SPEAKERS`.
    take : ndarray (3000,)
        0 to 49; takes 0 to 4 are the test part that the authors of the recordings propose.
    digit : ndarray (3000,)
        0 to 9. Compare them with the labels before you rely on the others.

    Examples
    --------
    >>> speaker, take, digit = speakers()
    >>> [f"{d}_{SPEAKERS[s]}_{t}" for d, s, t in zip(digit[:2], speaker, take)]
    ['5_nicolas_9', '3_yweweler_14']

    References
    ----------
    Names of the files: https://github.com/Jakobovski/free-spoken-digit-dataset
    Hash: Apple Inc., Apple File System Reference, "j_drec_hashed_key_t"
    """
    names, hashes = [], []
    for digit in range(10):
        for number, speaker in enumerate(SPEAKERS):
            for take in range(TAKES):
                name = f"{digit}_{speaker}_{take}.wav"
                names.append((number, take, digit))
                hashes.append(checksum(name.encode("utf-32-le")) & 0x3FFFFF)
    speaker, take, digit = np.array(names)[np.argsort(hashes, kind="stable")].T
    return speaker, take, digit
