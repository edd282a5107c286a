// Operators that only move elements: Transpose, Slice, Concat, Split, Pad, Expand.
// Each is one copy, or a few, between strided views; on the CPU the same views move constants.
import type { ValueType } from "../graph/graph.ts";
import type { Layout } from "../plan/plan.ts";
import { broadcastShapes, broadcastStrides, denseStrides, normalizeAxis, type Shape, sizeOf } from "../shapes.ts";
import { bytesPerElement, isFloat, Tensor } from "../tensor.ts";
import { copyDispatch } from "./element-wise-kernel.ts";
import { defineOperator, type Kernel, type Operation, type PackedConstant, type PlacedOperand } from "./operator.ts";

/** A rectangular piece of input `input` that lands on a piece of output `output`; both walk `shape`. */
export interface Move {
  readonly input: number;
  readonly output: number;
  readonly shape: Shape;
  /** Given the strides and offset of the whole operand, those of the piece. */
  readonly from: (whole: Layout) => Layout;
  readonly to: (whole: Layout) => Layout;
}

const whole = (layout: Layout): Layout => layout;

/** An Operation made of moves. With `fill`, outputs start out filled with that value. */
export function moving(outputs: readonly ValueType[], moves: readonly Move[], fill?: number): Operation {
  const kernel: Kernel = {
    name: "copy",
    readsStrided: "any",
    writesStrided: true,
    dispatches(inputs, placed) {
      const filled =
        fill === undefined ? [] : placed.map((y) => copyDispatch("fill", y.shape, filledView(y, fill), { ...layoutOf(y), binding: y }));
      const copies = moves.flatMap((move) => {
        const x = inputs[move.input];
        // The planner leaves out what already lies in its place in a Concat's output.
        if (!x || sizeOf(move.shape) === 0) return [];
        const y = placed[move.output] as PlacedOperand;
        return [copyDispatch("copy", move.shape, { ...move.from(layoutOf(x)), binding: x }, { ...move.to(layoutOf(y)), binding: y })];
      });
      return [...filled, ...copies];
    },
  };
  return {
    outputs,
    evaluate: (inputs) => evaluateMoves(inputs, outputs, moves, fill),
    kernels: () => [kernel],
  };
}

function layoutOf({ offset, strides }: Layout): Layout {
  return { offset, strides };
}

function filledView(y: PlacedOperand, value: number): Layout & { binding: PackedConstant } {
  const data = isFloat(y.dtype) ? new Float32Array([value]) : new Int32Array([value]);
  return { binding: { label: "fill", data }, offset: 0, strides: y.shape.map(() => 0) };
}

function evaluateMoves(
  inputs: readonly (Tensor | undefined)[],
  outputs: readonly ValueType[],
  moves: readonly Move[],
  fill?: number,
): Tensor[] {
  return outputs.map((type, index) => {
    const bytes =
      fill === undefined
        ? new Uint8Array(sizeOf(type.shape) * bytesPerElement(type.dtype))
        : Tensor.filled(type.dtype, type.shape, fill).bytes;
    for (const move of moves) {
      if (move.output !== index) continue;
      const x = inputs[move.input] as Tensor;
      copyElements(
        x.bytes,
        move.from({ offset: 0, strides: denseStrides(x.shape) }),
        bytes,
        move.to({ offset: 0, strides: denseStrides(type.shape) }),
        move.shape,
        bytesPerElement(type.dtype),
      );
    }
    return new Tensor(type.dtype, type.shape, bytes);
  });
}

function copyElements(source: Uint8Array, from: Layout, target: Uint8Array, to: Layout, shape: Shape, width: number): void {
  const walk = (axis: number, read: number, write: number): void => {
    if (axis === shape.length) {
      for (let b = 0; b < width; b++) target[write * width + b] = source[read * width + b] as number;
      return;
    }
    for (let i = 0; i < (shape[axis] as number); i++)
      walk(axis + 1, read + i * (from.strides[axis] as number), write + i * (to.strides[axis] as number));
  };
  walk(0, from.offset, to.offset);
}

/** The layout of a piece that starts at `start` and advances by `steps`. */
function piece(start: readonly number[], steps: readonly number[] = start.map(() => 1)) {
  return ({ offset, strides }: Layout): Layout => ({
    offset: start.reduce((sum, s, axis) => sum + s * (strides[axis] as number), offset),
    strides: strides.map((stride, axis) => stride * (steps[axis] as number)),
  });
}

function along(rank: number, axis: number, value: number): number[] {
  return Array.from({ length: rank }, (_, i) => (i === axis ? value : 0));
}

function replaced(shape: Shape, axis: number, extent: number): number[] {
  return shape.map((e, i) => (i === axis ? extent : e));
}

const transpose = defineOperator("Transpose", { since: 1 }, (context) => {
  const x = context.input(0);
  const perm = context.attributes.numbers(
    "perm",
    x.shape.map((_, i) => x.shape.length - 1 - i),
  );
  if ([...perm].sort((a, b) => a - b).some((p, i) => p !== i) || perm.length !== x.shape.length)
    return context.invalid(`perm [${perm}] is not a permutation of ${x.shape.length} axes`);
  const shape = perm.map((p) => x.shape[p] as number);
  const from = ({ offset, strides }: Layout) => ({ offset, strides: perm.map((p) => strides[p] as number) });
  const operation = moving([{ dtype: x.dtype, shape }], [{ input: 0, output: 0, shape, from, to: whole }]);
  // Moving only axes of extent 1 leaves the order of the elements as it is.
  const moved = perm.filter((p) => x.shape[p] !== 1);
  return { ...operation, isView: moved.every((p, i) => i === 0 || p > (moved[i - 1] as number)) };
});

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

const concat = defineOperator("Concat", { since: 4 }, (context) => {
  const operands = context.inputs.map((_, i) => context.input(i));
  const first = operands[0] ?? context.invalid("at least one input is required");
  const axis = normalizeAxis(context.attributes.number("axis"), first.shape.length);
  const rank = first.shape.length;
  let end = 0;
  const moves = operands.map((x, input): Move => {
    if (x.shape.length !== rank || x.shape.some((e, i) => i !== axis && e !== first.shape[i]))
      context.invalid(`input ${input} of shape [${x.shape}] does not fit [${first.shape}] along axis ${axis}`);
    const start = end;
    end += x.shape[axis] as number;
    return { input, output: 0, shape: x.shape, from: whole, to: piece(along(rank, axis, start)) };
  });
  return { ...moving([{ dtype: first.dtype, shape: replaced(first.shape, axis, end) }], moves), concatAxis: axis };
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

const pad = defineOperator("Pad", { since: 2 }, (context) => {
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

export default [transpose, slice, concat, split, pad, expand];
