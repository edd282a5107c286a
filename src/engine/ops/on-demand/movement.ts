// The rarer operators that only move elements: Slice, Split, Pad, Expand, Tile, DepthToSpace, SpaceToDepth.

import type { Layout } from "../../layout.ts";
import { broadcastShapes, broadcastStrides, normalizeAxis, type Shape } from "../../shapes.ts";
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
  return moving([{ dtype: x.dtype, shape }], [{ input: 0, output: 0, shape, from: piece(begin, stride), to: whole }]);
});

const split = defineOperator("Split", { since: 2 }, (context) => {
  const x = context.input(0);
  const axis = normalizeAxis(context.attributes.number("axis", 0), x.shape.length);
  const extent = x.shape[axis] as number;
  const count = context.attributes.has("num_outputs") ? context.attributes.number("num_outputs") : context.outputCount;
  const given = context.opset < 13 ? context.attributes.numbers("split") : context.constant(1, "split")?.toNumbers();
  const chunk = Math.ceil(extent / count);
  const sizes = given ?? Array.from({ length: count }, (_, i) => Math.min(chunk, Math.max(0, extent - i * chunk)));
  if (sizes.reduce((a, b) => a + b, 0) !== extent) return context.invalid(`split [${sizes}] does not add up to ${extent}`);
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
  const mode = context.attributes.string("mode", "constant");
  const given = context.opset < 11 ? context.attributes.numbers("pads") : context.constant(1, "pads")?.toNumbers();
  const pads = given ?? context.invalid("pads are required");
  const value = context.opset < 11 ? context.attributes.number("value", 0) : (context.constant(2, "constant_value")?.toNumbers()[0] ?? 0);
  const axes = (context.constant(3, "axes")?.toNumbers() ?? x.shape.map((_, i) => i)).map((axis) => normalizeAxis(axis, rank));
  const begin = x.shape.map(() => 0);
  const end = x.shape.map(() => 0);
  axes.forEach((axis, i) => {
    begin[axis] = pads[i] as number;
    end[axis] = pads[i + axes.length] as number;
  });
  const shape = x.shape.map((extent, axis) => extent + (begin[axis] as number) + (end[axis] as number));
  if (shape.some((extent) => extent < 0)) return context.invalid(`pads [${pads}] remove more than [${x.shape}] has`);
  const type = { dtype: x.dtype, shape };
  // The part of the input that survives negative pads, and where it lands.
  const kept = x.shape.map((extent, axis) => extent + Math.min(0, begin[axis] as number) + Math.min(0, end[axis] as number));
  const keptFrom = begin.map((b) => Math.max(0, -b));
  const landsAt = begin.map((b) => Math.max(0, b));
  const middle: Move = { input: 0, output: 0, shape: kept, from: piece(keptFrom), to: piece(landsAt) };
  if (mode === "constant") return moving([type], [middle], value);
  if (mode !== "reflect" && mode !== "edge" && mode !== "wrap") return context.invalid(`mode '${mode}'`);
  return moving([type], borderPieces(x.shape, begin, end, mode));
});

/** Cuts the padded output into pieces that each copy a (mirrored, repeated or wrapped) piece of the input. */
function borderPieces(shape: Shape, begin: readonly number[], end: readonly number[], mode: "reflect" | "edge" | "wrap"): Move[] {
  interface Piece {
    readonly start: number;
    readonly step: number;
    readonly extent: number;
    readonly target: number;
  }
  const perAxis = shape.map((extent, axis): Piece[] => {
    const low = begin[axis] as number;
    const total = extent + low + (end[axis] as number);
    const period = mode === "reflect" ? Math.max(1, 2 * (extent - 1)) : extent;
    const sourceOf = (target: number): number => {
      const i = target - low;
      if (mode === "edge") return Math.min(extent - 1, Math.max(0, i));
      const wrapped = ((i % period) + period) % period;
      return mode === "reflect" && wrapped >= extent ? period - wrapped : wrapped;
    };
    // Runs of output indices whose sources advance by a constant step.
    const pieces: Piece[] = [];
    for (let target = 0; target < total; ) {
      const start = sourceOf(target);
      const step = target + 1 < total ? sourceOf(target + 1) - start : 0;
      let run = 1;
      if (Math.abs(step) <= 1) while (target + run < total && sourceOf(target + run) === start + run * step) run++;
      pieces.push({ start, step: run > 1 ? step : 1, extent: run, target });
      target += run;
    }
    return pieces;
  });
  let combinations: Piece[][] = [[]];
  for (const pieces of perAxis) combinations = combinations.flatMap((head) => pieces.map((p) => [...head, p]));
  return combinations.map((parts) => ({
    input: 0,
    output: 0,
    shape: parts.map((p) => p.extent),
    from: piece(
      parts.map((p) => p.start),
      parts.map((p) => p.step),
    ),
    to: piece(parts.map((p) => p.target)),
  }));
}

const expand = defineOperator("Expand", { since: 8 }, (context) => {
  const x = context.input(0);
  const target = context.constant(1, "shape")?.toNumbers() ?? context.invalid("a shape is required");
  const shape = broadcastShapes(x.shape, target);
  const from = ({ offset, strides }: Layout) => ({ offset, strides: broadcastStrides(x.shape, strides, shape) });
  return moving([{ dtype: x.dtype, shape }], [{ input: 0, output: 0, shape, from, to: whole }]);
});

const tile = defineOperator("Tile", { since: 6 }, (context) => {
  const x = context.input(0);
  const repeats = context.constant(1, "repeats")?.toNumbers() ?? context.invalid("repeats are required");
  // Walk [repeat, extent] pairs: the input ignores the repeats.
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
  const size = context.attributes.number("blocksize");
  const isColumnRow = toSpace && context.attributes.string("mode", "DCR") === "CRD";
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
