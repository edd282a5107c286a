// Operators on steps of a scale, written as others: to numbers, what is computed of them, and back to steps.
// https://onnx.ai/onnx/operators/onnx__QLinearConv.html and https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
import { broadcastShapes, type Shape, sizeOf } from "../../shapes.ts";
import { type DataType, isFloat } from "../../tensor.ts";
import { describeFused } from "../convolution.ts";
import gemm from "../gemm.ts";
import globalPool from "../global-pool.ts";
import movement from "../movement.ts";
import type { Attributes, Composed, Writer } from "../on-demand/composed.ts";
import { matMul } from "../on-demand/matmul.ts";
import type { Operand, Operation, Operator, OperatorContext } from "../operator.ts";
import { describePool } from "../pool.ts";
import { rangeOf } from "./grid.ts";

export type Describe = (context: OperatorContext) => Composed;

/** Operators on numbers by what describes them: what the engine has from the start exports no more for this. */
const onNumbers: Readonly<Record<string, Operator["describe"]>> = {
  Conv: describeFused,
  AveragePool: (context) => describePool(context, { kind: "average", countsPads: context.attributes.flag("count_include_pad", false) }),
  ...Object.fromEntries([gemm, ...globalPool, matMul, ...movement].map(({ name, describe }) => [name, describe])),
};

/** What an operator on numbers says of these inputs, with the attributes of the node. */
export function describeAs(context: OperatorContext, name: string, inputs: readonly (Operand | undefined)[]): Operation {
  const input = (index: number) => inputs[index] ?? context.invalid(`input ${index} is missing`);
  return (onNumbers[name] as Operator["describe"])({ ...context, inputs, outputCount: 1, input });
}

/** A number of inputs of a node that stand for one value: its steps, their scale and, perhaps, their zero point. */
type Triple = readonly [steps: number, scale: number, zeroPoint: number];

const tripleAt = (index: number): Triple => [index, index + 1, index + 2];

/** The numbers that steps stand for. */
function numbersOf(context: OperatorContext, [at, scaleAt, zeroAt]: Triple): Operand {
  const [steps, scale, zeroPoint] = [context.input(at), context.input(scaleAt), context.inputs[zeroAt]];
  rangeOf(context, steps.dtype);
  if (!isFloat(scale.dtype)) context.invalid(`input ${scaleAt} is a scale of ${scale.dtype}, expected floating point`);
  if (zeroPoint && zeroPoint.dtype !== steps.dtype)
    context.invalid(`input ${zeroAt} is a zero point of ${zeroPoint.dtype}, its steps are ${steps.dtype}`);
  return { dtype: scale.dtype, shape: steps.shape };
}

