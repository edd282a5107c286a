// Softmax, LogSoftmax and Hardmax. Before opset 13 they flatten their input to rows at `axis`; since then they work along one axis.
// https://onnx.ai/onnx/operators/onnx__Softmax.html
import softmaxShader from "../../shaders/softmax.wgsl";
import { normalizeAxis } from "../shapes.ts";
import { aroundAxis } from "./axes.ts";
import { floatInput } from "./checks.ts";
import { flatWorkgroups } from "./dispatch.ts";
import { defineOperator, type Kernel, type Operator, type PlacedOperand } from "./operator.ts";

const kinds = { Softmax: 0, LogSoftmax: 1, Hardmax: 2 } as const;

export default Object.entries(kinds).map(([name, kind]) =>
  defineOperator(name, { since: 1 }, (context) => {
    const { dtype, shape } = floatInput(context, 0);
    const flattens = context.opset < 13;
    const axis = normalizeAxis(context.attributes.number("axis", flattens ? 1 : -1), shape.length);
    const { outer, extent, inner } = aroundAxis(shape, axis);
    const rows = flattens ? { count: outer, length: extent * inner, inner: 1 } : { count: outer * inner, length: extent, inner };
    return { outputs: [{ dtype, shape }], kernels: () => [softmaxKernel(kind, rows)] };
  }),
) satisfies Operator[];

function softmaxKernel(kind: number, { count, length, inner }: { count: number; length: number; inner: number }): Kernel {
  return {
    name: "softmax",
    dispatches: ([input], [output]) => {
      // Sharing a row costs barriers, which pays only where rows are long.
      const lanes = length >= 128 && inner === 1 ? 32 : 1;
      return [
        {
          shader: softmaxShader,
          constants: { KIND: kind, LANES: lanes },
          params: { rows: count, length, inner },
          bindings: { input: input as PlacedOperand, output: output as PlacedOperand },
          workgroups: flatWorkgroups(count * lanes, 64),
        },
      ];
    },
  };
}
