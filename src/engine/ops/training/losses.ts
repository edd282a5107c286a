// SoftmaxCrossEntropyLoss and NegativeLogLikelihoodLoss, and the gradient of either by the scores.
// https://onnx.ai/onnx/operators/onnx__SoftmaxCrossEntropyLoss.html
import gradientShader from "../../../shaders/loss-gradient.wgsl";
import rowsShader from "../../../shaders/loss-rows.wgsl";
import totalShader from "../../../shaders/loss-total.wgsl";
import softmaxShader from "../../../shaders/softmax.wgsl";
import { fusedDomain } from "../../graph/graph.ts";
import { sameShape, sizeOf } from "../../shapes.ts";
import { checkSameType, floatInput } from "../checks.ts";
import { workgroupCount } from "../dispatch.ts";
import {
  type Dispatch,
  defineOperator,
  type Operator,
  type OperatorContext,
  type PlacedOperand,
  type Scratch,
  type Table,
} from "../operator.ts";

/** Scores of [batch, classes, …], a number of a class for each row [batch, …], and perhaps a weight per class. */
function readLoss(context: OperatorContext, first: number) {
  const { attributes } = context;
  const scores = floatInput(context, first);
  const labels = context.input(first + 1);
  const weights = context.inputs[first + 2];
  const [outer = 1, classes = 1, ...places] = scores.shape;
  if (labels.dtype !== "int32" && labels.dtype !== "int64") context.unsupported(`labels of ${labels.dtype}; expected int32 or int64`);
  if (scores.shape.length < 2 || !sameShape(labels.shape, [outer, ...places]))
    context.invalid(`labels of shape [${labels.shape}] do not fit scores of shape [${scores.shape}]`);
  if (weights) {
    checkSameType(context, first, first + 2);
    if (!sameShape(weights.shape, [classes])) context.invalid(`weights are [${weights.shape}], expected [${classes}]`);
  }
  const reduction = attributes.choice("reduction", ["none", "sum", "mean"], "mean");
  const hasIgnored = attributes.has("ignore_index");
  const inner = sizeOf(places);
  const params = { rows: outer * inner, classes, inner, ignored: attributes.integer("ignore_index", 0), has_ignored: Number(hasIgnored) };
  return { scores, labels, weights, reduction, params };
}

const noWeights: Table = { label: "no weights", data: new Float32Array(1) };

function loss(name: string, since: number, isOfScores: boolean): Operator {
  return defineOperator(name, { since }, (context) => {
    const { scores, labels, weights, reduction, params } = readLoss(context, 0);
    const { dtype } = scores;
    const shape = reduction === "none" ? labels.shape : [];
    const outputs = [
      { dtype, shape },
      { dtype, shape: scores.shape },
    ];
    return {
      outputs: outputs.slice(0, context.outputCount),
      nonnegative: () => (isOfScores ? "always" : undefined),
      kernels: () => [
        {
          name: "loss",
          dispatches([input, label, weight], [total, logarithms]) {
            const [x, y] = [input as PlacedOperand, total as PlacedOperand];
            const losses: Scratch = { scratchBytes: 4 * params.rows };
            const counts: Scratch = { scratchBytes: 4 * params.rows };
            const list: Dispatch[] = [
              {
                shader: rowsShader,
                constants: { OF_SCORES: Number(isOfScores), HAS_WEIGHTS: Number(weights !== undefined) },
                params,
                bindings: {
                  input: x,
                  labels: label as PlacedOperand,
                  weights: weight ?? noWeights,
                  losses: reduction === "none" ? y : losses,
                  counts,
                },
                workgroups: workgroupCount(params.rows, 64),
              },
            ];
            if (reduction !== "none")
              list.push({
                shader: totalShader,
                constants: { KIND: reduction === "mean" ? 1 : 0 },
                params: { rows: params.rows },
                bindings: { losses, counts, output: y },
                workgroups: 1,
              });
            if (logarithms)
              list.push({
                shader: softmaxShader,
                constants: { KIND: 1, LANES: 1 },
                params: { rows: params.rows, length: params.classes, inner: params.inner },
                bindings: { input: x, output: logarithms },
                workgroups: workgroupCount(params.rows, 64),
              });
            return list;
          },
        },
      ],
    };
  });
}

/** Inputs: the gradient of the loss, the scores, the labels, and perhaps weights. Attributes: those of the loss, and whether it is of scores. */
const gradient = defineOperator("LossGradient", { since: 1, domain: fusedDomain }, (context) => {
  const slope = floatInput(context, 0);
  const isOfScores = context.attributes.flag("of_scores", true);
  const { scores, labels, weights, reduction, params } = readLoss(context, 1);
  const expected = reduction === "none" ? labels.shape : [];
  if (!sameShape(slope.shape, expected)) context.invalid(`a gradient of shape [${slope.shape}], expected [${expected}]`);
  return {
    outputs: [{ dtype: scores.dtype, shape: scores.shape }],
    kernels: () => [
      {
        name: "loss gradient",
        dispatches([given, input, label, weight], [output]) {
          const x = input as PlacedOperand;
          const [losses, counts, total]: Scratch[] = [4 * params.rows, 4 * params.rows, 4].map((scratchBytes) => ({ scratchBytes }));
          const of = {
            OF_SCORES: Number(isOfScores),
            HAS_WEIGHTS: Number(weights !== undefined),
          };
          const bindings = { input: x, labels: label as PlacedOperand, weights: weight ?? noWeights };
          const isMean = reduction === "mean";
          const sumWeights: Dispatch[] = [
            {
              shader: rowsShader,
              constants: { ...of, OF_SCORES: 0 },
              params,
              bindings: { ...bindings, losses: losses as Scratch, counts: counts as Scratch },
              workgroups: workgroupCount(params.rows, 64),
            },
            {
              shader: totalShader,
              constants: { KIND: 2 },
              params: { rows: params.rows },
              bindings: { losses: losses as Scratch, counts: counts as Scratch, output: total as Scratch },
              workgroups: 1,
            },
          ];
          return [
            ...(isMean ? sumWeights : []),
            {
              shader: gradientShader,
              constants: { ...of, IS_MEAN: Number(isMean) },
              params: { ...params, slope_step: Number(reduction === "none") },
              bindings: {
                ...bindings,
                slope: given as PlacedOperand,
                total: isMean ? (total as Scratch) : noWeights,
                output: output as PlacedOperand,
              },
              workgroups: workgroupCount(params.rows, 64),
            },
          ];
        },
      },
    ],
  };
});

export default [loss("SoftmaxCrossEntropyLoss", 1, true), loss("NegativeLogLikelihoodLoss", 1, false), gradient] satisfies Operator[];
