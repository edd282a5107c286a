// A small classifier of handwritten digits, after the well-known Keras example, with a second pool to keep its file small.
import { type BuilderOptions, type BuiltGraph, GraphBuilder } from "./builder.ts";

/** 1×28×28, white on black in 0..1 → 10 probabilities, `output_layer`. 225,034 parameters. README.md says how the stored ones were trained. */
export function buildMnist(options: BuilderOptions): BuiltGraph {
  const g = new GraphBuilder("mnist", options);
  let x = g.input("input_layer", [1, 28, 28]);
  x = g.conv("conv_1", x, 32, { kernel: 3, activation: "relu" });
  x = g.maxPool("pool_1", x, { kernel: 2 });
  x = g.conv("conv_2", x, 64, { kernel: 3, activation: "relu" });
  x = g.maxPool("pool_2", x, { kernel: 2 });
  x = g.dropout("dropout_1", x, 0.25);
  x = g.flatten("flate_1", x);
  x = g.dense("dense_1", x, 128, { activation: "relu" });
  x = g.dropout("dropout_2", x, 0.5);
  return g.build([g.dense("output_layer", x, 10, { activation: "softmax" })]);
}
