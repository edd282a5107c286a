// What a network learns from in a page, how good it is on what is held back, and which mistakes it makes. Where the engine is.

import { checkLearningSeed } from "../../data-sets/data-set.ts";
import { pixelsOf } from "../../data-sets/resized.ts";
import { classExamination, classLesson as learnClasses } from "../../lessons/classes.ts";
import { drivingExamination, drivingLesson, roadOf } from "../../lessons/driving.ts";
import type { BaseLesson, Examination } from "../../lessons/lesson.ts";
import type { Preparation } from "../preparation.ts";
import type { Viewer } from "../viewer.ts";
import { pictureOf, readExamples, setPreparation } from "./data.ts";
import type { Begun, Evaluated, HeldBackPicture, TrainWish } from "./request.ts";
import { Worst } from "./worst.ts";

export interface Lesson extends BaseLesson, Examination<Omit<Evaluated, "steps">> {
  readonly about: Pick<Begun, "kind" | "classes" | "count" | "heldBack" | "leftOut">;
  /** One of those held back; they begin anew after the last. */
  picture(index: number): HeldBackPicture;
}

/** A drive takes as long as its network computes: what is looked at meanwhile waits. */
const shortDrive = { pictures: 50, roads: 4, seconds: 8 };

/**
 * @param turn how many steps were taken before: what goes on sees what would have come
 * @throws Error that says what is wrong with the pictures, or why the network cannot learn from them
 */
export async function lessonOf(viewer: Viewer, wish: TrainWish, preparation: Preparation, turn: number): Promise<Lesson> {
  return wish.data === "road" ? roadLesson(viewer, wish, preparation, turn) : classLesson(viewer, wish, preparation, turn);
}

async function classLesson(viewer: Viewer, wish: TrainWish, preparation: Preparation, turn: number): Promise<Lesson> {
  const { train, test, isEndless, leftOut = 0 } = await readExamples(viewer, wish, preparation);
  const examination = await classExamination(viewer.model, test);
  const { seed, batch, rival } = wish;
  const other = rival && viewer.compared && (await classExamination(viewer.compared, test));
  const learning = await learnClasses(viewer.model.device, train, { isEndless, seed, seen: turn * batch }).catch((error: Error) => {
    examination.dispose();
    other?.dispose();
    throw error;
  });
  return {
    ...learning,
    about: { kind: "classes", classes: train.classes, count: isEndless ? undefined : train.length, heldBack: test.length, leftOut },
    async evaluate() {
      const worst = new Worst(examination.scores);
      const { count, ...measured } = await examination.evaluate((...some) => worst.add(...some));
      const mistakes = worst.found.map(({ index, ...mistake }) => ({ ...mistake, ...pixelsOf(test, index) }));
      return { ...measured, mistakes, rival: await other?.evaluate() };
    },
    picture: (index) => pixelsOf(test, index % test.length),
    dispose() {
      learning.dispose();
      examination.dispose();
      other?.dispose();
    },
  };
}

/** Two outputs that steer and drive: how good it is shows on the road. */
async function roadLesson(viewer: Viewer, { seed, batch, rival }: TrainWish, preparation: Preparation, turn: number): Promise<Lesson> {
  const { model } = viewer;
  const picture = pictureOf(viewer);
  const prepared = setPreparation(preparation, picture.channels);
  const examination = await drivingExamination(model, picture, prepared, shortDrive);
  const other = rival && viewer.compared && (await drivingExamination(viewer.compared, picture, prepared, shortDrive));
  const told = ({ errors, drive }: Awaited<ReturnType<typeof examination.evaluate>>) => ({
    loss: errors.steering + errors.throttle,
    accuracy: drive.inLane,
  });
  return {
    ...drivingLesson(roadOf(model.graph, picture, prepared, checkLearningSeed(seed)), undefined, turn * batch),
    about: { kind: "driving", classes: [], count: undefined, heldBack: shortDrive.pictures, leftOut: 0 },
    async evaluate() {
      const own = told(await examination.evaluate());
      return { ...own, confusion: [], mistakes: [], rival: other && told(await other.evaluate()) };
    },
    picture: (index) => pixelsOf(examination.set, index % shortDrive.pictures),
    dispose() {
      examination.dispose();
      other?.dispose();
    },
  };
}
