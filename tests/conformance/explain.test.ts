// Explanations hold to their axioms, and the command draws and saves them.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { main } from "../../src/cli/main.ts";
import { explanationMethods, isActivationMap } from "../../src/engine/gradient/explain.ts";
import { loadModel, type Model } from "../../src/engine/model.ts";
import { decodeNpy } from "../../src/engine/npy.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { recorded } from "../support/recorded.ts";
import { expectClose } from "../support/reference.ts";
import { withDevice } from "../support/with-device.ts";

const x = noise([1, 2, 8, 8], 3);

/** Ends in a mean over all places and one dense layer, as class activation maps were first defined for. */
const classifier = graphOf({
  inputs: { x: x.shape },
  constants: { w: noise([4, 2, 3, 3], 5), v: noise([6, 4, 3, 3], 7), m: noise([6, 3], 9) },
  nodes: [
    op("Conv", "x w", "a", { pads: [1, 1, 1, 1] }),
    op("Relu", "a", "b"),
    op("Conv", "b v", "c", { pads: [1, 1, 1, 1] }),
    op("Relu", "c", "last"),
    op("GlobalAveragePool", "last", "pooled"),
    op("Flatten", "pooled", "flat"),
    op("MatMul", "flat m", "scores"),
    op("Softmax", "scores", "y"),
  ],
});

async function explain(model: Model, method: (typeof explanationMethods)[number], index = 1, layer?: string): Promise<Tensor> {
  const explanation = await model.explain({ method, of: { class: index }, layer });
  try {
    return await explanation.predict({ x });
  } finally {
    explanation.dispose();
  }
}

test("behind a mean and a dense layer, CAM is as defined, and Grad-CAM, HiResCAM and XGrad-CAM are its part above 0", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, classifier, { observe: ["last"] });
    await model.predict({ x });
    const maps = (await model.read("last")).toFloat32();
    const weights = (await model.read("m")).toFloat32();
    // The score is Σ m · mean A, so that every method's weight of a channel is m / 64.
    const cam = Array.from({ length: 64 }, (_, at) => {
      const sum = [0, 1, 2, 3, 4, 5].reduce((total, c) => total + ((weights[3 * c + 1] as number) / 64) * (maps[64 * c + at] as number), 0);
      return Math.max(0, sum);
    });
    expect(Math.max(...cam)).toBeGreaterThan(0.001);
    for (const method of ["cam", "grad-cam", "hires-cam", "xgrad-cam"] as const) {
      const map = await explain(model, method);
      expect(map.shape).toEqual([1, 1, 8, 8]);
      expectClose(
        Tensor.float32(
          map.shape,
          // CAM itself keeps what speaks against the class, and takes the weights as they are.
          map.toFloat32().map((value) => (method === "cam" ? 1000 / 64 : 1000) * Math.max(0, value)),
        ),
        cam.map((value) => 1000 * value),
        method,
      );
    }
    model.dispose();
    expect(device.allocatedBytes).toBe(0);
  }));

test("gradient times input adds up to the score where the network is linear, and maps are never below 0", () =>
  withDevice(async (device) => {
    const linear = graphOf({
      inputs: { x: x.shape },
      constants: { w: noise([3, 2, 8, 8], 5), shape: Tensor.int64([2], [1, 3]) },
      nodes: [op("Conv", "x w", "c"), op("Reshape", "c shape", "y")],
    });
    const model = await loadModel(device, linear);
    const score = (await model.predict({ x }))["y"]?.toFloat32()[2] as number;
    const parts = await explain(model, "gradient-x-input", 2);
    expect(parts.toFloat32().reduce((a, b) => a + b, 0)).toBeCloseTo(score, 3);
    model.dispose();
    const net = await loadModel(device, classifier);
    for (const method of explanationMethods.filter((name) => name !== "cam" && isActivationMap(name)))
      expect(Math.min(...(await explain(net, method, 0, "b")).toFloat32()), method).toBeGreaterThanOrEqual(0);
    net.dispose();
  }));

