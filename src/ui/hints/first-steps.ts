// What a network does to its picture before its first layer: a network that subtracts 127 takes pixels of 0…255, and does the rest itself. Pure.
import type { Graph, Node } from "../../engine/graph/graph.ts";
import type { Preparation } from "../preparation.ts";
import { presets } from "./presets.ts";

type Readable = Pick<Graph, "nodes" | "initializers">;

/** Operators that leave every number as it is, or only move it. */
const moves = new Set([
  "Identity",
  "Cast",
  "Transpose",
  "Pad",
  "Reshape",
  "Squeeze",
  "Unsqueeze",
  "Dropout",
  "Resize",
  "Upsample",
  "Flatten",
]);

/** Centre and unit of the input, per channel: the network computes (x − centre) / unit first. */
interface Arithmetic {
  readonly centre: readonly number[];
  readonly unit: readonly number[];
  /** Whether both were measured on pictures, as those of a BatchNormalization are. */
  readonly isMeasured: boolean;
}

/** What a network's own arithmetic lets conclude; undefined where it begins with a layer, or nothing can be concluded. */
export function guessByFirstSteps(graph: Readable, input: string, channelCount: number): Preparation | undefined {
  const steps = arithmeticOf(graph, input, channelCount);
  if (!steps) return undefined;
  const centre = average(steps.centre);
  const unit = average(steps.unit.map(Math.abs));
  if (steps.isMeasured && Math.abs(centre) < 0.25 && channelCount === 3) return presets[unit > 0.75 ? "imagenet" : "signed"].colors;
  // Pixels have a mean of some 115 and a deviation of some 60.
  if (centre > 20 || unit > 20) return { ...presets.raw.colors, ...orderOf(steps.centre) };
  if (centre > 0.2 || unit < 0.75) return presets.unit.colors;
  return undefined;
}

/** In pictures red is on the average lighter than green, and green than blue. */
function orderOf(centre: readonly number[]): Pick<Preparation, "channels"> {
  const [first = 0, middle = 0, last = 0] = centre;
  return centre.length === 3 && first < middle && middle < last ? { channels: "bgr" } : {};
}

const average = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

function arithmeticOf({ nodes, initializers }: Readable, input: string, channelCount: number): Arithmetic | undefined {
  /** A constant's numbers, one or one for each channel. A mean picture is taken by its mean colour. */
  const numbersOf = (name = ""): readonly number[] | undefined => {
    const tensor = initializers.get(name);
    if (!tensor || tensor.size === 0 || tensor.size % channelCount > 0) return tensor?.size === 1 ? tensor.toNumbers() : undefined;
    const numbers = tensor.toNumbers();
    const plane = tensor.size / channelCount;
    return Array.from({ length: channelCount }, (_, channel) => average(numbers.slice(channel * plane, (channel + 1) * plane)));
  };
  // y = gain · x + shift so far.
  let gain = Array<number>(channelCount).fill(1);
  let shift = Array<number>(channelCount).fill(0);
  let isFound = false;
  let value = input;
  for (;;) {
    const readers = nodes.filter(({ inputs }) => inputs.includes(value));
    const [node] = readers;
    if (readers.length !== 1 || !node) break;
    if (!moves.has(node.operator)) {
      if (node.operator === "BatchNormalization" && !isFound) return measured(node, numbersOf);
      const step = stepOf(node, value, numbersOf);
      if (!step) break;
      isFound = true;
      const at = (numbers: readonly number[], channel: number) => numbers[numbers.length === 1 ? 0 : channel] as number;
      gain = gain.map((number, channel) => number * at(step.gain, channel));
      shift = shift.map((number, channel) => number * at(step.gain, channel) + at(step.shift, channel));
    }
    value = node.outputs[0] as string;
  }
  if (!isFound || gain.includes(0)) return undefined;
  return {
    centre: shift.map((number, i) => -number / (gain[i] as number) || 0),
    unit: gain.map((number) => 1 / number),
    isMeasured: false,
  };
}

type NumbersOf = (name?: string) => readonly number[] | undefined;

function measured({ inputs }: Node, numbersOf: NumbersOf): Arithmetic | undefined {
  const [centre, variance] = [numbersOf(inputs[3]), numbersOf(inputs[4])];
  return centre && variance && { centre, unit: variance.map(Math.sqrt), isMeasured: true };
}

/** One operator as y = gain · x + shift. */
function stepOf({ operator, inputs }: Node, value: string, numbersOf: NumbersOf) {
  const [left, right] = inputs;
  const isFirst = left === value;
  const other = numbersOf(isFirst ? right : left);
  if (!other) return undefined;
  if (operator === "Add") return { gain: [1], shift: other };
  if (operator === "Mul") return { gain: other, shift: [0] };
  if (operator === "Sub" && isFirst) return { gain: [1], shift: other.map((number) => -number) };
  if (operator === "Div" && isFirst) return { gain: other.map((number) => 1 / number), shift: [0] };
  return undefined;
}
