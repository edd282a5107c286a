// Reads all elements of a value, for whoever asks for it, as data that can be cloned.
import { loadPart } from "../../engine/errors.ts";
import type { DataType } from "../../engine/tensor.ts";
import type { Viewer } from "../viewer.ts";

/** A tensor that can be cloned. */
export interface TakenValue {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  /** Little-endian, row by row. */
  readonly bytes: Uint8Array;
}

/** A value of the first network, whether it is kept or not. */
export async function readValue({ model }: Viewer, value: string): Promise<TakenValue> {
  const { graph, inputs, outputs, observed } = model;
  const isKnown = graph.initializers.has(value) || observed.includes(value) || [...inputs, ...outputs].some(({ name }) => name === value);
  if (isKnown || !graph.nodes.some((node) => node.outputs.includes(value))) return model.read(value);
  return (await loadPart("for values that are not shown", () => import("../export/beside.ts"))).readBeside(model, value);
}

export function cloneable({ dtype, shape, bytes }: TakenValue): TakenValue {
  return { dtype, shape, bytes };
}
