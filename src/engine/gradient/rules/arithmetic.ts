// Arithmetic of several values, which may be broadcast, and products of matrices.
import { sameShape } from "../../shapes.ts";
import { isFloat } from "../../tensor.ts";
import { type Rule, type RuleContext, type Rules, stops } from "../rule.ts";

/** Each wanted input's gradient, of the output's shape, summed to the input's own. */
function perInput(context: RuleContext, gradient: (input: number) => string): readonly (string | undefined)[] {
  const { emit, node, needs, shape, y } = context;
  return node.inputs.map((_, i) => (needs(i) ? emit.sumTo(gradient(i), emit.shapeOf(y), shape(i)) : undefined));
}

/** Minimum or maximum of several: a gradient is shared by those that reach it. */
const extreme: Rule = (context) => {
  const { dy, emit, node, y } = context;
  const { dtype } = emit.typeOf(y);
  if (node.inputs.length === 1) return [dy];
  const reaches = node.inputs.map((input) => emit.castTo(emit.node("Equal", [input, y]), dtype));
  const share = emit.divide(
    dy,
    reaches.reduce((a, b) => emit.add(a, b)),
  );
  return perInput(context, (i) => emit.multiply(share, reaches[i] as string));
};

/** The last two axes exchanged. */
function swapped({ emit }: RuleContext, value: string, rank: number): string {
  const axes = Array.from({ length: rank }, (_, i) => i);
  return emit.transpose(value, [...axes.slice(0, -2), rank - 1, rank - 2]);
}

const matMul: Rule = (context) => {
  const { b, dy, emit, needs, shape, x } = context;
  const [left, right] = [shape(0), shape(1)];
  // A vector is a matrix of one row on the left, of one column on the right.
  const [a, c] = [left.length === 1 ? [1, ...left] : left, right.length === 1 ? [...right, 1] : right];
  const rows = a.at(-2) as number;
  const columns = c.at(-1) as number;
  const batch = emit.shapeOf(context.y).slice(0, emit.shapeOf(context.y).length - (left.length > 1 ? 1 : 0) - (right.length > 1 ? 1 : 0));
  const whole = [...batch, rows, columns];
  const isMatrix = left.length > 1 && right.length > 1;
  const d = isMatrix ? dy : emit.reshape(dy, whole);
  const product = (p: string, q: string, from: readonly number[], to: readonly number[], target: readonly number[]): string => {
    const summed = emit.sumTo(emit.node("MatMul", [p, q]), from, to);
    return sameShape(to, target) ? summed : emit.reshape(summed, target);
  };
  const matrixX = left.length === 1 ? emit.reshape(x, a) : x;
  const matrixB = right.length === 1 ? emit.reshape(b, c) : b;
  return [
    needs(0) ? product(d, swapped(context, matrixB, c.length), [...batch, rows, a.at(-1) as number], a, left) : undefined,
    needs(1) ? product(swapped(context, matrixX, a.length), d, [...batch, c.at(-2) as number, columns], c, right) : undefined,
  ];
};

/** y = alpha · A' · B' + beta · C, where A' and B' may be transposed. */
const gemm: Rule = (context) => {
  const { attributes, b, dy, emit, needs, shape, x, y } = context;
  const [transA, transB] = [attributes.flag("transA", false), attributes.flag("transB", false)];
  const alpha = attributes.number("alpha", 1);
  // The third input is required before opset 11.
  const none = emit.opset < 11 ? [emit.number(0, y)] : [];
  const product = (p: string, q: string, transP: boolean, transQ: boolean): string =>
    emit.node("Gemm", [p, q, ...none], { alpha, transA: Number(transP), transB: Number(transQ) });
  return [
    needs(0) ? (transA ? product(b, dy, transB, true) : product(dy, b, false, !transB)) : undefined,
    needs(1) ? (transB ? product(dy, x, true, transA) : product(x, dy, !transA, false)) : undefined,
    needs(2) ? emit.sumTo(emit.scale(dy, attributes.number("beta", 1), y), emit.shapeOf(y), shape(2)) : undefined,
  ];
};

/** b · x^(b − 1), and 0 where b is 0. */
function powerSlope(context: RuleContext): string {
  const { b, constant, emit, x } = context;
  const exponent = constant(1);
  const single = exponent?.data.length === 1 ? exponent.toNumbers()[0] : undefined;
  if (single === 0) return emit.number(0, x);
  if (single === 1) return emit.number(1, x);
  if (single === 2) return emit.scale(x, 2, x);
  if (single !== undefined) return emit.scale(emit.node("Pow", [x, emit.number(single - 1, x)]), single, x);
  if (!isFloat(emit.typeOf(b).dtype)) context.unsupported("powers of whole numbers that differ by place have no rule for their gradient.");
  // x⁰ would have the slope 0 · 1 / x, which is no number at 0.
  const isZero = emit.node("Equal", [b, emit.number(0, b)]);
  const lower = emit.where(isZero, emit.number(0, b), emit.subtract(b, emit.number(1, b)));
  return emit.multiply(b, emit.node("Pow", [x, lower]));
}

/** y · log x; where x is 0 and y is not infinite, 0 as PyTorch has it. */
function exponentSlope({ b, emit, x, y }: RuleContext): string {
  const zero = emit.number(0, x);
  const slope = emit.multiply(y, emit.node("Log", [x]));
  const atZero = emit.where(emit.node("Greater", [emit.number(0, b), b]), slope, zero);
  return emit.where(emit.node("Equal", [x, zero]), atZero, slope);
}

const pow: Rule = (context) =>
  perInput(context, (i) => context.emit.multiply(context.dy, i === 0 ? powerSlope(context) : exponentSlope(context)));

export const arithmetic: Rules = {
  Add: (context) => perInput(context, () => context.dy),
  Sum: (context) => perInput(context, () => context.dy),
  Mean: (context) => perInput(context, () => context.emit.scale(context.dy, 1 / context.node.inputs.length, context.y)),
  Sub: (context) => perInput(context, (i) => (i === 0 ? context.dy : context.emit.negate(context.dy))),
  Mul: (context) => perInput(context, (i) => context.emit.multiply(context.dy, i === 0 ? context.b : context.x)),
  // d(x / b) = dy / b and −dy · y / b
  Div: (context) => {
    const { b, dy, emit, y } = context;
    return perInput(context, (i) => (i === 0 ? emit.divide(dy, b) : emit.negate(emit.divide(emit.multiply(dy, y), b))));
  },
  Min: extreme,
  Max: extreme,
  Pow: pow,
  MatMul: matMul,
  Gemm: gemm,
  Where: (context) => {
    const { dy, emit, needs, node, shape, y } = context;
    const zero = emit.number(0, y);
    const [condition = ""] = node.inputs;
    const part = (input: number, value: string) => (needs(input) ? emit.sumTo(value, emit.shapeOf(y), shape(input)) : undefined);
    return [undefined, part(1, emit.where(condition, dy, zero)), part(2, emit.where(condition, zero, dy))];
  },
  Floor: stops,
  Ceil: stops,
  Round: stops,
  Sign: stops,
};
