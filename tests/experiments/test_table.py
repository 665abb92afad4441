"""A table of runs can be continued."""

import numpy as np
import pytest

from experiments.table import Table, save
from rnnbook import results


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "STORED", tmp_path)
    return lambda: Table("t", ("model", "seed", "bits", "seconds"), keys=2)


def test_has_knows_a_run_after_a_restart(table):
    first = table()
    assert not first.has("gru", 0)
    first.add("gru", 0, 1.23456, 1)
    assert first.has("gru", 0) and not first.has("gru", 1)
    assert table().has("gru", 0) and not table().has("lstm", 0)
    assert table().rows() == [{"model": "gru", "seed": "0", "bits": "1.2346", "seconds": "1"}]


def test_has_knows_a_run_named_by_a_number(table):
    table().add("gru", 0.5, 1.0, 1)
    assert table().has("gru", 0.5) and not table().has("gru", 0.25)


def test_add_refuses_a_row_of_another_length(table):
    with pytest.raises(ValueError, match="2 values"):
        table().add("gru", 0)
    assert table().rows() == []


def test_seconds_count_a_run_of_several_rows_once(table):
    here = table()
    for seconds in (1, 2, 3):
        here.add("gru", 0, 1.0, seconds)
    assert here.seconds() == {("gru", "0"): 3}


def test_save_replaces_arrays_of_the_same_name(table):
    save("t", {"a": np.ones(2, np.float32), "b": np.arange(2)})
    save("t", {"a": np.zeros(2, np.float32)})
    found = results.weights("t")
    assert found["a"].tolist() == [0, 0] and found["b"].tolist() == [0, 1]
