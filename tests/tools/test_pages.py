"""What a built page carries and says."""

import struct

import pytest
from docutils import nodes
from docutils.core import publish_doctree

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


def test_the_punctuation_behind_a_long_formula_stands_in_its_box():
    body = '<p>is <span class="math"><math>a</math></span>. Then</p>'
    assert "<math>a</math>.</span> Then" in pages.together(body)


def test_a_term_keeps_the_punctuation_around_it():
    shown = pages.explain("<p>of it (<strong>mask</strong>), and</p>", KNOWN, "g.html")
    before, _, after = shown.partition('<span class="together">(<strong><button')
    assert before == "<p>of it " and "mask</button></strong>),</span><span popover" in after


def test_a_number_keeps_its_unit_except_in_code():
    document = publish_doctree("5 % of 20 ms, ``7 % 3``\n\n::\n\n  8 % 3")
    pages.units(document)
    assert document.astext() == "5_% of 20_ms, 7 % 3\n\n8 % 3".replace("_", "\N{NO-BREAK SPACE}")


def test_a_few_words_of_code_stay_on_one_line():
    code = '<code class="docutils literal notranslate"><span>{}</span></code>'
    body = pages.chips(code.format("- 1 - 2 -") + code.format("x" * 21))
    assert body.count(' short"') == 1 and ' short"><span>- 1' in body


def test_a_fold_says_what_is_in_it():
    fold = "<p>Show code cell {0}</p>\n<p>Hide code cell {0}</p>\n<pre># @title {1}</pre>"
    body = fold.format("source", "no") + fold.format("content", "Solution 2, the count")
    shown = pages.folds(body + fold.format("content", "Solution 3"))
    assert "<p>Show the code</p>\n<p>Hide the code</p>" in shown
    assert "<p>Solution 2, the count</p>\n<p>Hide the solution</p>" in shown
    assert "<p>Solution 3</p>" in shown and "code cell" not in shown


@pytest.mark.parametrize(("width", "wide"), [(640, ""), (1000, "data-wide ")])
def test_figures_have_their_size(width, wide, tmp_path):
    (tmp_path / "a.png").write_bytes(bytes(16) + struct.pack(">II", width, 480) + bytes(9))
    page = pages.sized('<img alt="x" src="a.png"/> <img width="3" src="b.png"/>', tmp_path)
    assert f'<img width="{width}" height="480" {wide}loading="lazy" alt="x" src="a.png"/>' in page
    assert '<img width="3" src="b.png"/>' in page


def test_indices_in_sentences_of_docstrings():
    page = publish_doctree("With h_{t−1} and W_h^h; max_size, ``h_t``, b^{hh} and W_hᵀ.")
    pages.scripts(page)
    assert [x.astext() for x in page.findall(nodes.subscript)] == ["t−1", "h", "h"]
    assert [x.astext() for x in page.findall(nodes.superscript)] == ["h", "hh"]
    assert page.astext() == "With ht−1 and Whh; max_size, h_t, bhh and Whᵀ."


def test_a_sound_is_fetched_when_it_is_played(tmp_path):
    page = '<audio controls>\n<source src="data:audio/wav;base64,UklGRg=="/></audio>'
    shown = pages.silent(page, tmp_path)
    [file] = tmp_path.iterdir()
    assert file.read_bytes() == b"RIFF"
    assert shown == f'<audio controls preload="none">\n<source src="{file.name}"/></audio>'


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
