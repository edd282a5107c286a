// A network that answers with numbers, such as an angle: what it learns from, and how far its answers are from what is right.
import { type Augmentation, changesOfSeen } from "../data-sets/augment.ts";
import { examplesOf, type NumbersSet } from "../data-sets/data-set.ts";
import { Order } from "../data-sets/order.ts";
import { ModelError } from "../engine/errors.ts";
import type { Device } from "../engine/gpu/device.ts";
import type { Model } from "../engine/model.ts";
import { Scorer } from "../engine/scorer.ts";
import { type BaseLesson, type ExaminationOptions, usualBatch } from "./lesson.ts";
import { oneOrMany } from "./one-or-many.ts";
import { batchesOf } from "./pictures-on-gpu.ts";

/** What there is to answer, to say that a model does not. */
export function numbersOf(columns: readonly string[]): string {
  return `the pictures have ${oneOrMany(columns.length, "number")} (${columns.join(", ")})`;
}

/**
 * The outputs that answer: one with a number for each column, or one of each column, by their names where these tell, else in their order.
 *
 * @throws ModelError for another count of outputs
 */
export function answersOf(outputs: readonly string[], columns: readonly string[]): readonly string[] {
  if (outputs.length === 1) return outputs;
  if (outputs.length !== columns.length)
    throw new ModelError(`${numbersOf(columns)}, but the model has ${outputs.length} outputs: ${outputs.join(", ")}.`);
  const named = columns.map((column) => outputs.find((output) => output.toLowerCase() === column.toLowerCase()));
  return named.every((one) => one !== undefined) ? (named as readonly string[]) : outputs;
}

/** What is right for each output, of rows of all columns. */
function byOutput(numbers: Float32Array, outputs: readonly string[]): Float32Array | Readonly<Record<string, Float32Array>> {
  if (outputs.length === 1) return numbers;
  return Object.fromEntries(outputs.map((name, at) => [name, numbers.filter((_, i) => i % outputs.length === at)]));
}

interface Options {
  readonly outputs: readonly string[];
  readonly seed: number;
  readonly isShuffled?: boolean;
  readonly augmentation?: Augmentation | undefined;
}

export async function numbersLesson(
  device: Device,
  set: NumbersSet,
  { outputs, seed, isShuffled, augmentation }: Options,
): Promise<BaseLesson> {
  const next = augmentation && changesOfSeen(augmentation, set.picture, seed);
  const { batch, dispose } = await batchesOf(device, set, { length: set.length, next });
  return {
    options: { loss: "mean-squared-error", of: outputs },
    sequence: new Order(set.length, seed, isShuffled),
    batch(indices) {
      const { inputs, targets } = batch(indices);
      return { inputs, targets: byOutput(targets, outputs) };
    },
    dispose,
  };
}

/** Of each column: how far answers are from what is right. */
export interface NumbersReport {
  readonly count: number;
  readonly errors: readonly { readonly column: string; readonly meanSquared: number; readonly meanAbsolute: number }[];
}

/** @throws ModelError where the network does not answer with a number for each column */
export async function numbersExamination(
  model: Model,
  set: NumbersSet,
  { onProgress, between, batch = usualBatch }: ExaminationOptions = {},
) {
  const { columns } = set;
  const of = answersOf(model.graph.outputs, columns);
  const scorer = await Scorer.make(model, { of, batch: Math.min(batch, set.length) });
  const each = columns.length / of.length;
  if (scorer.length !== each) {
    scorer.dispose();
    throw new ModelError(`${numbersOf(columns)}, but '${of[0]}' answers with ${scorer.length}.`);
  }
  return {
    async evaluate(): Promise<NumbersReport> {
      const sums = columns.map(() => ({ squares: 0, sizes: 0 }));
      for (let first = 0; first < set.length; first += scorer.batch) {
        const count = Math.min(scorer.batch, set.length - first);
        const { inputs, targets } = examplesOf(
          set,
          Array.from({ length: count }, (_, i) => first + i),
        );
        const answers = await scorer.allScores(inputs, count);
        for (const [column, sum] of sums.entries())
          for (let i = 0; i < count; i++) {
            const answer = of.length === 1 ? answers[of[0] as string]?.[i * each + column] : answers[of[column] as string]?.[i];
            const error = (answer as number) - (targets[i * columns.length + column] as number);
            sum.squares += error ** 2;
            sum.sizes += Math.abs(error);
          }
        await onProgress?.(first + count, set.length);
        await between?.();
      }
      const errors = sums.map(({ squares, sizes }, i) => ({
        column: columns[i] as string,
        meanSquared: squares / set.length,
        meanAbsolute: sizes / set.length,
      }));
      return { count: set.length, errors };
    },
    dispose: () => scorer.dispose(),
  };
}
