// Packs constants on the CPU and everything else on the GPU, both by the same description.
import { copyDispatch } from "../ops/element-wise-kernel.ts";
import type { Dispatch, Packing, PackingMove, PlacedOperand, Scratch } from "../ops/operator.ts";
import { denseStrides, sameShape, sizeOf } from "../shapes.ts";

/** Fills `target`, which holds zeros, with the elements of a dense source. */
export function packInto(target: Float32Array, source: Float32Array, { moves, transform }: Packing): void {
  for (const { shape, from, to } of moves) {
    const [fromStride, toStride] = [from.strides.at(-1) ?? 0, to.strides.at(-1) ?? 0];
    const count = shape.at(-1) ?? 1;
    forEachRow(shape, from, to, (read, write) => {
      if (transform) for (let i = 0; i < count; i++) transform.apply(source, read + i * fromStride, target, write + i * toStride);
      else if (fromStride === 1 && toStride === 1) target.set(source.subarray(read, read + count), write);
      else copyRow(source, read, fromStride, target, write, toStride, count);
    });
  }
}

function copyRow(
  source: Float32Array,
  read: number,
  fromStride: number,
  target: Float32Array,
  write: number,
  toStride: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    target[write] = source[read] as number;
    read += fromStride;
    write += toStride;
  }
}

/** Calls `visit` for each row along the last axis, with the index of its first element in source and target. */
function forEachRow(
  shape: PackingMove["shape"],
  from: PackingMove["from"],
  to: PackingMove["to"],
  visit: (read: number, write: number) => void,
): void {
  const visitAxis = (axis: number, read: number, write: number): void => {
    if (axis >= shape.length - 1) visit(read, write);
    else
      for (let i = 0; i < (shape[axis] as number); i++)
        visitAxis(axis + 1, read + i * (from.strides[axis] as number), write + i * (to.strides[axis] as number));
  };
  if (sizeOf(shape) > 0) visitAxis(0, from.offset, to.offset);
}

/** The same on the GPU, into memory that holds zeros. */
export function packDispatches(target: Scratch, source: PlacedOperand, { moves, transform }: Packing): readonly Dispatch[] {
  return moves
    .filter(({ shape }) => sizeOf(shape) > 0)
    .map((move) =>
      transform
        ? transform.dispatch(move, source, target)
        : copyDispatch("pack", move.shape, { ...move.from, binding: source }, { ...move.to, binding: target }),
    );
}

/** Whether the packed form is the dense source itself. */
export function isIdentity({ length, moves, transform }: Packing, sourceLength: number): boolean {
  const [move, other] = moves;
  if (!move || other || transform || length !== sourceLength || sizeOf(move.shape) !== length) return false;
  const dense = denseStrides(move.shape);
  return move.from.offset + move.to.offset === 0 && sameShape(move.from.strides, dense) && sameShape(move.to.strides, dense);
}
