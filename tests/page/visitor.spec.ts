// What a visitor can do: draw, choose, pause, compare, drop files, use the camera and the keyboard.
import { expect, type Page } from "@playwright/test";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import type { ConvCam } from "../../src/ui/element.ts";
import { graphOf, op } from "../support/graphs.ts";
import { test } from "../support/warm-page.ts";
import { dropFile, openPage, readMosaic, readValue } from "./page.ts";

async function drawOne(page: Page): Promise<void> {
  const box = (await page.locator("#pad").boundingBox()) as { x: number; y: number; width: number; height: number };
  await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.8, { steps: 8 });
  await page.mouse.up();
}

test("draws with the pointer, pauses and steps", async ({ warmPage: page }) => {
  await openPage(page);
  await test.step("draws", async () => {
    await page.click("#clear");
    await expect(page.locator("#top-label")).toHaveText("Draw something");
    await drawOne(page);
    await expect(page.locator("#top-label")).toHaveText("1");
    await page.click("#redraw");
    await expect(page.locator("#top-label")).toHaveText("3");
  });
  await test.step("pauses and steps", async () => {
    await page.click("#pause");
    await expect(page.locator("#step")).toBeEnabled();
    await page.click("#clear");
    await drawOne(page);
    await expect(page.locator("#top-label")).toHaveText("3");
    await page.click("#step");
    await expect(page.locator("#top-label")).toHaveText("1");
    // A key holds while the element has the focus, and on a button it presses that.
    await page.locator("conv-cam .panel canvas").first().focus();
    await page.keyboard.press("Space");
    await expect(page.locator("#pause")).toHaveText("Pause");
    // Letters that are typed into a field of the element are no keys of the page.
    await page.getByRole("searchbox", { name: "Find layers" }).pressSequentially("pool s");
    expect(await page.evaluate(() => document.querySelector("conv-cam")?.hasAttribute("paused"))).toBe(false);
  });
});

test("works with the keyboard alone", async ({ warmPage: page }) => {
  await openPage(page);
  await test.step("Tab reaches every mosaic and its Enlarge button", async () => {
    await page.locator("#colors").focus();
    const reached: string[] = [];
    for (let i = 0; i < 80 && !reached.includes("Enlarge output_layer"); i++) {
      await page.keyboard.press("Tab");
      const label = await page.evaluate(() => {
        const host = document.activeElement;
        const inner = host?.shadowRoot?.activeElement;
        return inner?.ariaLabel ?? "";
      });
      if (label) reached.push(label);
    }
    expect(reached).toContainEqual(expect.stringMatching(/^conv_1: .*Arrow keys read values/));
    expect(reached).toContainEqual("Enlarge conv_1");
    expect(reached).toContainEqual("Enlarge output_layer");
  });
  await test.step("Space in the list of layers keeps the focus where it is", async () => {
    await page.locator("#layer-summary").focus();
    await page.keyboard.press("Enter");
    const focused = () => page.evaluate(() => (document.activeElement as HTMLInputElement | null)?.value);
    for (let i = 0; i < 14 && (await focused()) !== "pool_1"; i++) await page.keyboard.press("Tab");
    expect(await focused()).toBe("pool_1");
    await page.keyboard.press("Space");
    await expect(page.locator("conv-cam .panel")).toHaveCount(6);
    await expect(page.locator("#layer-summary")).toHaveText(/^Maps 6 of/);
    expect(await focused()).toBe("pool_1");
    await page.keyboard.press("Space");
    await expect(page.locator("conv-cam .panel")).toHaveCount(7);
    expect(await focused()).toBe("pool_1");
    await page.keyboard.press("Escape");
    await expect(page.locator("#layer-list")).toBeHidden();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("layer-summary");
  });
  await test.step("draws and reads values", async () => {
    await page.locator("#pad").focus();
    await page.keyboard.press("Delete");
    await expect(page.locator("#top-label")).toHaveText("Draw something");
    for (let i = 0; i < 8; i++) await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Space");
    for (let i = 0; i < 16; i++) await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Space");
    await expect(page.locator("#top-label")).toHaveText("1");
    const panel = page.locator(".panel", { has: page.getByText("conv_1", { exact: true }) });
    await panel.locator("canvas").focus();
    await page.keyboard.press("ArrowRight");
    await expect(panel.locator(".readout")).toContainText("channel 0 · y 0 · x 0 · ");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Shift+ArrowRight");
    await expect(panel.locator(".readout")).toContainText("channel 1 · y 1 · x 1 · ");
    await page.keyboard.press("Escape");
    await expect(panel.locator(".readout")).toHaveText("");
  });
});

