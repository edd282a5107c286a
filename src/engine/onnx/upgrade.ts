// Writes graphs of opset 1 to 8 in the forms of opset 9, so that no operator has to know older ones. Loaded for files that are as old.
// What changed when: https://onnx.ai/onnx/operators/ and https://github.com/onnx/onnx/blob/main/docs/Changelog.md
import { freshName, type Names } from "../graph/fresh-names.ts";
import type { AttributeValue, Body, Graph, Node } from "../graph/graph.ts";
import { type DataType, Tensor } from "../tensor.ts";
import { forms } from "./old-forms.ts";
import { type OldFile, Rewriting } from "./rewriting.ts";

/** The key under which a graph's metadata hold the opset that its file has. */
export const sourceOpsetKey = "source_opset";

/** The graph of an older file in the forms of opset 9. */
export function upgradeGraph(graph: Graph): Graph {
  const opset = graph.opsets.get("") ?? 1;
  const file = new Upgrade(graph, opset);
  const nodes = file.upgrade(graph.nodes);
  return {
    ...graph,
    opsets: new Map(graph.opsets).set("", 9),
    metadata: new Map(graph.metadata).set(sourceOpsetKey, String(opset)),
    initializers: file.initializers,
    nodes,
  };
}

/** What is known of the file that the nodes are from. */
class Upgrade implements OldFile {
  readonly #opset: number;
  readonly #names: Names;
  readonly #types: ReadonlyMap<string, DataType>;
  /** By output, the Constants. */
  readonly #constants = new Map<string, Tensor>();
  readonly initializers: Map<string, Tensor>;

  constructor(graph: Graph, opset: number) {
    this.#opset = opset;
    this.initializers = new Map(graph.initializers);
    const inputs = graph.inputs.map(({ name, dtype }) => [name, dtype] as const);
    this.#types = new Map([...inputs, ...Array.from(graph.initializers, ([name, { dtype }]) => [name, dtype] as const)]);
    this.#names = { taken: new Set(this.#types.keys()), next: new Map() };
    this.#see(graph.nodes);
  }

  /** Names in bodies are as unique as those around them. */
  #see(nodes: readonly Node[]): void {
    for (const node of nodes) {
      for (const name of [node.name, ...node.outputs]) this.#names.taken.add(name);
      const value = node.operator === "Constant" ? node.attributes.get("value") : undefined;
      if (value instanceof Tensor) this.#constants.set(node.outputs[0] as string, value);
      for (const body of bodiesOf(node)) {
        for (const name of body.inputs) this.#names.taken.add(name);
        this.#see(body.nodes);
      }
    }
  }

  upgrade(nodes: readonly Node[]): readonly Node[] {
    return nodes.flatMap((node) => this.#upgraded(node));
  }

  #upgraded(node: Node): readonly Node[] {
    if (node.domain !== "") return [node];
    const attributes = new Map<string, AttributeValue>();
    for (const [name, value] of node.attributes) if (name !== "consumed_inputs") attributes.set(name, this.#withBody(value));
    const rewriting = new Rewriting({ ...node, attributes }, this);
    for (const { before, rewrite } of forms.get(node.operator) ?? []) if (this.#opset < before) rewrite(rewriting);
    return rewriting.nodes();
  }

  #withBody(value: AttributeValue): AttributeValue {
    if (typeof value !== "object" || !("subgraph" in value) || !value.body) return value;
    return { ...value, body: { ...value.body, nodes: this.upgrade(value.body.nodes) } };
  }

  /** The elements of a value that the file holds; `undefined` for what is computed. */
  constant(name: string): Tensor | undefined {
    return this.initializers.get(name) ?? this.#constants.get(name);
  }

  /** The element type of a value where the file says it, else float32. */
  typeOf(name: string): DataType {
    return this.#types.get(name) ?? this.#constants.get(name)?.dtype ?? "float32";
  }

  fresh(wanted: string): string {
    return freshName(wanted, this.#names);
  }
}

function bodiesOf({ attributes }: Node): readonly Body[] {
  return [...attributes.values()].flatMap((value) => (typeof value === "object" && "subgraph" in value ? (value.body ?? []) : []));
}
