// What somebody meets who sees the page for the first time: what is offered works or says why not, and what is said is of what is shown.
import { expect, type Page } from "@playwright/test";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import type { ConvCam } from "../../src/ui/element.ts";
import { graphOf, noise, op } from "../support/graphs.ts";
import { test } from "../support/warm-page.ts";
import { dropFile, openPage, readValue } from "./page.ts";

const hash = (page: Page) => page.evaluate(() => location.hash);

for (const [address, target] of [
  ["/", "layers"],
  ["/learn.html", "article"],
  ["/examples.html", "examples"],
  ["/train.html", "learner"],
] as const)
  test(`${address}: the link past the beginning leads the focus there, and leaves the address as it is`, async ({ warmPage: page }) => {
    if (address === "/") await openPage(page, "#view=layer&layer=conv_1");
    else await page.goto(address);
    await page.locator(`#${target}`).waitFor();
    const before = await hash(page);
    await page.locator("a.skip").focus();
    await page.keyboard.press("Enter");
    await expect(page.locator(`#${target}`)).toBeFocused();
    expect(await hash(page)).toBe(before);
    if (address !== "/") return;
    await page.keyboard.press("Tab");
    // The next Tab is inside, and a later change is written without the place.
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("layers");
    await page.selectOption("#colors", "gray");
    await expect.poll(() => hash(page)).toBe("#view=layer&layer=conv_1&colors=gray");
  });

test("two networks in two colours leave other colours and brightness no room, which is said, until they are shown otherwise", async ({
  warmPage: page,
}) => {
  await openPage(page);
  const looks = [page.locator("#colors"), page.locator("#brightness")];
  await page.selectOption("#compare", "mnist-early");
  for (const look of looks) {
    await expect(look).toBeDisabled();
    await expect(look).toHaveAttribute("title", /two colours/);
  }
  await page.selectOption("#compare-as", "side");
  for (const look of looks) await expect(look).toBeEnabled();
  await page.selectOption("#compare-as", "colors");
  for (const look of looks) await expect(look).toBeDisabled();
  await page.selectOption("#compare", "");
  for (const look of looks) {
    await expect(look).toBeEnabled();
    await expect(look).not.toHaveAttribute("title", /two colours/);
  }
  await expect(page.locator("#brightness")).toHaveAttribute("title", /Brightens/);
});

test("opens a picture as the input that says no type of itself: dropped, pasted, or chosen", async ({ warmPage: page }) => {
  await openPage(page);
  const pictureOf = (type: string, color: string) =>
    page.evaluate(
      async ([wanted, fill]) => {
        const canvas = new OffscreenCanvas(40, 40);
        const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
        context.fillStyle = fill as string;
        context.fillRect(0, 0, 40, 40);
        return [...new Uint8Array(await (await canvas.convertToBlob({ type: wanted as string })).arrayBuffer())];
      },
      [type, color] as const,
    );
  const first = async () => (await readValue(page, "input_layer"))[0];
  await dropFile(page, "goldfish.jpg", "", await pictureOf("image/jpeg", "#ff0000"));
  // Red is 0.299 of white.
  await expect.poll(first).toBeCloseTo(0.299, 1);
  await expect(page.locator("#preview canvas")).toBeVisible();
  const png = await pictureOf("image/png", "#ffffff");
  await page.evaluate((bytes) => {
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([new Uint8Array(bytes)], "picture"));
    document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
  }, png);
  await expect.poll(first).toBeCloseTo(1, 1);
  const green = Buffer.from(await pictureOf("image/webp", "#00ff00"));
  await page.setInputFiles("#model-file", { name: "picture", mimeType: "application/octet-stream", buffer: green });
  await expect.poll(first).toBeCloseTo(0.587, 1);
  await expect(page.locator("conv-cam .problem")).toHaveCount(0);
  await expect(page.locator("#network")).toHaveValue("mnist-trained");
});

