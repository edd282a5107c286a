// What a network learns from in a page, how good it is on what is held back, and which mistakes it makes. Where the engine is.

import { checkLearningSeed } from "../../data-sets/data-set.ts";
import { pixelsOf } from "../../data-sets/resized.ts";
import { ModelError } from "../../engine/errors.ts";
import type { Model } from "../../engine/model.ts";
import { classExamination, classLesson as learnClasses } from "../../lessons/classes.ts";
import { type DrivingReport, drivingExamination, drivingLesson, roadOf } from "../../lessons/driving.ts";
import type { BaseLesson, Examination } from "../../lessons/lesson.ts";
import type { Preparation } from "../preparation.ts";
import type { Viewer } from "../viewer.ts";
import { pictureOf, readExamples, setPreparation } from "./data.ts";
import type { Begun, Evaluated, ExamplePicture, TrainWish } from "./request.ts";
import { restOf } from "./rest.ts";
import { Worst } from "./worst.ts";

export interface Lesson extends BaseLesson, Examination<Omit<Evaluated, "steps" | "ms">> {
  readonly about: Pick<Begun, "kind" | "classes" | "scores" | "count" | "heldBack" | "leftOut" | "unread">;
  /** The second network has come apart: nobody asks how good it is. */
  endRival(): void;
  /** One of those held back, or where none is, of those learned from; they begin anew after the last. */
  picture(index: number): ExamplePicture;
}

/** Pictures that a network is tried on at once: whoever presses something waits for no more of them. */
const triedAtOnce = 10;
/** A drive takes as long as its network computes: what is looked at meanwhile waits. */
const shortDrive = { pictures: 50, roads: 4, seconds: 8 };

/**
 * @param turn how many steps were taken before: what goes on sees what would have come
 * @throws Error that says what is wrong with the pictures, or why the network cannot learn from them
 */
export async function lessonOf(viewer: Viewer, wish: TrainWish, preparation: Preparation, turn: number): Promise<Lesson> {
  return wish.data === "road" ? roadLesson(viewer, wish, preparation, turn) : classLesson(viewer, wish, preparation, turn);
}

/** Something that is made for a lesson. */
interface Part {
  dispose(): void;
}

/** @param make is given a function that keeps a part: it goes with the lesson, or where making the rest of it fails */
async function withParts(make: (keep: <P extends Part>(part: P) => P) => Promise<Omit<Lesson, "dispose">>): Promise<Lesson> {
  const parts: Part[] = [];
  const dispose = () => {
    for (const part of parts.splice(0)) part.dispose();
  };
  try {
    const lesson = await make((part) => {
      parts.push(part);
      return part;
    });
    return { ...lesson, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

async function classLesson(viewer: Viewer, wish: TrainWish, preparation: Preparation, turn: number): Promise<Lesson> {
  const { train, test, isEndless, leftOut = 0, unread } = await readExamples(viewer, wish, preparation);
  const { seed, batch, rival } = wish;
  const options = { between: () => restOf(viewer).rested(), batch: triedAtOnce };
  return withParts(async (keep) => {
    const examinationOf = async (model: Model) => {
      // It also checks that the network has a score for each class.
      const made = keep(await classExamination(model, test ?? train, options));
      if (!test) made.dispose();
      return made;
    };
    const examination = await examinationOf(viewer.model);
    let other = rival && viewer.compared && (await examinationOf(viewer.compared));
    const learning = keep(await learnClasses(viewer.model.device, train, { isEndless, seed, seen: turn * batch }));
    return {
      ...learning,
      about: {
        kind: "classes",
        classes: train.classes,
        scores: examination.scores,
        count: isEndless ? undefined : train.length,
        heldBack: test?.length ?? 0,
        leftOut,
        unread,
      },
      async evaluate() {
        if (!test) throw new ModelError("no picture is held back to try the network on.");
        const worst = new Worst(examination.scores);
        const { count, ...measured } = await examination.evaluate((...some) => worst.add(...some));
        const mistakes = worst.found.map(({ index, ...mistake }) => ({ ...mistake, ...pixelsOf(test, index) }));
        return { ...measured, mistakes, rival: await other?.evaluate() };
      },
      endRival() {
        other = undefined;
      },
      picture: (index) => pixelsOf(test ?? train, index % (test ?? train).length),
    };
  });
}

/** Two outputs that steer and drive: how good it is shows on the road. */
async function roadLesson(viewer: Viewer, { seed, batch, rival }: TrainWish, preparation: Preparation, turn: number): Promise<Lesson> {
  const { model } = viewer;
  const options = { between: () => restOf(viewer).rested(), batch: triedAtOnce };
  const picture = pictureOf(viewer);
  const prepared = setPreparation(preparation, picture.channels);
  const road = roadOf(model.graph, picture, prepared, checkLearningSeed(seed));
  const told = ({ errors, drive }: DrivingReport) => ({ loss: errors.steering + errors.throttle, accuracy: drive.inLane });
  return withParts(async (keep) => {
    const examination = keep(await drivingExamination(model, picture, prepared, shortDrive, options));
    let other = rival && viewer.compared && keep(await drivingExamination(viewer.compared, picture, prepared, shortDrive, options));
    return {
      ...drivingLesson(road, undefined, turn * batch),
      about: { kind: "driving", classes: [], count: undefined, heldBack: shortDrive.pictures, leftOut: 0 },
      async evaluate() {
        const own = told(await examination.evaluate());
        return { ...own, confusion: [], mistakes: [], rival: other && told(await other.evaluate()) };
      },
      endRival() {
        other = undefined;
      },
      picture: (index) => pixelsOf(examination.set, index % shortDrive.pictures),
    };
  });
}
