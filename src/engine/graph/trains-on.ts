// Whether a BatchNormalization takes the statistics of the batch.
import type { Node } from "./graph.ts";

/** It says so by an attribute, or before opset 14 by outputs for the running statistics. */
export function trainsOn({ attributes, outputs }: Pick<Node, "attributes" | "outputs">): boolean {
  return attributes.get("training_mode") === 1 || outputs.slice(1).some(Boolean);
}