/** The type of the steps of an output, by its scale and zero point; that of the first input where it has no zero point. */
function stepsOf(context: OperatorContext, scaleAt: number, shape: Shape | undefined, first = 0): Operation["outputs"][number] {
  const [scale, { dtype }] = [context.input(scaleAt), context.inputs[scaleAt + 1] ?? context.input(first)];
  rangeOf(context, dtype);
  if (!isFloat(scale.dtype) || sizeOf(scale.shape) !== 1)
    context.invalid(`input ${scaleAt} is a scale of ${scale.dtype} [${scale.shape}], expected one number`);
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
    const output = stepsOf(context, 3, read(context, numbersOf(context, tripleAt(0))));
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

/** An operator on two operands that broadcast. */
function binary(name: string): Describe {
  return (context) => {
    const [a, b] = [numbersOf(context, tripleAt(0)), numbersOf(context, tripleAt(3))];
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
    triples.map((triple) => numbersOf(context, triple)),
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

/** A bias as whole steps of the product of both scales. */
function biasOf(writer: Writer, inputs: Names, at: number, scales: readonly [number, number]): string {
  if (!inputs[at]) return "";
  const [a = "", b = ""] = scales.map((index) => inputs[index]);
  return writer.node("DequantizeLinear", [inputs[at], writer.multiply(a, b)], { axis: 0 });
}

function checkBias(context: OperatorContext, at: number, dtype: DataType): Operand | undefined {
  const bias = context.inputs[at];
  if (bias && bias.dtype !== "int32") context.invalid(`the bias is ${bias.dtype}, expected int32`);
  return bias && { dtype, shape: bias.shape };
}

const convolve: Describe = (context) => {
  const [x, w] = [numbersOf(context, tripleAt(0)), numbersOf(context, tripleAt(3))];
  const { outputs, macs = 0 } = describeAs(context, "Conv", [x, w, checkBias(context, 8, x.dtype)]);
  const output = stepsOf(context, 6, outputs[0]?.shape);
  return {
    outputs: [output],
    macs,
    write: (writer, inputs, attributes) => {
      const operands = [
        dequantized(writer, inputs, tripleAt(0)),
        dequantized(writer, inputs, tripleAt(3), 0),
        biasOf(writer, inputs, 8, [1, 4]),
      ];
      return [quantized(writer, writer.node("Conv", operands, attributes), inputs, 6, output.dtype)];
    },
  };
};

/** The axis along which the rows of the left matrix, or the columns of the right one, have scales of their own. */
const axisOf = (side: "left" | "right", { shape }: Operand) => (side === "left" ? Math.max(0, shape.length - 2) : shape.length - 1);

const multiplyMatrices: Describe = (context) => {
  const [a, b] = [numbersOf(context, tripleAt(0)), numbersOf(context, tripleAt(3))];
  const { outputs, macs = 0 } = describeAs(context, "MatMul", [a, b]);
  const output = stepsOf(context, 6, outputs[0]?.shape);
  return {
    outputs: [output],
    macs,
    write: (writer, inputs) => {
      const operands = [
        dequantized(writer, inputs, tripleAt(0), axisOf("left", a)),
        dequantized(writer, inputs, tripleAt(3), axisOf("right", b)),
      ];
      return [quantized(writer, writer.node("MatMul", operands), inputs, 6, output.dtype)];
    },
  };
};

/** Its output is numbers where it has no scale. */
const denseLayer: Describe = (context) => {
  const [a, b] = [numbersOf(context, tripleAt(0)), numbersOf(context, tripleAt(3))];
  const isTransposed = context.attributes.flag("transB", false);
  const { outputs, macs = 0 } = describeAs(context, "Gemm", [a, b, checkBias(context, 6, a.dtype)]);
  const shape = outputs[0]?.shape as Shape;
  const output = context.inputs[7] ? stepsOf(context, 7, shape) : { dtype: a.dtype, shape };
  return {
    outputs: [output],
    macs,
    write: (writer, inputs, attributes) => {
      const bias = inputs[6]
        ? writer.node("DequantizeLinear", [inputs[6], writer.multiply(inputs[1] ?? "", inputs[4] ?? "")], { axis: -1 })
        : "";
      const operands = [dequantized(writer, inputs, tripleAt(0)), dequantized(writer, inputs, tripleAt(3), isTransposed ? 0 : 1), bias];
      const result = writer.node("Gemm", operands, attributes);
      return [inputs[7] ? quantized(writer, result, inputs, 7, output.dtype) : result];
    },
  };
};

/** The attributes of the convolution alone, which is described without its activation. */
function withoutActivation(own: OperatorContext["attributes"]): OperatorContext["attributes"] {
  const string = (name: string, fallback?: string) => (name === "activation" ? "none" : own.string(name, fallback));
  const numbers = (name: string) => own.numbers(name);
  const integers = (name: string, fallback: readonly number[]) => own.integers(name, fallback);
  const integer = (name: string, fallback?: number, least?: number) => own.integer(name, fallback, least);
  const number = (name: string, fallback?: number) => own.number(name, fallback);
  return { string, numbers, integers, integer, number } as unknown as OperatorContext["attributes"];
}

/** Conv with a residual and an activation behind it. */
const fusedConvolution: Describe = (context) => {
  const { attributes } = context;
  const residual = context.inputs[3];
  const kind = attributes.choice("activation", ["", "Relu", "LeakyRelu", "Sigmoid", "Tanh", "Clip", "HardSigmoid"], "");
  const given = attributes.numbers("activation_params", []);
  const { outputs, macs = 0 } = describeAs({ ...context, attributes: withoutActivation(attributes) }, "Conv", context.inputs.slice(0, 3));
  if (residual && residual.dtype !== outputs[0]?.dtype) context.invalid(`Z is ${residual.dtype}, expected ${outputs[0]?.dtype}`);
  return {
    outputs,
    macs,
    write: (writer, [x = "", w = "", bias = "", added = ""], own) => {
      const conv = writer.node("Conv", [x, w, bias], without(own, "activation", "activation_params"));
      const sum = added ? writer.add(conv, added) : conv;
      const bound = (i: number) => writer.number(outputs[0]?.dtype as DataType, given[i] as number);
      const [alpha, beta] = given;
      if (kind === "") return [sum];
      if (kind === "Clip") return [writer.node("Clip", [sum, bound(0), bound(1)])];
      const scalars = { ...(alpha !== undefined && { alpha }), ...(beta !== undefined && { beta }) };
      return [writer.node(kind, [sum], kind === "LeakyRelu" || kind === "HardSigmoid" ? scalars : {})];
    },
  };
};

export interface Lowered {
  readonly since: number;
  readonly describe: Describe;
}

export const lowered: Readonly<Record<string, Lowered>> = {
  ":QLinearConv": { since: 10, describe: convolve },
  ":QLinearMatMul": { since: 10, describe: multiplyMatrices },
  "com.microsoft:FusedConv": { since: 1, describe: fusedConvolution },
  "com.microsoft:QGemm": { since: 1, describe: denseLayer },
  "com.microsoft:QLinearAdd": { since: 1, describe: binary("Add") },
  "com.microsoft:QLinearMul": { since: 1, describe: binary("Mul") },
  "com.microsoft:QLinearConcat": { since: 1, describe: concat },
  "com.microsoft:QLinearGlobalAveragePool": {
    since: 1,
    describe: unary("GlobalAveragePool", (context, x) => describeAs(context, "GlobalAveragePool", [x]).outputs[0]?.shape),
  },
  "com.microsoft:QLinearAveragePool": {
    since: 1,
    describe: unary("AveragePool", (context, x) => describeAs(context, "AveragePool", [x]).outputs[0]?.shape),
  },
  "com.microsoft:QLinearSigmoid": { since: 1, describe: unary("Sigmoid", (_, { shape }) => shape) },
  "com.microsoft:QLinearLeakyRelu": {
    since: 1,
    describe: unary("LeakyRelu", ({ attributes }, { shape }) => {
      attributes.number("alpha", 0.01);
      return shape;
    }),
  },
};
