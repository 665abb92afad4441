"""Weights to and from Keras, and the Keras twin of a model.

The only module that imports Keras, and only when a function is called.  For
comparisons in float64 call ``keras.config.set_floatx("float64")`` *before* building
the Keras model: a layer's dtype alone leaves loss and learning rate in float32.

Twins compute the same, and are trained alike but for one thing.  With TensorFlow the gradient of
an Embedding is sparse in Keras, a row for each occurrence of a symbol, and rows of one symbol are
squared and clipped before they are added up.  Where a batch holds a symbol twice, SGD and
momentum agree to rounding; Adam, RMSprop and every limit (clipvalue, clipnorm, global_clipnorm)
part.  Two steps on 3 sequences of 4 out of 6 symbols, with a rate of 2⁻⁷ and limits of 2⁻⁴,
moved the table apart by 0.011 (Adam), 0.028 (RMSprop), 2·10⁻⁴ (clipnorm) and 3·10⁻⁷
(global_clipnorm).
"""

from typing import Any

import numpy as np

from rnnkit.layers import Bidirectional, Dense, Dropout, Embedding, Recurrent, Sequential

__all__ = ["copy_from_keras", "copy_to_keras", "to_keras"]


def to_keras(model: Sequential, *, input_shape: tuple[int | None, ...]) -> Any:
    """Build the same model in Keras, with the same weights.

    Parameters
    ----------
    model : Sequential
        The model.
    input_shape : tuple
        Shape of one input without the batch axis: ``(T, D)``, ``(None, D)`` for any
        number of steps, ``(T,)`` in front of an Embedding.

    Returns
    -------
    keras.Sequential
        Its layers compute in the dtype of ``model``.

    Raises
    ------
    ValueError
        If a layer has no counterpart.
    """
    import keras

    dtype = model.dtype.name
    twins = [_twin(name, layer, dtype) for name, layer in model.layers.items()]
    first = "int32" if isinstance(next(iter(model.layers.values())), Embedding) else dtype
    keras_model = keras.Sequential([keras.Input(input_shape, dtype=first), *twins])
    copy_to_keras(model, keras_model)
    return keras_model


def copy_to_keras(model: Sequential, keras_model: Any) -> None:
    """Copy all weights from a model to a Keras model.

    Both list the weights of a layer in the same order (kernel, recurrent kernel, bias).

    Parameters
    ----------
    model : Sequential
        Source.
    keras_model : keras.Model
        Target, built, with the same layers in the same order.

    Raises
    ------
    ValueError
        If layers, their settings (but for dropout, which prediction leaves out) or the shapes
        of the weights differ; nothing is changed then.
    """
    _check_same(model, keras_model)
    keras_model.set_weights(list(model.params.values()))


def copy_from_keras(keras_model: Any, model: Sequential) -> None:
    """Copy all weights from a Keras model to a model.

    Parameters
    ----------
    keras_model : keras.Model
        Source, built.
    model : Sequential
        Target, with the same layers in the same order; changed in place.

    Raises
    ------
    ValueError
        As from :func:`copy_to_keras`, or if a weight is nan or infinite; nothing is changed then.
    """
    _check_same(model, keras_model)
    weights = [weight.astype(model.dtype) for weight in keras_model.get_weights()]
    for name, weight in zip(model.params, weights, strict=True):
        if not np.isfinite(weight).all():
            raise ValueError(f"{name}: the weight from Keras holds nan or inf as {weight.dtype}.")
    for array, weight in zip(model.params.values(), weights, strict=True):
        array[...] = weight


# What changes the output of a layer of given weights.
SETTINGS = (
    "__class__", "activation", "recurrent_activation", "use_bias", "reset_after", "go_backwards",
    "return_sequences", "zero_output_for_mask", "mask_zero", "merge_mode",
)  # fmt: skip


def _twin(name: str, layer: Any, dtype: str) -> Any:
    """Return the layer in Keras, without its weights."""
    from keras import layers

    match layer:
        case Embedding():
            sizes = layer.vocabulary_size, layer.units
            return layers.Embedding(*sizes, mask_zero=layer.mask_zero, dtype=dtype)
        case Dense():
            return layers.Dense(layer.units, activation=layer.activation, dtype=dtype)
        case Dropout():
            return layers.Dropout(layer.rate, dtype=dtype)
        case Recurrent():
            same = ("units", "return_sequences", "go_backwards", "dropout", "recurrent_dropout")
            settings = {key: getattr(layer, key) for key in same}
            kind = getattr(layers, type(layer).__name__)
            return kind(**settings, **layer.init_options, **layer.options, dtype=dtype)
        case Bidirectional():
            # The wrapper has a dtype of its own, and casts its inputs to it.
            one = _twin(name, layer.pair[0], dtype)
            return layers.Bidirectional(one, merge_mode=layer.merge_mode, dtype=dtype)
    raise ValueError(f"{name} ({type(layer).__name__}) has no counterpart in Keras.")


def _check_same(model: Any, keras_model: Any) -> None:
    """Raise ValueError unless equal weights make both models compute the same."""
    import keras

    if not isinstance(model, Sequential) or not isinstance(keras_model, keras.Model):
        got = f"{type(model).__name__} and {type(keras_model).__name__}"
        raise ValueError(f"expected a Sequential of rnnkit and a model of Keras; got {got}.")
    idle = (Dropout, keras.layers.Dropout, keras.layers.InputLayer)
    ours = [(name, layer) for name, layer in model.layers.items() if not isinstance(layer, idle)]
    theirs = [layer for layer in keras_model.layers if not isinstance(layer, idle)]
    if len(ours) != len(theirs):
        kinds = [[type(x).__name__ for x in part] for part in (dict(ours).values(), theirs)]
        raise ValueError(f"the models differ: layers {kinds[0]} here, {kinds[1]} in Keras.")
    for (name, layer), other in zip(ours, theirs, strict=True):
        _check_layer(name, _twin(name, layer, model.dtype.name), other)
    shapes = [array.shape for array in model.params.values()]
    in_keras = [weight.shape for weight in keras_model.get_weights()]
    if shapes != in_keras:
        raise ValueError(
            f"the models differ: weights of shapes {shapes} here, {in_keras} in Keras "
            "(a Keras model has none until it is built)."
        )


def _check_layer(name: str, twin: Any, other: Any) -> None:
    for key in SETTINGS:
        pair = getattr(twin, key, None), getattr(other, key, None)
        if pair[0] != pair[1]:
            here, there = (getattr(value, "__name__", value) for value in pair)
            raise ValueError(
                f"{name} differs in {key.strip('_')}: {here!r} here, {there!r} in Keras."
            )
    for way in ("forward", "backward"):
        if hasattr(twin, f"{way}_layer"):
            _check_layer(f"{name}.{way}", *(getattr(x, f"{way}_layer") for x in (twin, other)))
