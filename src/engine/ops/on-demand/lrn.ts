// LRN: local response normalisation across channels. https://onnx.ai/onnx/operators/onnx__LRN.html
import localResponseNormShader from "../../../shaders/local-response-norm.wgsl";
import { floatInput } from "../checks.ts";
import { workgroupCount } from "../dispatch.ts";
import { defineOperator, type PlacedOperand } from "../operator.ts";

export default defineOperator("LRN", { since: 1 }, (context) => {
  const { attributes } = context;
  const { dtype, shape } = floatInput(context, 0);
  const size = attributes.integer("size", undefined, 1);
  const alpha = attributes.number("alpha", 0.0001) / size;
  const beta = attributes.number("beta", 0.75);
  const bias = attributes.number("bias", 1);
  const [n = 1, channels = 1, height = 1, width = 1] = shape;
  if (shape.length < 2 || shape.length > 4)
    context.unsupported(`rank ${shape.length} is not supported, only [n, c], [n, c, w] and [n, c, h, w]. Reshape the input.`);
  return {
    outputs: [{ dtype, shape }],
    nonnegative: () => ({ whereAll: [0] }),
    kernels: () => [
      {
        name: "local-response-norm",
        readsStrided: [0],
        writesStrided: true,
        dispatches: ([input], [output]) => {
          const from = input as PlacedOperand;
          const to = output as PlacedOperand;
          const count = n * Math.ceil(channels / 4) * height * width;
          return [
            {
              shader: localResponseNormShader,
              params: {
                count,
                channels,
                before: Math.floor((size - 1) / 2),
                after: Math.ceil((size - 1) / 2),
                alpha,
                beta,
                bias,
                input_offset: from.offset,
                output_offset: to.offset,
                extent: [height, width],
                input_strides: from.strides,
                output_strides: to.strides,
              },
              bindings: { input: from, output: to },
              workgroups: workgroupCount(count, 64),
            },
          ];
        },
      },
    ],
  };
});
