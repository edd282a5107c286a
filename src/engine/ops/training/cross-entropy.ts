// CrossEntropy, an operator of Convcam's own: the mean over all rows of the cross-entropy of scores [batch, classes, …] and a number of a class for each
// row [batch, …]; and its gradient by the scores. ONNX's losses, which have weights and classes that do not count, are in losses.ts.
import gradientShader from "../../../shaders/loss-gradient.wgsl";
import rowsShader from "../../../shaders/loss-rows.wgsl";
import totalShader from "../../../shaders/loss-total.wgsl";
import { fusedDomain } from "../../graph/graph.ts";
import { sameShape, sizeOf } from "../../shapes.ts";
import { floatInput } from "../checks.ts";
import { workgroupCount } from "../dispatch.ts";
import { type Binding, type Dispatch, defineOperator, type OperatorContext, type PlacedOperand, type Table } from "../operator.ts";

/** Scores, and numbers of classes that fit them. @param first the input that holds the scores */
export function readRows(context: OperatorContext, first: number) {
  const scores = floatInput(context, first);
  const labels = context.input(first + 1);
  const [outer = 1, classes = 1, ...places] = scores.shape;
  if (labels.dtype !== "int32" && labels.dtype !== "int64") context.unsupported(`labels of ${labels.dtype}, expected int32 or int64`);
  if (scores.shape.length < 2 || !sameShape(labels.shape, [outer, ...places]))
    context.invalid(`labels of shape [${labels.shape}] do not fit scores of shape [${scores.shape}]`);
  const inner = sizeOf(places);
  return { scores, labels, params: { rows: outer * inner, classes, inner, ignored: 0, has_ignored: 0 } };
}

export type RowParams = ReturnType<typeof readRows>["params"];

export const noWeights: Table = { label: "no weights", data: new Float32Array(1) };

type Constants = Readonly<Record<"OF_SCORES" | "HAS_WEIGHTS", number>>;

const ofScores: Constants = { OF_SCORES: 1, HAS_WEIGHTS: 0 };

/** The loss of each row, and what it counts. */
export function rowsDispatch(
  params: RowParams,
  bindings: Readonly<Record<"input" | "labels" | "weights" | "losses" | "counts", Binding>>,
  constants = ofScores,
): Dispatch {
  return { shader: rowsShader, constants, params, bindings, workgroups: workgroupCount(params.rows, 64) };
}

/** @param kind 0 for the sum of all losses, 1 for their mean by what they count, 2 for the sum of what they count */
export function totalDispatch({ rows }: RowParams, kind: number, losses: Binding, counts: Binding, output: Binding): Dispatch {
  return { shader: totalShader, constants: { KIND: kind }, params: { rows }, bindings: { losses, counts, output }, workgroups: 1 };
}

export function gradientDispatch(
  params: RowParams & { readonly slope_step: number },
  bindings: Readonly<Record<"slope" | "input" | "labels" | "weights" | "total" | "output", Binding>>,
  constants: Constants & { readonly IS_MEAN: number } = { ...ofScores, IS_MEAN: 1 },
): Dispatch {
  return { shader: gradientShader, constants, params, bindings, workgroups: workgroupCount(params.rows, 64) };
}

const options = { since: 1, domain: fusedDomain };

const loss = defineOperator("CrossEntropy", options, (context) => {
  const { scores, params } = readRows(context, 0);
  return {
    outputs: [{ dtype: scores.dtype, shape: [] }],
    kernels: () => [
      {
        name: "loss",
        dispatches([input, labels], [output]) {
          const [losses, counts] = [{ scratchBytes: 4 * params.rows }, { scratchBytes: 4 * params.rows }];
          const bindings = { input: input as PlacedOperand, labels: labels as PlacedOperand, weights: noWeights, losses, counts };
          return [rowsDispatch(params, bindings), totalDispatch(params, 1, losses, counts, output as PlacedOperand)];
        },
      },
    ],
  };
});

/** Inputs: the gradient of the loss, the scores, the labels. */
const gradient = defineOperator("CrossEntropyGradient", options, (context) => {
  const { scores, params } = readRows(context, 1);
  if (floatInput(context, 0).shape.length > 0) context.invalid(`a gradient of shape [${context.input(0).shape}], expected rank 0`);
  const total: Table = { label: "how many rows", data: Float32Array.of(params.rows) };
  return {
    outputs: [scores],
    kernels: () => [
      {
        name: "loss gradient",
        dispatches: (operands, [output]) => {
          const [slope, input, labels] = operands as readonly PlacedOperand[] as [PlacedOperand, PlacedOperand, PlacedOperand];
          const bindings = { slope, input, labels, weights: noWeights, total, output: output as PlacedOperand };
          return [gradientDispatch({ ...params, slope_step: 0 }, bindings)];
        },
      },
    ],
  };
});

export default [loss, gradient];
