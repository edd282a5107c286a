// Operators on steps of a scale, written as others: to numbers, what is computed of them, and back to steps.
// https://onnx.ai/onnx/operators/onnx__QLinearConv.html and https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
import { broadcastShapes, type Shape, sameShape, sizeOf } from "../../shapes.ts";
import type { DataType } from "../../tensor.ts";
import convolution from "../convolution.ts";
import gemm from "../gemm.ts";
import globalPool from "../global-pool.ts";
import movement from "../movement.ts";
import type { Attributes, Composed, Writer } from "../on-demand/composed.ts";
import { matMul, productAndRow } from "../on-demand/matmul.ts";
import type { Operand, Operation, Operator, OperatorContext } from "../operator.ts";
import { describePool } from "../pool.ts";
import { isScaleType, rangeOf, readGrid } from "./grid.ts";
import { convolutionSums, exactNumbers, losesSteps, matrixSums } from "./sums.ts";

export type Describe = (context: OperatorContext) => Composed;

/** Operators on numbers by what describes them: what the engine has from the start exports no more for this. */
const onNumbers: Readonly<Record<string, Operator["describe"]>> = {
  AveragePool: (context) => describePool(context, { kind: "average", countsPads: context.attributes.flag("count_include_pad", false) }),
  ...Object.fromEntries(
    [...convolution.slice(0, 1), gemm, ...globalPool, matMul, ...movement].map(({ name, describe }) => [name, describe]),
  ),
  FusedGemm: productAndRow.describe,
};

/** What an operator on numbers says of these inputs, with the attributes of the node. */
export function describeAs(context: OperatorContext, name: string, inputs: readonly (Operand | undefined)[]): Operation {
  const input = (index: number) => inputs[index] ?? context.invalid(`input ${index} is missing`);
  return (onNumbers[name] as Operator["describe"])({ ...context, inputs, outputCount: 1, input });
}

/** A number of inputs of a node that stand for one value: its steps, their scale and, perhaps, their zero point. */
type Triple = readonly [steps: number, scale: number, zeroPoint: number];

const tripleAt = (index: number): Triple => [index, index + 1, index + 2];

/** The numbers that steps stand for. @param axis along which a list of scales lies; none where there is one only */
function numbersOf(context: OperatorContext, [at, scaleAt, zeroAt]: Triple, axis: number | undefined): Operand {
  const [steps, scale, zeroPoint] = [context.input(at), context.input(scaleAt), context.inputs[zeroAt]];
  rangeOf(context, steps.dtype);
  if (!isScaleType(scale.dtype)) context.invalid(`input ${scaleAt} is a scale of ${scale.dtype}, expected floating point`);
  if (zeroPoint && zeroPoint.dtype !== steps.dtype)
    context.invalid(`input ${zeroAt} is a zero point of ${zeroPoint.dtype}, its steps are ${steps.dtype}`);
  if (scale.shape.length > 1) context.unsupported(`input ${scaleAt} has scales of shape [${scale.shape}]. Give one, or a list of them`);
  if (axis === undefined && sizeOf(scale.shape) !== 1)
    context.invalid(`input ${scaleAt} has scales of shape [${scale.shape}], expected one`);
  readGrid(context, steps, scale, zeroPoint, { axis: axis ?? 0, block: 0 });
  return { dtype: scale.dtype, shape: steps.shape };
}

/** The type of the steps of an output, by its scale and zero point; that of the first input where it has no zero point. */
function stepsOf(context: OperatorContext, scaleAt: number, shape: Shape | undefined, first = 0): Operation["outputs"][number] {
  const [scale, zeroPoint] = [context.input(scaleAt), context.inputs[scaleAt + 1]];
  const { dtype } = zeroPoint ?? context.input(first);
  rangeOf(context, dtype);
  const isOne = (operand: Operand) => operand.shape.length < 2 && sizeOf(operand.shape) === 1;
  if (!isScaleType(scale.dtype) || !isOne(scale))
    context.invalid(`input ${scaleAt} is a scale of ${scale.dtype} [${scale.shape}], expected one number`);
  if (zeroPoint && !isOne(zeroPoint)) context.invalid(`input ${scaleAt + 1} has zero points of shape [${zeroPoint.shape}], expected one`);
  return { dtype, shape: shape as Shape };
}

