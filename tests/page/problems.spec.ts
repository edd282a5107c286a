// What is said when something is missing or wrong: WebGPU, the camera, the file, an operator.
import { expect, test } from "@playwright/test";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { dropFile, openPage } from "./page.ts";

test("says what to do without WebGPU", async ({ page }) => {
  await page.addInitScript(() => Object.defineProperty(Navigator.prototype, "gpu", { get: () => undefined }));
  await page.goto("/");
  await expect(page.locator("conv-cam .problem")).toContainText("WebGPU");
  await expect(page.locator("conv-cam .problem")).toContainText("Try Chrome");
});

test("says what to do without a GPU adapter", async ({ page }) => {
  await page.addInitScript(() => Object.defineProperty(GPU.prototype, "requestAdapter", { value: async () => null }));
  await page.goto("/");
  await expect(page.locator("conv-cam .problem")).toContainText("found no GPU");
});

test("says what to do without a camera", async ({ page }) => {
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

test("refuses a file that is no model, and takes the next one", async ({ page }) => {
  await openPage(page);
  await dropFile(page, "broken.onnx", "", [1, 2, 3, 4, 5]);
  await expect(page.locator("conv-cam .problem")).toBeVisible();
  await expect(page.locator("#answer")).toBeHidden();
  await page.selectOption("#network", "mnist-trained");
  await expect(page.locator("conv-cam .panel").first()).toBeVisible({ timeout: 20_000 });
  await expect(page.locator("conv-cam .problem")).toHaveCount(0);
});

test("lists the layers of a network that cannot run, and why", async ({ page }) => {
  const bytes = encodeModel({
    name: "strange",
    opsets: new Map([["", 20]]),
    metadata: new Map(),
    inputs: [{ name: "x", dtype: "float32", shape: [1, 3, 8, 8] }],
    outputs: ["z"],
    initializers: new Map(),
    nodes: [
      { name: "first", operator: "Relu", domain: "", inputs: ["x"], outputs: ["y"], attributes: new Map() },
      { name: "second", operator: "Det", domain: "", inputs: ["y"], outputs: ["z"], attributes: new Map() },
    ],
  });
  await openPage(page);
  await dropFile(page, "strange.onnx", "", [...bytes]);
  const problem = page.locator("conv-cam .problem");
  await expect(problem).toContainText("Det");
  await problem.getByText("2 layers").click();
  await expect(problem.locator("tbody tr")).toHaveCount(2);
});

test("says which picture it cannot read", async ({ page }) => {
  await openPage(page);
  await dropFile(page, "note.txt", "text/plain", [72, 105]);
  await expect(page.locator("#input-problem")).toContainText("no picture the browser can decode");
});

test("fits a phone without scrolling sideways", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await openPage(page);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});
