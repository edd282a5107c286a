// What a network is made of, for the overview: a model's summary, with what only the graph knows: kernels, groups, bounds. All of it can be
// cloned, so the graph may stay in a worker.
import type { Graph, Node } from "../../engine/graph/graph.ts";
import type { Inspection } from "../../engine/inspect.ts";
import type { Axes, Shape } from "../../engine/shapes.ts";
import type { LayerSummary } from "../../engine/summary.ts";
import { Tensor } from "../../engine/tensor.ts";
import { weighted } from "../kernels/find.ts";
import { attributesOf, viewWeights } from "../kernels/weights.ts";

/** What a node's attributes and constants say of it. What is as usual, such as strides of 1, is left out. */
export interface NodeFacts {
  /** Extents of the window per axis. */
  readonly kernel?: Shape;
  readonly strides?: readonly number[];
  readonly dilations?: readonly number[];
  readonly groups?: number;
  /** A convolution of each channel by itself. */
  readonly isDepthwise?: true;
  /** For how many output channels its weights hold kernels. */
  readonly kernelCount?: number;
  /** Of Clip. */
  readonly bounds?: readonly [least: number, most: number];
}

export interface NetworkInput {
  readonly name: string;
  /** `undefined` where an extent is open. */
  readonly shape: Shape | undefined;
  readonly axes?: Axes | undefined;
}

export interface NetworkFacts {
  readonly inputs: readonly NetworkInput[];
  readonly outputs: readonly string[];
  readonly layers: readonly LayerSummary[];
  /** By the node's name; nodes without any are left out. */
  readonly facts: ReadonlyMap<string, NodeFacts>;
  /** Why the network cannot run; empty if it can. */
  readonly obstacles: readonly string[];
}

/**
 * @param graph the file's, or with types; the summary is of the same one
 * @param inputShapes of inputs with open extents
 */
export function describeNetwork(
  graph: Graph,
  { summary, obstacles, axes }: Inspection,
  inputShapes: Readonly<Record<string, Shape>> = {},
): NetworkFacts {
  const isKnown = (shape: Graph["inputs"][number]["shape"]): shape is Shape => shape.every((extent) => typeof extent === "number");
  return {
    inputs: graph.inputs.map(({ name, shape }) => ({
      name,
      shape: Object.hasOwn(inputShapes, name) ? inputShapes[name] : isKnown(shape) ? shape : undefined,
      axes: axes.get(name),
    })),
    outputs: graph.outputs,
    layers: summary.layers,
    facts: factsOf(graph),
    obstacles,
  };
}

/** The facts of every node that has any, by its name. */
export function factsOf(graph: Graph): ReadonlyMap<string, NodeFacts> {
  const constants = new Map(graph.initializers);
  for (const [name, tensor] of graph.parameters ?? []) constants.set(name, tensor);
  for (const { operator, attributes, outputs } of graph.nodes) {
    const value = operator === "Constant" ? attributes.get("value") : undefined;
    if (value instanceof Tensor) constants.set(outputs[0] as string, value);
  }
  const facts = new Map<string, NodeFacts>();
  for (const node of graph.nodes) {
    const own = { ...windowOf(node, constants), ...countOf(node, constants), ...boundsOf(node, constants) };
    if (Object.keys(own).length > 0) facts.set(node.name, own);
  }
  return facts;
}

const isConvolution = /Conv/;

function windowOf(node: Node, constants: ReadonlyMap<string, Tensor>): NodeFacts {
  const weight = isConvolution.test(node.operator) ? constants.get(node.inputs[1] ?? "")?.shape : undefined;
  const kernel = numbersOf(node, "kernel_shape") ?? weight?.slice(2);
  if (!kernel) return {};
  const group = node.attributes.get("group");
  const groups = typeof group === "number" ? group : 1;
  return {
    kernel,
    ...unlessOnes("strides", numbersOf(node, "strides")),
    ...unlessOnes("dilations", numbersOf(node, "dilations")),
    ...(groups > 1 && { groups }),
    ...(groups > 1 && weight?.[1] === 1 && { isDepthwise: true as const }),
  };
}

function countOf(node: Node, constants: ReadonlyMap<string, Tensor>): NodeFacts {
  const shape = constants.get(node.inputs[1] ?? "")?.shape;
  const view = shape && weighted.has(node.operator) ? viewWeights({ ...attributesOf(node), shape }) : undefined;
  return view ? { kernelCount: view.outputs } : {};
}

function unlessOnes<Name extends string>(name: Name, values: readonly number[] | undefined): { [N in Name]?: readonly number[] } {
  return values?.some((value) => value !== 1) ? ({ [name]: values } as { [N in Name]?: readonly number[] }) : {};
}

function boundsOf(node: Node, constants: ReadonlyMap<string, Tensor>): NodeFacts {
  return node.operator === "Clip" ? { bounds: clipBounds(node, constants) } : {};
}

/** Of a Clip: attributes before opset 11, inputs since. */
export function clipBounds(node: Node, constants: ReadonlyMap<string, Tensor>): readonly [least: number, most: number] {
  const bound = (name: string, input: number, fallback: number): number => {
    const constant = constants.get(node.inputs[input] ?? "");
    const given = node.attributes.get(name) ?? (constant?.size === 1 ? constant.toNumbers()[0] : undefined);
    return typeof given === "number" ? given : fallback;
  };
  return [bound("min", 1, Number.NEGATIVE_INFINITY), bound("max", 2, Number.POSITIVE_INFINITY)];
}

function numbersOf({ attributes }: Node, name: string): readonly number[] | undefined {
  const values = attributes.get(name);
  return Array.isArray(values) && values.every((value) => typeof value === "number") && values.length > 0 ? values : undefined;
}
