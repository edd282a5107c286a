// All kernels of a layer beside its maps: what is seen of them, the number under the pointer, a click, and that they follow the weights.
import { readFile } from "node:fs/promises";
import { expect, type Locator, type Page } from "@playwright/test";
import { decodeNpy } from "../../src/engine/npy.ts";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import type { ConvCam } from "../../src/ui/element.ts";
import { formatNumber } from "../../src/ui/format-number.ts";
import { filled, graphOf, op } from "../support/graphs.ts";
import { test } from "./fixtures.ts";
import { open as openNetwork, placeOf } from "./looked-at.ts";

const first = filled([6, 3, 3, 3], (i) => Math.sin(i * 2.3));

const network = encodeModel(
  graphOf({
    inputs: { x: [1, 3, 12, 12] },
    constants: {
      w: first,
      v: filled([4, 6, 3, 3], (i) => Math.cos(i) / 8),
      d: filled([576, 5], (i) => Math.sin(i) / 16),
    },
    nodes: [
      op("Conv", "x w", "sum", { pads: [1, 1, 1, 1] }),
      op("Relu", "sum", "maps"),
      op("Conv", "maps v", "mixed", { pads: [1, 1, 1, 1] }),
      op("MaxPool", "mixed", "pooled", { kernel_shape: [2, 2], strides: [1, 1], pads: [0, 0, 1, 1] }),
      op("Flatten", "pooled", "flat"),
      op("MatMul", "flat d", "scores"),
    ],
    outputs: ["scores"],
  }),
);

const open = (page: Page, layer: string) => openNetwork(page, network, { view: "layer", layer });

/** The colours of a place of the tiles, in shares of a tile. */
const colorAt = (element: Locator, [x, y]: readonly [number, number]) =>
  element.locator(".kernel-tiles").evaluate(
    (one, [left, top]) => {
      const canvas = one as HTMLCanvasElement;
      const context = canvas.getContext("2d") as CanvasRenderingContext2D;
      return [...context.getImageData(Math.round(left), Math.round(top), 1, 1).data.slice(0, 3)];
    },
    [x, y] as const,
  );

test("filters of a picture are seen in its colours; the pointer reads them, a click and Enter go to the channel", async ({
  sharedPage: page,
}) => {
  const element = await open(page, "maps");
  const kernels = element.locator(".side details.kernels");
  await kernels.getByText("Kernels", { exact: true }).click();
  await expect(kernels).toContainText("Conv 'sum', 6 × 3 × 3 × 3. 6 channels: a 3 × 3 filter each, in colours: grey is 0.");
  const weights = first.toFloat32();
  const largest = Math.max(...weights.map(Math.abs));
  const color = (o: number, tap: number) =>
    [0, 1, 2].map((c) => Math.round(127.5 * (1 + (weights[(o * 3 + c) * 9 + tap] as number) / largest)));
  const at = await colorAt(element, [4, 4]);
  color(0, 0).forEach((part, i) => expect(Math.abs(part - (at[i] as number))).toBeLessThanOrEqual(1));
  const tiles = kernels.locator(".kernel-tiles");
  // The second tile begins 27 pixels and a gap to the right.
  await tiles.hover({ position: { x: 30 + 4, y: 9 + 4 } });
  const read = [0, 1, 2].map((c) => formatNumber(weights[(3 + c) * 9 + 3] as number)).join(", ");
  await expect(kernels.locator(".readout")).toHaveText(`channel 1 · inputs 0, 1, 2 · y 1 · x 0 · ${read}`);
  await tiles.focus();
  await page.keyboard.press("ArrowRight");
  await expect(kernels.locator(".readout")).toContainText("channel 1 · inputs 0, 1, 2 · y 1 · x 1");
  await kernels.getByRole("combobox", { name: "Input" }).selectOption("2");
  await expect(kernels).toContainText("the 3 × 3 kernel of each for input channel 2.");
  await kernels.getByRole("combobox", { name: "Input" }).selectOption("");
  await expect(kernels).toContainText("in colours");
  await page.mouse.move(0, 0);
  await tiles.focus();
  await page.keyboard.press("ArrowRight");
  await expect(kernels.locator(".readout")).toContainText("channel 0 · inputs 0, 1, 2 · y 0 · x 0");
  await page.keyboard.press("Enter");
  await expect.poll(() => placeOf(element)).toEqual(["channel", "maps", "0"]);
  await element.evaluate((one) => one.setAttribute("view", "layer"));
  await expect(tiles).toBeVisible();
  await tiles.click({ position: { x: 30 + 4, y: 4 } });
  await expect.poll(() => placeOf(element)).toEqual(["channel", "maps", "1"]);
});

