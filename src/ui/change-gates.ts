// Changes a network's gates to those of a scene.
import type { GateOptions } from "../engine/gates.ts";
import type { Model } from "../engine/model.ts";

/** What of a value passes, see {@link Model.gate}. */
export interface ValueGate extends GateOptions {
  readonly value: string;
}

/**
 * Opens the gates before and sets those wanted.
 *
 * @returns what is wrong with a gate, if one is
 */
export async function changeGates(model: Model, before: readonly ValueGate[], wanted: readonly ValueGate[]): Promise<string | undefined> {
  try {
    // By no name: one that was refused is not there to be opened.
    if (before.length > 0) await model.ungate();
    for (const { value, ...options } of wanted) await model.gate(value, options);
  } catch (error) {
    return (error as Error).message;
  }
  return undefined;
}
