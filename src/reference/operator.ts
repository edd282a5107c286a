// What an operator of the float64 reference is: a function from arrays to arrays.
import type { AttributeReader } from "../engine/graph/attributes.ts";
import type { NdArray } from "./array.ts";

export interface Call {
  readonly attributes: AttributeReader;
  readonly opset: number;
  /** `undefined` for those left out. */
  readonly inputs: readonly (NdArray | undefined)[];
  readonly outputCount: number;
  /** An input that must be there. */
  input(index: number): NdArray;
  /** Refuses the node: the message says what the reference does not compute. */
  unsupported(message: string): never;
}

/** @returns the outputs in their order, or the only one */
export type Evaluate = (call: Call) => NdArray | readonly NdArray[];

export type Operators = Readonly<Record<string, Evaluate>>;

/** Whole numbers that an operator takes as an attribute in one version and as an input in another. */
export function list({ attributes, inputs }: Call, name: string, index: number): readonly number[] | undefined {
  return attributes.has(name) ? attributes.numbers(name) : inputs[index] && Array.from(inputs[index].data);
}
