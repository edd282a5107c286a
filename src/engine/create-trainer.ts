// Training as callers ask for it.
import type { Model } from "./model.ts";
import type { Trainer, TrainingOptions } from "./trainer.ts";

/**
 * Prepares the training of a model: a step computes the loss of a batch, the gradients of all parameters and what the optimiser makes of them, in one
 * submit. The model goes on meanwhile, and each run of it has the parameters of the last step.
 *
 * @throws ModelError for options that make no sense for the model
 * @throws DeviceError where the GPU was lost: move the model to another device first
 * @throws UnsupportedError that names every node on the way whose gradient has no rule
 */
export function createTrainer(model: Model, options: TrainingOptions = {}): Promise<Trainer> {
  return model.trainer(options);
}
