// SqueezeNet 1.1 (Iandola et al., 2016), with the layer names of torchvision.
import { type BuilderOptions, type BuiltGraph, GraphBuilder } from "./builder.ts";

/** Position among `features`: channels squeezed to, channels of each expansion; or a pool. */
const features: Readonly<Record<number, readonly [number, number] | "pool">> = {
  2: "pool",
  3: [16, 64],
  4: [16, 64],
  5: "pool",
  6: [32, 128],
  7: [32, 128],
  8: "pool",
  9: [48, 192],
  10: [48, 192],
  11: [64, 256],
  12: [64, 256],
};

/** 3×224×224 → 1000 scores, `flatten`. 1,235,496 parameters. */
export function buildSqueezenet11(options: BuilderOptions): BuiltGraph {
  const g = new GraphBuilder("squeezenet1_1", { ...options, naming: "torch" });
  let x = g.input("input", [3, 224, 224]);
  x = g.relu("features.1", g.conv("features.0", x, 64, { kernel: 3, stride: 2 }));
  for (const [position, feature] of Object.entries(features)) {
    const name = `features.${position}`;
    if (feature === "pool") {
      x = g.maxPool(name, x, { kernel: 3, stride: 2, ceilMode: true });
      continue;
    }
    const [squeezed, expanded] = feature;
    const narrow = g.relu(`${name}.squeeze_activation`, g.conv(`${name}.squeeze`, x, squeezed, { kernel: 1 }));
    const one = g.relu(`${name}.expand1x1_activation`, g.conv(`${name}.expand1x1`, narrow, expanded, { kernel: 1 }));
    const three = g.conv(`${name}.expand3x3`, narrow, expanded, { kernel: 3, padding: 1 });
    x = g.concat(name, [one, g.relu(`${name}.expand3x3_activation`, three)]);
  }
  x = g.dropout("classifier.0", x, 0.5);
  x = g.relu("classifier.2", g.conv("classifier.1", x, 1000, { kernel: 1 }));
  return g.build([g.globalAveragePool("flatten", x)]);
}
