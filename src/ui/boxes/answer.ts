// Reads the boxes that a network has answered with, and the picture that they are of: on the engine's side.

import type { Graph } from "../../engine/graph/graph.ts";
import type { Model, NamedType } from "../../engine/model.ts";
import { denseStrides } from "../../engine/shapes.ts";
import { findImageInput } from "../image-input.ts";
import { findPictureInput } from "../image-view.ts";
import { picturePixels } from "../input-pixels.ts";
import type { Viewer } from "../viewer.ts";
import { decodeBoxes } from "./decode.ts";
import { type Detector, readsOf, recogniseDetector } from "./recognise.ts";
import { type BoxesAnswer, type BoxesQuery, usualThreshold } from "./request.ts";

type Shown = Pick<Viewer, "model" | "axes">;

const unknown = "It cannot be told which of this network's outputs are boxes, so none are drawn.";

/** @param file the network as its file has it */
export async function answerBoxes(
  shown: Shown,
  file: Graph,
  { threshold = usualThreshold, preparation }: BoxesQuery,
): Promise<BoxesAnswer> {
  const { model } = shown;
  const input = findImageInput(model, shown.axes);
  const detector = await detectorOf(shown, file);
  if (!input || !detector)
    return { reason: input ? unknown : "None of this network's inputs takes a picture that boxes could be drawn on." };
  const names = readsOf(detector);
  // All of one frame: the reads are submitted together.
  const [picture, ...outputs] = await Promise.all([preparation && model.read(input.name), ...names.map((name) => model.read(name))]);
  const values = new Map(
    outputs.map((tensor, i) => [names[i] as string, { shape: tensor?.shape ?? [], numbers: tensor?.toNumbers() ?? [] }]),
  );
  const { width, height } = input.view;
  const boxes = decodeBoxes(detector, { values, picture: { width, height }, threshold });
  if ("reason" in boxes) return boxes;
  const view =
    picture && findPictureInput([{ ...picture, name: "", strides: denseStrides(picture.shape), axes: shown.axes.get(input.name) }])?.view;
  const pixels = picture && preparation && view && picturePixels(picture.toNumbers(), view, preparation, picture.dtype);
  return { boxes, width, height, pixels };
}

/** Whether the network's outputs are boxes on its picture. Where shapes hang on what is computed, that is found out. */
export async function hasBoxes(shown: Shown, file: Graph): Promise<boolean> {
  return findImageInput(shown.model, shown.axes) !== undefined && (await detectorOf(shown, file).catch(() => undefined)) !== undefined;
}

/** Those that were recognised, by network. */
const recognised = new WeakMap<Model, Detector>();

async function detectorOf(shown: Shown, file: Graph): Promise<Detector | undefined> {
  const detector = recognised.get(shown.model) ?? (await recognise(shown, file));
  if (detector) recognised.set(shown.model, detector);
  return detector;
}

async function recognise({ model, axes }: Shown, { metadata, nodes }: Graph): Promise<Detector | undefined> {
  const picture = findImageInput(model, axes)?.view;
  const open = model.outputs.find(({ shape }) => shape === undefined);
  // With it all outputs have shapes.
  if (open) await model.read(open.name);
  return (
    picture && recogniseDetector({ outputs: model.outputs as readonly NamedType[], picture, metadata, nodes, types: model.graph.types })
  );
}
