// A network that drives: which of its outputs steers, how far its answers are from a good driver's, and how long it keeps the lane.
import { heldBackSeed, type Picture, type Preparation } from "../../data-sets/data-set.ts";
import { type DrivingTargets, RoadSet } from "../../data-sets/road/road-set.ts";
import type { Controls } from "../../data-sets/road/scene.ts";
import { type DriveReport, driveWorlds } from "../../data-sets/road/world.ts";
import { ModelError } from "../../engine/errors.ts";
import { type Graph, producersOf } from "../../engine/graph/graph.ts";
import type { Model } from "../../engine/model.ts";
import { Scorer } from "../../engine/scorer.ts";

/** An output that answers with one number. */
interface DrivingOutput {
  readonly name: string;
  /** Behind a sigmoid: 0…1. */
  readonly isShare: boolean;
}

type DrivingOutputs = Readonly<Record<keyof Controls, DrivingOutput>>;

/** How many pictures, how many roads, and how many seconds on each of them. */
interface Examination {
  readonly pictures: number;
  readonly roads: number;
  readonly seconds: number;
}

const wholeExamination: Examination = { pictures: 500, roads: 8, seconds: 60 };
export const shortExamination: Examination = { pictures: 200, roads: 4, seconds: 15 };
/** Pictures at once. */
const batch = 50;

/** The two outputs, by their names where these tell, else in their order. @throws ModelError where there are no two */
function drivingOutputs(graph: Graph): DrivingOutputs {
  const names = graph.outputs;
  const [first, second, third] = names;
  if (first === undefined || second === undefined || third !== undefined)
    throw new ModelError(`the road takes a model with two outputs, steering and throttle; this one has ${names.length}.`);
  const isTurned = /steer|angle/i.test(second) || /throttle|speed/i.test(first);
  const producers = producersOf(graph);
  const output = (name: string): DrivingOutput => ({ name, isShare: producers.get(name)?.operator === "Sigmoid" });
  return { steering: output(isTurned ? second : first), throttle: output(isTurned ? first : second) };
}

/** @throws ModelError for a model that takes no square pictures in colour, or does not answer with two numbers */
export function roadPictures(graph: Graph, { channels, height, width }: Picture, preparation: Preparation, seed: number) {
  if (channels !== 3 || height !== width)
    throw new ModelError(`pictures of the road are square and in colour; the model takes ${channels} × ${height} × ${width}.`);
  return { set: new RoadSet(height, seed, preparation), outputs: drivingOutputs(graph) };
}

/** Pictures of the road that none learns from. */
export function heldBackRoads({ height }: Picture, preparation: Preparation): RoadSet {
  return new RoadSet(height, heldBackSeed, preparation);
}

/** What is right, by outputs: behind a sigmoid, 0 is the left and 1 the right. */
export function targetsOf({ steering, throttle }: DrivingTargets, outputs: DrivingOutputs): Readonly<Record<string, Float32Array>> {
  return {
    [outputs.steering.name]: outputs.steering.isShare ? steering.map((one) => (one + 1) / 2) : steering,
    [outputs.throttle.name]: throttle,
  };
}

export interface DrivingReport {
  /** Mean squared errors of steering, −1…1, and throttle, 0…1. */
  readonly errors: Readonly<Record<keyof Controls, number>>;
  readonly examination: Examination;
  readonly drive: DriveReport;
}

export async function evaluateDriving(
  model: Model,
  graph: Graph,
  picture: Picture,
  preparation: Preparation,
  examination = wholeExamination,
): Promise<DrivingReport> {
  const { pictures, roads, seconds } = examination;
  const { set, outputs } = roadPictures(graph, picture, preparation, heldBackSeed);
  const [many, few] = await Promise.all(
    [batch, roads].map((size) => Scorer.make(model, { of: [outputs.steering.name, outputs.throttle.name], batch: size })),
  );
  try {
    const answers = async (scorer: Scorer, inputs: Float32Array, count: number): Promise<DrivingTargets> => {
      const all = await scorer.allScores(inputs, count);
      const steering = all[outputs.steering.name] as Float32Array;
      return {
        steering: outputs.steering.isShare ? steering.map((one) => 2 * one - 1) : steering,
        throttle: all[outputs.throttle.name] as Float32Array,
      };
    };
    const sums = { steering: 0, throttle: 0 };
    for (let first = 0; first < pictures; first += batch) {
      const { inputs, targets } = set.examples(Array.from({ length: batch }, (_, i) => first + i));
      const given = await answers(many as Scorer, inputs, batch);
      for (const name of ["steering", "throttle"] as const)
        sums[name] += given[name].reduce((sum, one, i) => sum + (one - (targets[name][i] as number)) ** 2, 0);
    }
    const seeds = Array.from({ length: roads }, (_, i) => i + 1);
    const drive = await driveWorlds(seeds, seconds, async (worlds) => {
      const { steering, throttle } = await answers(few as Scorer, set.inputsOf(worlds), worlds.length);
      return worlds.map((_, i) => ({ steering: steering[i] as number, throttle: throttle[i] as number }));
    });
    return { errors: { steering: sums.steering / pictures, throttle: sums.throttle / pictures }, examination, drive };
  } finally {
    many?.dispose();
    few?.dispose();
  }
}
