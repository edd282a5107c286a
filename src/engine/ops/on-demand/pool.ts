// LpPool and GlobalLpPool, and the pools' kernel for any case: large or dilated windows, one or three axes, indices of maxima.
// https://onnx.ai/onnx/operators/onnx__LpPool.html

import { generateMaxPoolIndices } from "../../../shaders/generate/max-pool-indices.ts";
import { poolingWorkgroupSize } from "../../../shaders/generate/pooling.ts";
import maxPoolIndicesShader from "../../../shaders/max-pool-indices.wgsl";
import poolShader from "../../../shaders/pool.wgsl";
import { denseStrides, sizeOf } from "../../shapes.ts";
import { type GpuType, gpuTypeOf } from "../../tensor.ts";
import type { Window } from "../../window.ts";
import { workgroupCount } from "../dispatch.ts";
import { broadcastView, elementWiseDispatch } from "../element-wise-kernel.ts";
import { describeGlobalPool } from "../global-pool.ts";
import { type Dispatch, defineOperator, type Kernel, type PlacedOperand, type Scratch } from "../operator.ts";
import { counted, describePool, type Pool } from "../pool.ts";
import { hasSmallWindows, placeOf } from "./small-windows.ts";
import { asSpatial, threeAxes } from "./spatial.ts";

const kinds = { max: 0, average: 1, lp: 2 } as const;

export default [
  defineOperator("LpPool", { since: 2 }, (context) => describePool(context, { kind: "lp", p: context.attributes.number("p", 2) })),
  defineOperator("GlobalLpPool", { since: 2 }, (context) =>
    describeGlobalPool(context, { term: "power", finish: "rootP", p: context.attributes.number("p", 2) }),
  ),
];

/** Kernels for any pool, and a fast one for small windows whose maxima are asked for by index. */
export function generalPools(pool: Pool): readonly Kernel[] {
  if (pool.isBytes) return [poolOfBytes(pool)];
  const isBlocked = pool.indices === "row-major" && hasSmallWindows(pool.window);
  return [...(isBlocked ? [blockedMaxima(pool.window)] : []), generalPool(pool)];
}

/** Values and indices in one dispatch. */
function blockedMaxima({ kernel, strides, padsBegin: [top = 0, left = 0], output: [height = 1, width = 1] }: Window): Kernel {
  const [rows, columns] = [Math.min(2, height), Math.min(4, width)];
  const [rowBlocks, columnBlocks] = [Math.ceil(height / rows), Math.ceil(width / columns)];
  const block = { kernel: kernel as readonly [number, number], strides: strides as readonly [number, number], rows, columns };
  return {
    name: "pool-indices-blocked",
    readsStrided: [0],
    writesStrided: true,
    dispatches: ([input], outputs) => {
      const [x, output, maxima] = [input, ...outputs] as [PlacedOperand, PlacedOperand, PlacedOperand];
      const [n, channels, inHeight, inWidth] = x.shape as [number, number, number, number];
      const count = n * channels * rowBlocks * columnBlocks;
      return [
        {
          shader: generateMaxPoolIndices(block),
          params: {
            count,
            channels,
            ...placeOf("in", x),
            ...placeOf("out", output),
            ...placeOf("maxima", maxima),
            ...{ in_height: inHeight, in_width: inWidth, pad_top: top, pad_left: left },
            ...{ width, height, column_blocks: columnBlocks, row_blocks: rowBlocks },
          },
          bindings: { input: x, output, maxima },
          workgroups: workgroupCount(count, poolingWorkgroupSize),
        },
      ];
    },
  };
}

function generalPool(pool: Pool): Kernel {
  return {
    name: "pool",
    readsStrided: [0],
    // Indices are written dense, and a kernel says this of all its outputs.
    writesStrided: !pool.indices,
    dispatches: ([input], [output, indices]) => {
      const steps = [poolDispatch(pool, input as PlacedOperand, output as PlacedOperand)];
      if (indices) steps.push(indicesDispatch(pool, input as PlacedOperand, indices));
      return steps;
    },
  };
}

/** Integers of 8 bits as floats, which hold them exactly, and the maxima as integers again. */
function poolOfBytes(pool: Pool): Kernel {
  return {
    name: "pool of bytes",
    dispatches: ([input], outputs) => {
      const [x, y, indices] = [input, ...outputs] as [PlacedOperand, PlacedOperand, PlacedOperand?];
      /** The same value as floats. */
      const asFloats = (operand: PlacedOperand) => {
        const binding: Scratch = { scratchBytes: sizeOf(operand.shape) * 4 };
        const dense = { ...operand, offset: 0, strides: denseStrides(operand.shape) };
        return { binding, dense, view: { ...dense, binding } };
      };
      const [from, to] = [asFloats(x), asFloats(y)];
      const type = gpuTypeOf(x.dtype);
      const cast = (before: GpuType, after: GpuType) => ({ name: "cast", expression: `${after}(a)`, inputs: [before], output: after });
      const bindings = { input: from.binding, output: to.binding };
      return [
        elementWiseDispatch(cast(type, "f32"), x.shape, from.view, [broadcastView(x, x.shape)]),
        { ...poolDispatch(pool, from.dense, to.dense), bindings },
        ...(indices ? [{ ...indicesDispatch(pool, from.dense, indices), bindings: { input: from.binding, indices } }] : []),
        elementWiseDispatch(cast("f32", type), y.shape, broadcastView(y, y.shape), [to.view]),
      ];
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
      counted_from: threeAxes(range.counted_from, 0),
      counted_to: threeAxes(range.counted_to, 1),
    },
    bindings: { input, output },
    workgroups: workgroupCount(count, 64),
  };
}

function indicesDispatch({ window, indices: order }: Pool, input: PlacedOperand, indices: PlacedOperand): Dispatch {
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
      index_strides: order === "column-major" ? [1, depth, depth * height] : [height * width, width, 1],
      input_extent: from.extent,
      output_extent: threeAxes(window.output, 1),
      ...windowParams(window),
    },
    bindings: { input, indices },
    workgroups: workgroupCount(count, 64),
  };
}

export function windowParams(window: Window) {
  return {
    kernel: threeAxes(window.kernel, 1),
    window_stride: threeAxes(window.strides, 1),
    dilation: threeAxes(window.dilations, 1),
    pad: threeAxes(window.padsBegin, 0),
  };
}
