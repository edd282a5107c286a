// Noise, an operator of Convcam's own: random numbers of mean 0 and variance 1, of the shape of input 0. Input 1 is the number of the sample;
// the same number and attribute `seed` give the same noise.
import random from "../../../shaders/random.wgsl";
import { fusedDomain } from "../../graph/graph.ts";
import { sizeOf } from "../../shapes.ts";
import { floatInput } from "../checks.ts";
import { workgroupCount } from "../dispatch.ts";
import { defineOperator, type PlacedOperand } from "../operator.ts";

export default defineOperator("Noise", { since: 1, domain: fusedDomain }, (context) => {
  const { dtype, shape } = floatInput(context, 0);
  const sample = floatInput(context, 1);
  if (sizeOf(sample.shape) !== 1) context.invalid(`the number of the sample is [${sample.shape}], expected one number`);
  const seed = context.attributes.integer("seed", 0) >>> 0;
  return {
    outputs: [{ dtype, shape }],
    kernels: () => [
      {
        name: "noise",
        dispatches: ([, number], [output]) => {
          const count = sizeOf(shape);
          return [
            {
              shader: random,
              params: { count, seed, number_index: 0, threshold: 0, scale: 1 },
              bindings: { numbers: number as PlacedOperand, input: number as PlacedOperand, output: output as PlacedOperand },
              workgroups: workgroupCount(count, 64),
            },
          ];
        },
      },
    ],
  };
});
