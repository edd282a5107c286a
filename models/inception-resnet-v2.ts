// Inception-ResNet-v2 (Szegedy et al., 2016), with the layer names of keras.applications.
import { type BuilderOptions, type BuiltGraph, GraphBuilder, type Padding, type Value } from "./builder.ts";

/** One convolution: filters, kernel, and what differs from stride 1 and "same". */
type Step = readonly [filters: number, kernel: number | readonly [number, number], options?: { stride?: number; padding?: Padding }];

/** Convolutions one after the other. */
type Branch = readonly Step[];

/** A residual block: its branches are joined, brought back to the input's width by a 1×1 convolution, scaled and added. */
interface ResidualKind {
  readonly name: string;
  readonly branches: readonly Branch[];
  readonly scale: number;
  readonly count: number;
}

const shrink = { stride: 2, padding: "valid" } as const;

const stem: readonly (Step | "pool")[] = [
  [32, 3, shrink],
  [32, 3, { padding: "valid" }],
  [64, 3],
  "pool",
  [80, 1, { padding: "valid" }],
  [192, 3, { padding: "valid" }],
  "pool",
];

const block35: ResidualKind = {
  name: "block35",
  branches: [inTurn([32, 1]), inTurn([32, 1], [32, 3]), inTurn([32, 1], [48, 3], [64, 3])],
  scale: 0.17,
  count: 10,
};

const block17: ResidualKind = {
  name: "block17",
  branches: [inTurn([192, 1]), inTurn([128, 1], [160, [1, 7]], [192, [7, 1]])],
  scale: 0.1,
  count: 20,
};

const block8: ResidualKind = {
  name: "block8",
  branches: [inTurn([192, 1]), inTurn([192, 1], [224, [1, 3]], [256, [3, 1]])],
  scale: 0.2,
  count: 9,
};

/** 3×299×299 → 1000 probabilities, `predictions`. 55,873,736 parameters. */
export function buildInceptionResnetV2(options: BuilderOptions): BuiltGraph {
  const g = new GraphBuilder("inception_resnet_v2", options);
  let convCount = 0;
  let maxPoolCount = 0;

  /** Convolution, BatchNormalization without scale, rectifier. The three are numbered together where the source gives no name. */
  const step = (x: Value, [filters, kernel, { stride = 1, padding = "same" } = {}]: Step, name?: string): Value => {
    const suffix = convCount === 0 ? "" : `_${convCount}`;
    const names = name ? [name, `${name}_bn`, `${name}_ac`] : [`conv2d${suffix}`, `batch_normalization${suffix}`, `activation${suffix}`];
    if (!name) convCount++;
    const conv = g.conv(names[0] as string, x, filters, { kernel, stride, padding, bias: false });
    return g.relu(names[2] as string, g.batchNorm(names[1] as string, conv, { epsilon: 1e-3, scale: false }));
  };
  const branch = (x: Value, ...steps: Branch): Value => steps.reduce((y, s) => step(y, s), x);
  const maxPool = (x: Value): Value => {
    const suffix = maxPoolCount === 0 ? "" : `_${maxPoolCount}`;
    maxPoolCount++;
    return g.maxPool(`max_pooling2d${suffix}`, x, { kernel: 3, stride: 2 });
  };
  const residual = (x: Value, kind: Omit<ResidualKind, "count">, index: number, isRectified = true): Value => {
    const name = `${kind.name}_${index}`;
    const branches = kind.branches.map((b) => branch(x, ...b));
    const mixed = g.concat(`${name}_mixed`, branches);
    let up = g.conv(`${name}_conv`, mixed, x.shape[1] as number, { kernel: 1, gain: 1 });
    if (kind.scale !== 1) up = g.multiply(`${name}/scaled`, up, kind.scale);
    const sum = g.add(name, x, up);
    return isRectified ? g.relu(`${name}_ac`, sum) : sum;
  };
  const residuals = (x: Value, kind: ResidualKind): Value => {
    let y = x;
    for (let i = 1; i <= kind.count; i++) y = residual(y, kind, i);
    return y;
  };

  let x = g.input("input_layer", [3, 299, 299]);
  for (const s of stem) x = s === "pool" ? maxPool(x) : step(x, s);

  const mixed5b = [branch(x, [96, 1]), branch(x, [48, 1], [64, 5]), branch(x, [64, 1], [96, 3], [96, 3])];
  const pooled = g.averagePool("average_pooling2d", x, { kernel: 3, stride: 1, padding: "same" });
  x = g.concat("mixed_5b", [...mixed5b, step(pooled, [64, 1])]);
  x = residuals(x, block35);

  const mixed6a = [branch(x, [384, 3, shrink]), branch(x, [256, 1], [256, 3], [384, 3, shrink])];
  x = g.concat("mixed_6a", [...mixed6a, maxPool(x)]);
  x = residuals(x, block17);

  const mixed7a = [
    branch(x, [256, 1], [384, 3, shrink]),
    branch(x, [256, 1], [288, 3, shrink]),
    branch(x, [256, 1], [288, 3], [320, 3, shrink]),
  ];
  x = g.concat("mixed_7a", [...mixed7a, maxPool(x)]);
  x = residuals(x, block8);
  x = residual(x, { ...block8, scale: 1 }, 10, false);

  x = step(x, [1536, 1], "conv_7b");
  x = g.globalAveragePool("avg_pool", x);
  return g.build([g.dense("predictions", x, 1000, { activation: "softmax" })]);
}

/** One branch; spares a list of lists. */
function inTurn(...steps: Step[]): Branch {
  return steps;
}
