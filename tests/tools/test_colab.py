"""The rehearsal of Colab. It is run by `make colab`; here stands what can be tested in a second."""

import os
import subprocess

import pytest

import colab
import generated
import notebooks


def test_versions_are_those_of_the_committed_file():
    found = colab.versions()
    assert {"python", "pip", "ipython", "numpy", "tensorflow", "keras"} <= set(found)
    assert "rnnkit" not in found


def test_the_address_of_the_book_is_answered_by_this_repository():
    if not (notebooks.ROOT / ".git").exists():
        pytest.skip("not a clone")
    told = subprocess.run(
        ["git", "ls-remote", generated.address(), "HEAD"],
        env=os.environ | colab.answered_here() | {"GIT_TERMINAL_PROMPT": "0"},
        capture_output=True, text=True, check=True,
    ).stdout.split()[0]  # fmt: skip
    here = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=notebooks.ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    assert told == here
