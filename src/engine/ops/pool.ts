// MaxPool, AveragePool and LpPool: a sliding window over one, two or three spatial axes.
// https://onnx.ai/onnx/operators/onnx__MaxPool.html

import { generatePooling, poolingWorkgroupSize } from "../../shaders/generate/pooling.ts";
import maxPoolIndicesShader from "../../shaders/max-pool-indices.wgsl";
import poolShader from "../../shaders/pool.wgsl";
import { type Shape, sizeOf } from "../shapes.ts";
import { resolveWindow, type Window } from "../window.ts";
import { floatInput } from "./checks.ts";
import { flatWorkgroups } from "./dispatch.ts";
import { type Dispatch, defineOperator, type Kernel, type Operator, type OperatorContext, type PlacedOperand } from "./operator.ts";
import { asSpatial, lift } from "./spatial.ts";

const kinds = { max: 0, average: 1, lp: 2 } as const;

interface Pool {
  readonly kind: keyof typeof kinds;
  readonly window: Window;
  /** Whether the average's divisor counts padding. */
  readonly countsPads?: boolean;
  readonly p?: number;
}

export default [
  defineOperator("MaxPool", { since: 1 }, (context) => {
    const input = floatInput(context, 0);
    const window = readWindow(context);
    const columnMajor = context.attributes.flag("storage_order", false);
    const shape = [...input.shape.slice(0, 2), ...window.output];
    const value = { dtype: input.dtype, shape };
    return {
      outputs: context.outputCount > 1 ? [value, { dtype: "int64", shape }] : [value],
      kernels: () =>
        context.outputCount > 1
          ? [poolKernel({ kind: "max", window }, { columnMajor, writesIndices: true })]
          : poolKernels({ kind: "max", window }, shape, input.shape.slice(2)),
    };
  }),
  defineOperator("AveragePool", { since: 1 }, (context) => {
    const countsPads = context.attributes.flag("count_include_pad", false);
    return describePool(context, (window) => ({ kind: "average", window, countsPads }));
  }),
  defineOperator("LpPool", { since: 2 }, (context) => {
    const p = context.attributes.number("p", 2);
    return describePool(context, (window) => ({ kind: "lp", window, p }));
  }),
] satisfies Operator[];

function describePool(context: OperatorContext, pool: (window: Window) => Pool): ReturnType<Operator["describe"]> {
  const input = floatInput(context, 0);
  const window = readWindow(context);
  const shape = [...input.shape.slice(0, 2), ...window.output];
  return { outputs: [{ dtype: input.dtype, shape }], kernels: () => poolKernels(pool(window), shape, input.shape.slice(2)) };
}

function readWindow(context: OperatorContext): Window {
  const { attributes } = context;
  const spatial = context.input(0).shape.slice(2);
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

/** @param extent the input's spatial axes */
function poolKernels(pool: Pool, shape: Shape, extent: Shape): readonly Kernel[] {
  const general = poolKernel(pool);
  const blocked = blockedKernel(pool, shape, extent);
  return blocked ? [blocked, general] : [general];
}

/** Windows up to this many taps are unrolled. */
const maxUnrolledTaps = 25;

/** For small undilated windows over two axes, every one of which holds an element of the map. */
function blockedKernel({ kind, window, countsPads = false }: Pool, shape: Shape, extent: Shape): Kernel | undefined {
  const { kernel, strides, padsBegin, padsEnd, dilations } = window;
  const overlaps = kernel.every((size, axis) => Math.max(padsBegin[axis] as number, padsEnd[axis] as number) < size);
  const isPlain = shape.length === 4 && dilations.every((dilation) => dilation === 1) && kind !== "lp";
  if (!isPlain || !overlaps || sizeOf(kernel) > maxUnrolledTaps) return undefined;
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
  return {
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
          workgroups: flatWorkgroups(count, poolingWorkgroupSize),
        },
      ];
    },
  };
}

/** Between which coordinates taps count in an average's divisor. */
function counted({ padsBegin, padsEnd }: Window, extent: Shape, countsPads = false) {
  return {
    counted_from: padsBegin.map((pad) => (countsPads ? -pad : 0)),
    counted_to: extent.map((size, axis) => size + (countsPads ? (padsEnd[axis] as number) : 0)),
  };
}

function poolKernel(pool: Pool, { columnMajor = false, writesIndices = false } = {}): Kernel {
  return {
    name: "pool",
    readsStrided: [0],
    // Indices are written dense, and a kernel says this of all its outputs.
    writesStrided: !writesIndices,
    dispatches: ([input], [output, indices]) => {
      const steps = [poolDispatch(pool, input as PlacedOperand, output as PlacedOperand)];
      if (indices) steps.push(indicesDispatch(pool.window, columnMajor, input as PlacedOperand, indices));
      return steps;
    },
  };
}

function poolDispatch({ kind, window, countsPads, p }: Pool, input: PlacedOperand, output: PlacedOperand): Dispatch {
  const from = asSpatial(input);
  const to = asSpatial(output);
  const count = sizeOf(output.shape);
  const range = counted(window, input.shape.slice(2), countsPads);
  return {
    shader: poolShader,
    constants: { KIND: kinds[kind] },
    params: {
      count,
      channels: from.c,
      input_offset: from.offset,
      output_offset: to.offset,
      input_stride_n: from.strideN,
      output_stride_n: to.strideN,
      p: p ?? 1,
      input_strides: from.strides,
      output_strides: to.strides,
      input_extent: from.extent,
      output_extent: to.extent,
      ...windowParams(window),
      counted_from: lift(range.counted_from, 0),
      counted_to: lift(range.counted_to, 1),
    },
    bindings: { input, output },
    workgroups: flatWorkgroups(count, 64),
  };
}

function indicesDispatch(window: Window, columnMajor: boolean, input: PlacedOperand, indices: PlacedOperand): Dispatch {
  const from = asSpatial(input);
  const count = sizeOf(indices.shape);
  const [depth = 1, height = 1, width = 1] = from.extent;
  return {
    shader: maxPoolIndicesShader,
    params: {
      count,
      channels: from.c,
      input_offset: from.offset,
      input_stride_n: from.strideN,
      input_strides: from.strides,
      index_strides: columnMajor ? [1, depth, depth * height] : [height * width, width, 1],
      input_extent: from.extent,
      output_extent: lift(window.output, 1),
      ...windowParams(window),
    },
    bindings: { input, indices },
    workgroups: flatWorkgroups(count, 64),
  };
}

function windowParams(window: Window) {
  return {
    kernel: lift(window.kernel, 1),
    window_stride: lift(window.strides, 1),
    dilation: lift(window.dilations, 1),
    pad: lift(window.padsBegin, 0),
  };
}
