// Run a chapter's cells on its page. Loaded when the reader asks for it, and not before.

const here = new URL("./", import.meta.url);
const code = (cell) => cell.querySelector(".cell_input pre");
const make = (tag, options = {}, ...inside) => {
  const node = Object.assign(document.createElement(tag), options);
  node.append(...inside);
  return node;
};

class Chapter {
  constructor(button, plan) {
    this.plan = plan;
    this.cells = [...document.querySelectorAll(".bd-article div.cell")];
    if (this.cells.length !== plan.cells.length) throw new Error("the page and its cells differ");
    this.queue = [];
    this.ran = new Set();
    this.status = make("span", { className: "live-status" });
    this.status.setAttribute("role", "status");
    this.stop = make("button", { type: "button", textContent: "Stop", onclick: () => this.halt() });
    const all = make("button", {
      type: "button", textContent: "Run all", onclick: () => this.enqueue(this.cells.length - 1),
    });
    this.bar = make("div", { className: "live-bar" }, all, this.stop, this.status);
    this.bar.setAttribute("role", "toolbar");
    this.bar.setAttribute("aria-label", "Run this chapter");
    button.closest(".ways").after(this.bar);  // there it stays in sight down to the page's end
    button.remove();
    this.cells.forEach((cell, k) => this.dress(cell, k));
    this.busy(false);
    all.focus();
  }

  // ------------------------------------------------------------ the page

