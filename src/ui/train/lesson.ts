// What a network learns from in a page: batches of examples, and how good it is on those that are held back. Where the engine is.
import { type DataSet, examplesOf } from "../../data-sets/data-set.ts";
import { MetricsOf } from "../../data-sets/metrics.ts";
import { Onward, Order, type Sequence } from "../../data-sets/order.ts";
import { pixelsOf } from "../../data-sets/resized.ts";
import { ModelError } from "../../engine/errors.ts";
import { Scorer } from "../../engine/scorer.ts";
import type { TrainingBatch, TrainingOptions } from "../../engine/trainer.ts";
import type { Preparation } from "../preparation.ts";
import type { Viewer } from "../viewer.ts";
import { pictureOf, readExamples, setPreparation } from "./data.ts";
import { evaluateDriving, heldBackRoads, roadPictures, targetsOf } from "./driving.ts";
import type { Begun, Evaluated, HeldBackPicture, TrainWish } from "./request.ts";
import { Worst } from "./worst.ts";

export interface Lesson {
  readonly about: Pick<Begun, "kind" | "classes" | "count" | "heldBack" | "leftOut">;
  readonly options: Pick<TrainingOptions, "loss" | "of">;
  readonly sequence: Sequence;
  batch(indices: readonly number[]): TrainingBatch;
  evaluate(): Promise<Omit<Evaluated, "steps">>;
  /** One of those held back; they begin anew after the last. */
  picture(index: number): HeldBackPicture;
  dispose(): void;
}

/** Pictures that are scored at once. */
const scoredAtOnce = 50;
/** A drive takes as long as its network computes: what is looked at meanwhile waits. */
const shortDrive = { pictures: 50, roads: 4, seconds: 8 };

/**
 * @param turn how many steps were taken before: what goes on does not see the same again
 * @throws Error that says what is wrong with the pictures, or why the network cannot learn from them
 */
export async function lessonOf(viewer: Viewer, wish: TrainWish, preparation: Preparation, turn: number): Promise<Lesson> {
  return wish.data === "road" ? roadLesson(viewer, wish, preparation, turn) : classLesson(viewer, wish, preparation, turn);
}

async function classLesson(viewer: Viewer, wish: TrainWish, preparation: Preparation, turn: number): Promise<Lesson> {
  const { train, test, isEndless, leftOut = 0 } = await readExamples(viewer, wish, preparation);
  const scorer = await Scorer.make(viewer.model, { batch: Math.min(scoredAtOnce, test.length) });
  const { classes } = train;
  if (scorer.classes === undefined || classes.length > scorer.classes) {
    scorer.dispose();
    const has = scorer.classes === undefined ? "several scores for each picture, not one for each class" : `${scorer.classes} scores`;
    throw new ModelError(`the pictures are of ${classes.length} classes, but the network has ${has}.`);
  }
  return {
    about: { kind: "classes", classes, count: isEndless ? undefined : train.length, heldBack: test.length, leftOut },
    options: {},
    sequence: isEndless ? new Onward(turn * wish.batch) : new Order(train.length, wish.seed + turn),
    batch: (indices) => train.examples(indices),
    evaluate: () => evaluateClasses(scorer, test),
    picture: (index) => pixelsOf(test, index % test.length),
    dispose: () => scorer.dispose(),
  };
}

async function evaluateClasses(scorer: Scorer, test: DataSet): Promise<Omit<Evaluated, "steps">> {
  const metrics = new MetricsOf(scorer.length);
  const worst = new Worst(scorer.length);
  for (let first = 0; first < test.length; first += scorer.batch) {
    const count = Math.min(scorer.batch, test.length - first);
    const { inputs, targets } = test.examples(Array.from({ length: count }, (_, i) => first + i));
    const scores = await scorer.scores(inputs, count);
    metrics.add(scores, targets);
    worst.add(scores, targets, first);
  }
  const { count, ...measured } = metrics.result;
  return { ...measured, mistakes: worst.found.map(({ index, ...mistake }) => ({ ...mistake, ...pixelsOf(test, index) })) };
}

/** Two outputs that steer and drive: how good it is shows on the road. */
function roadLesson(viewer: Viewer, { seed }: TrainWish, preparation: Preparation, turn: number): Lesson {
  const { model } = viewer;
  const picture = pictureOf(viewer);
  const prepared = setPreparation(preparation, picture.channels);
  const { set, outputs } = roadPictures(model.graph, picture, prepared, seed + turn);
  const heldBack = heldBackRoads(picture, prepared);
  return {
    about: { kind: "driving", classes: [], count: undefined, heldBack: shortDrive.pictures, leftOut: 0 },
    options: { loss: "mean-squared-error", of: [outputs.steering.name, outputs.throttle.name] },
    sequence: new Onward(),
    batch(indices) {
      const { inputs, targets } = examplesOf(set, indices);
      return { inputs, targets: targetsOf(targets, outputs) };
    },
    async evaluate() {
      const { errors, drive } = await evaluateDriving(model, model.graph, picture, prepared, shortDrive);
      return { loss: errors.steering + errors.throttle, accuracy: drive.inLane, confusion: [], mistakes: [] };
    },
    picture: (index) => pixelsOf(heldBack, index % shortDrive.pictures),
    dispose: () => undefined,
  };
}
