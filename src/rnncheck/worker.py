"""Runs a submission and answers calls: all that is inside the sandbox.

This file is handed to a Python of its own, with the standard library and NumPy and nothing of
rnncheck.  It gets inputs and returns what the student's functions return; it never sees a right
answer, and nothing it says is more than an answer.  One JSON text a line, in both directions.
Of the submission run imports, functions, classes and constants: no training, no plots, no tests.
"""

import ast
import importlib
import json
import os
import re
import traceback
import types
from collections.abc import Sequence
from typing import Any

import numpy as np

try:  # at once: who has given up his rights may be unable to read it later
    import resource
except ImportError:  # Windows, the browser
    resource = None  # type: ignore[assignment]

__all__ = ["answer", "decode", "encode", "load"]

BLANK = {"kind": "blank", "message": "nothing returned"}
MEGABYTE = 2**20
# NumPy loads these at a first call (np.unique does); without rights that may be too late.
LAZY = ("numpy.ma", "numpy.random", "numpy.fft")
MAGIC = re.compile(r"^(\s*)[%!].*", re.MULTILINE)  # lines for IPython


def encode(value: Any) -> Any:
    """An array, or a number, as what JSON can hold."""
    if isinstance(value, np.ndarray):
        return {"shape": value.shape, "dtype": value.dtype.str, "data": value.ravel().tolist()}
    return value.item() if isinstance(value, np.generic) else value


def decode(value: Any) -> Any:
    """The inverse of :func:`encode`."""
    if isinstance(value, dict):
        return np.array(value["data"], dtype=value["dtype"]).reshape(value["shape"])
    return value


def code_cells(name: str, text: str) -> list[str]:
    """The code of a notebook, cell by cell, or of a Python file."""
    if not name.endswith(".ipynb"):
        return [text]
    cells = json.loads(text)["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def is_constant(node: ast.stmt) -> bool:
    """Tell whether a statement binds names without calling anything."""
    return isinstance(node, ast.Assign | ast.AnnAssign) and not any(
        isinstance(part, ast.Call | ast.Await | ast.NamedExpr)
        and not isinstance(node.value, ast.Lambda)
        for part in ast.walk(node)
    )


def load(name: str, text: str) -> tuple[dict[str, Any], list[str]]:
    """Run the definitions of a submission; return its names and what could not be read or run."""
    module, notes = types.ModuleType("submission"), []
    try:
        cells = code_cells(name, text)
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}, ["The file is damaged: it is no notebook that can be read."]
    for k, cell in enumerate(cells, start=1):
        where = f"<code cell {k}>"
        try:
            tree = ast.parse(MAGIC.sub(r"\1pass", cell), where)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = getattr(error, "lineno", None)
            notes.append(f"Code cell {k} cannot be read ({error.args[0]}, line {line}).")
            continue
        for node in tree.body:
            definition = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef
            if not isinstance(node, definition) and not is_constant(node):
                continue
            try:
                exec(compile(ast.Module([node], []), where, "exec"), module.__dict__)
            except BaseException as error:
                # Drawing, Keras, rnncheck itself: a notebook imports more than its functions need.
                if not isinstance(error, ImportError):
                    line = f"line {node.lineno}: {type(error).__name__}"
                    notes.append(f"Code cell {k} stops in {line}.")
    return module.__dict__, notes


def arrays(result: Any, outputs: Sequence[str]) -> list[np.ndarray]:
    """The result as a list of float arrays, whether it came as a tuple, list or dict."""
    if isinstance(result, dict) and set(outputs) <= set(result):
        result = [result[name] for name in outputs]
    return [np.array(x, dtype=float) for x in (result if len(outputs) > 1 else [result])]


def answer(function: Any, arguments: Sequence[Any], outputs: Sequence[str]) -> Any:
    """Call a function: a list of arrays, or {"kind": …, "message": …}."""
    if function is None:
        return BLANK
    try:
        with np.errstate(all="ignore"):
            result = function(*arguments)
        if result is None or result is Ellipsis:
            return BLANK
        if len(outputs) > 1 and not isinstance(result, tuple | list | dict):
            return {"kind": "number", "message": "one thing"}
        return arrays(result, outputs)
    except NotImplementedError:
        return BLANK
    except BaseException as error:
        frames = traceback.extract_tb(error.__traceback__)
        inside = [f for f in frames if "cell" in f.filename or "ipy" in f.filename]
        place = f" in line {inside[-1].lineno} of {inside[-1].name}" if inside else ""
        return {"kind": "error", "message": f"{type(error).__name__}{place} ({str(error)[:200]})"}


def limit(seconds: int, megabytes: int) -> None:
    """Limit time, memory, files and processes, for good."""
    for name, most in (
        ("RLIMIT_CPU", seconds), ("RLIMIT_AS", megabytes * MEGABYTE), ("RLIMIT_FSIZE", 0),
        ("RLIMIT_NPROC", 0), ("RLIMIT_CORE", 0), ("RLIMIT_NOFILE", 64),
    ):  # fmt: skip
        try:
            resource.setrlimit(getattr(resource, name), (most, most))
        except (AttributeError, ValueError, OSError):
            continue  # there is no such limit here; the grader's probe says what is open


def main() -> None:
    """Answer calls until there are no more."""
    requests, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # what the submission prints goes nowhere
        os.dup2(nothing, stream)
    task = json.loads(requests.readline())
    for name in LAZY:
        importlib.import_module(name)
    if task["user"]:  # root gives up its rights
        os.setgroups([])
        os.setgid(task["user"])
        os.setuid(task["user"])
    limit(task["seconds"], task["megabytes"])
    names, notes = load(task["name"], task["text"])
    print(json.dumps(notes), file=answers, flush=True)
    for line in requests:
        call = json.loads(line)
        given = [decode(x) for x in call["arguments"]]
        result = answer(names.get(call["function"]), given, call["outputs"])
        if isinstance(result, list):
            result = [encode(x) for x in result]
        print(json.dumps(result), file=answers, flush=True)


if __name__ == "__main__":
    main()
