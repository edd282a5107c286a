// Measures in headless Chromium: builds the page, serves it, runs each case in a page of its own, prints a table, writes JSON.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium } from "@playwright/test";
import { Command, CommanderError } from "commander";
import { build, preview } from "vite";
import { type BenchCase, namedCases } from "../src/bench/cases.ts";
import {
  type BenchReport,
  type BenchResult,
  buildsOf,
  type EngineName,
  emptyResult,
  engineNames,
  isOwn,
  ownNameOf,
  type PeerName,
  peerNames,
  withDownloads,
} from "../src/bench/report.ts";
import { isPrecision, precisions } from "../src/engine/precision.ts";
import { chromiumArguments, ensureBrowser } from "../tests/support/browser.ts";
import type { FrameApi, FrameRequest } from "./frame.ts";
import { formatReport } from "./markdown.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

interface Options {
  readonly network?: readonly string[];
  readonly layer?: readonly string[];
  readonly gradient?: readonly string[];
  readonly train?: readonly string[];
  readonly peers: readonly string[];
  readonly precision: readonly string[];
  readonly builds?: readonly string[];
  readonly json?: string;
  readonly samples: string;
  readonly budget: string;
  readonly profile: boolean;
}

const commas = (value: string, before: readonly string[] = []): readonly string[] => [...before, ...value.split(",").filter(Boolean)];

function createProgram(): Command {
  return new Command("npm run bench --")
    .description(
      "Measures Convcam and its peers on the same work, by turns, in headless Chromium. Without names: every network and every layer.",
    )
    .option("--network <names...>", 'networks to measure, or "all"; name@4 for four pictures at once')
    .option("--layer <names...>", 'layers to measure, or "all"; name@16 for sixteen pictures at once')
    .option("--gradient <names...>", 'networks or layers forward with the gradient of their input, or "all" for some of both')
    .option(
      "--train <names...>",
      'steps of training of "mnist_convnet", gradients of a convolution layer\'s weights, or "all" for one of both',
    )
    .option(
      "--peers <names>",
      `peers to measure, separated by commas, or "none"; all unless given (${peerNames.join(", ")})`,
      peerNames.join(","),
    )
    .option(
      "--precision <names>",
      "what Convcam stores weights and values in: float32, float16, or both with a comma",
      (value) => commas(value),
      ["float32"],
    )
    .option("--builds <names>", "builds of ONNX Runtime's WebGPU engine to try: jsep, asyncify, jspi; all unless given", (value) =>
      commas(value),
    )
    .option("--json <file>", "write the results there too")
    .option("--samples <count>", "steady runs per engine and case at most", "30")
    .option("--budget <seconds>", "time for an engine's steady runs; at least one is made", "5")
    .option("--no-profile", "leave out Convcam's times per layer")
    .showHelpAfterError()
    .exitOverride();
}

