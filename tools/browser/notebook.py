"""A notebook's kernel for the browser: what IPython does for a cell, as far as the book needs it.

Run by worker.js in Pyodide. `post(kind, text)` sends text, a figure or an error to the page.
"""

import ast
import base64
import importlib.abc
import importlib.machinery
import io
import linecache
import sys
import traceback
import types

names = {"__name__": "__main__"}
post = None  # set by the worker


class Stream(io.TextIOBase):
    """Sends what is printed to the page."""

    def __init__(self, kind):
        self.kind = kind

    def write(self, text):
        if text:
            post(self.kind, text)
        return len(text)

    def writable(self):
        return True


# ---------------------------------------------------------------- modules that are not here

SETTINGS = {"set_floatx", "set_random_seed", "set_dtype_policy"}  # without Keras, nothing to set


class StandIn(types.ModuleType):
    """A module that is not in the browser: it can be imported, and says so when it is used."""

    __path__ = ()

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return StandIn(f"{self.__name__}.{name}")

    def __call__(self, *arguments, **options):
        if self.__name__.split(".")[-1] in SETTINGS:
            return None
        top = self.__name__.split(".")[0]
        raise ModuleNotFoundError(f"{top} does not run in the browser; the stored output stays.")


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds a stand-in where nothing else was found."""

    def __init__(self, missing):
        self.missing = missing

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.missing:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        return StandIn(spec.name)

    def exec_module(self, module):
        pass


def begin(missing):
    """Get ready: streams, stand-ins, figures without a window."""
    import os

    os.environ["MPLBACKEND"] = "agg"
    sys.stdout, sys.stderr = Stream("stdout"), Stream("stderr")
    sys.meta_path.append(Finder(set(missing)))
    sys.modules["__main__"].__dict__.update(names)


# ---------------------------------------------------------------- figures


def show(*arguments, **options):
    """Send the open figures to the page and close them."""
    from matplotlib import pyplot

    for number in pyplot.get_fignums():
        figure, file = pyplot.figure(number), io.BytesIO()
        figure.savefig(file, format="png", dpi=figure.dpi, bbox_inches="tight")
        post("figure", base64.b64encode(file.getvalue()).decode())
    pyplot.close("all")


# ---------------------------------------------------------------- a cell


def run(source, number):
    """Run a cell; the value of a last expression is shown. Return whether it ran through."""
    name = f"<cell {number}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    try:
        tree = ast.parse(source, name)
        last = None
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            last = ast.Expression(tree.body.pop().value)
        exec(compile(tree, name, "exec"), names)
        if last is not None:
            value = eval(compile(last, name, "eval"), names)
            if value is not None:
                names["_"] = value
                post("result", repr(value))
        return True
    except BaseException as error:
        post("error", story(error, name))
        return False
    finally:
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].show = show
            show()


def story(error, name):
    """Return an error as a reader needs it: the lines of the cells, then what went wrong."""
    lines = []
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.startswith("<cell "):
            lines.append(f"line {frame.lineno}: {frame.line}")
    if isinstance(error, SyntaxError) and error.filename == name:
        lines.append(f"line {error.lineno}: {(error.text or '').rstrip()}")
    return "\n".join([*lines, f"{type(error).__name__}: {error}"])
