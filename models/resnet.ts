// ResNet-18 and ResNet-50 (He et al., 2015), version 1.5 with the layer names of torchvision.
import { type BuilderOptions, type BuiltGraph, type ConvOptions, GraphBuilder, type Value } from "./builder.ts";

const widths = [64, 128, 256, 512];

/** 3×224×224 → 1000 scores, `fc`. 11,689,512 parameters and 9,600 moving statistics. */
export function buildResnet18(options: BuilderOptions): BuiltGraph {
  return buildResnet("resnet18", [2, 2, 2, 2], false, options);
}

/** 3×224×224 → 1000 scores, `fc`. 25,557,032 parameters and 53,120 moving statistics. */
export function buildResnet50(options: BuilderOptions): BuiltGraph {
  return buildResnet("resnet50", [3, 4, 6, 3], true, options);
}

function buildResnet(title: string, depths: readonly number[], hasBottleneck: boolean, options: BuilderOptions): BuiltGraph {
  const g = new GraphBuilder(title, { ...options, naming: "torch" });

  const conv = (conv: string, bn: string, x: Value, filters: number, options: ConvOptions): Value =>
    g.batchNorm(bn, g.conv(conv, x, filters, { ...options, bias: false }), { epsilon: 1e-5 });

  /** Each step is [filters, kernel, stride]. */
  const block = (name: string, input: Value, steps: readonly (readonly [number, number, number])[], stride: number): Value => {
    let x = input;
    for (const [i, [filters, kernel, stepStride]] of steps.entries()) {
      const n = i + 1;
      const isLast = n === steps.length;
      const window = { kernel, stride: stepStride, padding: (kernel - 1) / 2, gain: isLast ? 1 : 2 };
      x = conv(`${name}.conv${n}`, `${name}.bn${n}`, x, filters, window);
      if (!isLast) x = g.relu(`${name}.relu${n}`, x);
    }
    const isChanged = stride !== 1 || input.shape[1] !== x.shape[1];
    const filters = x.shape[1] as number;
    const shortcut = isChanged
      ? conv(`${name}.downsample.0`, `${name}.downsample.1`, input, filters, { kernel: 1, stride, gain: 1 })
      : input;
    return g.relu(name, g.add(`${name}.add`, x, shortcut));
  };

  let x = g.input("input", [3, 224, 224]);
  x = g.relu("relu", conv("conv1", "bn1", x, 64, { kernel: 7, stride: 2, padding: 3 }));
  x = g.maxPool("maxpool", x, { kernel: 3, stride: 2, padding: 1 });
  for (const [stage, width] of widths.entries())
    for (let i = 0; i < (depths[stage] as number); i++) {
      const stride = stage > 0 && i === 0 ? 2 : 1;
      const steps = hasBottleneck
        ? ([
            [width, 1, 1],
            [width, 3, stride],
            [4 * width, 1, 1],
          ] as const)
        : ([
            [width, 3, stride],
            [width, 3, 1],
          ] as const);
      x = block(`layer${stage + 1}.${i}`, x, steps, stride);
    }
  x = g.globalAveragePool("avgpool", x);
  return g.build([g.dense("fc", x, 1000)]);
}
