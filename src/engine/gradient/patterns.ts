// Patterns as a graph: pictures that are changed step by step so that channels of a layer, or scores, answer more strongly. Gradient ascent, with
// the pictures and the optimiser's memory as states.
import type { Graph, TypedGraph, ValueType } from "../graph/graph.ts";
import { type Axes, type Shape, sizeOf } from "../shapes.ts";
import { type DataType, Tensor } from "../tensor.ts";
import { partWithBatch } from "./batch.ts";
import { Draft } from "./draft.ts";
import { basisAt, spectrumScale } from "./fourier.ts";
import type { Rule } from "./rule.ts";

/** What a picture is to raise: the mean of a channel; its middle element alone; or the mean square of all channels, which deepens what is there. */
export type PatternObjective = "channel" | "unit" | "layer";

/** How patterns are found. */
export type PatternPreset = "chollet" | "lucid";

export interface PatternPlan {
  /** A layer's maps, or scores. */
  readonly value: string;
  /** What its axes are, where it may lie otherwise than NCHW. */
  readonly axes?: Axes | undefined;
  /** One picture for each. */
  readonly channels: readonly number[];
  readonly objective: PatternObjective;
  readonly preset: PatternPreset;
  readonly input: string;
  /** Whether the input's channels are its last axis. */
  readonly isChannelsLast: boolean;
  /** Of a picture. */
  readonly size: { readonly channels: number; readonly height: number; readonly width: number };
  /** How a colour of 0…1 becomes an element of the input: colour · gain + shift, for each channel. */
  readonly gain: readonly number[];
  readonly shift: readonly number[];
  /** Weight of the total variation, which is taken off: how little neighbouring pixels are to differ. */
  readonly smoothness: number;
  /** Random numbers of a normal distribution. */
  readonly noise: (count: number) => Float32Array;
}

/** Results: the pictures, [n, channels, rows, columns] in 0…1, and how strongly each is answered, [n]. */
export const [picturesResult, answersResult] = ["pictures", "answers"] as const;

/** What is changed step by step, and how. */
interface Parametrization {
  readonly state: string;
  /** The pictures that the network sees, as colours of 0…1. */
  readonly seen: string;
  /** Writes the step along the gradient of the state. @returns the pictures that people see */
  ascend(gradient: string): string;
}

/** @param infer types a graph, and throws where it cannot */
export function patternsOf(graph: TypedGraph, plan: PatternPlan, infer: (graph: Graph) => TypedGraph) {
  const { value, channels, input, isChannelsLast, size } = plan;
  const shape = [channels.length, size.channels, size.height, size.width];
  const [n = 1, c = 1, h = 1, w = 1] = shape;
  const draft = new Draft(infer(partWithBatch(graph, value, input, isChannelsLast ? [n, h, w, c] : shape)));
  const parametrization = (plan.preset === "lucid" ? byCoefficients : byPixels)(draft, plan, shape);
  draft.computeInput(input, () => toInput(draft, plan, parametrization.seen));
  const answers = answersOf(draft, plan);
  const objective = lessVariation(draft, plan, shape, parametrization.seen, answers);
  draft.type(infer);
  const seed = Tensor.filled(draft.emit.typeOf(objective).dtype, [n], 1);
  const explained = { value: objective, target: objective, weights: { seed, followsTop: false } };
  const { gradients } = draft.differentiate(explained, [parametrization.state], { rules: { Rotate: rotateBack } });
  const shown = parametrization.ascend(gradients[0] as string);
  return draft.finish(
    new Map([
      [picturesResult, shown],
      [answersResult, answers],
    ] as const),
  );
}

const rotateBack: Rule = ({ dy, emit, node }) => [emit.own("Rotate", [dy, node.inputs[1] as string], { transposed: 1 })];

function toInput({ emit }: Draft, { gain, shift, input, isChannelsLast }: PatternPlan, colors: string): string {
  const { dtype } = emit.typeOf(input);
  const perChannel = (numbers: readonly number[]) =>
    emit.constant(Tensor.from(dtype, [1, numbers.length, 1, 1], Float32Array.from(numbers)));
  const elements = emit.add(emit.multiply(colors, perChannel(gain)), perChannel(shift));
  return isChannelsLast ? emit.transpose(elements, [0, 2, 3, 1]) : elements;
}

