// A network that drives: what it learns from, how far its answers are from a good driver's, and how long it keeps the lane.
import { type Changes, changedExamples } from "../data-sets/augment.ts";
import { heldBackSeed, type Picture, type Preparation } from "../data-sets/data-set.ts";
import { Onward } from "../data-sets/order.ts";
import { controlsOf, type DrivingOutputs, drivingOutputs, targetsOf } from "../data-sets/road/outputs.ts";
import { RoadSet } from "../data-sets/road/road-set.ts";
import type { Controls } from "../data-sets/road/scene.ts";
import { type DriveReport, driveWorlds } from "../data-sets/road/world.ts";
import { ModelError } from "../engine/errors.ts";
import { type Graph, producersOf } from "../engine/graph/graph.ts";
import type { Model } from "../engine/model.ts";
import { Scorer } from "../engine/scorer.ts";
import { type BaseLesson, type ExaminationOptions, usualBatch } from "./lesson.ts";

/** Pictures of the road, and the outputs of a network that say what to do. */
export interface Road {
  readonly set: RoadSet;
  readonly outputs: DrivingOutputs;
}

/** @throws ModelError for a model that takes no square pictures in colour, or does not answer with two numbers */
export function roadOf(graph: Graph, { channels, height, width }: Picture, preparation: Preparation, seed: number): Road {
  if (channels !== 3 || height !== width)
    throw new ModelError(`pictures of the road are square and in colour; the model takes ${channels} × ${height} × ${width}.`);
  const producers = producersOf(graph);
  const outputs = drivingOutputs(graph.outputs, (name) => producers.get(name)?.operator);
  return { set: new RoadSet(height, seed, preparation), outputs };
}

/**
 * What a network learns to drive from.
 *
 * @param next what is done to the next picture
 * @param seen how many examples were seen before
 */
export function drivingLesson({ set, outputs }: Road, next?: () => Changes, seen = 0): BaseLesson {
  const examples = changedExamples(set, next);
  return {
    sequence: new Onward(seen),
    options: { loss: "mean-squared-error", of: [outputs.steering.name, outputs.throttle.name] },
    batch(indices) {
      const { inputs, targets } = examples(indices);
      return { inputs, targets: targetsOf(targets, outputs) };
    },
    dispose() {},
  };
}

/** How many pictures, how many roads, and how many seconds on each of them. */
interface Extent {
  readonly pictures: number;
  readonly roads: number;
  readonly seconds: number;
}

const wholeExamination: Extent = { pictures: 500, roads: 8, seconds: 60 };
export const shortExamination: Extent = { pictures: 200, roads: 4, seconds: 15 };

export interface DrivingReport {
  /** Mean squared errors of steering, −1…1, and throttle, 0…1. */
  readonly errors: Readonly<Record<keyof Controls, number>>;
  readonly examination: Extent;
  readonly drive: DriveReport;
}

/**
 * @param options progress is that of the drive
 * @throws ModelError as {@link roadOf} does
 */
export async function drivingExamination(
  model: Model,
  picture: Picture,
  preparation: Preparation,
  extent = wholeExamination,
  { onProgress, between, batch = usualBatch }: ExaminationOptions = {},
) {
  const { set, outputs } = roadOf(model.graph, picture, preparation, heldBackSeed);
  const { pictures, roads, seconds } = extent;
  const of = [outputs.steering.name, outputs.throttle.name];
  const many = await Scorer.make(model, { of, batch });
  const few = await Scorer.make(model, { of, batch: roads }).catch((error: Error) => {
    many.dispose();
    throw error;
  });
  return {
    /** Pictures that none learns from. */
    set,
    async evaluate(): Promise<DrivingReport> {
      const sums = { steering: 0, throttle: 0 };
      for (let first = 0; first < pictures; first += batch) {
        const count = Math.min(batch, pictures - first);
        const { inputs, targets } = set.examples(Array.from({ length: count }, (_, i) => first + i));
        const given = controlsOf(await many.allScores(inputs, count), outputs);
        for (const name of ["steering", "throttle"] as const)
          for (let i = 0; i < count; i++) sums[name] += ((given[name][i] as number) - (targets[name][i] as number)) ** 2;
        await between?.();
      }
      const seeds = Array.from({ length: roads }, (_, i) => i + 1);
      const drive = await driveWorlds(
        seeds,
        seconds,
        async (worlds) => {
          const { steering, throttle } = controlsOf(await few.allScores(set.inputsOf(worlds), worlds.length), outputs);
          return worlds.map((_, i) => ({ steering: steering[i] as number, throttle: throttle[i] as number }));
        },
        async (done, total) => {
          await onProgress?.(done, total);
          await between?.();
        },
      );
      return { errors: { steering: sums.steering / pictures, throttle: sums.throttle / pictures }, examination: extent, drive };
    },
    dispose() {
      many.dispose();
      few.dispose();
    },
  };
}