for (const [width, height] of [
  [1280, 900],
  [360, 740],
] as const)
  test(`what is chosen in a list can be read, in a window of ${width} pixels`, async ({ warmPage: page }) => {
    await page.setViewportSize({ width, height });
    await openPage(page);
    for (const name of ["network", "compare"]) {
      const cut = await page.locator(`#${name}`).evaluate((select: HTMLSelectElement) => {
        const context = document.createElement("canvas").getContext("2d") as CanvasRenderingContext2D;
        const { font, paddingLeft, paddingRight } = getComputedStyle(select);
        context.font = font;
        // The arrow takes its room, too.
        const room = select.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight) - 16;
        return Array.from(select.options, ({ text }) => text).filter(
          (text) => /MNIST|twin/.test(text) && context.measureText(text).width > room,
        );
      });
      expect(cut).toEqual([]);
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  });

test("checkpoints begin with the one that is shown, and what is said of another says whose it is", async ({ warmPage: page }) => {
  await openPage(page);
  const about = page.locator("#about");
  await expect(about).toHaveText(/^[\d,]+ parameters\. Reads 99/);
  await page.click("#checkpoints");
  const slider = page.getByRole("slider", { name: "Checkpoint" });
  await expect(slider).toHaveValue("3");
  await expect(page.locator("conv-cam .checkpoints-said")).toContainText("mnist-trained");
  await expect(page.locator("#top-label")).toHaveText("3");
  await slider.fill("0");
  await expect(page.locator("#top-label")).toHaveText("Not trained");
  await expect(about).toHaveText(/^MNIST digits, blank: [\d,]+ parameters\. Reads 9/);
  await page.click("#checkpoints");
  await expect(page.locator("#top-label")).toHaveText("3");
  await expect(about).toHaveText(/^[\d,]+ parameters\. Reads 99/);
});

test("a network that has said that it has no classes is asked no more", async ({ warmPage: page }) => {
  const graph = graphOf({
    inputs: { x: [1, 3, 16, 16] },
    constants: { w: noise([4, 3, 3, 3], 1) },
    nodes: [op("Conv", "x w", "maps"), op("Relu", "maps", "mask")],
  });
  await openPage(page);
  await dropFile(page, "mask.onnx", "", [...encodeModel(graph)]);
  await expect(page.locator("#about")).toContainText("mask.onnx");
  const element = page.locator("conv-cam");
  const asked = await element.evaluateHandle((one: ConvCam) => {
    const kinds: string[] = [];
    const { ask } = one;
    one.ask = ((query) => {
      kinds.push(query.kind);
      return ask.call(one, query);
    }) as typeof ask;
    return kinds;
  });
  await page.getByRole("button", { name: "Why?" }).click();
  const countAsked = () => asked.evaluate((kinds) => kinds.filter((kind) => kind === "scores").length);
  await expect.poll(countAsked).toBeGreaterThan(0);
  // Whatever was asked before this is answered, too.
  await element.evaluate((one: ConvCam) => one.ask({ kind: "scores" }));
  const before = await countAsked();
  for (const layer of ["nothing", "no-layer", "none"])
    await element.evaluate(async (one: ConvCam, name) => {
      const told = new Promise((resolve) => one.addEventListener("error", resolve, { once: true }));
      one.explainLayer = name;
      await told;
    }, layer);
  expect(await countAsked()).toBe(before);
});

test("numbers that may be anything are explained once one of them is chosen, as the page itself says", async ({ warmPage: page }) => {
  const graph = graphOf({
    inputs: { x: [1, 3, 16, 16] },
    constants: { w: noise([4, 3, 3, 3], 1), m: noise([4, 6], 2) },
    nodes: [
      op("Conv", "x w", "maps"),
      op("Relu", "maps", "relu"),
      op("GlobalAveragePool", "relu", "mean"),
      op("Flatten", "mean", "flat"),
      op("MatMul", "flat m", "embedding"),
      // The first output holds whole numbers, and is no answer.
      op("ArgMax", "embedding", "best", { axis: 1 }),
    ],
    outputs: ["best", "embedding"],
  });
  await openPage(page);
  await dropFile(page, "numbers.onnx", "", [...encodeModel(graph)]);
  await expect(page.locator("#about")).toContainText("numbers.onnx");
  await page.getByRole("button", { name: "Why?" }).click();
  const why = page.locator("conv-cam .why");
  await expect(why).toContainText("Choose which of them is explained as the class, by its number from 0 on.");
  await expect(page.locator("#why-class option")).toHaveCount(7);
  await page.selectOption("#why-class", "2");
  await expect(why).not.toContainText("Choose which of them");
  await expect(why.locator("canvas").first()).toBeVisible();
});