test("takes a dropped picture and a dropped video", async ({ warmPage: page }) => {
  await openPage(page);
  await test.step("the picture", async () => {
    const bytes = await page.evaluate(async () => {
      const canvas = new OffscreenCanvas(60, 40);
      const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
      context.fillStyle = "#ff0000";
      context.fillRect(0, 0, 60, 40);
      return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())];
    });
    await dropFile(page, "red.png", "image/png", bytes);
    await expect(page.locator("#preview canvas")).toBeVisible();
    // Red is 0.299 of white.
    await expect.poll(async () => (await readValue(page, "input_layer"))[0]).toBeCloseTo(0.299, 2);
  });
  await test.step("the video plays, and goes on step by step while paused", async () => {
    const bytes = await page.evaluate(async () => {
      const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 64 });
      const context = canvas.getContext("2d") as CanvasRenderingContext2D;
      const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: "video/webm" });
      const chunks: Blob[] = [];
      recorder.addEventListener("dataavailable", ({ data }) => chunks.push(data));
      const stopped = new Promise((resolve) => recorder.addEventListener("stop", resolve));
      recorder.start(100);
      // A busy machine may be late to encode the first frame: 25 are drawn from then on.
      for (let i = 0, recorded = 0; recorded < 25; i++) {
        context.fillStyle = i % 2 ? "#fff" : "#888";
        context.fillRect(0, 0, 64, 64);
        await new Promise((resolve) => requestAnimationFrame(resolve));
        if (chunks.some(({ size }) => size > 0)) recorded++;
      }
      recorder.stop();
      await stopped;
      return [...new Uint8Array(await new Blob(chunks).arrayBuffer())];
    });
    await dropFile(page, "flicker.webm", "video/webm", bytes);
    await expect(page.locator("#preview video")).toBeVisible();
    for (const isLooping of [false, true]) {
      await page.getByRole("checkbox", { name: "Loop" }).setChecked(isLooping);
      expect(await page.locator("#preview video").evaluate((video: HTMLVideoElement) => video.loop)).toBe(isLooping);
    }
    await expect.poll(async () => (await readValue(page, "input_layer"))[400]).toBeGreaterThan(0.4);
    await page.click("#pause");
    expect(await page.locator("#preview video").evaluate((video: HTMLVideoElement) => video.paused)).toBe(true);
    const time = await page.locator("#preview video").evaluate((video: HTMLVideoElement) => video.currentTime);
    await page.click("#step");
    await expect.poll(() => page.locator("#preview video").evaluate((video: HTMLVideoElement) => video.currentTime)).not.toBe(time);
  });
});

test("compares two checkpoints in the same tiles, and shows nothing old as new when the network changes", async ({ warmPage: page }) => {
  await openPage(page);
  await test.step("compares", async () => {
    await page.selectOption("#compare", "mnist-blank");
    await expect(page.locator("#compared-bars")).toBeVisible();
    await expect(page.locator("#compared-bars li")).toHaveCount(10);
    const { data } = await readMosaic(page, "conv_1");
    const hues = { magenta: 0, green: 0, other: 0 };
    for (let i = 0; i < data.length; i += 4) {
      const [r, g, b] = data.slice(i, i + 3) as [number, number, number];
      if (Math.abs(r - b) > 1) hues.other++;
      if (r > g + 40) hues.magenta++;
      if (g > r + 40) hues.green++;
    }
    expect(hues.other).toBe(0);
    expect(hues.magenta).toBeGreaterThan(100);
    expect(hues.green).toBeGreaterThan(100);
    // Other colours, and one range for both, where they say something.
    await page.selectOption("#compare-colors", "red-green");
    await expect(page.locator("conv-cam .compare-key")).toContainText("red:");
    await page.selectOption("#compare-as", "side");
    await expect(page.locator("#compare-colors")).toBeHidden();
    await page.selectOption("#compare-range", "common");
    await expect(page.locator("conv-cam .compare-key")).toContainText("Both have one range");
    await page.selectOption("#compare-as", "difference");
    await expect(page.locator("#compare-range")).toBeHidden();
    await page.selectOption("#compare", "");
    await expect(page.locator("#compare-as")).toBeHidden();
    await expect(page.locator("conv-cam")).not.toHaveAttribute("compare-range");
  });
  await test.step("changes the network", async () => {
    let send = () => {};
    const asked = new Promise<void>((resolve) => {
      send = resolve;
    });
    await page.route("**/mnist-early*.onnx", async (route) => {
      await asked;
      await route.continue();
    });
    await page.selectOption("#network", "mnist-early");
    await expect(page.locator("#answer")).toBeHidden();
    send();
    await expect(page.locator("#answer")).toBeVisible();
    await page.selectOption("#network", "mnist-blank");
    await expect(page.locator("#top-label")).toHaveText("Not trained");
    await expect(page.locator("#top-share")).toBeEmpty();
    await expect(page.locator("#bars .top")).toHaveCount(0);
  });
});

