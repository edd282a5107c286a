// Who decides on a kernel: the caller first, then what was measured.
import type { Node, TypedGraph } from "../graph/graph.ts";
import type { Choices } from "./memory.ts";
import { signatureOf } from "./signature.ts";

/** Picks one of a node's kernels by name, or leaves it to the operator's own order. */
export type ChooseKernel = (node: Node, names: readonly string[]) => string | undefined;

/**
 * The caller's choice, else that of the first table that knows the node's signature. A table's name that the node no longer
 * has is passed over.
 */
export function preferKernels(graph: TypedGraph, chosen: ChooseKernel | undefined, ...tables: readonly Choices[]): ChooseKernel {
  return (node, names) => {
    const wanted = chosen?.(node, names);
    if (wanted !== undefined || names.length < 2) return wanted;
    const signature = signatureOf(node, graph);
    return tables.map((table) => table[signature]).find((name) => name !== undefined && names.includes(name));
  };
}
