// Weights as mosaics while a network learns, on the GPU: tile by tile against plain loops, and gradients that are kept against what a step changes.
import { expect, test } from "vitest";
import { createTrainer } from "../../src/engine/create-trainer.ts";
import type { Device } from "../../src/engine/gpu/device.ts";
import { readBack } from "../../src/engine/gpu/read-buffer.ts";
import { loadModel } from "../../src/engine/model.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import type { TrainingOptions } from "../../src/engine/trainer.ts";
import { viewWeights } from "../../src/ui/kernels/weights.ts";
import { GatheredWeights } from "../../src/ui/train/drawn-weights.ts";
import { type WeightTiles, weightTilesOf } from "../../src/ui/train/weight-tiles.ts";
import { filled, graphOf, noise, op } from "../support/graphs.ts";
import { withDevice } from "../support/with-device.ts";

const none = Number.NaN;

async function gather(device: Device, tiles: WeightTiles, weights: Tensor, before?: Tensor): Promise<readonly number[]> {
  const offset = 5;
  const words = Float32Array.of(...Array.from({ length: offset }, () => 99), ...weights.toFloat32());
  const buffer = device.createBuffer("weights", words.byteLength, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST);
  device.gpu.queue.writeBuffer(buffer, 0, words);
  const gathered = await GatheredWeights.make(device, "weights", tiles, { now: { buffer, offset }, before });
  const encoder = device.gpu.createCommandEncoder();
  const pass = encoder.beginComputePass();
  gathered.encode(pass);
  pass.end();
  device.gpu.queue.submit([encoder.finish()]);
  const count = tiles.outputs * tiles.tileRows * tiles.tileColumns;
  const numbers = [...new Float32Array(await readBack(device, gathered.source.buffer, 4 * count))];
  gathered.dispose();
  device.destroyBuffer(buffer);
  return numbers;
}

/** What a tile shows, by plain loops. */
function expected(tiles: WeightTiles, at: (output: number, input: number, tap: number) => number): readonly number[] {
  const { outputs, inputs, rows, columns, across, gap, tileRows, tileColumns, isMean } = tiles;
  return Array.from({ length: outputs * tileRows * tileColumns }, (_, i) => {
    const [output, y, x] = [Math.floor(i / (tileRows * tileColumns)), Math.floor(i / tileColumns) % tileRows, i % tileColumns];
    const [row, column] = [y % (rows + gap), x % (columns + gap)];
    const input = Math.floor(y / (rows + gap)) * across + Math.floor(x / (columns + gap));
    if (row >= rows || column >= columns) return 0;
    const tap = row * columns + column;
    if (isMean) return Array.from({ length: inputs }, (__, one) => at(output, one, tap)).reduce((a, b) => a + b) / inputs;
    return input < inputs ? at(output, input, tap) : 0;
  });
}

test.each([
  { what: "a convolution", operator: "Conv", shape: [6, 5, 3, 2], isTransposed: false, maps: undefined },
  { what: "a dense layer", operator: "Gemm", shape: [7, 4], isTransposed: false, maps: undefined },
  { what: "a dense layer that reads maps", operator: "Gemm", shape: [4, 24], isTransposed: true, maps: [4, 2, 3] as const },
])("weights of $what, their change and their mean, tile by tile", ({ operator, shape, isTransposed, maps }) =>
  withDevice(async (device) => {
    const view = viewWeights({ operator, shape, groups: 1, isTransposed, maps });
    if (!view) throw new Error("no view");
    const tiles = weightTilesOf("y", { node: op(operator, "x w", "y"), weight: "w", shape, view }) as WeightTiles;
    const [now, then] = [noise(shape, 1), noise(shape, 2)];
    const numberOf = (tensor: Tensor) => (output: number, input: number, tap: number) =>
      tensor.toFloat32()[view.at(output, input) + tap * view.step] as number;
    expect(await gather(device, tiles, now)).toEqual(expected(tiles, numberOf(now)));
    const change = (...place: [number, number, number]) => Math.fround(numberOf(now)(...place) - numberOf(then)(...place));
    expect(await gather(device, tiles, now, then)).toEqual(expected(tiles, change));
    const mean = { ...tiles, isMean: true, across: 1, tileRows: tiles.rows, tileColumns: tiles.columns };
    const means = expected(mean, numberOf(now));
    (await gather(device, mean, now)).forEach((one, i) => {
      expect(one).toBeCloseTo(means[i] as number, 5);
    });
  }),
);

