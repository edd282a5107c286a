// MaxPool, AveragePool and LpPool: a sliding window over one, two or three spatial axes.
// https://onnx.ai/onnx/operators/onnx__MaxPool.html

import { generatePooling, poolingWorkgroupSize } from "../../shaders/generate/pooling.ts";
import maxPoolIndicesShader from "../../shaders/max-pool-indices.wgsl";
import poolShader from "../../shaders/pool.wgsl";
import poolPlanarShader from "../../shaders/pool-planar.wgsl";
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
  const planes = (shape[0] as number) * (shape[1] as number);
  const isPlanar = shape.length === 4 && planes <= 65535 && pool.window.dilations.every((dilation) => dilation === 1);
  // Its maxima clamp, so every window must hold an element.
  const { kernel, padsBegin, padsEnd } = pool.window;
  const overlaps = kernel.every((extent, axis) => Math.max(padsBegin[axis] as number, padsEnd[axis] as number) < extent);
  if (!isPlanar || !overlaps || pool.kind === "lp") return [general];
  const blocked = blockedKernel(pool, shape, extent);
  return blocked ? [blocked, planarKernel(pool, planes), general] : [planarKernel(pool, planes), general];
}

/** Windows up to this many taps are unrolled. */
const maxUnrolledTaps = 25;

/** For small windows; of averages, those that always divide by the whole window. */
function blockedKernel({ kind, window, countsPads = false }: Pool, shape: Shape, extent: Shape): Kernel | undefined {
  const { kernel, strides, padsBegin, padsEnd } = window;
  const [height, width] = window.output as [number, number];
  const hasPads = [...padsBegin, ...padsEnd].some((pad) => pad !== 0);
  if (sizeOf(kernel) > maxUnrolledTaps || (kind === "average" && hasPads && !countsPads)) return undefined;
  const isMax = kind === "max";
  // With ceil_mode the last window may reach beyond the padding, which is not counted.
  const reach = window.output.map((count, axis) => (count - 1) * (strides[axis] as number) + (kernel[axis] as number));
  const room = extent.map((size, axis) => size + (padsBegin[axis] as number) + (padsEnd[axis] as number));
  if (!isMax && reach.some((end, axis) => end > (room[axis] as number))) return undefined;
  const variant = {
    kind: isMax ? ("max" as const) : ("average" as const),
    kernel: kernel as readonly [number, number],
    strides: strides as readonly [number, number],
    rows: Math.min(2, height),
    columns: Math.min(4, width),
  };
  const [top, left] = padsBegin as [number, number];
  const [bottom, right] = padsEnd as [number, number];
  const planes = (shape[0] as number) * (shape[1] as number);
  return {
    name: "pool-blocked",
    readsStrided: [0],
    writesStrided: true,
    ...(!isMax && hasPads && { borders: { 0: { top, left, bottom, right } } }),
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

function planarKernel({ kind, window, countsPads }: Pool, planes: number): Kernel {
  return {
    name: "pool-planar",
    readsStrided: [0],
    writesStrided: true,
    dispatches: ([input], [output]) => {
      const from = input as PlacedOperand;
      const to = output as PlacedOperand;
      const [height, width] = window.output as [number, number];
      return [
        {
          shader: poolPlanarShader,
          constants: { IS_AVERAGE: kind === "average" ? 1 : 0 },
          params: {
            channels: from.shape[1] as number,
            input_offset: from.offset,
            output_offset: to.offset,
            input_extent: from.shape.slice(2),
            output_extent: window.output,
            kernel: window.kernel,
            step: window.strides,
            pad: window.padsBegin,
            ...counted(window, from.shape.slice(2), countsPads),
            input_strides: from.strides,
            output_strides: to.strides,
          },
          bindings: { input: from, output: to },
          workgroups: [Math.ceil(width / 32), Math.ceil(height / 8), planes],
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
