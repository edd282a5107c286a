// What is said when something is missing or wrong: WebGPU, the camera, the file, an operator.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "@playwright/test";
import sharp from "sharp";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import type { ConvCam } from "../../src/ui/element.ts";
import { twoFiles } from "../support/two-files.ts";
import { test } from "../support/warm-page.ts";
import { dropFile, dropFolder, openPage } from "./page.ts";

test("says what to do without WebGPU", async ({ warmPage: page }) => {
  await page.addInitScript(() => Object.defineProperty(Navigator.prototype, "gpu", { get: () => undefined }));
  await page.goto("/");
  await expect(page.locator("conv-cam .problem")).toContainText("WebGPU");
  await expect(page.locator("conv-cam .problem")).toContainText("Try Chrome");
});

test("says what to do without a GPU adapter", async ({ warmPage: page }) => {
  await page.addInitScript(() => Object.defineProperty(GPU.prototype, "requestAdapter", { value: async () => null }));
  await page.goto("/");
  await expect(page.locator("conv-cam .problem")).toContainText("found no GPU");
});

test("answers and shows maps where a part does not load, says which, and has it when it comes", async ({ warmPage: page }) => {
  const blocked = "**/instrument-*.js";
  await page.route(blocked, (route) => route.abort());
  await page.goto("/");
  await expect(page.locator("conv-cam .problem")).toContainText("that looks into layers could not be loaded");
  await expect(page.locator("#top-label")).toHaveText(/\d/, { timeout: 20_000 });
  expect(await page.locator("conv-cam canvas").count()).toBeGreaterThan(0);
  await page.unroute(blocked);
  await page.locator("#network").selectOption("mnist-middle");
  await expect(page.locator("conv-cam .problem")).toBeHidden({ timeout: 20_000 });
});

test("says what to do without a camera", async ({ warmPage: page }) => {
  await page.addInitScript(() =>
    Object.defineProperty(MediaDevices.prototype, "getUserMedia", {
      value: async () => {
        throw new DOMException("no", "NotAllowedError");
      },
    }),
  );
  await openPage(page);
  await page.click("#camera");
  await expect(page.locator("#input-problem")).toContainText("Allow it in the browser's address bar");
  await page.click("#draw");
  await expect(page.locator("#input-problem")).toBeHidden();
  await expect(page.locator("#top-label")).toHaveText("3");
});

test("keeps nothing of the picture before where a file is none", async ({ warmPage: page }) => {
  await openPage(page);
  await page.getByRole("button", { name: "Why?" }).click();
  await expect(page.locator(".why-title")).toHaveText("Why 3?", { timeout: 30_000 });
  await page.locator("#picture-file").setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("no picture") });
  await expect(page.locator("#input-problem")).toContainText("This file is no picture");
  await expect(page.locator("#answer")).toBeHidden();
  await expect(page.locator("conv-cam .grid")).toHaveClass(/\bold\b/);
  await expect(page.locator(".why-status")).toHaveText("There is no picture to explain.");
  await page.click("#draw");
  await expect(page.locator(".why-title")).toHaveText("Why 3?");
  await expect(page.locator("conv-cam .grid")).not.toHaveClass(/\bold\b/);
  await expect(page.locator("#top-label")).toHaveText("3");
});

test("shrinks a huge picture before it shows it", async ({ warmPage: page }) => {
  await openPage(page);
  const huge = await sharp({ create: { width: 9000, height: 300, channels: 3, background: "#fff" } })
    .png()
    .toBuffer();
  await page.locator("#picture-file").setInputFiles({ name: "huge.png", mimeType: "image/png", buffer: huge });
  await expect(page.locator("#preview canvas")).toHaveAttribute("width", "1024");
  const size = await page.evaluate(() => {
    const { width, height } = (document.querySelector("conv-cam") as ConvCam).picture as ImageBitmap;
    return [width, height];
  });
  expect(size).toEqual([4096, 137]);
});

test("lists the layers of a network that cannot run, and why; and says what a file is that is neither network nor picture", async ({
  warmPage: page,
}) => {
  const bytes = encodeModel({
    name: "strange",
    opsets: new Map([["", 20]]),
    metadata: new Map(),
    inputs: [{ name: "x", dtype: "float32", shape: [1, 3, 8, 8] }],
    outputs: ["z"],
    initializers: new Map(),
    nodes: [
      { name: "first", operator: "Relu", domain: "", inputs: ["x"], outputs: ["y"], attributes: new Map() },
      { name: "second", operator: "StringNormalizer", domain: "", inputs: ["y"], outputs: ["z"], attributes: new Map() },
    ],
  });
  await openPage(page);
  await dropFile(page, "strange.onnx", "", [...bytes]);
  const problem = page.locator("conv-cam .problem");
  await expect(problem).toContainText("StringNormalizer");
  await problem.getByText("2 layers").click();
  await expect(problem.locator("tbody tr")).toHaveCount(2);

  await dropFile(page, "network.onnx", "", [...Buffer.from("404: Not Found")]);
  await expect(page.locator("conv-cam .problem")).toContainText('plain text, which begins "404: Not Found": check the address');
  await dropFile(page, "model.tflite", "", [28, 0, 0, 0, ...Buffer.from("TFL3"), 0, 0]);
  await expect(page.locator("conv-cam .problem")).toContainText("a TensorFlow Lite file: convert it");
});

