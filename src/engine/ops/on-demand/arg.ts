// ArgMax and ArgMin: where along an axis the extreme element lies. https://onnx.ai/onnx/operators/onnx__ArgMax.html
import argShader from "../../../shaders/arg.wgsl";
import { normalizeAxis } from "../../shapes.ts";
import { aroundAxis } from "../axes.ts";
import { floatInput } from "../checks.ts";
import { workgroupCount } from "../dispatch.ts";
import { defineOperator, type Operator, type PlacedOperand } from "../operator.ts";

const signs = { ArgMax: 1, ArgMin: -1 } as const;

export default Object.entries(signs).map(([name, sign]) =>
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
