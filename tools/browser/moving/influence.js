// Chapter 6.1a: what a character of the monologue owes to each character before it.

moving.influence = {
  // Bits that character `at` would cost more, for each character before it, if that one were
  // another: `influence[t][d]` belongs to the exchanged character t - 1 - d.
  compute({ influence, at }) {
    const found = Array.from({ length: at }, () => 0);
    influence[at].forEach((value, d) => {
      if (d < at) found[at - 1 - d] = value;
    });
    return found;
  },

  draw(figure, { text, bits, influence }) {
    const { html, show } = moving;
    const characters = [...text];
    const said = moving.said();
    const owes = (at) => moving.influence.compute({ influence, at });
    const quoted = (k) => (/\s/.test(characters[k]) ? moving.named(characters[k]) : `“${characters[k]}”`);

    const letters = moving.letters("character", characters, {
      shade: (at) => owes(at).map((value) => Math.sign(value) * Math.sqrt(Math.abs(value) / 8)),
      point(at) {
        const values = owes(at);
        const most = values.map((_, k) => k).sort((a, b) => Math.abs(values[b]) - Math.abs(values[a]));
        const far = values.findIndex((value) => Math.abs(value) >= 0.1);
        const first = most.slice(0, 3).map((k) => `${quoted(k)}, ${at - k} back: ${
          values[k] > 0 ? "+" : ""}${show(values[k])}`).join("; ");
        said.textContent = `Character ${at + 1}, ${quoted(at)}, cost ${show(bits[at])} bits. `
          + (at ? `If an earlier character were another, it would cost so many bits more: ${first}. ` : "")
          + (far >= 0 ? `The farthest that changes it by a tenth of a bit is ${at - far} back.` : "");
      },
    });
    letters.row.classList.add("letter");
    figure.append(letters.row, said, letters.node, html("p", { class: "key" },
      "Orange: with another character there, the pointed one would have cost more bits; blue: fewer; "
      + "full colour from 8 bits on. Mean over the 20 most frequent other characters. One is exchanged "
      + "at a time, up to 40 back: what two places say together is not shown."));
    letters.go(characters.findIndex((_, k) => text.startsWith("tion:", k)));
  },
};
