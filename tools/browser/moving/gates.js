// Chapter 5.3: one unit of an LSTM whose gates the reader sets, at marked and at other steps.

moving.gates = {
  // Equation (5.5) from c = 0, with gates and candidates given: cell, output, and what is left at
  // the end, as a share, of what stood at the input at each step.
  compute({ value, mark, gates }) {
    const c = [], h = [];
    const at = (name, t) => gates[name][mark[t]];
    value.forEach((candidate, t) => {
      c.push(at("f", t) * (t ? c[t - 1] : 0) + at("i", t) * candidate);
      h.push(at("o", t) * Math.tanh(c[t]));
    });
    const left = [];
    let kept = 1;
    for (let t = value.length - 1; t >= 0; t--) {
      left[t] = at("i", t) * kept;
      kept *= at("f", t);
    }
    return { c, h, left };
  },

  draw(figure, { value, mark, gates }) {
    const { html, svg, text, show } = moving;
    const marked = value.map((_, t) => t).filter((t) => mark[t]);
    const wanted = marked.reduce((sum, t) => sum + value[t], 0);
    const x = (t) => 50 + 30 * t;
    const line = svg("polyline", { class: "line blue" });
    const stage = svg("g");
    const picture = moving.picture(400, 232, "Input, cell and output of the unit at each step");
    picture.append(stage, line);
    const said = moving.said();

    function renew() {
      const { c, h, left } = moving.gates.compute({ value, mark, gates });
      const top = Math.max(1.5, Math.ceil(2 * Math.max(...c)) / 2);
      const y = (number) => 196 - 176 * number / top;
      stage.replaceChildren();
      for (const tick of [0, top / 2, top]) {
        stage.append(svg("path", { class: "axis", d: `M36,${y(tick)}H394` }),
          text(32, y(tick) + 4, show(tick), { "text-anchor": "end" }));
      }
      stage.append(svg("path", { class: "line back", d: `M36,${y(wanted)}H394`, "stroke-dasharray": "5 4" }),
        text(215, 229, "step"), text(40, 14, "value, cell, output", { "text-anchor": "start" }));
      value.forEach((number, t) => {
        const kind = mark[t] ? "bar marked" : "bar";
        stage.append(
          svg("rect", { class: kind, x: x(t) - 6, y: y(number), width: 12, height: 196 - y(number) }),
          text(x(t), 211, t + 1, { class: mark[t] ? "back" : "" }),
          svg("circle", { class: "dot", cx: x(t), cy: y(c[t]), r: 3.5 }),
          svg("circle", { class: "line", cx: x(t), cy: y(h[t]), r: 4.5 }));
      });
      line.setAttribute("points", c.map((number, t) => `${x(t)},${y(number)}`).join(" "));
      const shares = marked.map((t) => `${show(100 * left[t], 0)}\u00a0% of step ${t + 1}`).join(" and ");
      said.textContent = `At the end the cell holds ${show(c.at(-1))}; the sum of the two marked `
        + `values is ${show(wanted)}. In it are ${shares}. The output shows ${show(h.at(-1))}.`;
    }

    const names = { f: "forget gate f", i: "input gate i", o: "output gate o" };
    const head = ["", "other steps", "marked steps"].map((word) => html("th", { scope: "col" }, word));
    const table = html("table", { class: "even" }, html("tr", {}, ...head));
    for (const [gate, name] of Object.entries(names)) {
      const sliders = ["other steps", "marked steps"].map((where, k) => moving.slider("", {
        min: 0, max: 1, step: 0.01, value: gates[gate][k], name: `${name}, ${where}`,
      }, (number) => {
        gates[gate][k] = number;
        renew();
      }));
      table.append(html("tr", {}, html("th", { scope: "row" }, name), ...sliders.map((s) => html("td", {}, s))));
    }
    const key = html("p", { class: "key" }, "Bars: the value at the input, orange where it is marked. "
      + "Blue: the cell c. Rings: the output h. Dashed: the sum wanted.");
    figure.append(table, said, picture, key);
    renew();
  },
};
