// Chapter 4.3: how long a gradient is after so many steps back, by the settings of the network.

moving.vanishing = {
  // Whole numbers below 2 ** 32, always the same ones; the sum of twelve is nearly normal.
  noise(seed) {
    let state = seed >>> 0;
    return () => {
      let sum = -6;
      for (let k = 0; k < 12; k++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        sum += state / 2 ** 32;
      }
      return sum;
    };
  },

  // A random orthogonal matrix, a list of rows: Gram and Schmidt.
  orthogonal(units, draw) {
    const rows = [];
    while (rows.length < units) {
      const row = Float64Array.from({ length: units }, draw);
      for (const other of rows) {
        const share = row.reduce((sum, value, j) => sum + value * other[j], 0);
        other.forEach((value, j) => { row[j] -= share * value; });
      }
      const length = Math.hypot(...row);
      rows.push(row.map((value) => value / length));
    }
    return rows;
  },

  activations: {  // each with its derivative, computed from its value
    tanh: [Math.tanh, (h) => 1 - h * h],
    relu: [(a) => Math.max(a, 0), (h) => (h > 0 ? 1 : 0)],
    sigmoid: [(a) => 1 / (1 + Math.exp(-a)), (h) => h * (1 - h)],
    linear: [(a) => a, () => 1],
  },

  // Q, and what comes in and goes back, for sequences of T steps: drawn once.
  draws({ units, sequences, T }) {
    const draw = moving.vanishing.noise(1);
    const Q = moving.vanishing.orthogonal(units, draw);
    const vector = () => Float64Array.from({ length: units }, draw);
    const inputs = Array.from({ length: sequences }, () => Array.from({ length: T }, vector));
    const ends = inputs.map(() => {
      const v = vector(), length = Math.hypot(...v);
      return v.map((value) => value / length);
    });
    return { Q, inputs, ends };
  },

  // Length at lag 0 … T - 1 of a gradient of length 1 at the last state: root mean square over
  // the sequences; and the mean square of the slope. W_h is rho Q, W_x the identity, b zero.
  compute({ Q, inputs, ends, rho, activation, size }) {
    const [apply, slope] = moving.vanishing.activations[activation];
    const units = Q.length, T = inputs[0].length;
    const squares = new Float64Array(T);
    const late = Math.floor(T / 4);  // the start at zero does not count
    let slopes = 0;
    inputs.forEach((x, n) => {
      const h = [];
      let before = new Float64Array(units);
      for (let t = 0; t < T; t++) {
        const a = x[t].map((value) => size * value);
        for (let i = 0; i < units; i++) {
          const weight = rho * before[i], row = Q[i];
          for (let j = 0; j < units; j++) a[j] += weight * row[j];
        }
        before = a.map(apply);
        h.push(before);
      }
      let v = ends[n];
      squares[0] += 1;
      for (let t = T - 1; t >= 1; t--) {
        const delta = v.map((value, j) => value * slope(h[t][j]));
        v = new Float64Array(units);
        for (let i = 0; i < units; i++) {
          const row = Q[i];
          let sum = 0;
          for (let j = 0; j < units; j++) sum += row[j] * delta[j];
          v[i] = rho * sum;
        }
        squares[T - t] += v.reduce((sum, value) => sum + value * value, 0);
        if (t >= late) slopes += h[t].reduce((sum, value) => sum + slope(value) ** 2, 0);
      }
    });
    return {
      norms: Array.from(squares, (value) => Math.sqrt(value / inputs.length)),
      slope: slopes / (inputs.length * (T - late) * units),
    };
  },

  draw(figure, { units, sequences, T }) {
    const { html, svg, text, show } = moving;
    const drawn = moving.vanishing.draws({ units, sequences, T });
    const settings = { rho: 1, activation: "tanh", size: 1 };
    let lag = T - 1;
    const x = (k) => 44 + 336 * k / (T - 1);
    const y = (power) => 12 + 16 * (4 - Math.max(-8, Math.min(4, power)));
    const picture = moving.picture(400, 240, "Length of the gradient by lag, on a logarithmic scale");
    for (const [power, label] of [[4, "10⁴"], [0, "1"], [-4, "10⁻⁴"], [-8, "10⁻⁸"]]) {
      picture.append(svg("path", { class: "axis", d: `M44,${y(power)}H386` }),
        text(38, y(power) + 4, label, { "text-anchor": "end" }));
    }
    for (let k = 0; k < T; k += 20) picture.append(text(x(k), y(-8) + 16, k));
    const guess = svg("polyline", { class: "line back", "stroke-dasharray": "5 4" });
    const line = svg("polyline", { class: "line blue" });
    const dot = svg("circle", { class: "dot", r: 5 });
    picture.append(text(212, y(-8) + 34, "lag (steps)"),
      text(50, 28, "length of the gradient", { "text-anchor": "start" }), guess, line, dot);
    const said = moving.said();
    let found;

    function point() {
      const norm = found.norms[lag];
      dot.setAttribute("cx", x(lag));
      dot.setAttribute("cy", y(Math.log10(norm)));
      const growth = settings.rho * Math.sqrt(found.slope);
      said.textContent = `After ${lag} steps back the gradient has the length ${moving.powers(norm)}. `
        + `By (4.30) it should change by the factor ${show(growth, 3)} at each step.`;
    }
    function renew() {
      found = moving.vanishing.compute({ ...drawn, ...settings });
      const growth = Math.max(-99, Math.log10(settings.rho * Math.sqrt(found.slope)));
      const points = (powers) => powers.map((power, k) => `${x(k)},${y(power)}`).join(" ");
      line.setAttribute("points", points(found.norms.map(Math.log10)));
      guess.setAttribute("points", points(found.norms.map((_, k) => k * growth)));
      point();
    }
    const setting = (name) => (value) => {
      settings[name] = value;
      renew();
    };
    const names = Object.keys(moving.vanishing.activations);
    figure.append(
      html("div", { class: "stack" },
        moving.slider("spectral radius ρ", { min: 0.5, max: 2, step: 0.05, value: 1 }, setting("rho")),
        moving.slider("size of the inputs", { min: 0, max: 3, step: 0.1, value: 1 }, setting("size")),
        moving.slider("lag", { min: 0, max: T - 1, step: 1, value: lag, show: String }, (value) => {
          lag = value;
          point();
        }),
        moving.choice("activation", names, (k) => setting("activation")(names[k]))),
      said, picture,
      html("p", { class: "key" }, "Blue: measured, cut off at the edges. Dashed: the prediction (4.30)."));
    renew();
  },
};
