// The type of a pass, and the values that it must keep.
import type { Graph, TypedGraph } from "./graph.ts";

export interface PassOptions {
  /** Values that must still exist afterwards. */
  readonly keep: ReadonlySet<string>;
}

/** Typed graph → graph. The result's types may be stale: inference runs again after each pass. */
export type Pass = (graph: TypedGraph, options: PassOptions) => Graph;
