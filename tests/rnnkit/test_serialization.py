"""Weights on disk: round trip, and every way a file can be wrong."""

import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracles import rejects

from rnnkit import serialization
from rnnkit.layers import Dense, Embedding, Sequential, SimpleRNN


def make(seed=0, units=3, dtype=np.float64):
    return Sequential(
        [Embedding(5, 2), SimpleRNN(units), Dense(2)], rng=np.random.default_rng(seed), dtype=dtype
    )


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A model and the bytes of its file."""
    path = tmp_path_factory.mktemp("weights") / "weights.npz"
    model = make()
    serialization.save_weights(model, path)
    return model, path.read_bytes()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_weights_come_back_to_the_last_bit(tmp_path, dtype):
    source, target = make(0, dtype=dtype), make(1, dtype=dtype)
    arrays = dict(target.params)
    serialization.save_weights(source, tmp_path / "w.npz")
    serialization.load_weights(target, str(tmp_path / "w.npz"))
    for key, array in target.params.items():
        np.testing.assert_array_equal(array, source.params[key])
        assert array is arrays[key] and array.dtype == dtype
    np.testing.assert_array_equal(target.predict([[1, 2, 0]]), source.predict([[1, 2, 0]]))


def test_file_holds_plain_arrays_and_nothing_else(tmp_path):
    model = make()
    serialization.save_weights(model, tmp_path / "w.npz")
    with np.load(tmp_path / "w.npz", allow_pickle=False) as file:
        assert file.files == list(model.params)
    assert [p.name for p in tmp_path.iterdir()] == ["w.npz"]


def test_save_keeps_the_name_it_is_given(tmp_path):
    serialization.save_weights(make(), tmp_path / "weights.bin")
    serialization.load_weights(make(1), tmp_path / "weights.bin")


def test_save_replaces_a_file_only_when_the_new_one_is_complete(tmp_path, monkeypatch):
    path = tmp_path / "w.npz"
    path.write_bytes(b"old")

    def fail(file, **arrays):
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(OSError, match="disk full"):
        serialization.save_weights(make(), path)
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_save_into_a_missing_folder_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        serialization.save_weights(make(), tmp_path / "missing" / "w.npz")


def test_load_of_a_missing_file_is_told_from_a_damaged_one(tmp_path):
    model = make()
    with rejects("missing.npz", model.params, error=FileNotFoundError):
        serialization.load_weights(model, tmp_path / "missing.npz")


@pytest.mark.parametrize("at", [slice(0, 0), slice(0, 1), slice(0, -1), slice(1, None)])
def test_load_rejects_cut_ends(saved, at, tmp_path):
    (tmp_path / "w.npz").write_bytes(saved[1][at])
    model = make(1)
    with rejects("w.npz is damaged, truncated or not a weights file", model.params):
        serialization.load_weights(model, tmp_path / "w.npz")


@given(data=st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_load_rejects_damage_or_reads_what_was_saved(saved, data, tmp_path):
    source, good = saved
    kind = data.draw(st.sampled_from(["truncate", "flip", "zeros", "noise"]))
    at = data.draw(st.integers(0, len(good) - 1))
    if kind == "truncate":
        raw = good[:at]
    elif kind == "flip":
        bit = 1 << data.draw(st.integers(0, 7))
        raw = good[:at] + bytes([good[at] ^ bit]) + good[at + 1 :]
    elif kind == "zeros":
        raw = good[:at] + bytes(min(40, len(good) - at)) + good[at + 40 :]
    else:
        raw = data.draw(st.binary(max_size=50))
    path = tmp_path / "w.npz"
    path.write_bytes(raw)
    model = make(1)
    before = {key: array.copy() for key, array in model.params.items()}
    try:
        serialization.load_weights(model, path)
    except ValueError as error:
        assert "w.npz" in str(error)
        for key, array in model.params.items():
            np.testing.assert_array_equal(array, before[key])
    else:  # the damage lay in what nobody reads, a time stamp for one
        assert kind in ("flip", "zeros")
        for key, array in model.params.items():
            np.testing.assert_array_equal(array, source.params[key])


def test_load_rejects_an_encrypted_flag(saved, tmp_path):
    # One flipped bit marks an entry as encrypted; zipfile then raises a RuntimeError.
    raw = bytearray(saved[1])
    raw[raw.index(b"PK\x01\x02") + 8] ^= 1
    (tmp_path / "w.npz").write_bytes(raw)
    model = make(1)
    with rejects("damaged, truncated or not a weights file.*encrypted", model.params):
        serialization.load_weights(model, tmp_path / "w.npz")


def write_npy(path, model):
    with path.open("wb") as file:  # np.save would append .npy
        np.save(file, np.ones(3))


def write_pickle(path, model):
    path.write_bytes(pickle.dumps(model.params))


def write_objects(path, model):
    arrays = {key: array.astype(object) for key, array in model.params.items()}
    with path.open("wb") as file:
        np.savez(file, **arrays)


def write_giant(path, model):
    header = b"\x93NUMPY\x01\x00v\x00"
    text = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000000,), }"
    with zipfile.ZipFile(path, "w") as file:
        for name in model.params:
            file.writestr(f"{name}.npy", header + text.ljust(117) + b"\n")


@pytest.mark.parametrize("write", [write_npy, write_pickle, write_objects, write_giant])
def test_load_rejects_other_files(write, tmp_path):
    model = make()
    write(tmp_path / "w.npz", model)
    with rejects("w.npz is damaged, truncated or not a weights file", model.params):
        serialization.load_weights(model, tmp_path / "w.npz")


class Attack:
    """Unpickling it creates a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_load_runs_no_code_from_a_pickle(tmp_path):
    trace = tmp_path / "trace"
    with (tmp_path / "w.npz").open("wb") as file:
        np.savez(file, **{key: np.array([Attack(trace)]) for key in make().params})
    with pytest.raises(ValueError, match="not a weights file"):
        serialization.load_weights(make(), tmp_path / "w.npz")
    assert not trace.exists()
    with np.load(tmp_path / "w.npz", allow_pickle=True) as file:
        file["dense.b"].item().close()
    assert trace.exists()  # so the attack is one


