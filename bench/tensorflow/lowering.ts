// What lowering one ONNX node to TensorFlow.js needs to know, and what comes of it.
import type * as tf from "@tensorflow/tfjs-core";
import type { AttributeReader } from "../../src/engine/graph/attributes.ts";
import type { Node } from "../../src/engine/graph/graph.ts";
import type { Tensor } from "../../src/engine/tensor.ts";
import type { Activation } from "./activation.ts";
import type { Operand } from "./layout.ts";

/** Computes a node's only output from the values that are not constants, in the node's order. */
export type Compute = (operands: readonly Operand[]) => Operand;

/** What lowering a node needs to know of it. */
export interface Lowering {
  readonly node: Node;
  readonly attributes: AttributeReader;
  readonly activation: Activation | undefined;
  /** Shape as ONNX has it. */
  shapeOf(index: number): readonly number[];
  readonly outputShape: readonly number[];
  /** An input's elements; throws if they are known only at run time. */
  constant(index: number, what: string): Tensor;
  isConstant(index: number): boolean;
  /** Of the picture, as NHWC, whose elements input 0 is once it was flattened; undefined where it is no such. */
  readonly flattened: readonly number[] | undefined;
  /** Keeps a tensor for as long as the session lives. */
  keep<T extends tf.Tensor>(tensor: T): T;
  unsupported(what: string): never;
}