/** How strongly each picture is answered: [n]. */
function answersOf(draft: Draft, { value: lying, axes, channels, objective }: PatternPlan): string {
  const value = draft.channelsFirst(lying, axes);
  const { emit } = draft;
  const { dtype, shape } = emit.typeOf(value);
  const [n = 1, count = 1, ...places] = shape;
  const rest = shape.map((_, i) => i).slice(1);
  if (objective === "layer") return emit.reshape(emit.mean(emit.multiply(value, value), rest), [n]);
  const spatial = rest.slice(1);
  const middles = places.map((extent) => Math.floor(extent / 2));
  const one = objective === "unit" && places.length > 0;
  const answers = one
    ? emit.slice(
        value,
        middles,
        middles.map((at) => at + 1),
        spatial,
      )
    : emit.mean(value, spatial);
  const own = new Float32Array(n * count);
  channels.forEach((channel, picture) => {
    own[picture * count + channel] = 1;
  });
  const weighed = emit.multiply(answers, emit.constant(Tensor.from(dtype, [n, count, ...places.map(() => 1)], own)));
  return emit.reshape(emit.sum(weighed, rest), [n]);
}

/** What is raised: the answers, less how much neighbouring pixels differ. */
function lessVariation({ emit }: Draft, plan: PatternPlan, shape: Shape, colors: string, answers: string): string {
  if (plan.smoothness === 0) return answers;
  const squares = [2, 3].map((axis) => {
    const extent = shape[axis] as number;
    const difference = emit.subtract(emit.slice(colors, [1], [extent], [axis]), emit.slice(colors, [0], [extent - 1], [axis]));
    return emit.reshape(emit.sum(emit.multiply(difference, difference), [1, 2, 3]), shape.slice(0, 1));
  });
  const variation = emit.add(squares[0] as string, squares[1] as string);
  return emit.subtract(answers, emit.scale(variation, plan.smoothness / sizeOf(shape.slice(1)), plan.value));
}

/** Chollet 2016: the pixels themselves, from grey; each step goes equally far, however steep the way is. */
function byPixels(draft: Draft, plan: PatternPlan, shape: Shape): Parametrization {
  const { input } = plan;
  const { dtype } = draft.emit.typeOf(input);
  const grey = plan.noise(sizeOf(shape)).map((value) => 0.5 + 0.05 * value);
  const state = draft.state("pixels", Tensor.from(dtype, shape, grey));
  const step = draft.number("step", 0, input);
  // What depends on states alone would be computed apart from the run.
  const seen = draft.emit.multiply(state, draft.number("one", 1, input));
  const ascend = (gradient: string): string => {
    const { emit } = draft;
    const length = emit.node("Sqrt", [emit.sum(emit.multiply(gradient, gradient), [1, 2, 3])]);
    const direction = emit.divide(gradient, emit.add(length, emit.number(1e-12, input)));
    const next = emit.add(state, emit.multiply(direction, emit.scale(step, Math.sqrt(sizeOf(shape.slice(1))), input)));
    draft.update(state, next);
    return standardized(draft, next, input);
  };
  return { state, seen, ascend };
}

/** Around grey, of one contrast. */
function standardized({ emit }: Draft, pixels: string, like: string): string {
  const centred = emit.subtract(pixels, emit.mean(pixels, [1, 2, 3]));
  const deviation = emit.node("Sqrt", [emit.mean(emit.multiply(centred, centred), [1, 2, 3])]);
  const scaled = emit.divide(emit.scale(centred, 0.15, like), emit.add(deviation, emit.number(1e-5, like)));
  const colors = emit.add(scaled, emit.number(0.5, like));
  return emit.node("Min", [emit.node("Max", [colors, emit.number(0, like)]), emit.number(1, like)]);
}

/**
 * Colours whose amounts are nearly independent in photographs: light, blue against yellow, red against green, as Olah, Mordvintsev and Schubert
 * (2017) measured them. A row for each of red, green and blue.
 */
