// The address holds what is shown: a link shows the same again, and the browser's Back leads out.
import { expect, type Page } from "@playwright/test";
import type { ConvCam } from "../../src/ui/element.ts";
import { test } from "../support/warm-page.ts";
import { pixelsNetwork } from "./networks.ts";
import { openPage, readValue } from "./page.ts";

const crumb = (page: Page) => page.locator("conv-cam .crumbs [aria-current]");
const hash = (page: Page) => page.evaluate(() => decodeURIComponent(location.hash));

test("goes into a channel, silences it, and back step by step; a reload shows the same", async ({ warmPage: page }) => {
  await openPage(page);
  expect(await hash(page)).toBe("");
  const canvas = page.locator("conv-cam .panel", { hasText: "conv_1" }).locator("canvas");
  await canvas.click({ position: { x: 20, y: 20 } });
  await expect(crumb(page)).toHaveText("conv_1");
  await expect.poll(() => hash(page)).toBe("#view=layer&layer=conv_1");
  await page.locator("conv-cam .large canvas").click({ position: { x: 20, y: 20 } });
  await expect(crumb(page)).toHaveText("channel 0");
  await expect.poll(() => hash(page)).toContain("channel=0");
  await page.locator("conv-cam").getByRole("button", { name: "Silence" }).click();
  await expect.poll(() => hash(page)).toContain('gates=[{"value":"conv_1","channel":0,"scale":0}]');

  await page.reload();
  await expect(page.locator("#top-share")).toHaveText(/%/);
  await expect(crumb(page)).toHaveText("channel 0");
  const silence = page.locator("conv-cam").getByRole("button", { name: "Silence" });
  await expect(silence).toHaveAttribute("aria-pressed", "true");

  await page.goBack();
  await expect(silence).toHaveAttribute("aria-pressed", "false");
  await expect(crumb(page)).toHaveText("channel 0");
  await page.goBack();
  await expect(crumb(page)).toHaveText("conv_1");
  await page.goBack();
  await expect(crumb(page)).toHaveCount(0);
  await expect.poll(() => hash(page)).toBe("");
  await page.goForward();
  await expect(crumb(page)).toHaveText("conv_1");
});

test("opens a network, a comparison, a range and a place by address; says what is not there", async ({ warmPage: page }) => {
  await openPage(page, "#network=mnist-early&compare=mnist-trained&range=channel&view=layer&layer=pool_1");
  await expect(crumb(page)).toHaveText("pool_1");
  await expect(page.locator("#network")).toHaveValue("mnist-early");
  await expect(page.locator("#compare")).toHaveValue("mnist-trained");
  await expect(page.locator("#normalize")).toHaveValue("channel");
  await expect(page.locator("#compared-bars")).toBeVisible();
  await page.selectOption("#network", "mnist-middle");
  await expect.poll(() => hash(page)).toContain("network=mnist-middle");
  await expect(crumb(page)).toHaveCount(0);
  await page.goBack();
  await expect(crumb(page)).toHaveText("pool_1");
  await expect(page.locator("#network")).toHaveValue("mnist-early");
  await expect(page.locator("#compare")).toHaveValue("mnist-trained");
  await page.goto("/#network=nobody");
  await expect(page.locator("#about")).toContainText("There is no network 'nobody' here");
});

test("an address that explains opens Why with its choices, and Back closes it", async ({ warmPage: page }) => {
  await openPage(page);
  await page.goto("/#explain=gradient&explainClass=8&explainLayer=conv_1&overlay=0.25");
  await expect(page.locator(".why-title")).toHaveText("Why 8?");
  const button = page.getByRole("button", { name: "Why?" });
  await expect(button).toHaveAttribute("aria-expanded", "true");
  for (const [id, value] of Object.entries({ method: "gradient", class: "8", layer: "conv_1", opacity: "0.25" }))
    await expect(page.locator(`#why-${id}`), id).toHaveValue(value);
  await page.goBack();
  await expect(page.locator(".why")).toBeHidden();
  await expect(button).toHaveAttribute("aria-expanded", "false");
  await expect(page.locator("#why-controls")).toBeHidden();
});

test("an answer that is one number is explained by its name, and has no classes to choose from", async ({ warmPage: page }) => {
  await page.goto("/#network=driver-trained&input=road&explain=grad-cam");
  await expect(page.locator(".why-title")).toHaveText("Why steering?");
  await expect(page.locator(".why-detail")).toHaveText("Grad-CAM by steering_conv_4 · one number, no class");
  await expect(page.locator(".why-seen")).toContainText("speak for a larger steering");
  await expect(page.locator("#why-class option")).toHaveText(["steering"]);
  await expect(page.locator("#why-against option")).toHaveText(["No other"]);
});

