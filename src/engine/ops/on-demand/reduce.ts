// ReduceMean, ReduceSum, ReduceMax and the other Reduce operators: one number from the elements along some axes.
// https://onnx.ai/onnx/operators/onnx__ReduceMean.html
import logSumExpShader from "../../../shaders/log-sum-exp.wgsl";
import { denseStrides, normalizeAxis, type Shape, sizeOf } from "../../shapes.ts";
import { isFloat, Tensor } from "../../tensor.ts";
import { floatInput } from "../checks.ts";
import { workgroupCount } from "../dispatch.ts";
import { defineOperator, type Kernel, type Nonnegative, type Operator, type OperatorContext, type PlacedOperand } from "../operator.ts";
import { initialValues, maxReductionRank, type Reduction, reductionKernel, traversalOf } from "../reduction.ts";

const reductions: Readonly<Record<string, { readonly axesInputSince: number; readonly reduction: Reduction | "log-sum-exp" }>> = {
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
    // Constants of any type are evaluated on the CPU.
    const given = context.input(0);
    const input = given.constant ? given : floatInput(context, 0);
    const keepsAxes = context.attributes.flag("keepdims", true);
    const axes = readAxes(context, axesInputSince);
    if (axes === undefined)
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

function signOfReduction(reduction: Reduction | "log-sum-exp"): Nonnegative | undefined {
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

/** The axes to reduce, or `undefined` where none are reduced and the input passes through. */
function readAxes(context: OperatorContext, axesInputSince: number): ReadonlySet<number> | undefined {
  const { attributes, opset } = context;
  const rank = context.input(0).shape.length;
  const fromInput = opset >= axesInputSince;
  const given = fromInput ? context.constant(1, "axes")?.toNumbers() : attributes.numbers("axes");
  const passesThrough = fromInput && attributes.flag("noop_with_empty_axes", false);
  if (given?.length) return new Set(given.map((axis) => normalizeAxis(axis, rank)));
  return passesThrough ? undefined : new Set(Array.from({ length: rank }, (_, axis) => axis));
}

function reduceOnCpu(input: Tensor, axes: ReadonlySet<number>, shape: Shape, reduction: Reduction | "log-sum-exp"): Tensor {
  const { term = "value", combine = "sum", finish = "none", isMean = false } = reduction === "log-sum-exp" ? {} : reduction;
  const values = input.toNumbers();
  const result = new Array<number>(sizeOf(shape)).fill(initialValues[combine]);
  const strides = denseStrides(input.shape);
  const keptAxes = input.shape.map((_, axis) => axis).filter((axis) => !axes.has(axis));
  const keptStrides = denseStrides(keptAxes.map((axis) => input.shape[axis] as number));
  for (const [i, value] of values.entries()) {
    let target = 0;
    for (const [k, axis] of keptAxes.entries())
      target += (Math.floor(i / (strides[axis] as number)) % (input.shape[axis] as number)) * (keptStrides[k] as number);
    const x =
      reduction === "log-sum-exp" ? Math.exp(value) : term === "magnitude" ? Math.abs(value) : term === "square" ? value * value : value;
    result[target] = combineOnCpu[combine](result[target] as number, x);
  }
  const length = values.length / Math.max(1, result.length);
  const finished = result.map((value) => {
    if (reduction === "log-sum-exp" || finish === "log") return Math.log(value);
    if (finish === "root2") return Math.sqrt(value);
    return isMean ? value / length : value;
  });
  // Integers round towards zero, as integer division does.
  return Tensor.from(input.dtype, shape, isFloat(input.dtype) ? finished : finished.map(Math.trunc));
}

const combineOnCpu = {
  sum: (a: number, b: number) => a + b,
  max: Math.max,
  min: Math.min,
  product: (a: number, b: number) => a * b,
};
