// The rarer operators that only move elements: Slice, Split, Pad, Expand, Tile, DepthToSpace, SpaceToDepth.

import type { Layout } from "../../layout.ts";
import { broadcastShapes, broadcastStrides, checkShape, normalizeAxis, type Shape, sizeOf } from "../../shapes.ts";
import { checkSameType } from "../checks.ts";
import { along, type Move, moving, piece, replaced, whole } from "../movement.ts";
import { defineOperator, type Operation, type OperatorContext } from "../operator.ts";
import { foldPad } from "./fold-pad.ts";

const slice = defineOperator("Slice", { since: 1 }, (context) => {
  const x = context.input(0);
  const rank = x.shape.length;
  const option = (name: string, index: number): readonly number[] | undefined =>
    context.opset < 10 ? context.attributes.numbers(name) : context.constant(index, name)?.toNumbers();
  const starts = option("starts", 1) ?? context.invalid("starts are required");
  const ends = option("ends", 2) ?? context.invalid("ends are required");
  const axes = option("axes", 3) ?? starts.map((_, i) => i);
  const steps = context.opset < 10 ? starts.map(() => 1) : (option("steps", 4) ?? starts.map(() => 1));
  const begin = x.shape.map(() => 0);
  const stride = x.shape.map(() => 1);
  const shape = [...x.shape];
  axes.forEach((axis, i) => {
    const at = normalizeAxis(axis, rank);
    const extent = x.shape[at] as number;
    const step = steps[i] as number;
    if (!step) context.invalid("a step is 0");
    const clampTo = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value < 0 ? value + extent : value));
    const start = step > 0 ? clampTo(starts[i] as number, 0, extent) : clampTo(starts[i] as number, 0, extent - 1);
    const end = step > 0 ? clampTo(ends[i] as number, 0, extent) : clampTo(ends[i] as number, -1, extent);
    begin[at] = start;
    stride[at] = step;
    shape[at] = Math.max(0, Math.ceil((end - start) / step));
  });
  const cut = shape.flatMap((extent, axis) => (extent !== x.shape[axis] ? [axis] : []));
  const [axis = 0, other] = cut;
  const isPart = axis < 2 && other === undefined && rank > 2 && sizeOf(shape) > 0 && stride.every((step) => step === 1);
  const operation = moving([{ dtype: x.dtype, shape }], [{ input: 0, output: 0, shape, from: piece(begin, stride), to: whole }]);
  return { ...operation, ...(isPart && { part: { axis, start: begin[axis] as number } }) };
});

const split = defineOperator("Split", { since: 2 }, (context) => {
  const x = context.input(0);
  const axis = normalizeAxis(context.attributes.integer("axis", 0), x.shape.length);
  const extent = x.shape[axis] as number;
  const count = context.attributes.integer("num_outputs", context.outputCount, 1);
  const given = context.opset < 13 ? context.attributes.numbers("split") : context.constant(1, "split")?.toNumbers();
  if (count !== context.outputCount) context.invalid(`num_outputs is ${count}, the node's outputs are ${context.outputCount}`);
  const chunk = Math.ceil(extent / count);
  const sizes = given ?? Array.from({ length: count }, (_, i) => Math.min(chunk, Math.max(0, extent - i * chunk)));
  if (sizes.length !== count) return context.invalid(`split [${sizes}] has not ${count} parts, one for each output`);
  if (sizes.some((size) => !(size >= 0)) || sizes.reduce((a, b) => a + b, 0) !== extent)
    return context.invalid(`split [${sizes}] does not add up to ${extent} in parts of 0 or more`);
  let end = 0;
  const moves = sizes.map((size, output): Move => {
    const start = end;
    end += size;
    return { input: 0, output, shape: replaced(x.shape, axis, size), from: piece(along(x.shape.length, axis, start)), to: whole };
  });
  return moving(
    sizes.map((size) => ({ dtype: x.dtype, shape: replaced(x.shape, axis, size) })),
    moves,
  );
});