test("an address with patterns opens their part with its choices, and they grow", async ({ warmPage: page }) => {
  await openPage(page);
  await page.goto("/#patterns=conv_1&patternChannels=1,2&patternPreset=chollet&patternSize=40&patternSeed=3&patternSteps=1");
  const button = page.getByRole("button", { name: "Patterns" });
  await expect(button).toHaveAttribute("aria-expanded", "true");
  for (const [id, value] of Object.entries({ layer: "conv_1", channels: "1,2", preset: "chollet", size: "40", seed: "3" }))
    await expect(page.locator(`#patterns-${id}`), id).toHaveValue(value);
  await expect(page.locator("conv-cam .patterns-status")).toHaveText(/^Done: 1 step/);
  await expect(page.locator("#patterns-start")).toHaveText("Start anew");
});

/** A server of networks: one that lets other pages read it, and one that does not. */
async function serveNetworks(page: Page): Promise<{ mend(): void }> {
  let isOpen = false;
  const body = Buffer.from(pixelsNetwork("{0: 'red', 1: 'green', 2: 'blue'}"));
  const headers = { "access-control-allow-origin": "*" };
  await page.route("https://open.example/**", (route) => route.fulfill({ body, headers }));
  await page.route("https://closed.example/**", (route) => (isOpen ? route.fulfill({ body, headers }) : route.abort()));
  return {
    mend() {
      isOpen = true;
    },
  };
}

const told = (page: Page) => page.evaluate(() => (document.querySelector("conv-cam") as ConvCam).preparation);

test("opens a network by its address, by keyboard, with its preparation guessed; the link, a reload and Back keep it", async ({
  warmPage: page,
}) => {
  await serveNetworks(page);
  await openPage(page);
  await page.locator("#open-summary").press("Enter");
  const field = page.getByLabel("Address of an .onnx file");
  await expect(field).toBeFocused();
  await field.fill("javascript:alert(1)");
  await field.press("Enter");
  expect(await field.evaluate((input: HTMLInputElement) => input.validationMessage)).toContain("is no address of a network");
  await field.fill("https://open.example/nets/pixels.onnx");
  await field.press("Enter");
  await expect(field).toBeHidden();
  await expect(page.locator("#network option:checked")).toHaveText("pixels.onnx");
  await expect(page.locator("#about")).toHaveText("pixels.onnx from open.example. What it looks at stays on this machine.");
  await expect(page.locator("#prepared-text")).toHaveText("8 × 8, RGB, 0 … 255, guessed");
  await expect(page.locator("#names-source")).toHaveText("3 names of classes from the network's file");
  await expect.poll(() => hash(page)).toBe("#src=https://open.example/nets/pixels.onnx");
  expect(await page.locator("#measure").getAttribute("href")).toBe(
    `bench.html?${new URLSearchParams({ src: "https://open.example/nets/pixels.onnx" })}`,
  );

  await page.reload();
  await expect(page.locator("#prepared-text")).toHaveText("8 × 8, RGB, 0 … 255, guessed");
  await page.selectOption("#network", "mnist-early");
  await expect.poll(() => hash(page)).toBe("#network=mnist-early");
  await expect(page.locator("#prepared-text")).toHaveText("28 × 28, gray, 0 … 1");
  await page.goBack();
  await expect(page.locator("#prepared-text")).toHaveText("8 × 8, RGB, 0 … 255, guessed");
  await expect(page.locator("#network option:checked")).toHaveText("pixels.onnx");
  await page.goBack();
  await expect(page.locator("#network")).toHaveValue("mnist-trained");
});

test("says why a network at an address cannot be read, until it can", async ({ warmPage: page }) => {
  const { mend } = await serveNetworks(page);
  await page.goto("/#src=https://closed.example/pixels.onnx");
  const problem = page.locator("conv-cam .problem");
  await expect(problem).toContainText("closed.example does not answer, or does not let other pages read its files (CORS)");
  await page.click("#clear");
  await expect(problem).toContainText("Save the file, and open it");
  await expect.poll(() => hash(page)).toContain("#src=https://closed.example/pixels.onnx");
  mend();
  await page.reload();
  await expect(page.locator("#prepared-text")).toHaveText("8 × 8, RGB, 0 … 255, guessed");
  await expect(problem).toHaveCount(0);
});

