// The common operators that work element by element with broadcasting: one table row is one operator.
import { activationRows, orNan } from "../../shaders/activations.ts";
import type { ElementType } from "../../shaders/generate/element-wise.ts";
import { broadcastShapes, broadcastStrides, denseStrides, type Shape, sizeOf } from "../shapes.ts";
import { type DataType, dataTypesByCode, gpuTypeOf, Tensor } from "../tensor.ts";
import { checkSameType, floatInput } from "./checks.ts";
import { elementWiseKernel } from "./element-wise-kernel.ts";
import { defineOperator, type Kernel, type Operand, type Operation, type Operator, type OperatorContext } from "./operator.ts";
import { signOf } from "./sign.ts";

export interface ElementWiseRow {
  /** WGSL over a, b, c; by element type where the formula differs. */
  readonly wgsl: string | Partial<Record<ElementType, string>>;
  /** The same formula on the CPU, for constants. Scalars follow the operands. */
  readonly js: (...x: number[]) => number;
  /** Attribute name to default; a name in `wgsl`. */
  readonly scalars?: Readonly<Record<string, number>>;
  /** Numbers that WGSL cannot write; each a name in `wgsl`. */
  readonly constants?: Readonly<Record<string, number>>;
  readonly operands?: number;
  /** Output type where it is not that of the first operand. */
  readonly output?: DataType;
  readonly helpers?: string;
  /** Operands whose NaN is the result, whatever the formula makes of it: all floats, unless given. */
  readonly nanOf?: string;
  readonly since?: number;
}

export const both = (expression: string) => ({ f32: expression, i32: expression, u32: expression });

// Some drivers overflow inside tanh; beyond 15 it is 1 to the last bit.
export const tanhWgsl = (x: string) => `tanh(clamp(${x}, -15.0, 15.0))`;

const unary: Readonly<Record<string, ElementWiseRow>> = {
  ...Object.fromEntries(
    activationRows.flatMap(([, { operator, wgsl, js, scalars, since = 6 }]): [string, ElementWiseRow][] =>
      operator === undefined
        ? []
        : [[operator, { wgsl, js: (a, alpha = 0, beta = 0) => js(a, alpha, beta), since, ...(scalars && { scalars: { ...scalars } }) }]],
    ),
  ),
  Tanh: { wgsl: tanhWgsl("a"), js: Math.tanh },
};

/** Operators for which GPUs answer NaN for NaN without a test. */
const arithmetic = { operands: 2, nanOf: "" } as const;

const binary: Readonly<Record<string, ElementWiseRow>> = {
  Add: { wgsl: both("a + b"), js: (a, b = 0) => a + b, ...arithmetic },
  Sub: { wgsl: both("a - b"), js: (a, b = 0) => a - b, ...arithmetic },
  Mul: { wgsl: both("a * b"), js: (a, b = 0) => a * b, ...arithmetic },
  Div: { wgsl: both("a / b"), js: (a, b = 0) => a / b, ...arithmetic },
};

const operandNames = "abcdefgh";

/** More operands than this exceed WebGPU's storage bindings per stage. */
const maxOperands = 7;

/** The operator that a table row stands for. */
export function defineRow(name: string, row: ElementWiseRow): Operator {
  const operandCount = row.operands ?? 1;
  return defineOperator(name, { since: row.since ?? 6 }, (context) => {
    const operands = Array.from({ length: operandCount }, (_, i) => context.input(i));
    const names = Object.keys(row.scalars ?? {});
    const values = names.map((scalar) => context.attributes.number(scalar, row.scalars?.[scalar] as number));
    const first = operands[0] as Operand;
    const type = gpuTypeOf(first.dtype);
    const wgsl = typeof row.wgsl === "string" ? (type === "f32" ? row.wgsl : undefined) : row.wgsl[type];
    if (wgsl === undefined) return context.unsupported(`${first.dtype} elements. Cast to float32 before it`);
    return elementWise(context, operands, {
      expression: wgsl,
      js: (...x) => row.js(...x, ...values),
      dtype: row.output ?? first.dtype,
      scalars: { ...row.constants, ...Object.fromEntries(names.map((scalar, i) => [scalar, values[i] as number])) },
      ...(row.helpers !== undefined && { helpers: row.helpers }),
      ...(row.nanOf !== undefined && { nanOf: row.nanOf }),
    });
  });
}

interface Formula {
  readonly expression: string;
  readonly js: (...x: number[]) => number;
  readonly dtype: DataType;
  readonly scalars?: Readonly<Record<string, number>>;
  readonly helpers?: string;
  /** As in a row. */
  readonly nanOf?: string;
  readonly shape?: Shape;
  /** Which inputs the operands are, where they are not the first ones. */
  readonly indices?: readonly number[];
  /** Inputs that must have one element type; all operands by default. */
  readonly sameType?: readonly number[];
}

