"""Optimizers: rules by hand, clipping, memory, bad input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import assert_same, rejects

from rnnkit import optimizers
from rnnkit.simple_rnn import Params

OPTIMIZERS = {
    "SGD": lambda **limits: optimizers.SGD(0.1, **limits),
    "momentum": lambda **limits: optimizers.SGD(0.1, momentum=0.5, **limits),
    "RMSprop": lambda **limits: optimizers.RMSprop(0.1, rho=0.75, **limits),
    "Adam": lambda **limits: optimizers.Adam(0.1, beta_1=0.5, beta_2=0.75, **limits),
}


def run(optimizer, gradients, dtype=np.float64):
    """Values of one parameter, 1 at first, after each gradient."""
    w = {"w": np.array([1.0], dtype)}
    values = []
    for g in gradients:
        optimizer.update(w, {"w": np.array([g], dtype)})
        values.append(w["w"].item())
    return values


def test_sgd_equals_hand_worked_numbers():
    assert run(OPTIMIZERS["SGD"](), [2, -4]) == pytest.approx([0.8, 1.2])


def test_momentum_equals_hand_worked_numbers():
    # m = 0.2, then 0.1 − 0.4 = −0.3.
    assert run(OPTIMIZERS["momentum"](), [2, -4]) == pytest.approx([0.8, 1.1])


def test_rmsprop_equals_hand_worked_numbers():
    # v = ¼·4 = 1; then ¾·1 + ¼·16 = 4.75.  With ε = 3 inside the root: 0.2/√4, −0.4/√7.75.
    optimizer = optimizers.RMSprop(0.1, rho=0.75, epsilon=3.0)
    assert run(optimizer, [2, -4]) == pytest.approx([0.9, 0.9 + 0.4 / np.sqrt(7.75)])


def test_adam_equals_hand_worked_numbers():
    # m = 1, v = 1, rate 0.1·√¼/½ = 0.1; then m = ½ − 2 = −1.5, v = ¾ + 4 = 4.75 and the
    # rate 0.1·√(1 − 9/16)/(1 − ¼).  ε = 1 is added to the root.
    optimizer = optimizers.Adam(0.1, beta_1=0.5, beta_2=0.75, epsilon=1.0)
    first = 1 - 0.1 * 1 / 2
    rate = 0.1 * np.sqrt(7 / 16) / 0.75
    assert run(optimizer, [2, -4]) == pytest.approx(
        [first, first + rate * 1.5 / (np.sqrt(4.75) + 1)]
    )


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_defaults_are_those_of_keras(kind, keras):
    name = {"momentum": "SGD"}.get(kind, kind)
    ours, theirs = getattr(optimizers, name)(), getattr(keras.optimizers, name)().get_config()
    settings = {k: v for k, v in vars(ours).items() if k in theirs}
    assert len(settings) >= 2
    for key, value in settings.items():
        assert value == pytest.approx(theirs[key], rel=1e-6), key


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_update_works_in_place_and_returns_the_norm_before_clipping(kind):
    params = Params(np.ones((1, 1)), np.ones((1, 1)), np.ones(1))
    arrays = list(params)
    grads = Params(np.full((1, 1), 3.0), np.zeros((1, 1)), np.full(1, 4.0))
    kept = [g.copy() for g in grads]
    optimizer = OPTIMIZERS[kind](global_clipnorm=0.1)
    assert optimizer.update(params, grads) == 5.0
    assert all(a is b for a, b in zip(arrays, params, strict=True))
    assert params.W_x < 1 and params.b < 1 and params.W_h == 1
    for g, before in zip(grads, kept, strict=True):
        np.testing.assert_array_equal(g, before)


@pytest.mark.parametrize(
    ("limit", "step"),
    [
        ({"clipvalue": 1.0}, [1.0, 1.0, 0.5]),
        ({"clipnorm": 1.0}, [0.6, 0.8, 0.5]),
        ({"global_clipnorm": 1.0}, np.array([3.0, 4.0, 0.5]) / np.sqrt(25.25)),
        ({}, [3.0, 4.0, 0.5]),
    ],
)
def test_each_limit_clips_in_its_own_way(limit, step):
    params = {"a": np.zeros(2), "b": np.zeros(1)}
    optimizers.SGD(1.0, **limit).update(params, {"a": np.array([3.0, 4.0]), "b": np.array([0.5])})
    np.testing.assert_allclose(-np.concatenate([params["a"], params["b"]]), step, rtol=1e-15)


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_memory_is_kept_for_each_array(kind):
    one, other = {"a": np.zeros(2)}, {"a": np.zeros(2), "b": np.zeros(3)}
    first, second = OPTIMIZERS[kind](), OPTIMIZERS[kind]()
    for _ in range(3):
        first.update(one, {"a": np.array([1.0, -2.0])})
        second.update(other, {"a": np.array([1.0, -2.0]), "b": np.array([100.0, 0.0, 1.0])})
    np.testing.assert_array_equal(one["a"], other["a"])
    assert second.iterations == 3


@pytest.mark.parametrize("kind", OPTIMIZERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_of_parameters_and_memory_is_kept(kind, dtype):
    w = {"w": np.ones(3, dtype)}
    optimizer = OPTIMIZERS[kind](clipvalue=0.5)
    for _ in range(2):
        optimizer.update(w, {"w": np.ones(3, dtype)})
    assert w["w"].dtype == dtype
    assert {a.dtype for slots in optimizer.memory.values() for a in slots.values()} == {
        np.dtype(dtype)
    }


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_learning_rate_may_change_between_updates(kind):
    optimizer, w = OPTIMIZERS[kind](), {"w": np.array([1.0])}
    optimizer.learning_rate = 1e-12
    optimizer.update(w, {"w": np.array([1.0])})
    assert w["w"] == pytest.approx(1.0, abs=1e-10)


@given(st.sampled_from(sorted(OPTIMIZERS)), st.integers(0, 9), st.data())
def test_gradients_that_do_not_fit_change_nothing(kind, seed, data):
    rng = np.random.default_rng(seed)
    params = {"a": rng.standard_normal((2, 3)), "b": rng.standard_normal(3)}
    good = {key: rng.standard_normal(a.shape) for key, a in params.items()}
    optimizer = OPTIMIZERS[kind]()
    for _ in range(data.draw(st.integers(0, 2))):
        optimizer.update(params, good)
    bad, message = data.draw(
        st.sampled_from(
            [
                ({"a": good["a"]}, "grads must have the names of params"),
                ({**good, "c": good["b"]}, "grads must have the names of params"),
                ({**good, "b": good["b"][:2]}, r"grads\['b'\] must have the shape of its"),
                ({**good, "a": good["a"].T}, r"grads\['a'\] must have the shape of its"),
                ({**good, "b": [1.0, 2.0, 3.0]}, r"grads\['b'\] must be an array of floats"),
                ({**good, "b": np.ones(3, int)}, r"grads\['b'\] must be an array of floats"),
                (good["a"], "grads must be a NamedTuple of arrays or a dict"),
            ]
        )
    )
    with rejects(message, params, good, optimizer):
        optimizer.update(params, bad)


@pytest.mark.parametrize("kind", OPTIMIZERS)
@pytest.mark.parametrize(
    "other",
    [
        {"a": np.zeros(3)},
        {"b": np.zeros(2)},
        {"a": np.zeros(2), "b": np.zeros(2)},
        {},
    ],
)
def test_an_optimizer_of_another_model_is_rejected(kind, other):
    optimizer = OPTIMIZERS[kind]()
    optimizer.update({"a": np.zeros(2)}, {"a": np.ones(2)})
    with rejects("used for other parameters.*make a new one for each model", other, optimizer):
        optimizer.update(other, other)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: optimizers.SGD(0.0), "learning_rate must be a positive number; got 0.0"),
        (lambda: optimizers.Adam(-1.0), "learning_rate must be a positive number; got -1.0"),
        (lambda: optimizers.RMSprop(np.nan), "learning_rate must be a positive number; got nan"),
        (lambda: optimizers.SGD(momentum=1.0), "momentum must be at least 0 and below 1; got 1.0"),
        (lambda: optimizers.SGD(momentum=-0.1), "momentum must be at least 0"),
        (lambda: optimizers.RMSprop(rho=1.0), "rho must be at least 0 and below 1"),
        (lambda: optimizers.Adam(beta_1=1.0), "beta_1 must be at least 0 and below 1"),
        (lambda: optimizers.Adam(beta_2=np.nan), "beta_2 must be at least 0 and below 1"),
        (lambda: optimizers.SGD(clipvalue=0.0), "clipvalue must be a positive number; got 0.0"),
        (lambda: optimizers.SGD(clipnorm=-1.0), "clipnorm must be a positive number"),
        (
            lambda: optimizers.SGD(global_clipnorm=np.nan),
            "global_clipnorm must be a positive",
        ),
        (
            lambda: optimizers.Adam(clipvalue=1.0, clipnorm=1.0),
            r"at most one kind of clipping can be used; got \['clipnorm', 'clipvalue'\]",
        ),
    ],
)
def test_settings_out_of_range_are_rejected(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_failed_update_leaves_iterations():
    optimizer = OPTIMIZERS["Adam"]()
    optimizer.update({"a": np.zeros(2)}, {"a": np.ones(2)})
    before = vars(optimizer).copy()
    with pytest.raises(ValueError):
        optimizer.update({"a": np.zeros(2)}, {"a": np.ones(3)})
    assert_same(before, vars(optimizer))


@pytest.mark.parametrize("bad", [np.inf, -1.0, 0.0, True, "0.1", None, np.nan, [0.1], 1j])
def test_settings_are_finite_positive_numbers(bad):
    for make in (optimizers.SGD, optimizers.RMSprop, optimizers.Adam):
        with pytest.raises(ValueError, match="learning_rate must be a positive number; got"):
            make(bad)
    for make in (optimizers.RMSprop, optimizers.Adam):
        with pytest.raises(ValueError, match="epsilon must be a positive number; got"):
            make(epsilon=bad)
    for name in ("clipvalue", "clipnorm", "global_clipnorm"):
        if bad is not None:
            with pytest.raises(ValueError, match=f"{name} must be a positive number; got"):
                optimizers.Adam(**{name: bad})


@pytest.mark.parametrize("bad", [True, "0.5", None, 1.0])
def test_shares_are_numbers(bad):
    for make, name in (("SGD", "momentum"), ("RMSprop", "rho"), ("Adam", "beta_1")):
        with pytest.raises(ValueError, match=f"{name} must be at least 0 and below 1; got"):
            getattr(optimizers, make)(**{name: bad})


def test_unknown_limits_are_rejected_by_name():
    with pytest.raises(ValueError, match=r"got \['clip'\], where \['clipvalue', 'clipnorm', "):
        optimizers.SGD(clip=1.0)


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_update_changes_all_or_nothing(kind):
    optimizer, grads = OPTIMIZERS[kind](), {"a": np.ones(2), "b": np.ones(2)}
    params = {"a": np.zeros(2), "b": np.zeros(2)}
    params["b"].flags.writeable = False
    with rejects(r"params\['b'\] is read-only", params, optimizer):
        optimizer.update(params, grads)
    params["b"].flags.writeable = True
    for bad in (np.inf, -1.0, "fast"):
        optimizer.learning_rate = bad
        with rejects("learning_rate must be a positive number", params, optimizer):
            optimizer.update(params, grads)
    optimizer.learning_rate = 0.0  # where a schedule may end
    optimizer.update(params, grads)
    assert not params["a"].any() or kind == "momentum"
    optimizer.learning_rate = 0.1
    with np.errstate(over="raise"):  # an overflow in one array must not stop half-way
        optimizer.update(params, {"a": np.ones(2), "b": np.full(2, 1e200)})
    assert params["a"].all()
