// Operators that only move elements: a gradient goes the way back.

import { createContext } from "../../ops/context.ts";
import { resizeTaps } from "../../ops/on-demand/resize.ts";
import { normalizeAxis, type Shape } from "../../shapes.ts";
import { isFloat } from "../../tensor.ts";
import { type Rule, type RuleContext, type Rules, stops } from "../rule.ts";

/** A place counted from the front; it may lie outside. */
const fromFront = (place: number, extent: number): number => (place < 0 ? place + extent : place);

const asInput: Rule = ({ dy, emit, shape }) => [emit.reshape(dy, shape(0))];
const same: Rule = ({ dy }) => [dy];

const transpose: Rule = ({ attributes, dy, emit, shape }) => {
  const rank = shape(0).length;
  const perm = attributes.numbers("perm") ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
  const inverse = Array.from({ length: rank }, (_, axis) => perm.indexOf(axis));
  return [emit.transpose(dy, inverse)];
};

const concat: Rule = (context) => {
  const { attributes, dy, emit, needs, node, shape } = context;
  const axis = normalizeAxis(attributes.number("axis", 1), shape(0).length);
  let start = 0;
  return node.inputs.map((_, i) => {
    const from = start;
    start += shape(i)[axis] as number;
    return needs(i) ? emit.slice(dy, [from], [start], [axis]) : undefined;
  });
};

/** Parts that nothing depends on count as zeros. */
const split: Rule = (context) => {
  const { attributes, emit, gradient, node, shape } = context;
  const axis = normalizeAxis(attributes.number("axis", 0), shape(0).length);
  const parts = node.outputs.map((output, i) => {
    if (!output) context.unsupported("an output without a name has no rule for its gradient.");
    return gradient(i) ?? emit.zeros(emit.typeOf(output));
  });
  return [parts.length === 1 ? parts[0] : emit.node("Concat", parts, { axis })];
};

