// Chooses numbers for the extents that a file leaves open, by what their axes are. Loaded for files with open extents besides the batch.
import { ModelError } from "../engine/errors.ts";
import { GraphEdit } from "../engine/graph/edit.ts";
import type { Graph, GraphInput } from "../engine/graph/graph.ts";
import { trackAxes } from "../engine/graph/track-axes.ts";
import { inspectModel } from "../engine/inspect.ts";
import type { Axes } from "../engine/shapes.ts";
import type { ShapedInspection, ShapeOptions } from "./input-shapes.ts";

type Shapes = ReadonlyMap<string, readonly number[]>;

/** Height and width where nothing suggests others. */
const usualSide = 224;

/** Frames or slices where nothing suggests another number. */
const usualDepth = 16;

/** What axes an input may have, by rank: the first that agrees with what is known is taken. */
const usualAxes: readonly (readonly Axes[])[] = [[""], ["c"], ["nc"], ["chw", "hwc", "ncw"], ["nchw", "nhwc"], ["ncdhw"]];

/** Multiples that the strides of networks commonly need. */
const multiples = [2, 4, 8, 16, 32, 64, 128];

/** See `inspectWithShapes`. */
export async function inspectOpen(graph: Graph, options: ShapeOptions): Promise<ShapedInspection> {
  const axes = axesOfInputs(graph);
  const shapes = fixShapes(graph, axes, options);
  const inspect = async (chosen: Shapes): Promise<ShapedInspection> => {
    const inputShapes = Object.fromEntries(chosen);
    return { ...(await inspectModel(graph, { inputShapes })), inputShapes };
  };
  const inspection = await inspect(shapes);
  if (inspection.obstacles.length === 0) return inspection;
  for (const multiple of multiples) {
    const rounded = roundSizes(graph, axes, shapes, multiple);
    if (!rounded) break;
    const other = await inspect(rounded);
    if (other.obstacles.length > 0) continue;
    const isChosen = !options.given?.length && !options.picture;
    return isChosen ? other : { ...inspection, obstacles: [describe(graph, shapes, rounded, multiple, options), ...inspection.obstacles] };
  }
  return inspection;
}

/** "512 × 333 does not suit this network's strides: sizes that are multiples of 32 do, such as --shape x=1,3,320,512." */
function describe(graph: Graph, shapes: Shapes, rounded: Shapes, multiple: number, { option }: ShapeOptions): string {
  const changed = graph.inputs.filter(({ name }) => String(shapes.get(name)) !== String(rounded.get(name)));
  const advice = changed.map(({ name }) => formatGiven(option, name, rounded.get(name) ?? [])).join(" ");
  const [first] = changed;
  return `input '${first?.name}': [${shapes.get(first?.name ?? "")?.join(", ")}] does not suit the network's strides. Sizes that are multiples of ${multiple} do: give ${advice}.`;
}

/** As it is typed in that place. */
function formatGiven(option: string, name: string, shape: readonly number[]): string {
  return option.startsWith("--") ? `${option} ${name}=${shape.join(",")}` : `${option}="${name}=${shape.join(",")}"`;
}

function fixShapes(graph: Graph, axes: ReadonlyMap<string, Axes>, { given = [], picture, option }: ShapeOptions): Shapes {
  const shapes = new Map(typeof given === "string" ? parseShapes(given, graph, option) : given);
  /** Extents by the name that a file gives them: inputs of one height have one height. */
  const symbols = new Map<string, number>();
  for (const [name, shape] of shapes) checkGiven(graph, name, shape, symbols, option);
  for (const input of graph.inputs) {
    const { name, shape } = input;
    if (shapes.has(name) || shape.every((extent) => typeof extent === "number")) continue;
    const letters = axes.get(name) ?? "";
    const usual = (letter: string | undefined): number => {
      if (letter === "h") return picture?.height ?? usualSide;
      if (letter === "w") return (letters.includes("h") && picture?.width) || usualSide;
      if (letter === "d") return usualDepth;
      if (letter === "c" && letters.length > 2) return channelsRead(graph, name) ?? (letters.includes("h") ? 3 : 1);
      return 1;
    };
    const fixed = shape.map((extent, axis) => {
      if (typeof extent === "number") return extent;
      const known = symbols.get(extent) ?? usual(letters[axis]);
      symbols.set(extent, known);
      return known;
    });
    shapes.set(name, fixed);
  }
  return shapes;
}

