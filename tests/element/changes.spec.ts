// What is changed in a network is seen wherever one looks, leads to its channel, and goes back with one button; and what there is to know of channels
// is outlined on their tiles.
import { expect, type Locator, type Page } from "@playwright/test";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import type { ConvCam } from "../../src/ui/element.ts";
import { filled, graphOf, op } from "../support/graphs.ts";
import { test } from "./fixtures.ts";
import { open as openNetwork, placeOf } from "./looked-at.ts";

/** Of the first layer's channels, by their bias: 1 is 0 everywhere, 2 is at its bound everywhere. Of the second layer's, 1 is infinite. */
const network = encodeModel(
  graphOf({
    inputs: { x: [1, 1, 12, 12] },
    constants: {
      w: filled([4, 1, 3, 3], (i) => (i >= 9 && i < 27 ? 0 : Math.sin(i * 2.3) / 4)),
      b: filled([4], (i) => [0.1, -1, 2, 0.1][i] ?? 0),
      least: Tensor.float32([], Float32Array.of(0)),
      most: Tensor.float32([], Float32Array.of(1)),
      v: filled([3, 4, 1, 1], (i) => (i >= 4 && i < 8 ? 3e38 : Math.cos(i))),
    },
    nodes: [
      op("Conv", "x w b", "sum", { pads: [1, 1, 1, 1] }),
      op("Clip", "sum least most", "maps"),
      op("Conv", "maps v", "mixed", {}),
      op("Relu", "mixed", "strong"),
      op("GlobalAveragePool", "maps", "pooled"),
      op("Flatten", "pooled", "scores"),
    ],
    outputs: ["strong", "scores"],
  }),
);

const open = (page: Page, attributes: Readonly<Record<string, string>>) => openNetwork(page, network, attributes);
const line = (element: Locator) => element.locator(".changes");

test("what is silenced or boosted is said in every view, leads to its channel, is marked on its tile, and goes back with one button", async ({
  sharedPage: page,
}) => {
  const element = await open(page, { view: "channel", layer: "maps", channel: "3", layers: "maps,strong" });
  await expect(element.getByRole("button", { name: "Silence" })).toBeVisible();
  await expect(line(element)).toBeHidden();
  await element.getByRole("button", { name: "Silence" }).click();
  await expect(line(element)).toContainText("1 channel changed: maps silenced 3");
  // The answer of a picture that stays is told before and now.
  await expect(line(element).locator(".answer-change")).toHaveText(/^Answer: class 2 \d+\.\d% → \d+\.\d%$/);
  await element.evaluate((one) => {
    (one as ConvCam).gates = [...(one as ConvCam).gates, { value: "strong", channel: 0, scale: 2 }];
  });
  await expect(line(element)).toContainText("2 channels changed: maps silenced 3 · strong × 2 0");
  for (const view of ["layer", "overview"]) {
    await page.keyboard.press("Escape");
    await element.evaluate((one, name) => one.setAttribute("view", name), view);
    await expect(line(element)).toContainText("2 channels changed");
    const tile = element.locator(".panel", { hasText: "maps" }).locator(".field.changed");
    await expect(tile).toHaveCount(1);
    await expect(tile).toHaveAttribute("title", "silenced");
  }
  // On both thumbnails, too.
  await expect(element.locator(".band-marks .of-changed")).toHaveCount(2);
  await line(element).getByRole("button", { name: "Channel 0 of strong" }).click();
  await expect.poll(() => placeOf(element)).toEqual(["channel", "strong", "0"]);
  await expect(line(element)).toContainText("2 channels changed");
  await line(element).getByRole("button", { name: "All as they were" }).click();
  await expect(line(element)).toBeHidden();
  expect(await element.evaluate((one) => (one as ConvCam).gates)).toEqual([]);
  await expect(element.locator(".changed")).toHaveCount(0);
});

