// Answers how one element came about: its formula with the numbers of the frame that is on the GPU, and where in earlier values they come from.

import { type DenseStep, formulaOf, originsOf, type Step } from "../../engine/elements/index.ts";
import { ModelError, UnsupportedError } from "../../engine/errors.ts";
import type { TypedGraph } from "../../engine/graph/graph.ts";
import type { Model } from "../../engine/model.ts";
import type { MapPoint } from "../mosaic/maps.ts";
import type { NetworkName } from "../session/session.ts";
import type { Viewer } from "../viewer.ts";
import { type FieldOnMaps, fieldsOf, shapedIn } from "./fields.ts";
import { indexAt } from "./places.ts";
import { type BoxRead, readBoxes } from "./read-boxes.ts";

/** Of an element: a value, and a place of its maps. */
export interface ElementQuestion {
  readonly kind: "element";
  readonly value: string;
  readonly point: MapPoint;
  /** Of two networks the second, which the first is compared with. By default the first. */
  readonly network?: NetworkName | undefined;
}

/** An element, in the value's own axes. */
export interface Origin {
  readonly value: string;
  readonly index: readonly number[];
}

export interface Answered {
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
  /** Of the inputs of a dense layer whose products are largest: which one, and where it was computed before it became one of a vector. */
  readonly origins: readonly (readonly [input: number, origin: Origin])[];
}

export type ElementAnswer =
  /** Values that have to be kept before there is an answer. */
  { readonly needs: readonly string[] } | Answered;

/** Of an element that there is not, or that cannot be read. */
const unread = { index: [], element: Number.NaN, steps: [], fields: [], origins: [] };

/** Inputs of a dense layer that are led back to where they were computed. */
const mostOrigins = 200;

/** Everything an answer is read from. */
type Source = Pick<Viewer, "device" | "model" | "compared" | "axes">;

/** @throws ModelError for a value or a place that there is not */
export async function answerElement(source: Source, { value, point, network }: ElementQuestion): Promise<ElementAnswer> {
  const { device, axes, compared } = source;
  if (network === "compare" && !compared) throw new ModelError("network 'compare': there is no second network.");
  const model = (network === "compare" && compared) || source.model;
  const { graph } = model;
  const problem = model === compared && describeUnlike(source, value);
  if (problem) return { ...unread, refusal: problem };
  const index = indexAt(shapedIn(graph, axes, value), point);
  const end = index.map((one) => one + 1);
  const formula = await formulaFor(model, value, index);
  const boxes = new Map([[value, { begin: index, end }], ...(formula.found?.reads ?? []), ...(formula.computed ?? [])]);
  const needs = [...boxes.keys()].filter((name) => !isKept(model, name));
  const missing = needs.find((name) => !source.model.graph.types.has(name));
  if (missing !== undefined) return { ...unread, refusal: `The first network has no '${missing}', so it is not kept in the second.` };
  if (needs.length > 0) return { needs };
  const reads = Array.from(boxes, ([name, box]): BoxRead => ({ value: model.value(name), box }));
  const elements = await readBoxes(device, reads);
  const parts = new Map([...boxes.keys()].map((name, i) => [name, elements[i] as Float64Array]));
  const steps = formula.found?.evaluate(parts) ?? [];
  return {
    index,
    element: elements[0]?.[0] ?? Number.NaN,
    steps,
    refusal: formula.refusal,
    fields: fieldsOf(graph, axes, value, index),
    origins: steps[0]?.kind === "dense" ? originsIn(graph, steps[0]) : [],
  };
}

function originsIn(graph: TypedGraph, { inputs, products }: DenseStep): Answered["origins"] {
  const originOf = originsOf(graph);
  const sizes = products.map(Math.abs);
  const largest = Array.from(products, (_, i) => i).sort((a, b) => (sizes[b] as number) - (sizes[a] as number));
  return largest
    .slice(0, mostOrigins)
    .map((i) => [i, originOf({ value: inputs.value, index: inputs.start.with(inputs.axis, i) })] as const);
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
    const read = parameters.flatMap(({ name }) => {
      const box = found.constants.get(name);
      return box ? [[name, box] as const] : [];
    });
    if (read.length === 0) return { found, refusal: undefined };
    // Only the GPU knows those that runs update; of them is read, like of values, what the formula needs.
    const computed = read.filter(([name]) => !model.constant(name));
    for (const [name] of read) {
      const known = model.constant(name);
      if (known) constants.set(name, known);
    }
    return { found: formulaOf(graph, value, index, { constants, isHidden }), computed, refusal: undefined };
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
