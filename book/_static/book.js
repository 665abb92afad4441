// What scrolls sideways can be reached by keyboard; a definition opens beside its term.

function reach() {
  const boxes = "pre, table, .math > div, span.math, .output, .pst-scrollable-table-container";
  for (const box of document.querySelectorAll(`.bd-article :is(${boxes})`)) {
    const scrolls = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
    const overflow = getComputedStyle(box);
    if (scrolls && /auto|scroll/.test(overflow.overflowX + overflow.overflowY)) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}

function terms() {
  for (const button of document.querySelectorAll("button.term")) {
    const definition = document.getElementById(button.getAttribute("popovertarget"));
    definition.addEventListener("toggle", () => {
      const place = button.getBoundingClientRect();
      const room = innerWidth - definition.offsetWidth - 16;
      definition.style.left = `${Math.max(16, Math.min(place.left, room))}px`;
      const below = place.bottom + definition.offsetHeight + 8 < innerHeight;
      definition.style.top = below
        ? `${place.bottom + 4}px` : `${place.top - definition.offsetHeight - 4}px`;
    });
  }
}

addEventListener("DOMContentLoaded", terms);
addEventListener("load", reach);
addEventListener("resize", reach);
document.addEventListener("toggle", reach, true);  // a folded cell was opened
