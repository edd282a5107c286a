// A dogs-versus-cats classifier: five strided convolutions instead of pools, then two linear layers.
import { type BuilderOptions, type BuiltGraph, GraphBuilder } from "./builder.ts";

const widths = [16, 32, 64, 128, 256];

/** 3×224×224, RGB → 2 scores (no softmax), `fc2`. 410,674 parameters with the moving statistics. */
export function buildDogsVersusCats(options: BuilderOptions): BuiltGraph {
  const g = new GraphBuilder("dogs_versus_cats", { ...options, naming: "torch" });
  let x = g.input("input", [3, 224, 224]);
  for (const [i, width] of widths.entries()) {
    const n = i + 1;
    x = g.conv(`conv${n}`, x, width, { kernel: 3, stride: 2, padding: 1, bias: false });
    x = g.relu(`relu${n}`, g.batchNorm(`bn${n}`, x, { epsilon: 1e-5 }));
    x = g.dropout(`dropout${n}`, x, 0.1);
  }
  x = g.globalAveragePool("avgpool", x);
  x = g.relu("relu6", g.dense("fc1", x, 64));
  return g.build([g.dense("fc2", x, 2)]);
}
