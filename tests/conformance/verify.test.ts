// `model.verify`: what the GPU computed against float64, layer by layer, and that it finds what is wrong.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { main } from "../../src/cli/main.ts";
import { ModelError } from "../../src/engine/errors.ts";
import { loadModel, Model } from "../../src/engine/model.ts";
import type { Verification } from "../../src/engine/verify/verify.ts";
import { filled, graphOf, noise, op } from "../support/graphs.ts";
import { withDevice } from "../support/with-device.ts";

afterEach(() => void vi.restoreAllMocks());

const pads = { pads: [1, 1, 1, 1] };
/** A convolution with a normalisation and an activation, a residual, a pool, and a dense layer. */
const network = graphOf({
  constants: {
    ...{ w: noise([4, 3, 3, 3], 1), v: noise([4, 4, 3, 3], 2), d: noise([64, 5], 3), c: noise([5], 4) },
    ...{ scale: noise([4], 5), bias: noise([4], 6), mean: noise([4], 7), variance: filled([4], (i) => 1 + i) },
  },
  nodes: [
    op("Conv", "x w", "conv", pads),
    op("BatchNormalization", "conv scale bias mean variance", "normal"),
    op("Relu", "normal", "relu"),
    op("Conv", "relu v", "next", pads),
    op("Add", "next relu", "sum"),
    op("MaxPool", "sum", "pool", { kernel_shape: [2, 2], strides: [2, 2] }),
    op("Flatten", "pool", "flat"),
    op("Gemm", "flat d c", "dense"),
    op("Softmax", "dense", "y"),
  ],
});

const verdicts = ({ layers }: Verification) => Object.fromEntries(layers.map(({ name, verdict }) => [name, verdict]));
const right = { relu: "right", sum: "right", pool: "right", flat: "right", dense: "right", y: "right" };

/** Changes a weight where nobody knows of it, as a fault of the GPU would. */
async function harm(model: Model, parameter: string): Promise<void> {
  const { parameters } = (await model.changeable()).network;
  const buffer = parameters.bufferOf(parameter) as GPUBuffer;
  model.device.gpu.queue.writeBuffer(buffer, 4 * 7, Float32Array.of(2));
}

test("a model is right, in the layers that the GPU computes at once", { timeout: 60_000 }, () =>
  withDevice(async (device) => {
    const model = await loadModel(device, network);
    const inputs = { x: noise([1, 3, 8, 8], 9) };
    const before = await model.predict(inputs);
    const told: string[] = [];
    const verification = await model.verify({ inputs, onLayer: ({ name }, done, total) => told.push(`${name} ${done}/${total}`) });
    expect(verification.isRight).toBe(true);
    expect(verdicts(verification)).toEqual(right);
    expect(told.at(-1)).toBe("y 6/6");
    const [first, second] = verification.layers;
    expect([first?.operator, second?.operator]).toEqual(["Conv + BatchNormalization + Relu", "Conv + Add"]);
    expect(first?.elements).toBe(256);
    expect(first?.kernel).toMatch(/^direct/);
    for (const { relative, tolerance } of verification.layers) {
      expect(relative).toBeLessThan(2e-6);
      expect(tolerance).toBeLessThan(1e-3);
    }
    // What the model shows stays as it is, and nothing more is kept.
    expect(model.observed).toEqual([]);
    expect((await model.read("y")).bytes).toEqual(before.y?.bytes);
    const bytes = device.allocatedBytes;
    await model.verify();
    expect(device.allocatedBytes).toBe(bytes);
    model.dispose();
  }),
);

test("a layer that computes with other weights than the model's is found, and named", { timeout: 60_000 }, () =>
  withDevice(async (device) => {
    const model = await loadModel(device, network);
    await harm(model, "v");
    const verification = await model.verify();
    expect(verification.isRight).toBe(false);
    // What comes after it is right for what it has read.
    expect(verdicts(verification)).toEqual({ ...right, sum: "wrong" });
    const wrong = verification.layers.find(({ verdict }) => verdict === "wrong");
    expect(wrong?.relative).toBeGreaterThan(0.05);
    expect(wrong?.reason).toMatch(/^element \d+ of 256 is .*, expected /);
    // Of the others nothing is asked.
    expect(verdicts(await model.verify({ layers: ["pool", "dense"] }))).toEqual({ pool: "right", dense: "right" });
    expect(verdicts(await model.verify({ layers: ["next"] }))).toEqual({ sum: "wrong" });
    // Weights that are set are the model's.
    await model.setParameters({ v: noise([4, 4, 3, 3], 8) });
    expect((await model.verify()).isRight).toBe(true);
    model.dispose();
  }),
);

