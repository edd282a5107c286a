// The operators that most networks do without, and kernels for any case, as one list: a part of the program that is loaded when a
// model asks for it.

import { fusedDomain } from "../../graph/graph.ts";
import { generalKernel as convolution } from "../convolution/general.ts";
import type { GeneralKernels } from "../families.ts";
import { type OperatorModules, operatorsOf } from "../operator.ts";
import { blockedProduct as product } from "./matmul.ts";
import { generalPools as pools } from "./pool.ts";

export const operators = operatorsOf(
  import.meta.glob(["./*.ts", "!./{index,activation-gradient-passes,fold-pad,resample,small-windows,spatial,sub-pixel}.ts"], {
    eager: true,
    import: "default",
  }) as OperatorModules,
);

/** Those of training, which files hardly name. */
const training: ReadonlySet<string> = new Set([
  ...["SoftmaxCrossEntropyLoss", "NegativeLogLikelihoodLoss"].map((name) => `:${name}`),
  ...["Adam", "Adagrad", "Momentum"].map((name) => `ai.onnx.preview.training:${name}`),
  ...[
    "LossGradient",
    "ConvWeightGradient",
    "ConvBiasGradient",
    "BatchNormalizationOfBatch",
    "BatchNormalizationGradient",
    "RandomMask",
    "Update",
  ].map((name) => `${fusedDomain}:${name}`),
]);

/** @param keys of a graph's operators, DOMAIN:NAME */
export function namesTraining(keys: ReadonlySet<string>): boolean {
  return [...keys].some((key) => training.has(key));
}

export const general: GeneralKernels = { convolution, pools, product };
