// SoftmaxCrossEntropyLoss and NegativeLogLikelihoodLoss, and the gradient of either by the scores.
// https://onnx.ai/onnx/operators/onnx__SoftmaxCrossEntropyLoss.html
import softmaxShader from "../../../shaders/softmax.wgsl";
import { fusedDomain } from "../../graph/graph.ts";
import { sameShape } from "../../shapes.ts";
import { checkSameType, floatInput } from "../checks.ts";
import { workgroupCount } from "../dispatch.ts";
import { type Dispatch, defineOperator, type Operator, type OperatorContext, type PlacedOperand, type Scratch } from "../operator.ts";
import { gradientDispatch, noWeights, readRows, rowsDispatch, totalDispatch } from "./cross-entropy.ts";

/** Scores of [batch, classes, …], a number of a class for each row [batch, …], and perhaps a weight per class. */
function readLoss(context: OperatorContext, first: number) {
  const { attributes } = context;
  const { scores, labels, params } = readRows(context, first);
  const weights = context.inputs[first + 2];
  if (weights) {
    checkSameType(context, first, first + 2);
    if (!sameShape(weights.shape, [params.classes])) context.invalid(`weights are [${weights.shape}], expected [${params.classes}]`);
  }
  const reduction = attributes.choice("reduction", ["none", "sum", "mean"], "mean");
  const ignored = { ignored: attributes.integer("ignore_index", 0), has_ignored: Number(attributes.has("ignore_index")) };
  return { scores, labels, weights, reduction, params: { ...params, ...ignored } };
}

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
            const bindings = {
              input: x,
              labels: label as PlacedOperand,
              weights: weight ?? noWeights,
              losses: reduction === "none" ? y : losses,
              counts,
            };
            const constants = { OF_SCORES: Number(isOfScores), HAS_WEIGHTS: Number(weights !== undefined) };
            const list: Dispatch[] = [rowsDispatch(params, bindings, constants)];
            if (reduction !== "none") list.push(totalDispatch(params, reduction === "mean" ? 1 : 0, losses, counts, y));
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
          const [losses, counts, total] = [4 * params.rows, 4 * params.rows, 4].map((scratchBytes) => ({ scratchBytes })) as [
            Scratch,
            Scratch,
            Scratch,
          ];
          const of = { OF_SCORES: Number(isOfScores), HAS_WEIGHTS: Number(weights !== undefined) };
          const bindings = { input: x, labels: label as PlacedOperand, weights: weight ?? noWeights };
          const isMean = reduction === "mean";
          const sumWeights: Dispatch[] = [
            rowsDispatch(params, { ...bindings, losses, counts }, { ...of, OF_SCORES: 0 }),
            totalDispatch(params, 2, losses, counts, total),
          ];
          return [
            ...(isMean ? sumWeights : []),
            gradientDispatch(
              { ...params, slope_step: Number(reduction === "none") },
              { ...bindings, slope: given as PlacedOperand, total: isMean ? total : noWeights, output: output as PlacedOperand },
              { ...of, IS_MEAN: Number(isMean) },
            ),
          ];
        },
      },
    ],
  };
});

export default [loss("SoftmaxCrossEntropyLoss", 1, true), loss("NegativeLogLikelihoodLoss", 1, false), gradient] satisfies Operator[];
