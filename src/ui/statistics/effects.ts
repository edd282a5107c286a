// How much each channel of a value does for the score of a class: Σ activation · gradient over its places, which is what scaling the channel does
// to the score, to first order. Loaded when someone asks.
import { classCountOf, scoresType } from "../../engine/explanation.ts";
import { oneNumber } from "../explain/one-number.ts";
import { checkAsked } from "../explain/refusals.ts";
import { letGo, standbyFor } from "../standby.ts";
import type { Viewer } from "../viewer.ts";

export interface EffectsQuery {
  readonly kind: "effects";
  readonly value: string;
  /** By its index; the top one where absent. */
  readonly class?: number | undefined;
}

export interface Effects {
  /** The class that they are of. */
  readonly class: number;
  readonly classCount: number;
  /** What the answer is called where it is one number, and so no class. */
  readonly number: string | undefined;
  /** Of each channel. Above 0 it speaks for the class, below against it. */
  readonly effects: readonly number[];
}

/** Under which a viewer keeps the gradient. */
const purpose = "effects";

/** @throws Error that says why the network has no scores of classes, ModelError for a class that there is not */
export async function readEffects(viewer: Viewer, { value, class: wanted }: EffectsQuery): Promise<Effects> {
  const { model, classScores, kept } = viewer;
  const { graph } = model;
  const number = oneNumber(model);
  const asked = wanted ?? (number === undefined ? undefined : 0);
  checkAsked({ method: "importance", layer: value, class: asked }, { graph, classScores });
  // Of the same frame: both are copied before anything else is submitted.
  const reading = model.inputs.map(async (input) => [input.name, await model.read(input.name)] as const);
  const scores = asked === undefined ? model.read(classScores as string) : undefined;
  const [read, found] = await Promise.all([Promise.all(reading), scores]);
  const inputs = Object.fromEntries(read);
  const index = asked ?? largestOf(found?.toNumbers() ?? []);
  const own = standbyFor(kept, purpose, value, () => model.explain({ method: "importance", of: { class: index }, layer: value }));
  try {
    const explanation = await own.made;
    explanation.setClass(index);
    const channels = (await explanation.predict(inputs)).toFloat32();
    const count = viewer.sourceOf(value).view.channels;
    return { class: index, classCount: classCountOf(scoresType(graph)) ?? 1, number, effects: [...channels.subarray(0, count)] };
  } catch (error) {
    // What failed is prepared anew the next time.
    letGo(kept, purpose, own);
    throw error;
  }
}

function largestOf(numbers: readonly number[]): number {
  return numbers.reduce((best, one, i) => (one > (numbers[best] as number) ? i : best), 0);
}
