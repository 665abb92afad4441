// What the figures that move share. A figure is `moving.NAME = { compute, draw }`: `compute` is
// pure, the same formulas as rnnkit's; `draw` shows its numbers. Plain scripts, no modules, so
// that a page opened from a file moves, too.

const moving = {
  // An element of HTML or, below, of SVG. Children are elements or text.
  html(tag, attributes = {}, ...inside) {
    return moving.dress(document.createElement(tag), attributes, inside);
  },

  svg(tag, attributes = {}, ...inside) {
    return moving.dress(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, inside);
  },

  dress(node, attributes, inside) {
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...inside);
    return node;
  },

  picture(width, height, label) {
    return moving.svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
  },

  text(x, y, words, attributes = {}) {
    return moving.svg("text", { x, y, "text-anchor": "middle", ...attributes }, words);
  },

  // A number with so many decimals, and a minus as long as a plus.
  show(value, decimals = 2) {
    const text = value.toFixed(decimals);
    return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
  },

  // A number of any size: 5.6 · 10⁻²¹.
  powers(value) {
    const [digits, power] = value.toExponential(1).split("e").map((part) => part.replace("+", ""));
    const raised = [...power].map((sign) => (sign === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[sign])).join("");
    return power === "0" ? digits : `${digits} · 10${raised}`;
  },

  button(words, act) {
    const node = moving.html("button", { type: "button" }, words);
    node.addEventListener("click", act);
    return node;
  },

  // A range with its number beside it; `name` is what a screen reader says, `label` is seen.
  slider(label, { min, max, step, value, name = label, show = moving.show }, changed) {
    const input = moving.html("input", { type: "range", min, max, step, "aria-label": name });
    const output = moving.html("output");
    const row = moving.html("label", {}, moving.html("span", {}, label), input, output);
    const put = (number) => {
      input.value = number;
      output.textContent = show(Number(input.value));
      input.setAttribute("aria-valuetext", output.textContent);
    };
    input.addEventListener("input", () => {
      put(input.value);
      changed(Number(input.value));
    });
    put(value);
    return Object.assign(row, { input, output, put });
  },

  choice(label, options, changed) {
    const select = moving.html("select", {});
    options.forEach((words, k) => select.append(moving.html("option", { value: k }, words)));
    select.addEventListener("change", () => changed(Number(select.value)));
    return Object.assign(moving.html("label", {}, moving.html("span", {}, label), select), { select });
  },

  // A text of which one character is pointed at, by mouse or finger or by the slider above it; the
  // others are shaded: orange for shares above zero, blue below. `shade` gives a share for each.
  letters(label, characters, { point, shade = () => [] }) {
    const node = moving.html("div", { class: "letters", "aria-hidden": "true" });
    const spans = characters.map((words, k) => {
      const span = moving.html("span", {}, words === "\n" ? "↵" : words.length > 1 ? ` ${words}` : words);
      node.append(span, words === "\n" ? moving.html("br") : "");
      if (point) for (const kind of ["pointerenter", "click"]) span.addEventListener(kind, () => go(k));
      return span;
    });
    const row = point && moving.slider(label, {
      min: 0, max: characters.length - 1, step: 1, value: 0, show: (k) => moving.named(characters[k]),
    }, (k) => go(k));
    function go(k) {
      row?.put(k);
      point?.(k);
      paint(shade(k), k);
    }
    function paint(shares, pointed) {
      spans.forEach((span, k) => {
        span.classList.toggle("pointed", k === pointed);
        const share = shares[k] ?? 0;
        span.style.setProperty("--share", Math.min(1, Math.abs(share)).toFixed(3));
        span.classList.toggle("more", share > 0);
        span.classList.toggle("less", share < 0);
      });
    }
    return { node, row, go, paint };
  },

  named(character) {
    return { "\n": "end of line", " ": "space" }[character] ?? character;
  },

  // What changed, in words, also for those who hear the page.
  said() {
    return moving.html("p", { class: "said", role: "status" });
  },
};

addEventListener("DOMContentLoaded", () => {
  for (const figure of document.querySelectorAll("figure.moving")) {
    figure.hidden = false;
    moving[figure.dataset.moving].draw(figure, JSON.parse(figure.querySelector("script").textContent));
  }
});
