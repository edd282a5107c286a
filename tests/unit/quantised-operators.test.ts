// Refusals of operators on steps of a scale: what breaks the standard is told when types are inferred.
import { expect, test } from "vitest";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { type DataType, Tensor } from "../../src/engine/tensor.ts";
import { everything } from "../support/catalog.ts";
import { noise } from "../support/graphs.ts";
import { graphOfCase, type OperatorCase } from "../support/operator-case.ts";

const zeros = (dtype: DataType, ...shape: number[]) => Tensor.filled(dtype, shape, 0);
const x = noise([2, 3, 4]);
const one = noise([]);
const picture = [zeros("uint8", 1, 2, 5, 5), one, zeros("uint8")];
const matrices = [zeros("uint8", 2, 3), zeros("int8", 3, 4)];
const [uint8, int8] = [
  [one, zeros("uint8")],
  [one, zeros("int8")],
];
const weights = [zeros("int8", 3, 2, 3, 3), one, zeros("int8")];

type Attributes = NonNullable<OperatorCase["attributes"]>;

/** What ONNX Runtime refuses, too. */
const fusedRefusals: readonly (readonly [Attributes, string, Tensor?])[] = [
  [{ activation: "" }, "attribute 'activation' is '', not one of Relu"],
  [{ activation: "Elu" }, "attribute 'activation' is 'Elu', not one of Relu"],
  [{ activation: "LeakyRelu" }, "activation_params has 0 number(s), LeakyRelu takes 1"],
  [{ activation: "LeakyRelu", activation_params: [0.1, 0.2] }, "activation_params has 2 number(s), LeakyRelu takes 1"],
  [{ activation: "Clip", activation_params: [0.1] }, "activation_params has 1 number(s), Clip takes 2"],
  [{ activation: "HardSigmoid", activation_params: [0.1, 0.2, 0.3] }, "activation_params has 3 number(s), HardSigmoid takes 2"],
  [{}, "Z is float32 [1], expected float32 [1,3,3,3]", noise([1])],
  [{}, "Z is float32 [3,3,3], expected float32 [1,3,3,3]", noise([3, 3, 3])],
];