test("kernels of deeper layers are those of the strongest input channel, and stay unfolded from layer to layer", async ({
  sharedPage: page,
}) => {
  const element = await open(page, "mixed");
  const kernels = element.locator(".side details.kernels");
  await kernels.getByText("Kernels", { exact: true }).click();
  await expect(kernels).toContainText("of 6 3 × 3 kernels each, the one with the largest weights.");
  // What reads no picture is seen in the colours of signs, and a dense layer as the maps that it reads.
  await element.evaluate((one) => one.setAttribute("layer", "scores"));
  await expect(kernels).toContainText("MatMul 'scores', 576 × 5. 5 units: of 4 12 × 12 kernels each");
  await element.evaluate((one) => one.setAttribute("layer", "pooled"));
  await expect(element.locator(".crumbs [aria-current]")).toHaveText("pooled");
  await expect(kernels).toHaveCount(0);
  await element.evaluate((one) => one.setAttribute("layer", "maps"));
  await expect(kernels).toContainText("in colours");
});

test("kernels follow the weights, and are saved as they are", async ({ sharedPage: page }) => {
  const element = await open(page, "maps");
  const kernels = element.locator(".side details.kernels");
  await kernels.getByText("Kernels", { exact: true }).click();
  await expect(kernels).toContainText("Full colour is");
  const before = await kernels.locator(".kernel-about p").textContent();
  const save = async () => {
    const [file] = await Promise.all([page.waitForEvent("download"), kernels.getByRole("button", { name: "Weights as .npy" }).click()]);
    return { name: file.suggestedFilename(), tensor: decodeNpy(await readFile(await file.path())) };
  };
  const own = await save();
  expect(own.name).toBe("network-w.npy");
  expect(own.tensor.shape).toEqual([6, 3, 3, 3]);
  expect(own.tensor.toNumbers()).toEqual([...first.toFloat32()]);
  await element.evaluate((one) => {
    (one as ConvCam).blank = 1;
  });
  await expect.poll(() => kernels.locator(".kernel-about p").textContent()).not.toBe(before);
  const blank = (await save()).tensor.toFloat32();
  expect([...blank]).not.toEqual([...first.toFloat32()]);
  const asked = await element.evaluate(async (one) => [...(await (one as ConvCam).ask({ kind: "kernels", value: "maps" })).numbers]);
  expect(asked).toEqual([...blank]);
  await element.evaluate((one) => {
    (one as ConvCam).blank = undefined;
  });
  await expect.poll(() => kernels.locator(".kernel-about p").textContent()).toBe(before);
  const problems = await element.evaluate((one) =>
    Promise.all(
      [{ value: "nowhere" }, { value: "pooled" }, { value: "mixed", input: 6 }].map((query) =>
        (one as ConvCam).ask({ kind: "kernels", ...query }).catch((error: Error) => error.message),
      ),
    ),
  );
  expect(problems).toEqual([
    "kernels: this network has no value 'nowhere'.",
    "kernels: 'pooled' is not computed with kernels of its own.",
    "kernels: input 6: each kernel of 'mixed' reads 6 input channels, counted from 0.",
  ]);
});
