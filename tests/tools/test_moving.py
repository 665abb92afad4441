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
from rnnbook import plays, results
from rnnkit import activations, lstm, simple_rnn
from rnnkit.layers import GRU, Dense, Embedding, Sequential
from rnnkit.losses import softmax

NODE = shutil.which("node")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)

in_javascript = pytest.mark.skipif(
    not (NODE or CHROMIUM), reason="neither Node nor Chromium on this machine"
)


def run(name, *cases, function="compute", call=None):
    """Return what a function of a figure makes of each of the arguments."""
    sources = [(moving.SOURCE / f"{x}.js").read_text("utf-8") for x in ("moving", name)]
    function = call or f"(x) => moving.{name}.{function}(x)"
    call = f"JSON.stringify({json.dumps(cases)}.map({function}))"
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
    assert set(moving.DATA) == set(moving.CAPTIONS)


def test_scripts_are_short():
    sizes = {path.name: path.stat().st_size for path in moving.SOURCE.glob("*.js")}
    assert max(sizes.values()) < 8000, sizes


def test_place_puts_the_figure_below_the_cell_that_names_it():
    page = nodes.section("", nodes.container(cell_metadata={}), nodes.paragraph())
    page.insert(1, nodes.container(cell_metadata={"rnnbook": {"moving": "unrolled"}}))
    assert moving.SOURCE / "unrolled.js" in moving.sources(page)
    assert moving.sources(nodes.section("", nodes.container(cell_metadata={}))) == []
    moving.place(page)
    assert [type(x) for x in page] == [nodes.container] * 2 + [nodes.raw, nodes.paragraph]
    body = page[2].astext()
    assert moving.names(body) == ["unrolled"] and " hidden>" in body
    assert moving.scripts(moving.names(body)) == ["moving/moving.js", "moving/unrolled.js"]
    assert moving.scripts([]) == []


def test_the_caption_of_the_picture_stays_below_the_picture():
    page = nodes.section("", nodes.container(cell_metadata={"rnnbook": {"moving": "unrolled"}}))
    page += nodes.paragraph("", "How to read it: along the arrows.")
    moving.place(page)
    assert [type(x) for x in page] == [nodes.container, nodes.paragraph, nodes.raw]


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


