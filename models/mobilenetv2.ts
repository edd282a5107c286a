// MobileNetV2 (Sandler et al., 2018), with the layer names of torchvision.
import { type BuilderOptions, type BuiltGraph, type ConvOptions, GraphBuilder, type Value } from "./builder.ts";

/** Inverted residuals: how much wider they are inside, channels, how many, stride of the first. */
const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/** 3×224×224 → 1000 scores, `classifier.1`. 3,504,872 parameters and 34,112 moving statistics. */
export function buildMobilenetV2(options: BuilderOptions): BuiltGraph {
  const g = new GraphBuilder("mobilenetv2", { ...options, naming: "torch" });

  const normalized = (conv: string, bn: string, x: Value, filters: number, options: ConvOptions): Value =>
    g.batchNorm(bn, g.conv(conv, x, filters, { ...options, bias: false }), { epsilon: 1e-5 });
  /** Convolution, BatchNormalization and ReLU6 as `NAME.0`, `NAME.1`, `NAME.2`. */
  const conv = (name: string, x: Value, filters: number, options: ConvOptions): Value =>
    g.relu6(`${name}.2`, normalized(`${name}.0`, `${name}.1`, x, filters, options));

  let x = g.input("input", [3, 224, 224]);
  x = conv("features.0", x, 32, { kernel: 3, stride: 2, padding: 1 });
  let index = 1;
  for (const [expansion, filters, count, firstStride] of stages)
    for (let i = 0; i < count; i++) {
      const name = `features.${index++}`;
      const stride = i === 0 ? firstStride : 1;
      const inside = expansion * (x.shape[1] as number);
      let step = 0;
      let y = x;
      if (expansion !== 1) y = conv(`${name}.conv.${step++}`, y, inside, { kernel: 1 });
      y = conv(`${name}.conv.${step++}`, y, inside, { kernel: 3, stride, padding: 1, groups: inside });
      y = normalized(`${name}.conv.${step}`, `${name}.conv.${step + 1}`, y, filters, { kernel: 1, gain: 1 });
      x = stride === 1 && x.shape[1] === filters ? g.add(name, x, y) : y;
    }
  x = conv(`features.${index}`, x, 1280, { kernel: 1 });
  x = g.dropout("classifier.0", g.globalAveragePool("avgpool", x), 0.2);
  return g.build([g.dense("classifier.1", x, 1000)]);
}
