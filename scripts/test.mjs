// `npm test`: every check and every test, all of them even when one fails. The last line counts what passed and failed:
// each test is one, and so is each check that is not a test suite (lint, types, dead code, builds, size).
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { root, run } from "./steps.mjs";

const reports = join(root, "test-results");
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });
const report = (/** @type {string} */ name) => join(reports, `${name}.json`);

/** Those with `atOnce` run side by side, for each of them uses one core, and say something only when they fail. */
/** @type {readonly { name: string, command: string, atOnce?: true, read?: (json: any) => { passed: number, failed: number }, report?: string }[]} */
const steps = [
  { name: "format and lint", command: "biome check --error-on-warnings .", atOnce: true },
  { name: "types", command: "tsc --noEmit", atOnce: true },
  { name: "dead code", command: "knip", atOnce: true },
  vitest("unit"),
  { name: "browser", command: "node scripts/ensure-browser.mjs" },
  vitest("gpu"),
  { name: "build", command: "node scripts/build.mjs --quiet" },
  { name: "size", command: "size-limit" },
  vitest("package"),
  { name: "browser tests", command: "playwright test", report: report("browser"), read: readPlaywright },
];

/** @param {number} port @returns {Promise<boolean>} */
const isFree = (port) =>
  new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });

/** The first of two ports that nobody listens on. */
async function findPort() {
  let port = 24173;
  while (!((await isFree(port)) && (await isFree(port + 1)))) port += 2;
  return port;
}

/** @param {string} project */
function vitest(project) {
  const file = report(project);
  const reporters = `--reporter=default --reporter=json --outputFile.json="${file}"`;
  return { name: `${project} tests`, command: `vitest run --project ${project} ${reporters}`, report: file, read: readVitest };
}

/** @param {{ numPassedTests: number, numFailedTests: number, testResults: { status: string, assertionResults: unknown[] }[] }} json */
function readVitest(json) {
  // A file that does not even load has no tests to count.
  const broken = json.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0).length;
  return { passed: json.numPassedTests, failed: json.numFailedTests + broken };
}

/** @param {{ stats: { expected: number, unexpected: number, flaky: number }, errors: unknown[] }} json */
function readPlaywright(json) {
  return { passed: json.stats.expected + json.stats.flaky, failed: json.stats.unexpected + json.errors.length };
}

const started = Date.now();
const port = String(await findPort());
let passed = 0;
let failed = 0;
const lines = [];
/** @param {(typeof steps)[number]} step */
async function take(step) {
  console.log(`\n── ${step.name}: ${step.command.split(" --reporter")[0]}`);
  const before = Date.now();
  const env = step.report ? { CONVCAM_REPORT: step.report, CONVCAM_PORT: port } : {};
  const status = await run(step.command, { env, quiet: step.atOnce === true });
  const seconds = ((Date.now() - before) / 1000).toFixed(1);
  const counted =
    step.report && step.read && existsSync(step.report) ? step.read(JSON.parse(readFileSync(step.report, "utf8"))) : undefined;
  const counts = counted ?? { passed: status === 0 ? 1 : 0, failed: 0 };
  // A suite may fail without a failing test: no file found, an error outside every test.
  if (status !== 0) counts.failed = Math.max(1, counts.failed);
  passed += counts.passed;
  failed += counts.failed;
  lines.push(
    `${status === 0 ? "ok    " : "FAILED"} ${step.name.padEnd(16)} ${`${seconds} s`.padStart(8)}${counted ? `   ${counts.passed} passed, ${counts.failed} failed` : ""}`,
  );
}

await Promise.all(steps.filter(({ atOnce }) => atOnce).map(take));
for (const step of steps.filter(({ atOnce }) => !atOnce)) await take(step);
console.log(`\n${lines.join("\n")}\n\n${((Date.now() - started) / 1000).toFixed(0)} s in all`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
