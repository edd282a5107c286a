// Xception (Chollet, 2016), with the layer names of keras.applications.
import { type BuilderOptions, type BuiltGraph, GraphBuilder, type Value } from "./builder.ts";

const batchNorm = { epsilon: 1e-3 };

/** 3×299×299 → 1000 probabilities, `predictions`. 22,910,480 parameters. */
export function buildXception(options: BuilderOptions): BuiltGraph {
  const g = new GraphBuilder("xception", options);
  let residualCount = 0;
  let addCount = 0;

  /** Rectifier, separable convolution, BatchNormalization: the first convolution of a block may come without the rectifier. */
  const separable = (x: Value, block: string, index: number, filters: number, isRectified = true): Value => {
    const name = `${block}_sepconv${index}`;
    const input = isRectified ? g.relu(`${name}_act`, x) : x;
    return g.batchNorm(`${name}_bn`, g.separableConv(name, input, filters, { kernel: 3, padding: "same" }), batchNorm);
  };
  /** Halves the map: two separable convolutions and a maximum beside a strided 1×1 convolution. */
  const shrinking = (x: Value, block: string, filters: readonly [number, number], isRectified = true): Value => {
    const index = numbered(residualCount++);
    const conv = g.conv(`conv2d${index}`, x, filters[1], { kernel: 1, stride: 2, padding: "same", bias: false, gain: 1 });
    const shortcut = g.batchNorm(`batch_normalization${index}`, conv, batchNorm);
    let y = separable(x, block, 1, filters[0], isRectified);
    y = separable(y, block, 2, filters[1]);
    y = g.maxPool(`${block}_pool`, y, { kernel: 3, stride: 2, padding: "same" });
    return g.add(`add${numbered(addCount++)}`, y, shortcut);
  };

  let x = g.input("input_layer", [3, 299, 299]);
  for (const [name, filters, stride] of [
    ["block1_conv1", 32, 2],
    ["block1_conv2", 64, 1],
  ] as const) {
    x = g.conv(name, x, filters, { kernel: 3, stride, bias: false });
    x = g.relu(`${name}_act`, g.batchNorm(`${name}_bn`, x, batchNorm));
  }
  x = shrinking(x, "block2", [128, 128], false);
  x = shrinking(x, "block3", [256, 256]);
  x = shrinking(x, "block4", [728, 728]);
  for (let b = 5; b <= 12; b++) {
    let y = x;
    for (let i = 1; i <= 3; i++) y = separable(y, `block${b}`, i, 728);
    x = g.add(`add${numbered(addCount++)}`, y, x);
  }
  x = shrinking(x, "block13", [728, 1024]);
  for (const [i, filters] of [
    [1, 1536],
    [2, 2048],
  ] as const)
    x = g.relu(`block14_sepconv${i}_act`, separable(x, "block14", i, filters, false));
  x = g.globalAveragePool("avg_pool", x);
  return g.build([g.dense("predictions", x, 1000, { activation: "softmax" })]);
}

/** Keras's suffix for layers without a name: none, _1, _2, … */
function numbered(index: number): string {
  return index === 0 ? "" : `_${index}`;
}
