"""What no page uses stays away, and what a page uses stays."""

import re

import pytest
import tinycss2

import weight

SCRIPTS = '<script src="./_static/searchtools.js"></script><script src="./searchindex.js"></script>'
ICONS = '"arrow-up":[8,8,[],"f1","M0"],list:[8,8,["a",7],"f2",["M1","M2"]],x:[8,8,[],"f3","M3"]'


@pytest.fixture
def site(tmp_path):
    scripts = tmp_path / "_static" / "scripts"
    scripts.mkdir(parents=True)
    (scripts / "fontawesome.js").write_text("var a={" + ICONS + "}", "utf-8")
    (scripts / "fontawesome.js.map").write_text("", "utf-8")
    (scripts / "menu.js").write_text('x.classList.add("open")', "utf-8")
    page = f'<head>{SCRIPTS}</head><i class="fa-solid fa-list"></i><p id="top" data-by="tip"></p>'
    for name in ("index.html", "search.html"):
        (tmp_path / name).write_text(page, "utf-8")
    return tmp_path


def test_only_the_search_loads_its_index(site):
    weight.lighten(site)
    assert "<script" not in (site / "index.html").read_text("utf-8")
    assert (site / "search.html").read_text("utf-8").count("<script defer src=") == 2


def test_only_the_icons_in_use_stay(site):
    weight.lighten(site)
    left = (site / "_static" / "scripts" / "fontawesome.js").read_text("utf-8")
    assert re.findall(r"([\w-]+)\"?:\[", left) == ["list"]
    assert not list(site.rglob("*.map"))


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        ("p{a:b}", "p{a:b}"),
        ("#top,.none{a:b}", "#top{a:b}"),
        (".open .tip{a:b}", ".open .tip{a:b}"),  # names from a script and from data-…
        (".none p{a:b}", ""),
        ('p:not(.none),[href=".x"]{a:b}', 'p:not(.none),[href=".x"]{a:b}'),
        ("p:is(.none,.fa-list){a:b}", "p:is(.none,.fa-list){a:b}"),
        ("@media print{.none{a:b}#top{c:d}}", "@media print{#top{c:d}}"),
        ("@media print{.none{a:b}}", ""),
        ("@font-face{font-family:x}", "@font-face{font-family:x}"),
    ],
)
def test_a_rule_stays_if_something_can_match_it(site, rule, left):
    sheet = site / "_static" / "a.css"
    sheet.write_text(rule, "utf-8")
    assert weight.styles(site, weight.names(site)) == sheet.read_text("utf-8") == left


def test_the_rules_of_the_sheets_left_can_be_read_again():
    sheet = "a{b:c}\n@media (width>1px){a{b:url(x)}}"
    rules = tinycss2.parse_stylesheet(sheet, True, True)
    assert "".join(weight.used(rules, set())) == sheet.replace("\n", "")


def test_scripts_wait_and_keep_their_order():
    page = """<head><link rel="preload" as="script" href="c.js" />
<script src="a.js"></script><script>let b = 1;</script><script async src="d.js"></script>
<script>DOCUMENTATION_OPTIONS.pagename = 'x';</script></head><body><script src="e.js"></script>"""
    head, _, body = weight.prompt(page).partition("</head>")
    assert "preload" not in head and '<script defer src="a.js">' in head
    assert "<script>let b = 1;" in head and '<script async src="d.js">' in head
    assert '<script type="module">DOCUMENTATION_OPTIONS' in head
    assert body == '<body><script src="e.js"></script>'
