// Brings a network's weights to those that a scene wants.
import type { Model } from "../engine/model.ts";
import { type ModelSource, naming, readModel } from "../engine/source.ts";
import { hasRandomWeights } from "./blank.ts";

/** Which weights a network computes with: those of its file where nothing is given. */
export interface Weights {
  /** Another one whenever something of this changes, for a file that went to a worker cannot be compared. */
  readonly id: number;
  /** The seed of random weights. They come before `parameters`. */
  readonly blank?: number | undefined;
  /** Another file of the same network. */
  readonly parameters?: ModelSource | undefined;
}

export interface WeightsChange {
  /** Whether they are known to be random; undefined where they are the network's own. */
  readonly isBlank?: boolean;
  readonly problem?: string;
}

/**
 * The first time the network is planned anew. What is wrong with the weights is a problem of the result. Those before hold then; but where these are
 * of a seed that nobody wants any more, the network's own.
 */
export async function changeWeights(model: Model, { blank, parameters }: Weights, before: Omit<Weights, "id">): Promise<WeightsChange> {
  try {
    if (blank !== undefined) {
      await model.reinitialize(blank);
      return { isBlank: true };
    }
    if (parameters === undefined) {
      await model.restore();
      return {};
    }
    const graph = await readModel(parameters);
    await naming(parameters, () => model.setParameters(graph));
    return { isBlank: hasRandomWeights(graph) };
  } catch (error) {
    const isSeeded = before.blank !== undefined && blank === undefined;
    if (isSeeded) await model.restore();
    return { problem: `The weights ${isSeeded ? "are the network's own" : "stay as they were"}: ${(error as Error).message}` };
  }
}
