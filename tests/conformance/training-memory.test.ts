// Trainings of at most so many bytes: what is computed again gives the same bits, in less memory, and what cannot be is refused.
import { afterAll, describe, expect, test } from "vitest";
import { createTrainer } from "../../src/engine/create-trainer.ts";
import type { Device } from "../../src/engine/gpu/device.ts";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { loadModel } from "../../src/engine/model.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import type { TrainingOptions } from "../../src/engine/trainer.ts";
import { filled, graphOf, noise, op, scaledNoise } from "../support/graphs.ts";
import { requestNullDevice } from "../support/half-device.ts";
import { withDevice } from "../support/with-device.ts";

const nullDevice = await requestNullDevice();
afterAll(() => nullDevice.dispose());

const small = (shape: readonly number[], seed: number) => scaledNoise(shape, seed, 0.2);
const pads = [1, 1, 1, 1];

/** Convolutions, activations of which some are not fused, two pools and a dense layer. */
const plain = graphOf({
  inputs: { x: ["N", 3, 16, 16] },
  constants: {
    w1: small([8, 3, 3, 3], 1),
    w2: small([8, 8, 3, 3], 2),
    w3: small([8, 8, 3, 3], 3),
    w4: small([8, 8, 3, 3], 6),
    w5: small([8, 8, 3, 3], 7),
    d: small([128, 4], 4),
    c: small([4], 5),
  },
  nodes: [
    op("Conv", "x w1", "conv1", { pads }),
    op("Elu", "conv1", "elu1"),
    op("Conv", "elu1 w4", "conv4", { pads }),
    op("Elu", "conv4", "elu4"),
    op("Conv", "elu4 w5", "conv5", { pads }),
    op("Elu", "conv5", "elu5"),
    op("Conv", "elu5 w2", "conv2", { pads }),
    op("Relu", "conv2", "relu2"),
    op("MaxPool", "relu2", "pool1", { kernel_shape: [2, 2], strides: [2, 2] }),
    op("Conv", "pool1 w3", "conv3", { pads }),
    op("Softplus", "conv3", "soft3"),
    op("AveragePool", "soft3", "pool2", { kernel_shape: [2, 2], strides: [2, 2] }),
    op("Flatten", "pool2", "flat"),
    op("Gemm", "flat d c", "y"),
  ],
});

const norm = (name: string, channels: number, seed: number) => ({
  [`${name}_s`]: filled([channels], (i) => 1 - i / 40),
  [`${name}_b`]: small([channels], seed),
  [`${name}_m`]: small([channels], seed + 1),
  [`${name}_v`]: filled([channels], () => 1),
});

/** Normalizations over the batch, a Dropout, and residual connections. */
const residual = graphOf({
  inputs: { x: ["N", 3, 16, 16] },
  constants: {
    w1: small([8, 3, 3, 3], 1),
    w2: small([8, 8, 3, 3], 2),
    w3: small([8, 8, 3, 3], 3),
    d: small([8, 4], 4),
    ...norm("n1", 8, 10),
    ...norm("n2", 8, 20),
    ...norm("n3", 8, 30),
    ratio: Tensor.from("float32", [], [0.25]),
  },
  nodes: [
    op("Conv", "x w1", "conv1", { pads }),
    op("BatchNormalization", "conv1 n1_s n1_b n1_m n1_v", "norm1"),
    op("Relu", "norm1", "relu1"),
    op("Conv", "relu1 w2", "conv2", { pads }),
    op("BatchNormalization", "conv2 n2_s n2_b n2_m n2_v", "norm2"),
    op("Add", "norm2 relu1", "sum2"),
    op("Relu", "sum2", "relu2"),
    op("Dropout", "relu2 ratio", "dropped"),
    op("Conv", "dropped w3", "conv3", { pads }),
    op("BatchNormalization", "conv3 n3_s n3_b n3_m n3_v", "norm3"),
    op("Add", "norm3 relu2", "sum3"),
    op("Sigmoid", "sum3", "sigmoid3"),
    op("GlobalAveragePool", "sigmoid3", "mean"),
    op("Flatten", "mean", "flat"),
    op("Gemm", "flat d", "y"),
  ],
});

const networks = { plain, residual };
const batch = 16;

