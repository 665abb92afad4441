"""Tests of the test: plausible but wrong formulas for BPTT are caught by the gradient check.

A wrong formula does not show everywhere.  Each entry names the setting in which it is caught
and, where there is one, a setting in which it slips through: there the wrong formula gives
the right gradient, and a check made in that setting alone would have passed it.
"""

from typing import NamedTuple

import numpy as np
import pytest

from rnnkit import gradcheck, simple_rnn

RIGHT, CAUGHT = 1e-8, 1e-3  # errors relative to the length of the gradient given
SEEDS = range(5)

PHI_PRIME = {
    "tanh": lambda a: 1.0 - np.tanh(a) ** 2,
    "relu": lambda a: (a > 0.0).astype(float),
    "linear": np.ones_like,
}


class Setting(NamedTuple):
    """Where a formula is tried; the defaults hide nothing."""

    activation: str = "tanh"
    batch: int = 4
    time: int = 5
    features: int = 2
    units: int = 3
    symmetric: bool = False  # W_h = W_hᵀ
    initial_state: bool = True  # h_0 ≠ 0
    loss_at: str = "every step"
    mask: str = "ragged"


class Problem:
    """Random numbers in a setting, and the loss: a weighted sum of outputs, mean over B."""

    def __init__(self, setting, seed):
        s, rng = setting, np.random.default_rng(seed)
        self.setting, self.rng = setting, rng
        self.x = rng.standard_normal((s.batch, s.time, s.features))
        W_h = rng.standard_normal((s.units, s.units))
        self.params = simple_rnn.Params(
            0.7 * rng.standard_normal((s.features, s.units)),
            0.5 * (W_h + W_h.T if s.symmetric else W_h),
            0.3 * rng.standard_normal(s.units),
        )
        # States carried here from the batch before, and the ones that batch started from.
        self.state, self.stale_state = s.initial_state * rng.standard_normal((2, s.batch, s.units))
        lengths = (
            np.arange(s.batch) % s.time + 1 if s.mask == "ragged" else np.full(s.batch, s.time)
        )
        self.mask = np.arange(s.time) < lengths[:, np.newaxis]
        self.weight = rng.standard_normal((s.batch, s.time, s.units))
        if s.loss_at == "last step":
            self.weight[:, :-1] = 0.0

    def forward(self):
        return simple_rnn.forward(
            self.x, self.params, self.state, mask=self.mask, activation=self.setting.activation
        )

    def loss(self):
        return float(np.sum(self.forward()[0] * self.weight)) / self.setting.batch

    def error(self, gradient):
        """Error of a gradient of everything by central differences."""
        dx, dstate, grads = gradient
        arrays = {"x": self.x, "state": self.state, **self.params._asdict()}
        analytic = {"x": dx, "state": dstate, **grads._asdict()}
        return gradcheck.directional_error(self.loss, arrays, analytic, rng=self.rng)


def bptt(problem, wrong=None):
    """BPTT step by step as in the book; ``wrong`` names the one mistake to make."""
    W_x, W_h, b = problem.params
    x, mask = problem.x, problem.mask
    B, T, _ = x.shape
    _, _, cache = problem.forward()
    h = cache.states.transpose(1, 0, 2)  # (B, T + 1, H): h[:, t] comes before step t
    phi_prime = PHI_PRIME[problem.setting.activation]
    dh = problem.weight / (T if wrong == "mean over the wrong axis" else B)
    h_before = h[:, :-1].copy()
    if wrong == "carried state taken from the previous batch":
        h_before[:, 0] = problem.stale_state
    elif wrong == "h_t instead of h_{t-1} in dW_h":
        h_before = h[:, 1:]

    carried = np.zeros((B, len(b)))
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(b)
    dx = np.zeros_like(x)
    for t in range(T) if wrong == "forward-running loop" else reversed(range(T)):
        valid = mask[:, t, np.newaxis] | (wrong == "mask ignored")
        a_t = x[:, t] @ W_x + h[:, t] @ W_h + b
        slope = phi_prime(a_t)
        if wrong == "missing φ′":
            slope = np.ones_like(a_t)
        elif wrong == "φ′ at h":
            slope = phi_prime(h[:, t + 1])
        if wrong == "missing recurrent term":
            total = dh[:, t]
        elif wrong == "gradient overwritten instead of added" and t < T - 1:
            total = carried
        else:
            total = dh[:, t] + carried
        delta = total * slope * valid
        if wrong == "recurrent gradient not multiplied by φ′":
            delta = (dh[:, t] * slope + carried) * valid
        dx[:, t] = delta @ (W_h[:, : len(W_x)] if wrong == "W_h instead of W_x in dx" else W_x.T)
        if wrong == "no sum over time":
            dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(b)
        dW_x += x[:, t].T @ delta
        dW_h += h_before[:, t].T @ delta
        db += delta.sum(axis=0)
        carried = delta @ (W_h if wrong == "missing transpose" else W_h.T)
        carried += total * ~valid
        if wrong == "no W_h in dh_0" and t == 0:
            carried = delta
    return dx, carried, simple_rnn.Params(dW_x, dW_h, db)