/** What a slice takes of one axis. */
interface Cut {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

function sliceOf(context: RuleContext): readonly Cut[] {
  const { attributes, constant, emit, node, shape, y } = context;
  const list = (name: string, input: number): readonly number[] | undefined => {
    if (attributes.has(name)) return attributes.numbers(name);
    if (!node.inputs[input]) return undefined;
    return constant(input)?.toNumbers() ?? context.unsupported(`${name} that are computed have no rule for their gradient.`);
  };
  const starts = list("starts", 1) ?? [];
  const axes = list("axes", 3) ?? starts.map((_, i) => i);
  const steps = list("steps", 4) ?? starts.map(() => 1);
  const counts = emit.shapeOf(y);
  return shape(0).map((extent, axis) => {
    const i = axes.findIndex((one) => normalizeAxis(one, counts.length) === axis);
    const count = counts[axis] as number;
    if (i < 0) return { start: 0, step: 1, count };
    const step = steps[i] as number;
    const given = fromFront(starts[i] as number, extent);
    return { start: Math.min(Math.max(given, 0), step < 0 ? extent - 1 : extent), step, count };
  });
}

const slice: Rule = (context) => {
  const { dy, emit, shape } = context;
  const cuts = sliceOf(context);
  const whole = shape(0);
  if (cuts.some(({ step }) => step < 0)) return [byPlaces(context, (axis, i) => (cuts[axis] as Cut).start + i * (cuts[axis] as Cut).step)];
  let spread: readonly [string, Shape] = [dy, emit.shapeOf(context.y)];
  cuts.forEach(({ step }, axis) => {
    spread = emit.withGaps(...spread, axis, step);
  });
  const reach = cuts.map(({ step, count }) => (count - 1) * step + 1);
  const after = cuts.map(({ start }, axis) => (whole[axis] as number) - start - (reach[axis] as number));
  return [emit.pad(spread[0], [...cuts.map(({ start }) => start), ...after])];
};

const pad: Rule = (context) => {
  const { attributes, constant, dy, emit, node, shape, y } = context;
  const mode = attributes.string("mode", "constant");
  const extents = shape(0);
  const given =
    attributes.numbers("pads") ??
    attributes.numbers("paddings") ??
    constant(1)?.toNumbers() ??
    context.unsupported("pads that are computed have no rule for their gradient.");
  const axes = (node.inputs[3] ? constant(3)?.toNumbers() : undefined) ?? extents.map((_, axis) => axis);
  const begins = new Array<number>(extents.length).fill(0);
  axes.forEach((axis, i) => {
    begins[normalizeAxis(axis, extents.length)] = given[i] as number;
  });
  if (mode !== "constant") return [byPlaces(context, (axis, i) => padSource(mode, extents[axis] as number, i - (begins[axis] as number)))];
  const ends = extents.map((extent, axis) => (emit.shapeOf(y)[axis] as number) - extent - (begins[axis] as number));
  return [
    emit.pad(
      dy,
      [...begins, ...ends].map((amount) => -amount || 0),
    ),
  ];
};

/** Which element a place before, in or behind an axis copies. */
function padSource(mode: string, extent: number, at: number): number {
  if (mode === "edge" || extent === 1) return Math.min(Math.max(at, 0), extent - 1);
  const period = mode === "reflect" ? 2 * (extent - 1) : extent;
  const within = ((at % period) + period) % period;
  return within < extent ? within : period - within;
}

/** The gradient of a copy, axis by axis: each element adds up what those that copied it hand back. */
function byPlaces({ dy, emit, shape, x, y }: RuleContext, source: (axis: number, place: number) => number): string {
  let [value, from] = [dy, emit.shapeOf(y)] as readonly [string, Shape];
  shape(0).forEach((extent, axis) => {
    const places = Array.from({ length: from[axis] as number }, (_, i) => source(axis, i));
    if (places.length === extent && places.every((place, i) => place === i)) return;
    [value, from] = emit.alongAxis(value, from, axis, selection(extent, places), x);
  });
  return value;
}

/** The matrix that adds element i to the element at the i-th place. */
function selection(extent: number, places: readonly number[]): Float32Array {
  const matrix = new Float32Array(extent * places.length);
  places.forEach((place, i) => {
    matrix[place * places.length + i] = 1;
  });
  return matrix;
}

const expand: Rule = ({ dy, emit, shape, y }) => [emit.sumTo(dy, emit.shapeOf(y), shape(0))];

const tile: Rule = ({ dy, emit, shape, y }) => {
  const whole = shape(0);
  const repeats = emit.shapeOf(y).map((extent, i) => extent / (whole[i] as number));
  const apart = emit.reshape(
    dy,
    whole.flatMap((extent, i) => [repeats[i] as number, extent]),
  );
  const axes = whole.map((_, i) => 2 * i);
  return [emit.reshape(emit.sum(apart, axes), whole)];
};

/** With known places: what was taken several times adds up. */
const gather: Rule = (context) => {
  const { attributes, constant, dy, emit, shape, x } = context;
  const indices = constant(1)?.toNumbers() ?? context.unsupported("indices that are computed have no rule for their gradient.");
  const whole = shape(0);
  const axis = normalizeAxis(attributes.number("axis", 0), whole.length);
  const extent = whole[axis] as number;
  const apart = [...whole.slice(0, axis), indices.length, ...whole.slice(axis + 1)];
  const places = indices.map((index) => fromFront(index, extent));
  return [emit.alongAxis(emit.reshape(dy, apart), apart, axis, selection(extent, places), x)[0]];
};

/** Each axis is resized by a matrix of weights; the way back is its transpose. */
const resize: Rule = (context) => {
  const { dy, emit, node, shape, x, y } = context;
  const inputs = node.inputs.map((name, i) => {
    if (!name) return undefined;
    const constant = context.constant(i);
    return { ...emit.typeOf(name), ...(constant && { constant }) };
  });
  const taps = resizeTaps(createContext(node, { inputs, opset: emit.opset, families: { convolution: [] } }));
  let [value, from] = [dy, emit.shapeOf(y)] as readonly [string, Shape];
  shape(0).forEach((extent, axis) => {
    const known = taps[axis];
    if (!known) return;
    const columns = from[axis] as number;
    const matrix = new Float32Array(extent * columns);
    known.coordinates.forEach((at, i) => {
      const place = at * columns + Math.floor(i / known.count);
      matrix[place] = (matrix[place] as number) + (known.weights[i] as number);
    });
    [value, from] = emit.alongAxis(value, from, axis, matrix, x);
  });
  return [value];
};

const depthToSpace: Rule = ({ attributes, dy, emit, shape }) => {
  const blocksize = attributes.number("blocksize");
  if (attributes.string("mode", "DCR") === "DCR") return [emit.node("SpaceToDepth", [dy], { blocksize })];
  const [n = 1, c = 1, h = 1, w = 1] = shape(0);
  const apart = emit.reshape(dy, [n, c / blocksize ** 2, h, blocksize, w, blocksize]);
  return [emit.reshape(emit.transpose(apart, [0, 1, 3, 5, 2, 4]), shape(0))];
};

const spaceToDepth: Rule = ({ attributes, dy, emit }) => [emit.node("DepthToSpace", [dy], { blocksize: attributes.number("blocksize") })];

/** Between floats; from a whole number no slope comes. Of CastLike's second input only the type counts. */
const cast: Rule = ({ dy, emit, x, y }) => {
  const [from, to] = [emit.typeOf(x).dtype, emit.typeOf(y).dtype];
  if (!isFloat(from)) return [null, null];
  return [from === to ? dy : emit.castTo(dy, from), null];
};

export const shapes: Rules = {
  Reshape: asInput,
  Flatten: asInput,
  Squeeze: asInput,
  Unsqueeze: asInput,
  Identity: same,
  // At inference.
  Dropout: same,
  Cast: cast,
  CastLike: cast,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Pad: pad,
  Resize: resize,
  Upsample: resize,
  Expand: expand,
  Tile: tile,
  Gather: gather,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
  Shape: stops,
  Size: stops,
};