const pad = defineOperator("Pad", { since: 2, pass: foldPad }, (context) => {
  const x = context.input(0);
  const rank = x.shape.length;
  const mode = context.attributes.choice("mode", ["constant", "reflect", "edge", "wrap"], "constant");
  const given = context.opset < 11 ? context.attributes.numbers("pads") : context.constant(1, "pads")?.toNumbers();
  const pads = given ?? context.invalid("pads are required");
  if (context.opset >= 11) checkSameType(context, 0, 2);
  const value = context.opset < 11 ? context.attributes.number("value", 0) : (context.constant(2, "constant_value")?.toNumbers()[0] ?? 0);
  const axes = (context.constant(3, "axes")?.toNumbers() ?? x.shape.map((_, i) => i)).map((axis) => normalizeAxis(axis, rank));
  if (pads.length !== 2 * axes.length || !pads.every(Number.isSafeInteger))
    return context.invalid(`pads must be ${2 * axes.length} whole numbers, got [${pads}]`);
  const begin = x.shape.map(() => 0);
  const end = x.shape.map(() => 0);
  axes.forEach((axis, i) => {
    begin[axis] = pads[i] as number;
    end[axis] = pads[i + axes.length] as number;
  });
  const shape = x.shape.map((extent, axis) => extent + (begin[axis] as number) + (end[axis] as number));
  if (shape.some((extent) => extent < 0)) return context.invalid(`pads [${pads}] remove more than [${x.shape}] has`);
  const type = { dtype: x.dtype, shape };
  // Negative pads crop: the part of the input that is left, and where it goes.
  const kept = x.shape.map((extent, axis) => extent + Math.min(0, begin[axis] as number) + Math.min(0, end[axis] as number));
  const keptFrom = begin.map((b) => Math.max(0, -b));
  const landsAt = begin.map((b) => Math.max(0, b));
  const middle: Move = { input: 0, output: 0, shape: kept, from: piece(keptFrom), to: piece(landsAt) };
  if (mode === "constant") return moving([type], [middle], value);
  checkShape(shape);
  return moving([type], borderPieces(context, { shape: x.shape, begin, end, mode }));
});

interface Border {
  readonly shape: Shape;
  readonly begin: readonly number[];
  readonly end: readonly number[];
  readonly mode: "reflect" | "edge" | "wrap";
}

/** Elements of the output along one axis that copy neighbours of the input, or one element again and again. */
interface Run {
  /** Of the input, and what one element of the output advances there: 1, −1 or 0. */
  readonly start: number;
  readonly step: number;
  readonly extent: number;
  /** Where it begins in the output. */
  readonly target: number;
}

/** The most parts that a padding may be copied in: each is a dispatch. */
const mostPieces = 1000;

/** Cuts the padded output into parts that are each a copy of a part of the input: mirrored, repeated or wrapped. */
function borderPieces(context: OperatorContext, { shape, begin, end, mode }: Border): Move[] {
  const pads = [...begin, ...end];
  let combinations: Run[][] = [[]];
  for (const [axis, extent] of shape.entries()) {
    const low = begin[axis] as number;
    const total = extent + low + (end[axis] as number);
    if (extent === 0 && total > 0) return context.invalid(`pads [${pads}] have nothing of [${shape}] to repeat`);
    const copies = mode === "edge" || extent < 2 ? 3 : (2 * total) / extent;
    if (combinations.length * copies > mostPieces)
      return context.unsupported(`pads [${pads}] repeat [${shape}] in more than ${mostPieces} pieces. Pad with less`);
    const runs = runsOf(extent, low, total, mode);
    combinations = combinations.flatMap((head) => runs.map((run) => [...head, run]));
  }
  return combinations.map((runs) => ({
    input: 0,
    output: 0,
    shape: runs.map((run) => run.extent),
    from: piece(
      runs.map((run) => run.start),
      runs.map((run) => run.step),
    ),
    to: piece(runs.map((run) => run.target)),
  }));
}

/** One padded axis as few runs: `extent` elements of the input, `low` elements before them, `total` in all. */
function runsOf(extent: number, low: number, total: number, mode: Border["mode"]): Run[] {
  const runs: Run[] = [];
  for (let target = 0; target < total; ) {
    const run = runAt(target - low, extent, mode);
    const length = Math.min(run.extent, total - target);
    // A run of one element may join its neighbours, which advance by 1.
    runs.push({ ...run, step: length > 1 ? run.step : 1, extent: length, target });
    target += length;
  }
  return runs;
}

