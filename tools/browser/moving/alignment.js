// Chapter 6.1c: where the decoder looked while it wrote a letter.

moving.alignment = {
  // The places of a row of weights, the heaviest first, without those below one in a hundred.
  compute({ weights, at }) {
    return weights[at]
      .map((weight, place) => ({ place, weight }))
      .filter(({ weight }) => weight >= 0.01)
      .sort((a, b) => b.weight - a.weight);
  },

  draw(figure, { dates }) {
    const { html, show } = moving;
    const said = moving.said();
    const stage = html("div");
    let at = 5;  // the first digit of the month

    function pick(number) {
      const { text, written, weights } = dates[number];
      const source = [...text], target = [...written, "end"];
      const quoted = (character) => (character === " " ? "a space" : `“${character}”`);
      const seen = moving.letters("", source, {});
      const letters = moving.letters("written letter", target, {
        point(k) {
          at = k;
          seen.paint(weights[k]);
          const places = moving.alignment.compute({ weights, at: k }).slice(0, 4);
          const words = places.map(({ place, weight }) =>
            `${quoted(source[place])}, place ${place + 1}: ${show(100 * weight, 0)}\u00a0%`).join("; ");
          said.textContent = `To write ${quoted(target[k])} it read ${words}.`;
        },
      });
      letters.row.classList.add("letter");
      stage.replaceChildren(letters.row, letters.node, html("p", { class: "key" }, "It read:"), seen.node);
      letters.go(Math.min(at, target.length - 1));
    }
    figure.append(moving.choice("date", dates.map(({ name }) => name), pick), stage, said,
      html("p", { class: "key" }, "The stronger the colour, the larger the weight. A weight tells where it read, "
        + "not what it found there: each place holds more than its own letter."));
    pick(0);
  },
};