def backward_norms(Q, inputs, ends, rho, activation, size):
    """What vanishing.compute returns, by rnnkit."""
    params = simple_rnn.Params(np.eye(len(Q)), rho * Q, np.zeros(len(Q)))
    T = inputs.shape[1]
    h, _, cache = simple_rnn.forward(size * inputs, params, activation=activation)
    v = [ends]
    for t in range(T - 1, 0, -1):  # one step back at a time, each with its own cache
        _, _, cache = simple_rnn.forward(
            size * inputs[:, t : t + 1], params, h[:, t - 1], activation=activation
        )
        v.append(simple_rnn.backward(None, cache, v[-1])[1])
    slope = activations.get(activation).derivative(h[:, T // 4 :])
    return np.sqrt((np.array(v) ** 2).sum(axis=2).mean(axis=1)), np.mean(slope**2)


@in_javascript
def test_vanishing_is_rnnkit():
    rng = np.random.default_rng(2)
    drawn = run("vanishing", {"units": 7, "sequences": 3, "T": 25}, function="draws")[0]
    # Typed arrays are written as objects: "0": …, "1": …
    Q = np.array([[*row.values()] for row in drawn["Q"]])
    inputs = np.array([[[*v.values()] for v in x] for x in drawn["inputs"]])
    ends = np.array([[*v.values()] for v in drawn["ends"]])
    np.testing.assert_allclose(Q @ Q.T, np.eye(7), atol=1e-12)
    names = ["tanh", "relu", "sigmoid", "linear"]
    settings = [
        {"rho": rho, "activation": names[k % 4], "size": rng.uniform(0, 3)}
        for k, rho in enumerate(rng.uniform(0.5, 2, 20))
    ]
    arrays = as_lists(Q=Q, inputs=inputs, ends=ends)
    for case, found in zip(
        settings, run("vanishing", *(arrays | x for x in settings)), strict=True
    ):
        norms, slope = backward_norms(Q, inputs, ends, **case)
        np.testing.assert_allclose(found["norms"], norms, rtol=1e-9, err_msg=str(case))
        np.testing.assert_allclose(found["slope"], slope, rtol=1e-9, err_msg=str(case))


@in_javascript
def test_vanishing_passes_1_where_the_chapter_says():
    sizes = moving.vanishing()
    code = f"""(([size, low, high]) => {{
      const drawn = moving.vanishing.draws({json.dumps(sizes)});
      const norm = (rho) => moving.vanishing
        .compute({{ ...drawn, rho, size, activation: "tanh" }}).norms[100];
      const all = drawn.inputs.flatMap((x) => x.flatMap((v) => [...v]));
      const square = all.reduce((sum, value) => sum + value * value, 0) / all.length;
      return [norm(low), norm(high), all.reduce((a, b) => a + b, 0) / all.length, square];
    }})"""
    # The chapter prints 1.17 for inputs of size 0.1 and 1.85 for inputs of size 1.
    for below, above, mean, square in run(
        "vanishing", [0.1, 1.1, 1.25], [1, 1.75, 1.95], call=code
    ):
        assert below < 1 < above
        assert abs(mean) < 0.02 and abs(square - 1) < 0.02


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


def test_short_leaves_out_what_nobody_sees():
    assert moving.short(np.array([[0.004, -0.004, 1.26], [0.5, 0.0, 0.001]]), 2) == [
        [0, 0, 1.26],
        [0.5],
    ]


def test_influence_is_what_the_stored_network_says():
    """Read the whole text again, with one character exchanged, in float64."""
    shown, shakespeare = moving.influence(), plays.load()
    text, V = shown["text"], len(shakespeare.vocabulary)
    layers = [Embedding(V, 32), GRU(192, return_sequences=True), Dense(V)]
    model = Sequential(layers, rng=np.random.default_rng(0))
    results.load(model, "language_model")
    first = shakespeare.texts["test"].index(text)
    ids = shakespeare.ids["test"][first - 512 : first + len(text)]
    frequency = np.bincount(shakespeare.ids["train"], minlength=V)
    frequent = np.argsort(-frequency)[:21]

    def bits(rows, at):
        logits, _, _ = model.forward(rows[:, : 512 + at])
        return -np.log2(softmax(logits[:, -1])[:, ids[512 + at]])

    at = text.index("tion:")
    as_it_is = bits(ids[np.newaxis], at)
    np.testing.assert_allclose(shown["bits"][at], as_it_is, atol=0.02)
    for d in (0, 4, 12, 30):
        k = 512 + at - 1 - d
        others = frequent[frequent != ids[k]][:20]
        rows = np.repeat(ids[np.newaxis], 20, axis=0)
        rows[:, k] = others
        wanted = np.average(bits(rows, at) - as_it_is, weights=frequency[others])
        found = dict(enumerate(shown["influence"][at])).get(d, 0)
        np.testing.assert_allclose(found, wanted, rtol=0.01, atol=0.01)


@in_javascript
def test_influence_belongs_to_the_characters_before():
    shown = moving.influence()
    places = [0, 3, 45, len(shown["text"]) - 1]
    given = [{"influence": shown["influence"], "at": at} for at in places]
    for at, found in zip(places, run("influence", *given), strict=True):
        assert len(found) == at
        row = shown["influence"][at]
        assert found == [row[at - 1 - k] if at - 1 - k < len(row) else 0 for k in range(at)]


@in_javascript
def test_alignment_is_the_stored_weights():
    stored, dates = results.weights("alignment"), moving.alignment()["dates"]
    for k, date in enumerate(dates):
        weights = stored[str(k)]
        assert weights.shape == (len(date["written"]) + 1, len(date["text"]))
        np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-3)  # stored in float16
        given = [{"weights": date["weights"], "at": at} for at in range(len(weights))]
        for row, found in zip(weights, run("alignment", *given), strict=True):
            places = [x["place"] for x in found]
            np.testing.assert_allclose([x["weight"] for x in found], row[places], atol=0.0006)
            assert places[0] == row.argmax() and len(places) >= (row > 0.011).sum()


def test_alignment_shows_right_answers_and_the_errors_that_its_caption_names():
    rows = results.table("alignment")
    wrong = {row["language"] for row in rows if row["written"] != "1969-07-04"}
    assert {"fi", "it"} <= wrong and len(wrong) < len(rows) / 2
