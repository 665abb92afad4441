"""The rehearsal of Colab. It is run by `make colab`; here stands what can be tested in a second."""

import os
import subprocess

import colab
import generated
import notebooks


def test_versions_are_those_of_the_committed_file():
    found = colab.versions()
    assert {"python", "pip", "ipython", "numpy", "tensorflow", "keras"} <= set(found)
    assert "rnnkit" not in found


def test_the_address_of_the_book_is_answered_by_this_repository():
    asked = subprocess.run(
        ["git", "ls-remote", "--get-url", generated.address()],
        env=os.environ | colab.answered_here(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert asked.stdout.strip() == notebooks.ROOT.as_uri()
