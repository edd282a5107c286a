// The engine's side of an element's training: takes steps, tells how good the network is, and keeps its weights. Loaded when training is asked for.
import { sameShape } from "../../engine/shapes.ts";
import { readModel } from "../../engine/source.ts";
import type { LayerSummary } from "../../engine/summary.ts";
import type { Trainer } from "../../engine/trainer.ts";
import { layerWeights, storedAs } from "../kernels/layer-weights.ts";
import { aborted } from "../session/session.ts";
import type { Viewer } from "../viewer.ts";
import { forgetExamples } from "./data.ts";
import { changeableIn, drawableOf, setDrawable } from "./drawn-weights.ts";
import { type Lesson, lessonOf } from "./lesson.ts";
import type { Begun, Evaluated, ExamplePicture, Kept, Stepped, TrainAnswers, TrainRequest } from "./request.ts";
import { type Rest, restOf } from "./rest.ts";
import { isRestored } from "./restored.ts";
import { forgetLearned, Rival } from "./rival.ts";
import { shareAt } from "./schedule.ts";
import { type WeightTiles, weightTilesOf } from "./weight-tiles.ts";

type StepRequest = Extract<TrainRequest, { do: "step" }>;
type LookRequest = Extract<TrainRequest, { do: "look" }>;
type DrawRequest = Extract<TrainRequest, { do: "draw" }>;

const purpose = "train";

/** @throws Error that says why it cannot learn; then nothing does */
export async function answerTraining(
  viewer: Viewer,
  request: TrainRequest,
  rows: readonly LayerSummary[] = [],
): Promise<TrainAnswers[TrainRequest["do"]]> {
  if (request.do === "rest") return void restOf(viewer).note();
  if (request.do === "begin" || request.do === "end") {
    viewer.kept.get(purpose)?.dispose();
    viewer.kept.delete(purpose);
    if (request.do === "begin") return begin(viewer, request);
    forgetExamples(viewer);
    if (viewer.compared) await forgetLearned(viewer.compared);
    if (request.from) await viewer.model.setParameters(await readModel(request.from.bytes));
    return undefined;
  }
  const learner = viewer.kept.get(purpose);
  // It is gone with the network that it was of.
  if (!(learner instanceof Learner) || learner.id !== request.id) throw aborted();
  if (request.do === "step") return learner.step(request);
  if (request.do === "evaluate") return learner.evaluate();
  if (request.do === "keep") return learner.keep(request.isToGoOn);
  if (request.do === "picture") return learner.picture(request.index);
  if (request.do === "draw") return learner.draw(request, rows);
  return learner.look(request);
}

async function begin(viewer: Viewer, { wish: asked, preparation, from, id }: Extract<TrainRequest, { do: "begin" }>): Promise<Begun> {
  const { model } = viewer;
  const stepsBefore = from?.steps ?? 0;
  // A second one that has come apart learns no more.
  const wish = stepsBefore > 0 && !from?.rival ? { ...asked, rival: undefined } : asked;
  const { optimizer, batch, seed, freeze } = wish;
  const place = new Place();
  viewer.kept.set(purpose, place);
  const rest = restOf(viewer);
  await rest.rested();
  place.check();
  if (viewer.compared && !wish.rival) await forgetLearned(viewer.compared);
  place.check();
  if (wish.rival && !viewer.compared) throw new Error("train-rival: there is no second network. Name one with `compare`, such as blank:2.");
  const lesson = await lessonOf(viewer, wish, preparation, stepsBefore);
  try {
    const graph = from && (await readModel(from.bytes));
    place.check();
    if (graph) await model.setParameters(graph);
    const pattern = freeze === undefined ? undefined : new RegExp(freeze);
    const options = { ...lesson.options, optimizer, batch, seed, frozen: pattern && ((name: string) => pattern.test(name)) };
    const trainer = await model.trainer(options);
    // What is usual, and not that of the last step.
    const { parameters, rate } = trainer;
    let rival: Rival | undefined;
    try {
      let goesOn = await isRestored(trainer, from?.checkpoints?.own);
      if (wish.rival && viewer.compared && !place.isGone) rival = await Rival.make(viewer.compared, wish.rival, options, from);
      goesOn &&= rival?.isRestored !== false;
      place.check();
      viewer.kept.set(purpose, new Learner(viewer, { trainer, rival, lesson, rest, id, stepsBefore: stepsBefore - trainer.steps }));
      return { ...lesson.about, rate, steps: stepsBefore, parameters, isRestored: goesOn };
    } catch (error) {
      trainer.dispose();
      rival?.dispose();
      throw error;
    }
  } catch (error) {
    lesson.dispose();
    throw error;
  }
}

/** Stands for a learner that is being prepared. It is disposed of when another one begins, training ends, or the network goes. */
class Place {
  #isGone = false;

  get isGone(): boolean {
    return this.#isGone;
  }

  /** @throws AbortError once it was disposed of */
  check(): void {
    if (this.#isGone) throw aborted();
  }

  dispose(): void {
    this.#isGone = true;
  }
}

/** Numbers that are on their way. Where something else fails first, nobody waits for them. */
class Pending {
  readonly #numbers: Promise<number>[] = [];

