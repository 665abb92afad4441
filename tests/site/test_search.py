"""The search finds chapters by name, and shows their prose, with one request more."""

import http.server
import threading
from functools import partial

import pytest

import lighthouse
import visit


@pytest.fixture(scope="module")
def search(browser):
    """Return a function that asks and gives the hits, as texts, and what was fetched."""
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(lighthouse.Host, directory=visit.SITE)
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def ask(words):
        tab, fetched = browser.new_page(), []
        tab.set_default_timeout(120_000)
        tab.on("response", lambda answer: fetched.append(answer.url.rpartition("/")[2]))
        tab.goto(f"http://127.0.0.1:{server.server_port}/search.html?q={words}")
        tab.get_by_text("Search finished").wait_for()
        tab.locator("#search-results li .context").first.wait_for()
        return tab.locator("#search-results li").all_inner_texts(), fetched

    yield ask
    server.shutdown()
    server.server_close()


def test_a_chapter_is_found_by_its_name(search):
    hits, fetched = search("gradient clipping")
    assert hits[0].startswith("3.3 Gradient clipping")
    assert "You will build three kinds of gradient clipping" in hits[0]
    assert [x for x in fetched if ".html" in x and "search" not in x] == []
    assert "prose.json" in fetched


@pytest.mark.parametrize(("words", "found"), [("LSTM", "Long short-term"), ("梯度", "Glossary")])
def test_terms_are_found_in_the_glossary(words, found, search):
    hits, _ = search(words)
    assert "Glossary" in hits[0] and found in hits[0]
