"""Tests of the test: plausible but wrong formulas for BPTT are caught by the gradient check.

A wrong formula does not show everywhere.  Each entry names the setting in which it is caught
and, where there is one, a setting in which it slips through: there the wrong formula gives
the right gradient, and a check made in that setting alone would have passed it.
"""

from typing import NamedTuple

import numpy as np
import pytest
from oracles import KINDS, Case, arrays, named

from rnncheck import bptt as catalogue
from rnnkit import gradcheck, simple_rnn
from rnnkit.lstm import State

RIGHT, CAUGHT = 1e-8, 1e-3  # errors relative to the length of the gradient given
SEEDS = range(3)

# φ, and φ′ as a function of h = φ(a).
ACTIVATIONS = {
    "tanh": (np.tanh, lambda h: 1.0 - h**2),
    "relu": (lambda a: np.maximum(a, 0.0), lambda h: (h > 0.0).astype(float)),
    "linear": (lambda a: a, np.ones_like),
}


class Setting(NamedTuple):
    """Where a formula is tried; the defaults hide nothing."""

    kind: str = "simple_rnn"
    activation: str = "tanh"
    batch: int = 4
    time: int = 5
    features: int = 2
    units: int = 3
    symmetric: bool = False  # W_h = W_hᵀ
    initial_state: bool = True  # h_0 ≠ 0
    loss_at: str = "every step"
    mask: str = "ragged"
    saturated: tuple[int, float] | None = None  # a gate and the bias that holds it open or shut


class Problem:
    """Random numbers in a setting, and the loss: a weighted sum of outputs, mean over B."""

    def __init__(self, setting, seed):
        s, rng = setting, np.random.default_rng(seed)
        self.setting, self.rng, kind = setting, rng, KINDS[s.kind]
        self.x = rng.standard_normal((s.batch, s.time, s.features))
        if s.kind == "simple_rnn":
            W_h = rng.standard_normal((s.units, s.units))
            self.params = simple_rnn.Params(
                0.7 * rng.standard_normal((s.features, s.units)),
                0.5 * (W_h + W_h.T if s.symmetric else W_h),
                0.3 * rng.standard_normal(s.units),
            )
        else:
            self.params = kind.draw_params(s.features, s.units, rng)
            if s.saturated:
                gate, bias = s.saturated
                b = self.params.b.reshape(-1, kind.gates, s.units)
                b[0, gate] = bias
        # States carried here from the batch before, and the ones that batch started from.
        self.state, self.stale_state = (
            kind.state(lambda: s.initial_state * rng.standard_normal((s.batch, s.units)))
            for _ in range(2)
        )
        lengths = (
            np.arange(s.batch) % s.time + 1 if s.mask == "ragged" else np.full(s.batch, s.time)
        )
        self.mask = np.arange(s.time) < lengths[:, np.newaxis]
        if s.mask == "gaps":
            self.mask[::2, 1:3] = False
        self.weight = rng.standard_normal((s.batch, s.time, s.units))
        if s.loss_at == "last step":
            self.weight[:, :-1] = 0.0

    def forward(self):
        kind, activation = KINDS[self.setting.kind], self.setting.activation
        return Case(
            kind, self.x, self.params, self.rng, self.state, self.mask, activation=activation
        ).forward()

    def loss(self):
        return float(np.sum(self.forward()[0] * self.weight)) / self.setting.batch

    def error(self, gradient):
        """Error of a gradient of everything by central differences."""
        dx, dstate, grads = gradient
        tree = {"x": self.x, **named("state", self.state), **self.params._asdict()}
        analytic = {"x": dx, **named("state", dstate), **grads._asdict()}
        return gradcheck.directional_error(self.loss, tree, analytic, rng=self.rng)


def bptt(problem, wrong=None):
    """BPTT with the one mistake ``wrong``, from the catalogue that also judges assignments."""
    _, _, cache = problem.forward()
    h = cache.states[1:].transpose(1, 0, 2)  # (B, T, H)
    B, T, _ = h.shape
    # Two mistakes are made by the caller: a wrong mean, and a state that is not the right one.
    dh = problem.weight / (T if wrong == "mean over the wrong axis" else B)
    stale = wrong == "carried state taken from the previous batch"
    h_0 = problem.stale_state if stale else problem.state
    phi, slope = ACTIVATIONS[problem.setting.activation]
    dx, dh_0, *grads = catalogue.backward(
        dh, problem.x, h, h_0, problem.params.W_x, problem.params.W_h,
        wrong=frozenset({wrong}), mask=problem.mask, phi=phi, slope=slope,
    )  # fmt: skip
    return dx, dh_0, simple_rnn.Params(*grads)


