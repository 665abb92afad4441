"""The network is really cut off where the notebooks are checked."""

import subprocess
import sys

import nbclient
import pytest
from nbformat.v4 import new_code_cell, new_notebook

import check
import notebooks

# 192.0.2.0/24 and 2001:db8::/32 are set aside for documentation: nobody is there.
ATTEMPTS = {
    "connection": "socket.create_connection(('192.0.2.1', 80), timeout=1)",
    "connection, IPv6": "socket.socket(socket.AF_INET6).connect(('2001:db8::1', 80))",
    "without waiting": "socket.socket().connect_ex(('192.0.2.1', 80))",
    "datagram": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'', ('192.0.2.1', 53))",
    "name": "socket.getaddrinfo('example.org', 80)",
    "name, the old way": "socket.gethostbyname('example.org')",
    "page": "urllib.request.urlopen('http://example.org', timeout=1)",
    "table": "pandas.read_csv('https://example.org/a.csv')",
    "coroutine": "asyncio.run(asyncio.open_connection('192.0.2.1', 80))",
}
ALLOWED = """\
import socket

for family, host in [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "localhost")]:
    with socket.create_server((host, 0), family=family) as server:
        with socket.create_connection((host, server.getsockname()[1])) as client:
            client.sendall(b"x")
        receiver = socket.socket(type=socket.SOCK_DGRAM)
        receiver.bind(("127.0.0.1", 0))
        socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", receiver.getsockname())
a, b = socket.socketpair()
a.sendall(b"x")
print("reached")
"""
IMPORTS = "import asyncio, pandas, socket, urllib.request"


def run(code):
    setup = f"import sys; sys.path.insert(0, {str(notebooks.ROOT / 'tools')!r})"
    code = f"{setup}\nimport offline; offline.refuse()\n{code}"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def test_other_computers_are_refused():
    lines = [IMPORTS]
    for name, attempt in ATTEMPTS.items():
        lines += ["try:", f"    {attempt}", "except OSError as error:"]
        lines += [f"    assert 'network is cut off' in str(error), error; print({name!r})"]
    done = run("\n".join(lines))
    assert done.stdout.splitlines() == list(ATTEMPTS), done.stderr


def test_this_computer_is_reached():
    done = run(ALLOWED)
    assert done.stdout == "reached\n", done.stderr


def execute(step, folder, monkeypatch, *cells):
    """Run cells in a kernel as a step of the checks starts it and return what they print."""
    monkeypatch.setenv("IPYTHONDIR", check.environment(step, str(folder))["IPYTHONDIR"])
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(notebook, kernel_name="python3", timeout=60).execute()
    return ["".join(output.get("text", "") for output in cell.outputs) for cell in notebook.cells]


def test_the_kernels_of_the_notebooks_are_cut_off(tmp_path, monkeypatch):
    with pytest.raises(nbclient.exceptions.CellExecutionError, match="the network is cut off"):
        execute("notebooks", tmp_path, monkeypatch, "import socket", ATTEMPTS["connection"])


def test_the_kernels_find_no_trace_of_it(tmp_path, monkeypatch):
    code = "print({'refuse', 'sys', 'ipaddress', 'socket'} & set(globals()))"
    assert execute("notebooks", tmp_path, monkeypatch, code, ALLOWED) == ["set()\n", "reached\n"]


def test_other_steps_are_left_alone(tmp_path):
    check.environment("unit", str(tmp_path))
    assert not list(tmp_path.iterdir())
