// Checks the gradient of one node: by its rule on the GPU in float32, and by central differences of plain loops in float64.
import { ModelError, UnsupportedError } from "../../engine/errors.ts";
import type { Device } from "../../engine/gpu/device.ts";
import { ModelGradient } from "../../engine/gradients.ts";
import type { Graph, Node, TypedGraph } from "../../engine/graph/graph.ts";
import { loadNetwork } from "../../engine/load-network.ts";
import type { Shape } from "../../engine/shapes.ts";
import { isFloat, type Tensor } from "../../engine/tensor.ts";
import { fromTensor, type NdArray, toTensor } from "../../reference/array.ts";
import { move, weightedChange } from "../../reference/differences.ts";
import { evaluateNode } from "../../reference/evaluate.ts";
import { nearKinks } from "../../reference/kinks.ts";
import { type Comparison, compare, toleranceOf } from "./compare.ts";

export type Verdict = "ok" | "off" | "no rule" | "no gradient";

export interface NodeCheck {
  readonly name: string;
  readonly operator: string;
  readonly shape: Shape;
  /** How many of the inputs' elements lie too near to a kink to be moved, and how many elements there are. */
  readonly leftOut: number;
  readonly elements: number;
  /** One per output and direction. */
  readonly comparisons: readonly Comparison[];
  /** The largest of the comparisons. */
  readonly error: number;
  readonly tolerance: number;
  readonly verdict: Verdict;
  /** Why there is no rule. */
  readonly reason?: string;
}

export interface Situation {
  readonly device: Device;
  readonly graph: TypedGraph;
  readonly node: Node;
  /** What the node reads; `undefined` for what is left out. */
  readonly inputs: readonly (NdArray | undefined)[];
  /** Values that depend on the inputs of the network. What the node reads besides them counts as constant. */
  readonly variable: ReadonlySet<string>;
  /** Its outputs that lead to the scores. */
  readonly wanted: readonly string[];
  readonly random: () => number;
}

/** Per node and output. A gradient that is wrong by a tenth is within the tolerance along one direction in a thousand. */
const directionCount = 2;

/** The step, and the distance that is kept from kinks, as shares of the root mean square of what is moved. */
const stepShare = 1e-5;
const kinkShare = 10 * stepShare;

