// Parts a graph at the values that must be known before what comes after them has shapes: what can be planned, what must be read, and the rest.
// Loaded for graphs that have such values.
import { ModelError } from "../errors.ts";
import type { Graph, Node, TypedGraph } from "../graph/graph.ts";
import type { Catalog } from "../ops/catalog.ts";
import { readsOf } from "../ops/control/bodies.ts";
import { sizeOf } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { type Inference, type InferOptions, inferGraph } from "./infer.ts";
import { type Demand, Watch } from "./watch.ts";

export interface Division {
  /** Types of all that can be planned; nodes that are to come have none. */
  readonly inference: Inference;
  /** What can be planned. Its outputs are those of the whole that it computes, and what is read of it. */
  readonly first: TypedGraph;
  /** Absent where all can be planned. */
  readonly rest: Rest | undefined;
  /** Why the graph cannot run, whatever is read; empty if it may. */
  readonly obstacles: readonly string[];
}

/** What is planned once the demands are met. */
export interface Rest {
  readonly demands: readonly Demand[];
  /** In order. */
  readonly nodes: readonly Node[];
  /** Values that it takes from before, or that are demanded. None of them is a constant. */
  readonly inputs: readonly string[];
  /** Constants that it reads. */
  readonly constants: ReadonlyMap<string, Tensor>;
  /** Those of the wanted values that it computes. */
  readonly outputs: readonly string[];
  /** Whether what it takes may be of another size each time, as what goes from one iteration of a loop to the next. */
  readonly takesAnySize?: boolean;
}

/** Elements of a value that is read in the middle of a run. */
const mostRead = 1 << 24;

/**
 * @param wanted values that are to be computed, besides the graph's outputs
 */
export function divideGraph(graph: Graph, catalog: Catalog, options: InferOptions = {}, wanted: readonly string[] = []): Division {
  const { watch, inference } = inferWatched(graph, catalog, options);
  const { types, initializers } = inference.graph;
  const isReady = (node: Node) => inference.operations.has(node.name);
  const outputs = [...new Set([...graph.outputs, ...wanted])];
  const outputsLater = outputs.filter((name) => !types.has(name));
  const nodes = leadingTo(
    inference.graph.nodes.filter((node) => !isReady(node)),
    outputsLater,
  );
  const demands = watch.demands.filter(({ node }) => nodes.includes(node));
  const obstacles = [
    ...inference.obstacles.filter((message) => !watch.messages.has(message)),
    ...demands.flatMap((demand) => tooLarge(demand, types)),
  ];
  const first = { ...inference.graph, nodes: inference.graph.nodes.filter(isReady), outputs: outputs.filter((name) => types.has(name)) };
  if (demands.length === 0) {
    if (obstacles.length === 0 && outputsLater.length > 0) throw new ModelError(`output '${outputsLater[0]}' is computed by no node`);
    return { inference, first, rest: undefined, obstacles };
  }
  const made = new Set(nodes.flatMap((node) => node.outputs));
  const reads = new Set([...demands.flatMap(({ values }) => values), ...nodes.flatMap(readsOf)]);
  const constants = new Map([...reads].flatMap((name) => pair(name, initializers.get(name))));
  const inputs = [...reads].filter((name) => !made.has(name) && types.has(name) && !constants.has(name));
  return {
    inference,
    first: { ...first, outputs: [...new Set([...first.outputs, ...inputs])] },
    rest: { demands, nodes, inputs, constants, outputs: outputsLater },
    obstacles,
  };
}

/** Infers a graph, and once more where something within a node must be known: then the node is left as it is. */
function inferWatched(graph: Graph, catalog: Catalog, options: InferOptions): { readonly watch: Watch; readonly inference: Inference } {
  const left = new Set<string>();
  for (;;) {
    const count = left.size;
    const watch = new Watch(catalog, left);
    const inference = inferGraph(graph, watch.catalog, options);
    // What is divided later is watched by others.
    if (left.size === count) return { watch, inference: { ...inference, catalog } };
  }
}

function tooLarge({ node, values }: Demand, types: TypedGraph["types"]): readonly string[] {
  return values.flatMap((name) => {
    const size = sizeOf(types.get(name)?.shape ?? []);
    if (size <= mostRead) return [];
    return `${node.operator} '${node.name}': '${name}' has ${size} elements; up to ${mostRead} are read in the middle of a run.`;
  });
}

function pair<T>(name: string, value: T | undefined): readonly (readonly [string, T])[] {
  return value === undefined ? [] : [[name, value]];
}

/** The nodes that some values take, in order. */
function leadingTo(nodes: readonly Node[], values: readonly string[]): readonly Node[] {
  const needed = new Set(values);
  return nodes
    .toReversed()
    .filter((node) => {
      const isNeeded = node.outputs.some((name) => needed.has(name));
      if (isNeeded) for (const name of readsOf(node)) needed.add(name);
      return isNeeded;
    })
    .toReversed();
}

/** Elements of what is computed on the CPU in the middle of a run. */
const mostComputed = 1 << 22;

/**
 * What a node answers for values that are known.
 *
 * @returns undefined where it computes its outputs on the GPU
 */
export function answerOf(
  node: Node,
  { name, opsets, metadata }: Graph,
  catalog: Catalog,
  values: ReadonlyMap<string, Tensor>,
): readonly (Tensor | undefined)[] | undefined {
  // What is missing is still to be computed.
  const reads = readsOf(node);
  if (reads.some((input) => !values.has(input))) return undefined;
  const outputs = node.outputs.filter((output) => output);
  const initializers = new Map(reads.flatMap((input) => pair(input, values.get(input))));
  const alone: Graph = { name, opsets, metadata, inputs: [], outputs, initializers, nodes: [node] };
  const { graph, obstacles } = inferGraph(alone, catalog);
  const answers = node.outputs.map((output) => graph.initializers.get(output));
  if (obstacles.length > 0 || outputs.some((output) => !graph.initializers.has(output))) return undefined;
  return answers.reduce((sum, answer) => sum + (answer?.size ?? 0), 0) <= mostComputed ? answers : undefined;
}

/** A graph of what is left, once the demands are met. @throws ModelError that names what is missing */
export function graphOfRest(
  { nodes, constants, outputs }: Rest,
  base: Pick<Graph, "name" | "opsets" | "metadata">,
  values: ReadonlyMap<string, Tensor>,
  met: { readonly done: ReadonlySet<Node>; readonly known: ReadonlySet<string> },
): Graph {
  const left = nodes.filter((node) => !met.done.has(node));
  const made = new Set(left.flatMap((node) => node.outputs));
  const reads = new Set(left.flatMap(readsOf));
  const initializers = new Map(constants);
  const inputs: Graph["inputs"][number][] = [];
  for (const [name, tensor] of values) {
    if (!reads.has(name) && !outputs.includes(name)) continue;
    // What has no elements has no place on the GPU.
    if (met.known.has(name) || tensor.size === 0) initializers.set(name, tensor);
    else inputs.push({ name, dtype: tensor.dtype, shape: tensor.shape });
  }
  const missing = [...reads].find((name) => !made.has(name) && !values.has(name) && !constants.has(name));
  if (missing !== undefined) throw new ModelError(`value '${missing}' is computed by no node`);
  return { name: base.name, opsets: base.opsets, metadata: base.metadata, inputs, outputs, initializers, nodes: left };
}
