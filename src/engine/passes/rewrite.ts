// Small tools that passes share: who reads a value, and rebuilding a graph from changed nodes.
import { consumersOf, type Graph, type Node, type TypedGraph } from "../graph/graph.ts";

export interface PassOptions {
  /** Values that must still exist afterwards. */
  readonly keep: ReadonlySet<string>;
}

/** Typed graph → graph. The result's types may be stale: inference runs again after each pass. */
export type Pass = (graph: TypedGraph, options: PassOptions) => Graph;

/** For each value its only reader, if it has just one and neither the graph nor anybody else wants the value itself. */
export function soleReaders(graph: Graph, { keep }: PassOptions): (name: string) => Node | undefined {
  const consumers = consumersOf(graph);
  const outputs = new Set(graph.outputs);
  return (name) => {
    const readers = consumers.get(name) ?? [];
    if (keep.has(name) || outputs.has(name) || readers.length !== 1) return undefined;
    const [reader] = readers;
    return reader?.inputs.filter((input) => input === name).length === 1 ? reader : undefined;
  };
}
