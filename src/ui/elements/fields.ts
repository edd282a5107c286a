// Answers which parts of earlier values an element depends on, and which element looks at a place of an earlier value. Both from the graph alone.
import { type Field, lookerAt, receptiveField } from "../../engine/elements/index.ts";
import type { TypedGraph } from "../../engine/graph/graph.ts";
import { type MapPoint, placeAxes } from "../mosaic/maps.ts";
import type { Viewer } from "../viewer.ts";
import { indexAt, type MapBox, mapBoxOf, type Shaped } from "./places.ts";

/** Of an element: a value, and a place of its maps. */
export interface FieldQuestion {
  readonly kind: "field";
  readonly value: string;
  readonly point: MapPoint;
}

/** Of an earlier value: what an element depends on. */
export interface FieldOnMaps extends MapBox {
  readonly value: string;
  /** Whether it is the smallest box; if not, the element depends on at most this. */
  readonly isExact: boolean;
}

/** Which element of a value looks at a place of an earlier one, as the window does whose middle is nearest to it. */
export interface LookerQuestion {
  readonly kind: "looker";
  readonly value: string;
  /** Its channel is the one that is looked for. */
  readonly from: MapPoint;
  /** The earlier value. */
  readonly source: string;
  readonly point: MapPoint;
}

type Source = Pick<Viewer, "model" | "axes">;

/** From the value just before to the network's input. @throws ModelError for a value or a place that there is not */
export function answerField({ model: { graph }, axes }: Source, { value, point }: FieldQuestion): readonly FieldOnMaps[] {
  return fieldsOf(graph, axes, value, indexAt(shapedIn(graph, axes, value), point));
}

export function fieldsOf(graph: TypedGraph, axes: Source["axes"], value: string, index: readonly number[]): readonly FieldOnMaps[] {
  const fields = receptiveField(graph, value, { begin: index, end: index.map((one) => one + 1) });
  return Array.from(fields, ([name, { begin, end, isExact }]: [string, Field]) => {
    return { value: name, isExact, ...mapBoxOf(shapedIn(graph, axes, name), begin, end) };
  });
}

/** @returns undefined where the value does not depend on the other one */
export function answerLooker({ model: { graph }, axes }: Source, { value, from, source, point }: LookerQuestion): MapPoint | undefined {
  const [own, earlier] = [shapedIn(graph, axes, value), shapedIn(graph, axes, source)];
  const pairs = pairsOf(own, earlier);
  const index = lookerAt(graph, value, indexAt(own, from), { value: source, index: indexAt(earlier, point) }, pairs);
  if (!index) return undefined;
  const { channels, y, x } = mapBoxOf(
    own,
    index,
    index.map((one) => one + 1),
  );
  return { channel: channels[0], y: y[0], x: x[0] };
}

/** Rows with rows and columns with columns, from the last of each. */
function pairsOf(own: Shaped, earlier: Shaped): readonly (readonly [number, number])[] {
  const [a, b] = [own, earlier].map(({ shape, axes }) => {
    const { rows, columns } = placeAxes(shape, axes);
    return { rows: inside(rows, shape).toReversed(), columns: inside(columns, shape).toReversed() };
  });
  return (["rows", "columns"] as const).flatMap((axes) => {
    const others = b?.[axes] ?? [];
    return (a?.[axes] ?? []).flatMap((axis, i) => (others[i] === undefined ? [] : [[axis, others[i]] as const]));
  });
}

/** A value without columns has an axis of them behind its last. */
function inside(axes: readonly number[], shape: readonly number[]): readonly number[] {
  return axes.filter((axis) => axis < shape.length);
}

export function shapedIn(graph: TypedGraph, axes: Source["axes"], name: string): Shaped {
  return { shape: graph.types.get(name)?.shape ?? [], axes: axes.get(name) };
}
