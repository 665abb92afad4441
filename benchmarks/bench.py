"""Compare the speed of rnnkit's simple RNN with other libraries.

python benchmarks/bench.py                  one thread
python benchmarks/bench.py --threads 1 2    one thread, then two
python benchmarks/bench.py --write          both, then write results.csv and the book's page
python benchmarks/bench.py --page           write the page again, from results.csv and page.md

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
RESULTS = HERE / "results.csv"
TEMPLATE = HERE / "page.md"
PAGE = HERE.parent / "book" / "benchmarks.md"
PEERS = {"Keras": "tensorflow", "PyTorch": "torch", "JAX": "jax"}  # and what they need
BARE, RNNKIT = "bare products", "rnnkit"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, nargs="+", metavar="N", help="1 by default")
    parser.add_argument("--rounds", type=int, default=60, metavar="N", help="60 by default")
    parser.add_argument("--write", action="store_true", help="renew results.csv and the page")
    parser.add_argument("--page", action="store_true", help="renew the page from results.csv")
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
        print(f"{title(n)}: times as multiples of the bare matrix products\n\n{table(rows, n)}\n")
        warn(rows, n)
    if 1 in threads:
        print(goals(rows))
    if options.write:
        with RESULTS.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        PAGE.write_text(page(read()), "utf-8")


def measure(threads: int, rounds: int) -> list[dict[str, str]]:
    """Run measure.py with so many threads; return the rows of results.csv."""
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
            **dict(zip("TBDH", map(str, row.pop("shape")), strict=True)),
            "contestant": row.pop("contestant"),
            **{name: f"{value:.3f}" for name, value in row.items()},
            **same,
        }
        for row in result["rows"]
    ]


def read() -> list[dict[str, str]]:
    with RESULTS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def by_shape(rows: list[dict[str, str]], threads: int) -> dict[tuple, dict[str, dict[str, str]]]:
    shapes: dict[tuple, dict[str, dict[str, str]]] = {}
    for row in rows:
        if row["threads"] == str(threads):
            shape = tuple(int(row[size]) for size in "TBDH")
            shapes.setdefault(shape, {})[row["contestant"]] = row
    return shapes


def best_peer(entries: dict[str, dict[str, str]]) -> float | None:
    """The ratio of the fastest peer to the bare products."""
    ratios = [float(row["ratio"]) for name, row in entries.items() if name in PEERS]
    return min(ratios, default=None)


def table(rows: list[dict[str, str]], threads: int) -> str:
    shapes = by_shape(rows, threads)
    names = [name for name in next(iter(shapes.values())) if name != BARE]
    has_peers = len(names) > 1
    head = ["T", "B", "D", "H", "bare products", *names]
    head += ["rnnkit / fastest peer"] * has_peers
    lines = ["| " + " | ".join(head) + " |", "|" + "---:|" * len(head)]
    for shape, entries in shapes.items():
        cells = [*map(str, shape), f"{float(entries[BARE]['milliseconds']):.2f} ms"]
        cells += [f"{float(entries[name]['ratio']):.2f}" for name in names]
        if has_peers:
            cells.append(f"{float(entries[RNNKIT]['ratio']) / best_peer(entries):.2f}")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def goals(rows: list[dict[str, str]]) -> str:
    """What we want with one thread, and what was measured."""
    shapes = by_shape(rows, 1)
    ratio = {shape: float(entries[RNNKIT]["ratio"]) for shape, entries in shapes.items()}
    large = max(value for shape, value in ratio.items() if shape[3] >= 128)
    small = max(value for shape, value in ratio.items() if shape[3] < 128)
    lines = [
        goal(
            "H ≥ 128: at most 1.25 times the bare products", f"at most {large:.2f}", large <= 1.25
        ),
        goal(
            "smaller H: at most 2.2 times the bare products", f"at most {small:.2f}", small <= 2.2
        ),
    ]
    for peer in ("Keras", "PyTorch"):
        if all(peer in entries for entries in shapes.values()):
            wins = sum(ratio[s] < float(entries[peer]["ratio"]) for s, entries in shapes.items())
            wanted = f"faster than {peer} on at least four of the five shapes"
            lines.append(goal(wanted, f"on {wins}", wins >= 4))
    if best_peer(next(iter(shapes.values()))) is not None:
        worst = max(ratio[shape] / best_peer(entries) for shape, entries in shapes.items())
        wanted = "at most 1.4 times the time of the fastest peer"
        lines.append(goal(wanted, f"at most {worst:.2f}", worst <= 1.4))
    return "| goal with one thread | measured | |\n|---|---|---|\n" + "\n".join(lines)


def goal(wanted: str, measured: str, met: bool) -> str:
    return f"| {wanted} | {measured} | {'met' if met else '**missed**'} |"


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
        one_thread=table(rows, 1),
        two_threads=table(rows, 2),
        goals=goals(rows),
        rounds=rows[0]["rounds"],
        spread=100 * spread,
        cores=cores,
    )


if __name__ == "__main__":
    main()
