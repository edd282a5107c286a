// Tells which outputs of a network hold boxes, by their shapes, their names and what its file says: docs/detection.md has the rules. What no rule fits
// is not taken for boxes. Pure.
import type { Node, ValueType } from "../../engine/graph/graph.ts";
import { type DataType, isFloat } from "../../engine/tensor.ts";
import { labelsInMetadata } from "../hints/labels.ts";

/** How four numbers are a box. */
export type Corners = "left top right bottom" | "top left bottom right" | "center width height";

export type Detector =
  /** A box, a score and a class for each thing that was found. */
  | {
      readonly kind: "lists";
      readonly boxes: string;
      readonly scores: string;
      readonly labels: string | undefined;
      readonly count: string | undefined;
      readonly corners: Corners;
    }
  /** Boxes and scores of all places, and which of them NonMaxSuppression has kept. */
  | { readonly kind: "selected"; readonly boxes: string; readonly scores: string; readonly selected: string; readonly corners: Corners }
  /** A row for each place, which nobody has suppressed yet: center, width and height in pixels, perhaps how sure it is of a thing, and a score of each class. */
  | {
      readonly kind: "places";
      readonly rows: string;
      readonly isTransposed: boolean;
      readonly hasObjectness: boolean;
      readonly classes: number;
    }
  /** A row for each thing: its corners in pixels, its score, its class. */
  | { readonly kind: "things"; readonly rows: string };

export interface OutputType {
  readonly name: string;
  readonly dtype: DataType;
  readonly shape: readonly number[];
}

export interface NetworkToRecognise {
  readonly outputs: readonly OutputType[];
  /** What the network gets. */
  readonly picture: { readonly width: number; readonly height: number };
  readonly metadata: ReadonlyMap<string, string>;
  readonly nodes: readonly Node[];
  /** Of values, as far as they are known before a run. */
  readonly types: ReadonlyMap<string, Pick<ValueType, "shape">>;
}

const saysBoxes = /box/i;
const saysScores = /score|conf|prob/i;
const saysLabels = /label|class/i;
const saysCount = /^num/i;
const saysPlaces = /ind(ex|ices)|keep|_ids?$|batch/i;
/** As TensorFlow's detection networks call them; their rows come first. */
const ofTensorflow = /(?<!raw_)detection_boxes/i;

/** The most rows of a list of things: what has more is a list of places. */
const mostThings = 1000;

/** @returns undefined where it cannot be told */
export function recogniseDetector(network: NetworkToRecognise): Detector | undefined {
  return recogniseSelected(network) ?? recogniseLists(network) ?? recogniseRows(network);
}

function recogniseLists(network: NetworkToRecognise): Detector | undefined {
  const { outputs, metadata } = network;
  const all = outputs.filter(({ dtype, shape }) => isFloat(dtype) && isListOf(shape, 4));
  const named = all.length > 1 ? all.filter(({ name }) => saysBoxes.test(name)) : all;
  // TensorFlow's have those of all places beside those that were found.
  const found = named.filter(({ name }) => ofTensorflow.test(name));
  const [boxes, ...others] = found.length > 0 ? found : named;
  if (!boxes || others.length > 0) return undefined;
  const length = boxes.shape.slice(0, -1).join();
  const beside = outputs.filter(({ name, shape }) => shape.join() === length && !saysPlaces.test(name) && !saysCount.test(name));
  const floats = beside.filter(({ dtype }) => isFloat(dtype));
  const wholes = beside.filter(({ dtype }) => !isFloat(dtype) && dtype !== "bool");
  const labels = only(wholes) ?? only(beside.filter(({ name }) => saysLabels.test(name) && !saysScores.test(name)));
  const rest = floats.filter((one) => one !== labels);
  const scores = only(rest.filter(({ name }) => saysScores.test(name))) ?? (labels && only(rest));
  if (!scores || wholes.length > 1 || (labels && saysScores.test(labels.name))) return undefined;
  const isOfTensorflow = ofTensorflow.test(boxes.name);
  const told = cornersOfKept(boxes.name, network);
  if (!isOfTensorflow && !told && /tf2onnx|tensorflow/i.test(metadata.get("producer_name") ?? "")) return undefined;
  const count = outputs.find(({ name, shape }) => saysCount.test(name) && shape.every((extent) => extent === 1));
  const corners = isOfTensorflow ? "top left bottom right" : (told ?? "left top right bottom");
  return { kind: "lists", boxes: boxes.name, scores: scores.name, labels: labels?.name, count: count?.name, corners };
}

/** `[n, width]`, or `[1, n, width]`. */
function isListOf(shape: readonly number[], width: number): boolean {
  return shape.at(-1) === width && (shape.length === 2 || (shape.length === 3 && shape[0] === 1));
}

function only<T>(list: readonly T[]): T | undefined {
  return list.length === 1 ? list[0] : undefined;
}

