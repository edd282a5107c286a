// A second network that learns beside the first, on the same batches, with one thing about it that is another. Where the engine is.
import type { Model } from "../../engine/model.ts";
import type { PiecesOptions } from "../../engine/pieces.ts";
import type { Shape } from "../../engine/shapes.ts";
import { readModel } from "../../engine/source.ts";
import type { Trainer, TrainingBatch, TrainingOptions } from "../../engine/trainer.ts";
import { changeableIn, type Drawable, drawableOf, type Wanted } from "./drawn-weights.ts";
import type { Kept, RivalWish } from "./request.ts";
import { isRestored } from "./restored.ts";

/** Networks that have learned as a second one, and the seed of the weights that they had before; undefined for those of their file. */
const learned = new WeakMap<Model, number | undefined>();

/** Brings a network back to the weights that it had before it learned as a second one. */
export async function forgetLearned(model: Model): Promise<void> {
  if (!learned.has(model)) return;
  const blank = learned.get(model);
  learned.delete(model);
  await beginWith(model, blank);
}

/** @param blank the seed of random weights; those of its file where undefined */
function beginWith(model: Model, blank: number | undefined): Promise<void> {
  return blank === undefined ? model.restore() : model.reinitialize(blank);
}

export class Rival {
  readonly model: Model;
  readonly #trainer: Trainer;
  /** Where it is another than the first has. */
  readonly #rate: number | undefined;
  /** Whether it goes on as if it had not stopped. */
  isRestored = false;
  #isOver = false;

  /**
   * @param options those of the first
   * @param from where it goes on; what is kept from before the first step may be of another second network, so that it begins anew as `wish` says
   */
  static async make(model: Model, wish: RivalWish, options: TrainingOptions, from: Kept | undefined): Promise<Rival> {
    const { rival = undefined } = from && from.steps > 0 ? from : {};
    learned.set(model, wish.blank);
    if (rival) await model.setParameters(await readModel(rival));
    else await beginWith(model, wish.blank);
    const { optimizer = options.optimizer } = wish;
    const trainer = await model.trainer({ ...options, optimizer });
    const one = new Rival(model, wish, trainer);
    try {
      one.isRestored = await isRestored(trainer, rival && from?.checkpoints?.rival);
    } catch (error) {
      trainer.dispose();
      throw error;
    }
    return one;
  }

  private constructor(model: Model, wish: RivalWish, trainer: Trainer) {
    this.model = model;
    this.#trainer = trainer;
    this.#rate = wish.rate ?? (wish.optimizer === undefined ? undefined : trainer.rate);
  }

  /**
   * @param rate of the first; another optimiser has the rate that is usual for it
   * @param share what the rate is multiplied by in this step
   * @param pieces how it is taken in pieces; at once where absent
   * @returns the loss; none once it is over
   */
  async step(
    batch: TrainingBatch,
    { rate, share }: { readonly rate: number; readonly share: number },
    pieces?: PiecesOptions,
  ): Promise<Promise<number>[]> {
    const trainer = this.#trainer;
    if (this.#isOver) return [];
    trainer.rate = (this.#rate ?? rate) * share;
    if (pieces) await trainer.stepInPieces(batch, pieces);
    else trainer.step(batch);
    // In a list, so that nobody waits for it yet.
    return [trainer.readLoss()];
  }

  /** It has come apart: it learns no more, and its weights are worth nothing. What was kept of it before can be looked at. */
  end(): void {
    this.#isOver = true;
    this.#trainer.dispose();
  }

  async keep(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#isOver) return undefined;
    return (await this.model.toOnnx()) as Uint8Array<ArrayBuffer>;
  }

  /** Shapes of its parameters by their names, or of those that learn alone; none once it is over. */
  async changeable(onlyLearning: boolean): Promise<ReadonlyMap<string, Shape> | undefined> {
    if (this.#isOver) return undefined;
    return changeableIn((await this.model.changeable()).list, onlyLearning ? this.#trainer : undefined);
  }

  async drawable(wanted: Wanted): Promise<Drawable | undefined> {
    return this.#isOver ? undefined : drawableOf(this.model, this.#trainer, wanted);
  }

  async checkpoint(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#isOver ? undefined : this.#trainer.checkpoint();
  }

  /** @param checkpoint where it is to go on with these weights */
  async look(bytes: Uint8Array, checkpoint?: Uint8Array): Promise<void> {
    if (!(await isRestored(this.#trainer, checkpoint))) await this.model.setParameters(await readModel(bytes));
  }

  dispose(): void {
    this.#trainer.dispose();
  }
}
