// What `train` lets a network learn from, and how right it is afterwards, in words.
import { type Augmentation, changesOfSeen, checkHarmless } from "../data-sets/augment.ts";
import { checkLearningSeed, type DataSet, type NumbersSet, type Preparation } from "../data-sets/data-set.ts";
import { ModelError } from "../engine/errors.ts";
import type { Device } from "../engine/gpu/device.ts";
import type { Graph } from "../engine/graph/graph.ts";
import type { Model } from "../engine/model.ts";
import type { Trainer } from "../engine/trainer.ts";
import { checkClasses, classExamination, classLesson as learnClasses } from "../lessons/classes.ts";
import { type DrivingReport, drivingExamination, drivingLesson, roadOf, shortExamination } from "../lessons/driving.ts";
import { type BaseLesson, evaluateOnce } from "../lessons/lesson.ts";
import { answersOf, type NumbersReport, numbersExamination, numbersLesson } from "../lessons/numbers.ts";
import { NoneHeldBack } from "./listed-pictures.ts";
import { showProgress } from "./output.ts";
import { hasNumbers, hasTestPart, isList, isRoad, pictureOf, readDataSet } from "./training-data.ts";
import { checkUsage } from "./usage.ts";

export interface Lesson {
  /** What there is to learn from, in words. */
  readonly title: string;
  /** How many examples make an epoch; absent where they have no end. */
  readonly length?: number;
  /** What the classes are called, where they are more than their numbers. */
  readonly classes?: readonly string[];
  /** The loss of an answer by chance, where that is known. */
  readonly guessing?: number;
  begin(device: Device): Promise<BaseLesson>;
  /** @throws ModelError where the data does not fit what the model answers */
  check(trainer: Trainer): Promise<void>;
  /** How right the model is on examples that are held back, in words; `undefined` where there are none. */
  examine(model: Model): Promise<string | undefined>;
}

export interface LessonOptions extends Preparation {
  readonly data: string;
  readonly seed: number;
  readonly shuffle: boolean;
  readonly augment?: Augmentation;
  /** Whether the model is tried on what is held back. */
  readonly test: boolean;
}

/** @throws ModelError for data that is not there, is damaged or does not fit the model */
export async function lessonOf(graph: Graph, options: LessonOptions): Promise<Lesson> {
  if (isRoad(options.data)) return roadLesson(graph, options);
  const { data, mean, std, seed } = options;
  const set = await readDataSet(data, "train", { picture: pictureOf(graph), mean, std, seed });
  const heldBack = await heldBackOf(set, options);
  return hasNumbers(set) ? numbersLessonOf(graph, set, heldBack, options) : classLesson(set, heldBack, options);
}

/** What is held back, where anything is. */
type HeldBack = () => Promise<DataSet | NumbersSet | undefined>;

/** A list of it is read before the first step: what is wrong with it is told while nothing is lost. */
async function heldBackOf({ picture }: DataSet | NumbersSet, { data, mean, std, seed, test }: LessonOptions): Promise<HeldBack> {
  if (!test) return async () => undefined;
  const read = () => readDataSet(data, "test", { picture, mean, std, seed, isRepeated: true });
  if (!isList(data) && !hasTestPart(data)) return async () => undefined;
  if (!isList(data))
    return async () => {
      sayTried();
      return read();
    };
  const set = await read().catch((error: Error) => {
    if (error instanceof NoneHeldBack) return undefined;
    throw error;
  });
  return async () => {
    if (set) sayTried();
    return set;
  };
}

function numbersLessonOf(
  graph: Graph,
  set: NumbersSet,
  heldBack: HeldBack,
  { seed, shuffle, augment }: Pick<LessonOptions, "seed" | "shuffle" | "augment">,
): Lesson {
  checkHarmless(augment, "a list of numbers");
  const outputs = answersOf(graph.outputs, set.columns);
  const each = set.columns.length / outputs.length;
  return {
    title: `${set.length} examples (${set.columns.join(", ")})`,
    length: set.length,
    begin: (device) => numbersLesson(device, set, { outputs, seed, isShuffled: shuffle, augmentation: augment }),
    async check(trainer) {
      const { shape, size } = await trainer.readScores();
      const found = size / (shape[0] ?? 1);
      if (found !== each)
        throw new ModelError(
          `the pictures have ${set.columns.length} numbers (${set.columns.join(", ")}), but '${outputs[0]}' answers with ${found}.`,
        );
    },
    async examine(model) {
      const test = await heldBack();
      if (!test || !hasNumbers(test)) return undefined;
      return numbersText(await evaluateOnce(numbersExamination(model, test, showProgress)));
    },
  };
}

