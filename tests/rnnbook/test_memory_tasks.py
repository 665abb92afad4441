"""The memory tasks are what their docstrings say, and training on them can be repeated."""

import numpy as np
import pytest

from rnnbook import memory_tasks
from rnnbook.memory_tasks import MODELS, TASKS


def test_adding_marks_one_value_in_each_half(rng):
    x, target = TASKS["adding"].draw(rng, 11, 300)
    assert x.shape == (300, 11, 2) and x.dtype == np.float32
    marks = x[:, :, 1]
    np.testing.assert_array_equal(marks[:, :5].sum(axis=1), 1)
    np.testing.assert_array_equal(marks[:, 5:].sum(axis=1), 1)
    np.testing.assert_array_equal(target[:, 0], x[:, :, 0][marks == 1].reshape(300, 2).sum(axis=1))


def test_copy_shows_symbols_blanks_and_a_signal(rng):
    x, target = TASKS["copy"].draw(rng, 7, 50)
    symbol = x.argmax(axis=-1)
    assert x.shape == (50, 17, 10) and target.max() < 8
    np.testing.assert_array_equal(symbol[:, :5], target)
    np.testing.assert_array_equal(np.flatnonzero(symbol[0] == 9), [11])
    assert (np.delete(symbol[:, 5:], 6, axis=1) == 8).all()


@pytest.mark.parametrize("lag", [10, 30, 100])
def test_order_is_named_by_the_label(rng, lag):
    x, label = TASKS["order"].draw(rng, lag, 200)
    symbol = x.argmax(axis=-1)
    assert (symbol[:, 0] == 6).all() and (symbol[:, -1] == 7).all()
    special = (symbol == 4) | (symbol == 5)
    np.testing.assert_array_equal(special.sum(axis=1), 2)
    pair = symbol[special].reshape(200, 2) - 4
    np.testing.assert_array_equal(2 * pair[:, 0] + pair[:, 1], label)
    positions = np.nonzero(special)[1].reshape(200, 2)
    low, high = positions.min(axis=0), positions.max(axis=0)
    assert lag // 10 <= low[0] and high[0] <= lag // 5
    assert lag // 2 <= low[1] and high[1] <= 3 * lag // 5


@pytest.mark.parametrize("name", TASKS)
def test_loss_of_a_constant_answer_is_the_trivial_loss(rng, name):
    task = TASKS[name]
    x, target = task.draw(rng, 20, 20_000)
    shape = (*x.shape[:2], task.outputs) if task.sequences else (len(x), task.outputs)
    constant = np.full(shape, 1.0 if name == "adding" else 0.0)
    loss, dy = task.loss(constant, target)
    assert loss == pytest.approx(task.trivial_loss, rel=0.02) and dy.shape == shape
    assert task.accuracy(constant, target) == pytest.approx(task.trivial_accuracy, abs=0.01)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", TASKS)
def test_sized_models_have_one_size(rng, name, model):
    built = MODELS[model](TASKS[name], rng)
    assert memory_tasks.count(built) == pytest.approx(memory_tasks.PARAMETERS, rel=0.05)


def test_train_is_repeatable():
    task, rate = TASKS["adding"], 0.01
    one, other = (
        memory_tasks.train(MODELS["gru"], task, 5, 1, rate=rate, updates=20)[1:] for _ in "ab"
    )
    assert one == other and len(one[0]) == 20


def test_train_says_that_it_diverged():
    with np.errstate(all="ignore"):
        _, curve, accuracy = memory_tasks.train(
            MODELS["rnn"], TASKS["adding"], 5, 1, rate=1e38, updates=20
        )
    assert len(curve) == 20 and not np.isfinite(curve[-1]) and accuracy == 0