  add(...some: readonly Promise<number>[]): void {
    for (const one of some) one.catch(() => {});
    this.#numbers.push(...some);
  }

  get all(): Promise<readonly number[]> {
    return Promise.all(this.#numbers);
  }
}

interface LearnerParts {
  readonly id: number;
  readonly trainer: Trainer;
  readonly rival: Rival | undefined;
  readonly lesson: Lesson;
  readonly rest: Rest;
  /** That the weights had taken before the trainer's first. */
  readonly stepsBefore: number;
}

class Learner {
  readonly id: number;
  readonly #viewer: Viewer;
  readonly #trainer: Trainer;
  readonly #rival: Rival | undefined;
  readonly #lesson: Lesson;
  readonly #rest: Rest;
  readonly #stepsBefore: number;

  constructor(viewer: Viewer, { id, trainer, rival, lesson, rest, stepsBefore }: LearnerParts) {
    this.id = id;
    this.#viewer = viewer;
    this.#trainer = trainer;
    this.#rival = rival;
    this.#lesson = lesson;
    this.#rest = rest;
    this.#stepsBefore = stepsBefore;
  }

  get steps(): number {
    return this.#stepsBefore + this.#trainer.steps;
  }

  async step({ count, rate, schedule }: StepRequest): Promise<Stepped> {
    const trainer = this.#trainer;
    const [lesson, rest] = [this.#lesson, this.#rest];
    await rest.rested();
    const begun = rest.clock;
    // Where one step takes longer than a frame, frames are drawn between its pieces.
    const pieces = count === 1 ? { between: () => rest.rested() } : undefined;
    const [losses, rivalLosses] = [new Pending(), new Pending()];
    for (let i = 0; i < count; i++) {
      const batch = lesson.batch(lesson.sequence.next(trainer.batch));
      // Of all steps, those before this trainer's, too.
      const share = shareAt(schedule, this.steps + 1);
      trainer.rate = rate * share;
      if (pieces) await trainer.stepInPieces(batch, pieces);
      else trainer.step(batch);
      losses.add(trainer.readLoss());
      if (this.#rival) rivalLosses.add(...(await this.#rival.step(batch, { rate, share }, pieces)));
    }
    const [own, others] = [await losses.all, await rivalLosses.all];
    if (others.some((loss) => !Number.isFinite(loss))) this.#endRival();
    return { losses: own, rivalLosses: others, steps: this.steps, ms: rest.clock - begun };
  }

  async evaluate(): Promise<Evaluated> {
    const [{ steps }, rest] = [this, this.#rest];
    await rest.rested();
    const begun = rest.clock;
    return { steps, ...(await this.#lesson.evaluate()), ms: rest.clock - begun };
  }

  #endRival(): void {
    this.#rival?.end();
    this.#lesson.endRival();
  }

  async keep(isToGoOn: boolean): Promise<Kept> {
    const bytes = (await this.#viewer.model.toOnnx({ classes: this.#lesson.about.classes })) as Uint8Array<ArrayBuffer>;
    const kept = { steps: this.steps, bytes, rival: await this.#rival?.keep() };
    if (!isToGoOn) return kept;
    return { ...kept, checkpoints: { own: await this.#trainer.checkpoint(), rival: await this.#rival?.checkpoint() } };
  }

  picture(index: number): ExamplePicture {
    return this.#lesson.picture(index);
  }

  async look({ kept: { bytes, rival, checkpoints }, isToGoOn }: LookRequest): Promise<undefined> {
    // A file may store weights rounded: those that it goes on with lie in full in its checkpoint.
    const exact = isToGoOn ? checkpoints : undefined;
    if (!(await isRestored(this.#trainer, exact?.own))) await this.#viewer.model.setParameters(await readModel(bytes));
    if (rival) await this.#rival?.look(rival, exact?.rival);
    return undefined;
  }

  /** Makes weights known to what draws them. */
  async draw({ part, values, since }: DrawRequest, rows: readonly LayerSummary[]): Promise<readonly WeightTiles[]> {
    const { model, axes } = this.#viewer;
    const trainer = this.#trainer;
    const { network, list } = await model.changeable();
    const known = changeableIn(list, part === "gradient" ? trainer : undefined);
    const shared = await this.#rival?.changeable(part === "gradient");
    const tiles = (part === "maps" ? [] : values).flatMap((value) => {
      const found = layerWeights(model.graph, rows, axes, value);
      const weight = found && storedAs(network.file.nodes, found.weight);
      const shape = weight === undefined ? undefined : known.get(weight);
      const one = found && weight && shape && weightTilesOf(value, { ...found, weight });
      return one ? [{ ...one, isShared: sameShape(shared?.get(one.weight) ?? [], shape) }] : [];
    });
    const drawable = await drawableOf(model, trainer, { part, tiles, since: since?.bytes });
    const both = tiles.filter(({ isShared }) => isShared);
    const second = await this.#rival?.drawable({ part, tiles: both, since: since?.rival });
    setDrawable(model, Object.assign(drawable, { second }));
    return tiles;
  }

  dispose(): void {
    this.#trainer.dispose();
    this.#rival?.dispose();
    this.#lesson.dispose();
  }
}