export function numbersText({ count, errors }: NumbersReport): string {
  const each = errors.map((one) => `${one.column} ${one.meanSquared.toPrecision(4)} (${one.meanAbsolute.toPrecision(4)} away in the mean)`);
  return `mean squared errors of ${count} pictures: ${each.join(", ")}`;
}

/** Whether classes are called more than their numbers, as those of an IDX file are. */
function hasNames(classes: readonly string[]): boolean {
  return classes.some((name, i) => name !== String(i));
}

function classLesson(set: DataSet, heldBack: HeldBack, { data, seed, shuffle, augment }: LessonOptions): Lesson {
  const isEndless = data === "shapes";
  return {
    title: isEndless ? `pictures of ${set.classes.length} kinds of shapes` : `${set.length} examples (${sizesOf(set)})`,
    ...(!isEndless && { length: set.length }),
    ...(hasNames(set.classes) && { classes: set.classes }),
    guessing: Math.log(set.classes.length),
    begin: (device) => learnClasses(device, set, { isEndless, seed, isShuffled: shuffle, augmentation: augment }),
    async check(trainer) {
      const { shape } = await trainer.readScores();
      const [scores, classes] = [shape[1] ?? 1, set.classes.length];
      checkClasses(set, scores);
      if (scores > classes)
        console.error(
          `convcam: the network has ${scores} scores, the pictures are of ${classes} classes: it learns never to answer with the others`,
        );
    },
    async examine(model) {
      const test = await heldBack();
      if (!test || hasNumbers(test)) return undefined;
      const { accuracy, loss, count } = await evaluateOnce(classExamination(model, test, showProgress));
      return `${(100 * accuracy).toFixed(2)} % of ${count} test examples are right, loss ${loss.toFixed(4)}`;
    },
  };
}

/** It may take long, and what is learned is in its file by then. */
function sayTried(): void {
  console.log("trying it on what is held back (--no-test leaves this out; Ctrl+C ends it, and the file stays)");
}

/** Of each class, but for a long list. */
function sizesOf({ classes, classSizes }: DataSet): string {
  const named = classes.slice(0, 20).map((one, i) => `${one} ${classSizes[i]}`);
  return `${named.join(", ")}${classes.length > 20 ? ", …" : ""}`;
}

/** How long it kept its lane, and on how much road. */
export function driveText({ examination: { roads, seconds }, drive }: Pick<DrivingReport, "examination" | "drive">): string {
  return `${(100 * drive.inLane).toFixed(1)} % of the time in the lane, on ${roads} roads for ${seconds} s each: ${(drive.way / 1000).toFixed(1)} km, ${drive.hits} collisions`;
}

function roadLesson(graph: Graph, { seed, augment, mean, std, test }: LessonOptions): Lesson {
  const picture = pictureOf(graph);
  const road = roadOf(graph, picture, { mean, std }, checkLearningSeed(seed));
  const { steering, throttle } = road.outputs;
  checkUsage(() => checkHarmless(augment, "the road"));
  return {
    title: `pictures of the road (steering: '${steering.name}', throttle: '${throttle.name}')`,
    begin: async () => drivingLesson(road, augment && changesOfSeen(augment, road.set.picture, seed)),
    async check() {},
    async examine(model) {
      if (!test) return undefined;
      sayTried();
      const report = await evaluateOnce(drivingExamination(model, picture, { mean, std }, shortExamination, showProgress));
      const each = Object.entries(report.errors).map(([name, error]) => `${name} ${error.toFixed(4)}`);
      return `mean squared errors: ${each.join(", ")}; ${driveText(report)} (a short drive: \`evaluate\` lets it drive longer)`;
    },
  };
}
