// Measures the best few kernels of a network's layers, each layer alone, and says which is fastest.

import { type Clock, createClock } from "../gpu/clock.ts";
import type { Device } from "../gpu/device.ts";
import { Program } from "../gpu/program.ts";
import type { Node, TypedGraph, ValueType } from "../graph/graph.ts";
import type { Operation, Target } from "../ops/operator.ts";
import type { Inference } from "../passes/infer.ts";
import type { HalfStorage } from "../plan/halves.ts";
import { withoutContents } from "../plan/plan.ts";
import { planGraph } from "../plan/planner.ts";
import { sizeOf } from "../shapes.ts";
import { Tensor } from "../tensor.ts";
import { unlessAborted } from "./idle.ts";
import { type Contender, race, type Timing, winnerOf } from "./race.ts";
import { signatureOf } from "./signature.ts";

/** Nodes of one signature. */
export interface Layer {
  readonly signature: string;
  /** Any of them. */
  readonly node: Node;
  readonly nodeNames: readonly string[];
  /** Names of kernels worth timing, the one in use first. */
  readonly candidates: readonly string[];
}

export interface TunedLayer {
  readonly signature: string;
  /** Names of the graph's nodes that it stands for. */
  readonly nodes: readonly string[];
  /** Milliseconds of one run by kernel, medians. Kernels that failed are missing. */
  readonly times: Readonly<Record<string, number>>;
  /** The kernel in use before, and the one found. */
  readonly before: string;
  readonly kernel: string;
}

/** Kernels timed per layer at most: more are rarely better, and each must be compiled. */
const maxCandidates = 4;
const maxLayers = 40;
/** Layers below this share of the whole network's work are left as they are. */
const leastShare = 0.005;
/** Multiply-adds that take as long as moving one element. */
const macsPerElement = 16;
/** Every operator's kernel of this name runs any case, too slowly to be worth a try. */
const generalKernelName = "general";

/**
 * What is worth measuring, the most work first.
 *
 * @param choose the kernel in use among those there are, or `undefined` for a node that is to be left alone
 */
export function layersToTune(
  { graph, operations }: Inference,
  target: Target,
  choose: (node: Node, names: readonly string[]) => string | undefined,
): readonly Layer[] {
  const layers = new Map<string, Layer & { nodeNames: string[]; work: number }>();
  let total = 0;
  for (const node of graph.nodes) {
    const operation = operations.get(node.name);
    if (!operation || operation.isView) continue;
    const work = workOf(graph, node, operation);
    total += work;
    const signature = signatureOf(node, graph);
    const known = layers.get(signature);
    if (known) {
      known.nodeNames.push(node.name);
      known.work += work;
      continue;
    }
    const names = operation.kernels?.(target).map(({ name }) => name) ?? [];
    const current = choose(node, names);
    if (current === undefined) continue;
    const candidates = [...new Set([current, ...names.filter((name) => name !== generalKernelName)])].slice(0, maxCandidates);
    layers.set(signature, { signature, node, nodeNames: [node.name], candidates, work });
  }
  return [...layers.values()]
    .filter(({ candidates, work }) => candidates.length > 1 && work >= total * leastShare)
    .sort((a, b) => b.work - a.work)
    .slice(0, maxLayers);
}

function workOf(graph: TypedGraph, node: Node, { macs = 0 }: Operation): number {
  const elements = [...node.inputs, ...node.outputs].reduce((sum, name) => sum + sizeOf(graph.types.get(name)?.shape ?? [0]), 0);
  return macs + macsPerElement * elements;
}

export interface MeasureOptions {
  /** Awaited before every slice of GPU work. */
  readonly idle: () => Promise<void>;
  readonly signal: AbortSignal;
  /** As the network itself is to store them. */
  readonly halves?: HalfStorage | undefined;
  readonly onLayer?: ((layer: TunedLayer, done: number, total: number) => void) | undefined;
  /** Hears why a kernel, or all of a layer, could not be measured. */
  readonly onFailure?: ((message: string) => void) | undefined;
}

/**
 * Measures the layers one after the other, in slices of a few milliseconds. What it makes on the GPU is gone when it settles.
 *
 * @throws the signal's reason once it is aborted
 */
