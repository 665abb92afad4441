"""Write torch_simple_rnn.json: outputs and gradients of torch.nn.RNN in float64.

The tests read the file, so they do not need PyTorch.  To write it anew:

    pip install torch==2.13.0 numpy
    python tests/rnnkit/data/make_torch_literals.py

Arrays keep PyTorch's names and layout (weights to the left of a column: units × inputs).
"""

import json
from pathlib import Path

import numpy as np

SHAPES = {"tanh": (2, 4, 3, 2), "relu": (3, 5, 2, 4), "tanh, one step, one row": (1, 1, 1, 3)}
NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def case(kind, shape, seed):
    """Run one network forward and backward; return everything as lists."""
    import torch  # here, so that collecting this folder does not need PyTorch

    batch, time, features, units = shape
    rng = np.random.default_rng(seed)

    def draw(*size):
        # Three decimals keep the file readable; they are the numbers PyTorch was given.
        return torch.tensor(rng.normal(size=size).round(3), requires_grad=True)

    inputs = {
        "x": draw(batch, time, features),
        "h_0": draw(batch, units),
        "weight_ih": draw(units, features),
        "weight_hh": draw(units, units),
        "bias_ih": draw(units),
        "bias_hh": draw(units),
    }
    upstream = {"dh": draw(batch, time, units), "dh_n": draw(batch, units)}
    rnn = torch.nn.RNN(features, units, nonlinearity=kind, batch_first=True, dtype=torch.float64)
    weights = {f"{name}_l0": inputs[name] for name in NAMES}
    h, h_n = torch.func.functional_call(rnn, weights, (inputs["x"], inputs["h_0"][None]))
    loss = (h * upstream["dh"]).sum() + (h_n[0] * upstream["dh_n"]).sum()
    gradients = torch.autograd.grad(loss, list(inputs.values()))
    arrays = {
        **inputs,
        **upstream,
        "h": h,
        "h_n": h_n[0],
        **{f"grad_{name}": g for name, g in zip(inputs, gradients, strict=True)},
    }
    return {"activation": kind, **{name: a.detach().tolist() for name, a in arrays.items()}}


def main():
    """Write the file beside this script."""
    import torch

    cases = {
        name: case(name.split(",")[0], shape, seed)
        for seed, (name, shape) in enumerate(SHAPES.items())
    }
    text = json.dumps({"torch": torch.__version__.split("+")[0], "cases": cases}, indent=1)
    Path(__file__).with_name("torch_simple_rnn.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
