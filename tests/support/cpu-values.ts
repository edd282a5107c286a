// What plain loops on the CPU say of a small network, in double precision: its values, what channels hold, what an element depends on, and what
// becomes of all that without a channel.
import type { Graph } from "../../src/engine/graph/graph.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { type NdArray, ndArray, transpose } from "../../src/reference/array.ts";
import { evaluateGraph } from "../../src/reference/evaluate.ts";
import { op } from "./graphs.ts";

/** These values of a network with one input. */
export function valuesOf(graph: Graph, input: NdArray, names: readonly string[]): Promise<ReadonlyMap<string, NdArray>> {
  return evaluateGraph({ ...graph, outputs: names }, new Map([[graph.inputs[0]?.name ?? "", input]]));
}

/** The elements of every channel, row by row. */
export function channelsOf(value: NdArray, isChannelsLast: boolean): readonly Float64Array[] {
  const rank = value.shape.length;
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  const { shape, data } = isChannelsLast ? transpose(value, [0, rank - 1, ...axes.slice(1, -1)]) : value;
  const [, count = 1] = shape;
  const area = data.length / count;
  return Array.from({ length: count }, (_, channel) => data.subarray(channel * area, (channel + 1) * area));
}

export interface PlainStatistics {
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  readonly deviation: number;
  readonly zeroShare: number;
}

export function statisticsOf(elements: Float64Array): PlainStatistics {
  let [sum, squares, zeros, low, high] = [0, 0, 0, Infinity, -Infinity];
  for (const x of elements) {
    sum += x;
    squares += x * x;
    if (x === 0) zeros++;
    low = Math.min(low, x);
    high = Math.max(high, x);
  }
  const mean = sum / elements.length;
  return { low, high, mean, deviation: Math.sqrt(squares / elements.length - mean ** 2), zeroShare: zeros / elements.length };
}

/** The network with a channel of a value at 0 for all that reads it. */
export function withoutChannel(graph: Graph, value: string, channel: number, { shape }: NdArray): Graph {
  const mask = Float32Array.from({ length: shape[1] ?? 1 }, (_, i) => (i === channel ? 0 : 1));
  const rename = (names: readonly string[]) => names.map((name) => (name === value ? "ungated" : name));
  const nodes = graph.nodes.flatMap((node) => {
    if (!node.outputs.includes(value)) return [node];
    return [
      { ...node, outputs: rename(node.outputs) },
      { ...op("Mul", "ungated mask", value), name: "silencing" },
    ];
  });
  const masks = Tensor.float32([1, mask.length, ...shape.slice(2).map(() => 1)], mask);
  return { ...graph, nodes, initializers: new Map([...graph.initializers, ["mask", masks]]) };
}

/** Rows and columns of the input, from a first up to but not a last one. */
export interface PlainField {
  readonly y: readonly [number, number];
  readonly x: readonly [number, number];
}

/**
 * The rows and columns of the input that an element depends on: where they are NaN, the element is.
 *
 * @param isChannelsLast whether the input's are
 */
export async function fieldOf(graph: Graph, input: NdArray, value: string, element: number, isChannelsLast: boolean): Promise<PlainField> {
  // The largest of numbers and a NaN is a number here. A mean has the same windows.
  const nodes = graph.nodes.map((node) => (node.operator === "MaxPool" ? { ...node, operator: "AveragePool" } : node));
  const means = { ...graph, nodes };
  const [rowAxis, columnAxis] = isChannelsLast ? [1, 2] : [2, 3];
  return { y: await spanOf(means, input, value, element, rowAxis), x: await spanOf(means, input, value, element, columnAxis) };
}

async function spanOf(graph: Graph, input: NdArray, value: string, element: number, axis: number): Promise<readonly [number, number]> {
  const name = graph.inputs[0]?.name ?? "";
  const extent = input.shape[axis] ?? 1;
  const stride = input.shape.slice(axis + 1).reduce((product, one) => product * one, 1);
  const found: number[] = [];
  for (let at = 0; at < extent; at++) {
    const data = input.data.map((x, i) => (Math.floor(i / stride) % extent === at ? Number.NaN : x));
    const values = await evaluateGraph({ ...graph, outputs: [value] }, new Map([[name, ndArray(input.dtype, input.shape, data)]]));
    if (Number.isNaN(values.get(value)?.data[element])) found.push(at);
  }
  return [found[0] ?? 0, (found.at(-1) ?? -1) + 1];
}
