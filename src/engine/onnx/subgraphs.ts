// The bodies of If, Loop and Scan: read as ordinary nodes beside the graph's, under names that no others have, and attached to the nodes that
// run them. Loaded for files that have some.
import { freshName, type Names } from "../graph/fresh-names.ts";
import type { AttributeValue, Body, Node, ValueType } from "../graph/graph.ts";
import { dataTypesByCode } from "../tensor.ts";
import type { GraphProto, NodeProto, TensorProto, ValueInfoProto } from "./proto.ts";
import { sortNodes } from "./sort.ts";

export interface SeparatedBodies {
  /** With the initializers of all bodies. */
  readonly graph: GraphProto;
  /** Those of the graph first. Nodes with bodies also read what their bodies read around them, so that they can be put in order. */
  readonly nodes: readonly NodeProto[];
  /** @param nodes as read. @returns the graph's, in order, with their bodies */
  attach(nodes: readonly Node[], given: ReadonlySet<string>): readonly Node[];
}

/** What names mean in a body, or in the graph around all. */
interface Scope {
  /** By the file's names. */
  readonly own: ReadonlyMap<string, string>;
  readonly around: Scope | undefined;
  /** What it reads of the values around it. */
  readonly captures: Set<string>;
}

interface SeparatedBody extends Omit<Body, "nodes"> {
  readonly key: string;
  readonly captures: ReadonlySet<string>;
  /** Where its nodes are among those of all bodies. */
  readonly start: number;
  readonly end: number;
}

/** @param nodes the graph's, without calls of functions */
export function separateBodies(graph: GraphProto, nodes: readonly NodeProto[]): SeparatedBodies {
  const separation = new Separation(graph, nodes);
  const outer = nodes.map((node) => separation.node(node, undefined));
  const { initializers, sparse, inner, bodies, inputCounts } = separation;
  const lifted = new Set(initializers.map(({ name }) => name ?? ""));
  return {
    graph: {
      ...graph,
      initializer: [...(graph.initializer ?? []), ...initializers],
      sparseInitializer: [...(graph.sparseInitializer ?? []), ...sparse],
    },
    nodes: [...outer, ...inner],
    attach(read, given) {
      const counts = new Map(read.map((node, i) => [node, inputCounts.get(i < outer.length ? outer[i] : inner[i - outer.length])]));
      const done = new Map<string, Body>();
      const finish = (own: readonly Node[], known: ReadonlySet<string>) =>
        sortNodes(own, known).map((node) => withBodies(node, counts, done));
      for (const { key, captures, start, end, inputs, outputs, outputTypes } of bodies) {
        const own = read.slice(outer.length + start, outer.length + end);
        done.set(key, { inputs, outputs, outputTypes, nodes: finish(own, new Set([...inputs, ...captures, ...lifted])) });
      }
      return finish(read.slice(0, outer.length), given);
    },
  };
}

function withBodies(node: Node, counts: ReadonlyMap<Node, number | undefined>, bodies: ReadonlyMap<string, Body>): Node {
  const count = counts.get(node);
  if (count === undefined) return node;
  const attributes = new Map<string, AttributeValue>();
  for (const [name, value] of node.attributes) {
    const body = typeof value === "object" && "subgraph" in value ? bodies.get(value.subgraph) : undefined;
    attributes.set(name, body ? { subgraph: (value as { subgraph: string }).subgraph, body } : value);
  }
  return { ...node, inputs: node.inputs.slice(0, count), attributes };
}

class Separation {
  readonly #names: Names;
  readonly #keys = new Set<string>();
  readonly initializers: TensorProto[] = [];
  readonly sparse: NonNullable<GraphProto["sparseInitializer"]>[number][] = [];
  /** Of all bodies. */
  readonly inner: NodeProto[] = [];
  /** Those within others first. */
  readonly bodies: SeparatedBody[] = [];
  /** How many inputs a node with bodies has itself. */
  readonly inputCounts = new Map<NodeProto | undefined, number>();

  constructor(graph: GraphProto, nodes: readonly NodeProto[]) {
    const named = [...(graph.input ?? []), ...(graph.initializer ?? [])].map(({ name }) => name ?? "");
    const taken = new Set([...named, ...nodes.flatMap(({ input = [], output = [] }) => [...input, ...output])]);
    this.#names = { taken, next: new Map() };
  }

  node(node: NodeProto, scope: Scope | undefined): NodeProto {
    const captures = new Set<string>();
    const attribute = node.attribute?.map((one) => (one.g ? { ...one, g: { name: this.#body(one.g, scope, captures) } } : one));
    const input = (node.input ?? []).map((name) => resolve(name, scope));
    const output = (node.output ?? []).map((name) => scope?.own.get(name) ?? name);
    const isPlain = !attribute?.some(({ g }) => g);
    const result = { ...node, attribute, input: isPlain ? input : [...input, ...captures], output };
    if (!isPlain) this.inputCounts.set(result, input.length);
    return result;
  }

  /** @param captured is given what the body reads around it. @returns its key */
  #body(graph: GraphProto, around: Scope | undefined, captured: Set<string>): string {
    const own = new Map<string, string>();
    const define = (name: string) => {
      if (name !== "" && !own.has(name)) own.set(name, freshName(name, this.#names));
    };
    const inputs = (graph.input ?? []).map(({ name = "" }) => name);
    const made = (graph.node ?? []).flatMap(({ output }) => output ?? []);
    for (const name of [...inputs, ...(graph.initializer ?? []).map(({ name: one }) => one ?? ""), ...made]) define(name);
    const scope: Scope = { own, around, captures: captured };
    for (const tensor of graph.initializer ?? []) this.initializers.push({ ...tensor, name: own.get(tensor.name ?? "") });
    this.sparse.push(...(graph.sparseInitializer ?? []));
    const nodes = (graph.node ?? []).map((node) => this.node(node, scope));
    const start = this.inner.length;
    for (const node of nodes) this.inner.push(node);
    const key = this.#key(graph.name || "graph");
    this.bodies.push({
      key,
      captures: captured,
      start,
      end: this.inner.length,
      inputs: inputs.map((name) => resolve(name, scope)),
      outputs: (graph.output ?? []).map(({ name = "" }) => resolve(name, scope)),
      outputTypes: (graph.output ?? []).map(typeOf),
    });
    return key;
  }

  #key(wanted: string): string {
    let key = wanted;
    for (let i = 2; this.#keys.has(key); i++) key = `${wanted}_${i}`;
    this.#keys.add(key);
    return key;
  }
}

/** What a name means, of the innermost scope that has it. */
function resolve(name: string, scope: Scope | undefined): string {
  if (name === "" || !scope) return name;
  const own = scope.own.get(name);
  if (own !== undefined) return own;
  const outer = resolve(name, scope.around);
  scope.captures.add(outer);
  return outer;
}

function typeOf({ type }: ValueInfoProto): ValueType | undefined {
  const dtype = dataTypesByCode[type?.tensorType?.elemType ?? 0];
  const shape = type?.tensorType?.shape?.dim?.map(({ dimValue }) => Number(dimValue ?? -1));
  // A shape without axes has no list of them.
  const extents = shape ?? (type?.tensorType?.shape ? [] : undefined);
  return dtype && extents?.every((extent) => extent >= 0) ? { dtype, shape: extents } : undefined;
}
