// The engine's side of an element's training: takes steps, tells how good the network is, and keeps its weights. Loaded when training is asked for.
import { MetricsOf } from "../../data-sets/metrics.ts";
import { Order } from "../../data-sets/order.ts";
import { ModelError } from "../../engine/errors.ts";
import { Scorer } from "../../engine/scorer.ts";
import { readModel } from "../../engine/source.ts";
import type { Trainer } from "../../engine/trainer.ts";
import { aborted } from "../session/session.ts";
import type { Viewer } from "../viewer.ts";
import { readExamples, type TrainingData } from "./data.ts";
import type { Begun, Evaluated, HeldBackPicture, Kept, Stepped, TrainAnswers, TrainRequest } from "./request.ts";
import { Worst } from "./worst.ts";

const purpose = "train";
/** Pictures that are scored at once. */
const scoredAtOnce = 50;

/** @throws Error that says why it cannot learn; then nothing does */
export async function answerTraining(viewer: Viewer, request: TrainRequest): Promise<TrainAnswers[TrainRequest["do"]]> {
  if (request.do === "begin" || request.do === "end") {
    viewer.kept.get(purpose)?.dispose();
    viewer.kept.delete(purpose);
    return request.do === "begin" ? begin(viewer, request) : undefined;
  }
  const learner = viewer.kept.get(purpose);
  // It is gone with the network that it was of.
  if (!(learner instanceof Learner) || learner.id !== request.id) throw aborted();
  if (request.do === "step") return learner.step(request.count, request.rate);
  if (request.do === "evaluate") return learner.evaluate();
  if (request.do === "keep") return learner.keep();
  if (request.do === "picture") return learner.picture(request.index);
  return learner.look(request.bytes);
}

async function begin(viewer: Viewer, request: Extract<TrainRequest, { do: "begin" }>): Promise<Begun> {
  const { model } = viewer;
  const { wish, preparation, from, id } = request;
  const data = await readExamples(viewer, wish, preparation);
  if (from) await model.setParameters(await readModel(from.bytes));
  const { optimizer, batch, seed, freeze } = wish;
  const frozen = freeze === undefined ? undefined : (name: string) => new RegExp(freeze).test(name);
  const trainer = await model.trainer({ optimizer, batch, seed, frozen });
  try {
    const scorer = await Scorer.make(model, { batch: Math.min(scoredAtOnce, data.test.length) });
    const learner = new Learner(viewer, { trainer, scorer, data, id, stepsBefore: from?.steps ?? 0, seed });
    const { classes } = data.train;
    if (scorer.classes === undefined || classes.length > scorer.classes) {
      learner.dispose();
      throw new ModelError(
        `the pictures have ${classes.length} classes, but the network has ${scorer.classes ?? "several scores for each picture, not one for each class"}${scorer.classes === undefined ? "" : " scores"}.`,
      );
    }
    // What begins later has replaced it.
    viewer.kept.get(purpose)?.dispose();
    viewer.kept.set(purpose, learner);
    const { parameters, rate } = trainer;
    return { classes, classSizes: data.train.classSizes, heldBack: data.test.length, rate, steps: learner.steps, parameters };
  } catch (error) {
    trainer.dispose();
    throw error;
  }
}

interface LearnerParts {
  readonly id: number;
  readonly trainer: Trainer;
  readonly scorer: Scorer;
  readonly data: TrainingData;
  /** That the weights had taken before. */
  readonly stepsBefore: number;
  readonly seed: number;
}

class Learner {
  readonly id: number;
  readonly #viewer: Viewer;
  readonly #trainer: Trainer;
  readonly #scorer: Scorer;
  readonly #data: TrainingData;
  readonly #order: Order;
  readonly #stepsBefore: number;

  constructor(viewer: Viewer, { id, trainer, scorer, data, stepsBefore, seed }: LearnerParts) {
    this.id = id;
    this.#viewer = viewer;
    this.#trainer = trainer;
    this.#scorer = scorer;
    this.#data = data;
    this.#stepsBefore = stepsBefore;
    // What goes on does not see the same pictures again.
    this.#order = new Order(data.train.length, seed + stepsBefore);
  }

  get steps(): number {
    return this.#stepsBefore + this.#trainer.steps;
  }

  async step(count: number, rate: number): Promise<Stepped> {
    const trainer = this.#trainer;
    const started = performance.now();
    trainer.rate = rate;
    const losses: Promise<number>[] = [];
    for (let i = 0; i < count; i++) {
      const batch = this.#data.train.examples(this.#order.next(trainer.batch));
      // Where one step takes longer than a frame, frames are drawn between its pieces.
      if (count === 1) await trainer.stepInPieces(batch);
      else trainer.step(batch);
      losses.push(trainer.readLoss());
    }
    return { losses: await Promise.all(losses), steps: this.steps, ms: performance.now() - started };
  }

  async evaluate(): Promise<Evaluated> {
    const { test } = this.#data;
    const scorer = this.#scorer;
    const { length } = scorer;
    const metrics = new MetricsOf(length);
    const worst = new Worst(length);
    const { steps } = this;
    for (let first = 0; first < test.length; first += scorer.batch) {
      const count = Math.min(scorer.batch, test.length - first);
      const { inputs, targets } = test.examples(Array.from({ length: count }, (_, i) => first + i));
      const scores = await scorer.scores(inputs, count);
      metrics.add(scores, targets);
      worst.add(scores, targets, first);
    }
    const mistakes = worst.found.map(({ index, ...mistake }) => ({ ...mistake, ...test.pictureAt(index) }));
    return { steps, ...metrics.result, mistakes };
  }

  async keep(): Promise<Kept> {
    return { steps: this.steps, bytes: (await this.#viewer.model.toOnnx()) as Uint8Array<ArrayBuffer> };
  }

  picture(index: number): HeldBackPicture {
    return this.#data.test.pictureAt(index % this.#data.test.length);
  }

  async look(bytes: Uint8Array): Promise<undefined> {
    await this.#viewer.model.setParameters(await readModel(bytes));
    return undefined;
  }

  dispose(): void {
    this.#trainer.dispose();
    this.#scorer.dispose();
  }
}
