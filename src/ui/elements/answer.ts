// Answers how one element came about: its formula with the numbers of the frame that is on the GPU, and where in earlier values they come from.

import { type Field, formulaOf, receptiveField, type Step } from "../../engine/elements/index.ts";
import { ModelError, UnsupportedError } from "../../engine/errors.ts";
import type { Model } from "../../engine/model.ts";
import type { MapPoint } from "../mosaic/maps.ts";
import type { NetworkName } from "../session/session.ts";
import type { Viewer } from "../viewer.ts";
import { indexAt, type MapBox, mapBoxOf } from "./places.ts";
import { type BoxRead, readBoxes } from "./read-boxes.ts";

/** Of an element: a value, and a place of its maps. */
export interface ElementQuestion {
  readonly kind: "element";
  readonly value: string;
  readonly point: MapPoint;
  /** Of two networks the second, which the first is compared with. By default the first. */
  readonly network?: NetworkName | undefined;
}

/** Of an earlier value: what an element depends on. */
export interface FieldOnMaps extends MapBox {
  readonly value: string;
  /** Whether it is the smallest box; if not, the element depends on at most this. */
  readonly isExact: boolean;
}

export type ElementAnswer =
  /** Values that have to be kept before there is an answer. */
  | { readonly needs: readonly string[] }
  | {
      readonly needs?: undefined;
      /** In the value's own axes. */
      readonly index: readonly number[];
      /** What the GPU computed. */
      readonly element: number;
      /** How it is computed; none where `refusal` says why. */
      readonly steps: readonly Step[];
      readonly refusal: string | undefined;
      /** From the value just before to the network's input. */
      readonly fields: readonly FieldOnMaps[];
    };

/** Of an element that there is not, or that cannot be read. */
const unread = { index: [], element: Number.NaN, steps: [], fields: [] };

/** Everything an answer is read from. */
type Source = Pick<Viewer, "device" | "model" | "compared" | "axes">;

/** @throws ModelError for a value or a place that there is not */
export async function answerElement(source: Source, { value, point, network }: ElementQuestion): Promise<ElementAnswer> {
  const { device, axes, compared } = source;
  if (network === "compare" && !compared) throw new ModelError("network 'compare': there is no second network.");
  const model = (network === "compare" && compared) || source.model;
  const { graph } = model;
  const shapeOf = (name: string) => ({ shape: graph.types.get(name)?.shape ?? [], axes: axes.get(name) });
  const problem = model === compared && describeUnlike(source, value);
  if (problem) return { ...unread, refusal: problem };
  const index = indexAt(shapeOf(value), point);
  const end = index.map((one) => one + 1);
  const formula = await formulaFor(model, value, index);
  const boxes = new Map([[value, { begin: index, end }], ...(formula.found?.reads ?? [])]);
  const needs = [...boxes.keys()].filter((name) => !isKept(model, name));
  const missing = needs.find((name) => !source.model.graph.types.has(name));
  if (missing !== undefined) return { ...unread, refusal: `The first network has no '${missing}', so it is not kept in the second.` };
  if (needs.length > 0) return { needs };
  const reads = Array.from(boxes, ([name, box]): BoxRead => ({ value: model.value(name), box }));
  const elements = await readBoxes(device, reads);
  const parts = new Map([...boxes.keys()].map((name, i) => [name, elements[i] as Float64Array]));
  const fields = Array.from(receptiveField(graph, value, { begin: index, end }), ([name, field]: [string, Field]): FieldOnMaps => {
    return { value: name, isExact: field.isExact, ...mapBoxOf(shapeOf(name), field.begin, field.end) };
  });
  return {
    index,
    element: elements[0]?.[0] ?? Number.NaN,
    steps: formula.found?.evaluate(parts) ?? [],
    refusal: formula.refusal,
    fields,
  };
}

/** With the weights and the gates that the network computes with, where these are no longer the file's. */
async function formulaFor(model: Model, value: string, index: readonly number[]) {
  const { parameters } = model;
  const gated = await model.gatedGraph();
  const graph = gated?.graph ?? model.graph;
  const isHidden = (name: string): boolean => !model.graph.types.has(name);
  try {
    const constants = new Map(gated?.operands);
    const found = formulaOf(graph, value, index, { constants, isHidden });
    const read = new Set(found.nodes.flatMap(({ inputs }) => inputs));
    const changeable = parameters.filter(({ name }) => read.has(name));
    if (changeable.length === 0) return { found, refusal: undefined };
    await Promise.all(changeable.map(async ({ name }) => constants.set(name, await model.read(name))));
    return { found: formulaOf(graph, value, index, { constants, isHidden }), refusal: undefined };
  } catch (error) {
    if (error instanceof UnsupportedError) return { found: undefined, refusal: error.message };
    throw error;
  }
}

/** Why a value of the second network cannot be asked for by a place in the first's. */
function describeUnlike({ model, compared }: Source, value: string): string | undefined {
  const [own, other] = [model, compared].map((one) => one?.graph.types.get(value)?.shape);
  if (!other) return `The second network has no value called '${value}'.`;
  if (String(own) === String(other)) return undefined;
  return `In the second network '${value}' has the shape ${other.join(" × ")}, so it has no such element.`;
}

function isKept(model: Model, name: string): boolean {
  const isEnd = [...model.inputs, ...model.outputs].some((one) => one.name === name);
  return isEnd || model.observed.includes(name);
}
