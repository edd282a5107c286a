// VGG16 (Simonyan and Zisserman, 2014), configuration D, with the layer names of keras.applications.
import { type BuilderOptions, type BuiltGraph, GraphBuilder, type Value } from "./builder.ts";

/** Channels of each convolution, by block; a 2×2 maximum ends every block. */
const blocks = [
  [64, 64],
  [128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [512, 512, 512],
];

/** 3×224×224 → 1000 probabilities, `predictions`. 138,357,544 parameters. */
export function buildVgg16(options: BuilderOptions): BuiltGraph {
  const g = new GraphBuilder("vgg16", options);
  let x = addFeatures(g);
  x = g.flatten("flatten", x);
  x = g.dense("fc1", x, 4096, { activation: "relu" });
  x = g.dense("fc2", x, 4096, { activation: "relu" });
  return g.build([g.dense("predictions", x, 1000, { activation: "softmax" })]);
}

/** The convolutions alone, up to `block5_pool` [1, 512, 7, 7]. */
export function buildVgg16Features(options: BuilderOptions): BuiltGraph {
  const g = new GraphBuilder("vgg16_features", options);
  return g.build([addFeatures(g)]);
}

function addFeatures(g: GraphBuilder): Value {
  let x = g.input("input_layer", [3, 224, 224]);
  for (const [b, widths] of blocks.entries()) {
    const block = `block${b + 1}`;
    for (const [i, width] of widths.entries())
      x = g.conv(`${block}_conv${i + 1}`, x, width, { kernel: 3, padding: "same", activation: "relu" });
    x = g.maxPool(`${block}_pool`, x, { kernel: 2 });
  }
  return x;
}