  dress(cell, k) {
    const pre = code(cell);
    const { runs, why } = this.plan.cells[k];
    if (!runs) {
      if (why) pre.parentNode.after(make("p", { className: "live-note", textContent: why }));
      return;
    }
    const first = { source: pre.textContent, html: pre.innerHTML };
    cell.live = { first, output: cell.querySelector(":scope > .cell_output, details .cell_output") };
    cell.live.stored = cell.live.output;
    pre.contentEditable = "plaintext-only";
    if (pre.contentEditable !== "plaintext-only") pre.contentEditable = "true";
    pre.spellcheck = false;
    pre.tabIndex = 0;
    pre.setAttribute("role", "textbox");
    pre.setAttribute("aria-multiline", "true");
    pre.setAttribute("aria-label", `Code of cell ${k}; Shift and Enter run it`);
    pre.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      if (event.shiftKey || event.ctrlKey || event.metaKey) this.enqueue(k, k);
      else this.newLine(pre);
    });
    const press = (text, action) =>
      make("button", { type: "button", textContent: text, onclick: action });
    cell.live.word = make("span", { className: "live-word" });
    cell.live.word.setAttribute("role", "status");
    pre.parentNode.after(make("div", { className: "live-buttons" },
      press("Run", () => this.enqueue(k, k)),
      press("Run all above", () => this.enqueue(k - 1)),
      press("Reset", () => this.reset(cell)), cell.live.word));
  }

  newLine(pre) {  // begins as the line before it, a level deeper after a colon
    const selection = getSelection();
    const before = selection.getRangeAt(0).cloneRange();
    before.setStart(pre, 0);
    const line = before.toString().split("\n").pop();
    const deeper = /:\s*$/.test(line) ? "    " : "";
    document.execCommand("insertText", false, "\n" + /^\s*/.exec(line)[0] + deeper);
  }

  reset(cell) {
    code(cell).innerHTML = cell.live.first.html;
    if (cell.live.output !== cell.live.stored) cell.live.output.replaceWith(cell.live.stored ?? "");
    cell.live.output = cell.live.stored;
    cell.live.word.textContent = "as it was";
  }

  empty(cell) {  // a new box stands where the stored output stood
    const box = make("div", { className: "cell_output docutils container live-output" });
    if (cell.live.output) cell.live.output.replaceWith(box);
    else cell.append(box);
    cell.live.output = box;
  }

  show(cell, kind, text) {
    const box = cell.live.output;
    if (kind === "figure") {
      const alt = cell.live.stored?.querySelector("img")?.alt ?? "The figure that this cell drew";
      box.append(make("img", { src: `data:image/png;base64,${text}`, alt }));
      return;
    }
    let last = box.lastElementChild;
    if (last?.dataset.kind !== kind) {
      last = make("pre", { tabIndex: 0 });
      last.dataset.kind = kind;
      box.append(last);
    }
    last.append(text);
  }

  busy(now) {
    this.stop.disabled = !now;
  }

  // ------------------------------------------------------------ the runs

  worker() {
    if (this.python) return this.python;
    const worker = new Worker(new URL("worker.js", here), { type: "module" });
    this.python = new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => {
        if (data.kind === "progress") this.status.textContent = data.text;
        else if (data.kind === "ready") resolve(worker);
        else reject(new Error(data.text));
      };
      worker.onerror = (event) => reject(new Error(event.message || "the worker did not start"));
      worker.postMessage({ kind: "begin", missing: this.plan.missing });
    });
    this.thread = worker;
    return this.python;
  }

  enqueue(last, first = 0) {
    for (let k = first; k <= last; k++) {
      const again = first === last || !this.ran.has(k);
      if (this.plan.cells[k].runs && again && !this.queue.includes(k)) this.queue.push(k);
    }
    if (!this.running) this.running = this.work().finally(() => { this.running = null; });
    return this.running;
  }

  async work() {
    this.busy(true);
    try {
      const worker = await this.worker();
      while (this.queue.length) {
        const k = this.queue.shift();
        this.status.textContent = `Running cell ${k} …`;
        if (!(await this.run(worker, k))) {
          this.queue = [];
          this.status.textContent = `Cell ${k} ended with an error.`;
          return;
        }
      }
      this.status.textContent = "Ready.";
    } catch (error) {
      this.queue = [];
      this.status.textContent = this.halted ? "Stopped; variables are lost." : String(error);
    } finally {
      this.halted = false;
      this.busy(false);
    }
  }

  run(worker, k) {
    const cell = this.cells[k];
    cell.live.word.textContent = "running …";
    let fresh = true;
    return new Promise((resolve, reject) => {
      this.giveUp = reject;
      worker.onmessage = ({ data }) => {
        if (fresh) this.empty(cell);
        fresh = false;
        if (data.kind === "done") {
          this.ran.add(k);
          cell.live.word.textContent = data.passed ? "done" : "error";
          resolve(data.passed || this.plan.cells[k].raises);
        } else if (data.kind === "broken") {
          this.show(cell, "error", data.text);
          reject(new Error(data.text));
        } else this.show(cell, data.kind, data.text);
      };
      worker.postMessage({ kind: "run", number: k, source: code(cell).textContent });
    });
  }

  halt() {  // the only sure way to stop Python is to end its worker
    this.thread?.terminate();
    this.python = this.thread = null;
    this.ran.clear();
    this.queue = [];
    this.halted = true;
    this.giveUp?.(new Error("stopped"));
  }
}

// Keep what this page has loaded, and what Python loaded, for a visit without a network.
async function keep(files) {
  await navigator.serviceWorker.register(new URL("../offline.js", here));
  const parts = performance.getEntriesByType("resource").map((entry) => entry.name);
  const ours = [location.href, ...parts].filter((url) => new URL(url).origin === location.origin);
  const store = await caches.open("book");  // the name that offline.js uses
  await store.addAll([...new Set([...files.map((name) => new URL(name, here).href), ...ours])]);
}

export async function start(button) {
  const word = button.nextElementSibling;
  const say = (text) => { word.textContent = text; };
  try {
    say("Loading …");
    document.head.append(make("link", { rel: "stylesheet", href: new URL("run.css", here).href }));
    const plan = await (await fetch(new URL(`pages/${button.dataset.page}.json`, here))).json();
    say("");
    window.liveChapter = new Chapter(button, plan);
    await window.liveChapter.enqueue(plan.cells.findIndex((cell) => cell.runs));
    // Without it, the next visit needs the network.
    window.liveChapter.kept = keep(plan.files).then(() => "", String);
  } catch (error) {
    say(`It did not start: ${error.message}`);
  }
}
