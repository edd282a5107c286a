// The page as a visitor finds it: it opens by itself and shows what the network really computes.
import { readFile } from "node:fs/promises";
import { expect, type Page } from "@playwright/test";
import { importModel } from "../../src/engine/onnx/import.ts";
import { test } from "../support/warm-page.ts";
import { openPage, readMosaic, readValue } from "./page.ts";

/** relu(conv(x, weight) + bias), 3×3 without padding, one input channel, in plain loops. */
function convolve(x: readonly number[], side: number, weight: Float32Array, bias: Float32Array): number[][] {
  const size = side - 2;
  return Array.from(bias, (offset, channel) => {
    const map: number[] = [];
    for (let y = 0; y < size; y++)
      for (let left = 0; left < size; left++) {
        let sum = offset;
        for (let ky = 0; ky < 3; ky++)
          for (let kx = 0; kx < 3; kx++) sum += (weight[channel * 9 + ky * 3 + kx] as number) * (x[(y + ky) * side + left + kx] as number);
        map.push(Math.max(0, sum));
      }
    return map;
  });
}

/** Ten evenly spaced colours of the published 256-entry viridis table. */
const viridis = [
  [68, 1, 84],
  [72, 40, 120],
  [62, 73, 137],
  [49, 104, 142],
  [38, 130, 142],
  [31, 158, 137],
  [53, 183, 121],
  [110, 206, 88],
  [181, 222, 43],
  [253, 231, 37],
] as const;

function viridisAt(t: number): number[] {
  const at = Math.min(1, Math.max(0, t)) * 9;
  const i = Math.min(8, Math.floor(at));
  return [0, 1, 2].map((k) => (viridis[i]?.[k] as number) * (i + 1 - at) + (viridis[i + 1]?.[k] as number) * (at - i));
}

async function referenceMaps(input: readonly number[]): Promise<number[][]> {
  const graph = await importModel(new Uint8Array(await readFile(new URL("../../models/mnist-trained.onnx", import.meta.url))));
  const convolution = graph.nodes.find(({ operator }) => operator === "Conv");
  const [weight, bias] = [1, 2].map((i) => {
    let name = convolution?.inputs[i] ?? "";
    // Weights kept in half precision pass through a Cast.
    name = graph.initializers.has(name) ? name : (graph.nodes.find(({ outputs }) => outputs[0] === name)?.inputs[0] ?? "");
    return graph.initializers.get(name)?.toFloat32() ?? new Float32Array();
  }) as [Float32Array, Float32Array];
  expect([weight.length, bias.length]).toEqual([288, 32]);
  return convolve(input, 28, weight, bias);
}

/** Panels stand row by row, aligned at their tops, and each is as large as what it shows. */
async function checkPanels(page: Page): Promise<void> {
  const boxes = await page.locator("conv-cam .panel").evaluateAll((panels) =>
    panels.map((panel) => {
      const { left, top, right, bottom } = panel.getBoundingClientRect();
      const canvas = panel.querySelector("canvas")?.getBoundingClientRect();
      const content = Math.max(...Array.from(panel.children, (child) => child.getBoundingClientRect().bottom));
      return { left, top, right, bottom, content, mosaic: canvas?.width ?? 0 };
    }),
  );
  const rows: number[] = [];
  for (const [i, box] of boxes.entries()) {
    const before = boxes[i - 1];
    if (before && box.left > before.left) expect(box.top).toBeCloseTo(before.top, 0);
    else {
      rows.push(box.top);
      expect(box.top).toBeGreaterThan(Math.max(0, ...boxes.slice(0, i).map(({ bottom }) => bottom)));
    }
    expect(box.bottom - box.content).toBeLessThan(16);
    expect(box.mosaic).toBeLessThanOrEqual(box.right - box.left);
  }
  expect(rows.length).toBeGreaterThan(1);
}

