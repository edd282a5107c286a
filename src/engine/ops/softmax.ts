// Softmax, LogSoftmax and Hardmax. Before opset 13 they flatten their input to rows at `axis`; since then they work along one axis.
// https://onnx.ai/onnx/operators/onnx__Softmax.html
import softmaxShader from "../../shaders/softmax.wgsl";
import { normalizeAxis } from "../shapes.ts";
import { aroundAxis } from "./axes.ts";
import { floatInput } from "./checks.ts";
import { workgroupCount } from "./dispatch.ts";
import { defineOperator, type Kernel, type Operator, type PlacedOperand, type Target } from "./operator.ts";

const kinds = { Softmax: 0, LogSoftmax: 1, Hardmax: 2 } as const;

export default Object.entries(kinds).map(([name, kind]) =>
  defineOperator(name, { since: 1 }, (context) => {
    const { dtype, shape } = floatInput(context, 0);
    const flattens = context.opset < 13;
    const axis = normalizeAxis(context.attributes.integer("axis", flattens ? 1 : -1), shape.length);
    const { outer, extent, inner } = aroundAxis(shape, axis);
    const rows = flattens ? { count: outer, length: extent * inner, inner: 1 } : { count: outer * inner, length: extent, inner };
    return {
      outputs: [{ dtype, shape }],
      nonnegative: () => (name === "LogSoftmax" ? undefined : "always"),
      continuesLayer: true,
      kernels: (target) => [softmaxKernel(kind, rows, target)],
    };
  }),
) satisfies Operator[];

interface Rows {
  readonly count: number;
  readonly length: number;
  /** Elements between neighbours in a row. */
  readonly inner: number;
}

function softmaxKernel(kind: number, { count, length, inner }: Rows, { profile }: Target): Kernel {
  return {
    name: "softmax",
    dispatches: ([input], [output]) => {
      // Invocations that share a row need barriers. That pays only where rows are long, and not on a GPU made of software.
      const lanes = length >= 128 && inner === 1 && profile !== "software" ? 32 : 1;
      return [
        {
          shader: softmaxShader,
          constants: { KIND: kind, LANES: lanes },
          params: { rows: count, length, inner },
          bindings: { input: input as PlacedOperand, output: output as PlacedOperand },
          workgroups: workgroupCount(count * lanes, 64),
        },
      ];
    },
  };
}
