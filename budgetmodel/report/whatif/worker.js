/* The worker: it holds HiGHS and answers one question after the other, each with its number. */
"use strict";

let highs = null;
const scenarios = [];

async function begin({ wasm, records }) {
  const code = await bytesOf(wasm);
  highs = await Module({
    instantiateWasm: (imports, done) => {
      WebAssembly.instantiate(code, imports).then((made) => done(made.instance, made.module),
        (error) => self.postMessage({ kind: "failed", words: String(error.message || error) }));
      return {};
    },
  });
  for (const record of records) scenarios.push(await opened(record));
  self.postMessage({ kind: "ready" });
}

function answer({ number, scenario, positions }) {
  const told = (share) => self.postMessage({ kind: "progress", number, share });
  const found = solvedAt(highs, scenarios[scenario], positions, told);
  if (found.infeasible) Object.assign(found, conflictAt(highs, scenarios[scenario], positions, found.rays, told));
  self.postMessage({ kind: "answer", number, found });
}

self.onmessage = async ({ data }) => {
  try {
    if (data.kind === "begin") await begin(data);
    else answer(data);
  } catch (error) {
    self.postMessage({ kind: "failed", number: data.number, words: String(error.message || error) });
  }
};
