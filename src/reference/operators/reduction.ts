// Reductions over axes, and the place of the largest or smallest element.
// https://onnx.ai/onnx/operators/onnx__ReduceMean.html
import { normalizeAxis } from "../../engine/shapes.ts";
import { type Call, type Evaluate, list, type Operators } from "../operator.ts";
import { axesFrom, reduceRows } from "../rows.ts";

type Reduce = (row: Float64Array) => number;

const sum: Reduce = (row) => row.reduce((total, value) => total + value, 0);
const sumOfSquares: Reduce = (row) => row.reduce((total, value) => total + value * value, 0);
const largest: Reduce = (row) => row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);

function logSumExp(row: Float64Array): number {
  const most = largest(row);
  return most + Math.log(row.reduce((total, value) => total + Math.exp(value - most), 0));
}

/** All axes where none are named. */
function axesOf(call: Call): readonly number[] {
  const rank = call.input(0).shape.length;
  const given = list(call, "axes", 1) ?? [];
  if (given.length > 0) return given.map((axis) => normalizeAxis(axis, rank));
  return call.attributes.flag("noop_with_empty_axes", false) ? [] : axesFrom(0, rank);
}

const over =
  (reduce: Reduce): Evaluate =>
  (call) =>
    reduceRows(call.input(0), axesOf(call), call.attributes.flag("keepdims", true), reduce);

/** The first of equal elements, or with `select_last_index` the last. */
const placeOf =
  (isBetter: (a: number, b: number) => boolean): Evaluate =>
  ({ attributes, input }) => {
    const axis = normalizeAxis(attributes.number("axis", 0), input(0).shape.length);
    const isLast = attributes.flag("select_last_index", false);
    const place = (row: Float64Array): number =>
      row.reduce((best, value, i) => {
        const known = row[best] as number;
        return isBetter(value, known) || (isLast && value === known) ? i : best;
      }, 0);
    return { ...reduceRows(input(0), [axis], attributes.flag("keepdims", true), place), dtype: "int64" };
  };

export const reduction: Operators = {
  ReduceSum: over(sum),
  ReduceMean: over((row) => sum(row) / row.length),
  ReduceMax: over(largest),
  ReduceMin: over((row) => -largest(row.map((value) => -value))),
  ReduceProd: over((row) => row.reduce((product, value) => product * value, 1)),
  ReduceL1: over((row) => sum(row.map(Math.abs))),
  ReduceL2: over((row) => Math.sqrt(sumOfSquares(row))),
  ReduceSumSquare: over(sumOfSquares),
  ReduceLogSum: over((row) => Math.log(sum(row))),
  ReduceLogSumExp: over(logSumExp),
  ArgMax: placeOf((a, b) => a > b),
  ArgMin: placeOf((a, b) => a < b),
};