type Names = readonly string[];

function dequantized(writer: Writer, inputs: Names, [steps, scale, zero]: Triple, axis?: number): string {
  const operands = [inputs[steps] ?? "", inputs[scale] ?? "", inputs[zero] ?? ""];
  return writer.node("DequantizeLinear", operands, axis === undefined ? {} : { axis });
}

function quantized(writer: Writer, value: string, inputs: Names, scaleAt: number, dtype: DataType): string {
  const zero = inputs[scaleAt + 1] || writer.number(dtype, 0);
  return writer.node("QuantizeLinear", [value, inputs[scaleAt] as string, zero]);
}

/** The attributes without those that only the operator on steps has. */
function without(attributes: Attributes, ...names: readonly string[]): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !names.includes(name)));
}

/** An operator on one operand. @param read marks the attributes that the operator on numbers reads, and tells its output's shape */
function unary(name: string, read: (context: OperatorContext, x: Operand) => Shape | undefined): Describe {
  return (context) => {
    if (context.attributes.flag("channels_last", false)) context.unsupported("channels_last is 1. Re-export with channels first");
    const output = stepsOf(context, 3, read(context, numbersOf(context, tripleAt(0), 1)));
    return {
      outputs: [output],
      write: (writer, inputs, attributes) => [
        quantized(
          writer,
          writer.node(name, [dequantized(writer, inputs, tripleAt(0))], without(attributes, "channels_last")),
          inputs,
          3,
          output.dtype,
        ),
      ],
    };
  };
}

function pool(name: "AveragePool" | "GlobalAveragePool"): Describe {
  return unary(name, (context, x) => describeAs(context, name, [x]).outputs[0]?.shape);
}

/** An operator on two operands that broadcast. */
function binary(name: string): Describe {
  return (context) => {
    const [a, b] = [numbersOf(context, tripleAt(0), 1), numbersOf(context, tripleAt(3), 1)];
    const output = stepsOf(context, 6, broadcastShapes(a.shape, b.shape));
    return {
      outputs: [output],
      write: (writer, inputs) => {
        const operands = [0, 3].map((at) => dequantized(writer, inputs, tripleAt(at)));
        return [quantized(writer, writer.node(name, operands), inputs, 6, output.dtype)];
      },
    };
  };
}

const concat: Describe = (context) => {
  const count = (context.inputs.length - 2) / 3;
  if (!Number.isInteger(count) || count < 1) context.invalid(`${context.inputs.length} inputs, expected two and three for each operand`);
  const triples = Array.from({ length: count }, (_, i) => tripleAt(2 + 3 * i));
  const { outputs } = describeAs(
    context,
    "Concat",
    triples.map((triple) => numbersOf(context, triple, 1)),
  );
  const output = stepsOf(context, 0, outputs[0]?.shape, 2);
  return {
    outputs: [output],
    write: (writer, inputs, attributes) => {
      const operands = triples.map((triple) => dequantized(writer, inputs, triple));
      return [quantized(writer, writer.node("Concat", operands, attributes), inputs, 0, output.dtype)];
    },
  };
};

/** A bias in int32, whose scale is the product of those of both operands. */
function biasOf(writer: Writer, context: OperatorContext, inputs: Names, at: number, alpha = 1): string {
  const [bias = "", a = "", b = ""] = [inputs[at], inputs[1], inputs[4]];
  const [shape, { shape: columns }] = [context.inputs[at]?.shape, context.input(4)];
  if (!shape) return "";
  const scale = alpha === 1 ? a : writer.multiply(a, writer.number("float32", alpha));
  // A bias of another shape than the columns' scales broadcasts with them.
  return sizeOf(columns) === 1 || shape.at(-1) === sizeOf(columns)
    ? writer.node("DequantizeLinear", [bias, writer.multiply(scale, b)], { axis: -1 })
    : writer.multiply(writer.node("DequantizeLinear", [bias, scale]), b);
}

