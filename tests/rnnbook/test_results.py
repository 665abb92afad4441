"""Stored tables and weights are read as numbers, and mistakes are named."""

import numpy as np
import pytest

from rnnbook import results
from rnnkit.layers import Dense, Sequential


@pytest.fixture
def stored(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "STORED", tmp_path)
    text = "# made by: me\n# code: 1\nmodel,lag,bits\ngru,10,1.5\ngru,30,2.5\nlstm,10,inf\n"
    (tmp_path / "runs.csv").write_text(text, encoding="utf-8")
    arrays = {"a.dense.W": np.ones((2, 3)), "a.dense.b": np.zeros(3), "n": np.arange(2)}
    arrays |= {"__about__": np.array(["# made by: me"])}
    np.savez(tmp_path / "runs.npz", **arrays)
    return tmp_path


def test_table_makes_numbers_of_numbers(stored):
    assert results.table("runs")[0] == {"model": "gru", "lag": 10, "bits": 1.5}
    assert results.table("runs")[2]["bits"] == np.inf


def test_where_and_column_select_rows(stored):
    rows = results.table("runs")
    assert [row["lag"] for row in rows.where(model="gru")] == [10, 30]
    np.testing.assert_array_equal(rows.column("bits", model="gru"), [1.5, 2.5])
    assert len(rows.where(model="rnn")) == 0


def test_where_names_the_columns_that_there_are(stored):
    with pytest.raises(ValueError, match="no column 'seed'; there are model, lag, bits"):
        results.table("runs").where(seed=0)


def test_table_names_the_tables_that_there_are(stored):
    with pytest.raises(ValueError, match="no stored result 'run'; there are runs"):
        results.table("run")


def test_table_does_not_mind_line_ends_of_windows(stored):
    path = stored / "runs.csv"
    before = results.table("runs")
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert results.table("runs") == before


def test_weights_are_float32_without_what_is_about_them(stored):
    found = results.weights("runs")
    assert set(found) == {"a.dense.W", "a.dense.b", "n"}
    assert found["a.dense.W"].dtype == np.float32 and found["n"].dtype.kind == "i"
    assert set(results.weights("runs", "a.")) == {"dense.W", "dense.b"}


def test_load_fills_a_model_of_the_same_shape(stored, rng):
    model = results.load(Sequential([Dense(3)], input_size=2, rng=rng), "runs", "a.")
    np.testing.assert_array_equal(model.params["dense.W"], 1)


@pytest.mark.parametrize(("units", "prefix"), [(2, "a."), (3, "b.")])
def test_load_refuses_other_weights(stored, rng, units, prefix):
    with pytest.raises(ValueError, match=r"not|begins"):
        results.load(Sequential([Dense(units)], input_size=2, rng=rng), "runs", prefix)
