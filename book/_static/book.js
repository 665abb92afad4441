// What scrolls sideways can be reached by keyboard and fades where it goes on; a definition opens
// beside its term.

// All boxes are measured before one is changed: each change would make the browser measure anew.
// What lies in a closed fold would have to be laid out for it, and is measured when it opens.
function reach() {
  const boxes = "pre, table, .math > div, span.math, .output, .cell_output, "
    + ".pst-scrollable-table-container";
  const all = [...document.querySelectorAll(`.bd-article :is(${boxes})`)];
  const found = all.filter((box) => !box.closest("details:not([open])")).map((box) => {
    const wide = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
    const style = wide && getComputedStyle(box);
    return [box, wide && /auto|scroll/.test(style.overflowX + style.overflowY)];
  });
  const more = found.map(([box, scrolls]) => scrolls && goesOn(box));
  found.forEach(([box, scrolls], k) => {
    if (scrolls) box.tabIndex = 0;
    else if (box.hasAttribute("tabindex")) box.removeAttribute("tabindex");
    box.toggleAttribute("data-more", more[k]);
  });
}

function goesOn(box) {
  return box.scrollLeft + box.clientWidth < box.scrollWidth - 4;
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
// Behind the first picture, when the page has been laid out anyway.
addEventListener("load", () => requestAnimationFrame(() => setTimeout(reach)));
addEventListener("resize", reach);
document.addEventListener("scroll", ({ target }) => {
  if (target.tabIndex === 0) target.toggleAttribute("data-more", goesOn(target));
}, { capture: true, passive: true });
document.addEventListener("toggle", reach, true);  // a folded cell was opened
