"""Settings and fixtures of rnncheck's tests.

``SANDBOX=podman`` tests that kind of sandbox, as it chooses one for ``make grade``.
"""

import os
import sys
from pathlib import Path

import pytest

from rnncheck import sandbox

# Test modules import handed_in.py, which lies beside them.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def way():
    """A sandbox; without one the test is skipped, with the reason."""
    found, _ = sandbox.find(os.environ.get("SANDBOX", "auto"))
    if found.kind == "none":
        pytest.skip("neither bubblewrap nor Podman nor Docker is here, or may be used")
    return found
