// Where an operator has kinks: places at which its slope jumps or is infinite, so that a central difference across them means nothing.
import { AttributeReader } from "../engine/graph/attributes.ts";
import type { Node } from "../engine/graph/graph.ts";
import { broadcastShapes, normalizeAxis, sizeOf } from "../engine/shapes.ts";
import { isFloat } from "../engine/tensor.ts";
import { type NdArray, repeatTo } from "./array.ts";
import { readPool } from "./operators/pooling.ts";
import { axesFrom, rowsOf } from "./rows.ts";

type Inputs = readonly (NdArray | undefined)[];
type Places = (attributes: AttributeReader, inputs: Inputs) => readonly number[];

const atZero: Places = () => [0];

/** Of functions of one value, element by element. Also where the second derivative jumps, as it does in Elu. */
const places: Readonly<Record<string, Places>> = {
  Abs: atZero,
  Celu: atZero,
  GlobalLpPool: atZero,
  Clip: (attributes, inputs) =>
    [
      attributes.has("min") ? attributes.number("min") : inputs[1]?.data[0],
      attributes.has("max") ? attributes.number("max") : inputs[2]?.data[0],
    ].filter((bound) => bound !== undefined),
  Elu: atZero,
  HardSigmoid: (attributes) => {
    const [alpha, beta] = [attributes.number("alpha", 0.2), attributes.number("beta", 0.5)];
    return [-beta / alpha, (1 - beta) / alpha];
  },
  HardSwish: () => [-3, 3],
  LeakyRelu: atZero,
  Log: atZero,
  LpPool: atZero,
  Pow: atZero,
  PRelu: atZero,
  Reciprocal: atZero,
  ReduceL1: atZero,
  Relu: atZero,
  Selu: atZero,
  Shrink: (attributes) => [-attributes.number("lambd", 0.5), attributes.number("lambd", 0.5)],
  Softsign: atZero,
  Sqrt: atZero,
  ThresholdedRelu: (attributes) => [attributes.number("alpha", 1)],
};

/** Operators that choose among the elements of one input: a largest or a smallest. */
const choosers = ["MaxPool", "GlobalMaxPool", "ReduceMax", "ReduceMin"];
/** Operators whose output is a step. */
const steps = ["Ceil", "Floor", "Round", "Sign"];

function kinkPlaces(node: Node, inputs: Inputs): readonly number[] {
  return places[node.operator]?.(new AttributeReader(node), inputs) ?? [];
}

/**
 * Which elements of a node's inputs lie within a distance of a kink: of a place where its slope jumps, or of another element that is as
 * large where it takes the largest.
 *
 * @returns per input 1 for those that do; `undefined` where none of the input's can
 */
export function nearKinks(node: Node, inputs: Inputs, distance: number): readonly (Uint8Array | undefined)[] {
  const [x, b] = inputs;
  if (node.operator === "Max" || node.operator === "Min") return rivalInputs(node, inputs as readonly NdArray[], distance);
  if (node.operator === "Div" && b) return [undefined, nearOf(b, [0], distance)];
  if (!x) return [];
  if (choosers.includes(node.operator)) return [rivals(rowsThatCompete(node, inputs), x.data, distance, node.operator === "ReduceMin")];
  const kinks = kinkPlaces(node, inputs);
  return kinks.length > 0 ? [nearOf(x, kinks, distance)] : [];
}

function nearOf({ data }: NdArray, kinks: readonly number[], distance: number): Uint8Array {
  const mask = new Uint8Array(data.length);
  for (const kink of kinks) for (let i = 0; i < data.length; i++) if (Math.abs((data[i] as number) - kink) <= distance) mask[i] = 1;
  return mask;
}

/** How many of the kinks each element lies above. */
function countBelow({ data }: NdArray, kinks: readonly number[]): Uint8Array {
  const counts = new Uint8Array(data.length);
  for (const kink of kinks) for (let i = 0; i < data.length; i++) if ((data[i] as number) > kink) counts[i] = (counts[i] as number) + 1;
  return counts;
}

