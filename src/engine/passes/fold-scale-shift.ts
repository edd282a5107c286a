// Folds what follows a convolution channel by channel into its weight and bias: BatchNormalization, and a Mul or Add by constants.
import { GraphEdit } from "../graph/edit.ts";
import { fusedDomain, type Graph, type Node, type TypedGraph } from "../graph/graph.ts";
import type { Pass } from "../graph/pass.ts";
import { type Shape, sizeOf } from "../shapes.ts";
import { Tensor } from "../tensor.ts";

/** y[c] = scale[c] · x[c] + shift[c] */
interface ScaleShift {
  readonly scale: Float32Array;
  readonly shift: Float32Array;
}

export const foldScaleShift: Pass = (graph, { keep }): Graph => {
  const edit = new GraphEdit(graph, keep);
  for (const node of graph.nodes) {
    if (node.operator !== "Conv" || node.attributes.has("activation") || node.inputs[3]) continue;
    for (let convolution: Node | undefined = node; convolution; ) convolution = foldNext(graph, edit, convolution);
  }
  return edit.graph();
};

/** Folds the only reader of a convolution into it. @returns the convolution that takes both their places */
function foldNext(graph: TypedGraph, edit: GraphEdit, convolution: Node): Node | undefined {
  const [output = ""] = convolution.outputs;
  const next = edit.soleReader(output);
  const weight = edit.initializers.get(convolution.inputs[1] as string);
  const biasName = convolution.inputs[2];
  const bias = biasName ? edit.initializers.get(biasName) : undefined;
  if (!next || !weight || (biasName && !bias)) return undefined;
  const step = scaleShiftOf(graph, next, output, weight.shape[0] ?? 0);
  if (!step) return undefined;
  const folded = foldIntoConvolution(weight, bias, step);
  const names = [edit.constant(`${next.name}/folded weight`, folded.weight), edit.constant(`${next.name}/folded bias`, folded.bias)];
  edit.drop(convolution.name);
  const { operator, domain, attributes } = convolution;
  const inputs = [convolution.inputs[0] as string, ...names];
  return edit.replace(next.name, { operator, domain, attributes, inputs, outputs: [next.outputs[0] as string] });
}

/**
 * @param weight [outC, inC / group, …kernel]
 * @param bias [outC], zeros if absent
 * @returns the convolution's new weight and bias; the inputs are not modified. The weight is computed when it is read
 */
export function foldIntoConvolution(
  weight: Tensor,
  bias: Tensor | undefined,
  { scale, shift }: ScaleShift,
): { weight: Tensor; bias: Tensor } {
  const scaled = new Tensor("float32", weight.shape, () => scaleChannels(weight, scale));
  const old = bias?.toFloat32();
  const shifted = shift.map((s, c) => s + (old?.[c] ?? 0) * (scale[c] as number));
  return { weight: scaled, bias: Tensor.float32([shift.length], shifted) };
}

function scaleChannels(weight: Tensor, scale: Float32Array): Uint8Array {
  const perChannel = sizeOf(weight.shape.slice(1));
  const source = weight.toFloat32();
  const scaled = new Float32Array(source.length);
  let i = 0;
  for (const factor of scale) for (const end = i + perChannel; i < end; i++) scaled[i] = (source[i] as number) * factor;
  return new Uint8Array(scaled.buffer);
}

function scaleShiftOf(graph: TypedGraph, node: Node, input: string, channels: number): ScaleShift | undefined {
  if (node.domain !== "" && node.domain !== fusedDomain) return undefined;
  if (node.operator === "BatchNormalization") return node.inputs[0] === input ? batchNormScaleShift(graph, node) : undefined;
  if (node.operator !== "Mul" && node.operator !== "Add") return undefined;
  const other = graph.initializers.get((node.inputs[0] === input ? node.inputs[1] : node.inputs[0]) as string);
  const rank = graph.types.get(input)?.shape.length ?? 0;
  const values = other && perChannel(other, rank, channels);
  if (!values) return undefined;
  const ones = new Float32Array(channels).fill(1);
  return node.operator === "Mul" ? { scale: values, shift: new Float32Array(channels) } : { scale: ones, shift: values };
}

/** y = scale · (x − mean) / √(variance + ε) + bias, with constants for all four vectors. */
function batchNormScaleShift(graph: TypedGraph, node: Node): ScaleShift | undefined {
  if (node.attributes.get("training_mode") === 1) return undefined;
  const [scale, bias, mean, variance] = node.inputs.slice(1).map((name) => graph.initializers.get(name)?.toFloat32());
  if (!scale || !bias || !mean || !variance) return undefined;
  const epsilon = (node.attributes.get("epsilon") as number | undefined) ?? 1e-5;
  const factor = scale.map((s, c) => s / Math.sqrt((variance[c] as number) + epsilon));
  return { scale: factor, shift: bias.map((b, c) => b - (mean[c] as number) * (factor[c] as number)) };
}

/** The elements of a constant that broadcasts along channels only, one per channel. */
function perChannel(tensor: Tensor, rank: number, channels: number): Float32Array | undefined {
  const padded: Shape = [...new Array<number>(Math.max(0, rank - tensor.shape.length)).fill(1), ...tensor.shape];
  const fits = padded.length === rank && padded.every((extent, axis) => extent === 1 || (axis === 1 && extent === channels));
  if (!fits) return undefined;
  const values = tensor.toFloat32();
  return values.length === channels ? values : new Float32Array(channels).fill(values[0] as number);
}
