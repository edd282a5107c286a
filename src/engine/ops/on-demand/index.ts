// The operators that most networks do without, and kernels for any case, as one list: a part of the program that is loaded when a
// model asks for it.

import { fusedDomain, type Node } from "../../graph/graph.ts";
import type { CatalogOptions } from "../catalog.ts";
import { generalKernel as convolution } from "../convolution/general.ts";
import type { GeneralKernels } from "../families.ts";
import { type OperatorModules, operatorsOf } from "../operator.ts";
import { normalizationOfBatch } from "./batch-statistics.ts";
import { blockedProduct as product } from "./matmul.ts";
import { generalPools as pools } from "./pool.ts";

export const operators = operatorsOf(
  import.meta.glob(
    [
      "./*.ts",
      "!./{index,activation-gradient-passes,batch-statistics,composed,fold-pad,resample,small-windows,spatial,sub-pixel,whole-numbers}.ts",
    ],
    {
      eager: true,
      import: "default",
    },
  ) as OperatorModules,
);

/**
 * Operators that are in parts of their own, as DOMAIN:NAME: those of training, which files hardly name, of every training and others; and those that few
 * networks have.
 */
const elsewhere: Readonly<Record<string, ReadonlySet<string>>> = {
  training: new Set(keysOf(fusedDomain, "CrossEntropy CrossEntropyGradient ConvWeightGradient ConvBiasGradient Update")),
  rareTraining: new Set([
    ...keysOf("", "SoftmaxCrossEntropyLoss NegativeLogLikelihoodLoss"),
    ...keysOf("ai.onnx.preview.training", "Adam Adagrad Momentum"),
    ...keysOf(fusedDomain, "LossGradient BatchNormalizationOfBatch BatchNormalizationGradient RandomMask"),
  ]),
  scaling: new Set(keysOf(fusedDomain, "GradientSquares LossScale Unscale PendingStatistic")),
  arrays: new Set([
    ...keysOf("", "IsNaN IsInf BitShift BitwiseAnd BitwiseOr BitwiseXor BitwiseNot BitCast Trilu EyeLike OneHot CumSum CumProd Det"),
    ...keysOf("", "Scatter ScatterElements ScatterND TensorScatter CenterCropPad ReverseSequence"),
    // Written with ScatterND.
    ...keysOf("", "MaxUnpool"),
    ...keysOf("", "NonZero Unique NonMaxSuppression Compress"),
    ...keysOf("", "HannWindow HammingWindow BlackmanWindow MelWeightMatrix TfIdfVectorizer"),
  ]),
  sampling: new Set([...keysOf("", "GridSample AffineGrid RoiAlign DeformConv MaxUnpool Col2Im"), ...keysOf(fusedDomain, "DeformColumns")]),
  sequences: new Set([
    ...keysOf("", "Attention RotaryEmbedding RMSNormalization LpNormalization MeanVarianceNormalization Einsum DFT STFT RNN GRU LSTM"),
    ...keysOf(fusedDomain, "Recurrence"),
  ]),
  quantised: new Set([
    ...keysOf("", "QuantizeLinear DequantizeLinear DynamicQuantizeLinear QLinearConv QLinearMatMul ConvInteger MatMulInteger"),
    ...keysOf("com.microsoft", "QuantizeLinear DequantizeLinear FusedConv QGemm QLinearAdd QLinearMul QLinearConcat"),
    ...keysOf(fusedDomain, "StepConvolution StepProduct ExactConv ExactGemm ExactMatMul Requantize"),
    ...keysOf("com.microsoft", "QLinearGlobalAveragePool QLinearAveragePool QLinearSigmoid QLinearLeakyRelu"),
  ]),
  control: new Set([
    ...keysOf("", "If Loop Scan Compress Optional OptionalGetElement OptionalHasElement"),
    ...keysOf(
      "",
      "SequenceConstruct SequenceEmpty SequenceInsert SequenceErase SequenceAt SequenceLength SplitToSequence ConcatFromSequence",
    ),
  ]),
};

/** What becomes one of the rarer operators of training when a graph is trained. */
const becomesRare = new Set(keysOf("", "BatchNormalization Dropout"));

function keysOf(domain: string, names: string): readonly string[] {
  return names.split(" ").map((name) => `${domain}:${name}`);
}

/** The operators of subgraphs, too. */
function addInner(nodes: readonly Node[], keys: Set<string>): void {
  for (const { attributes } of nodes)
    for (const value of attributes.values()) {
      const inner = typeof value === "object" && "subgraph" in value ? (value.body?.nodes ?? []) : [];
      for (const { domain, operator } of inner) keys.add(`${domain}:${operator}`);
      addInner(inner, keys);
    }
}

/**
 * Whether a graph takes a part.
 *
 * @param outer keys of the graph's operators, DOMAIN:NAME
 */
export function takes(graph: { readonly nodes: readonly Node[] } | undefined, outer: ReadonlySet<string>, options: CatalogOptions) {
  const keys = new Set(outer);
  addInner(graph?.nodes ?? [], keys);
  return (part: string): boolean => isTaken(part, keys, options);
}

function isTaken(part: string, keys: ReadonlySet<string>, options: CatalogOptions): boolean {
  const { target, hasRareCases, isForTraining, isComplete } = options;
  const names = (set: ReadonlySet<string> | undefined) => [...keys].some((key) => set?.has(key));
  if (isComplete || names(elsewhere[part])) return true;
  if (part === "scaling") return isForTraining === "scaled";
  const isTrained = Boolean(isForTraining) || names(elsewhere["training"]);
  if (part === "rareTraining") return isTrained && (hasRareCases === true || names(becomesRare));
  return isTrained && (part === "training" || (part === "softwareTraining" && target?.profile === "software"));
}

export const general: GeneralKernels = { convolution, pools, product, normalizationOfBatch };