function recogniseSelected({ outputs, nodes, metadata }: NetworkToRecognise): Detector | undefined {
  const known = new Map(outputs.map((output) => [output.name, output]));
  const sourceOf = sourcesIn(nodes, ({ operator }) => /^(Cast|Identity)$/.test(operator));
  for (const { name: selected, shape } of outputs) {
    const { node } = sourceOf(selected);
    if (node?.operator !== "NonMaxSuppression" || shape.at(-1) !== 3) continue;
    const [boxes = "", scores = ""] = node.inputs;
    if (!isListOf(known.get(boxes)?.shape ?? [], 4) || known.get(scores)?.shape.length !== 3) continue;
    return { kind: "selected", boxes, scores, selected, corners: cornersOf(node, metadata) };
  }
  return undefined;
}

/** What the boxes of a NonMaxSuppression are. */
function cornersOf({ attributes }: Node, metadata: NetworkToRecognise["metadata"]): Corners {
  if (Number(attributes.get("center_point_box") ?? 0) === 1) return "center width height";
  return /pytorch/i.test(metadata.get("producer_name") ?? "") ? "left top right bottom" : "top left bottom right";
}

/** How a list's boxes lie, where they are gathered from the very ones that a NonMaxSuppression reads. */
function cornersOfKept(list: string, { nodes, metadata, types }: NetworkToRecognise): Corners | undefined {
  const sourceOf = sourcesIn(
    nodes,
    (node) => /^(Cast|Identity|Gather|GatherND|Squeeze|Unsqueeze|Reshape|Flatten)$/.test(node.operator) && !takesColumns(node, types),
  );
  const all = sourceOf(list).name;
  const suppression = nodes.find(({ operator, inputs: [boxes = ""] }) => operator === "NonMaxSuppression" && sourceOf(boxes).name === all);
  return suppression && cornersOf(suppression, metadata);
}

/**
 * Whether a Gather or GatherND takes numbers of boxes rather than whole boxes, e.g. `boxes[..., [1, 0, 3, 2]]`: they may lie otherwise then.
 * Where the rank is not known it is taken for 2, that of a list.
 */
function takesColumns({ operator, inputs: [data = "", indices = ""], attributes }: Node, types: NetworkToRecognise["types"]): boolean {
  const last = (types.get(data)?.shape.length ?? 2) - 1;
  const axis = Number(attributes.get("axis") ?? 0);
  if (operator === "Gather") return axis === -1 || axis >= last;
  // What it takes are slices behind the axes that its indices tell.
  const told = Number(attributes.get("batch_dims") ?? 0) + (types.get(indices)?.shape.at(-1) ?? 1);
  return operator === "GatherND" && told > last;
}

/** Finds what a value is made of: it goes back through nodes that hand it on. */
function sourcesIn(nodes: readonly Node[], handsOn: (node: Node) => boolean) {
  const producers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const sourceOf = (name: string): { readonly name: string; readonly node: Node | undefined } => {
    const node = producers.get(name);
    return node && handsOn(node) ? sourceOf(node.inputs[0] ?? "") : { name, node };
  };
  return sourceOf;
}

function recogniseRows({ outputs, picture, metadata }: NetworkToRecognise): Detector | undefined {
  const task = metadata.get("task");
  if (task !== undefined && !/^(detect|segment)$/.test(task)) return undefined;
  const floats = outputs.filter(({ dtype, shape }) => isFloat(dtype) && shape.length === 3 && shape[0] === 1);
  const masks = outputs.find(({ shape }) => shape.length === 4 && shape[0] === 1)?.shape[1] ?? 0;
  const counts = placeCounts(picture);
  const names = labelsInMetadata(metadata)?.length;
  const isLikely = (classes: number) => classes >= 1 && (names === undefined || names === classes);
  for (const { name: rows, shape } of floats) {
    const [, first = 0, last = 0] = shape;
    const beyond = task === "segment" || (task === undefined && floats.length === 1) ? masks : 0;
    if (counts.includes(last) && isLikely(first - 4 - beyond))
      return { kind: "places", rows, isTransposed: true, hasObjectness: false, classes: first - 4 - beyond };
    if (counts.some((count) => first === 3 * count) && isLikely(last - 5 - beyond))
      return { kind: "places", rows, isTransposed: false, hasObjectness: true, classes: last - 5 - beyond };
  }
  const list = only(floats);
  const isOfPlaces = list && counts.some((count) => list.shape[1] === count || list.shape[1] === 3 * count);
  if (list?.shape[2] === 6 && (list.shape[1] ?? 0) <= mostThings && !isOfPlaces) return { kind: "things", rows: list.name };
  return undefined;
}

/** How many places the grids of such a network have, for the strides that are usual. */
function placeCounts({ width, height }: NetworkToRecognise["picture"]): readonly number[] {
  const cells = (strides: readonly number[]) => strides.reduce((sum, stride) => sum + (width / stride) * (height / stride), 0);
  return [cells([8, 16, 32]), cells([8, 16, 32, 64]), cells([16, 32])].filter(Number.isInteger);
}

/** The outputs that have to be read. */
export function readsOf(detector: Detector): readonly string[] {
  if ("rows" in detector) return [detector.rows];
  const { boxes, scores } = detector;
  const others = detector.kind === "selected" ? [detector.selected] : [detector.labels, detector.count];
  return [boxes, scores, ...others.filter((name) => name !== undefined)];
}