/** Losses, the bytes that a step takes, and all parameters after some steps. */
async function learned(device: Device, graph: Graph, options: TrainingOptions) {
  const model = await loadModel(device, graph, { parameters: true });
  const trainer = await createTrainer(model, { batch, seed: 3, optimizer: { name: "adam", rate: 0.01 }, ...options });
  const losses: number[] = [];
  for (let step = 0; step < 3; step++) {
    const targets = Int32Array.from({ length: batch }, (_, i) => (i * 3 + step) % 4);
    trainer.step({ inputs: noise([batch, 3, 16, 16], 50 + step), targets });
    losses.push(await trainer.readLoss());
  }
  const { weightBytes, activationBytes } = trainer.running.plan.memory;
  const { steps } = trainer.running.plan;
  const tensors = await Promise.all(model.parameters.map(async ({ name }) => [name, [...(await model.read(name)).bytes]] as const));
  trainer.dispose();
  model.dispose();
  return {
    losses,
    parameters: Object.fromEntries(tensors),
    bytes: weightBytes + activationBytes,
    again: steps.filter(({ node }) => node.includes(" again")).length,
  };
}

describe.each(Object.entries(networks))("%s", (_, graph) => {
  test.each<[string, TrainingOptions]>([
    ["a step", {}],
    ["a step in parts, with shortened gradients", { accumulate: 2, clipNorm: 0.5 }],
    ["a loss that is scaled", { lossScale: 1024 }],
  ])("gives the same bits in fewer bytes: %s", { timeout: 120_000 }, (_name, options) =>
    withDevice(async (device) => {
      const whole = await learned(device, graph, options);
      const fitted = await learned(device, graph, { ...options, maxBytes: Math.floor(0.88 * whole.bytes) });
      expect(fitted.losses).toEqual(whole.losses);
      expect(fitted.parameters).toEqual(whole.parameters);
      expect(fitted.bytes).toBeLessThanOrEqual(0.88 * whole.bytes);
      expect(whole.again).toBe(0);
      expect(fitted.again).toBeGreaterThan(0);
    }),
  );
});

test("computes nothing again where everything has room", { timeout: 60_000 }, () =>
  withDevice(async (device) => {
    const [whole, roomy] = [await learned(device, plain, {}), await learned(device, plain, { maxBytes: 2 ** 30 })];
    expect([roomy.bytes, roomy.again]).toEqual([whole.bytes, 0]);
    expect(roomy.losses).toEqual(whole.losses);
  }),
);

test.each([
  ["more than there is", 1000, /^maxBytes: a step takes \d+ bytes even where all is computed again that can be; got 1000\. /],
  ["no number of bytes", 0, /^maxBytes: 0 is no whole number/],
])("refuses %s", (_, maxBytes, message) =>
  withDevice(async (device) => {
    const model = await loadModel(device, plain, { parameters: true });
    const before = device.allocatedBytes;
    await expect(createTrainer(model, { batch, maxBytes })).rejects.toThrow(message);
    expect(device.allocatedBytes).toBe(before);
    model.dispose();
  }),
);

/** So many blocks of a convolution, a normalization over the batch, and an activation. */
function deep(blocks: number): Graph {
  const each = Array.from({ length: blocks }, (_, i) => i);
  const input = (i: number) => (i === 0 ? "x" : `relu${i - 1}`);
  return graphOf({
    inputs: { x: ["N", 8, 32, 32] },
    constants: Object.assign(
      { d: small([8, 4], 4) },
      ...each.map((i) => ({ [`w${i}`]: small([8, 8, 3, 3], i + 1), ...norm(`n${i}`, 8, i) })),
    ),
    nodes: [
      ...each.flatMap((i) => [
        op("Conv", `${input(i)} w${i}`, `conv${i}`, { pads }),
        op("BatchNormalization", `conv${i} n${i}_s n${i}_b n${i}_m n${i}_v`, `norm${i}`),
        op("Relu", `norm${i}`, `relu${i}`),
      ]),
      op("GlobalAveragePool", input(blocks), "mean"),
      op("Flatten", "mean", "flat"),
      op("Gemm", "flat d", "y"),
    ],
  });
}

test("takes a third less where activations follow what is kept, and far less where convolutions are computed again", {
  timeout: 60_000,
}, async () => {
  const model = await loadModel(nullDevice, deep(12), { parameters: true });
  const activationsOf = async (maxBytes?: number) => {
    const trainer = await createTrainer(model, { batch: 32, maxBytes });
    const { steps, memory } = trainer.running.plan;
    trainer.dispose();
    return { bytes: memory.weightBytes + memory.activationBytes, macs: steps.reduce((sum, step) => sum + step.macs, 0) };
  };
  const whole = await activationsOf();
  const cheap = await activationsOf(Math.floor(0.66 * whole.bytes));
  expect(cheap.bytes).toBeLessThanOrEqual(0.66 * whole.bytes);
  expect(cheap.macs, "no convolution is computed again").toBeLessThan(1.05 * whole.macs);
  const dear = await activationsOf(Math.floor(0.5 * whole.bytes));
  expect(dear.bytes).toBeLessThanOrEqual(0.5 * whole.bytes);
  expect(dear.macs, "at most one more forward pass").toBeLessThan(1.34 * whole.macs);
  model.dispose();
});