/** The places of the elements among which an operator takes the largest or the smallest, for each that it takes. */
function* rowsThatCompete(node: Node, inputs: Inputs): Generator<readonly number[]> {
  const x = inputs[0] as NdArray;
  const attributes = new AttributeReader(node);
  if (node.operator === "MaxPool") {
    const { windows, plane, planes } = readPool(attributes, x.shape);
    for (let p = 0; p < planes; p++) for (const { taps } of windows) yield taps.map((tap) => p * plane + tap);
    return;
  }
  const given = attributes.numbers("axes") ?? Array.from(inputs[1]?.data ?? []);
  const rank = x.shape.length;
  const isNone = given.length === 0 && attributes.flag("noop_with_empty_axes", false);
  const all = given.length > 0 || isNone ? given.map((axis) => normalizeAxis(axis, rank)) : axesFrom(0, rank);
  const numbered = { ...x, data: Float64Array.from(x.data, (_, i) => i) };
  const { data, length, count } = rowsOf(numbered, node.operator === "GlobalMaxPool" ? axesFrom(2, rank) : all);
  for (let row = 0; row < count; row++) yield Array.from(data.subarray(row * length, (row + 1) * length));
}

/** Those that come near the largest of their row, or the smallest, and are not alone in it. */
function rivals(rows: Iterable<readonly number[]>, data: Float64Array, distance: number, isSmallest: boolean): Uint8Array {
  const mask = new Uint8Array(data.length);
  const sign = isSmallest ? -1 : 1;
  for (const row of rows) {
    const best = row.reduce((most, place) => Math.max(most, sign * (data[place] as number)), Number.NEGATIVE_INFINITY);
    const near = row.filter((place) => best - sign * (data[place] as number) <= distance);
    if (near.length > 1) for (const place of near) mask[place] = 1;
  }
  return mask;
}

function rivalInputs(node: Node, inputs: readonly NdArray[], distance: number): readonly Uint8Array[] {
  const shape = broadcastShapes(...inputs.map((input) => input.shape));
  const all = inputs.map((input) => repeatTo(input, shape));
  const places = inputs.map((input) => repeatTo({ ...input, data: Float64Array.from(input.data, (_, i) => i) }, shape));
  const masks = inputs.map(({ data }) => new Uint8Array(data.length));
  const pick = node.operator === "Max" ? Math.max : Math.min;
  for (let i = 0; i < sizeOf(shape); i++) {
    const best = pick(...all.map((values) => values[i] as number));
    const near = all.flatMap((values, input) => (Math.abs((values[i] as number) - best) <= distance ? [input] : []));
    if (near.length > 1) for (const input of near) (masks[input] as Uint8Array)[places[input]?.[i] as number] = 1;
  }
  return masks;
}

/**
 * Which pieces of its function a node is on, as numbers: if they are the same at two points, no kink of the node's lies between these.
 * Empty for smooth functions.
 */
export function piecesOf(node: Node, inputs: Inputs, outputs: readonly NdArray[]): ArrayLike<number> {
  const [x] = inputs;
  const [y] = outputs;
  if (!x || !y) return [];
  // A comparison, a place, a rounded number.
  const isStep = !isFloat(y.dtype) && inputs.some((input) => input && isFloat(input.dtype));
  if (isStep || steps.includes(node.operator)) return y.data;
  if (node.operator === "Max" || node.operator === "Min")
    return inputs.flatMap((input) => Array.from(repeatTo(input as NdArray, y.shape), (value, i) => Number(value === y.data[i])));
  if (choosers.includes(node.operator)) {
    const isSmallest = node.operator === "ReduceMin";
    return Array.from(rowsThatCompete(node, inputs), (row) => extremeOf(row, x.data, isSmallest));
  }
  const kinks = kinkPlaces(node, inputs);
  return kinks.length > 0 ? countBelow(x, kinks) : [];
}

/** The place of the largest or the smallest element of a row; of equal ones the first. */
function extremeOf(row: readonly number[], data: Float64Array, isSmallest: boolean): number {
  const sign = isSmallest ? -1 : 1;
  return row.reduce((best, place) => (sign * (data[place] as number) > sign * (data[best] as number) ? place : best), row[0] ?? 0);
}
