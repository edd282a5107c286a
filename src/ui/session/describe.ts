// What a network has to show, or why it cannot run.
import type { Graph } from "../../engine/graph/graph.ts";
import { entryOf } from "../../engine/records.ts";
import { type Axes, denseStrides } from "../../engine/shapes.ts";
import { hasRandomWeights } from "../blank.ts";
import { findClassScores } from "../classes.ts";
import { defaultLayers, drawableLayers } from "../drawable-layers.ts";
import { findPictureInput } from "../image-view.ts";
import { inspectWithShapes, type ShapedInspection } from "../input-shapes.ts";
import type { Description, Refusal } from "./session.ts";

export interface Graphs {
  readonly graph: Graph;
  readonly compared?: Graph | undefined;
  /** Of random weights that the second one computes with in place of its own. */
  readonly seed?: number | undefined;
  /** Why there is no second one, where one is wanted that cannot be read. */
  readonly problem?: string;
}

export interface Loaded extends Graphs {
  readonly inputShapes: Readonly<Record<string, readonly number[]>>;
  /** What the axes of values are that may lie otherwise than NCHW. */
  readonly axes: ReadonlyMap<string, Axes>;
  readonly classScores: string | undefined;
}

/** The first network, whether it can run or not. */
export interface Inspected extends ShapedInspection {
  readonly graph: Graph;
}

/** @returns what the page is told, and, where the network can run, what a viewer is made from */
export async function describe(
  { graph, compared, seed, problem }: Graphs,
  given: string | undefined,
): Promise<{ readonly description: Description | Refusal; readonly inspected: Inspected; readonly loaded?: Loaded }> {
  const inspected = { graph, ...(await inspectWithShapes(graph, { given, option: "input-shape" })) };
  const { summary, obstacles, inputShapes, ...known } = inspected;
  if (obstacles.length > 0) return { description: { obstacles, layers: summary.layers }, inspected };
  const inputs = graph.inputs.map(({ name, dtype, shape: open }) => {
    const shape = entryOf(inputShapes, name) ?? (open as readonly number[]);
    return { name, dtype, shape, strides: denseStrides(shape), axes: known.axes.get(name) };
  });
  const { input: image, view } = findPictureInput(inputs) ?? {};
  // What it was taken for as a picture, it is on the page, too.
  if (image && view?.axes && view.axes !== "nchw") image.axes = view.axes;
  const axes = image?.axes ? new Map(known.axes).set(image.name, image.axes) : known.axes;
  const layers = drawableLayers(inputs, summary.layers);
  return {
    description: {
      layers,
      defaults: defaultLayers(layers),
      imageInput: image?.name,
      isBlank: hasRandomWeights(graph),
      problem,
    },
    inspected: { ...inspected, axes },
    loaded: { graph, compared, seed, inputShapes, axes, classScores: findClassScores(graph.outputs, summary.layers) },
  };
}
