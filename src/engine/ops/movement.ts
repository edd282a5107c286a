// Operators that only move elements: Transpose and Concat, and what the rarer ones in on-demand/ are made of.
// Each is one copy, or a few, between strided views; on the CPU the same views move constants.
import type { ValueType } from "../graph/graph.ts";
import type { Layout } from "../layout.ts";
import { denseStrides, normalizeAxis, type Shape, sizeOf } from "../shapes.ts";
import { bytesPerElement, isFloat, Tensor } from "../tensor.ts";
import { checkSameType } from "./checks.ts";
import { copyDispatch } from "./element-wise-kernel.ts";
import { defineOperator, type Kernel, type Operation, type PlacedOperand, type Table } from "./operator.ts";

/** A rectangular part of input `input` that is copied to a part of output `output`; both have `shape`. */
export interface Move {
  readonly input: number;
  readonly output: number;
  readonly shape: Shape;
  /** The layout of the part, given that of the whole operand. */
  readonly from: (whole: Layout) => Layout;
  readonly to: (whole: Layout) => Layout;
}

export const whole = (layout: Layout): Layout => layout;

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
    nonnegative: () => ((fill ?? 0) < 0 ? undefined : { whereAll: [...new Set(moves.map(({ input }) => input))] }),
    evaluate: (inputs) => evaluateMoves(inputs, outputs, moves, fill),
    kernels: () => [kernel],
  };
}

function layoutOf({ offset, strides }: Layout): Layout {
  return { offset, strides };
}

function filledView(y: PlacedOperand, value: number): Layout & { binding: Table } {
  const data = isFloat(y.dtype) ? new Float32Array([value]) : new Int32Array([value]);
  return { binding: { label: "fill", data }, offset: 0, strides: y.shape.map(() => 0) };
}

function evaluateMoves(
  inputs: readonly (Tensor | undefined)[],
  outputs: readonly ValueType[],
  moves: readonly Move[],
  fill?: number,
): Tensor[] {
  // Read once: a constant may compute its elements each time.
  const sources = inputs.map((x) => x?.bytes);
  return outputs.map((type, index) => {
    const bytes =
      fill === undefined
        ? new Uint8Array(sizeOf(type.shape) * bytesPerElement(type.dtype))
        : Tensor.filled(type.dtype, type.shape, fill).bytes;
    for (const move of moves) {
      if (move.output !== index) continue;
      copyElements(
        sources[move.input] as Uint8Array,
        move.from({ offset: 0, strides: denseStrides((inputs[move.input] as Tensor).shape) }),
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
  if (sizeOf(shape) === 0) return;
  const visitAxis = (axis: number, read: number, write: number): void => {
    if (axis === shape.length) {
      for (let b = 0; b < width; b++) target[write * width + b] = source[read * width + b] as number;
      return;
    }
    for (let i = 0; i < (shape[axis] as number); i++)
      visitAxis(axis + 1, read + i * (from.strides[axis] as number), write + i * (to.strides[axis] as number));
  };
  visitAxis(0, from.offset, to.offset);
}

/** The layout of a part that starts at `start` and advances by `steps`. */
export function piece(start: readonly number[], steps: readonly number[] = start.map(() => 1)) {
  return ({ offset, strides }: Layout): Layout => ({
    offset: start.reduce((sum, s, axis) => sum + s * (strides[axis] as number), offset),
    strides: strides.map((stride, axis) => stride * (steps[axis] as number)),
  });
}

export function along(rank: number, axis: number, value: number): number[] {
  return Array.from({ length: rank }, (_, i) => (i === axis ? value : 0));
}

export function replaced(shape: Shape, axis: number, extent: number): number[] {
  return shape.map((e, i) => (i === axis ? extent : e));
}

const transpose = defineOperator("Transpose", { since: 1 }, (context) => {
  const x = context.input(0);
  const perm = context.attributes.integers(
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

const concat = defineOperator("Concat", { since: 4 }, (context) => {
  const operands = context.inputs.map((_, i) => context.input(i));
  const first = operands[0] ?? context.invalid("at least one input is required");
  checkSameType(context, ...operands.keys());
  const axis = normalizeAxis(context.attributes.integer("axis"), first.shape.length);
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

export default [transpose, concat];
