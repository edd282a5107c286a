// Answers what a network's file says, or lets guess, of the pictures that it takes and of its classes.
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
  /** How many classes the network tells apart, as far as an output's shape says. */
  readonly classCount: number | undefined;
}

export function answerHints({ model, axes }: Pick<Viewer, "model" | "axes">): NetworkHints {
  const { graph, outputs } = model;
  const found = findImageInput(model, axes);
  const [first] = outputs;
  const classCount = Math.max(...(first?.shape ?? [0]));
  const isList = first?.shape.every((extent) => extent === 1 || extent === classCount) && classCount > 1;
  const labels = labelsInMetadata(graph.metadata);
  if (!found) return { input: undefined, labels, classCount: isList ? classCount : undefined };
  const { name, dtype, view } = found;
  const { width, height, channels } = view;
  const guess = guessPreparation({ graph, input: { name, dtype, channels }, outputs });
  return { input: { name, dtype, width, height, channels, ...guess }, labels, classCount: isList ? classCount : undefined };
}
