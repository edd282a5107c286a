// Numbers as whole steps of a scale, counted from a zero point: x = (q − zero point) · scale. One scale for a tensor, for each index of an axis, or
// for each block along it.
import type { Layout } from "../../layout.ts";
import { denseStrides, normalizeAxis, type Shape, sameShape, sizeOf } from "../../shapes.ts";
import type { DataType } from "../../tensor.ts";
import type { Operand, OperatorContext } from "../operator.ts";

/** The least and the largest number of each type that counts steps. */
export const ranges: Readonly<Partial<Record<DataType, readonly [number, number]>>> = {
  int4: [-8, 7],
  uint4: [0, 15],
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
};

export function rangeOf(context: OperatorContext, dtype: DataType): readonly [number, number] {
  return ranges[dtype] ?? context.unsupported(`${dtype} as steps of a scale; ${Object.keys(ranges).join(", ")} are supported`);
}

/** What ONNX allows scales, and numbers made of quantised ones, to be. */
export const scaleTypes: readonly DataType[] = ["float32", "float16", "bfloat16"];

export function isScaleType(dtype: DataType): boolean {
  return scaleTypes.includes(dtype);
}

/** Which scale each element has. */
export interface Grid {
  readonly shape: Shape;
  readonly axis: number;
  /** Elements in a row along the axis that share a scale. */
  readonly block: number;
  /** One for each axis of `shape`: how far apart the scales of neighbours are, where blocks are of one element. */
  readonly strides: readonly number[];
}

/**
 * Which scales the elements have.
 *
 * @param axis along which a list of scales lies, and `block` how many elements share one: the attributes where they are not given
 * @throws ModelError for a scale, or a zero point, whose shape does not fit
 */
export function readGrid(
  context: OperatorContext,
  { shape }: Operand,
  scale: Operand,
  zeroPoint: Operand | undefined,
  { axis, block } = { axis: context.attributes.integer("axis", 1), block: context.attributes.integer("block_size", 0, 0) },
): Grid {
  if (!isScaleType(scale.dtype)) context.invalid(`the scale is ${scale.dtype}, expected ${scaleTypes.join(", ")}`);
  if (zeroPoint && !sameShape(zeroPoint.shape, scale.shape) && sizeOf(zeroPoint.shape) * sizeOf(scale.shape) !== 1)
    context.invalid(`the zero point has the shape [${zeroPoint.shape}], the scale [${scale.shape}]`);
  if (block === 0 && sizeOf(scale.shape) === 1 && scale.shape.length < 2) return { shape, axis: 0, block: 1, strides: shape.map(() => 0) };
  const at = normalizeAxis(axis, shape.length);
  const extent = shape[at] as number;
  const expected = block === 0 ? [extent] : shape.with(at, Math.ceil(extent / block));
  if (!sameShape(scale.shape, expected))
    context.invalid(`a scale of shape [${scale.shape}] does not fit [${shape}] along axis ${at}, expected [${expected}]`);
  const strides = block === 0 ? shape.map((_, i) => (i === at ? 1 : 0)) : denseStrides(expected);
  return { shape, axis: at, block: block || 1, strides };
}

/** A rectangular part of a tensor, whose scales lie along strides. */
export interface GridPart {
  readonly shape: Shape;
  /** The part, given the layout of the whole. */
  readonly of: (whole: Layout) => Layout;
  readonly scales: Layout;
}

/** A tensor as whole blocks and what is left behind the last of them. */
export function partsOf({ shape, axis, block, strides }: Grid): readonly GridPart[] {
  if (block === 1) return [{ shape, of: (whole) => whole, scales: { offset: 0, strides } }];
  const extent = shape[axis] as number;
  const blocks = Math.floor(extent / block);
  const scaleStep = strides[axis] as number;
  const inBlocks = (list: readonly number[], outer: number, inner: number) => list.toSpliced(axis, 1, outer, inner);
  const whole: GridPart = {
    shape: inBlocks(shape, blocks, block),
    of: (layout) => {
      const step = layout.strides[axis] as number;
      return { offset: layout.offset, strides: inBlocks(layout.strides, step * block, step) };
    },
    scales: { offset: 0, strides: inBlocks(strides, scaleStep, 0) },
  };
  const rest: GridPart = {
    shape: shape.with(axis, extent - blocks * block),
    of: ({ offset, strides: own }) => ({ offset: offset + blocks * block * (own[axis] as number), strides: own }),
    scales: { offset: blocks * scaleStep, strides: strides.with(axis, 0) },
  };
  return [whole, rest].filter((part) => sizeOf(part.shape) > 0);
}

/** Calls `visit` with the index of each element and of its scale. */
export function forEachElement(grid: Grid, visit: (element: number, scale: number) => void): void {
  const dense = { offset: 0, strides: denseStrides(grid.shape) };
  for (const { shape, of, scales } of partsOf(grid)) {
    const elements = of(dense);
    const walk = (axis: number, at: number, scale: number): void => {
      if (axis === shape.length) visit(at, scale);
      else
        for (let i = 0; i < (shape[axis] as number); i++)
          walk(axis + 1, at + i * (elements.strides[axis] as number), scale + i * (scales.strides[axis] as number));
    };
    if (sizeOf(shape) > 0) walk(0, elements.offset, scales.offset);
  }
}
