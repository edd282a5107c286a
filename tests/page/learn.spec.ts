// The article: its figures are the element itself, live near the screen only, and answer to one drawing pad.
import { expect, type Page } from "@playwright/test";
import type { ConvCam } from "../../src/ui/element.ts";
import { test } from "../support/warm-page.ts";

const figure = (page: Page, id: string) => page.locator(`section:has(> #${id}) > figure`);

/** Scrolls to a figure. One below the screen loads, but draws no frame yet. */
async function goTo(page: Page, id: string): Promise<void> {
  await figure(page, id).evaluate((element) => element.scrollIntoView({ block: "center", behavior: "instant" }));
}

/** How many figures compute now. */
const liveCount = (page: Page) =>
  page.evaluate(() => [...document.querySelectorAll<ConvCam>("conv-cam")].filter(({ src }) => src !== undefined).length);

async function draw(page: Page, ...points: readonly (readonly [y: number, x: number])[]): Promise<void> {
  const box = await page.locator("#pad").boundingBox();
  if (!box) throw new Error("no pad");
  const [first, ...rest] = points.map(([y, x]) => [box.x + x * box.width, box.y + y * box.height] as const);
  if (!first) return;
  await page.mouse.move(...first);
  await page.mouse.down();
  for (const point of rest) await page.mouse.move(...point, { steps: 4 });
  await page.mouse.up();
}

test("opens with a digit, a few live figures, and links that lead to a place on it", async ({ warmPage: page }) => {
  const problems: string[] = [];
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(error.message));
  await page.goto("/");
  await page.getByRole("link", { name: "Learn how it works" }).click();
  await expect(page).toHaveURL(/learn\.html$/);
  await expect(page.locator("#answer")).toHaveText(/^The network reads 3: /);
  await expect(figure(page, "numbers").locator("conv-cam .crumbs [aria-current]")).toHaveText("channel 0");
  expect(await liveCount(page)).toBeLessThanOrEqual(3);
  const targets = await page.locator('a[href^="#"]').evaluateAll((links) => links.map((link) => link.getAttribute("href") ?? ""));
  expect(targets.length).toBeGreaterThan(12);
  for (const target of targets) await expect(page.locator(target)).toHaveCount(1);
  await expect(page.locator("section > figure > figcaption")).toHaveCount(await page.locator("section > figure").count());
  expect(problems).toEqual([]);
});

test("figures answer to the pad and to their buttons, and sleep far from the screen", async ({ warmPage: page }) => {
  await page.goto("/learn.html#sum");
  const sum = figure(page, "sum");
  const result = sum.locator("conv-cam").locator(".check");
  await expect(result).toHaveText(/^\s*GPU [1-9]\S* · formula \S+ ✓\s*$/);
  await page.locator("#clear").click();
  // On an empty picture nothing is left but the bias, which the formula says before.
  const side = sum.locator("conv-cam .side");
  await expect(side).toContainText(/[+−] \S+ bias/);
  const [, sign, size] = /([+−]) (\S+) bias/.exec((await side.textContent()) ?? "") ?? [];
  // Below zero, ReLU leaves nothing of it.
  const left = sign === "+" ? size : "0";
  await expect(result).toHaveText(`GPU ${left} · formula ${left} ✓`);
  await expect(page.locator("#answer")).toHaveText("Draw a digit.");
  await draw(page, [0.2, 0.5], [0.8, 0.5]);
  await expect(page.locator("#answer")).toHaveText(/^The network reads 1: /);

  await goTo(page, "field");
  const field = figure(page, "field");
  await field.getByRole("button", { name: "First layer: 3 × 3" }).click();
  await expect(field.locator("conv-cam").getByText(/It sees 3 × 3 pixels of the picture/)).toBeVisible();
  await field.getByRole("button", { name: "Its pool: 10 × 10" }).click();
  await expect(field.locator("conv-cam").getByText(/It sees 10 × 10 pixels of the picture/)).toBeVisible();

  await goTo(page, "blank");
  const blank = figure(page, "blank");
  await expect(blank.getByRole("list", { name: "The network is not trained" })).toBeVisible();
  await blank.getByRole("button", { name: "Trained", exact: true }).click();
  await expect(blank.getByRole("button", { name: "Trained", exact: true })).toHaveAttribute("aria-pressed", "true");
  await expect(blank.getByRole("list", { name: "The network is not trained" })).toHaveCount(0);
  expect(await liveCount(page)).toBeLessThanOrEqual(3);
  expect(await sum.locator("conv-cam").evaluate((element: ConvCam) => element.src)).toBeUndefined();
});

test("is a text without WebGPU", async ({ warmPage: page }) => {
  await page.addInitScript(() => Object.defineProperty(Navigator.prototype, "gpu", { get: () => undefined }));
  await page.goto("/learn.html");
  await expect(page.getByText("The figures need WebGPU, which this browser does not offer.")).toBeVisible();
  await expect(page.getByText("Here is a live figure, which needs WebGPU.")).toHaveCount(await page.locator("section > figure").count());
  await expect(page.locator("conv-cam")).toHaveCount(0);
});

test("fits a phone without scrolling sideways, wherever one is in it", async ({ warmPage: page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto("/learn.html");
  await expect(page.locator("#answer")).toHaveText(/^The network reads 3: /);
  for (const id of ["sum", "deep", "whole"]) {
    await goTo(page, id);
    await expect(figure(page, id).locator("conv-cam canvas").first()).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    expect((await figure(page, id).boundingBox())?.width).toBeGreaterThan(320);
  }
  await page.getByRole("link", { name: "Draw", exact: true }).click();
  await expect(page.locator("#pad")).toBeInViewport();
});
