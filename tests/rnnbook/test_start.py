"""The first cell of a chapter."""

import subprocess
import sys

CODE = """
import os, sys
from rnnbook.start import begin
print({'numpy', 'keras', 'matplotlib'} & set(sys.modules))
begin()
print(os.environ['OPENBLAS_NUM_THREADS'], os.environ['TF_CPP_MIN_LOG_LEVEL'])
print('keras' in sys.modules, 'matplotlib' in sys.modules)
"""


def run(**environment):
    done = subprocess.run(
        [sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def test_begin_comes_before_numpy_and_sets_the_environment():
    assert run() == ["set()", "1 3", "False True"]


def test_begin_leaves_the_readers_own_settings():
    assert run(OPENBLAS_NUM_THREADS="2", TF_CPP_MIN_LOG_LEVEL="0")[1] == "2 0"
