"""Figures that move: their formulas in JavaScript give the numbers of rnnkit."""

import json
import shutil
import subprocess

import numpy as np
import pytest
from docutils import nodes
from playwright.sync_api import sync_playwright

import moving
import notebooks
from rnnkit import lstm, simple_rnn

NODE = shutil.which("node")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)

in_javascript = pytest.mark.skipif(
    not (NODE or CHROMIUM), reason="neither Node nor Chromium on this machine"
)


def run(name, *cases, function="compute"):
    """Return what a function of a figure makes of each of the arguments."""
    sources = [(moving.SOURCE / f"{x}.js").read_text("utf-8") for x in ("moving", name)]
    call = f"JSON.stringify({json.dumps(cases)}.map((x) => moving.{name}.{function}(x)))"
    if NODE:
        code = "\n".join(["const addEventListener = () => {};", *sources, f"console.log({call});"])
        done = subprocess.run([NODE, "-"], input=code, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        return json.loads(browser.new_page().evaluate("\n".join([*sources, call])))


def as_lists(**arrays):
    return {name: np.asarray(array).tolist() for name, array in arrays.items()}


def names():
    """Yield the figures that the notebooks name, and where."""
    for path in notebooks.paths():
        for cell in notebooks.read(path).cells:
            if name := cell.metadata.get("rnnbook", {}).get("moving"):
                yield name, path.stem, cell


def test_every_figure_stands_in_one_chapter_below_a_picture_with_words():
    found = {name: cell for name, _, cell in names()}
    assert sorted(name for name, *_ in names()) == sorted(moving.CAPTIONS)
    for cell in found.values():
        assert cell.metadata["mystnb"]["image"]["alt"]


def test_every_figure_has_a_script_and_no_script_is_left_over():
    scripts = {path.stem for path in moving.SOURCE.glob("*.js")}
    assert scripts == {"moving", *moving.CAPTIONS}
    assert set(moving.DATA) <= set(moving.CAPTIONS)


def test_scripts_are_short():
    sizes = {path.name: path.stat().st_size for path in moving.SOURCE.glob("*.js")}
    assert max(sizes.values()) < 8000, sizes


def test_place_puts_the_figure_below_the_cell_that_names_it():
    page = nodes.section("", nodes.container(cell_metadata={}), nodes.paragraph())
    page.insert(1, nodes.container(cell_metadata={"rnnbook": {"moving": "unrolled"}}))
    moving.place(page)
    assert [type(x) for x in page] == [nodes.container] * 2 + [nodes.raw, nodes.paragraph]
    body = page[2].astext()
    assert moving.names(body) == ["unrolled"] and " hidden>" in body
    assert moving.scripts(moving.names(body)) == ["moving/moving.js", "moving/unrolled.js"]
    assert moving.scripts([]) == []


# ---------------------------------------------------------------- the numbers


def defined(name, words):
    """Return what the code cell of a chapter that has these words defines."""
    cells = notebooks.code_cells(notebooks.read(notebooks.FOLDER / f"{name}.ipynb"))
    found = {"np": np}
    exec(next(cell.source for cell in cells if words in cell.source), found)
    return found


def test_unrolled_starts_from_the_numbers_of_the_chapter():
    cell = defined("03_2_bptt", "r_1, r_2 =")
    pairs = {"x": ["x_1", "x_2"], "r": ["r_1", "r_2"]}
    for name, value in moving.unrolled().items():
        there = [cell[part] for part in pairs[name]] if name in pairs else cell[name]
        np.testing.assert_array_equal(value, there, err_msg=name)


@in_javascript
def test_unrolled_is_rnnkit():
    rng, cases = np.random.default_rng(0), []
    for _ in range(20):
        T, D, H = rng.integers(1, 5, 3)
        shapes = {"x": (T, D), "h_0": H, "r": (T, H), "W_x": (D, H), "W_h": (H, H), "b": H}
        cases.append({name: rng.standard_normal(shape) for name, shape in shapes.items()})
    for case, found in zip(cases, run("unrolled", *(as_lists(**x) for x in cases)), strict=True):
        params = simple_rnn.Params(case["W_x"], case["W_h"], case["b"])
        h, _, cache = simple_rnn.forward(case["x"][np.newaxis], params, case["h_0"][np.newaxis])
        gap = h - case["r"]
        _, dh_0, grads = simple_rnn.backward(gap, cache)
        wanted = {"h": h[0], "own": gap[0], "loss": (gap[0] ** 2).sum(axis=1) / 2, "dh_0": dh_0[0]}
        wanted |= {f"d{name}": array for name, array in grads._asdict().items()}
        for name, array in wanted.items():
            np.testing.assert_allclose(found[name], array, rtol=1e-12, atol=1e-13, err_msg=name)


@in_javascript
def test_gates_is_rnnkit():
    rng, cases = np.random.default_rng(1), []
    for _ in range(20):
        T = rng.integers(1, 15)
        gates = {name: rng.uniform(0.01, 0.99, 2) for name in "ifo"}
        cases.append((rng.uniform(-0.9, 0.9, T), rng.integers(0, 2, T), gates))
    given = [
        as_lists(value=value, mark=mark) | {"gates": as_lists(**gates)}
        for value, mark, gates in cases
    ]
    for (value, mark, gates), found in zip(cases, run("gates", *given), strict=True):
        # Biases set the gates, the mark's weights change them; the candidate has the value alone.
        logits = {name: np.log(gate / (1 - gate)) for name, gate in gates.items()}
        b = np.array([logits["i"][0], logits["f"][0], 0, logits["o"][0]])
        of_mark = np.array([*(logits[name][1] for name in "if"), 0, logits["o"][1]])
        of_mark[[0, 1, 3]] -= b[[0, 1, 3]]
        params = lstm.Params(np.array([of_mark, [0, 0, 1, 0]]), np.zeros((1, 4)), b)
        x = np.stack([mark, np.arctanh(value)], axis=1)[np.newaxis]
        h, final, _ = lstm.forward(x, params)
        np.testing.assert_allclose(found["h"], h[0, :, 0], rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(found["c"][-1], final.c[0, 0], rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(np.dot(found["left"], value), final.c[0, 0], atol=1e-14)
