"""Write torch_*.json: outputs and gradients of PyTorch's recurrent networks in float64.

The tests read the files, so they do not need PyTorch.  To write them anew:

    pip install torch==2.13.0 numpy
    python tests/rnnkit/data/make_torch_literals.py

Arrays keep PyTorch's names and layout: weights to the left of a column (units × inputs), two
biases, the gates below one another: i, f, g, o in an LSTM, r, z, n in a GRU.
"""

import json
from pathlib import Path

import numpy as np

GATED = {"small": (2, 4, 3, 2), "wide": (3, 5, 2, 4), "one step, one row": (1, 1, 1, 3)}
SHAPES = {  # batch, time, features, units
    "simple_rnn": {
        "tanh": (2, 4, 3, 2),
        "relu": (3, 5, 2, 4),
        "tanh, one step, one row": (1, 1, 1, 3),
    },
    "lstm": GATED,
    "gru": GATED,
}
GATES = {"simple_rnn": 1, "lstm": 4, "gru": 3}
WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def case(kind, name, shape, seed):
    """Run one network forward and backward; return everything as lists."""
    import torch  # here, so that collecting this folder does not need PyTorch

    batch, time, features, units = shape
    rows = GATES[kind] * units
    states = ("h", "c") if kind == "lstm" else ("h",)
    rng = np.random.default_rng(seed)

    def draw(*size):
        # Three decimals keep the file readable; they are the numbers PyTorch was given.
        return torch.tensor(rng.normal(size=size).round(3), requires_grad=True)

    inputs = {
        "x": draw(batch, time, features),
        **{f"{s}_0": draw(batch, units) for s in states},
        "weight_ih": draw(rows, features),
        "weight_hh": draw(rows, units),
        "bias_ih": draw(rows),
        "bias_hh": draw(rows),
    }
    upstream = {"dh": draw(batch, time, units)}
    upstream |= {f"d{s}_n": draw(batch, units) for s in states}
    settings = {"batch_first": True, "dtype": torch.float64}
    activation = {"activation": name.split(",")[0]} if kind == "simple_rnn" else {}
    if kind == "simple_rnn":
        rnn = torch.nn.RNN(features, units, nonlinearity=activation["activation"], **settings)
    else:
        rnn = getattr(torch.nn, kind.upper())(features, units, **settings)
    weights = {f"{weight}_l0": inputs[weight] for weight in WEIGHTS}
    initial = tuple(inputs[f"{s}_0"][None] for s in states)
    h, final = torch.func.functional_call(
        rnn, weights, (inputs["x"], initial if len(states) == 2 else initial[0])
    )
    final = final if len(states) == 2 else (final,)
    finals = {f"{s}_n": array[0] for s, array in zip(states, final, strict=True)}
    loss = (h * upstream["dh"]).sum()
    loss = loss + sum((array * upstream[f"d{s}"]).sum() for s, array in finals.items())
    gradients = torch.autograd.grad(loss, list(inputs.values()))
    grads = {f"grad_{key}": g for key, g in zip(inputs, gradients, strict=True)}
    arrays = {**inputs, **upstream, "h": h, **finals, **grads}
    return activation | {key: array.detach().tolist() for key, array in arrays.items()}


def main():
    """Write the files beside this script, one array a line."""
    import torch

    version = torch.__version__.split("+")[0]
    for kind, shapes in SHAPES.items():
        texts = []
        for seed, (name, shape) in enumerate(shapes.items()):
            fields = case(kind, name, shape, seed)
            lines = [f"   {json.dumps(key)}: {json.dumps(value)}" for key, value in fields.items()]
            texts.append(f"  {json.dumps(name)}: {{\n" + ",\n".join(lines) + "\n  }")
        head = f'{{\n "torch": "{version}",\n "cases": {{\n'
        text = head + ",\n".join(texts) + "\n }\n}\n"
        Path(__file__).with_name(f"torch_{kind}.json").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