test("reads network, picture, place and attributes behind the ?, and writes them behind the #", async ({ warmPage: page }) => {
  await serveNetworks(page);
  const query = new URLSearchParams({ src: "https://open.example/pixels.onnx", input: "checkerboard", view: "layer", layer: "centred" });
  await page.goto(`/?${query}&normalize=channel&scale=1&mean=7`);
  await expect(crumb(page)).toHaveText("centred");
  await expect(page.locator("#normalize")).toHaveValue("channel");
  await expect(page.locator("#prepared-text")).toContainText("as you chose");
  await expect(page.getByRole("button", { name: "Checkerboard" })).toHaveAttribute("aria-pressed", "true");
  // Each square is an element of 8 × 8: black and white, less 7.
  await expect.poll(async () => new Set((await readValue(page, "pixels")).map(Math.round))).toEqual(new Set([-7, 248]));
  await expect.poll(() => hash(page)).toMatch(/^#src=https:\/\/open.example\/pixels.onnx&view=layer&.*input=checkerboard$/);
  expect(await told(page)).toEqual({ scale: 1, mean: [7] });
  expect(new URL(page.url()).search).toBe("");
});

/** Presses, moves and lets go over the pad, in shares of its side. */
async function draw(page: Page, ...points: readonly (readonly [number, number])[]): Promise<void> {
  const box = (await page.locator("#pad").boundingBox()) as { x: number; y: number; width: number; height: number };
  for (const [i, [y, x]] of points.entries()) {
    await page.mouse.move(box.x + box.width * x, box.y + box.height * y, { steps: 12 });
    if (i === 0) await page.mouse.down();
  }
  await page.mouse.up();
}

test("a link shows the drawing that it was made for, and Back the one before", async ({ warmPage: page }) => {
  await openPage(page);
  await page.click("#clear");
  await draw(page, [0.2, 0.25], [0.2, 0.75], [0.85, 0.4]);
  await expect(page.locator("#top-label")).toHaveText("7");
  await expect.poll(() => hash(page)).toMatch(/^#input=drawing:[\w-]{20,}$/);
  const [link, seen, share] = [page.url(), await readValue(page, "input_layer"), await page.locator("#top-share").textContent()];
  expect(link.length).toBeLessThan(1100);

  await page.reload();
  await expect(page.locator("#top-label")).toHaveText("7");
  await expect
    .poll(async () => Math.abs(parseFloat((await page.locator("#top-share").textContent()) ?? "") - parseFloat(share ?? "")))
    .toBeLessThan(2);
  const received = await readValue(page, "input_layer");
  expect(Math.max(...seen.map((level, i) => Math.abs(level - (received[i] ?? 0))))).toBeLessThan(0.2);
  expect(page.url()).toBe(link);

  await page.click("#pick");
  await expect.poll(() => hash(page)).toBe("#input=shapes");
  await page.goBack();
  await expect(page.locator("#pad")).toBeVisible();
  await expect(page.locator("#top-label")).toHaveText("7");
  await page.click("#redraw");
  await expect.poll(() => hash(page)).toBe("");
  await page.goBack();
  await expect(page.locator("#top-label")).toHaveText("7");
});

test("a link holds what the gallery, an address or the camera shows, and says what it does not hold", async ({ warmPage: page }) => {
  await page.route("https://open.example/**", (route) =>
    route.fulfill({ path: "models/digit.png", headers: { "access-control-allow-origin": "*" } }),
  );
  await page.goto("/#input=photo-coffee");
  await expect(page.getByRole("button", { name: /^Coffee/ })).toHaveAttribute("aria-pressed", "true");
  await expect(page.locator("#preview canvas")).toBeVisible();
  await page.getByRole("button", { name: /^Road/ }).click();
  await expect.poll(() => hash(page)).toBe("#input=road");
  await page.locator("#picture-address").fill("https://open.example/digit.png");
  await page.locator("#picture-address").press("Enter");
  await expect.poll(() => hash(page)).toBe("#input=https://open.example/digit.png");
  await page.reload();
  await expect(page.locator("#top-label")).toHaveText("3");
  await expect(page.locator("#preview canvas")).toBeVisible();
  await page.click("#camera");
  await expect.poll(() => hash(page)).toBe("#input=camera");
  await page.goBack();
  await expect(page.locator("#preview canvas")).toBeVisible();
  await page.goForward();
  await expect(page.locator("#preview video")).toBeVisible();

  await page.locator("#picture-file").setInputFiles("models/digit.png");
  await expect.poll(() => hash(page)).toBe("#input=file");
  await page.click("#share");
  await expect(page.locator("#share-note")).toContainText("The picture is one that a link does not hold");
  await page.keyboard.press("Escape");
  await page.click("#draw");
  await expect.poll(() => hash(page)).toBe("");
  await page.goBack();
  await expect(page.locator("#preview canvas")).toBeVisible();
  await page.reload();
  await expect(page.locator("#input-problem")).toContainText("This address is of a picture that it does not hold");
  await expect(page.locator("#top-label")).toHaveText("3");
  await expect(page.locator("#pad")).toBeVisible();

  await page.goto("/#input=nothing");
  await expect(page.locator("#input-problem")).toContainText("There is no picture 'nothing' in the gallery. It has shapes, ");

  // A drawing that nobody drew takes nothing else away.
  await page.goto("about:blank");
  await page.goto(`/#input=drawing:AAAA${"gAgghA".repeat(20_000)}`);
  await expect(page.locator("#input-problem")).toContainText("The drawing in this link cannot be read");
  await expect(page.locator("#top-label")).toHaveText("3");
});