def test_load_rejects_a_folder(tmp_path):
    with rejects("damaged, truncated or not a weights file"):
        serialization.load_weights(make(), tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.pop("dense.b"), "w.npz belongs to another model: it has .*needs .*dense.b"),
        (lambda w: w.update(extra=np.ones(1)), "w.npz belongs to another model: it has .*extra"),
        (
            lambda w: w.update({"dense.W": w["dense.W"].T}),
            r"w.npz: dense.W must hold floats of shape \(3, 2\); got float64, \(2, 3\)",
        ),
        (lambda w: w.update({"dense.b": np.zeros(2, int)}), "dense.b must hold .*got int64"),
        (lambda w: w.update({"dense.b": np.zeros(2, complex)}), "dense.b must hold .*complex128"),
        (lambda w: w.update({"dense.b": np.array([0, np.nan])}), "dense.b holds nan or inf"),
        (lambda w: w.update({"dense.b": np.array([0, np.inf])}), "dense.b holds nan or inf"),
    ],
)
def test_load_rejects_weights_of_another_model(change, message, tmp_path):
    model = make()
    weights = {key: array + 1.0 for key, array in model.params.items()}
    change(weights)
    np.savez(tmp_path / "w.npz", **weights)
    with rejects(message, model.params):
        serialization.load_weights(model, tmp_path / "w.npz")


def test_save_leaves_the_file_as_readable_as_others(tmp_path):
    serialization.save_weights(make(), tmp_path / "w.npz")
    (tmp_path / "other").write_bytes(b"")
    assert (tmp_path / "w.npz").stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.parametrize("surplus", [1, 1000])
def test_load_looks_at_names_before_it_reads(surplus, tmp_path, monkeypatch):
    model = make()
    names = {f"extra{i}": np.zeros(1) for i in range(surplus)}
    np.savez(tmp_path / "w.npz", **model.params, **names)
    monkeypatch.setattr(np.lib.npyio.NpzFile, "__getitem__", lambda *_: pytest.fail("was read"))
    with rejects("w.npz belongs to another model", model.params):
        serialization.load_weights(model, tmp_path / "w.npz")


def rewrite(path, model, change):
    """Write the weights of a model with other members."""
    np.savez(path, **model.params)
    with zipfile.ZipFile(path) as file:
        members = [(name, file.read(name)) for name in file.namelist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, raw in change(members):
            file.writestr(name, raw)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: [(n, b"no array") for n, _ in m], "must hold floats of shape .*; got .S8"),
        (lambda m: [*m, m[0]], "belongs to another model"),
        (lambda m: [(n, raw + bytes(10**7)) for n, raw in m], "is too large"),
        (lambda m: [(n.removesuffix(".npy"), raw) for n, raw in m], "damaged|must hold floats"),
    ],
    ids=["no arrays", "twice", "large", "no suffix"],
)
def test_load_rejects_strange_members(change, message, tmp_path):
    model = make()
    rewrite(tmp_path / "w.npz", model, change)
    with rejects(message, model.params):
        serialization.load_weights(model, tmp_path / "w.npz")


def test_load_rejects_numbers_too_large_for_the_model(tmp_path):
    model = make(dtype=np.float32)
    weights = {key: array.astype(np.float64) for key, array in model.params.items()}
    weights["dense.b"] = weights["dense.b"] + 1e300
    np.savez(tmp_path / "w.npz", **weights)
    with rejects("dense.b holds nan or inf, or more than float32 can", model.params):
        serialization.load_weights(model, tmp_path / "w.npz")


def test_load_never_advises_to_allow_pickles(tmp_path):
    (tmp_path / "w.npz").write_text("no weights")
    for write in (None, write_objects):
        if write:
            write(tmp_path / "w.npz", make())
        with pytest.raises(ValueError, match="not a weights file") as caught:
            serialization.load_weights(make(), tmp_path / "w.npz")
        assert "pickle" not in str(caught.value)
