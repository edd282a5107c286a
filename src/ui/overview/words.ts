// What a person calls a node: "Conv 3×3 + ReLU", "max pool 2×2", "add".
import type { LayerSummary } from "../../engine/summary.ts";
import type { NodeFacts } from "./facts.ts";

/** Words that are not the operator's name in lower case. */
const words: Readonly<Record<string, string>> = {
  Conv: "Conv",
  FusedConv: "Conv",
  ConvInteger: "Conv",
  QLinearConv: "Conv",
  ConvTranspose: "transposed conv",
  DeformConv: "deformable conv",
  Gemm: "dense",
  AveragePool: "average pool",
  GlobalAveragePool: "global average pool",
  GlobalMaxPool: "global max pool",
  MaxUnpool: "max unpool",
  MaxRoiPool: "RoI max pool",
  RoiAlign: "RoI align",
  BatchNormalization: "batch norm",
  InstanceNormalization: "instance norm",
  GroupNormalization: "group norm",
  LayerNormalization: "layer norm",
  LRN: "local response norm",
  Relu: "ReLU",
  LeakyRelu: "leaky ReLU",
  ThresholdedRelu: "thresholded ReLU",
  PRelu: "PReLU",
  Elu: "ELU",
  Celu: "CELU",
  Selu: "SELU",
  Gelu: "GELU",
  Mish: "Mish",
  Swish: "SiLU",
  HardSwish: "hard swish",
  ReduceMean: "mean",
  ReduceSum: "sum",
  ReduceMax: "maximum",
  Sum: "add",
  Sub: "subtract",
  Mul: "multiply",
  Div: "divide",
  LSTM: "LSTM",
  GRU: "GRU",
  RNN: "RNN",
  TopK: "top k",
  ArgMax: "arg max",
  QuantizeLinear: "quantize",
  DequantizeLinear: "dequantize",
};

/** With one operand a constant. */
const constantWords: Readonly<Record<string, string>> = { Add: "shift", Sub: "shift", Mul: "scale", Div: "scale" };

/** What belongs to the layer before it without a word. */
const silent: ReadonlySet<string> = new Set(
  "BatchNormalization InstanceNormalization GroupNormalization LayerNormalization Add Sub Mul Div Cast Sum QuantizeLinear DequantizeLinear".split(
    " ",
  ),
);

/** A row of the summary that a node is made of, and how people call what several such rows compute together. */
export interface Step {
  readonly row: LayerSummary;
  /** In place of the row's own word; "" for none. */
  readonly word?: string;
}

/** @param steps without views, in the order of execution */
export function kindOf(steps: readonly Step[], facts: ReadonlyMap<string, NodeFacts>): string {
  const said = steps.flatMap(({ row, word }, i) => word ?? (i > 0 && silent.has(row.operator) ? [] : wordOf(row, facts.get(row.name))));
  return said.filter((word, i) => word !== "" && word !== said[i - 1]).join(" + ");
}

function wordOf(row: LayerSummary, facts: NodeFacts = {}): string {
  const { operator, continuesLayer, parameterCount } = row;
  if (operator === "Clip") return facts.bounds?.[0] === 0 && facts.bounds[1] === 6 ? "ReLU6" : "clip";
  if (operator === "MatMul") return parameterCount > 0 ? "dense" : "matrix product";
  const word =
    (continuesLayer ? constantWords[operator] : undefined) ??
    (Object.hasOwn(words, operator) ? (words[operator] as string) : spelled(operator));
  const manner = isDepthwise(row, facts) ? "depthwise " : facts.groups ? "grouped " : "";
  return facts.kernel ? `${manner}${word} ${facts.kernel.join("×")}` : word;
}

/** Whether it takes each channel by itself. Where the weights are not known, the number of groups tells. */
function isDepthwise({ shape }: LayerSummary, { isDepthwise, groups }: NodeFacts): boolean {
  return isDepthwise === true || (groups !== undefined && groups === shape?.[1]);
}

/** DepthToSpace → depth to space */
function spelled(operator: string): string {
  return operator.replace(/(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, " ").toLowerCase();
}

/** Activations that exporters write as x · f(x), by the operators of f. */
const gates: readonly (readonly [operators: RegExp, word: string])[] = [
  [/^Sigmoid$/, "SiLU"],
  [/^HardSigmoid$|^Add Clip( Div| Mul)?$/, "hard swish"],
  [/^Softplus Tanh$/, "Mish"],
  [/\bErf\b/, "GELU"],
];

/** What x · f(x) is called. */
export function gateWord(operators: readonly string[]): string {
  return gates.find(([pattern]) => pattern.test(operators.join(" ")))?.[1] ?? "gate";
}
