"""Figures that move, on the built pages: by keyboard, without JavaScript, and only where they are.

Needs Chromium or Chrome; without it the tests of the browser are skipped.
"""

import pytest

import moving
import notebooks
from visit import SITE

PAGES = {
    cell.metadata["rnnbook"]["moving"]: SITE / "notebooks" / f"{path.stem}.html"
    for path in notebooks.paths()
    for cell in notebooks.read(path).cells
    if "moving" in cell.metadata.get("rnnbook", {})
}


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


@pytest.mark.parametrize("name", PAGES)
def test_without_javascript_the_picture_is_there(name, browser):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(PAGES[name].as_uri())
    figure = tab.locator(f'figure[data-moving="{name}"]')
    assert not figure.is_visible()
    place = f'figure[data-moving="{name}"]'  # below the cell, or below its caption
    assert tab.locator(f"div.cell:has(+ {place}, + p + {place}) img").count() == 1
    context.close()


def test_on_paper_the_picture_stands_alone(figure):
    page = figure("gates")
    assert page.is_visible()
    page.page.emulate_media(media="print")
    assert not page.is_visible()


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


def test_vanishing_by_keyboard(figure):
    page = figure("vanishing")
    said = page.locator(".said")
    assert "After 100 steps back" in said.inner_text()
    first = said.inner_text()
    press(page.get_by_label("spectral radius ρ"), "End")
    assert said.inner_text() != first
    page.get_by_label("activation").select_option("linear")
    press(page.get_by_label("size of the inputs"), "Home")
    press(page.get_by_label("lag", exact=True), "Home", "ArrowRight", "ArrowRight")
    text = "After 2 steps back the gradient has the length 4.0."
    assert text in said.inner_text()


def test_gates_by_keyboard(figure):
    page = figure("gates")
    for gate in ("forget gate f", "input gate i"):
        for where, key in (("other", "Home" if gate[0] == "i" else "End"), ("marked", "End")):
            press(page.get_by_label(f"{gate}, {where} steps"), key)
    said = page.locator(".said")
    assert "the cell holds 1.30; the sum of the two marked values is 1.30" in said.inner_text()
    press(page.get_by_label("forget gate f, other steps"), *["ArrowLeft"] * 10)
    assert "39\u00a0% of step 2" in said.inner_text()  # 0.9 ** 9


def test_influence_by_keyboard_and_mouse(figure):
    page = figure("influence")
    said, control = page.locator(".said"), page.get_by_label("character")
    assert "“t”, cost" in said.inner_text()
    press(control, "ArrowRight")
    assert "“i”, cost" in said.inner_text() and "“q”, 5 back" in said.inner_text()
    assert page.locator(".letters .more").count() > 3
    press(control, "Home")
    assert "Character 1, “H”, cost" in said.inner_text()
    page.locator(".letters span").nth(6).click()
    assert "Character 7, end of line, cost" in said.inner_text()
    assert control.get_attribute("aria-valuetext") == "end of line"


def test_alignment_by_keyboard(figure):
    page = figure("alignment")
    said, control = page.locator(".said"), page.get_by_label("written letter")

    def read(date, k):
        """The beginning of what is said of a written letter."""
        row = moving.alignment()["dates"][date]
        place = max(range(len(row["weights"][k])), key=row["weights"][k].__getitem__)
        return f"To write “{row['written'][k]}” it read “{row['text'][place]}”, place {place + 1}:"

    press(control, "Home")
    assert said.inner_text().startswith(read(0, 0))
    press(control, *["ArrowRight"] * 6)
    assert said.inner_text().startswith(read(0, 6))
    page.get_by_label("date").select_option(index=4)
    assert said.inner_text().startswith(read(4, 6)) and "Finnish" in page.inner_text()
