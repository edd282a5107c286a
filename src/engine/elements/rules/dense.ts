// Dense layers: Gemm and MatMul.
// https://onnx.ai/onnx/operators/onnx__Gemm.html
import type { Shape } from "../../shapes.ts";
import type { Facts } from "../facts.ts";
import type { Grid, Index } from "../region.ts";
import { broadcastGrid, broadcastIndex, type ElementReader, type Rule, type Rules } from "../rule.ts";
import { type Runs, wholeAxis } from "../runs.ts";
import type { Row, StepBody } from "../step.ts";

/** Where a matrix has the axis that is added up. */
interface Summed {
  readonly shape: Shape;
  readonly axis: number;
}

/** A and B; each row of A is multiplied with each column of B. */
function operandsOf(facts: Facts): readonly [Summed, Summed] {
  const { attributes, node } = facts;
  const [a, b] = [facts.shape(0), facts.shape(1)];
  if (node.operator === "MatMul") return [last(a), { shape: b, axis: Math.max(0, b.length - 2) }];
  return [
    { shape: a, axis: attributes.flag("transA", false) ? 0 : 1 },
    { shape: b, axis: attributes.flag("transB", false) ? 1 : 0 },
  ];
}

function last(shape: Shape): Summed {
  return { shape, axis: shape.length - 1 };
}

/**
 * What one operand has of each axis, given the output's batch, its row or column, and what is summed.
 *
 * @param other the row of A, the column of B; nothing for a vector
 */
function place<T>({ shape, axis }: Summed, batch: readonly T[], other: T | undefined, summed: T, first: T): readonly T[] {
  if (shape.length === 1) return [summed];
  const own = [...batch.slice(Math.max(0, batch.length - (shape.length - 2)))];
  const leading = shape.slice(0, -2).map((extent, i) => (extent === 1 ? first : (own[i] as T)));
  return axis === shape.length - 1 ? [...leading, other as T, summed] : [...leading, summed, other as T];
}

/** An output's place as batch, row and column. A vector on the left has no row, one on the right no column. */
function split<T>(
  place: readonly T[],
  [a, b]: readonly [Summed, Summed],
): { batch: readonly T[]; row?: T | undefined; column?: T | undefined } {
  const rest = [...place];
  const column = b.shape.length > 1 ? rest.pop() : undefined;
  const row = a.shape.length > 1 ? rest.pop() : undefined;
  return { batch: rest, row, column };
}

const only: Runs = [[0, 1]];

const dense: Rule = {
  reads(facts, grid) {
    const [a, b] = operandsOf(facts);
    const { batch, row, column } = split(grid, [a, b]);
    const summed = wholeAxis(a.shape[a.axis] as number);
    const addend: readonly Grid[] = facts.inputs[2] ? [broadcastGrid(grid, facts.shape(2))] : [];
    return [[place(a, batch, row, summed, only)], [place(b, batch, column, summed, only)], addend];
  },
  step(facts, index, at) {
    const { attributes, inputs, node } = facts;
    const [a, b] = operandsOf(facts);
    const { batch, row, column } = split(index, [a, b]);
    const x = readRow(facts, 0, a, place(a, batch, row, 0, 0), at);
    const weights = readRow(facts, 1, b, place(b, batch, column, 0, 0), at);
    const products = x.numbers.map((one, k) => one * (weights.numbers[k] as number));
    const sum = products.reduce((total, product) => total + product, 0);
    const isGemm = node.operator === "Gemm";
    const [alpha, beta] = isGemm ? [attributes.number("alpha", 1), attributes.number("beta", 1)] : [1, 1];
    const addend = inputs[2] ? at(2, broadcastIndex(index, inputs[2].shape)) : undefined;
    const result = alpha * sum + beta * (addend ?? 0);
    return { kind: "dense", inputs: x, weights, products, sum, alpha, beta, addend, result } satisfies StepBody;
  },
};

function readRow({ node }: Facts, input: number, { shape, axis }: Summed, start: Index, at: ElementReader): Row {
  const numbers = Float64Array.from({ length: shape[axis] as number }, (_, k) => at(input, start.with(axis, k)));
  return { value: node.inputs[input] ?? "", start, axis, numbers };
}

export const denseLayers: Rules = { Gemm: dense, MatMul: dense };