function checkBias(context: OperatorContext, at: number, dtype: DataType): Operand | undefined {
  const bias = context.inputs[at];
  if (bias && bias.dtype !== "int32") context.invalid(`the bias is ${bias.dtype}, expected int32`);
  return bias && { dtype, shape: bias.shape };
}

/** Where an operator has the quantised numbers, and their zero points, that it multiplies. */
const factors = { left: [0, 2], right: [3, 5] } as const;

const convolve: Describe = (context) => {
  const [x, w] = [numbersOf(context, tripleAt(0), undefined), numbersOf(context, tripleAt(3), 0)];
  const { outputs, macs = 0 } = describeAs(context, "Conv", [x, w, checkBias(context, 8, x.dtype)]);
  const output = stepsOf(context, 6, outputs[0]?.shape);
  return {
    outputs: [output],
    macs,
    write: (writer, inputs, attributes) => {
      const products = { ...factors, ...convolutionSums(x, w) };
      const behind = x.shape.length - 2;
      const result = losesSteps(context, products, [1, 4, 6])
        ? exactNumbers(writer, context, products, inputs, { name: "Conv", attributes, bias: 8, axesBehind: [0, behind] })
        : writer.node(
            "Conv",
            [dequantized(writer, inputs, tripleAt(0)), dequantized(writer, inputs, tripleAt(3), 0), biasOf(writer, context, inputs, 8)],
            attributes,
          );
      return [quantized(writer, result, inputs, 6, output.dtype)];
    },
  };
};

const multiplyMatrices: Describe = (context) => {
  const products = { ...factors, ...matrixSums(context.input(0), context.input(3)) };
  const [left, right] = products.axes;
  const [a, b] = [numbersOf(context, tripleAt(0), left), numbersOf(context, tripleAt(3), right)];
  const { outputs, macs = 0 } = describeAs(context, "MatMul", [a, b]);
  const output = stepsOf(context, 6, outputs[0]?.shape);
  return {
    outputs: [output],
    macs,
    write: (writer, inputs) => {
      const axesBehind = [b.shape.length > 1 ? 1 : 0, 0] as const;
      const result = losesSteps(context, products, [1, 4, 6])
        ? exactNumbers(writer, context, products, inputs, { name: "MatMul", attributes: {}, axesBehind })
        : writer.node(
            "MatMul",
            [0, 3].map((at, i) => dequantized(writer, inputs, tripleAt(at), products.axes[i])),
          );
      return [quantized(writer, result, inputs, 6, output.dtype)];
    },
  };
};

/** y = alpha · (A · B + C). Its output is numbers where it has no scale. */
const denseLayer: Describe = (context) => {
  const isTransposed = context.attributes.flag("transB", false);
  const axes = [undefined, isTransposed ? 0 : 1] as const;
  const [a, b] = [numbersOf(context, tripleAt(0), axes[0]), numbersOf(context, tripleAt(3), axes[1])];
  const alpha = context.attributes.number("alpha", 1);
  const { outputs, macs = 0 } = describeAs(context, "Gemm", [a, b, checkBias(context, 6, a.dtype)]);
  const shape = outputs[0]?.shape as Shape;
  const output = context.inputs[7] ? stepsOf(context, 7, shape) : { dtype: a.dtype, shape };
  const columnCount = shape[1] as number;
  const depth = sizeOf(b.shape) / columnCount;
  const products = {
    ...factors,
    axes,
    depth,
    sumAt: (i: number) => (isTransposed ? Math.floor(i / depth) : i % columnCount),
  };
  const exact = (writer: Writer, inputs: Names, attributes: Attributes) => {
    const own = without(attributes, "alpha");
    const numbers = exactNumbers(writer, context, products, inputs, { name: "Gemm", attributes: own, bias: 6, axesBehind: [0, 0] });
    return writer.multiply(numbers, writer.number("float32", alpha));
  };
  const rounded = (writer: Writer, inputs: Names, attributes: Attributes) => {
    const operands = [dequantized(writer, inputs, tripleAt(0)), dequantized(writer, inputs, tripleAt(3), axes[1])];
    return writer.node("Gemm", [...operands, biasOf(writer, context, inputs, 6, alpha)], attributes);
  };
  return {
    outputs: [output],
    macs,
    write: (writer, inputs, attributes) => {
      const result = (losesSteps(context, products, [1, 4, 7]) ? exact : rounded)(writer, inputs, attributes);
      return [inputs[7] ? quantized(writer, result, inputs, 7, output.dtype) : result];
    },
  };
};