test("tells of a network beside the layers, whatever became of the input, and of the input beside it", async ({ warmPage: page }) => {
  await openPage(page);
  await dropFile(page, "note.png", "image/png", [72, 105]);
  await expect(page.locator("#input-problem")).toContainText("no picture the browser can decode");
  await dropFile(page, "broken.onnx", "", [1, 2, 3, 4, 5]);
  await expect(page.locator("conv-cam .problem")).toBeVisible();
  await expect(page.locator("#answer")).toBeHidden();
  // Its layers are no others' either.
  await expect(page.locator("#layer-summary")).toHaveText("Maps");
  await expect(page.locator("#layer-list input")).toHaveCount(0);
  await expect(page.locator("#input-problem")).toContainText("no picture the browser can decode");
  await page.click("#draw");
  await expect(page.locator("#input-problem")).toBeHidden();
  await expect(page.locator("conv-cam .problem")).toBeVisible();
  await page.selectOption("#network", "mnist-trained");
  await expect(page.locator("#top-label")).toHaveText("3");
  await expect(page.locator("conv-cam .panel").first()).toBeVisible();
  await expect(page.locator("conv-cam .problem")).toHaveCount(0);
});

test("opens a network whose weights lie in a second file: both chosen, or their folder dropped or chosen", async ({
  warmPage: page,
}, testInfo) => {
  const { model, weights } = twoFiles();
  await openPage(page);
  await dropFile(page, "net.onnx", "", [...model]);
  await expect(page.locator("conv-cam .problem")).toContainText("'net.onnx.data' beside it: drop or choose both files together.");
  const files = [
    { name: "net.onnx.data", mimeType: "", buffer: Buffer.from(weights) },
    { name: "net.onnx", mimeType: "", buffer: Buffer.from(model) },
  ];
  await page.setInputFiles("#model-file", files);
  await expect(page.locator("conv-cam .panel .name").first()).toHaveText("x");
  await expect(page.locator("#about")).toContainText("net.onnx.data, net.onnx");
  await dropFile(page, "broken.onnx", "", [1, 2, 3]);
  await expect(page.locator("conv-cam .problem")).toBeVisible();
  await dropFolder(page, "net", [
    { name: "net.onnx", bytes: [...model] },
    { name: "net.onnx.data", bytes: [...weights] },
    { name: ".DS_Store", bytes: [0] },
  ]);
  await expect(page.locator("conv-cam .panel .name").first()).toHaveText("x");
  await expect(page.locator("conv-cam .problem")).toHaveCount(0);
  await dropFile(page, "broken.onnx", "", [1, 2, 3]);
  await expect(page.locator("conv-cam .problem")).toBeVisible();
  const folder = testInfo.outputPath("chosen");
  await mkdir(join(folder, "net"), { recursive: true });
  await writeFile(join(folder, "net/net.onnx"), model);
  await writeFile(join(folder, "net/net.onnx.data"), weights);
  const chooser = page.waitForEvent("filechooser");
  await page.click("#open-summary");
  await page.click("#open-folder");
  await (await chooser).setFiles(join(folder, "net"));
  await expect(page.locator("conv-cam .panel .name").first()).toHaveText("x");
  await expect(page.locator("conv-cam .problem")).toHaveCount(0);
  await expect(page.locator("#about")).toContainText("net/net.onnx");
});

test("on a phone, picture and answer stay in sight beside the maps, and lead back up", async ({ warmPage: page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await openPage(page);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  const strip = page.getByRole("button", { name: /back to the picture/ });
  await expect(strip).toBeHidden();
  await page.locator("conv-cam .panel").last().scrollIntoViewIfNeeded();
  await expect(strip).toContainText(/^3 [\d.]+%/);
  const isDrawn = () =>
    strip.locator("canvas").evaluate((canvas: HTMLCanvasElement) => {
      const { data } = (canvas.getContext("2d") as CanvasRenderingContext2D).getImageData(0, 0, canvas.width, canvas.height);
      return Math.max(...data.filter((_, i) => i % 4 === 0));
    });
  expect(await isDrawn()).toBeGreaterThan(200);
  await page.keyboard.press("Control+Home");
  await expect(strip).toBeHidden();
  await page.locator("conv-cam .panel").last().scrollIntoViewIfNeeded();
  await strip.click();
  await expect(page.locator("#draw")).toBeFocused();
  await expect(strip).toBeHidden();
  // Who sends it away has it away until the picture was in sight again.
  await page.locator("conv-cam .panel").last().scrollIntoViewIfNeeded();
  await page.getByRole("button", { name: "Hide picture and answer" }).click();
  await expect(strip).toBeHidden();
  await page.locator("conv-cam .panel").first().scrollIntoViewIfNeeded();
  await expect(strip).toBeHidden();
  await page.keyboard.press("Control+Home");
  await expect(page.locator("#pad")).toBeInViewport();
  await page.locator("conv-cam .panel").last().scrollIntoViewIfNeeded();
  await expect(strip).toBeVisible();
  await page.setViewportSize({ width: 1280, height: 500 });
  await page.locator("conv-cam .panel").last().scrollIntoViewIfNeeded();
  await expect(strip).toBeHidden();
});