def printed(problem, wrong):
    """A backward pass often printed, read charitably, for D = H and no mask.

    As printed, dL/dh_t = φ′(h_t) dL/dy_t; dL/dx_t = W_h′ dL/dh_t; dL/dW_x = x_t′ dL/dx_t;
    dL/dW_h = h_{t−1}′ dL/dh_t; dL/db = dL/dh_t.  Its products of vectors are inner
    products; here they are read as outer ones.  Some prints sum over time, some do not.
    """
    _, W_h, b = problem.params
    x, T = problem.x, problem.setting.time
    _, _, cache = problem.forward()
    h = cache.states.transpose(1, 0, 2)
    dy = problem.weight / problem.setting.batch  # y_t is h_t itself
    dx, dstate = np.zeros_like(x), np.zeros((len(x), len(b)))
    grads = simple_rnn.Params(*(np.zeros_like(p) for p in problem.params))
    for t in range(T):
        dh_t = PHI_PRIME[problem.setting.activation](h[:, t + 1]) * dy[:, t]
        dx[:, t] = dh_t @ W_h.T
        if "not summed" in wrong:
            grads = simple_rnn.Params(*(np.zeros_like(p) for p in problem.params))
        grads.W_x[...] += x[:, t].T @ dx[:, t]
        grads.W_h[...] += h[:, t].T @ dh_t
        grads.b[...] += dh_t.sum(axis=0)
        if t == 0:
            dstate = dh_t @ W_h.T
    return dx, dstate, grads


class Wrong(NamedTuple):
    """A wrong formula, where it is caught, and where it is not."""

    name: str
    needs: str
    caught: Setting = Setting()
    slips: Setting | None = None
    formula: object = bptt


SQUARE = Setting(features=3, units=3, mask="none")  # D = H, as the printed formula needs
PLAIN = Setting(mask="none")
WRONG = [
    Wrong("printed, summed over time", "D = H, to run at all", SQUARE, None, printed),
    Wrong("printed, not summed over time", "D = H, to run at all", SQUARE, None, printed),
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
SLIPPING = [wrong for wrong in WRONG if wrong.slips]


def ids(wrong):
    return wrong.name


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("wrong", WRONG, ids=ids)
def test_gradient_check_catches_the_wrong_formula(wrong, seed):
    problem = Problem(wrong.caught, seed)
    assert problem.error(wrong.formula(problem, wrong.name)) > CAUGHT, wrong.needs


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("wrong", WRONG, ids=ids)
def test_right_formula_passes_where_the_wrong_one_is_caught(wrong, seed):
    problem = Problem(wrong.caught, seed)
    h, _, cache = problem.forward()
    right = bptt(problem)
    assert problem.error(right) <= RIGHT
    ours = simple_rnn.backward(problem.weight / len(h), cache)
    assert problem.error(ours) <= RIGHT
    for a, b in zip((*right[:2], *right[2]), (*ours[:2], *ours[2]), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("wrong", SLIPPING, ids=ids)
def test_wrong_formula_slips_through_in_a_special_setting(wrong, seed):
    problem = Problem(wrong.slips, seed)
    assert problem.error(bptt(problem, wrong.name)) <= RIGHT, wrong.needs
    assert problem.error(bptt(problem)) <= RIGHT


def test_every_mistake_is_one():
    # A misspelt name would leave the formula right, and pass as "slips through".
    for wrong in WRONG:
        problem = Problem(wrong.caught, 0)
        gradient, right = wrong.formula(problem, wrong.name), bptt(problem)
        pairs = zip((*gradient[:2], *gradient[2]), (*right[:2], *right[2]), strict=True)
        assert any(np.abs(a - b).max() > 1e-3 for a, b in pairs), wrong.name


def test_printed_formula_read_literally_does_not_even_have_the_right_shape():
    # Columns, as printed: x_t′ (1, D) times dL/dx_t (H, 1) is a number, if D = H.
    x_t, dL_dx_t = np.ones((3, 1)), np.ones((3, 1))
    assert (x_t.T @ dL_dx_t).shape == (1, 1)
    with pytest.raises(ValueError, match="mismatch"):
        np.ones((2, 1)).T @ dL_dx_t


def test_printed_formula_cannot_run_when_d_differs_from_h():
    with pytest.raises(ValueError):
        printed(Problem(PLAIN, 0), "summed")


@pytest.mark.parametrize("part", ["state", "b", "W_x", "W_h", "x"])
def test_check_of_one_array_alone_can_miss_a_mistake_in_another(part):
    # The mistake in dW_h is seen in dW_h only: a check must cover every array.
    problem = Problem(Setting(), 0)
    dx, dstate, grads = bptt(problem, "h_t instead of h_{t-1} in dW_h")
    arrays = {"x": problem.x, "state": problem.state, **problem.params._asdict()}
    analytic = {"x": dx, "state": dstate, **grads._asdict()}
    error = gradcheck.directional_error(
        problem.loss, {part: arrays[part]}, {part: analytic[part]}, rng=problem.rng
    )
    assert (error > CAUGHT) == (part == "W_h")
    assert error > CAUGHT or error <= RIGHT
