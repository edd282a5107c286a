// `convcam tune`: measures the kernels of models on this machine's GPU, remembers them, and prints what the engine could ship.
import type { Command } from "commander";
import { buildTask, namedCases, networkNames } from "../../bench/cases.ts";
import { UnsupportedError } from "../../engine/errors.ts";
import { createClock } from "../../engine/gpu/clock.ts";
import type { Device } from "../../engine/gpu/device.ts";
import { Program } from "../../engine/gpu/program.ts";
import type { Graph } from "../../engine/graph/graph.ts";
import { loadCatalog } from "../../engine/ops/catalog.ts";
import { optimizeGraph } from "../../engine/passes/index.ts";
import type { Inference } from "../../engine/passes/infer.ts";
import { type HalfStorage, halfStorage } from "../../engine/plan/halves.ts";
import { planGraph } from "../../engine/plan/planner.ts";
import type { Precision } from "../../engine/precision.ts";
import { median } from "../../engine/statistics.ts";
import { idle } from "../../engine/tune/idle.ts";
import { adapterFamily, adapterName, type Choices, defaultMemory, memoryKey } from "../../engine/tune/memory.ts";
import { preferKernels } from "../../engine/tune/prefer.ts";
import { layersToTune, measureLayers, type TunedLayer } from "../../engine/tune/tuner.ts";
import { fixShapes } from "../input-shapes.ts";
import { readModelFile } from "../model-file.ts";
import { requestNodeDevice } from "../node-device.ts";
import { collect, parseShape, precisionOption } from "../usage.ts";

interface Options {
  readonly network?: readonly string[];
  readonly precision: Precision;
  readonly shape?: readonly (readonly [string, readonly number[]])[];
}

export function addTune(program: Command): void {
  program
    .command("tune")
    .summary("measure which kernels are fastest here")
    .description(
      "Times the best few kernels of every distinct layer of models, or of the bench's networks, and remembers the fastest for this adapter: loadModel with { tune: true } starts with them. Prints the entry that src/engine/tune/shipped.ts could have for the adapter.",
    )
    .argument("[models...]", "your own .onnx files")
    .option(
      "--network <names...>",
      `the bench's networks by name (${networkNames.join(", ")}), or "all"; NAME@16 for sixteen pictures at once`,
    )
    .addOption(precisionOption())
    .option("--shape <input=shape>", "fix an input's shape of your own files, such as data=1,3,224,224; repeatable", collect(parseShape))
    .action(tuneModels);
}

async function tuneModels(paths: readonly string[], { network, shape, precision }: Options): Promise<void> {
  const cases = namedCases("network", network ?? (paths.length > 0 ? [] : ["all"]));
  const graphs = await Promise.all(paths.map(async (path) => [path, await readModelFile(path)] as const));
  const device = await requestNodeDevice();
  try {
    console.log(adapterName(device.info));
    const halves = precision === "float16" ? halfStorage(device.gpu.features.has("shader-f16")) : undefined;
    const measured = new Map<string, TunedLayer>();
    const tune = async (name: string, graph: Graph): Promise<void> => {
      const inference = await optimize(graph, await fixShapes(graph, { given: shape }));
      for (const layer of await measureUnknown(device, inference, measured, halves)) measured.set(layer.signature, layer);
      console.log(`\n${name}: ${await compareWhole(device, inference, choicesOf(measured.values()), halves)}`);
    };
    for (const [path, graph] of graphs) await tune(path, graph);
    for (const benchCase of cases) await tune(benchCase.name, buildTask(benchCase).graph);
    const layers = [...measured.values()];
    await (await defaultMemory())?.save(memoryKey(device.info, precision), choicesOf(layers));
    printEntry(device, layers);
  } finally {
    device.dispose();
  }
}

async function optimize(graph: Graph, inputShapes: Readonly<Record<string, readonly number[]>>): Promise<Inference> {
  const catalog = await loadCatalog(graph, { isComplete: true });
  const inference = optimizeGraph(graph, catalog, { keep: new Set(), inputShapes });
  // That it runs is known already: then it does so in stages.
  if (inference.obstacles.length > 0)
    throw new UnsupportedError("tune measures networks that run at once; this one runs in stages, for its sizes hang on what it computes.");
  return inference;
}

/** The layers that no model before had. Shipped and remembered choices are measured again. */
async function measureUnknown(
  device: Device,
  inference: Inference,
  known: ReadonlyMap<string, TunedLayer>,
  halves: HalfStorage | undefined,
): Promise<TunedLayer[]> {
  const isKnown = preferKernels(inference.graph, undefined, choicesOf(known.values()));
  const layers: TunedLayer[] = [];
  await measureLayers(
    device,
    inference,
    layersToTune(inference, device.target, (node, names) => (isKnown(node, names) === undefined ? names[0] : undefined)),
    {
      idle,
      signal: new AbortController().signal,
      halves,
      onLayer: (layer, done, total) => {
        layers.push(layer);
        if (process.stderr.isTTY) process.stderr.write(`${done}/${total} \r`);
      },
      onFailure: (message) => console.error(message),
    },
  );
  for (const layer of layers) console.log(describe(layer));
  return layers;
}

/** The layer, and below it its kernels with their milliseconds, the predicted one first. */
function describe({ signature, nodes, times, before, kernel }: TunedLayer): string {
  const list = Object.entries(times)
    .sort(([a], [b]) => Number(b === before) - Number(a === before))
    .map(([name, ms]) => `${name} ${ms.toPrecision(3)}`);
  const gain = ((times[before] ?? Number.NaN) / (times[kernel] as number)).toFixed(2);
  return `\n${signature} (${nodes.length}×)\n  ${list.join(", ")} ms${kernel === before ? "" : `: ${kernel}, ${gain}× as fast`}`;
}

function choicesOf(layers: Iterable<TunedLayer>): Choices {
  return Object.fromEntries([...layers].map(({ signature, kernel }) => [signature, kernel]));
}

const passCount = 9;

/** Times one pass of the network in both plans, by turns: what is faster alone need not be so among others. */
async function compareWhole(
  device: Device,
  { graph, operations }: Inference,
  choices: Choices,
  halves: HalfStorage | undefined,
): Promise<string> {
  const clock = createClock(device);
  const programs: Program[] = [];
  try {
    for (const chooseKernel of [undefined, preferKernels(graph, undefined, choices)])
      programs.push(await Program.create(device, planGraph(graph, operations, { target: device.target, chooseKernel, halves })));
    const samples: number[][] = programs.map(() => []);
    for (let i = 0; i <= passCount; i++)
      for (const [index, program] of programs.entries()) {
        const ms = await clock.time((pass) => program.encode(pass));
        // The first pass is slower, because drivers defer work to it.
        if (i > 0) samples[index]?.push(ms);
      }
    const [predicted, tuned] = samples.map((list) => median(list).toPrecision(3));
    return `${predicted} ms with the predicted kernels, ${tuned} ms with the measured ones (medians of ${passCount} passes, by turns)`;
  } finally {
    for (const program of programs) program.dispose();
    clock.dispose();
  }
}

function printEntry(device: Device, layers: readonly TunedLayer[]): void {
  const better = layers.filter(({ before, kernel }) => before !== kernel);
  console.log(`\n${better.length} of ${layers.length} layers have a faster kernel than the predicted one.`);
  if (better.length > 0)
    console.log(`For src/engine/tune/shipped.ts:\n${JSON.stringify({ [adapterFamily(device.info)]: choicesOf(better) }, undefined, 2)}`);
}