const refusals: readonly (readonly [Omit<OperatorCase, "why">, string])[] = [
  [{ operator: "QuantizeLinear", inputs: [x, noise([4])] }, "a scale of shape [4] does not fit [2,3,4] along axis 1, expected [3]"],
  [{ operator: "QuantizeLinear", inputs: [x, noise([3])], attributes: { axis: 3 } }, "axis 3 is outside a tensor of rank 3"],
  [{ operator: "QuantizeLinear", inputs: [x, noise([2, 1, 4])], attributes: { block_size: 2 } }, "expected [2,2,4]"],
  [{ operator: "QuantizeLinear", inputs: [x, noise([3]), zeros("int8", 2)] }, "the zero point has the shape [2], the scale [3]"],
  [{ operator: "QuantizeLinear", inputs: [x, one, zeros("int32")] }, "int32 as steps of a scale; int4, uint4, int8"],
  [
    { operator: "QuantizeLinear", inputs: [x, one, zeros("int8")], attributes: { output_dtype: 2 } },
    "output_dtype is uint8, the zero point int8",
  ],
  [{ operator: "QuantizeLinear", inputs: [zeros("int64", 2), one] }, "int64 elements, expected floating point or int32"],
  [{ operator: "QuantizeLinear", inputs: [x, zeros("int32")] }, "the scale is int32"],
  [{ operator: "DequantizeLinear", inputs: [zeros("int8", 3), one, zeros("uint8")] }, "the zero point is uint8, its steps int8"],
  ...([3, 6, 11] as const).map(
    (output_dtype) =>
      [
        { operator: "DequantizeLinear", inputs: [zeros("int8", 3), one], attributes: { output_dtype } },
        `output_dtype is ${{ 3: "int8", 6: "int32", 11: "float64" }[output_dtype]}, expected float32, float16, bfloat16`,
      ] as const,
  ),
  [{ operator: "DequantizeLinear", inputs: [zeros("int8", 3), zeros("float64")] }, "the scale is float64, expected float32"],
  [{ operator: "DequantizeLinear", inputs: [x, one] }, "float32 as steps of a scale"],
  [
    { operator: "QLinearConv", inputs: [...picture, ...weights, noise([3]), zeros("uint8", 3)] },
    "a scale of float32 [3], expected one number",
  ],
  [{ operator: "QLinearConv", inputs: [...picture, ...weights, one, zeros("uint8"), noise([3])] }, "the bias is float32, expected int32"],
  [{ operator: "QLinearConv", inputs: [...picture, zeros("int8", 3, 4, 3, 3), one, zeros("int8"), one, zeros("uint8")] }, "does not fit"],
  [{ operator: "ConvInteger", inputs: [zeros("int16", 1, 1, 3, 3), zeros("int8", 1, 1, 3, 3)] }, "int16 elements, expected int8 or uint8"],
  [{ operator: "MatMulInteger", inputs: [zeros("int8", 2, 3), zeros("int8", 4, 2)] }, "[2,3] and [4,2] do not fit"],
  [
    { operator: "MatMulInteger", inputs: [zeros("uint8", 1, 2 ** 22 + 1), zeros("uint8", 2 ** 22 + 1, 1)] },
    "sums of 4194305 products; up to 4194304 are supported",
  ],
  [{ operator: "MatMulInteger", inputs: [...matrices, zeros("uint8", 3)] }, "input 2 has zero points of shape [3], which do not fit [2,3]"],
  [{ operator: "MatMulInteger", inputs: [...matrices, zeros("uint8", 1, 2)] }, "zero points of shape [1,2], which do not fit [2,3]"],
  [{ operator: "MatMulInteger", inputs: [...matrices, zeros("uint8", 1, 2, 1)] }, "zero points of shape [1,2,1], which do not fit [2,3]"],
  [{ operator: "MatMulInteger", inputs: [...matrices, undefined, zeros("uint8")] }, "input 3 is a zero point of uint8, its steps are int8"],
  [
    { operator: "ConvInteger", inputs: [picture[0], weights[0], undefined, zeros("int8", 2)] },
    "zero points of shape [2], which do not fit [3,2,3,3]",
  ],
  // ONNX has one for what a convolution reads, and for QGemm's A; a list along the depth of a product means nothing.
  [
    { operator: "ConvInteger", inputs: [picture[0], weights[0], zeros("uint8", 2)] },
    "zero points of shape [2], which do not fit [1,2,5,5]",
  ],
  [
    { operator: "ConvInteger", inputs: [picture[0], weights[0], zeros("uint8", 2, 1, 1)] },
    "zero points of shape [2,1,1], which do not fit [1,2,5,5]",
  ],
  [
    { operator: "ConvInteger", inputs: [picture[0], weights[0], undefined, zeros("int8", 1, 2, 1, 1)] },
    "zero points of shape [1,2,1,1], which do not fit [3,2,3,3]",
  ],
  [{ operator: "MatMulInteger", inputs: [...matrices, zeros("uint8", 1, 3)] }, "zero points of shape [1,3], which do not fit [2,3]"],
  [
    { operator: "MatMulInteger", inputs: [...matrices, undefined, zeros("int8", 3, 1)] },
    "zero points of shape [3,1], which do not fit [3,4]",
  ],
  [
    { operator: "MatMulInteger", inputs: [zeros("uint8", 3), matrices[1], zeros("uint8", 3)] },
    "zero points of shape [3], which do not fit [3]",
  ],
  [
    { operator: "MatMulInteger", inputs: [matrices[0], zeros("int8", 3), undefined, zeros("int8", 3)] },
    "zero points of shape [3], which do not fit [3]",
  ],
  [
    { operator: "QLinearConv", inputs: [picture[0], noise([2]), zeros("uint8", 2), ...weights, ...uint8] },
    "input 1 has scales of shape [2], expected one",
  ],
  [
    { operator: "QLinearMatMul", inputs: [zeros("uint8", 3), noise([3]), zeros("uint8", 3), matrices[1], ...int8, ...uint8] },
    "input 1 has scales of shape [3], expected one",
  ],
  [
    { operator: "QLinearMatMul", inputs: [matrices[0], ...uint8, zeros("int8", 3), noise([3]), zeros("int8", 3), ...uint8] },
    "input 4 has scales of shape [3], expected one",
  ],
  [
    { operator: "QGemm", domain: "com.microsoft", inputs: [matrices[0], noise([3]), zeros("uint8", 3), matrices[1], ...int8] },
    "input 1 has scales of shape [3], expected one",
  ],
  [
    { operator: "QLinearMatMul", inputs: [matrices[0], noise([2, 1]), zeros("uint8", 2, 1), matrices[1], ...int8, ...uint8] },
    "input 1 has scales of shape [2,1]. Give one, or a list of them",
  ],
  [
    { operator: "QLinearMatMul", inputs: [matrices[0], noise([3]), zeros("uint8", 3), matrices[1], ...int8, ...uint8] },
    "a scale of shape [3] does not fit [2,3] along axis 0, expected [2]",
  ],
  [
    { operator: "QLinearConv", inputs: [...picture, zeros("int8", 3, 2, 3, 3), noise([2]), zeros("int8", 2), ...uint8] },
    "a scale of shape [2] does not fit [3,2,3,3] along axis 0, expected [3]",
  ],
  [
    { operator: "QGemm", domain: "com.microsoft", inputs: [matrices[0], ...uint8, matrices[1], noise([3]), zeros("int8", 3)] },
    "a scale of shape [3] does not fit [3,4] along axis 1, expected [4]",
  ],
  [
    {
      operator: "QLinearAdd",
      domain: "com.microsoft",
      inputs: [matrices[0], ...uint8, matrices[0], noise([4]), zeros("uint8", 4), ...uint8],
    },
    "a scale of shape [4] does not fit [2,3] along axis 1, expected [3]",
  ],
  [
    { operator: "QLinearSigmoid", domain: "com.microsoft", inputs: [matrices[0], ...uint8, one, zeros("uint8", 7)] },
    "input 4 has zero points of shape [7], expected one",
  ],
  ...fusedRefusals.map(
    ([attributes, reason, residual]) =>
      [
        {
          operator: "FusedConv",
          domain: "com.microsoft",
          attributes,
          inputs: [noise([1, 2, 5, 5]), noise([3, 2, 3, 3]), noise([3]), residual],
        },
        reason,
      ] as const,
  ),
  [
    {
      operator: "QLinearAveragePool",
      domain: "com.microsoft",
      attributes: { kernel_shape: [2, 2], channels_last: 1 },
      inputs: [...picture, one, zeros("uint8")],
    },
    "channels_last is 1. Re-export with channels first",
  ],
  [
    { operator: "QLinearConcat", domain: "com.microsoft", inputs: [one, zeros("uint8"), ...picture, one] },
    "6 inputs, expected two and three for each operand",
  ],
];

test.each(refusals.map(([refused, reason]) => ({ operator: refused.operator, reason, refused })))(
  "$operator: $reason",
  ({ refused, reason }) => {
    const { obstacles } = inferGraph(graphOfCase({ ...refused, why: "" }), everything);
    expect(obstacles.join("\n")).toContain(reason);
  },
);
