"""Cut the notebooks off from the network while they are checked.

IPython runs the files of its startup folder in every kernel it starts. One of them is written
here: it adds an audit hook, which Python asks before it looks up a name or opens a connection,
whoever wants it, and which nothing can take out again. This computer itself stays reachable,
since a kernel talks to its notebook that way.
"""

import inspect
from pathlib import Path


def refuse() -> None:
    """Raise on each attempt to reach another computer, from now on and in this process."""
    import ipaddress
    import sys

    # The place of the host, or of the address that begins with it, among an event's arguments.
    places = {
        "socket.connect": 1,
        "socket.sendto": 1,
        "socket.sendmsg": 1,
        "socket.getaddrinfo": 0,
        "socket.gethostbyname": 0,
        "socket.gethostbyaddr": 0,
    }

    def is_here(host) -> bool:
        if isinstance(host, bytes):
            host = host.decode()
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host in (None, "", "localhost")

    def hook(event: str, arguments: tuple) -> None:
        if event in places:
            address = arguments[places[event]]
            if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
                if not isinstance(address, tuple):  # a Unix socket, or a connection there is
                    return
                address = address[0]
            if not is_here(address):
                raise ConnectionRefusedError(f"the network is cut off here: {event} {address!r}")

    sys.addaudithook(hook)


def write(folder: str | Path) -> None:
    """Make IPython refuse the network in every kernel that has this folder as IPYTHONDIR."""
    startup = Path(folder, "profile_default", "startup")
    startup.mkdir(parents=True)
    # No name may stay behind: a notebook that forgot to import something would find it.
    source = inspect.getsource(refuse) + "\n\nrefuse()\ndel refuse\n"
    (startup / "00-offline.py").write_text(source, "utf-8")
