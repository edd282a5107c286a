// Of which scores a network can be explained, and which networks answer with one number, such as a driver's steering. Pure.
import { classCountOf, scoresType } from "../../engine/explanation.ts";
import type { TypedGraph } from "../../engine/graph/graph.ts";
import { isFloat } from "../../engine/tensor.ts";

interface Answering {
  readonly graph: TypedGraph;
  /** Those too that are computed after values were read back. */
  readonly outputs: readonly { readonly name: string }[];
}

export interface Scores {
  /** Undefined where there are several numbers for each class. */
  readonly count: number | undefined;
  /** What the answer is called where it is one number, and so no class. */
  readonly number: string | undefined;
}

function answerOf({ graph, outputs }: Answering): Scores {
  const later = outputs.find(({ name }) => !graph.types.has(name));
  if (later && !outputs.some(({ name }) => isFloat(graph.types.get(name)?.dtype ?? "bool")))
    throw new Error(
      `This network runs in stages, and its answer '${later.name}' is computed in a later one, from values that were read back from the GPU. No gradient leads from there to the picture, so there is nothing to explain.`,
    );
  const count = classCountOf(scoresType(graph));
  return { count, number: count === 1 ? graph.outputs.find((name) => isFloat(graph.types.get(name)?.dtype ?? "bool")) : undefined };
}

/**
 * The name of a network's answer, where that is one number: it is no class.
 *
 * @throws Error for a network in stages whose answer is computed in a later one
 */
export const oneNumber = (network: Answering): string | undefined => answerOf(network).number;

/** @returns undefined where nothing can be explained: who asks for an explanation is told why */
export function scoresOf(network: Answering): Scores | undefined {
  try {
    return answerOf(network);
  } catch {
    return undefined;
  }
}
