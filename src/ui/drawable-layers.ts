// Which values of a network can be drawn, and which are worth drawing first. Pure.
import type { Axes } from "../engine/shapes.ts";
import type { DrawableLayer } from "./layers.ts";

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
