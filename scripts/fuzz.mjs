// `npm run fuzz`: damaged .onnx files by the thousand, each read and planned, some run. Whatever is neither refused with a sentence nor
// works, hangs, or takes much more memory than its file, is a fault: its file is kept in test-results/fuzz, and the status is 1.
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { createServer } from "vite";
import { tryAll } from "./fuzz-process.mjs";
import { root } from "./steps.mjs";

const help = `npm run fuzz -- [--cases 20000] [--seed 1] [--from 0] [--run-every 50]

  --cases      how many files are tried
  --seed       of the changes; the same seed makes the same files from the same data
  --from       the first case: with --cases 1 the one that a report names
  --run-every  every so many cases one is run on the GPU as well; 0 for none`;

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "20000" },
    seed: { type: "string", default: "1" },
    from: { type: "string", default: "0" },
    "run-every": { type: "string", default: "50" },
    worker: { type: "string" },
    help: { type: "boolean" },
  },
});

/** A server that lasts as long as the process: parts of the engine are loaded when a file asks for them. @returns {Promise<typeof import("../tests/fuzz/worker.ts")>} */
async function loadWorker() {
  const server = await createServer({
    root,
    logLevel: "warn",
    appType: "custom",
    server: { middlewareMode: true, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true },
  });
  return /** @type {any} */ (server.ssrLoadModule(`${root}tests/fuzz/worker.ts`));
}

async function main() {
  const [seed, from, cases, runEvery] = [values.seed, values.from, values.cases, values["run-every"]].map(Number);
  const { caseOf } = await loadWorker();
  const folder = `${root}test-results/fuzz`;
  const report = (/** @type {number} */ index, /** @type {string} */ what) => console.log(`case ${index}: ${what}`);
  const { counts, faults } = await tryAll({ seed, from, to: from + cases, runEvery }, report);
  for (const [index, what] of faults) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/${seed}-${index}.onnx`, caseOf(seed, index).bytes);
    console.log(`case ${index} is kept as test-results/fuzz/${seed}-${index}.onnx: ${what}`);
  }
  console.log(`${cases} files of seed ${seed}: ${counts.runs} run, ${counts.refused} refused, ${counts.fault} faults`);
  process.exit(counts.fault > 0 ? 1 : 0);
}

if (values.help) console.log(help);
else if (values.worker) {
  const { work } = await loadWorker();
  await work(JSON.parse(values.worker));
  process.stdout.write("over\n");
  process.exit(0);
} else await main();
