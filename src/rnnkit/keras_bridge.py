"""Weights to and from Keras, and the Keras twin of a model.

The only module that imports Keras, and only when a function is called.  For
comparisons in float64 call ``keras.config.set_floatx("float64")`` *before* building
the Keras model: a layer's dtype alone leaves loss and learning rate in float32.
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
    twins = []
    for name, layer in model.layers.items():
        match layer:
            case Embedding():
                twin = keras.layers.Embedding(
                    layer.vocabulary_size, layer.units, mask_zero=layer.mask_zero, dtype=dtype
                )
            case Dense():
                twin = keras.layers.Dense(layer.units, activation=layer.activation, dtype=dtype)
            case Dropout():
                twin = keras.layers.Dropout(layer.rate, dtype=dtype)
            case Recurrent():
                twin = _recurrent(layer, dtype)
            case Bidirectional():
                # The wrapper has a dtype of its own, and casts its inputs to it.
                twin = keras.layers.Bidirectional(
                    _recurrent(layer.pair[0], dtype), merge_mode=layer.merge_mode, dtype=dtype
                )
            case _:
                raise ValueError(f"{name} ({type(layer).__name__}) has no counterpart in Keras.")
        twins.append(twin)
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
        If number or shapes of the weights differ; nothing is changed then.
    """
    _check_shapes(model, keras_model.get_weights())
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
        If number or shapes of the weights differ; nothing is changed then.
    """
    weights = keras_model.get_weights()
    _check_shapes(model, weights)
    for array, weight in zip(model.params.values(), weights, strict=True):
        array[...] = weight


def _recurrent(layer: Recurrent, dtype: str) -> Any:
    import keras

    twin = getattr(keras.layers, type(layer).__name__)
    same = ("units", "return_sequences", "go_backwards", "dropout", "recurrent_dropout")
    settings = {name: getattr(layer, name) for name in same}
    return twin(**settings, **layer.init_options, **layer.options, dtype=dtype)


def _check_shapes(model: Sequential, weights: list[np.ndarray]) -> None:
    ours = [array.shape for array in model.params.values()]
    theirs = [weight.shape for weight in weights]
    if ours != theirs:
        raise ValueError(
            f"the models differ: weights of shapes {ours} here, {theirs} in Keras "
            "(a Keras model has none until it is built)."
        )
