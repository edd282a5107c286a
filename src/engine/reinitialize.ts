// The elements of a network's parameters before any training: He's initialisation for weights, zeros for biases, identity for normalisations.
import type { ParameterUse } from "./passes/parameters.ts";
import { fillNormal, keyOf } from "./random.ts";
import { type Shape, sizeOf } from "./shapes.ts";
import { Tensor } from "./tensor.ts";

/**
 * The elements of a parameter in an untrained network. They depend on seed and name, not on other parameters.
 *
 * @param file what it holds in the file, kept for numbers that belong to a formula, such as the 6 of x / 6
 */
export function untrained(name: string, file: Tensor, use: ParameterUse | undefined, seed: number): Tensor {
  const rule = use && ruleOf(use);
  if (!rule || !isWeight(file, use)) return file;
  const elements = new Float32Array(file.size);
  if (rule.kind === "fill") elements.fill(rule.value);
  else fillNormal(elements, Math.sqrt(2 / Math.max(1, rule.fanIn)), keyOf(name, seed));
  return file.dtype === "float32" ? Tensor.float32(file.shape, elements) : Tensor.from(file.dtype, file.shape, elements);
}

/** Whether training changes a parameter: numbers that belong to a formula, and what prepares the input, stay as they are. */
export function isWeight(file: Pick<Tensor, "shape">, use: ParameterUse | undefined): boolean {
  const rule = use && ruleOf(use);
  return rule !== undefined && (sizeOf(file.shape) > 1 || !formulas.includes(use?.node.operator ?? ""));
}

/** A single number that these read belongs to a formula. The bias of a layer of one unit, or the slope of a PRelu, does not. */
const formulas: readonly string[] = ["Add", "Sub", "Mul", "Div"];

type Rule = { readonly kind: "fill"; readonly value: number } | { readonly kind: "normal"; readonly fanIn: number };

const zeros: Rule = { kind: "fill", value: 0 };
const ones: Rule = { kind: "fill", value: 1 };
/** As PyTorch's. */
const slope: Rule = { kind: "fill", value: 0.25 };

/** By operator, one rule per input from the second on. */
const vectors: Readonly<Record<string, readonly Rule[]>> = {
  BatchNormalization: [ones, zeros, zeros, ones],
  InstanceNormalization: [ones, zeros],
  LayerNormalization: [ones, zeros],
  GroupNormalization: [ones, zeros],
  PRelu: [slope],
};

/** `undefined` for what is no weight: it keeps what the file says. */
function ruleOf({ node, index, type: { shape }, isBehindLayer }: ParameterUse): Rule | undefined {
  const { operator, attributes } = node;
  if (Object.hasOwn(vectors, operator)) return vectors[operator]?.[index - 1];
  const inner = (from: number) => sizeOf(shape.slice(from));
  if (operator === "Conv") return index === 1 ? { kind: "normal", fanIn: inner(1) } : zeros;
  if (operator === "ConvTranspose") {
    const groups = Number(attributes.get("group") ?? 1);
    return index === 1 ? { kind: "normal", fanIn: ((shape[0] ?? 1) / groups) * inner(2) } : zeros;
  }
  if (operator === "Gemm") {
    if (index === 2) return zeros;
    const isTransposed = attributes.get(index === 0 ? "transA" : "transB") === 1;
    return { kind: "normal", fanIn: depthOf(shape, index === 0 ? !isTransposed : isTransposed) };
  }
  if (operator === "MatMul") return { kind: "normal", fanIn: depthOf(shape, index === 0) };
  // What is added or multiplied before the first layer prepares the input: means and deviations of pictures.
  if (!isBehindLayer) return undefined;
  if (operator === "Add" || operator === "Sub") return zeros;
  if (operator === "Mul" || operator === "Div") return ones;
  return undefined;
}

/** The extent of a matrix that is summed over: its last axis, or the one before. */
function depthOf(shape: Shape, isLast: boolean): number {
  return shape.at(isLast || shape.length === 1 ? -1 : -2) ?? 1;
}
