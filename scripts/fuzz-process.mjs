// Damaged files that are tried in a process of their own: one that hangs, or ends the process, is a fault of that file alone. See fuzz.mjs.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** So many seconds without a line, and a case hangs; other work may slow this machine down. */
const mostSilence = 60;
/** The same while a process loads: before its first case it compiles the engine and reads the files that are damaged. */
const mostLoading = 300;

/**
 * @typedef {{ seed: number, from: number, to: number, runEvery: number }} Job
 * @typedef {"runs" | "refused" | "fault"} Outcome
 * @typedef {{ fault(index: number, what: string): void, end(index: number, outcome: Outcome): void }} Hears
 */

/** @param {Job} job */
function startWorker(job) {
  const script = fileURLToPath(new URL("fuzz.mjs", import.meta.url));
  return spawn(process.execPath, [script, "--worker", JSON.stringify(job)], { stdio: ["ignore", "pipe", "pipe"] });
}

/**
 * Tries cases in a process of their own.
 *
 * @param {Job} job
 * @param {Hears} hears
 * @param {(job: Job) => ReturnType<typeof startWorker>} start
 * @returns {Promise<number>} the case after that which it did not come back from, or `to`
 * @throws Error where the process hangs or ends before its first case: that is no fault of a file
 */
export function tryIn(job, hears, start = startWorker) {
  return new Promise((resolve, reject) => {
    const child = start(job);
    /** @type {number | undefined} */
    let current;
    let reason = "";
    let errors = "";
    let isOver = false;
    /** @type {NodeJS.Timeout | undefined} */
    let timer;
    const wait = (seconds = mostSilence) => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        reason = `said nothing for ${seconds} s`;
        child.kill("SIGKILL");
      }, seconds * 1000);
    };
    wait(mostLoading);
    child.stderr.on("data", (data) => {
      errors = (errors + data).slice(-2000);
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
      wait();
      const [what, index, ...rest] = line.split(" ");
      if (what === "begin") current = Number(index);
      else if (what === "fault") hears.fault(Number(index), rest.join(" "));
      else if (what === "end") {
        hears.end(Number(index), /** @type {Outcome} */ (rest[0]));
        current = Number(index) + 1;
      } else if (what === "over") isOver = true;
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (isOver) return resolve(job.to);
      const last = errors.trim().split("\n").slice(-3).join(" | ");
      const why = reason || `ended the process (${signal ?? code}): ${last}`;
      if (current === undefined) return reject(new Error(`the process that tries cases from ${job.from} on began none: it ${why}`));
      hears.fault(current, why);
      hears.end(current, "fault");
      resolve(current + 1);
    });
  });
}

/**
 * Tries all cases. Those that took long or much are tried once more by themselves: other work on this machine, or a collection of garbage, may have had its
 * part. What comes of that counts.
 *
 * @param {Job} job
 * @param {(index: number, what: string) => void} report is told of what may be a fault at once
 * @param {(job: Job, hears: Hears) => Promise<number>} tryJob
 * @returns {Promise<{ counts: Readonly<Record<Outcome, number>>, faults: ReadonlyMap<number, string> }>} of how many cases what came, and what is wrong with which
 */
export async function tryAll({ seed, from: first, to, runEvery }, report, tryJob = tryIn) {
  /** @type {Map<number, Outcome>} */
  const outcomes = new Map();
  /** @type {Map<number, string>} */
  const faults = new Map();
  const end = (/** @type {number} */ index, /** @type {Outcome} */ outcome) => {
    outcomes.set(index, outcome);
    if (process.stderr.isTTY) process.stderr.write(`\r${outcomes.size} of ${to - first}`);
  };
  const fault = (/** @type {number} */ index, /** @type {string} */ what) => {
    faults.set(index, what);
    report(index, what);
  };
  for (let from = first; from < to; ) from = await tryJob({ seed, from, to: Math.min(to, from + 2000), runEvery }, { fault, end });
  for (const [index, what] of [...faults]) {
    if (!/^\S+ took|said nothing/.test(what)) continue;
    faults.delete(index);
    const again = { seed, from: index, to: index + 1, runEvery: index % runEvery === 0 ? 1 : 0 };
    await tryJob(again, { fault: () => faults.set(index, what), end });
  }
  const counts = { runs: 0, refused: 0, fault: 0 };
  for (const [index, outcome] of outcomes) counts[faults.has(index) ? "fault" : outcome]++;
  return { counts, faults };
}