test("chooses layers, range and colours", async ({ warmPage: page }) => {
  await openPage(page);
  await page.click("#layer-summary");
  await page.locator("#layer-list input[value=pool_1]").uncheck();
  await expect(page.locator("conv-cam .panel")).toHaveCount(6);
  await page.keyboard.press("Escape");
  await page.selectOption("#normalize", "all");
  await expect(page.locator("#normalize option:checked")).toHaveText(/^0 to [\d.]+$/);
  // A colour is the same number in each.
  await expect.poll(async () => new Set((await page.locator("conv-cam .panel .high").allTextContents()).filter(Boolean)).size).toBe(1);
  await page.selectOption("#normalize", "channel");
  await expect(page.locator("conv-cam .panel .scope").nth(1)).toHaveText("each channel");
  await page.selectOption("#colors", "gray");
  const isGray = async () => {
    const { data } = await readMosaic(page, "conv_1");
    return data.every((level, i) => i % 4 === 3 || level === data[i - (i % 4)]);
  };
  await expect.poll(isGray).toBe(true);
  const brightness = async () => (await readMosaic(page, "conv_1")).data.reduce((sum, level) => sum + level, 0);
  const before = await brightness();
  await page.locator("#brightness").fill("1");
  await expect(page.locator("conv-cam")).toHaveAttribute("gamma", "0.5");
  await expect.poll(brightness).toBeGreaterThan(before);
  await expect.poll(() => page.evaluate(() => location.hash)).toContain("gamma=0.5");
  await page.locator("#brightness").dblclick({ position: { x: 4, y: 4 } });
  await expect(page.locator("conv-cam")).not.toHaveAttribute("gamma");
  await expect(page.locator("#brightness")).toHaveValue("0");
});

test("watches the camera after a click, and stops when paused", async ({ warmPage: page }) => {
  await openPage(page);
  await page.click("#camera");
  await expect(page.locator("#preview video")).toBeVisible();
  await expect(page.locator("#speed")).toHaveText(/fps/);
  const bytes = () => page.evaluate(() => (document.querySelector("conv-cam") as ConvCam).viewer?.device.allocatedBytes);
  const before = await bytes();
  await page.waitForFunction(
    () =>
      new Promise((resolve) => {
        let frames = 0;
        document.querySelector("conv-cam")?.addEventListener("frame", () => ++frames === 20 && resolve(true));
      }),
  );
  expect(await bytes()).toBe(before);
  await page.click("#pause");
  await page.waitForFunction(() => (document.querySelector("conv-cam") as ConvCam).viewer?.framesInFlight === 0);
  // The preview holds with what the network sees, and goes on with it by one picture.
  const preview = () => page.locator("#preview video").evaluate(({ paused, currentTime }: HTMLVideoElement) => ({ paused, currentTime }));
  await expect.poll(async () => (await preview()).paused).toBe(true);
  const { currentTime } = await preview();
  await page.click("#step");
  await expect.poll(async () => (await preview()).currentTime).toBeGreaterThan(currentTime);
  await expect.poll(async () => (await preview()).paused).toBe(true);
  await page.click("#pause");
  await expect.poll(async () => (await preview()).paused).toBe(false);
  await page.click("#pause");
  await page.waitForFunction(() => (document.querySelector("conv-cam") as ConvCam).viewer?.framesInFlight === 0);
  const first = await readValue(page, "input_layer");
  expect(Math.max(...first)).toBeGreaterThan(0.1);
  await page.click("#draw");
});

