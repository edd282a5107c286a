// Results that take long to find again, held while a network is loaded: as many as fit a budget of bytes. Others are found each time they are read.
import type { OperatorContext } from "../operator.ts";

/** Bytes for all results of an inference. A small file may ask for hundreds of large ones. */
const mostBytes = 1 << 22;

/** @returns the result, found anew at each call where the budget has no room for it */
export function held({ heldBytes }: OperatorContext, found: Int32Array, find: () => Int32Array): () => Int32Array {
  if (heldBytes.total + found.byteLength > mostBytes) return find;
  heldBytes.total += found.byteLength;
  return () => found;
}
