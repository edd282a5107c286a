// Rotate, an operator of Convcam's own: pictures of the last two axes turned about their middle by an angle in radians, input 1. With the
// attribute `transposed` it is the transpose, which is its gradient.
import rotateShader from "../../../shaders/rotate.wgsl";
import { fusedDomain } from "../../graph/graph.ts";
import { sizeOf } from "../../shapes.ts";
import { floatInput } from "../checks.ts";
import { workgroupCount } from "../dispatch.ts";
import { defineOperator, type PlacedOperand } from "../operator.ts";

export default defineOperator("Rotate", { since: 1, domain: fusedDomain }, (context) => {
  const { dtype, shape } = floatInput(context, 0);
  const angle = floatInput(context, 1);
  if (shape.length < 2) context.invalid(`the pictures are [${shape}], which have no rows and columns`);
  if (sizeOf(angle.shape) !== 1) context.invalid(`the angle is [${angle.shape}], expected one number`);
  const isTransposed = context.attributes.flag("transposed", false);
  const [height = 1, width = 1] = shape.slice(-2);
  return {
    outputs: [{ dtype, shape }],
    kernels: () => [
      {
        name: "rotate",
        dispatches: ([input, by], [output]) => [
          {
            shader: rotateShader,
            constants: { TRANSPOSED: isTransposed ? 1 : 0 },
            params: { count: sizeOf(shape), height, width },
            bindings: { input: input as PlacedOperand, angle: by as PlacedOperand, output: output as PlacedOperand },
            workgroups: workgroupCount(sizeOf(shape), 64),
          },
        ],
      },
    ],
  };
});
