// What `train` lets a network learn from, and how right it is afterwards, in words.
import { type Augmentation, changesOfSeen, checkHarmless } from "../data-sets/augment.ts";
import { checkLearningSeed, type DataSet, type NumbersSet, type Preparation } from "../data-sets/data-set.ts";
import type { Metrics } from "../data-sets/metrics.ts";
import { ModelError } from "../engine/errors.ts";
import type { Device } from "../engine/gpu/device.ts";
import type { Graph } from "../engine/graph/graph.ts";
import type { Model } from "../engine/model.ts";
import type { Trainer } from "../engine/trainer.ts";
import { checkClasses, checkSeveralClasses, classExamination, classLesson as learnClasses } from "../lessons/classes.ts";
import { type DrivingReport, drivingExamination, drivingLesson, roadOf, shortExamination } from "../lessons/driving.ts";
import { type BaseLesson, evaluateOnce } from "../lessons/lesson.ts";
import { answersOf, type NumbersReport, numbersExamination, numbersLesson, numbersOf } from "../lessons/numbers.ts";
import { answersByClass, otherAnswers, unusedScores } from "../lessons/unused-scores.ts";
import { countOf } from "../ui/count-of.ts";
import { labelsInMetadata } from "../ui/hints/labels.ts";
import { networkClassesOf } from "./network-classes.ts";
import { showProgress } from "./output.ts";
import { type Decoded, NoneHeldBack } from "./read-pictures.ts";
import { formatTable } from "./table.ts";
import { type DataOptions, hasNumbers, hasTestPart, isRoad, pictureOf, readDataSet } from "./training-data.ts";
import { checkUsage } from "./usage.ts";

export interface Lesson {
  /** What there is to learn from, in words. */
  readonly title: string;
  /** How many examples make an epoch; absent where they have no end. */
  readonly length?: number;
  /** What the classes are called, where they or those of the file are more than their numbers. */
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
  const decoded: Decoded = new Map();
  const network = await networkClassesOf(graph);
  const set = await readDataSet(data, "train", { picture: pictureOf(graph), mean, std, seed, decoded, network });
  if (!hasNumbers(set)) checkSeveralClasses(set, `--data '${data}': `);
  const test = await heldBackOf(set, { decoded, network }, options);
  if (hasNumbers(set)) return numbersLessonOf(graph, set, test && hasNumbers(test) ? test : undefined, options);
  return classLesson(graph, set, test && !hasNumbers(test) ? test : undefined, options);
}

/** What is held back, where anything is: read before the first step, so that what is wrong with it is told while nothing is lost. */
async function heldBackOf(
  { picture }: DataSet | NumbersSet,
  known: Pick<DataOptions, "decoded" | "network">,
  { data, mean, std, seed, test }: LessonOptions,
): Promise<DataSet | NumbersSet | undefined> {
  if (!test || !hasTestPart(data)) return undefined;
  return readDataSet(data, "test", { picture, mean, std, seed, ...known, isRepeated: true }).catch((error: Error) => {
    if (error instanceof NoneHeldBack) return undefined;
    throw error;
  });
}

function numbersLessonOf(
  graph: Graph,
  set: NumbersSet,
  heldBack: NumbersSet | undefined,
  { seed, shuffle, augment, test }: LessonOptions,
): Lesson {
  checkHarmless(augment, "a list of numbers");
  const outputs = answersOf(graph.outputs, set.columns);
  const each = set.columns.length / outputs.length;
  return {
    title: `${countOf(set.length, "example")} (${set.columns.join(", ")})`,
    length: set.length,
    begin: (device) => numbersLesson(device, set, { outputs, seed, isShuffled: shuffle, augmentation: augment }),
    async check(trainer) {
      const { shape, size } = await trainer.readScores();
      const found = size / (shape[0] ?? 1);
      if (found !== each) throw new ModelError(`${numbersOf(set.columns)}, but '${outputs[0]}' answers with ${found}.`);
    },
    async examine(model) {
      if (!heldBack) return test ? nothingHeldBack : undefined;
      sayTried();
      return numbersText(await evaluateOnce(numbersExamination(model, heldBack, { onProgress: showProgress })));
    },
  };
}

