"""The lists of planted faults fit the chapters, and the tool tells what it sees."""

import tomllib

import pytest

import mutate
import notebooks

LISTS = sorted(mutate.LISTS.glob("*.toml"))


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_planted_faults_change_code_that_can_be_parsed(path):
    faults = tomllib.loads(path.read_text("utf-8"))["mutation"]
    assert len(faults) >= 3
    for fault in faults:
        code = mutate.planted(path.stem, fault["old"], fault["new"])
        assert code != mutate.planted(path.stem, "", "")
        compile(code, path.stem, "exec")


def test_the_record_is_of_these_faults_and_most_were_noticed():
    rows = [[x.strip(" `") for x in row.strip("|").split(" | ")] for row in mutate.recorded()]
    recorded = {row[0] for row in rows}
    early = {path.stem for path in LISTS if path.stem < "06"}
    assert early <= recorded, "chapters 1 to 5 have been tried, every one"
    wanted = {
        (path.stem, mutate.cell(fault["old"]).strip(" `"), mutate.cell(fault["new"]).strip(" `"))
        for path in LISTS
        if path.stem in recorded
        for fault in tomllib.loads(path.read_text("utf-8"))["mutation"]
    }
    assert {(row[0], row[2], row[3]) for row in rows} == wanted
    noticed = [row for row in rows if row[4] != "**nothing**"]
    assert len(rows) >= 40
    assert len(noticed) >= 0.9 * len(rows)


def test_run_tells_an_error_from_a_good_end():
    assert mutate.run("x = 1") == ""
    assert "not so" in mutate.run("assert 1 == 2, 'not so'")
    assert mutate.run("import numpy as np; assert np.ones(2).sum() == 3, ''").startswith("Assert")


def test_planted_refuses_code_that_is_not_there():
    name = notebooks.paths()[0].stem
    with pytest.raises(SystemExit, match="is not in the code"):
        mutate.planted(name, "no such code anywhere", "")
