"""Every stored result is complete and of the present code."""

import subprocess
import sys

import pytest

from experiments import protocol
from experiments.__main__ import every
from rnnbook import results

EXPERIMENTS = [part for parts in every().values() for part in parts]


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda e: e.name)
def test_faults_finds_none_in_the_stored_results(experiment):
    assert protocol.faults(experiment) == []


def test_stored_results_all_have_an_experiment():
    known = {experiment.name for experiment in EXPERIMENTS} | {"benchmarks"}
    assert {path.stem for path in results.STORED.iterdir()} == known


def test_code_of_an_experiment_is_what_it_runs():
    (part,) = (e for e in EXPERIMENTS if e.name == "linear_recurrence")
    # One name, two files.
    both = {"experiments/linear_recurrence.py", "rnnbook/linear_recurrence.py"}
    assert set(protocol.code(part)) == both | {"memory_tasks.py", "rated.py"}
    (part,) = (e for e in EXPERIMENTS if e.name == "translation_dates")
    assert {"rnnbook/translation.py", "chapter 06_1c_translation"} <= set(protocol.code(part))


def test_main_lists_the_experiments():
    command = [sys.executable, "-m", "experiments"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert all(part.name in shown for part in EXPERIMENTS)