def sigmoid(a):
    return 1.0 / (1.0 + np.exp(-a))


def lstm_bptt(problem, wrong=None):
    """BPTT of an LSTM step by step as in the book; ``wrong`` names the one mistake to make."""
    W_x, W_h, b = problem.params
    x, mask = problem.x, problem.mask
    B, T, _ = x.shape
    _, _, cache = problem.forward()
    h, c = cache.h, cache.c  # (T + 1, B, H): h[t] comes before step t
    dh_above = problem.weight / B
    dh, dc = np.zeros_like(h[0]), np.zeros_like(c[0])
    delta = np.empty((B, T, len(b)))
    for t in reversed(range(T)):
        valid = mask[:, t, np.newaxis]
        a = x[:, t] @ W_x + h[t] @ W_h + b
        i, f, g, o = np.split(a, 4, axis=1)
        i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
        tanh_c = np.tanh(c[t + 1])
        total = dh_above[:, t] + dh
        if wrong == "path through h left out":
            total = dh_above[:, t]
        slope = {"tanh′(c) missing": 1.0, "tanh′ at tanh(c)": 1.0 - np.tanh(tanh_c) ** 2}
        from_h = total * (1.0 if wrong == "o missing in ∂L/∂c" else o)
        from_h *= slope.get(wrong, 1.0 - tanh_c**2)
        if wrong == "path through c left out":
            dc = np.zeros_like(dc) if t < T - 1 else dc
        elif wrong == "∂L/∂c overwritten instead of added" and t < T - 1:
            from_h = np.zeros_like(dc)
        dc = dc + from_h * valid
        before = c[t + 1] if wrong == "c_t instead of c_{t-1} in δ^f" else c[t]
        parts = [
            dc * g * i * (1.0 - i),
            dc * before * f * (1.0 - f),
            dc * i * (g * (1.0 - g) if wrong == "σ′ for the candidate" else 1.0 - g**2),
            total * tanh_c * o * (1.0 - o),
        ]
        if wrong == "path through o left out":
            parts[3] = 0.0 * total
        elif wrong == "c instead of tanh(c) in δ^o":
            parts[3] = total * c[t + 1] * o * (1.0 - o)
        elif wrong == "∂L/∂c instead of ∂L/∂h in δ^o":
            parts[3] = dc * tanh_c * o * (1.0 - o)
        elif wrong == "columns of i and f exchanged":
            parts[:2] = parts[1::-1]
        delta[:, t] = np.concatenate(parts, axis=1) * valid
        keep = f
        if wrong == "∂L/∂c not multiplied by f":
            keep = np.ones_like(f)
        elif wrong == "∂L/∂c multiplied by i":
            keep = i
        if wrong == "masked step forgets ∂L/∂c":
            dc = dc * keep * valid
        elif wrong == "masked step multiplies ∂L/∂c by f":
            dc = dc * keep
        else:
            dc = dc * np.where(valid, keep, 1.0)
        dh = delta[:, t] @ W_h.T + total * ~valid
    return finish(problem, delta, h[:-1], State(dh, dc))