test("weights that are no numbers are seen", () =>
  withDevice(async (device) => {
    const view = viewWeights({ operator: "Conv", shape: [1, 1, 2, 2], groups: 1, isTransposed: false });
    if (!view) throw new Error("no view");
    const tiles = weightTilesOf("y", { node: op("Conv", "x w", "y"), weight: "w", shape: [1, 1, 2, 2], view }) as WeightTiles;
    const broken = Tensor.float32([1, 1, 2, 2], Float32Array.of(1, none, Infinity, 2));
    expect(await gather(device, tiles, broken)).toEqual([1, none, Infinity, 2]);
    expect(
      await gather(
        device,
        tiles,
        broken,
        filled([1, 1, 2, 2], () => 1),
      ),
    ).toEqual([0, none, none, 1]);
  }));

const network = graphOf({
  inputs: { x: ["N", 1, 6, 6] },
  constants: { w: noise([4, 1, 3, 3], 1), b: noise([4], 2), d: noise([3, 64], 3), c: noise([3], 4) },
  nodes: [
    op("Conv", "x w b", "conv"),
    op("Relu", "conv", "relu"),
    op("Flatten", "relu", "flat"),
    op("Gemm", "flat d c", "y", { transB: 1 }),
  ],
});
const batch = { inputs: noise([4, 1, 6, 6], 5).toFloat32(), targets: Int32Array.of(0, 1, 2, 1) };

async function trained(device: Device, options: TrainingOptions, isKept: boolean) {
  const model = await loadModel(device, network);
  const trainer = await createTrainer(model, { batch: 4, ...options });
  const before = (await model.read("w")).toFloat32();
  trainer.step(batch);
  if (isKept) await trainer.keepGradients(["w", "d"]);
  const middle = (await model.read("w")).toFloat32();
  trainer.step(batch);
  const after = (await model.read("w")).toFloat32();
  const read = async (name: string) => {
    const { buffer, offset, shape } = trainer.gradient(name);
    return [...new Float32Array(await readBack(device, buffer, 4 * shape.reduce((a, b) => a * b, 1), 4 * offset))];
  };
  const gradient = isKept ? await read("w") : [];
  return { model, trainer, before, middle, after, gradient };
}

test("the gradient of the last step is what it took, times the rate, and whoever keeps none pays nothing", () =>
  withDevice(async (device) => {
    const plain: TrainingOptions = { optimizer: { name: "sgd", momentum: 0, rate: 0.1 } };
    const { trainer, model, middle, after, gradient } = await trained(device, plain, true);
    expect(gradient.length).toBe(36);
    gradient.forEach((one, i) => {
      expect(-0.1 * one).toBeCloseTo((after[i] as number) - (middle[i] as number), 5);
    });
    await trainer.keepGradients([]);
    expect(() => trainer.gradient("w")).toThrow("was not asked for");
    const bytes = device.allocatedBytes;
    await trainer.keepGradients(["w", "d"]);
    await trainer.keepGradients([]);
    expect(device.allocatedBytes).toBe(bytes);
    await expect(trainer.keepGradients(["nothing"])).rejects.toThrow("'nothing' does not learn");
    trainer.dispose();
    model.dispose();
  }));

test.each<[string, TrainingOptions]>([
  ["Adam", { optimizer: "adam" }],
  ["a step in parts, shortened", { optimizer: "sgd", accumulate: 2, clipNorm: 0.1 }],
])("keeping gradients changes no bit of what is learned with %s", (_, options) =>
  withDevice(async (device) => {
    const [one, other] = [await trained(device, options, false), await trained(device, options, true)];
    expect(other.after).toEqual(one.after);
    expect(Math.max(...other.gradient.map(Math.abs))).toBeGreaterThan(0);
    for (const { trainer, model } of [one, other]) {
      trainer.dispose();
      model.dispose();
    }
  }),
);
