// ReduceMean, ReduceSum, ReduceMax and the other Reduce operators: one number from the elements along some axes.
// https://onnx.ai/onnx/operators/onnx__ReduceMean.html
import logSumExpShader from "../../../shaders/log-sum-exp.wgsl";
import { denseStrides, normalizeAxis, type Shape, sizeOf } from "../../shapes.ts";
import { isFloat, Tensor } from "../../tensor.ts";
import { workgroupCount } from "../dispatch.ts";
import { defineOperator, type Kernel, type Nonnegative, type Operator, type OperatorContext, type PlacedOperand } from "../operator.ts";
import { initialValues, maxReductionRank, type Reduction, reductionKernel, traversalOf } from "../reduction.ts";

interface Reducing extends Reduction {
  readonly term?: "magnitude" | "square";
}

const reductions: Readonly<Record<string, { readonly axesInputSince: number; readonly reduction: Reducing | "log-sum-exp" }>> = {
  ReduceSum: { axesInputSince: 13, reduction: {} },
  ReduceMean: { axesInputSince: 18, reduction: { isMean: true } },
  ReduceMax: { axesInputSince: 18, reduction: { combine: "max" } },
  ReduceMin: { axesInputSince: 18, reduction: { combine: "min" } },
  ReduceProd: { axesInputSince: 18, reduction: { combine: "product" } },
  ReduceL1: { axesInputSince: 18, reduction: { term: "magnitude" } },
  ReduceL2: { axesInputSince: 18, reduction: { term: "square", finish: "root2" } },
  ReduceSumSquare: { axesInputSince: 18, reduction: { term: "square" } },
  ReduceLogSum: { axesInputSince: 18, reduction: { finish: "log" } },
  ReduceLogSumExp: { axesInputSince: 18, reduction: "log-sum-exp" },
};

export default Object.entries(reductions).map(([name, { axesInputSince, reduction }]) =>
  defineOperator(name, { since: 1 }, (context) => {
    const input = context.input(0);
    // Those of other types are evaluated on the CPU.
    if (!isFloat(input.dtype)) context.constant(0, `${input.dtype} input`);
    const keepsAxes = context.attributes.flag("keepdims", true);
    const axes = readAxes(context, axesInputSince);
    const changesOneNumber = reduction !== "log-sum-exp" && (reduction.term ?? reduction.finish) !== undefined;
    if (axes.size === 0 && !changesOneNumber)
      return { outputs: [{ dtype: input.dtype, shape: input.shape }], isView: true, evaluate: ([x]) => [x as Tensor] };
    if (input.shape.length > maxReductionRank)
      context.unsupported(`rank ${input.shape.length} is not supported. Reshape to rank ${maxReductionRank} at most.`);
    const shape = input.shape.map((extent, axis) => (axes.has(axis) ? 1 : extent)).filter((_, axis) => keepsAxes || !axes.has(axis));
    return {
      outputs: [{ dtype: input.dtype, shape }],
      nonnegative: () => signOfReduction(reduction),
      evaluate: ([x]) => [reduceOnCpu(x as Tensor, axes, shape, reduction)],
      kernels: () => [reduction === "log-sum-exp" ? logSumExpKernel(axes) : reductionKernel(reduction, axes)],
    };
  }),
) satisfies Operator[];

function signOfReduction(reduction: Reducing | "log-sum-exp"): Nonnegative | undefined {
  if (reduction === "log-sum-exp" || reduction.finish === "log") return undefined;
  return reduction.term ? "always" : { whereAll: [0] };
}

/** log Σ exp along `axes`, without overflow. */
function logSumExpKernel(axes: ReadonlySet<number>): Kernel {
  return {
    name: "log-sum-exp",
    readsStrided: [0],
    dispatches: ([input], [output]) => {
      const { params, length } = traversalOf(input as PlacedOperand, axes);
      const count = sizeOf((output as PlacedOperand).shape);
      return [
        {
          shader: logSumExpShader,
          params: { count, length, input_offset: (input as PlacedOperand).offset, log_of_zero: Number.NEGATIVE_INFINITY, ...params },
          bindings: { input: input as PlacedOperand, output: output as PlacedOperand },
          workgroups: workgroupCount(count, 64),
        },
      ];
    },
  };
}

/** The axes to reduce. Of none, each number is reduced alone: ReduceSumSquare squares it. */
function readAxes(context: OperatorContext, axesInputSince: number): ReadonlySet<number> {
  const { attributes, opset } = context;
  const rank = context.input(0).shape.length;
  const fromInput = opset >= axesInputSince;
  const given = fromInput ? context.constant(1, "axes")?.toNumbers() : attributes.numbers("axes");
  const isOfNone = fromInput && attributes.flag("noop_with_empty_axes", false);
  if (given?.length) return new Set(given.map((axis) => normalizeAxis(axis, rank)));
  return new Set(isOfNone ? [] : Array.from({ length: rank }, (_, axis) => axis));
}

function reduceOnCpu(input: Tensor, axes: ReadonlySet<number>, shape: Shape, reduction: Reducing | "log-sum-exp"): Tensor {
  const values = input.toNumbers();
  const targets = targetsOf(input.shape, axes);
  const count = sizeOf(shape);
  const finished =
    reduction === "log-sum-exp"
      ? logSumExp(values, targets, count)
      : finish(combine(values, targets, count, reduction), values.length / Math.max(1, count), reduction);
  // Integers round towards zero, as integer division does.
  return Tensor.from(input.dtype, shape, isFloat(input.dtype) ? finished : finished.map(Math.trunc));
}

/** For each element, the output that it goes into. */
function targetsOf(shape: Shape, axes: ReadonlySet<number>): readonly number[] {
  const strides = denseStrides(shape);
  const keptAxes = shape.map((_, axis) => axis).filter((axis) => !axes.has(axis));
  const keptStrides = denseStrides(keptAxes.map((axis) => shape[axis] as number));
  const place = (i: number, axis: number) => Math.floor(i / (strides[axis] as number)) % (shape[axis] as number);
  return Array.from({ length: sizeOf(shape) }, (_, i) =>
    keptAxes.reduce((sum, axis, k) => sum + place(i, axis) * (keptStrides[k] as number), 0),
  );
}

const terms = { value: (x: number) => x, magnitude: Math.abs, square: (x: number) => x * x };

function combine(values: readonly number[], targets: readonly number[], count: number, { term, combine: how = "sum" }: Reducing): number[] {
  const result = new Array<number>(count).fill(initialValues[how]);
  for (const [i, value] of values.entries()) {
    const target = targets[i] as number;
    result[target] = combineOnCpu[how](result[target] as number, terms[term ?? "value"](value));
  }
  return result;
}

function finish(sums: readonly number[], length: number, { finish: how, isMean }: Reducing): number[] {
  if (how === "log") return sums.map(Math.log);
  if (how === "root2") return sums.map(Math.sqrt);
  return sums.map((sum) => (isMean ? sum / length : sum));
}

/** Without overflow: the largest is taken away before and added after. */
function logSumExp(values: readonly number[], targets: readonly number[], count: number): number[] {
  const largest = combine(values, targets, count, { combine: "max" }).map((value) => (Number.isFinite(value) ? value : 0));
  const least = values.map((value, i) => Math.exp(value - (largest[targets[i] as number] as number)));
  return combine(least, targets, count, {}).map((sum, i) => Math.log(sum) + (largest[i] as number));
}

const combineOnCpu = {
  sum: (a: number, b: number) => a + b,
  max: Math.max,
  min: Math.min,
  product: (a: number, b: number) => a * b,
};
