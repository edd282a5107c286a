// The operators that most networks do without, and kernels for any case, as one list: a part of the program that is loaded when a
// model asks for it.

import { loadPart } from "../../errors.ts";
import { fusedDomain } from "../../graph/graph.ts";
import { generalKernel as convolution } from "../convolution/general.ts";
import type { GeneralKernels } from "../families.ts";
import { type Operator, type OperatorModules, operatorsOf } from "../operator.ts";
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
  ...["LossGradient", "ConvWeightGradient", "BatchNormalizationOfBatch", "BatchNormalizationGradient", "RandomMask", "Update"].map(
    (name) => `${fusedDomain}:${name}`,
  ),
]);

/**
 * The operators, with those of training where a graph names one.
 *
 * @param keys of the graph's operators, DOMAIN:NAME
 * @param isNamed whether they are wanted in any case
 */
export async function withTraining(keys: ReadonlySet<string>, isNamed: boolean): Promise<readonly Operator[]> {
  if (!isNamed && ![...keys].some((key) => training.has(key))) return operators;
  const part = await loadPart("for training", () => import("../training/index.ts"));
  return [...operators, ...part.default];
}

export const general: GeneralKernels = { convolution, pools, product };