def gru_bptt(problem, wrong=None):
    """BPTT of a GRU of either kind; ``wrong`` names the one mistake to make."""
    W_x, W_h, b = problem.params
    x, mask, after = problem.x, problem.mask, b.ndim == 2
    B, T, _ = x.shape
    H = len(W_h)
    _, _, cache = problem.forward()
    h = cache.states  # (T + 1, B, H): h[t] comes before step t
    b_x, b_h = b if after else (b, np.zeros_like(b))
    W_zr, W_c = W_h[:, : 2 * H], W_h[:, 2 * H :]
    dh = np.zeros_like(h[0])
    delta = np.empty((B, T, 3 * H))  # on the side of x
    recurrent = np.empty_like(delta)  # on the side of h_{t−1}
    inputs = np.empty((T, B, H))  # what the candidate's recurrent weights see
    for t in reversed(range(T)):
        valid = mask[:, t, np.newaxis]
        a = x[:, t] @ W_x + b_x
        z, r = np.split(sigmoid(a[:, : 2 * H] + h[t] @ W_zr + b_h[: 2 * H]), 2, axis=1)
        u = h[t] @ W_c + b_h[2 * H :]
        g = np.tanh(a[:, 2 * H :] + (r * u if after else (r * h[t]) @ W_c))
        total = problem.weight[:, t] / B + dh
        new, old = (z, 1.0 - z) if wrong == "z and 1 − z exchanged" else (1.0 - z, z)
        d_g = total * (1.0 if wrong == "1 − z missing in δ^h" else new)
        d_g *= 1.0 if wrong == "tanh′ missing" else 1.0 - g**2
        candidate = 0.0 if wrong == "h̃ missing in δ^z" else g
        d_z = total * (h[t] - candidate) * z * (1.0 - z)
        if wrong in ("sign of δ^z", "z and 1 − z exchanged"):
            d_z = -d_z
        to_product = d_g @ W_c.T  # ∂L/∂(r h_{t−1}) of the reset before
        inner_after = after != (wrong == "δ^r of the other kind")
        d_r = (d_g * u if inner_after else to_product * h[t]) * r * (1.0 - r)
        if wrong == "path through r left out":
            d_r = 0.0 * d_r
        r_seen = np.ones_like(r) if wrong == "r missing on the recurrent side" else r
        inputs[t] = h[t] if after else r_seen * h[t]
        delta[:, t] = np.concatenate([d_z, d_r, d_g], axis=1) * valid
        recurrent[:, t] = delta[:, t]
        if after:
            recurrent[:, t, 2 * H :] *= r_seen
        direct = total * (0.0 if wrong == "direct path left out" else old)
        direct = (
            direct
            if wrong == "masked step multiplies ∂L/∂h by z"
            else np.where(valid, direct, total)
        )
        through = recurrent[:, t, 2 * H :] @ W_c.T * (1.0 if after else r_seen)
        dh = direct + recurrent[:, t, : 2 * H] @ W_zr.T + through
    dx, dstate, grads = finish(problem, delta, h[:-1], dh)
    dW_c = np.einsum("tbh,bta->ha", inputs, recurrent[:, :, 2 * H :])
    dW_zr = np.einsum("tbh,bta->ha", h[:-1], recurrent[:, :, : 2 * H])
    if after:
        side = delta if wrong == "one bias gradient for both sides" else recurrent
        grads = grads._replace(b=np.stack([grads.b, side.sum(axis=(0, 1))]))
    return dx, dstate, grads._replace(W_h=np.concatenate([dW_zr, dW_c], axis=1))


def finish(problem, delta, h_before, dstate):
    """Gradients of input and weights from δ (B, T, G·H) of all steps."""
    return (
        delta @ problem.params.W_x.T,
        dstate,
        KINDS[problem.setting.kind].module.Params(
            np.einsum("btd,bta->da", problem.x, delta),
            np.einsum("tbh,bta->ha", h_before, delta),
            delta.sum(axis=(0, 1)),
        ),
    )


FORMULAS = {
    "simple_rnn": bptt,
    "lstm": lstm_bptt,
    "gru": gru_bptt,
    "gru, reset before": gru_bptt,
}


def right(problem):
    """The right formula of the kind."""
    return FORMULAS[problem.setting.kind](problem)


class Wrong(NamedTuple):
    """A wrong formula, where it is caught, and where it is not."""

    name: str
    needs: str
    caught: Setting = Setting()
    slips: Setting | None = None

    def formula(self, problem):
        """The gradient as this formula has it."""
        return FORMULAS[self.caught.kind](problem, self.name)


