// Checks on the page: of the GPU, layer by layer, and of several files at once: which run, which are refused, which are broken.
import { expect } from "@playwright/test";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { violations } from "../support/axe.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { test } from "../support/warm-page.ts";
import { dropFile, dropFolder, openPage } from "./page.ts";

test("checks the GPU by the layers of the network that is shown, in a worker, and says what it comes to", async ({ warmPage: page }) => {
  await openPage(page);
  await page.locator("#help").click();
  await page.getByRole("button", { name: "Check this GPU" }).click();
  const dialog = page.getByRole("dialog", { name: "Check this GPU" });
  await expect(dialog.locator(".check-result")).toHaveText(
    /^All \d+ layers that were checked are right on .*swiftshader.*The largest error for its place is in /,
  );
  await dialog.locator("summary").click();
  await expect(dialog.locator("tbody tr").first()).toContainText("right");
  expect(await violations(page, {}, ".check-dialog")).toEqual([]);
  await dialog.getByRole("button", { name: "Close" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.locator("#top-label")).toHaveText("3");
});

test("names the layer that a GPU computes wrongly, and ends a check at once", async ({ warmPage: page }) => {
  // A GPU whose memory returns another number, once it is read by the worker.
  await page.route("**/check-worker-*.js", async (route) => {
    const response = await route.fetch();
    const fault = `{
      const read = GPUBuffer.prototype.getMappedRange;
      GPUBuffer.prototype.getMappedRange = function (...range) {
        const bytes = read.apply(this, range);
        if (this.usage & GPUBufferUsage.MAP_READ && bytes.byteLength === 4 * 10) new Float32Array(bytes)[7] += 1;
        return bytes;
      };
    }\n`;
    await route.fulfill({ response, body: fault + (await response.text()) });
  });
  await openPage(page);
  const begin = async () => {
    await page.locator("#help").click();
    await page.getByRole("button", { name: "Check this GPU" }).click();
  };
  const dialog = page.getByRole("dialog", { name: "Check this GPU" });
  await begin();
  await expect(dialog.locator(".check-result")).toHaveText(/wrong on .* element 7 of 10 is .*Update the graphics driver/);
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await begin();
  // The button is called so only as long as the check goes on, which may be short.
  await dialog.getByRole("button", { name: /Cancel|Close/ }).click();
  await expect(dialog).toHaveCount(0);
  await expect.poll(() => page.workers().filter((worker) => worker.url().includes("check-worker")).length).toBe(0);
});

const small = (seed: number) => [
  ...encodeModel(
    graphOf({
      inputs: { x: [1, 3, 8, 8] },
      constants: { w: noise([4 * seed, 3, 3, 3], seed) },
      nodes: [op("Conv", "x w", "maps"), op("Relu", "maps", "y")],
    }),
  ),
];

test("says of each network of a folder whether it runs, is refused or is broken, and opens the one that is clicked", async ({
  warmPage: page,
}) => {
  await openPage(page);
  const unknown = [...encodeModel(graphOf({ nodes: [op("Frobnicate", "x", "y")] }))];
  await page.locator("#help").click();
  await page.getByRole("button", { name: "Take the tour" }).click();
  await expect(page.locator(".tour")).toBeVisible();
  // What is wrong with the network before is not of these.
  await dropFile(page, "strange.onnx", "", unknown);
  await expect(page.locator("conv-cam .problem")).toBeVisible();
  await dropFolder(page, "nets", [
    { name: "strange.onnx", bytes: unknown },
    { name: "good.onnx", bytes: small(1) },
    { name: "other.onnx", bytes: small(2) },
    { name: "damaged.onnx", bytes: small(1).slice(0, 300) },
  ]);
  await expect(page.locator("conv-cam .problem")).toHaveCount(0);
  await expect(page.locator(".tour")).toHaveCount(0);
  const list = page.locator("#file-check");
  await expect(list.getByRole("heading")).toHaveText("4 networks");
  await expect(list.getByRole("status")).toHaveText(/^2 run on .*swiftshader.*, 1 refused, 1 broken\.$/);
  const row = (name: string) => list.locator(".check-list > li", { hasText: name });
  await expect(row("good.onnx")).toContainText(/^\s*runs.*2 nodes, 1×3×8×8 → 1×4×6×6, \d+ ms/s);
  await expect(row("strange.onnx")).toContainText(/refused.*Frobnicate/s);
  await expect(row("damaged.onnx")).toContainText(/broken.*damaged\.onnx/s);
  expect(await violations(page, {}, "#file-check")).toEqual([]);
  const names = list.locator(".check-name");
  await expect(names).toHaveText(["damaged", "good", "other", "strange"].map((name) => `nets/${name}.onnx`));
  // Nothing was opened by itself: whoever drops many may want any of them.
  await expect(page.locator("conv-cam figure")).toHaveCount(0);
  await page.getByRole("button", { name: "Open nets/other.onnx" }).click();
  await expect(page.locator("#about")).toContainText("nets/other.onnx");
  await expect
    .poll(() => page.evaluate(() => document.querySelector("conv-cam")?.availableLayers.map(({ value }) => value)))
    .toContain("maps");
  await list.getByRole("button", { name: "Close this list" }).click();
  await expect(list).toBeHidden();
});

test("a network that works stays where a picture was wrong, and a tour that is still loaded does not come over the list", async ({
  warmPage: page,
}) => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  // Its steps are read before, for the name of the button.
  const tourFile = /\/tour-(?!steps-)[^/]*\.js$/;
  const isAsked = page.waitForRequest(tourFile);
  await page.route(tourFile, async (route) => {
    await held;
    await route.continue();
  });
  await openPage(page);
  // A tour that came and went, as another one begins, counts as well.
  await page.evaluate(() => {
    Object.assign(window, { tourCount: 0 });
    const count = (node: Node) => {
      if (node instanceof HTMLElement && node.classList.contains("tour")) (window as unknown as { tourCount: number }).tourCount++;
    };
    const note = (records: readonly MutationRecord[]) => {
      for (const { addedNodes } of records) for (const node of addedNodes) count(node);
    };
    new MutationObserver(note).observe(document.body, { childList: true });
  });
  await dropFile(page, "broken.png", "image/png", [1, 2, 3]);
  await expect(page.locator("#input-problem")).toBeVisible();
  await page.locator("#help").click();
  await page.getByRole("button", { name: "Take the tour" }).click();
  await isAsked;
  await dropFolder(page, "nets", [
    { name: "good.onnx", bytes: small(1) },
    { name: "other.onnx", bytes: small(2) },
  ]);
  await expect(page.locator("#file-check").getByRole("status")).toHaveText(/^2 run on /);
  expect(await page.evaluate(() => document.querySelector("conv-cam")?.src)).toBeDefined();
  await expect(page.locator("conv-cam figure").first()).toBeVisible();
  release();
  // Whoever asks for it now has it: that waits for the same file, and comes after the one before would have.
  await page.locator("#help").click();
  await page.getByRole("button", { name: "Take the tour" }).click();
  await expect(page.locator(".tour")).toHaveCount(1);
  expect(await page.evaluate(() => (window as unknown as { tourCount: number }).tourCount)).toBe(1);
  await page.keyboard.press("Escape");
});