export async function measureLayers(
  device: Device,
  inference: Inference,
  layers: readonly Layer[],
  { idle, signal, halves, onLayer, onFailure }: MeasureOptions,
): Promise<void> {
  const pause = async (): Promise<void> => {
    await unlessAborted(idle(), signal);
    // Waits until the queue is empty: other work must not be timed, and slices must not pile up.
    await unlessAborted(device.gpu.queue.onSubmittedWorkDone(), signal);
  };
  await pause();
  const clock = createClock(device);
  try {
    for (const [index, layer] of layers.entries()) {
      const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T | undefined> => {
        try {
          return await work();
        } catch (error) {
          signal.throwIfAborted();
          onFailure?.(`${what}: ${(error as Error).message}`);
          return undefined;
        }
      };
      const contenders: LoneKernel[] = [];
      try {
        for (const name of layer.candidates) {
          await pause();
          const contender = await attempt(`${layer.node.name} (${name})`, () =>
            LoneKernel.create(device, clock, inference, layer.node, name, halves),
          );
          if (contender) contenders.push(contender);
        }
        const timings = contenders.length > 1 ? await attempt(layer.node.name, () => race(contenders, pause)) : undefined;
        if (timings) onLayer?.(resultOf(layer, timings), index + 1, layers.length);
      } finally {
        for (const contender of contenders) contender.dispose();
      }
    }
  } finally {
    clock.dispose();
  }
}

function resultOf({ signature, nodeNames, candidates }: Layer, timings: ReadonlyMap<string, Timing>): TunedLayer {
  const before = candidates[0] as string;
  const times = Object.fromEntries([...timings].map(([name, { medianMs }]) => [name, medianMs]));
  return { signature, nodes: nodeNames, times, before, kernel: winnerOf(timings, before) };
}

/** One node under one kernel as a program of its own. */
class LoneKernel implements Contender {
  readonly name: string;
  readonly stepCount: number;
  readonly #program: Program;
  readonly #clock: Clock;

  private constructor(name: string, program: Program, clock: Clock) {
    this.name = name;
    this.stepCount = program.plan.steps.length;
    this.#program = program;
    this.#clock = clock;
  }

  static async create(
    device: Device,
    clock: Clock,
    { graph, operations }: Inference,
    node: Node,
    name: string,
    halves: HalfStorage | undefined,
  ): Promise<LoneKernel> {
    const plan = planGraph(graphOfNode(graph, node), operations, {
      target: device.target,
      chooseKernel: () => name,
      // In the network these inputs and outputs lie between layers, so they are stored as such values are.
      halves: halves && { ...halves, values: halves.values === "none" ? "none" : "all" },
    });
    // Zeros for weights: no kernel's time depends on what it multiplies, and they need no upload.
    const program = await Program.create(device, withoutContents(plan));
    return new LoneKernel(name, program, clock);
  }

  time(step: number, count: number): Promise<number> {
    return this.#clock.time((pass) => {
      for (let i = 0; i < count; i++) this.#program.encodeStep(pass, step);
    });
  }

  dispose(): void {
    this.#program.dispose();
  }
}

/** The node alone: what is not constant among its inputs becomes a parameter, where a run does not change it, or an input. */
export function graphOfNode(graph: TypedGraph, node: Node): TypedGraph {
  const names = [...new Set(node.inputs)].filter((name) => name !== "");
  const outputs = node.outputs.filter((name) => name !== "");
  const typeOf = (name: string): ValueType => graph.types.get(name) as ValueType;
  const { updates: _, ...lone } = graph;
  const isPrepared = (name: string) => graph.prepared?.has(name) === true;
  // How long a kernel takes does not depend on what its weights hold.
  const contentsOf = (name: string) => graph.parameters?.get(name) ?? Tensor.filled(typeOf(name).dtype, typeOf(name).shape, 0);
  return {
    ...lone,
    name: node.name,
    parameters: new Map(names.filter(isPrepared).map((name) => [name, contentsOf(name)])),
    inputs: names.filter((name) => !graph.initializers.has(name) && !isPrepared(name)).map((name) => ({ name, ...typeOf(name) })),
    outputs,
    initializers: new Map([...graph.initializers].filter(([name]) => names.includes(name))),
    nodes: [node],
    types: new Map([...names, ...outputs].map((name) => [name, typeOf(name)])),
  };
}