test("with gates, and with weights of 16 bits, it is right, too", { timeout: 120_000 }, () =>
  withDevice(async (device) => {
    const model = await loadModel(device, network);
    await model.gate("relu", { channels: [1], scale: 0 });
    await model.gate("x", { channels: [2], scale: 0.5, shift: 1 });
    await model.gate("sum", { mask: Float32Array.from({ length: 64 }, (_, i) => (i % 3) / 2) });
    const gated = await model.verify();
    expect(gated.layers.filter(({ verdict }) => verdict !== "right")).toEqual([]);
    expect(gated.layers[0]?.operator).toContain("Gate");
    model.dispose();
    const halves = await loadModel(device, network, { precision: "float16" });
    const verification = await halves.verify();
    expect(verification.layers.filter(({ verdict }) => verdict !== "right")).toEqual([]);
    // A weight that is another is found all the same.
    await harm(halves, "v");
    expect(verdicts(await halves.verify()).sum).toBe("wrong");
    halves.dispose();
  }),
);

test("layers that cannot be computed again are left out, and say why", { timeout: 60_000 }, () =>
  withDevice(async (device) => {
    const graph = graphOf({
      constants: { w: noise([4, 3, 3, 3], 1) },
      nodes: [op("Conv", "x w", "conv"), op("Softmax", "conv", "soft"), op("NonZero", "soft", "places"), op("Transpose", "places", "y")],
    });
    const model = await loadModel(device, graph);
    const told: string[] = [];
    const onLayer = ({ name }: { readonly name: string }, done: number, total: number) => told.push(`${name} ${done}/${total}`);
    const { layers, isRight } = await model.verify({ most: 100, onLayer });
    expect(isRight).toBe(true);
    expect(told).toEqual(["conv 1/4", "soft 2/4", "places 3/4", "y 4/4"]);
    expect(layers.map(({ name, verdict, reason }) => [name, verdict, reason])).toEqual([
      ["conv", "left out", "it takes 3,888 multiplications, more than 100."],
      ["soft", "right", undefined],
      ["places", "left out", "it is computed after values were read back."],
      ["y", "left out", "it is computed after values were read back."],
    ]);
    expect((await model.verify({ most: 100, layers: ["conv", "y"] })).isRight).toBe(false);
    await expect(model.verify({ layers: ["nothing"] })).rejects.toThrow(ModelError);
    await expect(model.verify({ layers: ["x"] })).rejects.toThrow("no run computes 'x'");
    await expect(model.verify({ inputs: { z: noise([1], 1) } })).rejects.toThrow("no input is called 'z'");
    model.dispose();
  }),
);

test("sums that cancel are right, and numbers that are not finite are compared as they are", { timeout: 60_000 }, () =>
  withDevice(async (device) => {
    const graph = graphOf({
      constants: { edge: filled([1, 3, 1, 3], (i) => [0.3, 0.1, -0.4][i % 3] as number) },
      nodes: [op("Conv", "x edge", "edges"), op("Sqrt", "edges", "root"), op("Floor", "root", "y")],
      outputs: ["edges", "y"],
    });
    const model = await loadModel(device, graph);
    const flat = { x: filled([1, 3, 8, 8], () => 0.7) };
    const { layers } = await model.verify({ inputs: flat });
    expect(layers.filter(({ verdict }) => verdict !== "right")).toEqual([]);
    model.dispose();
  }),
);

test("the command prints a table and a report, and ends with status 1 where a layer is wrong", { timeout: 60_000 }, async () => {
  let printed = "";
  vi.spyOn(console, "log").mockImplementation((text: unknown) => {
    printed += `${String(text)}\n`;
  });
  const folder = await mkdtemp(join(tmpdir(), "convcam-"));
  const json = join(folder, "report.json");
  const command = [
    "verify",
    "models/mnist-trained.onnx",
    "models/digit.png",
    "--layer",
    "conv_1",
    "--layer",
    "output_layer",
    "--json",
    json,
  ];
  try {
    expect(await main(command)).toBe(0);
    expect(printed).toMatch(/conv_1 +Conv \+ Relu .* 21,632 .* right\n/);
    expect(printed).toMatch(/2 right on .+, 0 wrong, 0 left out/);
    expect(JSON.parse(await readFile(json, "utf8"))).toMatchObject({
      seed: 0,
      isRight: true,
      layers: [{ name: "conv_1" }, { name: "output_layer" }],
    });
    const about = { name: "conv_1", operator: "Conv", kernel: "direct", elements: 1, error: 1, relative: 0.5, tolerance: 1e-5 };
    const wrong: Verification = { isRight: false, layers: [{ ...about, verdict: "wrong", reason: "element 0 of 1 is 1, expected 2" }] };
    vi.spyOn(Model.prototype, "verify").mockResolvedValue(wrong);
    expect(await main(command)).toBe(1);
    expect(printed).toContain("0 right on");
    expect(printed).toContain("- conv_1: element 0 of 1 is 1, expected 2");
  } finally {
    process.exitCode = 0;
    await rm(folder, { recursive: true });
  }
});
