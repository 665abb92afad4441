"""Make, check and verify the stored results.

python -m experiments                    # what there is, how long it takes, who reads it
python -m experiments corridor           # make what is missing of one
python -m experiments --check            # missing or left-over runs, older than its code
python -m experiments --verify corridor  # run a minute of it again and compare
"""

import argparse
import pkgutil
from importlib import import_module

import experiments
from experiments import chapter, protocol

# Two numbers of a table that may be called the same, on the same kind of processor. Most runs
# repeat to the last digit; where an array lies in memory decides some roundings of float32.
CLOSE = 0.01


def every() -> dict[str, list[protocol.Experiment]]:
    """Return the experiments by the name of their module."""
    names = (x.name for x in pkgutil.iter_modules(experiments.__path__) if x.name != "__main__")
    found = {name: import_module(f"experiments.{name}") for name in names}
    return {n: m.EXPERIMENTS for n, m in found.items() if hasattr(m, "EXPERIMENTS")}


def show(known: dict[str, list[protocol.Experiment]]) -> None:
    """Print a line for each table."""
    print("name               minutes  table                chapters")
    for name, parts in known.items():
        for part in parts:
            minutes = sum(part.table().seconds().values()) / 60
            numbers = ", ".join(chapter.readers(part.name))
            print(f"{name:18} {minutes:7.1f}  {part.name:20} {numbers}")


def main() -> None:
    known = every()
    parser = argparse.ArgumentParser(
        prog="python -m experiments",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", nargs="?", choices=known)
    parser.add_argument("--check", action="store_true", help="only look, in seconds")
    parser.add_argument("--verify", action="store_true", help="run a minute of it again")
    options = parser.parse_args()
    chosen = [part for name in known for part in known[name] if options.name in (None, name)]
    if options.check:
        found = [fault for part in chosen for fault in protocol.faults(part)]
        if found:
            raise SystemExit("\n".join(found))
        print("The stored results are complete and of the present code.")
    elif options.verify:
        gaps = {part.name: protocol.verify(part, 60 / len(chosen)) for part in chosen}
        if max(gaps.values()) > CLOSE:
            raise SystemExit(f"more than {CLOSE} apart")
    elif options.name:
        for part in chosen:
            protocol.make(part)
    else:
        show(known)


if __name__ == "__main__":
    main()
