// Sphinx's search: chapters before the reference, titles before words, excerpts from prose.

var Scorer = {
  score: ([page, title, , , score]) => {
    const query = (new URLSearchParams(location.search).get("q") || "").toLowerCase().trim();
    const named = query && title.toLowerCase().includes(query);
    const reference = /^book\/(api|run_cards|benchmarks)/.test(page) || page === "notebooks/errata";
    return score + (named ? 50 : 0) - (reference ? 60 : 0);
  },
  objNameMatch: 11, objPartialMatch: 6, objPrio: { 0: 15, 1: 5, 2: -5 }, objPrioDefault: 0,
  title: 15, partialTitle: 7, term: 5, partialTerm: 2,
};

// Sphinx asks for the whole page of each hit. The prose of all pages is one file.
(() => {
  const asked = window.fetch;
  let prose;
  window.fetch = (address, ...options) => {
    const page = /^(?:\.\/)?((?:book|notebooks)\/\w+)\.html/.exec(String(address));
    if (!page || !document.getElementById("search-results")) return asked(address, ...options);
    prose ||= asked("_static/prose.json").then((answer) => answer.json());
    return prose.then((all) => new Response(all[page[1]] || ""));
  };
})();