export function numbersText({ count, errors }: NumbersReport): string {
  const each = errors.map((one) => `${one.column} ${one.meanSquared.toPrecision(4)} (${one.meanAbsolute.toPrecision(4)} away in the mean)`);
  return `mean squared errors of ${countOf(count, "picture")}: ${each.join(", ")}`;
}

/** Which classes it takes for which. @param confusion by its scores, of which there may be more than classes */
export function confusionText(confusion: Metrics["confusion"], classes: readonly string[]): string {
  const rows = answersByClass(confusion, classes.length);
  const titles = [...classes, otherAnswers].slice(0, rows[0]?.length);
  return formatTable(
    [{ title: "is, taken for" }, ...titles.map((title) => ({ title, alignRight: true }))],
    rows.map((row, i) => [classes[i] as string, ...row.map(String)]),
  );
}

/** Whether classes are called more than their numbers, as those of an IDX file are. */
function hasNames(classes: readonly string[]): boolean {
  return classes.some((name, i) => name !== String(i));
}

/** What classes are called: where they have numbers alone, as the model's file says, if it has a name for each. */
export function namesOf({ classes }: Pick<DataSet, "classes">, { metadata }: Pick<Graph, "metadata">): readonly string[] {
  const named = hasNames(classes) ? undefined : labelsInMetadata(metadata);
  return named?.length === classes.length ? named : classes;
}

function classLesson(
  { metadata }: Graph,
  set: DataSet,
  heldBack: DataSet | undefined,
  { data, seed, shuffle, augment, test }: LessonOptions,
): Lesson {
  const isEndless = data === "shapes";
  return {
    title: isEndless ? `pictures of ${set.classes.length} kinds of shapes` : `${countOf(set.length, "example")} (${sizesOf(set)})`,
    ...(!isEndless && { length: set.length }),
    // Numbers take the place of names that the file has: those are of what it learned before.
    ...((hasNames(set.classes) || labelsInMetadata(metadata)) && { classes: set.classes }),
    guessing: Math.log(set.classes.length),
    begin: (device) => learnClasses(device, set, { isEndless, seed, isShuffled: shuffle, augmentation: augment }),
    async check(trainer) {
      const { shape } = await trainer.readScores();
      const [, scores = 1] = shape;
      checkClasses(set, scores);
      if (heldBack) checkClasses(heldBack, scores, "what is held back: ");
      const warning = unusedScores({ classes: set.classes.filter((_, label) => (set.classSizes[label] ?? 0) > 0), scores });
      if (warning) console.error(`convcam: ${warning}`);
    },
    async examine(model) {
      if (!heldBack) return test ? nothingHeldBack : undefined;
      sayTried();
      const { accuracy, loss, count } = await evaluateOnce(classExamination(model, heldBack, { onProgress: showProgress }));
      return `${(100 * accuracy).toFixed(2)} % of ${countOf(count, "test example")} ${count === 1 ? "is" : "are"} right, loss ${loss.toFixed(4)}`;
    },
  };
}

const nothingHeldBack = "nobody says how good it is: no picture is held back";

/** It may take long, and what is learned is in its file by then. */
function sayTried(): void {
  console.log("trying it on what is held back (--no-test leaves this out; Ctrl+C ends it, and the file stays)");
}

/** Of each class, but for a long list. */
function sizesOf({ classes, classSizes }: DataSet): string {
  const named = classes.flatMap((one, i) => (classSizes[i] ? [`${one} ${classSizes[i]}`] : []));
  return `${named.slice(0, 20).join(", ")}${named.length > 20 ? ", …" : ""}`;
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
      const report = await evaluateOnce(drivingExamination(model, picture, { mean, std }, shortExamination, { onProgress: showProgress }));
      const each = Object.entries(report.errors).map(([name, error]) => `${name} ${error.toFixed(4)}`);
      return `mean squared errors: ${each.join(", ")}; ${driveText(report)} (a short drive: \`evaluate\` lets it drive longer)`;
    },
  };
}