test("opens by itself with a digit and its answer", async ({ page }) => {
  const problems: string[] = [];
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(error.message));
  await openPage(page);
  await expect(page.locator("#top-label")).toHaveText("3");
  await expect(page.locator("conv-cam .panel .name")).toHaveText([
    "input_layer",
    "conv_1",
    "pool_1",
    "conv_2",
    "pool_2",
    "dense_1",
    "output_layer",
  ]);
  await expect(page.locator("conv-cam .panel .scope").nth(1)).toHaveText("robust");
  await checkPanels(page);
  await expect(page.locator("#bars li")).toHaveCount(10);
  await expect(page.locator("#spoken")).toHaveText("The network answers 3.");
  await expect(page.locator("#speed")).toHaveText(/ms/);
  expect(problems).toEqual([]);
});

test("draws the pixels that plain loops compute", async ({ warmPage: page }) => {
  await openPage(page);
  const input = await readValue(page, "input_layer");
  expect(input.length).toBe(784);
  expect(Math.max(...input)).toBeCloseTo(1, 2);
  const maps = await referenceMaps(input);
  const most = Math.max(...maps.flat());
  for (const colors of ["viridis", "gray"] as const) {
    let high = most;
    if (colors === "viridis") {
      // A robust range is made from a sample; the legend tells it to four digits.
      const sizes = maps.flat().filter((value) => value > 0);
      const percentile = sizes.sort((a, b) => b - a)[Math.floor(sizes.length / 100)] as number;
      high = Number(await page.locator("conv-cam .panel").nth(1).locator(".high").textContent());
      expect(Math.abs(high / percentile - 1)).toBeLessThan(0.1);
      expect(high).toBeLessThan(most);
    } else {
      await page.selectOption("#normalize", "layer");
      await page.selectOption("#colors", "gray");
    }
    const picture = await readMosaic(page, "conv_1");
    const { width, height, data, columns, tileWidth, tileHeight, gap } = picture;
    expect([tileWidth % 26, tileHeight]).toEqual([0, tileWidth]);
    const scale = tileWidth / 26;
    let checked = 0;
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const [inX, inY] = [x % (tileWidth + gap), y % (tileHeight + gap)];
        const channel = Math.floor(y / (tileHeight + gap)) * columns + Math.floor(x / (tileWidth + gap));
        const pixel = data.slice((y * width + x) * 4, (y * width + x) * 4 + 4);
        if (inX >= tileWidth || inY >= tileHeight || channel >= 32) {
          if (pixel[3] !== 0) throw new Error(`a gap at ${x}, ${y} is painted`);
          continue;
        }
        const value = maps[channel]?.[Math.floor(inY / scale) * 26 + Math.floor(inX / scale)] as number;
        const t = Math.min(1, value / high);
        const expected = colors === "gray" ? [t * 255, t * 255, t * 255] : viridisAt(t);
        // Ten stops lie up to 12 levels from the table; gray is exact but for rounding.
        const tolerance = colors === "gray" ? 1.6 : 14;
        for (let k = 0; k < 3; k++)
          if (Math.abs((pixel[k] as number) - (expected[k] as number)) > tolerance)
            throw new Error(`${colors}, channel ${channel}, pixel ${x}, ${y}: ${pixel} instead of ${expected}`);
        checked++;
      }
    expect(checked).toBe(32 * tileWidth * tileHeight);
  }
});

test("tells channel, y, x and value under the pointer", async ({ warmPage: page }) => {
  await openPage(page);
  const maps = await referenceMaps(await readValue(page, "input_layer"));
  const panel = page.locator(".panel", { has: page.getByText("conv_1", { exact: true }) });
  const { columns, tileWidth, gap } = await readMosaic(page, "conv_1");
  const scale = tileWidth / 26;
  const [channel, y, x] = [columns + 1, 11, 9];
  await panel.locator("canvas").hover({ position: { x: tileWidth + gap + (x + 0.5) * scale, y: tileWidth + gap + (y + 0.5) * scale } });
  const expected = Number((maps[channel]?.[y * 26 + x] ?? Number.NaN).toPrecision(4));
  await expect(panel.locator(".readout")).toContainText(`channel ${channel} · y ${y} · x ${x} · `);
  const text = (await panel.locator(".readout").textContent()) ?? "";
  expect(Number(text.split("· ").at(-1))).toBeCloseTo(expected, 3);
});