/** The run that begins at element `at`, which may lie before the input or behind it. */
function runAt(at: number, extent: number, mode: Border["mode"]): Omit<Run, "target"> {
  const ever = Number.POSITIVE_INFINITY;
  const last = extent - 1;
  if (extent === 1) return { start: 0, step: 0, extent: ever };
  if (mode === "edge") {
    if (at < 0) return { start: 0, step: 0, extent: -at };
    return at < last ? { start: at, step: 1, extent: extent - at } : { start: last, step: 0, extent: ever };
  }
  const period = mode === "reflect" ? 2 * last : extent;
  const within = ((at % period) + period) % period;
  if (mode === "wrap" || within < last) return { start: within, step: 1, extent: extent - within };
  return { start: period - within, step: -1, extent: period - within + 1 };
}

const expand = defineOperator("Expand", { since: 8 }, (context) => {
  const x = context.input(0);
  const target = context.constant(1, "shape")?.toNumbers() ?? context.invalid("a shape is required");
  const shape = broadcastShapes(x.shape, target);
  checkShape(shape);
  const from = ({ offset, strides }: Layout) => ({ offset, strides: broadcastStrides(x.shape, strides, shape) });
  return moving([{ dtype: x.dtype, shape }], [{ input: 0, output: 0, shape, from, to: whole }]);
});

const tile = defineOperator("Tile", { since: 6 }, (context) => {
  const x = context.input(0);
  const repeats = context.constant(1, "repeats")?.toNumbers() ?? context.invalid("repeats are required");
  if (repeats.length !== x.shape.length || repeats.some((count) => count < 0))
    return context.invalid(`repeats must be ${x.shape.length} numbers from 0 on, got [${repeats}]`);
  // Every axis becomes a pair [repeat, extent]; the input has stride 0 along the repeats.
  const shape = x.shape.map((extent, i) => extent * (repeats[i] as number));
  return moving(
    [{ dtype: x.dtype, shape }],
    [
      {
        input: 0,
        output: 0,
        shape: x.shape.flatMap((extent, i) => [repeats[i] as number, extent]),
        from: ({ offset, strides }) => ({ offset, strides: strides.flatMap((stride) => [0, stride]) }),
        to: ({ offset, strides }) => ({ offset, strides: strides.flatMap((stride, i) => [stride * (x.shape[i] as number), stride]) }),
      },
    ],
  );
});

/** Moves blocks of `size` × `size` pixels into channels or out of them, as one permutation of six axes. */
function blocks(context: OperatorContext, toSpace: boolean): Operation {
  const x = context.input(0);
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const size = context.attributes.integer("blocksize", undefined, 1);
  const isColumnRow = toSpace && context.attributes.choice("mode", ["DCR", "CRD"], "DCR") === "CRD";
  const area = size * size;
  const shape = toSpace ? [n, c / area, h * size, w * size] : [n, c * area, h / size, w / size];
  if (shape.some((e) => !Number.isInteger(e))) return context.invalid(`[${x.shape}] does not divide into blocks of ${size}`);
  const depth = toSpace ? c / area : c;
  const [rows, columns] = toSpace ? [h, w] : [h / size, w / size];
  // The deep side has channels block·depth (or depth·block), the wide side has pixels row·size + block row.
  const [depthStride, blockStride] = isColumnRow ? [area, 1] : [1, depth];
  const deep = ({ offset, strides: [sn = 0, sc = 0, sh = 0, sw = 0] }: Layout) => ({
    offset,
    strides: [sn, sc * depthStride, sh, sc * blockStride * size, sw, sc * blockStride],
  });
  const wide = ({ offset, strides: [sn = 0, sc = 0, sh = 0, sw = 0] }: Layout) => ({
    offset,
    strides: [sn, sc, sh * size, sh, sw * size, sw],
  });
  const move = { input: 0, output: 0, shape: [n, depth, rows, size, columns, size] };
  return moving([{ dtype: x.dtype, shape }], [toSpace ? { ...move, from: deep, to: wide } : { ...move, from: wide, to: deep }]);
}

export default [
  slice,
  split,
  pad,
  expand,
  tile,
  defineOperator("DepthToSpace", { since: 1 }, (context) => blocks(context, true)),
  defineOperator("SpaceToDepth", { since: 1 }, (context) => blocks(context, false)),
];
