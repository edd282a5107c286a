// Answers what a network's file says, or lets guess, of the pictures that it takes and of its classes.
import { sizeOf } from "../../engine/shapes.ts";
import { findClassScores } from "../classes.ts";
import type { LayerRow } from "../drawable-layers.ts";
import { findImageInput } from "../image-input.ts";
import type { Viewer } from "../viewer.ts";
import { type GuessedPreparation, guessPreparation } from "./guess.ts";
import { labelsInMetadata } from "./labels.ts";
import type { PictureInput } from "./presets.ts";

export interface NetworkHints {
  /** The input that takes the picture, with its preparation; undefined where there is none. */
  readonly input: (PictureInput & GuessedPreparation & { readonly name: string }) | undefined;
  /** Names of classes that the file holds. */
  readonly labels: readonly string[] | undefined;
  /** How many classes the network tells apart, where an output is taken for their scores. */
  readonly classCount: number | undefined;
  /** Whether its outputs are boxes on the picture, with classes and scores. */
  readonly hasBoxes: boolean;
}

/** @param rows the network's nodes */
export function answerHints({ model, axes }: Pick<Viewer, "model" | "axes">, rows: readonly LayerRow[], hasBoxes = false): NetworkHints {
  const { graph, outputs } = model;
  const found = findImageInput(model, axes);
  const scores = findClassScores(
    outputs.map(({ name }) => name),
    rows,
  );
  const shape = outputs.find(({ name }) => name === scores)?.shape;
  const classCount = shape && sizeOf(shape);
  const labels = labelsInMetadata(graph.metadata);
  if (!found) return { input: undefined, labels, classCount, hasBoxes };
  const { name, dtype, view } = found;
  const { width, height, channels } = view;
  const guess = guessPreparation({
    graph,
    input: { name, dtype, channels },
    outputs: outputs.map(({ name: one, shape: extents = [] }) => ({ name: one, shape: extents })),
  });
  return { input: { name, dtype, width, height, channels, ...guess }, labels, classCount, hasBoxes };
}