test("finds patterns for a layer by the keyboard, tells what channels are, and lets them go with the network", async ({
  warmPage: page,
}) => {
  await openPage(page);
  await page.setViewportSize({ width: 360, height: 780 });
  await page.locator("#patterns").press("Enter");
  await expect(page.locator("#patterns-layer")).toHaveValue(/^conv_/);
  await expect(page.locator("#patterns-channels")).toHaveValue("0-15");
  const part = page.locator("conv-cam .patterns");
  await page.fill("#patterns-channels", "all");
  await page.locator("#patterns-channels").press("Enter");
  await expect(page.locator("#patterns-channels:invalid")).toBeFocused();
  await expect(part).toHaveCount(0);
  await page.fill("#patterns-channels", "0-2");
  await page.selectOption("#patterns-preset", "chollet");
  await page.selectOption("#patterns-size", "48");
  await page.locator("#patterns-channels").press("Enter");
  await expect(part.locator(".patterns-status")).toHaveText("Done: 30 steps.", { timeout: 60_000 });
  await expect(page.locator("#layers")).toHaveAttribute("pattern-size", "48");
  await expect(part).toContainText("It does not show all that does, nor what a channel is for.");
  const tiles = part.locator(".pattern-tiles");
  await tiles.press("ArrowRight");
  await tiles.press("ArrowRight");
  await expect(part.locator(".patterns-readout")).toHaveText(/^channel 1 · answered \d/);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await expect(page.locator("#patterns-start")).toHaveText("Start anew");
  await page.selectOption("#patterns-preset", "lucid");
  await expect(page.locator("#layers")).toHaveAttribute("pattern-preset", "lucid");
  await expect(part.locator(".patterns-count")).toHaveText(/of 512$/, { timeout: 60_000 });
  await page.fill("#patterns-channels", "0-99");
  await page.locator("#patterns-seed").focus();
  await expect(page.locator("#patterns-channels:invalid")).toBeAttached();
  await expect(page.locator("#layers")).toHaveAttribute("pattern-channels", "0-2");
  // Ranges are told of what is on the screen.
  await page.setViewportSize({ width: 1280, height: 1600 });
  await page.selectOption("#network", "tiny-vgg");
  await expect(page.locator("conv-cam .panel .name").nth(1)).toHaveText(/conv_1_1|relu_1_1/);
  await expect(page.locator("conv-cam .panel").nth(1).locator(".high")).not.toBeEmpty();
  await expect(page.locator("#about")).toContainText("random");
  await expect(page.locator("#patterns-layer option").first()).toHaveText(/_1_1/);
  await expect(part).toBeHidden();
  await expect(page.locator("conv-cam")).not.toHaveAttribute("patterns");
  await expect(page.locator("#patterns-start")).toHaveText("Start");
});

test("runs in a worker where the address says so", async ({ page }) => {
  await openPage(page, "?worker");
  expect(page.workers()).toHaveLength(1);
  await page.click("#clear");
  await drawOne(page);
  await expect(page.locator("#top-label")).toHaveText("1");
  await page.click("#camera");
  await expect(page.locator("#speed")).toHaveText(/fps/);
  await page.click("#draw");
  // Ranges are told of what is on the screen.
  await page.setViewportSize({ width: 1280, height: 1600 });
  await page.selectOption("#network", "tiny-vgg");
  await expect(page.locator("conv-cam .panel .name").nth(1)).toHaveText(/conv_1_1|relu_1_1/);
  await expect(page.locator("conv-cam .panel").nth(1).locator(".high")).not.toBeEmpty();
  await expect(page.locator("#adapter")).toContainText(/swiftshader/i);
});

test("recovers from a lost GPU", async ({ page }) => {
  await openPage(page);
  await page.evaluate(() => {
    const element = document.querySelector("conv-cam") as ConvCam;
    element.addEventListener("load", () => element.setAttribute("data-again", ""));
    element.viewer?.device.gpu.destroy();
  });
  await expect(page.locator("conv-cam[data-again]")).toBeAttached();
  await expect.poll(async () => Math.max(...(await readValue(page, "output_layer")))).toBeGreaterThan(0.9);
});

