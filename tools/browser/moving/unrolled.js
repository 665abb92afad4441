// Chapter 3.2: forward and backward through a network of two steps; every gradient of a weight.

moving.unrolled = {
  // Equations (3.4) to (3.9) for one sequence with the loss (3.5), as lists of lists.
  compute({ x, h_0, r, W_x, W_h, b }) {
    const units = b.map((_, j) => j);
    const a = [], h = [], loss = [];
    x.forEach((x_t, t) => {
      const before = t ? h[t - 1] : h_0;
      a.push(units.map((j) => b[j] + x_t.reduce((sum, value, i) => sum + value * W_x[i][j], 0)
        + before.reduce((sum, value, i) => sum + value * W_h[i][j], 0)));
      h.push(a[t].map(Math.tanh));
      loss.push(h[t].reduce((sum, value, j) => sum + (value - r[t][j]) ** 2 / 2, 0));
    });
    const own = [], later = [], dh = [], delta = [];
    let back = units.map(() => 0);
    for (let t = x.length - 1; t >= 0; t--) {
      own[t] = h[t].map((value, j) => value - r[t][j]);
      later[t] = back;
      dh[t] = own[t].map((value, j) => value + back[j]);
      delta[t] = dh[t].map((value, j) => value * (1 - h[t][j] ** 2));
      back = units.map((i) => delta[t].reduce((sum, value, j) => sum + value * W_h[i][j], 0));
    }
    const outer = (rows, width) => Array.from({ length: width }, (_, i) =>
      units.map((j) => delta.reduce((sum, row, t) => sum + rows[t][i] * row[j], 0)));
    return {
      a, h, loss, own, later, dh, delta, dh_0: back,
      dW_x: outer(x, W_x.length), dW_h: outer([h_0, ...h], h_0.length),
      db: units.map((j) => delta.reduce((sum, row) => sum + row[j], 0)),
    };
  },

  draw(figure, start) {
    const { html, svg, text, show } = moving;
    const list = (v) => v.map((value) => show(value, 3)).join(", ");
    const row = (v) => `(${list(v)})`;
    const now = structuredClone(start);
    let step = 5, found;

    // The drawing: what has a `from` is there from that step on.
    const picture = moving.picture(400, 262, "The network of two steps, with the numbers of the present step");
    const parts = [];
    const part = (from, node, words) => {
      parts.push({ from, node, words });
      picture.append(node);
    };
    const box = (from, x, y, name, words) => {
      part(from, svg("rect", { x: x - 47, y: y - 18, width: 94, height: 36, rx: 5, class: "box" }));
      part(0, text(x, y - 4, name, { class: "name" }));
      part(from, text(x, y + 12, ""), words);
    };
    const arrow = (from, x1, y1, x2, y2, kind) => {
      const [dx, dy] = [Math.sign(x2 - x1), Math.sign(y2 - y1)];
      const [p, q] = [`${x2 - 7 * dx + 4 * dy},${y2 - 7 * dy + 4 * dx}`, `${x2 - 7 * dx - 4 * dy},${y2 - 7 * dy - 4 * dx}`];
      part(from, svg("path", { class: kind, d: `M${x1},${y1}L${x2},${y2}M${p}L${x2},${y2}L${q}` }));
    };
    const gradient = (from, x, y, words, anchor = "middle") =>
      part(from, text(x, y, "", { class: "back", "text-anchor": anchor }), words);
    box(0, 50, 130, "h₀", () => list(now.h_0));
    for (const t of [0, 1]) {
      const x = 200 + 150 * t, sign = "₁₂"[t];
      box(0, x, 240, `x${sign}`, () => list(now.x[t]));
      box(t + 1, x, 130, `h${sign}`, () => list(found.h[t]));
      box(t + 1, x, 22, `L${sign}`, () => show(found.loss[t], 4));
      arrow(t + 1, x - 4, 220, x - 4, 150, "ahead");
      arrow(t + 1, x - 101, 126, x - 49, 126, "ahead");
      arrow(t + 1, x - 4, 110, x - 4, 42, "ahead");
      arrow(4 - t, x + 4, 42, x + 4, 110, "back");
      gradient(4 - t, x - 8, 80, () => row(found.own[t]), "end");
      arrow(t ? 4 : 5, x - 49, 134, x - 101, 134, "back");
      gradient(t ? 4 : 5, x - 75, 166, () => row(t ? found.later[0] : found.dh_0));
    }

    // The weights: a slider, a number and a gradient each.
    const table = html("table", {}, html("caption", {}, "Every weight and its gradient"),
      html("tr", {}, ...["weight", "", "gradient"].map((word) => html("th", { scope: "col" }, word))));
    const weights = [];
    const weight = (name, list, place, gradients) => {
      const slider = moving.slider("", { min: -2, max: 2, step: 0.05, value: list[place], name }, (value) => {
        list[place] = value;
        renew();
      });
      const cell = html("td", { class: "number" });
      table.append(html("tr", {}, html("th", { scope: "row" }, name), html("td", {}, slider), cell));
      weights.push({ slider, cell, gradient: () => gradients()[place], first: list[place] });
    };
    for (const i of [0, 1]) weight(`W_x[0, ${i}]`, now.W_x[0], i, () => found.dW_x[0]);
    for (const i of [0, 1]) for (const j of [0, 1]) weight(`W_h[${i}, ${j}]`, now.W_h[i], j, () => found.dW_h[i]);
    for (const i of [0, 1]) weight(`b[${i}]`, now.b, i, () => found.db);

    const said = moving.said();
    const words = [
      () => "Only the inputs and h₀ are known. Step forward.",
      () => `Step 1: a₁ = x₁ W_x + h₀ W_h + b = ${row(found.a[0])}, h₁ = tanh(a₁).`,
      () => `Step 2: a₂ = ${row(found.a[1])}. The loss is L₁ + L₂ = ${show(found.loss[0] + found.loss[1], 4)}.`,
      () => `Back at h₂: only L₂ uses it. δ₂ = (h₂ − r₂)(1 − h₂²) = ${row(found.delta[1])}.`,
      () => `Back at h₁: two arrows meet. Their sum is ${row(found.dh[0])}, so δ₁ = ${row(found.delta[0])}.`,
      () => "Each weight adds up its two steps: the gradients in the table. The loss is "
        + `${show(found.loss[0] + found.loss[1], 4)}.`,
    ];
    const go = (to) => {
      step = Math.min(5, Math.max(0, to));
      renew();
    };
    const back = moving.button("Step back", () => go(step - 1));
    const ahead = moving.button("Step forward", () => go(step + 1));
    const reset = moving.button("Weights of the text", () => {
      for (const { slider, first } of weights) {
        slider.put(first);
        slider.input.dispatchEvent(new Event("input"));
      }
    });
    function renew() {
      found = moving.unrolled.compute(now);
      for (const { from, node, words: say } of parts) {
        node.classList.toggle("later", from > step);
        node.classList.toggle("now", from === step);
        if (say) node.textContent = from > step ? "" : say();
      }
      for (const { cell, gradient: of } of weights) cell.textContent = step < 5 ? "" : show(of(), 4);
      said.textContent = words[step]();
      back.setAttribute("aria-disabled", step === 0);
      ahead.setAttribute("aria-disabled", step === 5);
    }
    figure.append(html("div", { class: "tools" }, back, ahead, reset), said, picture, table);
    go(5);
  },
};
