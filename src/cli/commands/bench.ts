// `convcam bench`: Convcam's half of the bench, in Node on Dawn, for machines with a GPU and no browser.
import { availableParallelism, loadavg } from "node:os";
import { basename } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import packageFile from "../../../package.json" with { type: "json" };
import { type BenchCase, buildTask, namedCases, networkNames, taskOf } from "../../bench/cases.ts";
import { measureCeilings } from "../../bench/ceilings.ts";
import { convcamEngine } from "../../bench/convcam-engine.ts";
import type { Task } from "../../bench/engine.ts";
import { gradientReference } from "../../bench/gradient-reference.ts";
import { timeMosaics } from "../../bench/mosaics.ts";
import { type BenchReport, type BenchResult, type Ceilings, formatMs, ownCase } from "../../bench/report.ts";
import { roofShare } from "../../bench/roof.ts";
import { runCase } from "../../bench/runner.ts";
import { trainingReference } from "../../bench/training-reference.ts";
import type { Graph } from "../../engine/graph/graph.ts";
import type { Precision } from "../../engine/precision.ts";
import { fixShapes } from "../input-shapes.ts";
import { readModelFile } from "../model-file.ts";
import { requestNodeDevice } from "../node-device.ts";
import { writeOutput } from "../output.ts";
import { formatBytes, formatTable } from "../table.ts";
import { collect, parseCount, parseNumber, parsePath, parsePrecisions, parseShape, precisionHelp } from "../usage.ts";

interface Options {
  readonly network?: readonly string[];
  readonly layer?: readonly string[];
  readonly layers: boolean;
  readonly gradient?: readonly string[];
  readonly train?: readonly string[];
  readonly batch: readonly number[];
  readonly precision: readonly Precision[];
  readonly shape?: readonly (readonly [string, readonly number[]])[];
  readonly samples: number;
  readonly budget: number;
  readonly steps: boolean;
  readonly mosaic: boolean;
  readonly json?: string;
}

export function addBench(program: Command): void {
  program
    .command("bench")
    .summary("how fast models run here")
    .description(
      "Times models, the bench's networks or its single layers: creation, first run, steady runs with input upload and output read-back, GPU time by timestamps, and how near each comes to what the device does at best. Outputs are compared with onnxruntime-node where it is installed.",
    )
    .argument("[models...]", "your own .onnx files")
    .option("--network <names...>", `networks by name (${networkNames.join(", ")}), or "all"; NAME@16 for sixteen pictures at once`)
    .option("--layers", "all single layers", false)
    .option("--layer <names...>", "single layers by name")
    .option("--gradient <names...>", 'networks or layers forward with the gradient of their input, or "all" for some of both')
    .option(
      "--train <names...>",
      'steps of training of "mnist_convnet", gradients of a convolution layer\'s weights, or "all" for one of both',
    )
    .addOption(new Option("--batch <counts>", "pictures at once, several with commas").argParser(parseCounts).default([1], "1"))
    .addOption(
      new Option("--precision <names>", `float32, float16, or both with a comma; ${precisionHelp}`)
        .argParser(parsePrecisions)
        .default(["float32"], "float32"),
    )
    .option("--shape <input=shape>", "fix an input's shape of your own files, such as data=1,3,224,224; repeatable", collect(parseShape))
    .option("--samples <count>", "steady runs at most", parseCount(1), 30)
    .option("--budget <seconds>", "time for the steady runs of a case; at least one is made", parseNumber, 5)
    .option("--steps", "print the GPU time of every dispatch", false)
    .option("--mosaic", "what the mosaics of the layers shown first add to a network's GPU time", false)
    .option("--json <file.json>", "write the results there, as the page and `npm run bench` do", parsePath(".json"))
    .action(runBench);
}

function parseCounts(text: string): readonly number[] {
  const counts = text.split(",").map(parseCount(1));
  if (counts.length === 0) throw new InvalidArgumentError("Expected whole numbers.");
  return counts;
}