/** @returns the exit status */
export async function main(commandLine: readonly string[]): Promise<number> {
  const program = createProgram();
  try {
    program.parse([...commandLine], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  const options = program.opts<Omit<Options, "peers"> & { peers: string }>();
  try {
    const report = await bench({ ...options, peers: commas(options.peers) });
    console.log(`\n${formatReport(report)}`);
    if (options.json) writeFileSync(options.json, `${JSON.stringify(report, undefined, 1)}\n`);
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
}

async function bench(options: Options): Promise<BenchReport> {
  const cases = chosenCases(options);
  const engines = chosenEngines(options);
  // A folder of its own: a build elsewhere must not change what is being measured.
  const outDir = mkdtempSync(join(tmpdir(), "convcam-bench-"));
  await build({ root, logLevel: "warn", build: { outDir, emptyOutDir: true } });
  // What its download is measured on.
  await build({ root, mode: "package", logLevel: "warn", build: { outDir: join(outDir, "bench/peers/convcam") } });
  const server = await preview({ root, build: { outDir }, preview: { port: 0, host: "localhost" }, logLevel: "warn" });
  const [address] = server.resolvedUrls?.local ?? [];
  if (!address) throw new Error("Vite did not say where it serves");
  const frame = `${address}bench/frame.html`;
  const browser = await chromium.launch({ executablePath: ensureBrowser(), args: [...chromiumArguments] });
  try {
    const load = loadavg()[0] ?? 0;
    const head = {
      browser: `Chromium ${browser.version()}, headless`,
      commit: commitOf(),
      conditions: `${cpus()[0]?.model ?? "CPU"}, ${cpus().length} cores, load ${load.toFixed(1)} at the start; engines by turns in one page, up to ${options.samples} runs or ${options.budget} s each; a run uploads the input and reads the output back; loading an engine's code and opening its device come before the clock`,
    };
    const results: BenchResult[] = [];
    for (const [index, one] of cases.entries()) {
      const request: FrameRequest = {
        case: one,
        engines,
        maxSamples: Number(options.samples),
        budgetMs: Number(options.budget) * 1000,
        profile: options.profile,
        ...(options.builds && { builds: options.builds }),
      };
      const rows = await measureInPage(browser, frame, request, `${index + 1}/${cases.length}`);
      for (const { engine, medianMs, note } of rows) console.error(`  ${engine}: ${medianMs?.toFixed(2) ?? "–"} ms ${note}`);
      results.push(...rows);
      // A run of hours that ends early still leaves what it measured.
      if (options.json) writeFileSync(options.json, JSON.stringify({ ...head, adapter: "unknown", results }));
    }
    const machine = await measureMachine(browser, frame, results, options.profile);
    return {
      adapter: machine.conditions.adapter,
      ...head,
      results: withDownloads(results, machine.downloads),
      ...(machine.ceilings && { ceilings: machine.ceilings }),
    };
  } finally {
    await browser.close();
    await server.close();
    rmSync(outDir, { recursive: true });
  }
}

function chosenCases({ network, layer, gradient, train }: Options): readonly BenchCase[] {
  if (!network && !layer && !gradient && !train) return [...namedCases("network", ["all"]), ...namedCases("layer", ["all"])];
  const split = (names: readonly string[] = []): readonly string[] => names.flatMap((name) => commas(name));
  return [
    ...namedCases("network", split(network)),
    ...namedCases("layer", split(layer)),
    ...namedCases("gradient", split(gradient)),
    ...namedCases("training", split(train)),
  ];
}

function chosenEngines({ peers, precision }: Options): readonly EngineName[] {
  const wanted = peers.filter((name) => name !== "none");
  for (const name of wanted)
    if (!peerNames.includes(name as PeerName)) throw new Error(`there is no peer '${name}'. Known: ${peerNames.join(", ")}`);
  const own = precision.map((name) => {
    if (!isPrecision(name)) throw new Error(`there is no precision '${name}'. Known: ${precisions.join(", ")}`);
    return ownNameOf(name);
  });
  return engineNames.filter((name) => (isOwn(name) ? own.includes(name) : wanted.includes(name)));
}

/** In a browser context of its own: no cache of compiled shaders or WebAssembly from the case before. */
async function measureInPage(browser: Browser, address: string, request: FrameRequest, position: string): Promise<readonly BenchResult[]> {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(0);
  try {
    await page.exposeFunction("benchProgress", (message: string) => console.error(`[${position}] ${message}`));
    const crashed = new Promise<never>((_, reject) => page.on("crash", () => reject(new Error("the page crashed"))));
    await page.goto(address);
    await page.waitForFunction("window.convcamBench");
    const measured = page.evaluate((given) => {
      const { convcamBench, benchProgress } = window as unknown as { convcamBench: FrameApi; benchProgress: (message: string) => void };
      return convcamBench.measure(given, benchProgress);
    }, request);
    return await Promise.race([measured, crashed]);
  } catch (error) {
    const note = `failed: ${error instanceof Error ? error.message.split("\n")[0] : error}`;
    return request.engines.map((engine) => emptyResult(request.case, engine, note));
  } finally {
    await context.close();
  }
}

/** What is measured once per run: the code each engine downloads and what the device does at best. */
async function measureMachine(browser: Browser, address: string, results: readonly BenchResult[], hasProfile: boolean) {
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  try {
    await page.goto(address);
    await page.waitForFunction("window.convcamBench");
    const engines = [...new Set(results.map(({ engine }) => engine))];
    return await page.evaluate(
      async ({ names, builds, isProfiled }) => {
        const { convcamBench } = window as unknown as { convcamBench: FrameApi };
        const conditions = await convcamBench.conditions();
        const ceilings = isProfiled ? await convcamBench.ceilings() : undefined;
        return { conditions, ceilings, downloads: await convcamBench.downloads(names, builds) };
      },
      { names: engines, builds: buildsOf(results), isProfiled: hasProfile },
    );
  } finally {
    await page.close();
  }
}

function commitOf(): string {
  try {
    const run = (...given: string[]) => execFileSync("git", given, { cwd: root, encoding: "utf8" }).trim();
    return `${run("rev-parse", "--short", "HEAD")}${run("status", "--porcelain", "--untracked-files=no") ? " with changes" : ""}`;
  } catch {
    return "unknown";
  }
}
