// Holds the rules of differentiation to central differences, in double precision and without a GPU.
import { expect } from "vitest";
import { gradientOf } from "../../src/engine/gradient/differentiate.ts";
import type { Graph, Node } from "../../src/engine/graph/graph.ts";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { fromTensor, type NdArray } from "../../src/reference/array.ts";
import { derivativeAlong, randomSource } from "../../src/reference/differences.ts";
import { type Arrays, evaluateGraph } from "../../src/reference/evaluate.ts";
import { everything } from "../support/catalog.ts";
import { type GraphLines, graphOf, noise } from "../support/graphs.ts";

/** The gradients of Σ dy · y by each input, in double precision, and dy. */
export async function gradients(graph: Graph, at: Arrays): Promise<{ readonly dx: Arrays; readonly dy: NdArray }> {
  const { graph: typed, obstacles } = inferGraph(graph, everything);
  expect(obstacles).toEqual([]);
  const [output = ""] = graph.outputs;
  const names = graph.inputs.map(({ name }) => name);
  const backward = gradientOf(typed, output, names);
  expect(inferGraph(backward.graph, everything).obstacles, "what the rules wrote").toEqual([]);
  const shape = typed.types.get(output)?.shape ?? [];
  const dy = fromTensor(noise(shape, 77));
  const results = await evaluateGraph(backward.graph, new Map([...at, [backward.seed, dy]]));
  return { dx: new Map(names.map((name) => [name, results.get(backward.gradients.get(name) ?? "") as NdArray])), dy };
}

/** The gradients by all inputs together, along a random direction, are what a central difference of the loops is. */
async function hold(graph: Graph, at: Arrays): Promise<void> {
  const { dx, dy } = await gradients(graph, at);
  const random = randomSource(5);
  const direction = new Map([...at].map(([name, x]) => [name, { ...x, data: x.data.map(random) }]));
  const { value, isSmooth } = await derivativeAlong(graph, {
    at,
    direction,
    output: graph.outputs[0] ?? "",
    weights: dy.data,
    step: 1e-4,
    leastStep: 1e-8,
  });
  expect(isSmooth).toBe(true);
  const terms = [...dx].flatMap(([name, { data }]) => Array.from(data, (slope, i) => slope * (direction.get(name)?.data[i] as number)));
  const expected = terms.reduce((a, b) => a + b, 0);
  expect(Math.abs(value - expected) / Math.max(Math.abs(expected), Math.hypot(...terms), 1e-3)).toBeLessThan(1e-6);
}

/** Noise for each input, or what is given. */
export function valuesFor(graph: Graph, given: Readonly<Record<string, readonly number[]>>): Arrays {
  return new Map(
    graph.inputs.map(({ name, shape }, i) => {
      const extents = shape as readonly number[];
      const values = given[name];
      return [name, fromTensor(values ? Tensor.from("float32", extents, values) : noise(extents, 11 + i))];
    }),
  );
}

export interface RuleCase extends GraphLines {
  readonly what: string;
  /** Elements of inputs that are not noise. */
  readonly at?: Readonly<Record<string, readonly number[]>>;
}

/** One node over inputs of these shapes. */
export const one = (what: string, node: Node, inputs: Record<string, readonly number[]>, rest: Partial<RuleCase> = {}): RuleCase => ({
  what,
  nodes: [node],
  inputs,
  ...rest,
});

export async function holdCase({ at = {}, ...lines }: RuleCase): Promise<void> {
  const graph = graphOf(lines);
  await hold(graph, valuesFor(graph, at));
}