async function runBench(paths: readonly string[], options: Options): Promise<void> {
  const graphs = await Promise.all(paths.map(async (path) => [path, await readModelFile(path)] as const));
  const works = worksOf(graphs, options);
  const device = await requestNodeDevice();
  try {
    const { vendor, architecture, device: name, description } = device.info;
    const ceilings = await measureCeilings(device);
    const adapter = [vendor, architecture, name, description].filter(Boolean).join(" ");
    console.log(`${adapter}${ceilings ? `: ${rate(ceilings.flops, "FLOP")}, ${rate(ceilings.bytesPerSecond, "B")}` : ""}\n`);
    const results: BenchResult[] = [];
    for (const { benchCase, task } of works) {
      if (process.stderr.isTTY) process.stderr.write(`${benchCase.name} …\r`);
      const limits = { maxSamples: options.samples, budgetMs: options.budget * 1000 };
      const built = await task();
      const engines = options.precision.map((precision) => convcamEngine(async () => device, precision));
      const rows = await runCase(benchCase, built, engines, { ...limits, reference: computeReference });
      const mosaics = options.mosaic && benchCase.kind === "network" ? await timeMosaics(device, built) : undefined;
      results.push(...rows.map((row, i) => (mosaics && i === 0 ? { ...row, mosaics } : row)));
    }
    console.log(
      formatTable(
        columns,
        results.map((result) => rowOf(result, ceilings)),
      ),
    );
    for (const result of results) if (result.note) console.log(`${ownCase(result)}: ${result.note}`);
    if (options.mosaic) printMosaics(results);
    if (options.steps) for (const result of results) printSteps(result, ceilings);
    if (options.json) await writeOutput(options.json, `${JSON.stringify(reportOf(adapter, options, results, ceilings), undefined, 1)}\n`);
    if (results.some(({ medianMs }) => medianMs === null)) process.exitCode = 1;
  } finally {
    device.dispose();
  }
}

interface Work {
  readonly benchCase: BenchCase;
  readonly task: () => Promise<Task>;
}

/** What to measure; with no names at all, every network. */
function worksOf(
  graphs: readonly (readonly [path: string, graph: Graph])[],
  { network, layer = [], layers, gradient = [], train = [], batch, shape }: Options,
): readonly Work[] {
  const files = graphs.map(
    ([path, graph]): Work => ({
      benchCase: { name: basename(path), kind: "network" },
      task: async () => taskOf(graph, undefined, await fixShapes(graph, { given: shape })),
    }),
  );
  const hasNames = graphs.length > 0 || network || layers || layer.length + gradient.length + train.length > 0;
  const sized = (names: readonly string[]) =>
    batch.flatMap((count) => names.map((name) => (count === 1 || name.includes("@") ? name : `${name}@${count}`)));
  const cases = [
    ...namedCases("network", sized(network ?? (hasNames ? [] : ["all"]))),
    ...namedCases("layer", sized([...(layers ? ["all"] : []), ...layer])),
    ...namedCases("gradient", sized(gradient)),
    ...namedCases("training", sized(train)),
  ];
  return [...files, ...cases.map((benchCase): Work => ({ benchCase, task: async () => buildTask(benchCase) }))];
}

/** Whole numbers as floats, too. Undefined where onnxruntime-node is not installed: it is no dependency of the command. */
export async function computeReference(task: Task): Promise<readonly Float32Array[] | undefined> {
  if (task.training) return trainingReference(task);
  if (task.gradient) return gradientReference(task);
  const ort = await import("onnxruntime-node").catch(() => undefined);
  if (!ort) return undefined;
  const session = await ort.InferenceSession.create(task.bytes, { logSeverityLevel: 3 });
  const feeds = Object.fromEntries(
    Object.entries(task.inputs).map(([name, { data, shape }]) => [name, new ort.Tensor("float32", data, [...shape])]),
  );
  const results = await session.run(feeds);
  await session.release();
  return task.graph.outputs.map((name) => Float32Array.from((results[name]?.data ?? []) as ArrayLike<number | bigint>, Number));
}

