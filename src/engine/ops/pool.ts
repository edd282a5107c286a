// MaxPool and AveragePool: a sliding window over one, two or three spatial axes. The kernel for any case is in on-demand/.
// https://onnx.ai/onnx/operators/onnx__MaxPool.html
import { generatePooling, poolingWorkgroupSize } from "../../shaders/generate/pooling.ts";
import { type Shape, sizeOf } from "../shapes.ts";
import { resolveWindow, type Window } from "../window.ts";
import { floatInput } from "./checks.ts";
import { workgroupCount } from "./dispatch.ts";
import { defineOperator, type Kernel, type Operation, type OperatorContext, type PlacedOperand } from "./operator.ts";

/** One pool, as its kernels see it. */
export interface Pool {
  readonly kind: "max" | "average" | "lp";
  readonly window: Window;
  /** Whether it takes integers of 8 bits instead of floats. */
  readonly isBytes?: boolean;
  /** Whether the average's divisor counts padding. */
  readonly countsPads?: boolean;
  /** The norm's order. */
  readonly p?: number;
  /** How the second output numbers the maxima, where there is one. */
  readonly indices?: "row-major" | "column-major" | undefined;
}

export default [
  defineOperator("MaxPool", { since: 1 }, (context) => {
    const indices = context.attributes.flag("storage_order", false) ? "column-major" : "row-major";
    return describePool(context, { kind: "max", indices: context.outputCount > 1 ? indices : undefined });
  }),
  defineOperator("AveragePool", { since: 1 }, (context) =>
    describePool(context, { kind: "average", countsPads: context.attributes.flag("count_include_pad", false) }),
  ),
];

export function describePool(context: OperatorContext, kind: Omit<Pool, "window" | "isBytes">): Operation {
  const { dtype, shape: whole } = context.input(0);
  const isBytes = kind.kind === "max" && dtype.endsWith("int8");
  if (!isBytes) floatInput(context, 0);
  const pool = { ...kind, isBytes, window: readWindow(context, whole.slice(2)) };
  const { general } = context.families;
  const shape = [...whole.slice(0, 2), ...pool.window.output];
  return {
    outputs: [{ dtype, shape }, ...(pool.indices ? [{ dtype: "int64" as const, shape }] : [])],
    nonnegative: () => ({ whereAll: [0] }),
    kernels: () => [...blockedKernels(pool, shape, whole.slice(2)), ...(general?.pools(pool) ?? [])],
  };
}

/** @param spatial extents of the pooled value's spatial axes */
export function readWindow(context: OperatorContext, spatial: Shape): Window {
  const { attributes } = context;
  if (spatial.length < 1 || spatial.length > 3)
    context.unsupported(
      `pooling over ${spatial.length} spatial axes is not supported, only over 1 to 3. Reshape the input to rank 3, 4 or 5.`,
    );
  return resolveWindow(spatial, {
    kernel: attributes.numbers("kernel_shape", []),
    strides: attributes.numbers("strides"),
    dilations: attributes.numbers("dilations"),
    pads: attributes.numbers("pads"),
    autoPad: attributes.string("auto_pad", "NOTSET"),
    ceilMode: attributes.flag("ceil_mode", false),
  });
}

/** Windows up to this many taps are unrolled. */
const maxUnrolledTaps = 25;

/**
 * For small windows over two axes, without dilation, where every window holds at least one element of the map.
 *
 * @param extent the input's spatial axes
 */
function blockedKernels({ kind, window, countsPads = false, indices, isBytes }: Pool, shape: Shape, extent: Shape): readonly Kernel[] {
  const { kernel, strides, padsBegin, padsEnd, dilations } = window;
  const overlaps = kernel.every((size, axis) => Math.max(padsBegin[axis] as number, padsEnd[axis] as number) < size);
  const isPlain = shape.length === 4 && dilations.every((dilation) => dilation === 1) && kind !== "lp" && !indices && !isBytes;
  if (!isPlain || !overlaps || sizeOf(kernel) > maxUnrolledTaps) return [];
  const [height, width] = window.output as [number, number];
  const isMax = kind === "max";
  const variant = {
    kind: isMax ? ("max" as const) : ("average" as const),
    kernel: kernel as readonly [number, number],
    strides: strides as readonly [number, number],
    rows: Math.min(2, height),
    columns: Math.min(4, width),
  };
  const [top, left] = padsBegin as [number, number];
  // With ceil_mode the last window may reach beyond the padding.
  const [bottom, right] = window.output.map((count, axis) =>
    Math.max(
      0,
      (count - 1) * (strides[axis] as number) + (kernel[axis] as number) - (extent[axis] as number) - (padsBegin[axis] as number),
    ),
  ) as [number, number];
  const range = counted(window, extent, countsPads);
  const planes = (shape[0] as number) * (shape[1] as number);
  const blocked: Kernel = {
    name: "pool-blocked",
    readsStrided: [0],
    writesStrided: true,
    ...(!isMax && { borders: { 0: { top, left, bottom, right } } }),
    dispatches: ([input], [output]) => {
      const from = input as PlacedOperand;
      const to = output as PlacedOperand;
      const [columnBlocks, rowBlocks] = [Math.ceil(width / variant.columns), Math.ceil(height / variant.rows)];
      const count = planes * rowBlocks * columnBlocks;
      const [inN, inC, inH] = from.strides as [number, number, number];
      const [outN, outC, outH] = to.strides as [number, number, number];
      return [
        {
          shader: generatePooling(variant),
          params: {
            count,
            channels: from.shape[1] as number,
            in_offset: isMax ? from.offset : from.offset - top * inH - left,
            in_n: inN,
            in_c: inC,
            in_h: inH,
            out_offset: to.offset,
            out_n: outN,
            out_c: outC,
            out_h: outH,
            in_height: from.shape[2] as number,
            in_width: from.shape[3] as number,
            pad_top: top,
            pad_left: left,
            ...(!isMax && {
              counted_from_y: range.counted_from[0] as number,
              counted_from_x: range.counted_from[1] as number,
              counted_to_y: range.counted_to[0] as number,
              counted_to_x: range.counted_to[1] as number,
            }),
            width,
            height,
            column_blocks: columnBlocks,
            row_blocks: rowBlocks,
          },
          bindings: { input: from, output: to },
          workgroups: workgroupCount(count, poolingWorkgroupSize),
        },
      ];
    },
  };
  return [blocked];
}

/** Between which coordinates taps count in an average's divisor. */
export function counted({ padsBegin, padsEnd }: Window, extent: Shape, countsPads = false) {
  return {
    counted_from: padsBegin.map((pad) => (countsPads ? -pad : 0)),
    counted_to: extent.map((size, axis) => size + (countsPads ? (padsEnd[axis] as number) : 0)),
  };
}
