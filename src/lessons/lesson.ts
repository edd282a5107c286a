// What a network learns from, in a page or by the command, and how good it is on what is held back.
import type { Sequence } from "../data-sets/order.ts";
import type { TrainingBatch, TrainingOptions } from "../engine/trainer.ts";

/** Batches of examples, in some order, and what the loss is of. */
export interface BaseLesson {
  readonly sequence: Sequence;
  readonly options: Pick<TrainingOptions, "loss" | "of">;
  batch(indices: readonly number[]): TrainingBatch;
  dispose(): void;
}

/** Is planned once, and says how good the network is whenever it is asked. */
export interface Examination<Result> {
  evaluate(): Promise<Result>;
  dispose(): void;
}

/** Told how many pictures, or moments of a drive, an examination has tried, and of how many; it goes on when what is returned is done. */
export type ExaminationProgress = (done: number, total: number) => unknown;

export async function evaluateOnce<Result>(making: Promise<Examination<Result>>): Promise<Result> {
  const examination = await making;
  try {
    return await examination.evaluate();
  } finally {
    examination.dispose();
  }
}
