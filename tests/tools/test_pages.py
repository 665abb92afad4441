"""What a built page carries and says."""

import struct

import pytest
from docutils import nodes

import pages

KNOWN = {"mask": ("mask", "Which steps count.")}


def test_a_term_in_bold_opens_its_definition_once():
    body = "<p>A <strong>mask</strong> and <strong>Masks</strong>, <strong>Note.</strong></p>"
    shown = pages.explain(body, KNOWN, "../book/glossary.html")
    assert shown.count("popovertarget") == shown.count("<span popover") == 1
    assert 'href="../book/glossary.html#mask"' in shown and "Which steps count." in shown
    assert "<strong>Masks</strong>" in shown and "<strong>Note.</strong>" in shown


def test_a_plural_is_the_term():
    assert "term-0" in pages.explain("<strong>masks</strong>", KNOWN, "g.html")


def test_a_definition_keeps_its_formulas_and_loses_its_links():
    paragraph = nodes.paragraph()
    paragraph += nodes.reference("", "", nodes.Text("a < b"), refuri="x")
    paragraph += nodes.math("", "x < y")
    text = pages.plain(paragraph)
    assert (
        text.startswith("a &lt; b<math") and "x &lt; y</annotation>" in text and "href" not in text
    )


def test_no_line_begins_with_the_punctuation_after_a_formula():
    body = "<p><math>a</math>, <math>b</math> (<math>c</math>)\n<math>d</math> e</p>"
    shown = pages.together(body)
    assert shown.count('<span class="together">') == 2
    assert '<span class="together"><math>a</math>,</span> <math>b</math> (' in shown
    assert '<span class="together"><math>c</math>)</span>\n<math>d</math> e' in shown


def test_figures_have_their_size(tmp_path):
    (tmp_path / "a.png").write_bytes(bytes(16) + struct.pack(">II", 640, 480) + bytes(9))
    page = pages.sized('<img alt="x" src="a.png"/> <img width="3" src="b.png"/>', tmp_path)
    assert '<img width="640" height="480" loading="lazy" alt="x" src="a.png"/>' in page
    assert '<img width="3" src="b.png"/>' in page


@pytest.mark.parametrize(
    ("address", "pages_at"),
    [
        ("https://github.com/Ada/rnn", "https://ada.github.io/rnn/"),
        ("https://gitlab.com/ada/rnn", "https://ada.gitlab.io/rnn/"),
        ("https://github.com/OWNER/REPOSITORY", ""),
    ],
)
def test_the_pages_follow_the_address(address, pages_at):
    assert pages.published(address) == pages_at
