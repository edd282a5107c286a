// RandomMask, an operator of Convcam's own: a Dropout of training, by a counter. Inputs: x, and the rates of the step, see update.ts. It is linear, so
// that the gradient is the same mask of dy.
import random from "../../../shaders/random.wgsl";
import { fusedDomain } from "../../graph/graph.ts";
import { sizeOf } from "../../shapes.ts";
import { floatInput } from "../checks.ts";
import { workgroupCount } from "../dispatch.ts";
import { defineOperator, type PlacedOperand } from "../operator.ts";
import { stepIndex } from "./update.ts";

export default defineOperator("RandomMask", { since: 1, domain: fusedDomain }, (context) => {
  const { dtype, shape } = floatInput(context, 0);
  floatInput(context, 1);
  const { attributes } = context;
  const ratio = attributes.number("ratio", 0.5);
  if (!(ratio >= 0 && ratio < 1)) context.invalid(`ratio ${ratio}; expected 0 or more, and less than 1`);
  const seed = attributes.integer("seed", 0) >>> 0;
  const count = sizeOf(shape);
  return {
    outputs: [{ dtype, shape }],
    kernels: () => [
      {
        name: "random mask",
        dispatches: ([x, rates], [y]) => [
          {
            shader: random,
            constants: { IS_MASK: 1 },
            params: { count, seed, number_index: stepIndex, threshold: Math.round(ratio * 2 ** 24), scale: 1 / (1 - ratio) },
            bindings: { input: x as PlacedOperand, numbers: rates as PlacedOperand, output: y as PlacedOperand },
            workgroups: workgroupCount(count, 64),
          },
        ],
      },
    ],
  };
});
