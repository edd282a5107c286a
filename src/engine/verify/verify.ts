// Checks what the GPU computed: runs a network once and computes its layers again, in float64 by plain loops, each from the very numbers that it has
// read. Loaded when somebody asks.
import { noiseFor } from "../../reference/noise.ts";
import { ModelError, UnsupportedError } from "../errors.ts";
import type { Execution, Inputs } from "../execution.ts";
import type { Node, TypedGraph } from "../graph/graph.ts";
import { ancestorsOf } from "../graph/reach.ts";
import type { Network } from "../network.ts";
import type { StagedNetwork } from "../staged.ts";
import { type Difference, differenceOf } from "./difference.ts";
import { Recomputation } from "./recompute.ts";
import { operatorsOf, type Unit, unitsOf } from "./units.ts";

export interface VerifyOptions {
  /** What it is run on; seeded noise for inputs that are not given. */
  readonly inputs?: Inputs | undefined;
  /** Layers, or values, by name; all where absent. */
  readonly layers?: readonly string[] | undefined;
  /** Of the noise. Default 0. */
  readonly seed?: number | undefined;
  /** Layers of more multiplications are left out: the CPU does about 10⁸ in a second. Default 2 · 10⁸. */
  readonly most?: number | undefined;
  /** Called after each layer. */
  readonly onLayer?: ((layer: VerifiedLayer, done: number, total: number) => void) | undefined;
  /** Ends it between two layers. */
  readonly signal?: AbortSignal | undefined;
}

/** A layer as the GPU computes it: what is fused is one. */
export interface VerifiedLayer {
  /** Of those that are fused, the last one's. */
  readonly name: string;
  /** Such as "Conv + Relu". */
  readonly operator: string;
  /** The kernels that computed it; empty where a run has nothing to do for it, as for a Reshape. */
  readonly kernel: string;
  /** Of all its outputs. */
  readonly elements: number;
  readonly verdict: "right" | "wrong" | "left out";
  /** Why it was left out, or what is wrong. */
  readonly reason?: string;
  /** The largest difference from float64. */
  readonly error: number;
  /** The same as a share of the largest number that there should be. */
  readonly relative: number;
  /** Up to which share it is right: more for long sums, for those that cancel, and for 16 bits. */
  readonly tolerance: number;
}

export interface Verification {
  /** Whether some layers were checked, and none is wrong. */
  readonly isRight: boolean;
  /** In the order of execution. */
  readonly layers: readonly VerifiedLayer[];
}

const defaultMost = 2e8;

/**
 * It runs beside what runs, with its weights, gates and kernels; that one keeps its inputs and values.
 *
 * @throws ModelError for layers and inputs that there are not
 * @throws DeviceError where the GPU has no room for all values at once
 */
export async function verify(network: Network, running: Execution, options: VerifyOptions = {}): Promise<Verification> {
  const { inputs = {}, layers, seed = 0, most = defaultMost, onLayer, signal } = options;
  const nameOf = (name: string) => ("anyName" in network ? (network as StagedNetwork).anyName(name) : network.valueName(name));
  const wanted = layers?.map(nameOf);
  const later = laterNodes(network, wanted);
  const { units, base, kept } = await planned(
    network,
    running,
    wanted?.filter((name) => !later.some(({ outputs }) => outputs.includes(name))),
  );
  const execution = await network.execute({
    observe: kept,
    derivation: { derive: (graph) => graph },
    startsSettled: true,
  });
  const checked: VerifiedLayer[] = [];
  const total = units.length + later.length;
  const tell = (layer: VerifiedLayer) => {
    signal?.throwIfAborted();
    checked.push(layer);
    onLayer?.(layer, checked.length, total);
  };
  try {
    signal?.throwIfAborted();
    execution.run({ ...noiseFor(network.graph, seed), ...inputs });
    const recomputation = new Recomputation(network, execution, base);
    for (const unit of units) tell(await verifyUnit(unit, recomputation, execution, most));
  } finally {
    execution.dispose();
  }
  for (const { name, operator } of later)
    tell({ ...unknown, name, operator, verdict: "left out", reason: "it is computed after values were read back." });
  return {
    isRight: checked.some(({ verdict }) => verdict === "right") && checked.every(({ verdict }) => verdict !== "wrong"),
    layers: checked,
  };
}