/** The Operation of a formula over `operands`, broadcast together. */
export function elementWise(context: OperatorContext, operands: readonly Operand[], formula: Formula): Operation {
  if (operands.length > maxOperands)
    context.unsupported(`${operands.length} operands in one node. Split it into nodes of at most ${maxOperands}`);
  const shape = formula.shape ?? broadcastShapes(...operands.map((o) => o.shape));
  const indices = formula.indices ?? operands.map((_, i) => i);
  checkSameType(context, ...(formula.sameType ?? indices));
  const output = gpuTypeOf(formula.dtype);
  const floats = operands.flatMap(({ dtype }, i) => (gpuTypeOf(dtype) === "f32" ? [operandNames[i] as string] : []));
  const nanOf = output === "f32" ? [...(formula.nanOf ?? floats)] : [];
  return {
    outputs: [{ dtype: formula.dtype, shape }],
    nonnegative: () => signOf(formula.js, operands, indices),
    continuesLayer: operands.filter(({ constant, isPrepared }) => !constant && !isPrepared).length === 1,
    evaluate: (inputs) => [
      evaluateElementWise(
        indices.map((i) => inputs[i] as Tensor),
        shape,
        formula.dtype,
        formula.js,
      ),
    ],
    kernels: () => [
      elementWiseKernel(
        {
          name: "element-wise",
          expression: orNan(wrapNarrow(formula.expression, formula.dtype), ...nanOf),
          inputs: operands.map((o) => gpuTypeOf(o.dtype)),
          output,
          scalars: Object.keys(formula.scalars ?? {}),
          helpers: formula.helpers ?? "",
        },
        formula.scalars,
        indices,
      ),
    ],
  };
}

/** 8- and 16-bit integers wrap around, as in ONNX. */
function wrapNarrow(expression: string, dtype: DataType): string {
  if (dtype === "int8") return `((${expression}) << 24u) >> 24u`;
  if (dtype === "int16") return `((${expression}) << 16u) >> 16u`;
  if (dtype === "uint8") return `(${expression}) & 0xffu`;
  if (dtype === "uint16") return `(${expression}) & 0xffffu`;
  return expression;
}

/** The plain loop: every element of the broadcast shape in order. */
export function evaluateElementWise(inputs: readonly Tensor[], shape: Shape, dtype: DataType, f: (...x: number[]) => number): Tensor {
  const count = sizeOf(shape);
  const data = inputs.map((t) => (gpuTypeOf(t.dtype) === "f32" ? t.toFloat32() : t.toNumbers()));
  const strides = inputs.map((t) => broadcastStrides(t.shape, denseStrides(t.shape), shape));
  const outStrides = denseStrides(shape);
  const isInteger = gpuTypeOf(dtype) !== "f32";
  const result = isInteger ? new Array<number>(count) : new Float32Array(count);
  const x = new Array<number>(inputs.length);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < inputs.length; k++) {
      let at = 0;
      for (let axis = 0; axis < shape.length; axis++)
        at += (Math.floor(i / (outStrides[axis] as number)) % (shape[axis] as number)) * (strides[k]?.[axis] as number);
      x[k] = data[k]?.[at] as number;
    }
    const y = f(...x);
    result[i] = isInteger ? Math.trunc(y) : y;
  }
  return Tensor.from(dtype, shape, result);
}

/** An operator over any number of operands, folded pairwise in one dispatch. */
export interface VariadicRow {
  readonly fold: (x: string, y: string) => string;
  readonly js: (a: number, b: number) => number;
  /** Divides by the number of operands. */
  readonly isMean?: boolean;
  /** Whether the output is nonnegative as soon as one operand is. */
  readonly isMaximum?: boolean;
  /** As in a row of the table above. */
  readonly nanOf?: string;
}

/** The operator that such a row stands for. */
export function defineVariadic(name: string, row: VariadicRow): Operator {
  return defineOperator(name, { since: 7 }, (context) => {
    const operands = context.inputs.map((_, i) => context.input(i));
    const first = operands[0] ?? context.input(0);
    const type = gpuTypeOf(first.dtype);
    if (row.isMean && type !== "f32") return context.unsupported(`${first.dtype} elements. Cast to float32 before it`);
    const folded = [...operandNames].slice(0, operands.length).reduce(row.fold);
    const operation = elementWise(context, operands, {
      expression: row.isMean ? `(${folded}) / ${operands.length}.0` : folded,
      js: (...x) => x.reduce((a, b) => row.js(a, b)) / (row.isMean ? x.length : 1),
      dtype: first.dtype,
      ...(row.nanOf !== undefined && { nanOf: row.nanOf }),
    });
    const indices = operands.map((_, i) => i);
    return { ...operation, nonnegative: () => (row.isMaximum ? { whereSome: indices } : { whereAll: indices }) };
  });
}

export const add: VariadicRow = { fold: (x, y) => `${x} + ${y}`, js: (a, b) => a + b, nanOf: "" };

/** Clip's bounds where a node has none: the largest finite numbers, so that it does away with infinities. */
const largest = 3.4028234663852886e38;

