// Two small Xception-style branches over one picture, each with weights and an output of its own: to compare maps of one network.
import { type BuilderOptions, type BuiltGraph, GraphBuilder, type Value } from "./builder.ts";

const batchNorm = { epsilon: 1e-3 };

/** 3×128×128, RGB in −1..1 → two probabilities, `a_output` and `b_output`. Layers of the branches differ by their prefix only. */
export function buildDualBackbone(options: BuilderOptions): BuiltGraph {
  const g = new GraphBuilder("dual_backbone", options);
  const x = g.input("input_layer", [3, 128, 128]);
  return g.build([addBranch(g, "a", x), addBranch(g, "b", x)]);
}

function addBranch(g: GraphBuilder, prefix: string, input: Value): Value {
  let x = g.conv(`${prefix}_block1_conv1`, input, 32, { kernel: 3, stride: 2, padding: "same", bias: false });
  x = g.relu(`${prefix}_block1_conv1_act`, g.batchNorm(`${prefix}_block1_conv1_bn`, x, batchNorm));
  for (const [block, filters] of [
    ["block2", 64],
    ["block3", 128],
    ["block4", 256],
  ] as const) {
    const name = `${prefix}_${block}`;
    const conv = g.conv(`${name}_shortcut`, x, filters, { kernel: 1, stride: 2, padding: "same", bias: false, gain: 1 });
    const shortcut = g.batchNorm(`${name}_shortcut_bn`, conv, batchNorm);
    let y = x;
    for (const layer of [`${name}_sepconv1`, `${name}_sepconv2`]) {
      y = g.separableConv(layer, g.relu(`${layer}_act`, y), filters, { kernel: 3, padding: "same" });
      y = g.batchNorm(`${layer}_bn`, y, batchNorm);
    }
    y = g.maxPool(`${name}_pool`, y, { kernel: 3, stride: 2, padding: "same" });
    x = g.add(`${name}_add`, y, shortcut);
  }
  x = g.relu(`${prefix}_block5_act`, x);
  x = g.globalAveragePool(`${prefix}_avg_pool`, x);
  return g.dense(`${prefix}_output`, x, 1, { activation: "sigmoid" });
}
