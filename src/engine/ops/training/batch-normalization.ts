// BatchNormalization in training, as operators of Convcam's own: with the statistics of the batch, which are outputs besides; and its gradient.
// https://onnx.ai/onnx/operators/onnx__BatchNormalization.html
import sumsShader from "../../../shaders/batch-gradient.wgsl";
import { fusedDomain } from "../../graph/graph.ts";
import { sameShape } from "../../shapes.ts";
import { normalizationFormula, perChannelKernel } from "../batch-normalization.ts";
import { floatInput } from "../checks.ts";
import { elementWiseKernel } from "../element-wise-kernel.ts";
import { momentDispatches, walkOf } from "../on-demand/batch-statistics.ts";
import { type Dispatch, defineOperator, type OperatorContext, type PlacedOperand } from "../operator.ts";

/** Vectors with an element per channel, refused where they have others. */
function checkChannels(context: OperatorContext, channels: number, ...indices: readonly number[]): void {
  for (const index of indices)
    if (!sameShape(floatInput(context, index).shape, [channels]))
      context.invalid(`input ${index} is [${context.input(index).shape}], expected [${channels}]`);
}

/** Inputs: x, scale, bias. Outputs: y, and mean and variance of the batch, over all elements of a channel. */
const forward = defineOperator("BatchNormalizationOfBatch", { since: 1, domain: fusedDomain }, (context) => {
  const { dtype, shape } = floatInput(context, 0);
  const epsilon = context.attributes.number("epsilon", 1e-5);
  const walk = walkOf(shape);
  const { channels, batch, places } = walk;
  checkChannels(context, channels, 1, 2);
  if (batch * places === 0) context.invalid(`x of shape [${shape}] has no elements to take statistics of`);
  const vector = { dtype, shape: [channels] };
  const normalize = perChannelKernel(elementWiseKernel(normalizationFormula, { epsilon }), shape);
  return {
    outputs: [{ dtype, shape }, vector, vector],
    exact: [1, 2],
    continuesLayer: true,
    kernels: () => [
      {
        name: "batch normalization",
        dispatches([x, scale, bias], [y, mean, variance]) {
          return [
            ...momentDispatches(x as PlacedOperand, walk, mean as PlacedOperand, variance as PlacedOperand),
            ...normalize.dispatches([x, scale, bias, mean, variance], [y as PlacedOperand]),
          ];
        },
      },
    ],
  };
});

/** dx = scale / √(variance + ε) · (dy − (dbias + x̂ · dscale) / count), where x̂ = (x − mean) / √(variance + ε). */
const slope = {
  name: "batch normalization gradient",
  expression: "c * inverseSqrt(e + epsilon) * (a - (f + (b - d) * inverseSqrt(e + epsilon) * g) * share)",
  inputs: new Array<"f32">(7).fill("f32"),
  output: "f32" as const,
  scalars: ["epsilon", "share"],
};

/** Inputs: dy, x, scale, and the mean and variance of the batch. Outputs: the gradients of x, scale and bias. */
const backward = defineOperator("BatchNormalizationGradient", { since: 1, domain: fusedDomain }, (context) => {
  const { dtype, shape } = floatInput(context, 1);
  const epsilon = context.attributes.number("epsilon", 1e-5);
  const { channels, batch, places } = walkOf(shape);
  if (!sameShape(floatInput(context, 0).shape, shape))
    context.invalid(`a gradient of shape [${context.input(0).shape}], expected [${shape}]`);
  checkChannels(context, channels, 2, 3, 4);
  const vector = { dtype, shape: [channels] };
  const finish = perChannelKernel(elementWiseKernel(slope, { epsilon, share: 1 / (batch * places) }), shape, 2);
  return {
    outputs: [{ dtype, shape }, vector, vector],
    exact: [1, 2],
    kernels: () => [
      {
        name: "batch normalization gradient",
        dispatches([dy, x, scale, mean, variance], [dx, dscale, dbias]) {
          const sums: Dispatch = {
            shader: sumsShader,
            params: { channels, batch, places, epsilon },
            bindings: {
              dy: dy as PlacedOperand,
              x: x as PlacedOperand,
              mean: mean as PlacedOperand,
              variance: variance as PlacedOperand,
              scale: dscale as PlacedOperand,
              shift: dbias as PlacedOperand,
            },
            workgroups: channels,
          };
          return [sums, ...finish.dispatches([dy, x, scale, mean, variance, dbias, dscale], [dx as PlacedOperand])];
        },
      },
    ],
  };
});

export default [forward, backward];