test("an answer before is of the same picture: of another one it is not told", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "channel", layer: "maps", channel: "3" });
  await element.getByRole("button", { name: "Silence" }).click();
  await expect(line(element).locator(".answer-change")).toHaveText(/→/);
  await element.evaluate((one) => {
    const viewer = one as ConvCam;
    const canvas = viewer.input as HTMLCanvasElement;
    (canvas.getContext("2d") as CanvasRenderingContext2D).fillRect(0, 0, 6, 12);
    viewer.refresh();
  });
  await expect(line(element).locator(".answer-change")).toHaveCount(0);
  await expect(line(element)).toContainText("1 channel changed: maps silenced 3");
  // Of this one it is, once it was seen without the change.
  await element.getByRole("button", { name: "Silence" }).click();
  await expect(line(element)).toBeHidden();
  await expect(element.getByRole("button", { name: "Silence" })).toHaveAttribute("aria-pressed", "false");
  await element.evaluate(
    (one) =>
      new Promise((resolve) => {
        one.addEventListener("results", resolve, { once: true });
        (one as ConvCam).refresh();
      }),
  );
  await element.getByRole("button", { name: "Silence" }).click();
  await expect(line(element).locator(".answer-change")).toHaveText(/→/);
});

test("a layer is silenced by one button, and its channels come back as they were", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "layer", layer: "maps" });
  await element.evaluate((one) => {
    (one as ConvCam).gates = [{ value: "maps", channel: 0, scale: 2 }];
  });
  const button = element.getByRole("button", { name: "Silence the layer" });
  await button.click();
  await expect(button).toHaveAttribute("aria-pressed", "true");
  await expect(line(element)).toContainText("4 channels changed: maps all silenced");
  const scores = () =>
    element.evaluate(async (one) => {
      const { bytes } = await (one as ConvCam).ask({ kind: "value", value: "scores" });
      return [...new Float32Array(bytes.slice().buffer)];
    });
  await element.evaluate((one) => one.setAttribute("layers", "scores"));
  await element.evaluate((one) => one.setAttribute("view", "overview"));
  await expect.poll(() => scores().catch(() => [])).toEqual([0, 0, 0, 0]);
  await element.evaluate((one) => one.setAttribute("view", "channel"));
  await element.evaluate((one) => one.setAttribute("layer", "maps"));
  await element.getByRole("button", { name: "Give it back" }).click();
  await expect(line(element)).toContainText("1 channel changed: maps × 2 0");
  await expect(element.getByRole("button", { name: "× 2" })).toHaveAttribute("aria-pressed", "true");
});

test("silent, saturated and infinite channels are outlined on their tiles, and words say how", async ({ sharedPage: page }) => {
  const element = await open(page, { view: "layer", layer: "maps" });
  const outlined = (kind: string) => element.locator(`.panel .field.${kind}`);
  await expect(outlined("silent")).toHaveCount(1);
  await expect(outlined("saturated")).toHaveCount(1);
  await expect(element.locator(".side")).toContainText(/Silent, 0 everywhere for this picture, +outlined by dots: +1\./);
  await expect(element.locator(".side")).toContainText(/at 1, +outlined by dashes: +2\./);
  // Around the second tile of four, and nothing of it is covered.
  await expect(async () => {
    const [tile, canvas] = await Promise.all([outlined("silent").boundingBox(), element.locator(".large canvas").boundingBox()]);
    expect(tile && canvas && Math.round((tile.x - canvas.x) / tile.width)).toBe(1);
  }).toPass();
  await expect(outlined("silent")).toHaveCSS("background-color", "rgba(0, 0, 0, 0)");
  // What somebody has silenced is marked as that.
  await element.evaluate((one) => {
    (one as ConvCam).gates = [{ value: "maps", channel: 3, scale: 0 }];
  });
  await expect(element.locator(".panel .field.changed")).toHaveCount(1);
  await expect(outlined("silent")).toHaveCount(1);
  await expect(element.locator(".side")).toContainText("Silenced here: 3.");
  await element.evaluate((one) => one.setAttribute("layer", "strong"));
  await expect(outlined("non-finite")).toHaveCount(1);
  await expect(element.locator(".side")).toContainText(/infinite elements, +outlined in orange: +1\./);
});
