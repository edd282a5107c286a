// The trainings of make_runs.py: networks, optimisers and pictures, with what PyTorch computes of them.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { OptimizerOptions } from "../../src/engine/gradient/training/optimizers.ts";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { type Shape, sizeOf } from "../../src/engine/shapes.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { numbers } from "../gradient/cases.ts";
import { filled, graphOf, op } from "../support/graphs.ts";

/** What PyTorch computes: the loss of each step, and the scores of eight pictures afterwards. */
interface Expected {
  readonly losses: readonly number[];
  readonly scores: readonly number[];
}

export interface TrainingRun extends Expected {
  readonly name: string;
  readonly graph: Graph;
  readonly classes: number;
  readonly optimizer: OptimizerOptions;
}

const tensor = (shape: Shape, seed: number, scale: number) => Tensor.float32(shape, numbers(sizeOf(shape), { seed, scale, shift: 0 }));
const ones = filled([8], () => 1);
const zeros = filled([8], () => 0);
const pads = [1, 1, 1, 1];

const plain = graphOf({
  inputs: { x: ["N", 1, 12, 12] },
  constants: {
    w1: tensor([8, 1, 3, 3], 1, 0.5),
    b1: tensor([8], 2, 0.1),
    w2: tensor([12, 8, 3, 3], 3, 0.2),
    b2: tensor([12], 4, 0.1),
    d1: tensor([10, 192], 5, 0.12),
    c1: tensor([10], 6, 0.1),
    d2: tensor([4, 10], 7, 0.5),
    c2: tensor([4], 8, 0.1),
  },
  nodes: [
    op("Conv", "x w1 b1", "conv1"),
    op("Relu", "conv1", "relu1"),
    op("Conv", "relu1 w2 b2", "conv2"),
    op("Relu", "conv2", "relu2"),
    op("MaxPool", "relu2", "pool", { kernel_shape: [2, 2], strides: [2, 2] }),
    op("Flatten", "pool", "flat"),
    op("Gemm", "flat d1 c1", "dense1", { transB: 1 }),
    op("Relu", "dense1", "relu3"),
    op("Gemm", "relu3 d2 c2", "y", { transB: 1 }),
  ],
});

const residual = graphOf({
  inputs: { x: ["N", 3, 9, 9] },
  constants: {
    w1: tensor([8, 3, 3, 3], 1, 0.3),
    h1: tensor([8], 2, 0.1),
    w2: tensor([8, 1, 3, 3], 4, 0.5),
    h2: tensor([8], 5, 0.1),
    w3: tensor([8, 8, 1, 1], 7, 0.4),
    d: tensor([5, 8], 8, 0.5),
    c: tensor([5], 9, 0.1),
    ...{ s1: ones, m1: zeros, v1: ones, s2: ones, m2: zeros, v2: ones },
  },
  nodes: [
    op("Conv", "x w1", "conv1", { pads, strides: [2, 2] }),
    op("BatchNormalization", "conv1 s1 h1 m1 v1", "norm1"),
    op("Relu", "norm1", "relu1"),
    op("Conv", "relu1 w2", "conv2", { pads, group: 8 }),
    op("BatchNormalization", "conv2 s2 h2 m2 v2", "norm2"),
    op("Relu", "norm2", "relu2"),
    op("Conv", "relu2 w3", "conv3"),
    op("Add", "conv3 relu1", "sum"),
    op("GlobalAveragePool", "sum", "mean"),
    op("Flatten", "mean", "flat"),
    op("Gemm", "flat d c", "y", { transB: 1 }),
  ],
});

const networks = { plain: { graph: plain, classes: 4 }, residual: { graph: residual, classes: 5 } };

const optimizers: Readonly<Record<string, OptimizerOptions>> = {
  sgd: { name: "sgd", rate: 0.05, momentum: 0.9 },
  adam: { name: "adam", rate: 0.01 },
  adamw: { name: "adamw", rate: 0.01, weightDecay: 0.05 },
  nesterov: { name: "sgd", rate: 0.02, momentum: 0.9, nesterov: true, weightDecay: 0.01 },
};

const expected = JSON.parse(readFileSync(resolve(import.meta.dirname, "runs.json"), "utf8")) as Readonly<Record<string, Expected>>;

export const runs: readonly TrainingRun[] = Object.entries(expected).map(([name, result]) => {
  const [network = "", optimizer = ""] = name.split(" ");
  return { name, ...result, ...networks[network as keyof typeof networks], optimizer: optimizers[optimizer] as OptimizerOptions };
});

/** Noise, with something of its own in the pictures of each class. */
export function pictures({ graph, classes }: TrainingRun, count: number, seed: number) {
  const shape = (graph.inputs[0]?.shape ?? []).slice(1) as number[];
  const size = sizeOf(shape);
  const ofClass = numbers(classes * size, { seed: 77, scale: 0.8, shift: 0 });
  const targets = Int32Array.from({ length: count }, (_, i) => (i * 7 + seed) % classes);
  const inputs = numbers(count * size, { seed, scale: 1, shift: 0 });
  for (let i = 0; i < inputs.length; i++)
    inputs[i] = (inputs[i] as number) + (ofClass[(targets[Math.floor(i / size)] as number) * size + (i % size)] as number);
  return { inputs, targets, shape: [count, ...shape] };
}