const right = { alignRight: true };
const columns = [
  { title: "Case" },
  { title: "Median ms", ...right },
  { title: "Forward", ...right },
  { title: "p95", ...right },
  { title: "GPU ms", ...right },
  { title: "Of the roof", ...right },
  { title: "Encode ms", ...right },
  { title: "Create", ...right },
  { title: "First run", ...right },
  { title: "On the GPU", ...right },
  { title: "Max error", ...right },
];

function rowOf(result: BenchResult, ceilings: Ceilings | undefined): readonly string[] {
  const { medianMs, forwardMs = null, p95Ms, gpuMs, encodeMs, createMs, firstRunMs, gpuBytes, maxError } = result;
  return [
    ownCase(result),
    ...[medianMs, forwardMs, p95Ms, gpuMs].map(formatMs),
    ceilings && result.layers ? percent(wholeShare(result, ceilings)) : "–",
    ...[encodeMs, createMs, firstRunMs].map(formatMs),
    gpuBytes === null ? "–" : formatBytes(gpuBytes),
    maxError === null ? "–" : maxError.toExponential(1),
  ];
}

/** The least time of all dispatches together as a part of the time they took. */
function wholeShare({ layers = [] }: BenchResult, ceilings: Ceilings): number {
  const total = layers.reduce((sum, { gpuMs }) => sum + gpuMs, 0);
  return layers.reduce((sum, layer) => sum + roofShare(layer, ceilings) * layer.gpuMs, 0) / total;
}

function printSteps(result: BenchResult, ceilings: Ceilings | undefined): void {
  const { layers = [] } = result;
  const rows = layers.map((layer) => [
    layer.name,
    layer.kernel,
    formatMs(layer.gpuMs),
    layer.macs > 0 ? ((2 * layer.macs) / layer.gpuMs / 1e6).toFixed(1) : "",
    (layer.bytes / layer.gpuMs / 1e6).toFixed(2),
    ceilings ? percent(roofShare(layer, ceilings)) : "–",
  ]);
  const titles = [
    { title: "GPU ms", ...right },
    { title: "GFLOP/s", ...right },
    { title: "GB/s", ...right },
    { title: "Of the roof", ...right },
  ];
  console.log(`\n${ownCase(result)}\n${formatTable([{ title: "Layer" }, { title: "Kernel" }, ...titles], rows)}`);
}

function printMosaics(results: readonly BenchResult[]): void {
  const rows = results.flatMap(({ case: name, mosaics: times }) =>
    times
      ? [
          [
            name,
            String(times.mosaicCount),
            (times.pixelCount / 1e6).toFixed(2),
            ...[times.networkMs, times.frameMs, times.rangesMs, times.pixelsMs].map(formatMs),
            percent(times.frameMs / times.networkMs - 1),
          ],
        ]
      : [],
  );
  const titles = ["Mosaics", "Megapixels", "Network ms", "Frame ms", "Ranges", "Pixels", "Added"].map((title) => ({ title, ...right }));
  console.log(`\n${formatTable([{ title: "Drawing" }, ...titles], rows)}`);
}

function reportOf(adapter: string, options: Options, results: readonly BenchResult[], ceilings: Ceilings | undefined): BenchReport {
  const load = (loadavg()[0] ?? 0).toFixed(1);
  return {
    adapter,
    browser: `Node ${process.versions.node}, Dawn`,
    commit: `convcam ${packageFile.version}`,
    conditions: `${availableParallelism()} cores, load ${load} at the end; up to ${options.samples} runs or ${options.budget} s a case; a run uploads the input and reads the output back`,
    results,
    ...(ceilings && { ceilings }),
  };
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

function rate(perSecond: number, unit: string): string {
  return perSecond >= 1e12
    ? `${(perSecond / 1e12).toFixed(1)} T${unit}/s`
    : `${(perSecond / 1e9).toFixed(perSecond < 1e10 ? 1 : 0)} G${unit}/s`;
}
