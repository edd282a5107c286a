// ArgMax and ArgMin: where along an axis the extreme element lies. https://onnx.ai/onnx/operators/onnx__ArgMax.html
import argShader from "../../../shaders/arg.wgsl";
import { normalizeAxis } from "../../shapes.ts";
import { aroundAxis } from "../axes.ts";
import { floatInput } from "../checks.ts";
import { workgroupCount } from "../dispatch.ts";
import { defineOperator, type Operator, type OperatorContext, type PlacedOperand } from "../operator.ts";
import type { Composed } from "./composed.ts";
import { forWholeNumbers } from "./whole-numbers.ts";

const signs = { ArgMax: 1, ArgMin: -1 } as const;

const onFloats = Object.entries(signs).map(([name, sign]) =>
  defineOperator(name, { since: 1 }, (context) => {
    const { attributes } = context;
    const { shape } = floatInput(context, 0);
    const axis = normalizeAxis(attributes.integer("axis", 0), shape.length);
    const keepsAxis = attributes.flag("keepdims", true);
    const takesLast = attributes.flag("select_last_index", false);
    const { outer, extent, inner } = aroundAxis(shape, axis);
    return {
      outputs: [{ dtype: "int64", shape: [...shape.slice(0, axis), ...(keepsAxis ? [1] : []), ...shape.slice(axis + 1)] }],
      nonnegative: () => "always",
      kernels: () => [
        {
          name: "arg",
          dispatches: ([input], [output]) => [
            {
              shader: argShader,
              params: { rows: outer * inner, length: extent, inner, sign, takes_last: takesLast ? 1 : 0 },
              bindings: { input: input as PlacedOperand, output: output as PlacedOperand },
              workgroups: workgroupCount(outer * inner, 64),
            },
          ],
        },
      ],
    };
  }),
) satisfies Operator[];

/** Of 32 bits, which floats do not hold exactly: the first place of the first of the sorted ones. */
function bySorting({ attributes, input, opset }: OperatorContext, largest: number): Composed["write"] | undefined {
  const { dtype, shape } = input(0);
  if (!/(32|64)$/.test(dtype) || opset < 11 || attributes.flag("select_last_index", false)) return undefined;
  const axis = normalizeAxis(attributes.integer("axis", 0), shape.length);
  const keepsAxis = attributes.flag("keepdims", true);
  return (writer, [x = ""]) => {
    const [, places = ""] = writer.nodes("TopK", [x, writer.integers(1)], { axis, largest }, { outputs: 2 });
    return [keepsAxis ? places : writer.reshape(places, shape.toSpliced(axis, 1))];
  };
}

export default onFloats.map((operator) =>
  forWholeNumbers(operator, { keepsType: false, instead: (context) => bySorting(context, Number(operator.name === "ArgMax")) }),
) satisfies Operator[];
