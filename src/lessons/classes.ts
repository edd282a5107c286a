// A network that tells classes: its loss and accuracy on pictures that are held back, and which classes it takes for which.
import { type Augmentation, changesOfSeen } from "../data-sets/augment.ts";
import type { DataSet } from "../data-sets/data-set.ts";
import { type Metrics, MetricsOf } from "../data-sets/metrics.ts";
import { Onward, Order } from "../data-sets/order.ts";
import { ModelError } from "../engine/errors.ts";
import type { Device } from "../engine/gpu/device.ts";
import type { Model } from "../engine/model.ts";
import { Scorer } from "../engine/scorer.ts";
import { type BaseLesson, type ExaminationOptions, usualBatch } from "./lesson.ts";
import { oneOrMany } from "./one-or-many.ts";
import { batchesOf } from "./pictures-on-gpu.ts";

export interface ClassLessonOptions {
  readonly isEndless?: boolean | undefined;
  readonly seed: number;
  /** How many examples were seen before. */
  readonly seen?: number;
  readonly isShuffled?: boolean;
  /** What is done to pictures each time that they are seen. */
  readonly augmentation?: Augmentation | undefined;
}

/** What a network learns classes from. */
export async function classLesson(
  device: Device,
  set: DataSet,
  { isEndless = false, seed, seen = 0, isShuffled, augmentation }: ClassLessonOptions,
): Promise<BaseLesson> {
  const next = augmentation && changesOfSeen(augmentation, set.picture, seed);
  return {
    ...(await batchesOf(device, set, { length: isEndless ? undefined : set.length, next })),
    options: {},
    sequence: isEndless ? new Onward(seen) : new Order(set.length, seed, isShuffled, seen),
  };
}

/** @throws ClassesError where the network has no score for each class */
export async function classExamination(model: Model, set: DataSet, { onProgress, between, batch = usualBatch }: ExaminationOptions = {}) {
  const scorer = await Scorer.make(model, { batch: Math.min(batch, set.length) });
  try {
    checkClasses(set, scorer.classes);
  } catch (error) {
    scorer.dispose();
    throw error;
  }
  return {
    /** How many there are for each picture. */
    scores: scorer.length,
    /** @param hear is told the scores of some pictures, before a softmax, [count, scores], what is right, and the number of the first of them */
    async evaluate(hear?: (scores: Float32Array, targets: Int32Array, first: number) => void): Promise<Metrics> {
      const metrics = new MetricsOf(scorer.length);
      for (let first = 0; first < set.length; first += scorer.batch) {
        const count = Math.min(scorer.batch, set.length - first);
        const { inputs, targets } = set.examples(Array.from({ length: count }, (_, i) => first + i));
        const scores = await scorer.scores(inputs, count);
        metrics.add(scores, targets);
        hear?.(scores, targets, first);
        await onProgress?.(first + count, set.length);
        await between?.();
      }
      return metrics.result;
    },
    dispose: () => scorer.dispose(),
  };
}

/**
 * @param of which data it is, where that is to be said
 * @throws ModelError where all pictures to learn from are of one class: a network would learn to answer that to everything
 */
export function checkSeveralClasses({ classes, classSizes }: DataSet, of = ""): void {
  const [only, other] = classes.filter((_, label) => (classSizes[label] ?? 0) > 0);
  if (other === undefined) throw new ModelError(`${of}all pictures to learn from are of one class, '${only}'; expected at least two.`);
}

/** The network has no score for each class that it is to learn. */
export class ClassesError extends ModelError {
  override readonly name = "ClassesError";
}

/**
 * @param scores that the network has for each picture; undefined where it has several for each class
 * @param of which pictures they are, where that is to be said
 * @throws ClassesError where there is none for some class
 */
export function checkClasses({ classes }: DataSet, scores: number | undefined, of = ""): void {
  if (scores !== undefined && classes.length <= scores) return;
  const has = scores === undefined ? "several scores for each, as one that answers with a picture or boxes" : oneOrMany(scores, "score");
  const advice = `Its last layer has to answer with ${classes.length}.`;
  throw new ClassesError(
    `${of}the pictures are of ${oneOrMany(classes.length, "class", "classes")}, but the network has ${has}. ${advice}`,
  );
}
