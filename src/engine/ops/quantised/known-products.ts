// Convolutions and products of matrices whose weights can stay bytes.
import type { Node } from "../../graph/graph.ts";
import { Tensor } from "../../tensor.ts";
import { ByteTensor, factorsOf, StepTensor } from "./step-tensor.ts";

export interface KnownProduct {
  /** The operator on numbers. */
  readonly kind: string;
  /** Whether it rounds nothing. */
  readonly isExact: boolean;
  readonly bytes: ByteTensor;
  /** One for each output channel. */
  readonly factors: Float32Array<ArrayBuffer>;
  /** Zeros where it has none. */
  readonly bias: Tensor;
}

const kinds = ["Conv", "Gemm", "MatMul"];

/**
 * What a node multiplies with; `undefined` where that is not known, or is no bytes with a scale for each output channel.
 *
 * @param step of what it reads
 */
export function knownProduct(
  { operator, inputs, attributes }: Node,
  constants: ReadonlyMap<string, Tensor>,
  step = 1,
): KnownProduct | undefined {
  const kind = operator.replace(/^Exact/, "");
  const [, weightName = "", biasName] = inputs;
  const weight = constants.get(weightName);
  if (!kinds.includes(kind) || !(weight instanceof StepTensor) || weight.dtype !== "float32") return undefined;
  if (kind === "MatMul" && weight.shape.length !== 2) return undefined;
  const axis = kind === "Conv" || attributes.get("transB") ? 0 : 1;
  const count = weight.shape[axis] as number;
  const factors = factorsOf(weight, axis, step);
  const bias = biasName ? constants.get(biasName) : Tensor.filled("float32", [count], 0);
  if (!factors || !bias || (bias.size !== 1 && !(bias.size === count && bias.shape.at(-1) === count))) return undefined;
  const bytes = ByteTensor.of(weight);
  return bytes && { kind, isExact: kind !== operator, bytes, factors, bias };
}