function parseShapes(text: string, graph: Graph, option: string): [name: string, shape: number[]][] {
  return text
    .trim()
    .split(/\s+/)
    .map((part) => {
      const at = part.lastIndexOf("=");
      const name = at < 0 ? (graph.inputs[0]?.name ?? "") : part.slice(0, at);
      const extents = part.slice(at + 1).split(",");
      if (!extents.every((extent) => /^\d+$/.test(extent)))
        throw new ModelError(`${option} '${part}': expected whole numbers with commas, such as 1,3,480,640 or ${name || "x"}=1,3,480,640.`);
      return [name, extents.map(Number)];
    });
}

function checkGiven(graph: Graph, name: string, shape: readonly number[], symbols: Map<string, number>, option: string): void {
  const input = graph.inputs.find((one) => one.name === name);
  if (!input)
    throw new ModelError(
      `${option}: there is no input '${name}'. The inputs are ${graph.inputs.map((one) => `'${one.name}'`).join(", ")}.`,
    );
  const fits = (extent: number | string, axis: number) => typeof extent === "string" || extent === shape[axis];
  if (shape.length !== input.shape.length || !input.shape.every(fits))
    throw new ModelError(`${option}: input '${name}' is [${input.shape.join(", ")}], and [${shape.join(", ")}] does not fit it.`);
  for (const [axis, extent] of input.shape.entries()) if (typeof extent === "string") symbols.set(extent, shape[axis] as number);
}

/** What the axes of every input are: as the network's convolutions tell, else as is usual for such extents. */
function axesOfInputs(graph: Graph): ReadonlyMap<string, Axes> {
  const tracked = trackAxes(graph);
  return new Map(graph.inputs.map((input) => [input.name, axesOf(input, tracked.get(input.name))]));
}

function axesOf({ shape }: GraphInput, tracked: Axes = "_".repeat(shape.length)): Axes {
  if (!tracked.includes("_")) return tracked;
  const agrees = (axes: Axes) => [...axes].every((letter, axis) => tracked[axis] === "_" || tracked[axis] === letter);
  const candidates = (usualAxes[shape.length] ?? []).filter(agrees);
  const isColor = (extent: number | string | undefined) => extent === 1 || extent === 3 || extent === 4;
  const isPlausible = (axes: Axes) => isColor(shape[axes.indexOf("c")]);
  // With three axes and a free first one, the first is more likely a batch of sequences than channels.
  const fallback = shape.length === 3 && typeof shape[0] === "string" ? candidates.find((axes) => axes.startsWith("n")) : undefined;
  return candidates.find(isPlausible) ?? fallback ?? candidates[0] ?? tracked;
}

/** Operators on the way from an input to its first convolution that leave the number of channels alone. */
const channelKeepers = new Set(
  "Identity Cast Transpose Unsqueeze Squeeze Add Sub Mul Div Clip Relu Pad Resize Upsample Dropout BatchNormalization".split(" "),
);

/** Channels that the first convolution behind an input reads. */
function channelsRead(graph: Graph, input: string): number | undefined {
  const edit = new GraphEdit(graph);
  const seen = new Set([input]);
  for (const value of seen)
    for (const { operator, inputs, outputs, attributes } of edit.readers(value)) {
      const weights = operator === "Conv" && inputs[0] === value ? graph.initializers.get(inputs[1] ?? "") : undefined;
      if (weights) return (weights.shape[1] ?? 1) * Number(attributes.get("group") ?? 1);
      if (channelKeepers.has(operator)) for (const output of outputs) seen.add(output);
    }
  return undefined;
}

/** Free heights, widths and depths as multiples, at least one of each; undefined where none is free or all are multiples already. */
function roundSizes(graph: Graph, axes: ReadonlyMap<string, Axes>, shapes: Shapes, multiple: number): Shapes | undefined {
  const rounded = graph.inputs.flatMap(({ name, shape }) => {
    const fixed = shapes.get(name);
    if (!fixed) return [];
    const isSize = (axis: number) => typeof shape[axis] === "string" && "dhw".includes(axes.get(name)?.[axis] ?? "_");
    const next = fixed.map((extent, axis) => (isSize(axis) ? Math.max(1, Math.round(extent / multiple)) * multiple : extent));
    return [[name, next, shape.some((_, axis) => isSize(axis))] as const];
  });
  if (!rounded.some(([, , hasSize]) => hasSize)) return undefined;
  return new Map(rounded.map(([name, shape]) => [name, shape]));
}