test("brings the explanation into view at once, and not back to a visitor who goes elsewhere while it is prepared", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 500 });
  // Nothing scrolls on by itself.
  await page.emulateMedia({ reducedMotion: "reduce" });
  await openPage(page);
  // The explanation's pipelines wait until the test lets them go.
  await page.evaluate(() => {
    const { createComputePipelineAsync } = GPUDevice.prototype;
    const released = new Promise<void>((resolve) => Object.assign(window, { release: resolve }));
    GPUDevice.prototype.createComputePipelineAsync = async function (this: GPUDevice, descriptor) {
      await released;
      return createComputePipelineAsync.call(this, descriptor);
    };
  });
  const part = page.locator(".why");
  await page.getByRole("button", { name: "Why?" }).click();
  await expect(part).toHaveClass(/\bpending\b/);
  await expect(part).toBeInViewport();
  await page.mouse.wheel(0, -10_000);
  await expect(part).not.toBeInViewport();
  await page.evaluate(() => (window as unknown as { release(): void }).release());
  await expect(page.locator(".why-title")).toHaveText("Why 3?");
  await page.locator("#layers").evaluate((viewer) => (viewer as ConvCam).updateComplete);
  await expect(part).not.toBeInViewport();
});

test("says why: by a method, a layer and a class, and of another network by its own", async ({ warmPage: page }) => {
  await openPage(page);
  const button = page.getByRole("button", { name: "Why?" });
  await button.focus();
  await page.keyboard.press("Enter");
  await expect(page.locator(".why-title")).toHaveText("Why 3?");
  await expect(page.locator(".why-detail")).toContainText("Grad-CAM by");
  await page.click("#clear");
  await expect(page.locator(".why-title")).toHaveText("Why?");
  await expect(page.locator(".why-detail")).toBeEmpty();
  await page.click("#redraw");
  await expect(page.locator(".why-title")).toHaveText("Why 3?");
  await page.locator("#why-class").selectOption("8");
  await expect(page.locator(".why-title")).toHaveText("Why 8?");
  await page.locator("#bars").getByRole("option").nth(5).click();
  await expect(page.locator(".why-title")).toHaveText("Why 5?");
  await expect(page.locator("#why-class")).toHaveValue("5");
  await page.locator("#why-layer").selectOption("conv_1");
  await expect(page.locator(".why-detail")).toContainText("Grad-CAM by conv_1 · the class chosen");
  await page.locator("#why-opacity").fill("0.9");
  await expect(page.locator("#layers")).toHaveAttribute("overlay", "0.9");
  await page.locator("#why-against").selectOption("3");
  await expect(page.locator(".why-title")).toHaveText("Why 5 rather than 3?");
  await page.locator("#why-alone").press("Space");
  await expect(page.locator("#layers")).toHaveAttribute("overlay", "alone");
  await expect(page.locator("#why-opacity")).toBeDisabled();
  // A list that may be open stays as it is where something fails.
  const listed = await page.locator("#why-layer option").last().elementHandle();
  await page.locator("#layers").evaluate((viewer) => viewer.setAttribute("overlay", "2"));
  await expect(page.locator(".why-trouble")).toContainText("overlay '2'");
  expect(await listed?.evaluate((option) => option.isConnected)).toBe(true);
  await page.locator("#layers").evaluate((viewer) => viewer.setAttribute("overlay", "alone"));
  await expect(page.locator(".why-title")).toHaveText("Why 5 rather than 3?");
  await page.locator("#why-layer").selectOption("all");
  await expect(page.locator(".why-name")).toHaveText(["conv_1", "conv_2"]);
  await expect(page.locator(".why-title")).toHaveText("Why 5 rather than 3?");
  await page.locator(".why-tile").nth(1).press("Enter");
  await expect(page.locator(".why-detail")).toContainText("Grad-CAM by conv_2");
  await expect(page.locator("#why-layer")).toHaveValue("conv_2");

  await page.selectOption("#network", "mnist-early");
  await expect(page.locator(".why-detail")).toContainText("· the top class · probability");
  for (const choice of ["#why-class", "#why-against", "#why-layer"]) await expect(page.locator(choice)).toHaveValue("");
  await page.locator("#why-method").selectOption("gradient");
  await expect(page.locator(".why-detail")).toContainText("Gradient by input_layer");
  await expect(page.locator(".why-limit")).not.toBeEmpty();

  // A network without classes leaves nothing of those before to choose from.
  await dropFile(page, "maps.onnx", "", [...encodeModel(graphOf({ inputs: { x: [1, 1, 8, 8] }, nodes: [op("Relu", "x", "y")] }))]);
  await expect(page.locator(".why-trouble")).toContainText("This network gives no scores of classes");
  for (const choice of ["#why-class", "#why-against"]) await expect(page.locator(`${choice} option`)).toHaveCount(1);

  await page.setViewportSize({ width: 360, height: 740 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  await button.click();
  await expect(button).toHaveAttribute("aria-expanded", "false");
  await expect(page.locator(".why")).toBeHidden();
});
