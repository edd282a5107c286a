// CumSum and CumProd: sums and products of all elements up to each. https://onnx.ai/onnx/operators/onnx__CumSum.html
import cumulativeShader from "../../../shaders/cumulative.wgsl";
import { normalizeAxis, sizeOf } from "../../shapes.ts";
import { bytesPerElement, isFloat, Tensor } from "../../tensor.ts";
import { aroundAxis } from "../axes.ts";
import { workgroupCount } from "../dispatch.ts";
import { defineOperator, type PlacedOperand } from "../operator.ts";

/** Elements that one invocation goes through. */
const mostSteps = 1 << 20;

const cumulative = (name: string, since: number) =>
  defineOperator(name, { since }, (context) => {
    const { dtype, shape } = context.input(0);
    if (!isFloat(dtype) && !/^u?int(32|64)$/.test(dtype))
      context.invalid(`${dtype} elements; floats and integers of 32 or 64 bits are summed`);
    const given = context.constant(1, "axis")?.toNumbers() ?? context.invalid("an axis is required");
    if (given.length !== 1) context.invalid(`the axis must be one number, got [${given}]`);
    const axis = normalizeAxis(given[0] as number, shape.length);
    const isExclusive = context.attributes.flag("exclusive", false);
    const isReverse = context.attributes.flag("reverse", false);
    const isProduct = name === "CumProd";
    const { outer, extent, inner } = aroundAxis(shape, axis);
    if (extent > mostSteps) context.unsupported(`${extent} elements along axis ${axis}. Make them at most ${mostSteps}`);
    const lines = extent === 0 ? 0 : outer * inner;
    return {
      outputs: [{ dtype, shape }],
      nonnegative: () => ({ whereAll: [0] }),
      evaluate: ([x]) => {
        const places = (line: number) =>
          Array.from(
            { length: extent },
            (_, j) => (Math.floor(line / inner) * extent + (isReverse ? extent - 1 - j : j)) * inner + (line % inner),
          );
        // Whole numbers wrap at each step, as those of their type do; doubles would round first.
        const fill = <T extends number | bigint>(values: T[], first: T, combine: (total: T, element: T) => T): Tensor => {
          for (let line = 0; line < lines; line++) {
            let total = first;
            for (const at of places(line)) {
              const next = combine(total, values[at] as T);
              values[at] = isExclusive ? total : next;
              total = next;
            }
          }
          return Tensor.from(dtype, shape, values);
        };
        const tensor = x as Tensor;
        if (isFloat(dtype))
          return [fill<number>(Array.from(tensor.toNumbers()), isProduct ? 1 : 0, isProduct ? (a, b) => a * b : (a, b) => a + b)];
        const wrap = (value: bigint) => (dtype.startsWith("u") ? BigInt.asUintN : BigInt.asIntN)(8 * bytesPerElement(dtype), value);
        const whole = Array.from(tensor.data as ArrayLike<number | bigint>, BigInt);
        return [fill<bigint>(whole, isProduct ? 1n : 0n, isProduct ? (a, b) => wrap(a * b) : (a, b) => wrap(a + b))];
      },
      kernels: () => [
        {
          name: "cumulative",
          dispatches: ([input], [output]) => [
            {
              shader: cumulativeShader,
              constants: { TYPE: isFloat(dtype) ? 0 : 1, IS_PRODUCT: isProduct ? 1 : 0 },
              params: { count: lines, length: extent, inner, is_exclusive: isExclusive ? 1 : 0, is_reverse: isReverse ? 1 : 0 },
              bindings: { input: input as PlacedOperand, output: output as PlacedOperand },
              workgroups: workgroupCount(sizeOf([outer, inner]), 64),
            },
          ],
        },
      ],
    };
  });

export default [cumulative("CumSum", 11), cumulative("CumProd", 26)];
