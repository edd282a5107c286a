// Operators over any number of operands, folded pairwise: Sum, and what the rarer ones in on-demand/ are made of.
import { orNan } from "../../shaders/activations.ts";
import type { ElementType, ElementWiseFormula } from "../../shaders/generate/element-wise.ts";
import { denseStrides, sizeOf } from "../shapes.ts";
import { gpuTypeOf } from "../tensor.ts";
import { elementWise, operandNames, wrapNarrow } from "./element-wise.ts";
import { type BoundView, broadcastView, elementWiseDispatch } from "./element-wise-kernel.ts";
import { type Dispatch, defineOperator, type Kernel, type Operator, type PlacedOperand, type Scratch } from "./operator.ts";

/** More operands than this exceed the storage buffers that WebGPU guarantees a dispatch. */
const maxOperands = 7;

/**
 * A kernel that folds any number of inputs in turn, as many at once as a dispatch binds: what they come to lies in scratch memory, and is the
 * first operand of the next dispatch.
 *
 * @param formulaOf the formula of one dispatch, over so many operands
 */
function foldingKernel(formulaOf: (count: number, isLast: boolean) => ElementWiseFormula): Kernel {
  return {
    name: "element-wise",
    readsStrided: "any",
    writesStrided: true,
    dispatches(inputs, outputs) {
      const y = outputs[0] as PlacedOperand;
      const rest = inputs.map((input) => broadcastView(input as PlacedOperand, y.shape));
      // A dispatch reads one and writes the other.
      const partial = [0, 1].map((): BoundView => {
        const binding: Scratch = { scratchBytes: sizeOf(y.shape) * 4 };
        return { binding, offset: 0, strides: denseStrides(y.shape) };
      });
      const dispatches: Dispatch[] = [];
      let views = rest.splice(0, maxOperands);
      for (;;) {
        const isLast = rest.length === 0;
        const target = isLast ? { binding: y, offset: y.offset, strides: y.strides } : (partial[dispatches.length % 2] as BoundView);
        dispatches.push(elementWiseDispatch(formulaOf(views.length, isLast), y.shape, target, views));
        if (isLast) return dispatches;
        views = [target, ...rest.splice(0, maxOperands - 1)];
      }
    },
  };
}

/** An operator over any number of operands, folded pairwise. */
export interface VariadicRow {
  readonly fold: (x: string, y: string) => string;
  readonly js: (a: number, b: number) => number;
  /** Divides by the number of operands. */
  readonly isMean?: boolean;
  /** Whether the output is nonnegative as soon as one operand is. */
  readonly isMaximum?: boolean;
  /** As in a row of the table in element-wise.ts. */
  readonly nanOf?: string;
}

/** The operator that such a row stands for. */
export function defineVariadic(name: string, row: VariadicRow): Operator {
  return defineOperator(name, { since: 7 }, (context) => {
    const operands = context.inputs.map((_, i) => context.input(i));
    const first = operands[0] ?? context.input(0);
    const type = gpuTypeOf(first.dtype);
    if (first.dtype === "bool" || (row.isMean && type !== "f32"))
      return context.unsupported(`${first.dtype} elements. Cast to float32 before it`);
    const expressionOf = (count: number, isLast: boolean) => {
      const folded = [...operandNames].slice(0, count).reduce(row.fold);
      return row.isMean && isLast ? `(${folded}) / ${operands.length}.0` : folded;
    };
    const operation = elementWise(context, operands, {
      expression: expressionOf(operands.length, true),
      js: (...x) => x.reduce((a, b) => row.js(a, b)) / (row.isMean ? x.length : 1),
      dtype: first.dtype,
      nanOf: row.nanOf,
    });
    const indices = operands.map((_, i) => i);
    const kernels = () => [
      foldingKernel((count, isLast) => {
        const nanOf = type === "f32" ? [...(row.nanOf ?? operandNames.slice(0, count))] : [];
        return {
          name: "element-wise",
          expression: orNan(wrapNarrow(expressionOf(count, isLast), first.dtype), ...nanOf),
          inputs: new Array<ElementType>(count).fill(type),
          output: type,
        };
      }),
    ];
    return {
      ...operation,
      ...(operands.length > maxOperands && { kernels }),
      nonnegative: () => (row.isMaximum ? { whereSome: indices } : { whereAll: indices }),
    };
  });
}

export const add: VariadicRow = { fold: (x, y) => `${x} + ${y}`, js: (a, b) => a + b, nanOf: "" };

export default [defineVariadic("Sum", add)];
