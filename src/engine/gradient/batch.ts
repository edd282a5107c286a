// Parts of a network that compute several pictures at once: what leads to one value, with another batch and size of its input; and what lies
// between two values.

import { ModelError } from "../errors.ts";
import type { Graph, GraphInput, Node, TypedGraph } from "../graph/graph.ts";
import { ancestorsOf, dependentsOf } from "../graph/reach.ts";
import { trainsOn } from "../graph/trains-on.ts";
import { type Shape, sizeOf } from "../shapes.ts";
import { Tensor } from "../tensor.ts";

/**
 * The nodes that a value, or several, depend on, for an input of another shape. A file that fixes the batch in a Reshape, an Expand or a Resize gets
 * the new one there, and a constant that it joins to each picture is repeated for each. Gates stay as they are.
 *
 * @throws ModelError where the value depends on other inputs
 */
export function partWithBatch(graph: TypedGraph, of: string | readonly string[], input: string, shape: Shape): Graph {
  const values = typeof of === "string" ? [of] : of;
  const nodes = nodesTo(graph, values);
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  const gates = new Set(nodes.flatMap(({ operator, inputs }) => (operator === "Gate" ? inputs.slice(1) : [])));
  const others = graph.inputs.filter(({ name }) => name !== input && read.has(name) && !gates.has(name)).map(({ name }) => `'${name}'`);
  const apart = values.find((value) => value !== input && !ancestorsOf(graph, [value]).has(input));
  if (others.length > 0)
    throw new ModelError(`'${values.join("', '")}' depends on ${others.join(", ")} besides '${input}', so that alone cannot be varied.`);
  if (apart !== undefined) throw new ModelError(`'${apart}' does not depend on '${input}'.`);
  const [batch = 1] = shape;
  const before = graph.types.get(input)?.shape[0];
  const initializers = new Map([...graph.initializers].filter(([name]) => read.has(name)));
  const changed = (name: string, tensor: Tensor): string => {
    const own = `${name} for ${batch}`;
    initializers.set(own, tensor);
    return own;
  };
  const batched = nodes.map((node): Node => {
    const fixed = shapeWithBatch(graph, node, batch, before);
    const inputs = node.inputs.map((name, i) => {
      if (fixed?.index === i) return changed(name, fixed.shape);
      const constant = graph.initializers.get(name);
      return constant && needsRepeating(node, constant.shape) ? changed(name, repeated(constant, batch)) : name;
    });
    return { ...node, inputs };
  });
  const inputs: GraphInput[] = graph.inputs
    .filter(({ name }) => name === input || gates.has(name))
    .map((one) => (one.name === input ? { ...one, shape } : one));
  const parameters = graph.parameters && new Map([...graph.parameters].filter(([name]) => read.has(name)));
  const { name, opsets, metadata } = graph;
  return { name, opsets, metadata, inputs, outputs: [...new Set(values)], initializers, nodes: batched, ...(parameters && { parameters }) };
}

/** What there is one of, so many times. */
function repeated({ dtype, shape, bytes }: Tensor, count: number): Tensor {
  const all = new Uint8Array(count * bytes.length);
  for (let i = 0; i < count; i++) all.set(bytes, i * bytes.length);
  return new Tensor(dtype, shape.with(0, count), all);
}

/** The input that says the shape of the result, by operator. */
const shapeInputs: Readonly<Record<string, number>> = { Reshape: 1, Expand: 1, Resize: 3 };

/**
 * The shape that a file gives a Reshape, an Expand or a Resize as a constant, and that fixes the batch, with another batch; `undefined` for any other
 * node.
 *
 * @param before the batch that the file fixes
 * @returns the shape, and which of the node's inputs it is
 */
export function shapeWithBatch(graph: TypedGraph, { operator, inputs, outputs }: Node, batch: number, before = 1) {
  const index = shapeInputs[operator] ?? -1;
  const given = graph.initializers.get(inputs[index] ?? "");
  const [from, to] = [inputs[0], outputs[0]].map((value = "") => graph.types.get(value)?.shape);
  const saysAll = given?.size === to?.length && given?.toNumbers()[0] === before;
  if (!given || !saysAll || from?.[0] !== before || to?.[0] !== before) return undefined;
  return { index, shape: Tensor.int64(given.shape, [batch, ...given.toNumbers().slice(1)]) };
}

/** A part of a network does not compute several pictures at once, each by itself. */
export class NoBatchError extends ModelError {}

/** More at once are hardly faster each, and it takes longer until the first of them are seen. */
const mostCopies = 16;

/** Where values are larger, one copy keeps a GPU busy, and several take memory and gain nothing. */
const largestBytes = 2 ** 24;

/** How many copies of a value are computed at once up to another, where it is not said: as many as keep each value on the way in bounds. */
export function usualBatch(graph: TypedGraph, from: string, to: string): number {
  const values = [from, ...nodesBetween(graph, from, to).flatMap(({ outputs }) => outputs)];
  const sizes = values.map((value) => 4 * sizeOf(graph.types.get(value)?.shape ?? []));
  const most = Math.floor(largestBytes / sizes.reduce((a, b) => Math.max(a, b), 1));
  return Math.min(Math.max(most, 1), mostCopies);
}

/** Operators that take several pictures only where all of their inputs hold as many. Others repeat what there is one of. */
const ofLikeBatches = new Set(["Concat", "GatherElements", "GatherND"]);

/** Whether an input that is the same for all pictures of a batch must be repeated for each. @param shape of the input */
export function needsRepeating({ operator }: Node, shape: Shape): boolean {
  return ofLikeBatches.has(operator) && shape.length > 1 && shape[0] === 1;
}

/** Operators that keep a shape whether or not they go along its first axis. */
const normalizations = new Set(["Softmax", "LogSoftmax", "Hardmax", "LayerNormalization"]);

/** Whether a node would compute something of all pictures of a batch together, which the shapes of its outputs do not tell. */
export function mixesPictures({ types }: TypedGraph, node: Node): boolean {
  const {
    operator,
    attributes,
    inputs: [input = ""],
  } = node;
  if (operator === "BatchNormalization") return trainsOn(node);
  const axis = attributes.get("axis");
  return normalizations.has(operator) && (axis === 0 || axis === -(types.get(input)?.shape.length ?? 0));
}

/** The nodes on the way from one value to another, in order. */
export function nodesBetween(graph: TypedGraph, from: string, to: string): readonly Node[] {
  const dependents = dependentsOf(graph, [from]);
  return nodesTo(graph, [to]).filter(({ outputs }) => outputs.some((output) => output !== from && dependents.has(output)));
}

/** The nodes that values depend on, in order. */
function nodesTo(graph: TypedGraph, values: readonly string[]): readonly Node[] {
  const needed = ancestorsOf(graph, values);
  return graph.nodes.filter(({ outputs }) => outputs.some((output) => needed.has(output)));
}
