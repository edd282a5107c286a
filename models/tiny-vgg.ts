// Tiny VGG, the network of CNN Explainer (Wang et al., 2020), with its layer names.
import { type BuilderOptions, type BuiltGraph, GraphBuilder } from "./builder.ts";

const width = 10;

/** 3×64×64, RGB in 0..1 → 10 probabilities, `output`. 19,920 parameters. */
export function buildTinyVgg(options: BuilderOptions): BuiltGraph {
  const g = new GraphBuilder("tiny_vgg", options);
  let x = g.input("input", [3, 64, 64]);
  for (const block of [1, 2]) {
    for (const layer of [1, 2]) {
      x = g.conv(`conv_${block}_${layer}`, x, width, { kernel: 3 });
      x = g.relu(`relu_${block}_${layer}`, x);
    }
    x = g.maxPool(`max_pool_${block}`, x, { kernel: 2 });
  }
  x = g.flatten("flatten", x);
  return g.build([g.dense("output", x, 10, { activation: "softmax" })]);
}
