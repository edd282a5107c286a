// Weights stored in 16 bits: half of a file.
import type { Node } from "../src/engine/graph/graph.ts";
import { Tensor } from "../src/engine/tensor.ts";
import type { BuiltGraph } from "./builder.ts";

/** The same network with its weights as float16, `NAME/float16`, each cast to float32 under its own name. */
export function withHalves(graph: BuiltGraph): BuiltGraph {
  const initializers = new Map(graph.initializers);
  const types = new Map(graph.types);
  const casts: Node[] = [];
  for (const [name, tensor] of graph.initializers) {
    if (tensor.dtype !== "float32") continue;
    const stored = `${name}/float16`;
    initializers.delete(name);
    initializers.set(stored, Tensor.from("float16", tensor.shape, tensor.toFloat32()));
    types.set(name, { dtype: "float32", shape: tensor.shape });
    casts.push({ name, operator: "Cast", domain: "", inputs: [stored], outputs: [name], attributes: new Map([["to", 1]]) });
  }
  return { ...graph, initializers, types, nodes: [...casts, ...graph.nodes] };
}
