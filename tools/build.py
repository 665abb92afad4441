"""Build the book to _build/html, with every warning an error."""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "_build"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="forget the last build")
    if parser.parse_args().fresh:
        # Sphinx repeats no warning for a page it does not read again.
        shutil.rmtree(OUT, ignore_errors=True)
    build = "from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", build, "build", str(ROOT)]
    done = subprocess.run([*command, "-W", "-n", "--keep-going"])
    if done.returncode:
        raise SystemExit("The book was not built: see the warnings above.")
    print(f"\nThe book is in {OUT / 'html'}; open {OUT / 'html' / 'index.html'}")


if __name__ == "__main__":
    main()
