"""Rehearse Colab: run notebooks as they run there, and say where their text differs.

    python tools/colab.py                       # every notebook
    python tools/colab.py notebooks/05_1_first_program.ipynb

The environment is made anew outside the repository, from tests/launch/colab-versions.txt. A
kernel begins in an empty folder, finds google.colab loaded, and gets this repository's last
commit where the notebook asks for the address of the book. After each notebook the environment
is put back, so that no notebook finds what another one installed.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

import check
import generated
import notebooks

VERSIONS = notebooks.ROOT / "tests" / "launch" / "colab-versions.txt"
STARTUP = "import google.colab\n\ndel google\n"
NBVAL = [
    "--nbval", "--nbval-kernel-name=colab", "--nbval-cell-timeout=600",
    f"--nbval-sanitize-with={notebooks.ROOT / 'tests' / 'nbval_sanitize.cfg'}",
    "-p", "nbval_numbers", "-p", "no:cacheprovider", "-o", "addopts=", "--tb=short",
]  # fmt: skip


def versions() -> dict[str, str]:
    """Return Colab's versions by package, Python's among them."""
    return dict(re.findall(r"^([\w-]+)==([\w.]+)$", VERSIONS.read_text("utf-8"), re.MULTILINE))


def answered_here() -> dict[str, str]:
    """Return what makes git fetch this repository where the book's address is asked for."""
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{notebooks.ROOT.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": generated.address(),
    }


class Colab:
    """An environment with Colab's versions in a folder of its own."""

    def __init__(self, folder: Path, uv: list[str], python: str | None = None):
        self.folder, self.uv = folder, uv
        self.python = folder / "colab" / "bin" / "python"
        packages = versions()
        wanted = python or packages["python"]
        del packages["python"]
        self.call(*uv, "venv", "--quiet", "--python", wanted, folder / "colab")
        pins = [f"{name}=={version}" for name, version in packages.items()]
        self.install("install", *pins, "ipykernel", "setuptools", "wheel")
        where = "import sysconfig; print(sysconfig.get_path('purelib'), end='')"
        module = Path(self.read(self.python, "-c", where), "google", "colab", "__init__.py")
        module.parent.mkdir(parents=True)
        module.write_text('"""Stands for the module by which a notebook knows Colab."""\n', "utf-8")
        self.frozen = folder / "frozen.txt"
        self.frozen.write_text(self.read(*uv, "pip", "freeze", "--python", self.python), "utf-8")
        self.write_kernel()

    def call(self, *command) -> None:
        """Run a command in the folder."""
        subprocess.run([str(x) for x in command], check=True, cwd=self.folder)

    def read(self, *command) -> str:
        """Return what a command prints."""
        return subprocess.run(
            [str(x) for x in command], check=True, cwd=self.folder, capture_output=True, text=True
        ).stdout

    def install(self, verb: str, *arguments) -> None:
        """Change the packages of the environment."""
        self.call(*self.uv, "pip", verb, "--quiet", "--python", self.python, *arguments)

    def write_kernel(self) -> None:
        """Write the kernel "colab", which nbval starts, and what IPython does at its start."""
        kernel = self.folder / "jupyter" / "kernels" / "colab" / "kernel.json"
        startup = self.folder / "ipython" / "profile_default" / "startup" / "00-colab.py"
        arguments = [str(self.python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        for path, text in (
            (
                kernel,
                json.dumps({"argv": arguments, "display_name": "Colab", "language": "python"}),
            ),
            (startup, STARTUP),
        ):
            path.parent.mkdir(parents=True)
            path.write_text(text, "utf-8")

    def environment(self) -> dict[str, str]:
        """Return what the test and its kernel see."""
        mine = os.environ | check.QUIET
        for name in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME"):
            mine.pop(name, None)
        return (
            mine
            | {
                "PATH": f"{self.python.parent}{os.pathsep}{os.environ['PATH']}",
                # Colab's scikit-learn hands SciPy an option that this SciPy does not know.
                "PYTHONWARNINGS": "ignore:Unknown solver options",
                "JUPYTER_PATH": str(self.folder / "jupyter"),
                "IPYTHONDIR": str(self.folder / "ipython"),
            }
            | answered_here()
        )

    def run(self, path: Path) -> bool:
        """Run a notebook in an empty folder; print the differences; return whether it passed."""
        with tempfile.TemporaryDirectory(dir=self.folder) as empty:
            copy = Path(empty, path.name)
            notebook = nbformat.read(path, as_version=4)
            for cell in notebook.cells:
                if "colab" in notebooks.tags(cell):  # pip's advice is no output of ours
                    cell.metadata.setdefault("tags", []).append("nbval-ignore-output")
            nbformat.write(notebook, copy)
            # The plugin is imported by the test, and must not be seen by the kernel.
            command = [sys.executable, "-c", PYTEST, str(check.PLUGIN), "-q", *NBVAL, str(copy)]
            passed = not subprocess.run(command, cwd=empty, env=self.environment()).returncode
        self.install("sync", self.frozen)
        return passed


PYTEST = """\
import sys
sys.path.insert(0, sys.argv.pop(1))
import pytest
sys.exit(pytest.main(sys.argv[1:]))
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--uv", default="uv", help="the command that installs")
    parser.add_argument("--python", help="Colab's Python on this machine, if it must be named")
    parser.add_argument("notebooks", nargs="*", type=Path)
    options = parser.parse_args()
    lines, failed = [], []
    with tempfile.TemporaryDirectory(prefix="colab-") as folder:
        colab = Colab(Path(folder), options.uv.split(), options.python)
        for path in options.notebooks or notebooks.paths():
            print(f"\n=== {path.stem}", flush=True)
            begin = time.monotonic()
            passed = colab.run(path)
            failed += [] if passed else [path.stem]
            word = "as stored" if passed else "DIFFERS"
            lines.append(f"{path.stem:28} {word:10} {time.monotonic() - begin:5.0f} s")
            print(lines[-1], flush=True)
    print("\n=== summary\n" + "\n".join(lines))
    if failed:
        raise SystemExit(f"not as stored in Colab: {', '.join(failed)}")


if __name__ == "__main__":
    main()
