"""Figures that move, on the built pages: by keyboard, without JavaScript, and only where they are.

Needs Chromium or Chrome; without it the tests of the browser are skipped.
"""

import pytest
from playwright.sync_api import sync_playwright

import moving
import notebooks
from visit import CHROMIUM, SITE

PAGES = {
    cell.metadata["rnnbook"]["moving"]: SITE / "notebooks" / f"{path.stem}.html"
    for path in notebooks.paths()
    for cell in notebooks.read(path).cells
    if "moving" in cell.metadata.get("rnnbook", {})
}

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium or Chrome here")


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as driver:
        yield driver.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND"],
        )


@pytest.fixture
def figure(browser):
    """Return a function that opens the page of a figure, from a file, and returns the figure."""
    tab = browser.new_page()
    tab.set_default_timeout(120_000)

    def opened(name):
        tab.goto(PAGES[name].as_uri(), wait_until="domcontentloaded")
        return tab.locator(f'figure[data-moving="{name}"]')

    yield opened
    tab.close()


def press(control, *keys):
    control.focus()
    for key in keys:
        control.press(key)


def test_only_pages_with_a_figure_load_the_scripts():
    for page in SITE.rglob("*.html"):
        if "_static" not in page.parts:
            text = page.read_text("utf-8")
            there = {name for name, where in PAGES.items() if where == page}
            loaded = {x for x in ["moving", *moving.CAPTIONS] if f"/moving/{x}.js" in text}
            assert loaded == (there | {"moving"} if there else set()), page.name


@needs_browser
@pytest.mark.parametrize("name", PAGES)
def test_without_javascript_the_picture_is_there(name, browser):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(PAGES[name].as_uri())
    figure = tab.locator(f'figure[data-moving="{name}"]')
    assert not figure.is_visible()
    assert tab.locator(f'div.cell:has(+ figure[data-moving="{name}"]) img').count() == 1
    context.close()


@needs_browser
def test_unrolled_steps_and_weights_by_keyboard(figure):
    page = figure("unrolled")
    said, gradient = page.locator(".said"), page.locator("td.number").nth(3)
    assert gradient.inner_text() == "\u22120.0386"  # dW_h[0, 1], as the chapter prints it
    weight = page.get_by_label("W_h[0, 1]")
    press(weight, "ArrowRight")
    assert weight.input_value() == "0.65" and gradient.inner_text() != "\u22120.0386"
    back = page.get_by_role("button", name="Step back")
    press(back, "Enter", "Enter")
    assert "Back at h\u2082" in said.inner_text() and gradient.inner_text() == ""
    press(back, *["Enter"] * 5)
    assert "Only the inputs" in said.inner_text()


@needs_browser
def test_gates_by_keyboard(figure):
    page = figure("gates")
    for gate in ("forget gate f", "input gate i"):
        for where, key in (("other", "Home" if gate[0] == "i" else "End"), ("marked", "End")):
            press(page.get_by_label(f"{gate}, {where} steps"), key)
    said = page.locator(".said")
    assert "the cell holds 1.30; the sum of the two marked values is 1.30" in said.inner_text()
    press(page.get_by_label("forget gate f, other steps"), *["ArrowLeft"] * 10)
    assert "39\u00a0% of step 2" in said.inner_text()  # 0.9 ** 9
