// How a training goes on exactly where it stopped. Where the engine is.
import { ModelError } from "../../engine/errors.ts";
import type { Trainer } from "../../engine/trainer.ts";

/**
 * Lets a trainer go on with the moments and steps of another one.
 *
 * @returns whether it does: what was kept without moments, or at another precision, leaves it as it is
 */
export async function isRestored(trainer: Pick<Trainer, "restore">, checkpoint: Uint8Array | undefined): Promise<boolean> {
  if (!checkpoint) return false;
  try {
    await trainer.restore(checkpoint);
    return true;
  } catch (error) {
    if (error instanceof ModelError) return false;
    throw error;
  }
}
