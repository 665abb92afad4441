"""An experiment is made, continued, checked and verified."""

import numpy as np
import pytest

from experiments import protocol, table
from experiments.protocol import Experiment
from rnnbook import results

COLUMNS = ("model", "seed", "bits", "seconds")
CALLS = []


def jobs(rows):
    """Seeds of a second model follow if the first is good."""
    yield from (("gru", seed) for seed in range(2))
    bits = rows.column("bits", model="gru")
    if len(bits) == 2 and bits.min() < 1:
        yield "lstm", 0


def run(model, seed):
    CALLS.append((model, seed))
    return [(0.5 + seed, 1.5)], {f"{model}.{seed}": np.full(2, seed, np.float32)}


@pytest.fixture
def experiment(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "STORED", tmp_path)
    CALLS.clear()
    return Experiment("runs", COLUMNS, 2, jobs, run)


def edit(change):
    path = results.STORED / "runs.csv"
    path.write_text(change(path.read_text("utf-8")), encoding="utf-8")


def test_make_follows_the_jobs_to_their_end(experiment):
    protocol.make(experiment)
    assert CALLS == [("gru", 0), ("gru", 1), ("lstm", 0)]
    assert results.table("runs").column("bits", model="gru").tolist() == [0.5, 1.5]
    assert set(results.weights("runs")) == {"gru.0", "gru.1", "lstm.0"}


def test_make_repeats_only_what_is_missing(experiment):
    protocol.make(experiment)
    edit(lambda text: text.replace("gru,1,1.5000,1.5000\n", ""))
    CALLS.clear()
    protocol.make(experiment)
    assert CALLS == [("gru", 1)] and protocol.faults(experiment) == []


def test_make_writes_how_it_was_made(experiment):
    protocol.make(experiment)
    command, code = experiment.table().head()
    assert command == experiment.command and code == protocol.digest(experiment)
    lines = experiment.table().lines()
    assert lines[1].endswith(f" · numpy {np.__version__} · 4 s")
    assert table.about("runs") == lines


def test_faults_finds_a_table_that_is_not_there(experiment):
    assert protocol.faults(experiment) == ["runs: there is no table"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda t: t.replace("lstm,0,0.5000,1.5000\n", ""), "runs: missing: lstm, 0"),
        (lambda t: t + "gru,7,0.5,1.5\n", "runs: left over: gru, 7"),
        (lambda t: t + "gru,0,0.5000,1.6\n", "runs: twice: gru, 0"),
        (lambda t: t.replace("code: ", "code: 0"), "runs: older than its code"),
        (lambda t: t.replace("made by: ", "made by: my "), "made by 'my python"),
        (lambda t: t.replace(" · 4 s", " · 5 s"), "runs.npz: not of the same run"),
        (lambda t: t.replace("bits", "score"), "runs: the columns are model, seed, score"),
    ],
    ids=["missing", "left over", "twice", "older", "command", "arrays", "columns"],
)
def test_faults_finds_what_was_changed(experiment, change, fault):
    protocol.make(experiment)
    assert protocol.faults(experiment) == []
    edit(change)
    assert any(fault in line for line in protocol.faults(experiment))


def test_verify_runs_each_setting_once_and_finds_a_changed_number(experiment, capsys):
    protocol.make(experiment)
    CALLS.clear()
    assert protocol.verify(experiment) == 0
    assert sorted(CALLS) == [("gru", 0), ("lstm", 0)]
    edit(lambda text: text.replace("lstm,0,0.5", "lstm,0,0.6"))
    assert protocol.verify(experiment) == pytest.approx(0.1)
    assert "lstm, 0: 0.1 apart" in capsys.readouterr().out


def test_distance_compares_numbers_curves_and_words():
    assert protocol.distance("0.5", "0.50") == protocol.distance("inf", "inf") == 0
    assert protocol.distance("1;2", "1;2.5") == 0.2
    assert protocol.distance("one", "two") == protocol.distance("1;2", "1") == np.inf


def test_form_sees_code_and_nothing_else():
    def form(source):
        return protocol.form(protocol.ast.parse(source))

    plain = form("def f(x):\n    return (x + 1)")
    assert form('def f(x):\n    """Doc."""\n    # why\n    return (x\n        + 1)\n') == plain
    assert form("def f(x):\n    return x + 2") != plain
    assert "value=''" not in form('f"{x:{width}}"')
    assert form("f(x=[])") != form("f(x=None)") and form("a = ''") != form("a = 'b'")
