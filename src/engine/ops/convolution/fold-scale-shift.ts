// Folds what follows a convolution channel by channel into its weight and bias: BatchNormalization, and a Mul or Add by constants.
import { GraphEdit } from "../../graph/edit.ts";
import { fusedDomain, type Graph, type Node, type TypedGraph, type ValueType } from "../../graph/graph.ts";
import type { Pass } from "../../graph/pass.ts";
import { type Shape, sizeOf } from "../../shapes.ts";
import { Tensor } from "../../tensor.ts";
import { type Affine, foldPrepared, otherOperand } from "./fold-prepared.ts";

/** y[c] = scale[c] · x[c] + shift[c] */
interface ScaleShift {
  readonly scale: Float32Array;
  readonly shift: Float32Array;
}

export const foldScaleShift: Pass = (graph, { keep }): Graph => {
  const edit = new GraphEdit(graph, keep);
  const known = { prepared: new Set(graph.prepared), types: new Map(graph.types) };
  for (const node of graph.nodes) {
    if (node.operator !== "Conv" || node.attributes.has("activation") || node.inputs[3]) continue;
    for (let convolution: Node | undefined = node; convolution; ) convolution = foldNext(graph, edit, convolution, known);
  }
  return edit.graph();
};

/**
 * Folds the only reader of a convolution into it.
 *
 * @param known types and prepared values; those of new values are added to it
 * @returns the convolution that replaces both
 */
function foldNext(graph: TypedGraph, edit: GraphEdit, convolution: Node, { prepared, types }: Known): Node | undefined {
  const [output = ""] = convolution.outputs;
  const next = edit.soleReader(output);
  const [input = "", weight = "", bias] = convolution.inputs;
  const isKnown = (name: string) => edit.initializers.has(name) || prepared.has(name);
  if (!next || !isKnown(weight) || (bias && !isKnown(bias))) return undefined;
  const channels = graph.types.get(output)?.shape[1] ?? 0;
  if (!isPerChannel(graph, next, output, channels) || !operandsOf(next, output).every(isKnown)) return undefined;
  const before = { weight, bias: bias || undefined, type: types.get(weight) as ValueType };
  const isConstant = [weight, bias, ...operandsOf(next, output)].every((name) => !name || edit.initializers.has(name));
  const after = isConstant ? foldConstants(graph, edit, before, next, output) : foldPrepared(graph, edit, before, next, output);
  types.set(after.weight, before.type);
  if (!isConstant) for (const name of [after.weight, after.bias]) if (name && !edit.initializers.has(name)) prepared.add(name);
  edit.drop(convolution.name);
  const { operator, domain, attributes } = convolution;
  const inputs = [input, after.weight, ...(after.bias ? [after.bias] : [])];
  return edit.replace(next.name, { operator, domain, attributes, inputs, outputs: [next.outputs[0] as string] });
}

interface Known {
  /** Values that depend on parameters and constants alone. */
  readonly prepared: Set<string>;
  readonly types: Map<string, ValueType>;
}

/** The inputs of a node besides the convolution's output. */
function operandsOf(node: Node, input: string): readonly string[] {
  return node.operator === "BatchNormalization" ? node.inputs.slice(1) : [otherOperand(node, input)];
}

/** Whether a node is y[c] = scale[c] · x[c] + shift[c]. */
function isPerChannel({ types }: TypedGraph, node: Node, input: string, channels: number): boolean {
  if (node.domain !== "" && node.domain !== fusedDomain) return false;
  if (node.operator === "BatchNormalization") return node.inputs[0] === input && isFixed(node) && haveOneType(types, node.inputs);
  if (node.operator !== "Mul" && node.operator !== "Add") return false;
  const rank = types.get(input)?.shape.length ?? 0;
  const shape = types.get(otherOperand(node, input))?.shape ?? [];
  const padded = [...new Array<number>(Math.max(0, rank - shape.length)).fill(1), ...shape];
  return padded.length === rank && padded.every((extent, axis) => extent === 1 || (axis === 1 && extent === channels));
}

/** Whether a BatchNormalization does the same to every element of a channel in every run: it does not train. */
function isFixed({ attributes, outputs }: Node): boolean {
  return outputs.length === 1 && attributes.get("training_mode") !== 1 && attributes.get("spatial") !== 0;
}

function haveOneType(types: ReadonlyMap<string, ValueType>, names: readonly string[]): boolean {
  return new Set(names.map((name) => types.get(name)?.dtype)).size === 1;
}

function foldConstants(
  { initializers }: TypedGraph,
  edit: GraphEdit,
  { weight, bias }: Affine,
  next: Node,
  input: string,
): Omit<Affine, "type"> {
  const tensor = (name: string) => (edit.initializers.get(name) ?? initializers.get(name)) as Tensor;
  const weights = tensor(weight);
  const step = scaleShiftOf(next, weights.shape[0] ?? 0, operandsOf(next, input).map(tensor));
  const folded = foldIntoConvolution(weights, bias === undefined ? undefined : tensor(bias), step);
  return {
    weight: edit.constant(`${next.name}/folded weight`, folded.weight),
    bias: edit.constant(`${next.name}/folded bias`, folded.bias),
  };
}

/**
 * @param weight [outC, inC / group, …kernel]
 * @param bias [outC], zeros if absent
 * @returns the convolution's new weight and bias, of the weight's type; the inputs are not modified. The weight is computed when it is read
 */
export function foldIntoConvolution(
  weight: Tensor,
  bias: Tensor | undefined,
  { scale, shift }: ScaleShift,
): { weight: Tensor; bias: Tensor } {
  const { dtype, shape } = weight;
  const tensorOf = (to: Shape, values: Float32Array) => (dtype === "float32" ? Tensor.float32(to, values) : Tensor.from(dtype, to, values));
  const scaled = new Tensor(dtype, shape, () => tensorOf(shape, scaleChannels(weight, scale)).bytes);
  const old = bias?.toFloat32();
  const shifted = shift.map((s, c) => s + (old?.[c] ?? 0) * (scale[c] as number));
  return { weight: scaled, bias: tensorOf([shift.length], shifted) };
}

function scaleChannels(weight: Tensor, scale: Float32Array): Float32Array {
  const perChannel = sizeOf(weight.shape.slice(1));
  const source = weight.toFloat32();
  const scaled = new Float32Array(source.length);
  let i = 0;
  for (const factor of scale) for (const end = i + perChannel; i < end; i++) scaled[i] = (source[i] as number) * factor;
  return scaled;
}

function scaleShiftOf(node: Node, channels: number, operands: readonly Tensor[]): ScaleShift {
  if (node.operator === "BatchNormalization") return batchNormScaleShift(node, operands);
  const [given = new Float32Array(1)] = operands.map((operand) => operand.toFloat32());
  const values = given.length === channels ? given : new Float32Array(channels).fill(given[0] as number);
  const ones = new Float32Array(channels).fill(1);
  return node.operator === "Mul" ? { scale: values, shift: new Float32Array(channels) } : { scale: ones, shift: values };
}

/** y = scale · (x − mean) / √(variance + ε) + bias, with constants for all four vectors. */
function batchNormScaleShift(node: Node, operands: readonly Tensor[]): ScaleShift {
  const [scale, bias, mean, variance] = operands.map((operand) => operand.toFloat32()) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const epsilon = (node.attributes.get("epsilon") as number | undefined) ?? 1e-5;
  const factor = scale.map((s, c) => s / Math.sqrt((variance[c] as number) + epsilon));
  return { scale: factor, shift: bias.map((b, c) => b - (mean[c] as number) * (factor[c] as number)) };
}