const opponentColors = [0.26, 0.09, 0.02, 0.27, 0, -0.05, 0.27, -0.09, 0.03].map((part) => part / 0.4619);

/** Olah, Mordvintsev and Schubert 2017: coefficients of a Fourier basis in opponent colours, by Adam; seen a little moved and turned at each step. */
function byCoefficients(draft: Draft, plan: PatternPlan, shape: Shape): Parametrization {
  const { input } = plan;
  const { dtype } = draft.emit.typeOf(input);
  const [, channels = 1, height = 1, width = 1] = shape;
  const initial = plan.noise(sizeOf(shape)).map((value) => 0.01 * value);
  const state = draft.state("coefficients", Tensor.from(dtype, shape, initial));
  const bases = basesAt({ height, width }, { scale: 1, down: 0, right: 0 }, dtype);
  const [rows, columns] = [draft.operand("rows", bases.rows), draft.operand("columns", bases.columns)];
  const angle = draft.number("angle", 0, input);
  const colorsAt = (coefficients: string, down: string, right: string, turn = (amounts: string) => amounts): string => {
    const { emit } = draft;
    const scaled = emit.multiply(coefficients, emit.constant(Tensor.from(dtype, [height, width], spectrumScale(height, width))));
    const amounts = turn(emit.node("MatMul", [emit.node("MatMul", [down, scaled]), right]));
    const mixed =
      channels === 3
        ? emit.node("Conv", [amounts, emit.constant(Tensor.from(dtype, [3, 3, 1, 1], Float32Array.from(opponentColors)))])
        : amounts;
    return emit.node("Sigmoid", [mixed]);
  };
  const ascend = (gradient: string): string => {
    const next = adam(draft, state, { dtype, shape }, gradient, input);
    return colorsAt(next, draft.emit.constant(bases.rows), draft.emit.constant(bases.columns));
  };
  const seen = colorsAt(state, rows, columns, (amounts) => draft.emit.own("Rotate", [amounts, angle], {}));
  return { state, seen, ascend };
}

/** Where pixels are looked at, around the middle. */
export interface Move {
  readonly scale: number;
  /** In pixels. */
  readonly down: number;
  readonly right: number;
}

/** The operands of a step: the basis at the rows, [rows, functions], and at the columns, [functions, columns]. */
export function basesAt(
  { height, width }: { readonly height: number; readonly width: number },
  { scale, down, right }: Move,
  dtype: DataType,
) {
  const places = (extent: number, offset: number) =>
    Array.from({ length: extent }, (_, i) => (i - (extent - 1) / 2) * scale + (extent - 1) / 2 + offset);
  const columns = basisAt(width, places(width, right));
  const turned = columns.map((_, i) => columns[(i % width) * width + Math.floor(i / width)] as number);
  return {
    rows: Tensor.from(dtype, [height, height], basisAt(height, places(height, down))),
    columns: Tensor.from(dtype, [width, width], turned),
  };
}

/** How much of the moments Adam keeps. */
export const adamDecay = [0.9, 0.999] as const;

/** Kingma and Ba 2015. The operand `rate` is the learning rate over 1 − β₁ᵗ, `spread` is 1 over 1 − β₂ᵗ. @returns what the state becomes */
function adam(draft: Draft, state: string, type: ValueType, gradient: string, like: string): string {
  const { emit } = draft;
  const [keepMean, keepSquare] = adamDecay;
  const moment = (role: string, keep: number, what: string): string => {
    const old = draft.state(role, type);
    const next = emit.add(emit.scale(old, keep, like), emit.scale(what, 1 - keep, like));
    draft.update(old, next);
    return next;
  };
  const mean = moment("moment 1", keepMean, gradient);
  const square = moment("moment 2", keepSquare, emit.multiply(gradient, gradient));
  const root = emit.node("Sqrt", [emit.multiply(square, draft.number("spread", 1, like))]);
  const step = emit.divide(emit.multiply(mean, draft.number("rate", 0, like)), emit.add(root, emit.number(1e-8, like)));
  const next = emit.add(state, step);
  draft.update(state, next);
  return next;
}
