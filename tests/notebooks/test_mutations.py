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


def test_run_tells_an_error_from_a_good_end():
    assert mutate.run("x = 1") == ""
    assert "not so" in mutate.run("assert 1 == 2, 'not so'")


def test_planted_refuses_code_that_is_not_there():
    name = notebooks.paths()[0].stem
    with pytest.raises(SystemExit, match="is not in the code"):
        mutate.planted(name, "no such code anywhere", "")
