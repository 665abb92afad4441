"""A plugin for nbval: the numbers in an output may move as far as their cell says.

A cell whose output follows a longer training declares in its metadata how far a number may move
on another processor: `"rnnbook": {"tolerance": {"relative": 0.1, "absolute": 2}}`. A new number
fits if |new − stored| ≤ absolute + relative · |stored|; the text between the numbers must be equal.
Without that, text and numbers are compared exactly, as nbval does.

A cell that declares optional packages (`"rnnbook": {"needs": ["torch"]}`) is run everywhere and
compared where they are installed: elsewhere it prints less, or nothing.
"""

import re
from importlib.util import find_spec

from nbval.plugin import IPyNbCell

NUMBER = re.compile(r"(?<![\w.])[-−]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


def words(text: str) -> str:
    """Return the text between the numbers; NumPy pads them, as in `[0.25 0.2 ]`."""
    return re.sub(r" +(?=\])", "", re.sub(r" +", " ", NUMBER.sub("#", text)))


def same(new: str, stored: str, *, relative: float = 0.0, absolute: float = 0.0) -> bool:
    """Whether two texts are equal but for numbers that lie within the tolerance."""
    if words(new) != words(stored):
        return False
    pairs = zip(NUMBER.findall(new), NUMBER.findall(stored), strict=True)
    values = ((float(a.replace("−", "-")), float(b.replace("−", "-"))) for a, b in pairs)
    return all(abs(a - b) <= absolute + relative * abs(b) + 1e-12 for a, b in values)


def fit(new: list, stored: list, tolerance: dict[str, float]) -> list:
    """Return the new outputs, with the stored text where the new one is within the tolerance."""
    if len(new) != len(stored):
        return new
    for mine, theirs in zip(new, stored, strict=True):
        for a, b in ((mine, theirs), (mine.get("data", {}), theirs.get("data", {}))):
            for key in ("text", "text/plain"):
                if isinstance(a.get(key), str) and isinstance(b.get(key), str):
                    a[key] = b[key] if same(a[key], b[key], **tolerance) else a[key]
    return new


def joined(outputs: list) -> list:
    """Return the outputs with the pieces of a stream put together."""
    found: list = []
    for output in outputs:
        last = found[-1] if found else {}
        stream = output.get("output_type") == "stream"
        if stream and (last.get("output_type"), last.get("name")) == ("stream", output["name"]):
            last["text"] += output["text"]
        else:
            found.append(output.copy())
    return found


def tolerant(compare):
    """Wrap nbval's comparison."""

    def compare_outputs(self, test, ref, skip_compare=None):
        declared = self.cell.metadata.get("rnnbook", {})
        if any(find_spec(name) is None for name in declared.get("needs", [])):
            return True
        tolerance = declared.get("tolerance")
        if tolerance:
            test, ref = joined(test), joined(ref)
            test = fit(test, ref, tolerance)
        return compare(self, test, ref, skip_compare)

    return compare_outputs


def pytest_configure(config):
    """Put the wrapper in place, once in each process."""
    IPyNbCell.compare_outputs = tolerant(IPyNbCell.compare_outputs)
