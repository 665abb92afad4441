"""What no page uses stays away, and what a page uses stays."""

import pytest
import tinycss2

import weight

SCRIPTS = '<script src="./_static/searchtools.js"></script><script src="./searchindex.js"></script>'
ICONS = (
    'var a={list:[8,8,["a",7],"f2","M1"]},b={"lists":[8,8,[],"f3","M3"],list:[6,9,[],"f2","M2"]}'
)
ICON = '<i class="theme-switch fa-solid fa-list fa-lg" data-mode="dark"></i>'


@pytest.fixture
def site(tmp_path):
    scripts = tmp_path / "_static" / "scripts"
    scripts.mkdir(parents=True)
    (scripts / "pydata-sphinx-theme.js").write_text(f"x.{weight.ONE_BY_ONE}", "utf-8")
    for name in ("fontawesome.js", "fontawesome.js.map"):
        (scripts / name).write_text(ICONS, "utf-8")
    (scripts / "menu.js").write_text('x.classList.add("open")', "utf-8")
    page = f'<head>{SCRIPTS}</head>{ICON}<p id="top" data-by="tip"></p>'
    for name in ("index.html", "search.html"):
        (tmp_path / name).write_text(page, "utf-8")
    return tmp_path


def lighten(site):
    icons = site / "icons"
    icons.write_text(ICONS, "utf-8")
    weight.lighten(site, icons)


def test_only_the_search_loads_its_index(site):
    lighten(site)
    assert "<script" not in (site / "index.html").read_text("utf-8")
    assert (site / "search.html").read_text("utf-8").count("<script defer src=") == 2


def test_icons_are_drawings_of_the_solid_kind(site):
    lighten(site)
    page = (site / "index.html").read_text("utf-8")
    assert (
        '<svg class="theme-switch fa-solid fa-list fa-lg svg-inline--fa" data-mode="dark"' in page
    )
    assert 'viewBox="0 0 6 9"' in page and 'd="M2"' in page and "<i " not in page
    assert not list(site.rglob("fontawesome.js*"))


def test_a_second_time_changes_nothing(site):
    lighten(site)
    before = {path: path.read_bytes() for path in site.rglob("*.*")}
    lighten(site)
    assert {path: path.read_bytes() for path in site.rglob("*.*")} == before


def test_all_boxes_are_measured_before_one_is_changed():
    assert weight.at_once(f"a.{weight.ONE_BY_ONE},b") == f"a.{weight.AT_ONCE},b"
    with pytest.raises(ValueError, match="the theme has changed"):
        weight.at_once("a.forEach(b)")


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
