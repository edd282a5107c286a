// Two backbones over one picture of the road, one that steers and one for the speed: small enough to learn it where somebody looks on.
import { type BuilderOptions, type BuiltGraph, GraphBuilder, type Value } from "./builder.ts";

/** 3×64×64, RGB in 0…1 → `steering`, −1…1, and `throttle`, 0…1. Layers of the two differ by their prefix only. */
export function buildDriver(options: BuilderOptions): BuiltGraph {
  const g = new GraphBuilder("driver", options);
  const x = g.input("input_layer", [3, 64, 64]);
  const steering = g.dense("steering", addBackbone(g, "steering", x), 1, { activation: "tanh" });
  return g.build([steering, g.dense("throttle", addBackbone(g, "throttle", x), 1, { activation: "sigmoid" })]);
}

/** Convolutions that halve, as in Nvidia's first driving network, and a dense layer. */
function addBackbone(g: GraphBuilder, prefix: string, input: Value): Value {
  let x = g.conv(`${prefix}_conv_1`, input, 12, { kernel: 5, stride: 2, activation: "relu" });
  x = g.conv(`${prefix}_conv_2`, x, 24, { kernel: 3, stride: 2, activation: "relu" });
  x = g.conv(`${prefix}_conv_3`, x, 32, { kernel: 3, stride: 2, activation: "relu" });
  x = g.conv(`${prefix}_conv_4`, x, 32, { kernel: 3, activation: "relu" });
  x = g.flatten(`${prefix}_flat`, x);
  return g.dense(`${prefix}_dense`, x, 48, { activation: "relu" });
}
