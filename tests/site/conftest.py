"""One browser for the tests of the built site, every host but this machine out of reach."""

import pytest
from playwright.sync_api import sync_playwright

import visit


@pytest.fixture(scope="session")
def browser():
    if visit.CHROMIUM is None:
        pytest.skip("no Chromium or Chrome on this machine")
    with sync_playwright() as driver:
        yield driver.chromium.launch(
            executable_path=visit.CHROMIUM,
            args=["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
        )
