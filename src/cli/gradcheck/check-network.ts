// Checks the gradients of a network: of each node on the way from the inputs to the scores, and of the whole.
import { ModelError } from "../../engine/errors.ts";
import { scoresOf } from "../../engine/gradient/target.ts";
import { ModelGradient } from "../../engine/gradients.ts";
import type { Node, TypedGraph } from "../../engine/graph/graph.ts";
import { ancestorsOf, dependentsOf } from "../../engine/graph/reach.ts";
import type { Network } from "../../engine/network.ts";
import { sizeOf } from "../../engine/shapes.ts";
import { isFloat, type Tensor } from "../../engine/tensor.ts";
import { fromTensor, type NdArray, toTensor } from "../../reference/array.ts";
import { derivativeAlong, move, randomSource } from "../../reference/differences.ts";
import { evaluateGraph } from "../../reference/evaluate.ts";
import { checkNode, type NodeCheck, settledGradients } from "./check-node.ts";
import { type Comparison, compare, networkTolerance } from "./compare.ts";

type Tensors = Readonly<Record<string, Tensor>>;

export interface CheckOptions {
  readonly network: Network;
  /** A tensor for each input. */
  readonly inputs: Tensors;
  readonly seed: number;
  readonly onNode?: (check: NodeCheck, done: number, total: number) => void;
}

/**
 * Every node between the inputs and the scores or another output of floats, or those of the named layers.
 *
 * @param layers names of layers or of their values; all where there are none
 */
export async function checkNodes(
  { network, inputs, seed, onNode }: CheckOptions,
  layers: readonly string[],
): Promise<readonly NodeCheck[]> {
  const { device, graph } = network;
  const targets = layers.length > 0 ? layers.map((name) => network.valueName(name)) : resultsOf(graph);
  const needed = ancestorsOf(graph, targets);
  const nodes = graph.nodes.filter((node) => node.outputs.some((output) => needed.has(output)));
  const variable = dependentsOf(
    graph,
    graph.inputs.map(({ name }) => name),
  );
  const chosen = nodes.filter((node) => isDifferentiable(graph, node, variable) && (layers.length === 0 || isNamed(node, targets)));
  const missing = targets.find((target) => layers.length > 0 && !chosen.some((node) => isNamed(node, [target])));
  if (missing !== undefined) throw new ModelError(`'${missing}' has no gradient to check: its layer does not compute floats from floats.`);
  const checks: NodeCheck[] = [];
  await evaluateGraph({ ...graph, nodes, outputs: targets }, arraysOf(inputs), {
    onNode: async (node, values) => {
      if (!chosen.includes(node)) return;
      const wanted = node.outputs.filter((output) => needed.has(output) && isFloat(graph.types.get(output)?.dtype ?? "bool"));
      const random = randomSource(seed + graph.nodes.indexOf(node));
      const check = await checkNode({ device, graph, node, inputs: values, variable, wanted, random });
      checks.push(check);
      onNode?.(check, checks.length, chosen.length);
    },
  });
  return checks;
}

/** The scores, which stand for the first output of floats, and all other outputs of floats. */
function resultsOf(graph: TypedGraph): readonly string[] {
  const [, ...others] = graph.outputs.filter((name) => isFloat(graph.types.get(name)?.dtype ?? "bool"));
  return [scoresOf(graph), ...others];
}

const isNamed = ({ outputs }: Node, values: readonly string[]): boolean => outputs.some((output) => values.includes(output));

/** From floats that are computed, or given, to floats. */
function isDifferentiable({ types }: TypedGraph, { inputs, outputs }: Node, variable: ReadonlySet<string>): boolean {
  const isFloats = (name: string): boolean => isFloat(types.get(name)?.dtype ?? "bool");
  return inputs.some((name) => variable.has(name) && isFloats(name)) && outputs.some(isFloats);
}

const arraysOf = (tensors: Tensors): ReadonlyMap<string, NdArray> =>
  new Map(Object.entries(tensors).map(([name, tensor]) => [name, fromTensor(tensor)]));