export async function checkNode(situation: Situation): Promise<NodeCheck> {
  const { graph, node } = situation;
  const single = isolate(situation);
  const comparisons: Comparison[] = [];
  const masks = masksOf(situation, single);
  const dtypes = [...single.moved.keys()].map((name) => graph.types.get(name)?.dtype ?? "float32");
  const check = {
    name: node.name,
    operator: node.operator,
    shape: graph.types.get(node.outputs[0] ?? "")?.shape ?? [],
    leftOut: sum([...masks.values()].map((mask) => mask.reduce((a, b) => a + b, 0))),
    elements: sum([...single.moved.values()].map(({ data }) => data.length)),
    tolerance: toleranceOf(dtypes),
  };
  try {
    for (const output of situation.wanted) comparisons.push(...(await compareOutput(situation, single, masks, output)));
  } catch (error) {
    const none = { ...check, comparisons, error: 0 };
    if (error instanceof UnsupportedError) return { ...none, verdict: "no rule", reason: error.message };
    if (error instanceof ModelError && error.message.includes("in a way that has a gradient")) return { ...none, verdict: "no gradient" };
    throw error;
  }
  // NaN is off, too.
  const error = comparisons.reduce((worst, one) => Math.max(one.error, worst), 0);
  return { ...check, comparisons, error, verdict: error <= check.tolerance ? "ok" : "off" };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** A node as a graph of its own. */
interface Single {
  readonly graph: Graph;
  /** What the GPU gets, by name. Constants are in the graph. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** Inputs of floats, as the GPU gets them: they can be moved. */
  readonly moved: ReadonlyMap<string, NdArray>;
}

function isolate({ graph, node, inputs, variable }: Situation): Single {
  const constants = new Map<string, Tensor>();
  const given = new Map<string, Tensor>();
  node.inputs.forEach((name, i) => {
    const value = inputs[i];
    if (!name || !value) return;
    const tensor = graph.initializers.get(name) ?? toTensor({ ...value, dtype: graph.types.get(name)?.dtype ?? value.dtype });
    if (variable.has(name)) given.set(name, tensor);
    else constants.set(name, tensor);
  });
  return {
    graph: {
      name: node.name,
      opsets: graph.opsets,
      metadata: new Map(),
      inputs: Array.from(given, ([name, { dtype, shape }]) => ({ name, dtype, shape })),
      outputs: node.outputs.filter((name) => name !== ""),
      initializers: constants,
      nodes: [node],
    },
    inputs: Object.fromEntries(given),
    moved: new Map([...given].flatMap(([name, tensor]) => (isFloat(tensor.dtype) ? [[name, fromTensor(tensor)] as const] : []))),
  };
}

/** 1 for the elements of each input that are too near to a kink, or infinite. */
function masksOf(situation: Situation, { moved }: Single): ReadonlyMap<string, Uint8Array> {
  const { node } = situation;
  const masks = new Map([...moved].map(([name, { data }]) => [name, Uint8Array.from(data, (value) => Number(!Number.isFinite(value)))]));
  nearKinks(node, inputsWith(situation, moved), kinkShare * scaleOf(moved)).forEach((near, i) => {
    const mask = masks.get(node.inputs[i] ?? "");
    near?.forEach((one, k) => {
      if (mask && one) mask[k] = 1;
    });
  });
  return masks;
}

/** The root mean square of all elements that are finite; 1 where all are 0. */
function scaleOf(arrays: ReadonlyMap<string, NdArray>): number {
  let [squares, count] = [0, 0];
  for (const { data } of arrays.values())
    for (const value of data) {
      if (!Number.isFinite(value)) continue;
      squares += value * value;
      count++;
    }
  return Math.sqrt(squares / count) || 1;
}

const inputsWith = ({ node, inputs }: Situation, values: ReadonlyMap<string, NdArray>): readonly (NdArray | undefined)[] =>
  node.inputs.map((name, i) => values.get(name) ?? inputs[i]);

async function compareOutput(
  situation: Situation,
  single: Single,
  masks: ReadonlyMap<string, Uint8Array>,
  output: string,
): Promise<readonly Comparison[]> {
  const { graph, node, random } = situation;
  const { moved } = single;
  const type = graph.types.get(output) as NdArray;
  const dy = fromTensor(toTensor({ ...type, data: Float64Array.from({ length: type.shape.reduce((a, b) => a * b, 1) }, random) }));
  const gradients = await gradientOnGpu(situation.device, single, output, dy);
  const step = stepShare * scaleOf(moved);
  const side = (directions: ReadonlyMap<string, NdArray>, by: number): Float64Array => {
    const shifted = new Map([...moved].map(([name, x]) => [name, move(x, directions.get(name) as NdArray, by)]));
    const results = evaluateNode(node, inputsWith(situation, shifted), graph.opsets.get("") ?? 1);
    return (results[node.outputs.indexOf(output)] as NdArray).data;
  };
  return Array.from({ length: directionCount }, () => {
    const directions = new Map([...moved].map(([name, x]) => [name, directionFor(x, masks.get(name) as Uint8Array, random)]));
    const [above, below] = [side(directions, step), side(directions, -step)];
    const difference = weightedChange(dy.data, above, below) / (2 * step);
    const pairs = [...directions].map(([name, direction]) => ({ direction, gradient: gradients.get(name) ?? new Float64Array() }));
    return compare(pairs, difference);
  });
}

/** Elements near a kink stay where they are. */
function directionFor(x: NdArray, mask: Uint8Array, random: () => number): NdArray {
  return { ...x, data: Float64Array.from(mask, (isNear) => (isNear ? 0 : random())) };
}

async function gradientOnGpu(
  device: Device,
  { graph, inputs, moved }: Single,
  output: string,
  dy: NdArray,
): Promise<ReadonlyMap<string, Float64Array>> {
  const network = await loadNetwork(device, graph);
  try {
    const names = [...moved.keys()];
    const gradient = await ModelGradient.make(network, { of: output, withRespectTo: names, seed: toTensor(dy) });
    const results = await settledGradients(gradient, inputs);
    return new Map(Object.entries(results).map(([name, tensor]) => [name, fromTensor(tensor).data]));
  } finally {
    network.dispose();
  }
}

/** By the kernels that a model goes on with, which take their place after the first run of those that it starts with. */
export async function settledGradients(gradient: ModelGradient, inputs: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
  gradient.run(inputs);
  await gradient.settled;
  return gradient.predict();
}
