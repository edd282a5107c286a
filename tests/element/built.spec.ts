// dist/element.js and what it loads: the build ships less of protobuf than the sources import, so it must still read a file and run it.
import { readFileSync } from "node:fs";
import { expect } from "@playwright/test";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import type { ConvCam } from "../../src/ui/element.ts";
import { graphOf, op } from "../support/graphs.ts";
import { test } from "./fixtures.ts";

const filled = (shape: readonly number[], value: number) => Tensor.filled("float32", shape, value);

const rarerOperators = "/dist/convcam-on-demand.js";

/** The files whose sum package.json limits. */
function limitedFiles(): readonly string[] {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return manifest["size-limit"].at(-1).path.map((path: string) => `/${path}`);
}

for (const place of ["page", "worker"])
  test(`the built element reads a model and answers, its engine on the ${place}`, async ({ warmPage: page }) => {
    const errors: string[] = [];
    page.on("pageerror", ({ message }) => errors.push(message));
    const files: string[] = [];
    page.on("request", (request) => files.push(new URL(request.url()).pathname));
    await page.goto("/tests/element/built.html");
    await page.evaluate(async (name) => {
      await customElements.whenDefined("conv-cam");
      document.getElementById("built")?.toggleAttribute("worker", name === "worker");
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 28;
      const context = canvas.getContext("2d") as CanvasRenderingContext2D;
      context.fillStyle = "#fff";
      context.fillRect(12, 4, 3, 20);
      (document.getElementById("built") as ConvCam).input = canvas;
    }, place);
    await expect(page.locator("#built .bars .top .label")).toHaveText("class 1");
    await expect(page.locator("#built .panel .name")).toHaveText(["conv_1", "conv_2"]);
    expect(page.workers()).toHaveLength(place === "worker" ? 1 : 0);
    expect(errors).toEqual([]);
    // A common network takes few files, and none of the rarer operators and kernels.
    const worker = ["/dist/convcam-remote-session.js", "/dist/element-worker.js"];
    const expected = place === "worker" ? [...limitedFiles(), ...worker] : limitedFiles();
    expect(new Set(files.filter((path) => path.startsWith("/dist/")))).toEqual(new Set(expected));
  });

test("training fetches one file beside what gradients and parameters take, and kernels for a GPU made of software", async ({
  warmPage: page,
}) => {
  const files: string[] = [];
  page.on("request", (request) => files.push(new URL(request.url()).pathname));
  await page.goto("/tests/element/built.html");
  const graph = graphOf({
    inputs: { x: ["N", 1, 12, 12] },
    constants: { w: filled([8, 1, 3, 3], 0.1), b: filled([8], 0), d: filled([200, 10], 0.1), c: filled([10], 0) },
    nodes: [
      op("Conv", "x w b", "conv"),
      op("Relu", "conv", "relu"),
      op("MaxPool", "relu", "pool", { kernel_shape: [2, 2], strides: [2, 2] }),
      op("Flatten", "pool", "flat"),
      op("Gemm", "flat d c", "scores"),
      op("Softmax", "scores", "y"),
    ],
  });
  const loss = await page.evaluate(
    async (bytes) => {
      const path = "/dist/convcam.js";
      const { createTrainer, loadModel, requestDevice } = (await import(path)) as typeof import("../../src/index.ts");
      const device = await requestDevice();
      const model = await loadModel(device, Uint8Array.from(bytes), { parameters: true });
      const gradient = await model.gradient({ of: { class: "top" } });
      await fetch("/tests/element/built.html?now");
      const trainer = await createTrainer(model, { optimizer: "adam", batch: 2 });
      trainer.step({ inputs: new Float32Array(2 * 12 * 12).fill(0.5), targets: Int32Array.of(3, 7) });
      const read = await trainer.readLoss();
      gradient.dispose();
      device.dispose();
      return read;
    },
    [...encodeModel(graph)],
  );
  expect(loss).toBeGreaterThan(1);
  const after = files.slice(files.lastIndexOf("/tests/element/built.html") + 1);
  const ofSoftware = ["software", "sum-slices", "winograd"].map((name) => `/dist/convcam-${name}.js`);
  expect(after.filter((path) => path.startsWith("/dist/") && !ofSoftware.includes(path))).toEqual(["/dist/convcam-training.js"]);
});

test("the built element fetches what a rare network takes", async ({ warmPage: page }) => {
  const graph = graphOf({
    inputs: { x: [1, 1, 28, 28] },
    nodes: [op("AveragePool", "x", "p", { kernel_shape: [14, 14], strides: [14, 14] }), op("Flatten", "p", "y")],
  });
  const fetched = page.waitForRequest((request) => new URL(request.url()).pathname === rarerOperators);
  await page.goto("/tests/element/built.html");
  await page.evaluate(
    async (bytes) => {
      await customElements.whenDefined("conv-cam");
      const element = document.getElementById("built") as ConvCam;
      element.setAttribute("layers", "p");
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 28;
      const context = canvas.getContext("2d") as CanvasRenderingContext2D;
      context.fillStyle = "#fff";
      context.fillRect(14, 0, 14, 14);
      element.input = canvas;
      element.src = Uint8Array.from(bytes);
    },
    [...encodeModel(graph)],
  );
  await fetched;
  await expect(page.locator("#built .bars .top .label")).toHaveText("class 1");
});

test("the README's page names the digit when it lies beside the README", async ({ warmPage: page }) => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const [, body = ""] = /```html\n([^`]+)```/.exec(readme) ?? [];
  await page.route("/live.html", (route) => route.fulfill({ contentType: "text/html", body }));
  await page.goto("/live.html");
  await expect(page.locator(".bars .top .label")).toHaveText("3");
  await expect(page.locator(".problem")).toHaveCount(0);
});