/** How many parameters an activation of FusedConv has. */
const activationParams: Readonly<Record<string, number>> = {
  Relu: 0,
  Sigmoid: 0,
  Tanh: 0,
  HardSwish: 0,
  LeakyRelu: 1,
  Clip: 2,
  HardSigmoid: 2,
};

/** What an activation of FusedConv writes. */
function activated(writer: Writer, kind: string, value: string, dtype: DataType, given: readonly number[]): string {
  const [alpha = 0, beta = 0] = given;
  if (kind === "Clip") return writer.node("Clip", [value, writer.number(dtype, alpha), writer.number(dtype, beta)]);
  if (kind === "LeakyRelu") return writer.node(kind, [value], { alpha });
  if (kind === "HardSigmoid") return writer.node(kind, [value], { alpha, beta });
  if (kind === "HardSwish") return writer.multiply(value, writer.node("HardSigmoid", [value], { alpha: 1 / 6, beta: 0.5 }));
  return writer.node(kind, [value]);
}

/** Conv with a residual and an activation behind it. */
const fusedConvolution: Describe = (context) => {
  const { attributes } = context;
  const residual = context.inputs[3];
  const kinds = Object.keys(activationParams);
  const kind = attributes.has("activation") ? attributes.choice("activation", kinds, "") : undefined;
  const given = attributes.numbers("activation_params", []);
  const count = activationParams[kind ?? ""] ?? 0;
  if (count > 0 && given.length !== count) context.invalid(`activation_params has ${given.length} number(s), ${kind} takes ${count}`);
  const { outputs, macs = 0 } = describeAs(context, "Conv", context.inputs.slice(0, 3));
  const { dtype, shape } = outputs[0] as Operation["outputs"][number];
  if (residual && (residual.dtype !== dtype || !sameShape(residual.shape, shape)))
    context.invalid(`Z is ${residual.dtype} [${residual.shape}], expected ${dtype} [${shape}]`);
  return {
    outputs,
    macs,
    write: (writer, [x = "", w = "", bias = "", added = ""], own) => {
      const conv = writer.node("Conv", [x, w, bias], without(own, "activation", "activation_params"));
      const sum = added ? writer.add(conv, added) : conv;
      return [kind === undefined ? sum : activated(writer, kind, sum, dtype, given)];
    },
  };
};

export interface Lowered {
  readonly since: number;
  /** As an Operator's. */
  readonly steps?: readonly number[];
  readonly describe: Describe;
}

export const lowered: Readonly<Record<string, Lowered>> = {
  ":QLinearConv": { since: 10, steps: [0, 3, 8], describe: convolve },
  ":QLinearMatMul": { since: 10, steps: [0, 3], describe: multiplyMatrices },
  "com.microsoft:FusedConv": { since: 1, describe: fusedConvolution },
  "com.microsoft:QGemm": { since: 1, steps: [0, 3, 6], describe: denseLayer },
  "com.microsoft:QLinearAdd": { since: 1, steps: [0, 3], describe: binary("Add") },
  "com.microsoft:QLinearMul": { since: 1, steps: [0, 3], describe: binary("Mul") },
  "com.microsoft:QLinearConcat": { since: 1, steps: [2, 5, 8], describe: concat },
  "com.microsoft:QLinearGlobalAveragePool": { since: 1, steps: [0], describe: pool("GlobalAveragePool") },
  "com.microsoft:QLinearAveragePool": { since: 1, steps: [0], describe: pool("AveragePool") },
  "com.microsoft:QLinearSigmoid": { since: 1, steps: [0], describe: unary("Sigmoid", (_, { shape }) => shape) },
  "com.microsoft:QLinearLeakyRelu": {
    since: 1,
    steps: [0],
    describe: unary("LeakyRelu", ({ attributes }, { shape }) => {
      attributes.number("alpha", 0.01);
      return shape;
    }),
  },
};