test("takes files of one size for checkpoints of one network, and checks them where somebody asks", async ({ warmPage: page }) => {
  await openPage(page);
  await dropFolder(page, "run", [
    { name: "step-1.onnx", bytes: small(1) },
    { name: "step-2.onnx", bytes: small(1) },
  ]);
  await expect(page.locator("conv-cam .checkpoints")).toBeVisible();
  const list = page.locator("#file-check");
  await expect(list.getByRole("status")).toHaveText("Each is read, planned and run once on noise.");
  await list.getByRole("button", { name: "Check which of them run" }).click();
  await expect(list.getByRole("status")).toHaveText(/^2 run on /);
});

test("says that a folder is empty, and that a network which is not shown cannot be checked", async ({ warmPage: page }) => {
  await openPage(page);
  await dropFolder(page, "nothing", []);
  await expect(page.locator("#about")).toHaveText("This folder holds no files. Open the model's own folder, or its files.");
  await dropFolder(page, "hidden", [{ name: ".DS_Store", bytes: [1, 2, 3] }]);
  await expect(page.locator("#about")).toContainText("there is no network, no picture and no list of names in it");
  await dropFile(page, "strange.onnx", "", [...encodeModel(graphOf({ nodes: [op("Frobnicate", "x", "y")] }))]);
  await expect(page.locator("conv-cam .problem")).toBeVisible();
  await page.locator("#help").click();
  await page.getByRole("button", { name: "Check this GPU" }).click();
  await expect(page.locator("#about")).toHaveText(/^This network is not shown, so its layers cannot be checked\./);
});
