// A small classifier of shapes in three colours, whose first layer can be read: filters of colours and of edges.
import { type BuilderOptions, type BuiltGraph, GraphBuilder } from "./builder.ts";

/** 3×48×48, RGB in 0…1 → 12 probabilities, `output_layer`. */
export function buildShapes(options: BuilderOptions): BuiltGraph {
  const g = new GraphBuilder("shapes", options);
  let x = g.input("input_layer", [3, 48, 48]);
  x = g.conv("conv_1", x, 16, { kernel: 5, activation: "relu" });
  x = g.maxPool("pool_1", x, { kernel: 2 });
  x = g.conv("conv_2", x, 24, { kernel: 3, activation: "relu" });
  x = g.maxPool("pool_2", x, { kernel: 2 });
  x = g.conv("conv_3", x, 32, { kernel: 3, activation: "relu" });
  x = g.maxPool("pool_3", x, { kernel: 2 });
  x = g.flatten("flat", x);
  x = g.dense("dense_1", x, 48, { activation: "relu" });
  return g.build([g.dense("output_layer", x, 12, { activation: "softmax" })]);
}
