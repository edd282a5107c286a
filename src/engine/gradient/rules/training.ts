// Rules of differentiation for what only training computes.
import { fusedDomain } from "../../graph/graph.ts";
import type { Rule, Rules } from "../rule.ts";

function loss(isOfScores: boolean): Rule {
  return ({ attributes, dy, emit, gradient, node, unsupported }) => {
    if (gradient(1)) unsupported("there is no rule for the gradient of its second output.");
    return [
      emit.own("LossGradient", [dy, ...node.inputs], {
        of_scores: Number(isOfScores),
        reduction: attributes.string("reduction", "mean"),
        ...(attributes.has("ignore_index") && { ignore_index: attributes.integer("ignore_index") }),
      }),
    ];
  };
}

export const losses: Rules = { SoftmaxCrossEntropyLoss: loss(true), NegativeLogLikelihoodLoss: loss(false) };

/** Of Convcam's own operators. */
export const training: Rules = {
  CrossEntropy: ({ dy, emit, node }) => [emit.own("CrossEntropyGradient", [dy, ...node.inputs], {})],
  BatchNormalizationOfBatch: ({ attributes, b, dy, emit, gradient, node, unsupported, x }) => {
    if (gradient(1) || gradient(2)) unsupported("there is no rule for the gradient of its statistics.");
    const [, mean = "", variance = ""] = node.outputs;
    const epsilon = attributes.number("epsilon", 1e-5);
    return emit.nodes("BatchNormalizationGradient", [dy, x, b, mean, variance], 3, { epsilon }, fusedDomain);
  },
  // It is linear, and draws the same for the same seed.
  RandomMask: ({ attributes, b, dy, emit }) => [
    emit.own("RandomMask", [dy, b], { ratio: attributes.number("ratio", 0.5), seed: attributes.integer("seed", 0) }),
    null,
  ],
};
