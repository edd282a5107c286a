// The layers of a network as the GPU computes them: each with those of the graph's nodes that it stands for.
import { type Node, producersOf, type TypedGraph } from "../graph/graph.ts";

export interface Unit {
  /** What is planned: fused, it has the name of the last one that it stands for. */
  readonly node: Node;
  /** Those that can be read. */
  readonly outputs: readonly string[];
  /** The graph's nodes, in their order. */
  readonly nodes: readonly Node[];
  /** Values that it reads: inputs, and what other layers compute. */
  readonly reads: readonly string[];
}

/**
 * @param planned the graph after all passes
 * @param base the same before them
 * @param isReadable of values that a run computes
 */
export function unitsOf(planned: TypedGraph, base: TypedGraph, isReadable: (name: string) => boolean): readonly Unit[] {
  const readable = new Set(planned.nodes.flatMap(({ outputs }) => outputs.filter((name) => name !== "" && isReadable(name))));
  const producers = producersOf(base);
  const places = new Map(base.nodes.map((node, i) => [node, i] as const));
  return planned.nodes.flatMap((node): readonly Unit[] => {
    const outputs = node.outputs.filter((name) => readable.has(name));
    if (outputs.length === 0) return [];
    const nodes = new Set<Node>();
    const reads = new Set<string>();
    const open = [...outputs];
    for (let value = open.pop(); value !== undefined; value = open.pop()) {
      const producer = producers.get(value);
      if (!producer || nodes.has(producer)) continue;
      nodes.add(producer);
      for (const input of producer.inputs) {
        if (input === "" || outputs.includes(input)) continue;
        if (readable.has(input) || base.inputs.some(({ name }) => name === input)) reads.add(input);
        else open.push(input);
      }
    }
    const inOrder = [...nodes].sort((a, b) => (places.get(a) as number) - (places.get(b) as number));
    return [{ node, outputs, nodes: inOrder, reads: [...reads] }];
  });
}

export function operatorsOf({ nodes }: Unit): string {
  return nodes.map(({ operator }) => operator).join(" + ");
}