const clip = defineOperator("Clip", { since: 7 }, (context) => {
  const x = context.input(0);
  if (context.opset < 11) {
    const low = context.attributes.number("min", -largest);
    const high = context.attributes.number("max", largest);
    return elementWise(context, [x], {
      expression: "clip(a, low, high)",
      js: (a) => Math.min(high, Math.max(low, a)),
      dtype: x.dtype,
      scalars: { low, high },
    });
  }
  const isFloat = gpuTypeOf(x.dtype) === "f32";
  const min = context.inputs[1];
  const max = context.inputs[2];
  for (const bound of [min, max])
    if (bound && sizeOf(bound.shape) !== 1) context.invalid(`a bound must be one number, got [${bound.shape}]`);
  const low = min ? "b" : isFloat ? "low" : undefined;
  const high = max ? (min ? "c" : "b") : isFloat ? "high" : undefined;
  const raised = low ? `max(a, ${low})` : "a";
  return elementWise(context, [x, ...(min ? [min] : []), ...(max ? [max] : [])], {
    // min after max, so that max wins where they cross, as ONNX says.
    expression: high ? `min(${raised}, ${high})` : raised,
    js: (a, ...rest) => {
      const lower = min ? (rest.shift() as number) : isFloat ? -largest : Number.NEGATIVE_INFINITY;
      const upper = max ? (rest.shift() as number) : isFloat ? largest : Number.POSITIVE_INFINITY;
      return Math.min(upper, Math.max(lower, a));
    },
    dtype: x.dtype,
    scalars: isFloat ? { ...(!min && { low: -largest }), ...(!max && { high: largest }) } : {},
    nanOf: "a",
    shape: x.shape,
    indices: [0, ...(min ? [1] : []), ...(max ? [2] : [])],
  });
});

/** y = scale · (x − mean) / √(variance + ε) + bias per channel, for a BatchNormalization no convolution absorbed. */
const batchNormalization = defineOperator("BatchNormalization", { since: 6 }, (context) => {
  const { attributes } = context;
  const epsilon = attributes.number("epsilon", 1e-5);
  attributes.ignore("momentum", "is_test", "consumed_inputs");
  if (!attributes.flag("spatial", true)) return context.unsupported("spatial=0, statistics per pixel. Export with statistics per channel");
  if (attributes.flag("training_mode", false)) return context.unsupported("training_mode=1. Export the model in evaluation mode");
  if (context.outputCount > 1)
    return context.unsupported("statistics as outputs, which only training computes. Export the model in evaluation mode");
  const x = floatInput(context, 0);
  checkSameType(context, 0, 1, 2, 3, 4);
  const channels = x.shape[1] ?? 1;
  const operands = [0, 1, 2, 3, 4].map((i) => context.input(i));
  for (const vector of operands.slice(1))
    if (sizeOf(vector.shape) !== channels)
      return context.invalid(`scale, bias, mean and variance must have ${channels} elements, got [${vector.shape}]`);
  const formula = {
    name: "batch-normalization",
    expression: "b * (a - d) * inverseSqrt(e + epsilon) + c",
    inputs: ["f32", "f32", "f32", "f32", "f32"] as const,
    output: "f32" as const,
    scalars: ["epsilon"],
  };
  return {
    outputs: [{ dtype: x.dtype, shape: x.shape }],
    continuesLayer: true,
    kernels: () => [perChannelKernel(elementWiseKernel(formula, { epsilon }), x.shape)],
  };
});

/** A kernel whose operands after the first are vectors that broadcast along axis 1: views them as [1, C, 1, …]. */
function perChannelKernel(kernel: Kernel, shape: Shape): Kernel {
  return {
    ...kernel,
    dispatches(inputs, outputs) {
      const viewed = inputs.map((input, i) => {
        if (i === 0 || !input) return input;
        const strides = shape.map((_, axis) => (axis === 1 ? (input.strides[0] as number) : 0));
        return { ...input, shape: shape.map((extent, axis) => (axis === 1 ? extent : 1)), strides };
      });
      return kernel.dispatches(viewed, outputs);
    },
  };
}

const cast = (name: string) =>
  defineOperator(name, { since: name === "Cast" ? 7 : 15 }, (context) => {
    context.attributes.ignore("saturate", "round_mode");
    const x = context.input(0);
    const dtype = name === "Cast" ? onnxDataType(context, context.attributes.integer("to")) : context.input(1).dtype;
    const [from, to] = [gpuTypeOf(x.dtype), gpuTypeOf(dtype)];
    const base = elementWise(context, [x], {
      expression: dtype === "bool" ? `select(0u, 1u, a != ${from}(0))` : `${to}(a)`,
      js: (a) => (dtype === "bool" ? Number(a !== 0) : a),
      dtype,
      nanOf: "",
    });
    // The same words under another name: nothing to compute.
    const isView = from === to && dtype !== "bool" && !isNarrow(dtype);
    return { ...base, isView };
  });

function isNarrow(dtype: DataType): boolean {
  return /^u?int(8|16)$/.test(dtype);
}

function onnxDataType(context: OperatorContext, code: number): DataType {
  return dataTypesByCode[code] ?? context.unsupported(`element type ${code}. Cast to float32 instead`);
}

export default [
  ...Object.entries({ ...unary, ...binary }).map(([name, row]) => defineRow(name, row)),
  defineVariadic("Sum", add),
  clip,
  batchNormalization,
  cast("Cast"),
  cast("CastLike"),
];
