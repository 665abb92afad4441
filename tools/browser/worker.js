// Python in a worker of its own, so that the page stays quick and a long run can be stopped.
import { loadPyodide } from "./pyodide.mjs";

let python, run;

async function begin(missing) {
  postMessage({ kind: "progress", text: "Loading Python, NumPy and Matplotlib …" });
  const kernel = fetch(new URL("notebook.py", import.meta.url));
  // All is fetched at once; rnnkit brings the other packages, as pyodide-lock.json says.
  const indexURL = new URL("./", import.meta.url).href;
  python = await loadPyodide({ indexURL, packages: ["rnnkit"] });
  const source = await (await kernel).text();
  const module = python.runPython(`import types; types.ModuleType("notebook")`);
  python.runPython(source, { globals: module.__dict__ });
  module.post = (kind, text) => postMessage({ kind, text });
  module.begin(python.toPy(missing));
  run = module.run;
}

onmessage = async ({ data }) => {
  try {
    if (data.kind === "begin") {
      await begin(data.missing);
      postMessage({ kind: "ready" });
    } else {
      postMessage({ kind: "done", passed: run(data.source, data.number) });
    }
  } catch (error) {
    postMessage({ kind: "broken", text: String(error) });
  }
};