/** What a layer says that nothing was computed of. */
const unknown = { kernel: "", elements: 0, error: 0, relative: 0, tolerance: 0 };

/** Layers of a network that is run in stages, of those that are wanted, which no run computes at once. */
function laterNodes(network: Network, wanted: readonly string[] | undefined): readonly Node[] {
  if (!("rest" in network)) return [];
  const nodes = network.file.nodes.filter(({ outputs }) => !outputs.some((name) => network.graph.types.has(name)));
  return wanted ? nodes.filter(({ outputs }) => outputs.some((name) => wanted.includes(name))) : nodes;
}

interface Planned {
  readonly units: readonly Unit[];
  /** The graph that executions start from, with parameters and gates. */
  readonly base: TypedGraph;
  /** Values that must stay readable. */
  readonly kept: readonly string[];
}

/** Which layers a run has, and what must be kept to read what these read and write: values that no pass fuses away. */
async function planned(network: Network, { observed }: Execution, wanted: readonly string[] | undefined): Promise<Planned> {
  let base: TypedGraph = network.graph;
  const { graph } = await network.optimize(observed, (from) => {
    base = from;
    return from;
  });
  const needed = ancestorsOf(graph, [...graph.outputs, ...observed]);
  const isReadable = (name: string) => needed.has(name) && network.graph.types.has(name) && graph.prepared?.has(name) !== true;
  const all = unitsOf(graph, base, isReadable);
  const units = wanted ? all.filter(({ nodes }) => nodes.some(({ outputs }) => outputs.some((output) => wanted.includes(output)))) : all;
  const missing = wanted?.find((name) => !units.some(({ nodes }) => nodes.some(({ outputs }) => outputs.includes(name))));
  if (missing !== undefined)
    throw new ModelError(`verify: no run computes '${missing}': it is an input or a constant, or no output needs it.`);
  const kept = units.flatMap(({ outputs, reads }) => [...outputs, ...reads]);
  const given = new Set(base.inputs.map(({ name }) => name));
  return { units, base, kept: [...new Set(kept)].filter((name) => !given.has(name)) };
}

async function verifyUnit(unit: Unit, recomputation: Recomputation, { plan }: Execution, most: number): Promise<VerifiedLayer> {
  const { node, outputs } = unit;
  const steps = [...plan.prepare, ...plan.steps].filter((step) => step.node === node.name);
  const about = {
    name: node.name,
    operator: operatorsOf(unit),
    kernel: [...new Set(steps.map(({ kernel }) => kernel))].join(", "),
    elements: recomputation.sizeOf(outputs),
  };
  const leftOut = (reason: string): VerifiedLayer => ({ ...about, verdict: "left out", reason, error: 0, relative: 0, tolerance: 0 });
  const refusal = recomputation.refusal(unit, most);
  if (refusal !== undefined) return leftOut(refusal);
  let worst: Difference | undefined;
  try {
    for (const pair of await recomputation.of(unit)) {
      const difference = differenceOf(pair);
      if (!worst || excess(difference) > excess(worst)) worst = difference;
    }
  } catch (error) {
    if (error instanceof UnsupportedError || error instanceof RangeError) return leftOut(error.message);
    throw error;
  }
  if (!worst) return leftOut("it has no outputs.");
  const { error, relative, tolerance, at } = worst;
  if (relative <= tolerance) return { ...about, verdict: "right", error, relative, tolerance };
  return { ...about, verdict: "wrong", reason: at, error, relative, tolerance };
}

/** How far beyond what it may be. */
function excess({ relative, tolerance }: Difference): number {
  if (relative === 0) return 0;
  return tolerance === 0 ? Infinity : relative / tolerance;
}
