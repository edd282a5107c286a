// The graph to be planned: the nodes that outputs need, in order, with the kernel chosen for each, and the producer and readers of every value.
import { UnsupportedError } from "../errors.ts";
import type { Node, TypedGraph, ValueType } from "../graph/graph.ts";
import type { Kernel, Operation, Target } from "../ops/operator.ts";

/** A graph node with the kernel that was chosen for it. */
export interface PlannedNode {
  readonly node: Node;
  /** Index in the order of execution. */
  readonly position: number;
  readonly operation: Operation;
  /** Absent where the output is just another name for input 0, or lies in it. */
  readonly kernel: Kernel | undefined;
}

/** A node that reads a value, and as which input. */
export interface Use {
  readonly reader: PlannedNode;
  readonly index: number;
}

/** A graph as the planner's parts see it. */
export interface PlannedGraph {
  readonly graph: TypedGraph;
  readonly target: Target;
  /** Values that can be read after a run. */
  readonly kept: ReadonlySet<string>;
  readonly nodes: readonly PlannedNode[];
  readonly uses: ReadonlyMap<string, readonly Use[]>;
  readonly producers: ReadonlyMap<string, PlannedNode>;
  /** Prepared values, with the parameters that they depend on. */
  readonly dependencies: ReadonlyMap<string, readonly string[]>;
}

export interface NodeOptions {
  /** The adapter that the plan is for. Within its limits a plan runs on others too, only slower. */
  readonly target?: Target;
  /** Picks a kernel by name; the first one where it answers `undefined`. */
  readonly chooseKernel?: ((node: Node, names: readonly string[]) => string | undefined) | undefined;
}

/**
 * @param kept values that can be read after a run
 * @throws UnsupportedError where a node has no kernel
 */
export function chooseNodes(
  graph: TypedGraph,
  operations: ReadonlyMap<string, Operation>,
  kept: ReadonlySet<string>,
  options: NodeOptions,
): PlannedGraph {
  const nodes = liveNodes(graph, kept).map((node, position): PlannedNode => {
    const operation = operations.get(node.name) as Operation;
    const isPart = operation.part !== undefined && !graph.initializers.has(node.inputs[0] ?? "");
    return { node, position, operation, kernel: isPart ? undefined : pickKernel(node, operation, options) };
  });
  const uses = new Map<string, Use[]>();
  const producers = new Map<string, PlannedNode>();
  for (const planned of nodes) {
    const { node } = planned;
    node.inputs.forEach((name, index) => {
      if (!name) return;
      const known = uses.get(name);
      if (known) known.push({ reader: planned, index });
      else uses.set(name, [{ reader: planned, index }]);
    });
    for (const output of node.outputs) if (output) producers.set(output, planned);
  }
  return { graph, kept, nodes, uses, producers, dependencies: dependenciesOf(graph, nodes), target: options.target ?? {} };
}

function dependenciesOf({ parameters, initializers }: TypedGraph, nodes: readonly PlannedNode[]): ReadonlyMap<string, readonly string[]> {
  const dependencies = new Map<string, readonly string[]>();
  for (const name of parameters?.keys() ?? []) dependencies.set(name, [name]);
  for (const { node } of nodes) {
    const inputs = node.inputs.filter((name) => name && !initializers.has(name));
    // A node of constants that was not computed at load is prepared once.
    const isPrepared = node.inputs.length > 0 && inputs.every((name) => dependencies.has(name));
    const names = isPrepared ? [...new Set(inputs.flatMap((name) => dependencies.get(name) ?? []))] : [];
    if (isPrepared) for (const output of node.outputs) dependencies.set(output, names);
  }
  return dependencies;
}

/** The nodes that outputs, kept values and updates of parameters need, in order. */
function liveNodes(graph: TypedGraph, kept: ReadonlySet<string>): Node[] {
  const needed = new Set([...kept, ...(graph.updates?.values() ?? [])]);
  const live: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    for (const input of node.inputs) needed.add(input);
    live.push(node);
  }
  return live.reverse();
}

function pickKernel(node: Node, operation: Operation, { chooseKernel: choose, target = {} }: NodeOptions): Kernel | undefined {
  if (operation.isView) return undefined;
  const kernels = operation.kernels?.(target) ?? [];
  const wanted = choose?.(
    node,
    kernels.map((k) => k.name),
  );
  const kernel = wanted === undefined ? kernels[0] : kernels.find((k) => k.name === wanted);
  if (!kernel)
    throw new UnsupportedError(
      `${node.operator} '${node.name}': no kernel runs on values not known at load${wanted ? ` (asked for '${wanted}')` : ""}.`,
    );
  return kernel;
}

/** Who reads a value where it lies: its readers, and in place of those that only name a part of it, their readers. */
export function readersOf(planned: Pick<PlannedGraph, "uses">, name: string): readonly Use[] {
  return (planned.uses.get(name) ?? []).flatMap((use) => {
    const { kernel, operation, node } = use.reader;
    return !kernel && operation.part ? readersOf(planned, node.outputs[0] as string) : [use];
  });
}

/** Whether the kernel follows strides and offset at this input. */
export function readsStrided({ reader: { kernel }, index }: Use): boolean {
  if (!kernel) return false;
  return kernel.readsStrided === "any" || kernel.readsStrided?.includes(index) === true || kernel.borders?.[index] !== undefined;
}

/** The value's type without its elements: a constant's type is its tensor. */
export function typeOf({ graph }: Pick<PlannedGraph, "graph">, name: string): ValueType {
  const { dtype, shape } = graph.types.get(name) as ValueType;
  return { dtype, shape };
}