SQUARE = Setting(features=3, units=3, mask="none")  # D = H, as the printed formula needs
PLAIN = Setting(mask="none")
WRONG = [
    Wrong("printed, summed over time", "D = H, to run at all", SQUARE),
    Wrong("printed, not summed over time", "D = H, to run at all", SQUARE),
    Wrong("missing recurrent term", "T ≥ 2", PLAIN, PLAIN._replace(time=1)),
    Wrong("missing φ′", "φ′ ≠ 1", PLAIN, PLAIN._replace(activation="linear")),
    Wrong(
        "φ′ at h",
        "φ′(φ(a)) ≠ φ′(a): tanh, not ReLU, where a and h have one sign",
        PLAIN,
        PLAIN._replace(activation="relu"),
    ),
    Wrong("forward-running loop", "T ≥ 2", PLAIN, PLAIN._replace(time=1)),
    Wrong("missing transpose", "W_h ≠ W_hᵀ", PLAIN, PLAIN._replace(symmetric=True)),
    Wrong("no sum over time", "T ≥ 2", PLAIN, PLAIN._replace(time=1)),
    Wrong(
        "gradient overwritten instead of added",
        "a loss at a step before the last",
        PLAIN,
        PLAIN._replace(loss_at="last step"),
    ),
    Wrong("mean over the wrong axis", "B ≠ T", PLAIN, PLAIN._replace(batch=4, time=4)),
    Wrong("mask ignored", "a step that is masked", Setting(), PLAIN),
    Wrong(
        "carried state taken from the previous batch",
        "h_0 ≠ 0",
        PLAIN,
        PLAIN._replace(initial_state=False),
    ),
    Wrong("h_t instead of h_{t-1} in dW_h", "nothing special"),
    Wrong("no W_h in dh_0", "h_0 is checked, too"),
    Wrong(
        "recurrent gradient not multiplied by φ′",
        "T ≥ 2 and φ′ ≠ 1",
        PLAIN,
        PLAIN._replace(activation="linear"),
    ),
    Wrong("W_h instead of W_x in dx", "x is checked, too"),
]
# The rest of the catalogue: nothing hides it, as long as D = H and there are gaps.
OPEN = Setting(features=3, units=3, mask="gaps")
NAMED = {wrong.name for wrong in WRONG}
WRONG += [
    Wrong(mistake.name, "D = H, gaps", OPEN)
    for mistake in catalogue.ASSIGNMENT.functions[3].mistakes
    if mistake.name not in NAMED
]

LSTM = Setting("lstm")
SHORT = LSTM._replace(time=1)
GAPS = LSTM._replace(mask="gaps")
KEEPS = LSTM._replace(saturated=(1, 50.0))  # f = 1: all is kept
# i = 0 and c_0 = 0: the cell stays empty.
EMPTY = LSTM._replace(saturated=(0, -50.0), initial_state=False)
WRONG += [
    Wrong("path through c left out", "T ≥ 2", LSTM, SHORT),
    Wrong("path through h left out", "T ≥ 2", LSTM, SHORT),
    Wrong("∂L/∂c overwritten instead of added", "T ≥ 2", LSTM, SHORT),
    Wrong("∂L/∂c not multiplied by f", "f ≠ 1", LSTM, KEEPS),
    Wrong("∂L/∂c multiplied by i", "nothing special", LSTM),
    Wrong("c_t instead of c_{t-1} in δ^f", "f not saturated", LSTM, KEEPS),
    Wrong("tanh′(c) missing", "c ≠ 0", LSTM, EMPTY),
    Wrong("tanh′ at tanh(c)", "c ≠ 0", LSTM, EMPTY),
    Wrong("o missing in ∂L/∂c", "o ≠ 1", LSTM, LSTM._replace(saturated=(3, 50.0))),
    Wrong("path through o left out", "c ≠ 0", LSTM, EMPTY),
    Wrong("c instead of tanh(c) in δ^o", "c ≠ 0", LSTM, EMPTY),
    Wrong("∂L/∂c instead of ∂L/∂h in δ^o", "c ≠ 0", LSTM, EMPTY),
    Wrong("σ′ for the candidate", "i ≠ 0", LSTM, LSTM._replace(saturated=(0, -50.0))),
    Wrong("columns of i and f exchanged", "nothing special", LSTM),
    # Behind the last valid step ∂L/∂c is 0, if the loss looks at the outputs only.
    Wrong("masked step forgets ∂L/∂c", "a masked step before a valid one", GAPS, LSTM),
    Wrong("masked step multiplies ∂L/∂c by f", "a masked step before a valid one", GAPS, LSTM),
]
for gru in (Setting("gru"), Setting("gru, reset before")):
    opened, shut = gru._replace(saturated=(1, 50.0)), gru._replace(saturated=(0, -50.0))
    WRONG += [
        Wrong("z and 1 − z exchanged", "nothing special", gru),
        Wrong("sign of δ^z", "z not saturated", gru, shut),
        Wrong("h̃ missing in δ^z", "z not saturated", gru, shut),
        Wrong("1 − z missing in δ^h", "z ≠ 0", gru, shut),
        Wrong("direct path left out", "z ≠ 0", gru, shut),
        Wrong("tanh′ missing", "z ≠ 1", gru, gru._replace(saturated=(0, 50.0))),
        Wrong("path through r left out", "r not saturated", gru, opened),
        Wrong("r missing on the recurrent side", "r ≠ 1", gru, opened),
        Wrong("masked step multiplies ∂L/∂h by z", "a masked step", gru, gru._replace(mask="none")),
    ]
