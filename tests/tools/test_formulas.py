"""Formulas become MathML as TeX would set them, or fail."""

import re
from xml.etree import ElementTree

import pytest
from fontTools.ttLib import TTFont

import formulas


def shown(tex):
    return formulas.letters(formulas.inline(tex))


@pytest.mark.parametrize("tex", [r"\undefined", r"\frac{1}", "x^2^3", r"\left( x", r"\sum_{"])
def test_what_cannot_be_read_is_an_error_with_the_formula(tex):
    with pytest.raises(formulas.FormulaError, match=re.escape(tex)):
        formulas.inline(tex)


@pytest.mark.parametrize(
    ("tex", "letters"),
    [
        (r"\boldsymbol{h}\mathbf{W}", "𝒉𝐖"),
        (r"\mathcal{N}\mathcal{L}", "𝒩ℒ"),
        (r"\mathbb{E}\mathbb{R}", "𝔼ℝ"),
        ("hx", "ℎ𝑥"),
        (r"\varepsilon\epsilon\varphi", "𝜀𝜖𝜑"),
    ],
)
def test_alphabets_have_their_code_points(tex, letters):
    assert set(letters) <= set(shown(tex))


def test_upright_letters_stay_upright():
    assert shown(r"\mathrm{d}\operatorname{diag}\text{if }") == "ddiagif"


def test_the_tex_is_in_the_formula_and_its_number_beside_it():
    box = formulas.block("\nx < y \\tag{1.2}\n")
    assert r'<annotation encoding="application/x-tex">x &lt; y \tag{1.2}</annotation>' in box
    assert box.endswith('</div><span class="eqno">(1.2)</span></div>')
    assert "1.2" not in shown(r"x \tag{1.2}")


def operators(tex):
    root = ElementTree.fromstring(formulas.inline(tex, display=True))
    return {x.text: (x.get("lspace"), x.get("rspace")) for x in root.iter("mo")}


def test_operators_in_scripts_and_large_brackets_have_no_space():
    assert operators("h_{t-1} = a") == {"−": ("0", "0"), "=": (None, None)}
    assert operators(r"f\bigl(x\bigr)") == {"(": ("0", "0"), ")": ("0", "0")}


def test_a_sum_has_no_space_behind_an_equals_sign():
    assert operators(r"a = \sum_i b")["∑"][0] == "0"
    assert operators(r"a \sum_i b")["∑"][0] is None


@pytest.mark.parametrize(
    ("tex", "spaces"),
    [(r"\ln x", 1), (r"(a)\ln x", 2), (r"-\ln x", 2), (r"a = \ln x", 1), (r"a\exp(x)", 1)],
)
def test_names_of_functions_stand_apart(tex, spaces):
    assert formulas.inline(tex).count("<mspace") == spaces
    assert formulas.APPLY not in formulas.inline(tex)


def test_lines_of_a_docstring_are_aligned():
    assert formulas.block("a &= b \\\\ &= c").count("<mtr>") == 2
    assert formulas.block("a\n\nb").count("<mtr>") == 2


def test_a_sign_that_goes_on_a_line_has_space_and_a_minus_of_a_number_has_none():
    assert operators(r"\begin{aligned}a &= b \\ &- c\end{aligned}")["−"] == ("0.2222em",) * 2
    assert operators(r"\begin{aligned}a &\frac{-1}{2}\end{aligned}")["−"][0] != "0.2222em"
    assert operators(r"a \mathrel{+}= b") == {"+": ("0.2778em", "0"), "=": ("0", None)}


def test_a_space_taken_back_before_a_bracket_is_none():
    assert "margin" not in formulas.inline(r"f\!\left(\frac12\right)")


def test_a_long_formula_in_a_line_has_a_box_that_can_scroll():
    long = "+".join("abcdefghijklmnop")
    assert formulas.inline(long).startswith('<span class="math"><math>')
    assert formulas.inline("a + b").startswith("<math>")


@pytest.mark.parametrize(
    "tex", [r"\sqrt n", r"\sqrt{n}", r"\sqrt{x^2 + y^2}", r"\frac{1}{\sqrt{d}}"]
)
def test_a_root_is_at_least_as_high_as_in_tex(tex):
    [root] = ElementTree.fromstring(formulas.inline(tex)).iter("msqrt")
    assert root[-1].tag == "mspace" and root[-1].get("height") == formulas.ROOT


def test_the_forms_of_a_root_are_equally_wide():
    """The room beside a short root is that of the widest form, in Chromium."""
    font = TTFont(formulas.FONT)
    name = font.getBestCmap()[ord("√")]
    widths = [font["hmtx"][x][0] for group in formulas.taller(font, name) for x in group]
    assert len(widths) > 3 and set(widths) == {font["hmtx"][name][0]}
