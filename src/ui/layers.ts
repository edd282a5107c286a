// Which values of a network can be drawn, and which are worth drawing first. Pure.
import type { Axes } from "../engine/shapes.ts";

/** The facts about a layer that {@link drawableLayers} needs; a row of a model's summary has them. */
export interface LayerRow {
  readonly name: string;
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** undefined where it is not known. */
  readonly shape: readonly number[] | undefined;
  /** undefined where it is as usual, or not known. */
  readonly axes?: Axes | undefined;
  readonly isView: boolean;
  readonly continuesLayer: boolean;
}

/** A value that can be drawn. */
export interface DrawableLayer {
  /** The value's name. */
  readonly value: string;
  /** The operator that computes it, or "Input". */
  readonly operator: string;
  readonly shape: readonly number[];
  /** Its axes, where they are not NCHW, NCL or NC. */
  readonly axes?: Axes | undefined;
  /** The picture is the same as its input's, in another shape. */
  readonly isView: boolean;
  /** Whether its only reader continues its layer. In a chain Conv, BatchNormalization, Relu this holds for the first two. */
  readonly isInsideLayer: boolean;
}

/** Every value with at least one axis, inputs first, in the order of execution. */
export function drawableLayers(
  inputs: readonly { readonly name: string; readonly shape: readonly number[]; readonly axes?: Axes | undefined }[],
  rows: readonly LayerRow[],
): DrawableLayer[] {
  const first = inputs.map(({ name, shape, axes }) => ({
    value: name,
    operator: "Input",
    shape,
    axes,
    isView: false,
    isInsideLayer: false,
  }));
  const readers = new Map<string, LayerRow[]>();
  for (const row of rows)
    for (const name of new Set(row.inputs)) {
      const known = readers.get(name);
      if (known) known.push(row);
      else readers.set(name, [row]);
    }
  const rest = rows.flatMap(({ operator, outputs, shape, axes, isView }) => {
    const [value] = outputs;
    if (!value || !shape) return [];
    const [reader, other] = readers.get(value) ?? [];
    return [{ value, operator, shape, axes, isView, isInsideLayer: reader?.continuesLayer === true && !other }];
  });
  return [...first, ...rest].filter(({ shape }) => shape.length > 0 && shape.every((extent) => extent > 0));
}

/**
 * The ends of chains such as Conv, BatchNormalization, Relu. Where there are more than `limit` of them: the input, the first
 * layer and the last one of each resolution, then others evenly between.
 */
export function defaultLayers(layers: readonly DrawableLayer[], limit = 12): string[] {
  const ends = layers.filter(({ isView, isInsideLayer }) => !isView && !isInsideLayer);
  if (ends.length <= limit) return ends.map(({ value }) => value);
  const resolution = ({ shape, axes }: DrawableLayer) =>
    (axes ? shape.filter((_, axis) => "dhw".includes(axes[axis] as string)) : shape.slice(2)).join();
  const lastOf = new Map(ends.map((end) => [resolution(end), end]));
  const landmarks = ends.filter((end, i) => i < 2 || lastOf.get(resolution(end)) === end);
  const chosen = new Set(pickEvenly(landmarks, limit));
  const others = ends.filter((end) => !chosen.has(end));
  for (const end of pickEvenly(others, limit - chosen.size)) chosen.add(end);
  return ends.filter((end) => chosen.has(end)).map(({ value }) => value);
}

/** At most `count` items, first and last among them. */
function pickEvenly<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.round((i * (items.length - 1)) / Math.max(1, count - 1))] as T);
}

/** What one panel shows: a value, or two values drawn into the same tiles. */
export interface LayerChoice {
  readonly value: string;
  readonly compare?: string;
  /** What the value's axes are, where somebody said so. */
  readonly axes?: Axes;
}

/**
 * Reads a list such as `conv_1, pool_1`, for two branches in one mosaic `a_add+b_add`, or, to say how a value lies, `conv_1@nhwc`:
 * one letter per axis, see {@link Axes}. The picture that a network looks at
 * is shown channel by channel where its axes are given.
 *
 * @returns the choices, and the names that are no values of this network
 */
export function parseLayerChoices(text: string, known: ReadonlySet<string>): { choices: LayerChoice[]; unknown: string[] } {
  const choices: LayerChoice[] = [];
  const unknown: string[] = [];
  for (const item of text.split(",").map((part) => part.trim())) {
    if (item === "") continue;
    const choice = readChoice(item, known);
    if (choice) choices.push(choice);
    else unknown.push(item);
  }
  return { choices, unknown };
}

/** Names may hold a plus sign or an at sign. */
function readChoice(item: string, known: ReadonlySet<string>): LayerChoice | undefined {
  if (known.has(item)) return { value: item };
  const [, rest, axes] = /^(.+)@([ncdhw_]+)$/.exec(item) ?? [];
  if (rest && axes) {
    const choice = readChoice(rest, known);
    return choice && { ...choice, axes };
  }
  const [value = "", compare] = item.split("+");
  return compare !== undefined && known.has(value) && known.has(compare) ? { value, compare } : undefined;
}

/**
 * The layers that the attribute names, or a choice of ours.
 *
 * @param text a list as {@link parseLayerChoices} reads it, or "all"; empty for the choice of ours, `defaults`
 * @throws Error where no name of the list is known
 */
export function chooseLayers(
  text: string,
  layers: readonly DrawableLayer[],
  defaults: readonly string[],
): { choices: readonly LayerChoice[]; unknown: readonly string[] } {
  const known = new Set(layers.map(({ value }) => value));
  if (text === "all") return { choices: [...known].map((value) => ({ value })), unknown: [] };
  const { choices, unknown } = parseLayerChoices(text, known);
  if (unknown.length > 0 && choices.length === 0) {
    const some = [...known].slice(0, 12).join(", ");
    throw new Error(`layers: this network has no value '${unknown[0]}'. It has ${some}${known.size > 12 ? ", …" : ""}.`);
  }
  return { choices: choices.length > 0 ? choices : defaults.map((value) => ({ value })), unknown };
}
