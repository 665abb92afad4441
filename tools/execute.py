"""Run notebooks and store their outputs and run cards.

Without names: the notebooks whose outputs are stale. Each notebook runs in a fresh process, so
that its peak memory is its own.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from tqdm import tqdm

import generated
import notebooks

QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TQDM_DISABLE": "1",
    "KERAS_BACKEND": "tensorflow",
    "PYTHONWARNINGS": "default",
}
CARDS = notebooks.ROOT / "book" / "run_cards.md"


def missing(notebook) -> list[str]:
    """Return the optional packages that its stored outputs come from and that are not here."""
    return [name for name in notebooks.needs(notebook) if find_spec(name) is None]


def clean(notebook) -> None:
    """Remove from a notebook that was run what differs from one run to the next."""
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        joined = []
        for output in cell.get("outputs", []):
            # How the kernel cuts a stream into pieces is a matter of timing.
            same = joined and output.output_type == "stream" == joined[-1].output_type
            if same and output.name == joined[-1].name:
                joined[-1].text += output.text
            else:
                joined.append(output)
        if cell.cell_type == "code":
            cell.outputs = joined


def work(path: Path, target: Path) -> None:
    """Run one notebook here and write it to ``target``; the parent process stores it."""
    import resource  # not on Windows, where this raises and the message says enough

    notebook = notebooks.read(path)
    begin = time.monotonic()
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=4 * notebooks.MAX_SECONDS,
        resources={"metadata": {"path": str(notebooks.FOLDER)}},
    )
    try:
        client.execute()
    except CellExecutionError as error:
        raise SystemExit(f"{path.name}: a cell failed\n{error}") from None
    seconds = time.monotonic() - begin
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    peak_mb = peak / (1024**2 if sys.platform == "darwin" else 1024)
    clean(notebook)
    notebook.metadata["rnnbook"] = {
        "digest": notebooks.digest(notebook),
        "seconds": round(seconds, 1),
        "peak_mb": round(peak_mb),
    }
    nbformat.validate(notebook)
    nbformat.write(notebook, target)


def store(path: Path) -> str:
    """Run one notebook in a fresh process, store it if it keeps to the limits, say how it went."""
    if absent := missing(notebooks.read(path)):
        return (
            f"{path.name}: left as it is; its outputs come from {', '.join(absent)}, "
            'which `pip install -e ".[bench]"` brings.'
        )
    generated.renew(path)
    seen = os.environ | QUIET
    seen.pop("MPLBACKEND", None)  # with it no picture would be stored
    with tempfile.TemporaryDirectory() as folder:
        done = Path(folder) / path.name
        command = [sys.executable, __file__, "--worker", str(done), str(path)]
        run = subprocess.run(
            command,
            env=seen,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if run.returncode:
            raise SystemExit(f"\n{run.stdout}{run.stderr}")
        card = json.loads(done.read_text("utf-8"))["metadata"]["rnnbook"]
        line = f"{path.name}: {card['seconds']} s, {card['peak_mb']} MB"
        if card["seconds"] > notebooks.MAX_SECONDS or card["peak_mb"] > notebooks.MAX_MB:
            limits = f"{notebooks.MAX_SECONDS} s and {notebooks.MAX_MB} MB"
            raise SystemExit(f"{line}: over the limit of {limits}; not stored")
        path.write_bytes(done.read_bytes())
    generated.renew(path)  # the seconds in the header follow the run
    return line


def cards() -> str:
    """Return the page of the run cards, from the metadata of the notebooks."""
    rows, seconds = [], 0.0
    for path in notebooks.paths():
        notebook = notebooks.read(path)
        card = notebook.metadata.get("rnnbook")
        if card:
            seconds += card["seconds"]
            name = f"[{notebooks.title(notebook)}](../notebooks/{path.name})"
            rows.append(f"| {name} | {card['seconds']:.0f} | {card['peak_mb']} |")
    return "\n".join(
        [
            "# How long each notebook runs",
            "",
            "Measured with each notebook in a fresh process, on one or two cores without a "
            "graphics card, starting the kernel and importing Keras included. "
            f"Every notebook stays within {notebooks.MAX_SECONDS} seconds and "
            f"{notebooks.MAX_MB} MB; your computer may be slower or faster.",
            "",
            "| notebook | seconds | peak memory in MB |",
            "|---|---:|---:|",
            *rows,
            "",
            f"All together: about {max(1, round(seconds / 60))} min.",
            "",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", type=Path, help="notebooks to run")
    parser.add_argument("--all", action="store_true", help="run every notebook")
    parser.add_argument("--check", action="store_true", help="only list what is stale")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        return work(options.names[0], options.worker)

    known = {path.stem: path for path in notebooks.paths()}
    unknown = [name.name for name in options.names if name.stem not in known]
    if unknown:
        parser.error(f"no such notebook: {', '.join(unknown)}")
    chosen = [known[name.stem] for name in options.names] or list(known.values())
    if not options.names and not options.all:
        chosen = [path for path in chosen if notebooks.is_stale(notebooks.read(path))]
    if options.check:
        if chosen:
            raise SystemExit("stale: " + ", ".join(path.name for path in chosen))
        return print("The outputs of all notebooks are fresh.")

    progress = tqdm(chosen, unit="notebook", disable=not chosen)
    for path in progress:
        progress.set_description(path.stem)
        progress.write(store(path))
    CARDS.write_text(cards(), "utf-8")
    for page in generated.PAGES:
        generated.renew_page(page)
    return print(f"{len(chosen)} of {len(known)} notebooks were run.")


if __name__ == "__main__":
    main()