test("another class and random weights change the map", () =>
  withDevice(async (device) => {
    const model = await loadModel(device, classifier, { parameters: true });
    const explanation = await model.explain({ method: "layer-cam", of: { class: 0 }, layer: "b" });
    const first = (await explanation.predict({ x })).toFloat32();
    explanation.setClass(2);
    const second = (await explanation.predict()).toFloat32();
    expect(second).not.toEqual(first);
    await model.reinitialize(7);
    expect((await explanation.predict()).toFloat32()).not.toEqual(second);
    await model.restore();
    expect((await explanation.predict()).toFloat32()).toEqual(second);
    expect(() => explanation.setClass(3)).toThrow("class 3: the model has 3 scores, so expected 0 to 2.");
    await expect(model.explain({ method: "grad-cam", of: { class: 0 }, layer: "flat" })).rejects.toThrow("'flat' has no rows and columns");
    await expect(model.explain({ method: "best" as "gradient", of: { class: 0 } })).rejects.toThrow("method 'best': expected gradient,");
    model.dispose();
  }));

/** `convcam explain` of the digits' network, in a folder for its files. */
async function command(
  use: (run: (...options: string[]) => Promise<number>, fileOf: (name: string) => string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "convcam-explain-"));
  try {
    const run = (...options: string[]) => main(["explain", "models/mnist-trained.onnx", "models/digit.png", ...options]);
    await use(run, (name) => join(folder, name));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("the command draws heat over the picture, and saves the gradient in the input's shape", () =>
  command(async (run, fileOf) => {
    expect(await run("--out", fileOf("why.png"))).toBe(0);
    expect(readFileSync(fileOf("why.png")).subarray(1, 4).toString()).toBe("PNG");
    expect(await run("--method", "gradient", "--class", "3", "--save", fileOf("g.npy"))).toBe(0);
    const gradient = decodeNpy(readFileSync(fileOf("g.npy")));
    expect(gradient.shape).toEqual([1, 1, 28, 28]);
    expect(gradient.toFloat32().some((value) => value !== 0)).toBe(true);
    expect(await run("--class", "99", "--out", fileOf("no.png"))).toBe(1);
    expect(await run()).toBe(2);
  }));

test("the command explains one class against another, by all layers, and one element of a value", () =>
  command(async (run, fileOf) => {
    expect(await run("--layer", "all", "--class", "3", "--against", "5", "--save", fileOf("maps.npy"))).toBe(0);
    expect(decodeNpy(readFileSync(fileOf("maps-conv_2.npy"))).shape.slice(0, 2)).toEqual([1, 1]);
    const field = ["--method", "gradient", "--of", "conv_2", "--element", "0,5,4,4", "--save", fileOf("field.npy")];
    expect(await run(...field)).toBe(0);
    expect(decodeNpy(readFileSync(fileOf("field.npy"))).shape).toEqual([1, 1, 28, 28]);
    expect(await run(...field.with(5, "0,99,0,0"))).toBe(1);
  }));

test.each(["gradient", "grad-cam", "smoothgrad", "occlusion"] as const)("%s that runs again and again makes nothing on the GPU", (method) =>
  withDevice(async (real) => {
    const { device, made } = recorded(real);
    const model = await loadModel(device, classifier);
    const explanation = await model.explain({ method, of: { class: "top" }, live: true, batch: 4, patch: 2 });
    await explanation.settled;
    explanation.run({ x });
    const bytes = device.allocatedBytes;
    made.length = 0;
    for (let i = 0; i < 20; i++) explanation.run({ x });
    explanation.setClass(1);
    explanation.run({ x });
    expect(made).toEqual(new Array(21).fill("createCommandEncoder"));
    expect(device.allocatedBytes).toBe(bytes);
    model.dispose();
  }),
);
