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
  /** Whether the average's divisor counts padding. */
  readonly countsPads?: boolean;
  /** The norm's order. */
  readonly p?: number;
  /** How the second output numbers the maxima, where there is one. */
  readonly indices?: "row-major" | "column-major";
}

export default [
  defineOperator("MaxPool", { since: 1 }, (context) => {
    const columnMajor = context.attributes.flag("storage_order", false);
    const indices = columnMajor ? ("column-major" as const) : ("row-major" as const);
    return describePool(context, { kind: "max", ...(context.outputCount > 1 && { indices }) });
  }),
  defineOperator("AveragePool", { since: 1 }, (context) =>
    describePool(context, { kind: "average", countsPads: context.attributes.flag("count_include_pad", false) }),
  ),
];

export function describePool(context: OperatorContext, kind: Omit<Pool, "window">): Operation {
  const { dtype, shape: whole } = floatInput(context, 0);
  const pool = { ...kind, window: readWindow(context, whole.slice(2)) };
  const { general } = context.families;
  const shape = [...whole.slice(0, 2), ...pool.window.output];
  return {
    outputs: [{ dtype, shape }, ...(pool.indices ? [{ dtype: "int64" as const, shape }] : [])],
    nonnegative: () => ({ whereAll: [0] }),
    kernels: () => [...blockedKernels(pool, whole.slice(2)), ...(general?.pools(pool) ?? [])],
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

/** Whether windows are few taps over two axes, without dilation, and every one holds at least one element of the map. */
export function hasSmallWindows({ kernel, padsBegin, padsEnd, dilations }: Window): boolean {
  const overlaps = kernel.every((size, axis) => Math.max(padsBegin[axis] as number, padsEnd[axis] as number) < size);
  return kernel.length === 2 && dilations.every((dilation) => dilation === 1) && overlaps && sizeOf(kernel) <= maxUnrolledTaps;
}

/** The block that an invocation of a blocked pool computes. */
export function blockOf({ kernel, strides, output: [height = 1, width = 1] }: Window) {
  return {
    kernel: kernel as readonly [number, number],
    strides: strides as readonly [number, number],
    rows: Math.min(2, height),
    columns: Math.min(4, width),
  };
}

/** Params of a blocked pool, apart from an average's, and the number of its invocations. */
export function blockedParams(window: Window, from: PlacedOperand, to: PlacedOperand) {
  const { rows, columns } = blockOf(window);
  const [top = 0, left = 0] = window.padsBegin;
  const [batch, channels, height, width] = to.shape as [number, number, number, number];
  const [columnBlocks, rowBlocks] = [Math.ceil(width / columns), Math.ceil(height / rows)];
  const [inN, inC, inH] = from.strides as [number, number, number];
  const [outN, outC, outH] = to.strides as [number, number, number];
  return {
    count: batch * channels * rowBlocks * columnBlocks,
    channels,
    in_offset: from.offset,
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
    width,
    height,
    column_blocks: columnBlocks,
    row_blocks: rowBlocks,
  };
}

/** @param extent the input's spatial axes */
function blockedKernels({ kind, window, countsPads = false, indices }: Pool, extent: Shape): readonly Kernel[] {
  if (kind === "lp" || indices || !hasSmallWindows(window)) return [];
  const [top, left] = window.padsBegin as [number, number];
  // With ceil_mode the last window may reach beyond the padding.
  const [bottom, right] = window.output.map((count, axis) =>
    Math.max(
      0,
      (count - 1) * (window.strides[axis] as number) +
        (window.kernel[axis] as number) -
        (extent[axis] as number) -
        (window.padsBegin[axis] as number),
    ),
  ) as [number, number];
  const isMax = kind === "max";
  const blocked: Kernel = {
    name: "pool-blocked",
    readsStrided: [0],
    writesStrided: true,
    ...(!isMax && { borders: { 0: { top, left, bottom, right } } }),
    dispatches: ([input], [output]) => {
      const [from, to] = [input as PlacedOperand, output as PlacedOperand];
      const params = blockedParams(window, from, to);
      return [
        {
          shader: generatePooling({ kind, ...blockOf(window) }),
          params: isMax
            ? params
            : { ...params, in_offset: from.offset - top * params.in_h - left, ...countedAxes(window, extent, countsPads) },
          bindings: { input: from, output: to },
          workgroups: workgroupCount(params.count, poolingWorkgroupSize),
        },
      ];
    },
  };
  return [blocked];
}

/** {@link counted} of two axes, as Params of blocked averages have it. */
export function countedAxes(window: Window, extent: Shape, countsPads: boolean) {
  const { counted_from: from, counted_to: to } = counted(window, extent, countsPads);
  return {
    counted_from_y: from[0] as number,
    counted_from_x: from[1] as number,
    counted_to_y: to[0] as number,
    counted_to_x: to[1] as number,
  };
}

/** Between which coordinates taps count in an average's divisor. */
export function counted({ padsBegin, padsEnd }: Window, extent: Shape, countsPads = false) {
  return {
    counted_from: padsBegin.map((pad) => (countsPads ? -pad : 0)),
    counted_to: extent.map((size, axis) => size + (countsPads ? (padsEnd[axis] as number) : 0)),
  };
}
