"""Compare the speed of rnnkit's simple RNN, LSTM and GRU with other libraries.

python benchmarks/bench.py                  one thread
python benchmarks/bench.py --threads 1 2    one thread, then two
python benchmarks/bench.py --write          both, then write the stored table and the page
python benchmarks/bench.py --page           write the page again, from the table and page.md

Peers that are not installed are left out.  Each number of threads has a process of its
own, because the libraries read it when they start.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE.parent / "src" / "rnnbook" / "stored" / "benchmarks.csv"
TEMPLATE = HERE / "page.md"
PAGE = HERE.parent / "book" / "benchmarks.md"
PEERS = {"Keras": "tensorflow", "PyTorch": "torch", "JAX": "jax"}  # and what they need
BARE, RNNKIT = "bare products", "rnnkit"
GOALS = {  # one thread, at most so many times the bare products: where H ≥ 128, and elsewhere
    "simple RNN": (1.25, 2.2),
    "LSTM": (1.75, 3.7),
    "GRU": (1.75, 3.7),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, nargs="+", metavar="N", help="1 by default")
    parser.add_argument("--rounds", type=int, default=40, metavar="N", help="40 by default")
    parser.add_argument(
        "--write", action="store_true", help="renew rnnbook/stored/benchmarks.csv and the page"
    )
    parser.add_argument("--page", action="store_true", help="renew the page from benchmarks.csv")
    options = parser.parse_args()
    if options.page:
        PAGE.write_text(page(read()), "utf-8")
        return
    missing = [peer for peer, package in PEERS.items() if find_spec(package) is None]
    if missing:
        print(f"Not installed, so left out: {', '.join(missing)}.")
        if options.write:
            sys.exit("The book's page shows all peers: install them, or run without --write.")
    threads = options.threads or ([1, 2] if options.write else [1])
    rows = [row for n in threads for row in measure(n, options.rounds)]
    print(f"\n{machine(rows)}\n")
    for n in threads:
        print(f"{title(n)}: times as multiples of the bare matrix products\n\n{tables(rows, n)}\n")
        warn(rows, n)
    if 1 in threads:
        print("\n\n".join([goals(rows), peers(rows), memory(rows)]))
    if options.write:
        with RESULTS.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        PAGE.write_text(page(read()), "utf-8")


def measure(threads: int, rounds: int) -> list[dict[str, str]]:
    """Run measure.py with so many threads; return the rows of benchmarks.csv."""
    n = str(threads)
    environment = os.environ | {
        "OPENBLAS_NUM_THREADS": n,
        "OMP_NUM_THREADS": n,
        "MKL_NUM_THREADS": n,
        "VECLIB_MAXIMUM_THREADS": n,
        "NPROC": n,  # JAX's own threads
        "XLA_FLAGS": f"--xla_cpu_multi_thread_eigen={str(threads > 1).lower()}",
        "JAX_PLATFORMS": "cpu",
        "CUDA_VISIBLE_DEVICES": "-1",
        "KERAS_BACKEND": "tensorflow",
        "TF_ENABLE_ONEDNN_OPTS": "1",  # TensorFlow's default, and faster
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    command = [sys.executable, str(HERE / "measure.py"), n, str(rounds)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(done.returncode)
    result = json.loads(done.stdout.splitlines()[-1])
    same = {
        "rounds": str(rounds),
        "python": result["python"],
        "processor": result["processor"],
        "blas": result["blas"],
        "versions": " ".join(f"{name}={number}" for name, number in result["versions"].items()),
    }
    return [
        {
            "threads": n,
            "cell": row.pop("cell"),
            **dict(zip("TBDH", map(str, row.pop("shape")), strict=True)),
            "contestant": row.pop("contestant"),
            **{name: "" if value is None else f"{value:.3f}" for name, value in row.items()},
            **same,
        }
        for row in result["rows"]
    ]


def read() -> list[dict[str, str]]:
    with RESULTS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def by_shape(
    rows: list[dict[str, str]], threads: int, cell: str
) -> dict[tuple, dict[str, dict[str, str]]]:
    shapes: dict[tuple, dict[str, dict[str, str]]] = {}
    for row in rows:
        if (row["threads"], row["cell"]) == (str(threads), cell):
            shape = tuple(int(row[size]) for size in "TBDH")
            shapes.setdefault(shape, {})[row["contestant"]] = row
    return shapes


def best_peer(entries: dict[str, dict[str, str]]) -> float | None:
    """The ratio of the fastest peer to the bare products."""
    ratios = [float(row["ratio"]) for name, row in entries.items() if name in PEERS]
    return min(ratios, default=None)


def tables(rows: list[dict[str, str]], threads: int) -> str:
    return "\n\n".join(f"**{heading(cell)}**\n\n{table(rows, threads, cell)}" for cell in GOALS)


def table(rows: list[dict[str, str]], threads: int, cell: str) -> str:
    shapes = by_shape(rows, threads, cell)
    names = [name for name in next(iter(shapes.values())) if name != BARE]
    has_peers = len(names) > 1
    head = ["T", "B", "D", "H", "bare products", *names]
    head += ["rnnkit / fastest peer"] * has_peers
    lines = []
    for shape, entries in shapes.items():
        cells = [*map(str, shape), f"{float(entries[BARE]['milliseconds']):.2f} ms"]
        cells += [f"{float(entries[name]['ratio']):.2f}" for name in names]
        if has_peers:
            cells.append(f"{float(entries[RNNKIT]['ratio']) / best_peer(entries):.2f}")
        lines.append(cells)
    return markdown(head, "---:", lines)


def goals(rows: list[dict[str, str]]) -> str:
    """What we want with one thread, and what was measured."""
    lines = []
    for cell, limits in GOALS.items():
        shapes = by_shape(rows, 1, cell)
        ratio = {shape: float(entries[RNNKIT]["ratio"]) for shape, entries in shapes.items()}
        worst = (
            max(value for shape, value in ratio.items() if shape[3] >= 128),
            max(value for shape, value in ratio.items() if shape[3] < 128),
        )
        for where, value, limit in zip(("H ≥ 128", "smaller H"), worst, limits, strict=True):
            wanted = f"{heading(cell)}, {where}: at most {limit} times the bare products"
            lines.append(goal(wanted, f"at most {value:.3f}", value <= limit))
    shapes = by_shape(rows, 1, "simple RNN")
    for peer in ("Keras", "PyTorch"):
        if all(peer in entries for entries in shapes.values()):
            wins = sum(ahead(entries, peer) > 1 for entries in shapes.values())
            wanted = f"Simple RNN: faster than {peer} on at least four of the five shapes"
            lines.append(goal(wanted, f"on {wins}", wins >= 4))
    if best_peer(next(iter(shapes.values()))) is not None:
        worst = max(float(e[RNNKIT]["ratio"]) / best_peer(e) for e in shapes.values())
        wanted = "Simple RNN: at most 1.4 times the time of the fastest peer"
        lines.append(goal(wanted, f"at most {worst:.3f}", worst <= 1.4))
    return markdown(["goal with one thread", "measured", ""], "---", lines)


def peers(rows: list[dict[str, str]]) -> str:
    """How much longer than rnnkit each peer takes, with one thread, and where it wins."""
    lines, wins = [], []
    for cell in GOALS:
        shapes = by_shape(rows, 1, cell)
        line = [heading(cell)]
        for peer in PEERS:
            if all(peer in entries for entries in shapes.values()):
                by = {shape: ahead(entries, peer) for shape, entries in shapes.items()}
                line.append(f"{min(by.values()):.2f} – {max(by.values()):.2f}")
                wins += [
                    f"- {heading(cell)}, (T, B, D, H) = {shape}: {peer} takes {value:.2f} of the "
                    "time of rnnkit."
                    for shape, value in by.items()
                    if value < 1
                ]
            else:
                line.append("")
        lines.append(line)
    grid = markdown(["time / time of rnnkit", *PEERS], "---", lines)
    return "\n".join([grid, "", *(wins or ["No peer is faster on any of the shapes."])])


def ahead(entries: dict[str, dict[str, str]], peer: str) -> float:
    """The time of the peer divided by the time of rnnkit."""
    return float(entries[peer]["ratio"]) / float(entries[RNNKIT]["ratio"])


def memory(rows: list[dict[str, str]]) -> str:
    """What backpropagation must keep, and the peak of rnnkit."""
    lines = []
    for row in rows:
        if row["threads"] == rows[0]["threads"] and row["contestant"] == RNNKIT:
            kept, peak = float(row["kept_mb"]), float(row["peak_mb"])
            shape = [row[size] for size in "TBDH"]
            megabytes = [f"{kept:.1f} MB", f"{peak:.1f} MB", f"{peak / kept:.1f}"]
            lines.append([heading(row["cell"]), *shape, *megabytes])
    return markdown(["cell", *"TBDH", "must be kept", "peak", "peak / kept"], "---:", lines)


def markdown(head: list[str], align: str, lines: list[list[str]]) -> str:
    rule = "|" + f"{align}|" * len(head)
    return "\n".join([table_row(head), rule, *map(table_row, lines)])


def table_row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def heading(cell: str) -> str:
    return cell[0].upper() + cell[1:]


def goal(wanted: str, measured: str, met: bool) -> list[str]:
    return [wanted, measured, "met" if met else "**missed**"]


def title(threads: int) -> str:
    return {1: "One thread", 2: "Two threads"}.get(threads, f"{threads} threads")


def machine(rows: list[dict[str, str]]) -> str:
    row = rows[0]
    names = {"numpy": "NumPy", "keras": "Keras", "tensorflow": "TensorFlow", "torch": "PyTorch"}
    names["jax"] = "JAX"
    versions = (item.partition("=") for item in row["versions"].split())
    listed = ", ".join(f"{names[name]} {number}" for name, _, number in versions)
    return (
        f"Processor: {row['processor']}. NumPy's matrix library: {row['blas']}. "
        f"Versions: Python {row['python']}, {listed}."
    )


def warn(rows: list[dict[str, str]], threads: int) -> None:
    cores = [float(row["cores_used"]) for row in rows if row["threads"] == str(threads)]
    if max(cores) > threads + 0.2:
        print(f"Careful: a contestant used {max(cores):.1f} cores, more than {threads}.\n")
    if threads == 1 and min(cores) < 0.9:
        print("Careful: the computer was busy with other work. Run it again when it is idle.\n")


def page(rows: list[dict[str, str]]) -> str:
    one = [row for row in rows if row["threads"] == "1"]
    spread = max(
        (float(row["upper_quartile"]) - float(row["lower_quartile"])) / float(row["ratio"])
        for row in one
        if row["contestant"] == RNNKIT
    )
    cores = max(float(row["cores_used"]) for row in one)
    return TEMPLATE.read_text("utf-8").format(
        machine=machine(rows),
        one_thread=tables(rows, 1),
        two_threads=tables(rows, 2),
        goals=goals(rows),
        peers=peers(rows),
        memory=memory(rows),
        rounds=rows[0]["rounds"],
        spread=100 * spread,
        cores=cores,
    )


if __name__ == "__main__":
    main()