GRU, BEFORE = Setting("gru"), Setting("gru, reset before")
WRONG += [
    Wrong("δ^r of the other kind", "r not saturated", GRU, GRU._replace(saturated=(1, 50.0))),
    Wrong("δ^r of the other kind", "H ≥ 2", BEFORE, BEFORE._replace(units=1)),
    Wrong("one bias gradient for both sides", "r ≠ 1", GRU, GRU._replace(saturated=(1, 50.0))),
]
SLIPPING = [wrong for wrong in WRONG if wrong.slips]


def ids(wrong):
    return f"{wrong.caught.kind}: {wrong.name}"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("wrong", WRONG, ids=ids)
def test_gradient_check_catches_the_wrong_formula(wrong, seed):
    problem = Problem(wrong.caught, seed)
    assert problem.error(wrong.formula(problem)) > CAUGHT, wrong.needs


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("wrong", WRONG, ids=ids)
def test_right_formula_passes_where_the_wrong_one_is_caught(wrong, seed):
    problem = Problem(wrong.caught, seed)
    h, _, cache = problem.forward()
    expected = right(problem)
    assert problem.error(expected) <= RIGHT
    module = KINDS[problem.setting.kind].module
    ours = module.backward(problem.weight / len(h), cache)
    assert problem.error(ours) <= RIGHT
    for a, b in zip(arrays(expected), arrays(ours), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("wrong", SLIPPING, ids=ids)
def test_wrong_formula_slips_through_in_a_special_setting(wrong, seed):
    problem = Problem(wrong.slips, seed)
    assert problem.error(wrong.formula(problem)) <= RIGHT, wrong.needs
    assert problem.error(right(problem)) <= RIGHT


def test_every_mistake_is_one():
    # A misspelt name would leave the formula right, and pass as "slips through".
    for wrong in WRONG:
        problem = Problem(wrong.caught, 0)
        pairs = zip(arrays(wrong.formula(problem)), arrays(right(problem)), strict=True)
        assert any(np.abs(a - b).max() > 1e-3 for a, b in pairs), wrong.name


def test_printed_formula_read_literally_does_not_even_have_the_right_shape():
    # Columns, as printed: x_t′ (1, D) times dL/dx_t (H, 1) is a number, if D = H.
    x_t, dL_dx_t = np.ones((3, 1)), np.ones((3, 1))
    assert (x_t.T @ dL_dx_t).shape == (1, 1)
    with pytest.raises(ValueError, match="mismatch"):
        np.ones((2, 1)).T @ dL_dx_t


def test_printed_formula_cannot_run_when_d_differs_from_h():
    with pytest.raises(ValueError):
        bptt(Problem(PLAIN, 0), "printed, summed over time")


@pytest.mark.parametrize("part", ["state", "b", "W_x", "W_h", "x"])
def test_check_of_one_array_alone_can_miss_a_mistake_in_another(part):
    # The mistake in dW_h is seen in dW_h only: a check must cover every array.
    problem = Problem(Setting(), 0)
    dx, dstate, grads = bptt(problem, "h_t instead of h_{t-1} in dW_h")
    tree = {"x": problem.x, "state": problem.state, **problem.params._asdict()}
    analytic = {"x": dx, "state": dstate, **grads._asdict()}
    error = gradcheck.directional_error(
        problem.loss, {part: tree[part]}, {part: analytic[part]}, rng=problem.rng
    )
    assert (error > CAUGHT) == (part == "W_h")
    assert error > CAUGHT or error <= RIGHT
