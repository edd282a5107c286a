// Activations that TensorFlow.js fuses into a convolution or a matrix product, as its converter does.
import * as tf from "@tensorflow/tfjs-core";
import type { Node, TypedGraph } from "../../src/engine/graph/graph.ts";

export interface Activation {
  /** What its fused operators take. */
  readonly fused: { readonly activation: "relu" | "relu6" };
}

/** The activation a node is, if it can be fused. */
export function activationOf(graph: TypedGraph, node: Node): Activation | undefined {
  if (node.domain !== "") return undefined;
  if (node.operator === "Relu") return { fused: { activation: "relu" } };
  if (node.operator !== "Clip") return undefined;
  const bound = (index: number, name: string): number | undefined => {
    const input = node.inputs[index];
    return input ? graph.initializers.get(input)?.toNumbers()[0] : (node.attributes.get(name) as number | undefined);
  };
  return bound(1, "min") === 0 && bound(2, "max") === 6 ? { fused: { activation: "relu6" } } : undefined;
}

export function applyActivation(x: tf.Tensor, activation: Activation | undefined): tf.Tensor {
  if (!activation) return x;
  return activation.fused.activation === "relu6" ? tf.relu6(x) : tf.relu(x);
}
