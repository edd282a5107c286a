// `npm run fuzz`: damaged .onnx files by the thousand, each read and planned, some run. Whatever is neither refused with a sentence nor
// works, hangs, or takes much more memory than its file, is a fault: its file is kept in test-results/fuzz, and the status is 1.
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createServer } from "vite";
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

/** A case that says nothing for so long hangs. In seconds; other work may slow this machine down. */
const mostSilence = 60;
const fault = new Set();
const counts = { runs: 0, refused: 0, fault: 0 };

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

/**
 * Tries cases in a process of their own. @returns {Promise<number>} the case that it did not come back from, or `to`
 * @param {{ seed: number, from: number, to: number, runEvery: number }} job
 * @param {(index: number, what: string) => void} report
 */
function tryIn(job, report) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url), "--worker", JSON.stringify(job)], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let current = job.from;
    let reason = "";
    let errors = "";
    let isOver = false;
    /** @type {NodeJS.Timeout | undefined} */
    let timer;
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        reason = `said nothing for ${mostSilence} s`;
        child.kill("SIGKILL");
      }, mostSilence * 1000);
    };
    child.stderr.on("data", (data) => {
      errors = (errors + data).slice(-2000);
    });
    const lines = createInterface({ input: child.stdout });
    lines.on("line", (line) => {
      wait();
      const [what, index, ...rest] = line.split(" ");
      if (what === "begin") current = Number(index);
      else if (what === "fault") report(Number(index), rest.join(" "));
      else if (what === "end") {
        counts[/** @type {keyof typeof counts} */ (rest[0])]++;
        current = Number(index) + 1;
        if (process.stderr.isTTY) process.stderr.write(`\r${current - job.from} of ${job.to - job.from}`);
      } else if (what === "over") isOver = true;
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (isOver) return resolve(job.to);
      const last = errors.trim().split("\n").slice(-3).join(" | ");
      report(current, reason || `ended the process (${signal ?? code}): ${last}`);
      counts.fault++;
      resolve(current + 1);
    });
  });
}

async function main() {
  const [seed, first, cases, runEvery] = [values.seed, values.from, values.cases, values["run-every"]].map(Number);
  const { caseOf } = await loadWorker();
  const folder = `${root}test-results/fuzz`;
  /** @type {[number, string][]} */
  const suspects = [];
  for (let from = first; from < first + cases; )
    from = await tryIn({ seed, from, to: Math.min(first + cases, from + 2000), runEvery }, (index, what) => {
      console.log(`case ${index}: ${what}`);
      suspects.push([index, what]);
    });
  // What took long or much is tried once more by itself: other work on this machine, or a collection of garbage, may have had its part.
  for (const [index, what] of suspects) {
    if (!/^\S+ took|said nothing/.test(what)) fault.add(index);
    else await tryIn({ seed, from: index, to: index + 1, runEvery: index % runEvery === 0 ? 1 : 0 }, () => fault.add(index));
    if (!fault.has(index)) continue;
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/${seed}-${index}.onnx`, caseOf(seed, index).bytes);
    console.log(`case ${index} is kept as test-results/fuzz/${seed}-${index}.onnx: ${what}`);
  }
  console.log(`${cases} files of seed ${seed}: ${counts.runs} run, ${counts.refused} refused, ${fault.size} faults`);
  process.exit(fault.size > 0 ? 1 : 0);
}

if (values.help) console.log(help);
else if (values.worker) {
  const { work } = await loadWorker();
  await work(JSON.parse(values.worker));
  process.stdout.write("over\n");
  process.exit(0);
} else await main();
