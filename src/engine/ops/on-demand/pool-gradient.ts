// PoolGradient, an operator of Convcam's own: the gradient of MaxPool's and AveragePool's input. Input 0 is the gradient of the pool's output;
// input 1, for MaxPool, the places of its maxima. The attributes are the pool's, and `input_shape`.
import { generatePoolGradient } from "../../../shaders/generate/pool-gradient.ts";
import { type PoolingVariant, poolingWorkgroupSize } from "../../../shaders/generate/pooling.ts";
import poolGradientShader from "../../../shaders/pool-gradient.wgsl";
import { fusedDomain } from "../../graph/graph.ts";
import { type Shape, sameShape, sizeOf } from "../../shapes.ts";
import type { Window } from "../../window.ts";
import { workgroupCount } from "../dispatch.ts";
import { defineOperator, type Kernel, type PlacedOperand, type Table } from "../operator.ts";
import { counted, readWindow } from "../pool.ts";
import { windowParams } from "./pool.ts";
import { hasSmallWindows, placeOf } from "./small-windows.ts";
import { asSpatial, threeAxes } from "./spatial.ts";

// WebGPU refuses empty bindings.
const noIndices: Table = { label: "no indices", data: new Int32Array(1) };

export default defineOperator("PoolGradient", { since: 1, domain: fusedDomain }, (context) => {
  const { dtype, shape: pooled } = context.input(0);
  const shape = context.attributes.integers("input_shape", [], 0);
  const window = readWindow(context, shape.slice(2));
  if (!sameShape(pooled, [...shape.slice(0, 2), ...window.output]))
    context.invalid(`the gradient's shape [${pooled}] is not that of a pool over [${shape}]`);
  const countsPads = context.attributes.flag("count_include_pad", false);
  const pool = { shape, window, countsPads, isMax: context.inputs[1] !== undefined };
  return {
    outputs: [{ dtype, shape }],
    kernels: () => [...(isBlockable(window) ? [blockedKernel(pool)] : []), generalKernel(pool)],
  };
});

interface PoolGradient {
  /** Of the pool's input. */
  readonly shape: Shape;
  readonly window: Window;
  readonly countsPads: boolean;
  readonly isMax: boolean;
}

function isBlockable(window: Window): boolean {
  return hasSmallWindows(window) && [...window.padsBegin, ...window.padsEnd].every((pad) => pad >= 0) && Math.max(...window.strides) <= 4;
}

/** Rows and columns of a block: a whole number of steps, so that all blocks lie alike between windows. */
function blockedVariant({ window: { kernel, strides }, isMax }: PoolGradient): PoolingVariant {
  const [sy, sx] = strides as [number, number];
  return {
    kind: isMax ? "max" : "average",
    kernel: kernel as readonly [number, number],
    strides: [sy, sx],
    rows: sy * Math.ceil(2 / sy),
    columns: sx * Math.ceil(4 / sx),
  };
}

function blockedKernel(pool: PoolGradient): Kernel {
  const { shape, window, countsPads } = pool;
  const [top, left] = window.padsBegin as [number, number];
  const [batch, channels, height, width] = shape as [number, number, number, number];
  const variant = blockedVariant(pool);
  const columnBlocks = Math.ceil((width + (left % variant.strides[1])) / variant.columns);
  const rowBlocks = Math.ceil((height + (top % variant.strides[0])) / variant.rows);
  const count = batch * channels * rowBlocks * columnBlocks;
  return {
    name: "pool-gradient-blocked",
    readsStrided: [0],
    writesStrided: true,
    dispatches: ([dy, maxima], [dx]) => {
      const [from, to] = [dy as PlacedOperand, dx as PlacedOperand];
      const { counted_from: first, counted_to: end } = counted(window, shape.slice(2), countsPads);
      return [
        {
          shader: generatePoolGradient(variant),
          params: {
            count,
            channels,
            ...placeOf("gradient", from),
            ...placeOf("out", to),
            windows_y: window.output[0] as number,
            windows_x: window.output[1] as number,
            ...{ height, width, pad_top: top, pad_left: left, column_blocks: columnBlocks, row_blocks: rowBlocks },
            ...(!pool.isMax && { counted_from_y: first[0], counted_from_x: first[1], counted_to_y: end[0], counted_to_x: end[1] }),
          },
          bindings: { gradient: from, output: to, ...(maxima && { maxima }) },
          workgroups: workgroupCount(count, poolingWorkgroupSize),
        },
      ];
    },
  };
}

function generalKernel({ shape, window, countsPads, isMax }: PoolGradient): Kernel {
  const range = counted(window, shape.slice(2), countsPads);
  return {
    name: "pool-gradient",
    readsStrided: [0],
    dispatches: ([dy, indices], [dx]) => {
      const from = asSpatial(dy as PlacedOperand);
      const count = sizeOf(shape);
      return [
        {
          shader: poolGradientShader,
          constants: { KIND: isMax ? 0 : 1 },
          params: {
            count,
            channels: from.c,
            gradient_offset: from.offset,
            gradient_stride_n: from.strideN,
            gradient_strides: from.strides,
            input_extent: threeAxes(shape.slice(2), 1),
            output_extent: from.extent,
            ...windowParams(window),
            counted_from: threeAxes(range.counted_from, 0),
            counted_to: threeAxes(range.counted_to, 1),
          },
          bindings: { gradient: dy as PlacedOperand, indices: indices ?? noIndices, output: dx as PlacedOperand },
          workgroups: workgroupCount(count, 64),
        },
      ];
    },
  };
}
