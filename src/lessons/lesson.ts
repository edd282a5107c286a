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

/** How pictures that are held back are gone through. */
export interface ExaminationOptions {
  readonly onProgress?: ExaminationProgress;
  /** Called, and awaited, whenever the GPU has done some: whoever has other work for it lets that go first. */
  readonly between?: () => unknown;
  /** Pictures at once, 50 by default. Fewer keep the GPU from other work for less long. */
  readonly batch?: number | undefined;
}

/** Pictures at once, where nobody says how many. */
export const usualBatch = 50;

export async function evaluateOnce<Result>(making: Promise<Examination<Result>>): Promise<Result> {
  const examination = await making;
  try {
    return await examination.evaluate();
  } finally {
    examination.dispose();
  }
}
