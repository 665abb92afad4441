"""The book as one file: nothing is lost on the way but what only works on a page."""

import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup

import volume

pytestmark = pytest.mark.xdist_group("volume")  # one process makes the volume, once

XHTML, MATHML = "{http://www.w3.org/1999/xhtml}", "{http://www.w3.org/1998/Math/MathML}"
SOME = [
    ("", ["book/index"]),
    ("3", ["notebooks/03_1_forward", "notebooks/06_3a_speech", "book/notation", "book/api"]),
]


@pytest.fixture(scope="module")
def whole():
    return BeautifulSoup(volume.one_page(), "lxml")


def test_every_page_is_in_it_once(whole):
    pages = [x["id"] for x in whole.select("section.page[id]")]
    assert pages == [volume.anchor(page) for page in volume.all_pages()]


def test_links_lead_into_the_volume_or_to_another_host(whole):
    names = {x["id"] for x in whole.select("[id]")}
    places = [x["href"] for x in whole.select("a[href]")]
    assert len(places) > 1000
    assert [x for x in places if x.startswith("#") and x[1:] not in names] == []
    assert [x for x in places if not re.match("#|https?://|mailto:", x)] == []


def test_pictures_and_sounds_are_there(whole):
    places = [x["src"] for x in whole.select("img, source")]
    assert [x for x in places if not (volume.SITE / x).exists()] == []


def test_code_outputs_and_solutions_stay_and_folded_code_goes():
    text = volume.article("notebooks/03_1_forward").get_text()
    assert "h = np.tanh(" in text and "Solution 1" in text and "equal to" in text
    assert "google.colab" not in text and "Show code" not in text and "Download" not in text


@pytest.fixture
def some(monkeypatch, tmp_path):
    monkeypatch.setattr(volume.notebooks, "contents", lambda: SOME)
    files = {kind: tmp_path / f"some.{kind}" for kind in volume.FILES}
    monkeypatch.setattr(volume, "FILES", files)
    return files


@pytest.fixture
def tab(browser):
    opened = browser.new_page()
    opened.set_default_timeout(300_000)
    yield opened
    opened.close()


def test_epub(some):
    volume.epub_file()
    with zipfile.ZipFile(some["epub"]) as book:
        pages = {x: ElementTree.fromstring(book.read(x)) for x in book.namelist() if "--" in x}
        files = set(book.namelist())
    assert "EPUB/math.woff2" in files
    assert len(pages) == 5
    chapter = next(page for name, page in pages.items() if "03_1" in name)
    assert len([*chapter.iter(f"{MATHML}math")]) > 30
    for page in pages.values():
        for kind in ("img", "source"):
            assert {f"EPUB/{x.get('src')}" for x in page.iter(f"{XHTML}{kind}")} <= files
    if checker := shutil.which("epubcheck"):
        jar = Path(checker).resolve()  # Debian's program is the archive itself
        command = ["java", "-jar", jar] if jar.suffix == ".jar" else [checker]
        done = subprocess.run([*command, some["epub"]], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_pdf(some, tab):
    volume.pdf(tab)
    assert some["pdf"].read_bytes().startswith(b"%PDF")
    assert tab.locator("math").count() > 30
    assert not (volume.SITE / "volume.html").exists()


def test_the_cover_offers_what_is_there(some, monkeypatch, tmp_path):
    monkeypatch.setattr(volume, "SITE", tmp_path)
    (tmp_path / "book").mkdir()
    cover = tmp_path / "book" / "index.html"
    cover.write_text('<h1>A</h1><p class="volumes" hidden></p><p>B</p>', "utf-8")
    some["pdf"].write_bytes(bytes(3_000_000))
    volume.offer()
    assert '<a href="../some.pdf">PDF</a> (3 MB)</p><p>B</p>' in cover.read_text("utf-8")
    assert "EPUB" not in cover.read_text("utf-8")
