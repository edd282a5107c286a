// The common operators that work element by element with broadcasting: one table row is one operator.
import { activationRows, orNan } from "../../shaders/activations.ts";
import type { ElementType } from "../../shaders/generate/element-wise.ts";
import { broadcastShapes, broadcastStrides, denseStrides, type Shape, sizeOf } from "../shapes.ts";
import { type DataType, gpuTypeOf, Tensor } from "../tensor.ts";
import { checkSameType } from "./checks.ts";
import { elementWiseKernel } from "./element-wise-kernel.ts";
import { defineOperator, type Operand, type Operation, type Operator, type OperatorContext } from "./operator.ts";
import { signOf } from "./sign.ts";

export interface ElementWiseRow {
  /** WGSL over a, b, c: for floats only, or by element type. A bool is a word that is 0 or 1, and for few formulas a number. */
  readonly wgsl: string | Partial<Record<ElementType | "bool", string>>;
  /** The same formula on the CPU, for constants. Scalars follow the operands. */
  readonly js: (...x: number[]) => number;
  /** Attribute name to default; a name in `wgsl`. */
  readonly scalars?: Readonly<Record<string, number>> | undefined;
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
        : [
            [
              operator,
              {
                wgsl: operator === "Relu" ? both(wgsl) : wgsl,
                js: (a, alpha = 0, beta = 0) => js(a, alpha, beta),
                since,
                scalars: scalars as ElementWiseRow["scalars"],
              },
            ],
          ],
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

/** What formulas call their operands. */
export const operandNames = "abcdefgh";

/** The operator that a table row stands for. */
export function defineRow(name: string, row: ElementWiseRow): Operator {
  const operandCount = row.operands ?? 1;
  return defineOperator(name, { since: row.since ?? 6 }, (context) => {
    const operands = Array.from({ length: operandCount }, (_, i) => context.input(i));
    const scalars = Object.entries(row.scalars ?? {}).map(([name, usual]) => [name, context.attributes.number(name, usual)] as const);
    const first = operands[0] as Operand;
    const forms = typeof row.wgsl === "string" ? { f32: row.wgsl } : row.wgsl;
    const wgsl = forms[first.dtype === "bool" ? "bool" : gpuTypeOf(first.dtype)];
    if (wgsl === undefined) return context.unsupported(`${first.dtype} elements. Cast to float32 before it`);
    return elementWise(context, operands, {
      expression: wgsl,
      js: (...x) => row.js(...x, ...scalars.map(([, value]) => value)),
      dtype: row.output ?? first.dtype,
      scalars: { ...row.constants, ...Object.fromEntries(scalars) },
      helpers: row.helpers,
      nanOf: row.nanOf,
    });
  });
}

interface Formula {
  readonly expression: string;
  readonly js: (...x: number[]) => number;
  readonly dtype: DataType;
  readonly scalars?: Readonly<Record<string, number>>;
  readonly helpers?: string | undefined;
  /** As in a row. */
  readonly nanOf?: string | undefined;
  readonly shape?: Shape;
  /** Which inputs the operands are, where they are not the first ones. */
  readonly indices?: readonly number[];
  /** Inputs that must have one element type; all operands by default. */
  readonly sameType?: readonly number[];
}

/** The Operation of a formula over `operands`, broadcast together. */
export function elementWise(context: OperatorContext, operands: readonly Operand[], formula: Formula): Operation {
  const shape = formula.shape ?? broadcastShapes(...operands.map((o) => o.shape));
  const indices = formula.indices ?? operands.map((_, i) => i);
  checkSameType(context, ...(formula.sameType ?? indices));
  const output = gpuTypeOf(formula.dtype);
  const types = operands.map(({ dtype }) => gpuTypeOf(dtype));
  const floats = [...operandNames].filter((_, i) => types[i] === "f32");
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
          inputs: types,
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

/** Integers of 16 bits and less wrap around, as in ONNX: a shift to the right fills up with the sign of those that have one. */
export function wrapNarrow(expression: string, dtype: DataType): string {
  const bits = narrowBits(dtype);
  return bits ? `((${expression}) << ${32 - bits}u) >> ${32 - bits}u` : expression;
}

/** How many bits an integer of fewer than 32 has; 0 for other types. */
export function narrowBits(dtype: DataType): number {
  return Number(/int(4|8|16)$/.exec(dtype)?.[1] ?? 0);
}

/** The plain loop: every element of the broadcast shape in order. */
export function evaluateElementWise(inputs: readonly Tensor[], shape: Shape, dtype: DataType, f: (...x: number[]) => number): Tensor {
  const count = sizeOf(shape);
  const data = inputs.map((t) => (gpuTypeOf(t.dtype) === "f32" ? t.toFloat32() : t.toNumbers()));
  const strides = inputs.map((t) => broadcastStrides(t.shape, denseStrides(t.shape), shape));
  const outStrides = denseStrides(shape);
  const result = new Float64Array(count);
  const x = new Array<number>(inputs.length);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < inputs.length; k++) {
      let at = 0;
      for (let axis = 0; axis < shape.length; axis++)
        at += (Math.floor(i / (outStrides[axis] as number)) % (shape[axis] as number)) * (strides[k]?.[axis] as number);
      x[k] = data[k]?.[at] as number;
    }
    result[i] = f(...x);
  }
  return Tensor.from(dtype, shape, result);
}

export default Object.entries({ ...unary, ...binary }).map(([name, row]) => defineRow(name, row)) satisfies Operator[];
