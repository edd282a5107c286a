// What is taken along from the page is opened: a contact sheet, a video; and the network goes to the bench.
import { readFile } from "node:fs/promises";
import { expect, type Page } from "@playwright/test";
import sharp from "sharp";
import { test } from "../support/warm-page.ts";
import { openPage } from "./page.ts";

/** The file that a click gives. */
async function downloadOf(page: Page, act: () => Promise<void>): Promise<{ readonly name: string; readonly bytes: Buffer }> {
  const waiting = page.waitForEvent("download");
  await act();
  const download = await waiting;
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

test("saves all layers on one sheet, and a video with its length", async ({ warmPage: page }) => {
  await openPage(page);
  await page.click("#save-summary");
  const sheet = await downloadOf(page, () => page.click("#save-sheet"));
  expect(sheet.name).toBe("mnist-trained-layers.png");
  const { width, height } = await sharp(sheet.bytes).metadata();
  expect(width).toBeGreaterThanOrEqual(1600);
  expect(height).toBeGreaterThan(300);
  // Captions are dark on white, and maps are in colours.
  const { channels } = await sharp(sheet.bytes).stats();
  for (const { min, max, stdev } of channels.slice(0, 3)) expect([min < 60, max, stdev > 10]).toEqual([true, 255, true]);
  await expect(page.locator("#save-note")).toContainText("Saved 7 layers");

  // Twice in a hurry is once.
  await page.locator("#save-video").evaluate((button: HTMLButtonElement) => [button, button].forEach((one) => one.click()));
  await expect(page.locator("#save-summary")).toHaveText("● Recording");
  await expect(page.locator("#save-note")).toContainText(/[1-9]\d* s recorded/);
  // It is called by the network that it begins with.
  await page.selectOption("#network", "mnist-early");
  await expect(page.locator("#about")).toContainText("Reads 52.7%");
  const video = await downloadOf(page, () => page.click("#save-video"));
  expect(video.name).toBe("mnist-trained.webm");
  expect([...video.bytes.subarray(0, 4)]).toEqual([0x1a, 0x45, 0xdf, 0xa3]);
  const played = await page.evaluate(async (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const player = document.createElement("video");
    player.src = URL.createObjectURL(new Blob([bytes], { type: "video/webm" }));
    await new Promise((resolve, reject) => {
      player.addEventListener("loadeddata", resolve, { once: true });
      player.addEventListener("error", () => reject(new Error(player.error?.message)), { once: true });
    });
    return { duration: player.duration, width: player.videoWidth };
  }, video.bytes.toString("base64"));
  expect(played.duration).toBeGreaterThan(0.9);
  expect(played.duration).toBeLessThan(600);
  expect(played.width).toBe(width);
  await page.keyboard.press("Escape");
  await expect(page.locator("#save-sheet")).toBeHidden();
});

test("calls a channel's picture by its network, whatever the network's file is called in the built page", async ({ warmPage: page }) => {
  await openPage(page, "#view=channel&layer=conv_1&channel=3");
  const button = page.locator("conv-cam").getByRole("button", { name: "Save as PNG" });
  expect((await downloadOf(page, () => button.click())).name).toBe("mnist-trained-conv_1-channel-3.png");
});

test("saves every layer, shown or not, and the explained picture", async ({ warmPage: page }) => {
  await openPage(page);
  await page.click("#layer-summary");
  await page.click("#layers-none");
  await expect(page.locator("conv-cam .panel")).toHaveCount(0);
  await expect(page.locator("#layer-list input:checked")).toHaveCount(0);
  await page.keyboard.press("Escape");
  await page.click("#save-summary");
  await expect(page.locator("#save-why")).toBeHidden();
  const every = await downloadOf(page, () => page.click("#save-every"));
  expect(every.name).toBe("mnist-trained-every-layer.png");
  const { height = 0 } = await sharp(every.bytes).metadata();
  expect(height).toBeGreaterThan(300);
  await expect(page.locator("#save-note")).toContainText(/Saved [4-9] layers/);
  // What was shown is shown again, and of it nothing was lost.
  await page.click("#layer-summary");
  await page.click("#layers-all");
  await expect(page.locator("conv-cam .panel").first()).toBeVisible();
  await expect(page.locator("#layer-list input:not(:checked)")).toHaveCount(0);
  await page.keyboard.press("Escape");

  await page.click("#why");
  await expect(page.locator("conv-cam .why-title")).toContainText(/^Why \d/);
  await page.click("#save-summary");
  const explained = await downloadOf(page, () => page.click("#save-why"));
  expect(explained.name).toBe("mnist-trained-grad-cam-explained.png");
  const { width = 0 } = await sharp(explained.bytes).metadata();
  expect(width).toBeGreaterThan(100);
  await expect(page.locator("#save-note")).toHaveText("Saved the explained picture.");
});

test("opens the bench with the network that is looked at, also with a file of one's own", async ({ warmPage: page }) => {
  await openPage(page);
  await page.click("#measure");
  await expect(page.locator("#given-label")).toContainText("mnist-trained");
  await expect(page.getByLabel("mnist-trained")).toBeChecked();
  await openPage(page);
  await page.setInputFiles("#model-file", "models/mnist-early.onnx");
  await expect(page.locator("#network")).toHaveValue("file");
  await page.click("#measure");
  await expect(page.locator("#given-label")).toContainText("mnist-early.onnx");
  await page.route(
    ({ pathname }) => pathname === "/absent.onnx",
    (route) => route.fulfill({ status: 404 }),
  );
  await page.goto("/bench.html?src=/absent.onnx");
  await expect(page.locator("#status")).toContainText("'/absent.onnx' could not be downloaded: the server answered 404.");
});
