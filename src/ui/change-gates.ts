// Changes a network's gates to those of a scene.
import type { ValueGate } from "../engine/gates.ts";
import type { Model } from "../engine/model.ts";

export type { ValueGate };

/**
 * Sets the gates that are wanted, and none besides. Where one is refused the others are set.
 *
 * @returns what is wrong with a gate, if one is
 */
export async function changeGates(model: Model, wanted: readonly ValueGate[]): Promise<string | undefined> {
  try {
    await model.setGates(wanted);
    return undefined;
  } catch (error) {
    await model.setGates([]);
    // At once, so that they are planned together.
    await Promise.all(wanted.map(({ value, ...options }) => model.gate(value, options).catch(() => undefined)));
    return (error as Error).message;
  }
}