export interface NetworkCheck extends Comparison {
  /** What is differentiated. */
  readonly of: string;
  /** How far the inputs were moved. */
  readonly step: number;
  /** Whether no kink lies between the two sides. */
  readonly isSmooth: boolean;
  /** Whether both are too small for a central difference in float64: then nothing is known of the gradient but that. */
  readonly isTooSmall: boolean;
}

/** Whether the gradient of the whole is wrong. */
export function isOff({ error, isTooSmall }: NetworkCheck): boolean {
  return !isTooSmall && !(error <= networkTolerance);
}

/** Steps of the whole network, as shares of the root mean square of an input: the first tried, and the last. */
const [firstShare, lastShare] = [1e-6, 1e-9];

/** Of the noise on the inputs, as a share of their root mean square. */
const noiseShare = 1e-2;

/** How many points are tried until the gradient is right at one: a wrong one is wrong everywhere, a kink in float32 lies at some. */
const mostPoints = 3;

/** The best of a few points near the inputs. */
export async function checkNetwork(options: CheckOptions): Promise<NetworkCheck> {
  let best = await checkPoint(options, randomSource(options.seed));
  for (let point = 1; point < mostPoints && isOff(best); point++) {
    const next = await checkPoint(options, randomSource(options.seed + point * 7919));
    if (!(best.error <= next.error)) best = next;
  }
  return best;
}

/**
 * The derivative of a random sum of the scores along a random direction of the inputs. They get a little noise first: where a picture is flat, all
 * elements of a pool's window are alike, and there is no derivative. The loops evaluate the file's graph as it is, so this
 * also judges what the engine folds and fuses.
 */
async function checkPoint({ network, inputs }: CheckOptions, random: () => number): Promise<NetworkCheck> {
  const { graph, file } = network;
  const of = scoresOf(graph);
  const type = graph.types.get(of) as NdArray;
  const dy = toTensor({ ...type, data: Float64Array.from({ length: sizeOf(type.shape) }, random) });
  const needed = ancestorsOf(graph, [of]);
  const names = graph.inputs.filter(({ name, dtype }) => isFloat(dtype) && needed.has(name)).map(({ name }) => name);
  if (names.length === 0) throw new ModelError(`'${of}' depends on no input of floats, so there is no gradient of the whole to check.`);
  const noisy = { ...inputs, ...Object.fromEntries(names.map((name) => [name, withNoise(inputs[name] as Tensor, random)])) };
  const at = arraysOf(noisy);
  const directions = new Map(names.map((name) => [name, directionFor(at.get(name) as NdArray, random)]));
  const gradients = await gradientsOnGpu(network, of, names, { inputs: noisy, dy });
  const derivative = await derivativeAlong(file, {
    at,
    direction: directions,
    output: of,
    weights: fromTensor(dy).data,
    step: firstShare,
    leastStep: lastShare,
  });
  const pairs = names.map((name) => ({ direction: directions.get(name) as NdArray, gradient: gradients.get(name) ?? new Float64Array() }));
  const { step, isSmooth, resolution } = derivative;
  const comparison = compare(pairs, derivative.value);
  const isTooSmall = Math.max(Math.abs(comparison.gradient), Math.abs(comparison.difference)) < resolution;
  return { of, step, isSmooth, isTooSmall, ...comparison };
}

function withNoise(tensor: Tensor, random: () => number): Tensor {
  const x = fromTensor(tensor);
  return toTensor(move(x, directionFor(x, random), noiseShare));
}

/** Random, and as large as the input. */
function directionFor(x: NdArray, random: () => number): NdArray {
  const scale = Math.sqrt(x.data.reduce((total, value) => total + value * value, 0) / x.data.length) || 1;
  return { ...x, data: x.data.map(() => scale * random()) };
}

async function gradientsOnGpu(
  network: Network,
  of: string,
  names: readonly string[],
  { inputs, dy }: { readonly inputs: Tensors; readonly dy: Tensor },
): Promise<ReadonlyMap<string, Float64Array>> {
  const gradient = await ModelGradient.make(network, { of, withRespectTo: names, seed: dy });
  try {
    const results = await settledGradients(gradient, inputs);
    return new Map(names.map((name) => [name, fromTensor(results[name] as Tensor).data]));
  } finally {
    gradient.dispose();
  }
}
