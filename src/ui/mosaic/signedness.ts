// Decides from the operators' own facts whether a value can be negative, and so which kind of colour map it gets. Pure.
import type { ModelSummary } from "../../engine/summary.ts";
import { type DataType, isSigned } from "../../engine/tensor.ts";

/** A model's inputs, and its layers in the order of execution. */
export interface SignedModel {
  readonly inputs: readonly { readonly name: string; readonly dtype: DataType }[];
  summary(): Pick<ModelSummary, "layers">;
}

export interface SignednessOptions {
  /** Graph inputs that the caller knows to hold no negative numbers, such as pixels that are not centred. */
  readonly unsignedInputs?: readonly string[];
}

/** Whether `value` may hold negative numbers, as far as the layers before it tell. */
export function canBeNegative(model: SignedModel, value: string, options?: SignednessOptions): boolean {
  return !nonnegativeValues(model, options).has(value);
}

/** The values that hold no negative numbers, as far as the layers before them tell. */
export function nonnegativeValues(model: SignedModel, { unsignedInputs = [] }: SignednessOptions = {}): ReadonlySet<string> {
  const unsigned = new Set(unsignedInputs);
  for (const { name, dtype } of model.inputs) if (!isSigned(dtype)) unsigned.add(name);
  for (const { outputs, nonnegative } of model.summary().layers) {
    if (!nonnegative) continue;
    const holds =
      nonnegative === "always" ||
      ("whereAll" in nonnegative
        ? nonnegative.whereAll.every((name) => unsigned.has(name))
        : nonnegative.whereSome.some((name) => unsigned.has(name)));
    if (holds) for (const output of outputs) unsigned.add(output);
  }
  return unsigned;
}
