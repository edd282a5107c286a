// PoolGradient, an operator of Convcam's own: the gradient of MaxPool's and AveragePool's input. Input 0 is the gradient of the pool's output;
// input 1, for MaxPool, the places of its maxima. The attributes are the pool's, and `input_shape`.
import poolGradientShader from "../../../shaders/pool-gradient.wgsl";
import { fusedDomain } from "../../graph/graph.ts";
import { sameShape, sizeOf } from "../../shapes.ts";
import { workgroupCount } from "../dispatch.ts";
import { defineOperator, type PlacedOperand, type Table } from "../operator.ts";
import { counted, readWindow } from "../pool.ts";
import { windowParams } from "./pool.ts";
import { asSpatial, threeAxes } from "./spatial.ts";

// WebGPU refuses empty bindings.
const noIndices: Table = { label: "no indices", data: new Int32Array(1) };

export default defineOperator("PoolGradient", { since: 1, domain: fusedDomain }, (context) => {
  const { dtype, shape: pooled } = context.input(0);
  const shape = context.attributes.integers("input_shape", [], 0);
  const window = readWindow(context, shape.slice(2));
  if (!sameShape(pooled, [...shape.slice(0, 2), ...window.output]))
    context.invalid(`the gradient's shape [${pooled}] is not that of a pool over [${shape}]`);
  const range = counted(window, shape.slice(2), context.attributes.flag("count_include_pad", false));
  const isMax = context.inputs[1] !== undefined;
  return {
    outputs: [{ dtype, shape }],
    kernels: () => [
      {
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
      },
    ],
  };
});
