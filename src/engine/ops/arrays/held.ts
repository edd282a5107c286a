// Results that take long to find again, held while a network is loaded: as many as fit a budget of bytes. Others are found each time they are read.
import type { OperatorContext } from "../operator.ts";

/** Bytes for all results of a network. A small file may ask for hundreds of large ones. */
const mostBytes = 1 << 22;

/** What is left for each network, by the kernel families that were loaded for it. */
const left = new WeakMap<OperatorContext["families"], number>();

/** @returns the result, found anew at each call where the budget has no room for it */
export function held({ families }: OperatorContext, found: Int32Array, find: () => Int32Array): () => Int32Array {
  const rest = (left.get(families) ?? mostBytes) - found.byteLength;
  if (rest < 0) return find;
  left.set(families, rest);
  return () => found;
}
