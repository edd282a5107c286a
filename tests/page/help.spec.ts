// What a first visitor is shown: the tour, step by step on the page, once; and the keys, which are listed and hold in the views.
import { expect } from "@playwright/test";
import { test } from "../support/warm-page.ts";
import { openPage } from "./page.ts";

test("a first visit is led in six steps, which the visitor does; and once only", async ({ warmPage: page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.goto("/third-party-notices.txt");
  await page.evaluate(() => localStorage.removeItem("convcam:tour"));
  await openPage(page);
  const tour = page.getByRole("dialog", { name: "Tour" });
  const title = tour.locator("h2");
  await expect(title).toHaveText("Draw a digit");
  // It takes no focus from who has not asked for it.
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("BODY");
  const ringOf = async () => page.locator(".tour-ring").boundingBox();
  const pad = (await page.locator("#pad").boundingBox()) as { x: number; y: number; width: number };
  await expect.poll(async () => Math.abs(((await ringOf())?.x ?? 0) - pad.x)).toBeLessThan(12);
  await page.mouse.move(pad.x + 40, pad.y + 40);
  await page.mouse.down();
  await page.mouse.up();
  await expect(tour).toHaveClass(/done/);
  await tour.getByRole("button", { name: "Next" }).click();
  await expect(title).toHaveText("Read the answer");
  await tour.getByRole("button", { name: "Next" }).click();
  await expect(title).toHaveText("Look into a layer");
  // The keyboard does: to the layer, and into it.
  await tour.getByRole("button", { name: "Go there" }).click();
  await page.keyboard.press("Enter");
  await expect(title).toHaveText("Choose a map");
  await expect(page.locator("conv-cam")).toHaveAttribute("view", "layer");
  // What a visitor does not do is done by Next.
  await tour.getByRole("button", { name: "Next" }).click();
  await expect(title).toHaveText("See the sum");
  await expect(page.locator("conv-cam")).toHaveAttribute("view", "channel");
  await tour.getByRole("button", { name: "Back" }).click();
  await expect(page.locator("conv-cam")).toHaveAttribute("view", "layer");
  await tour.getByRole("button", { name: "Skip the tour" }).click();
  await expect(tour).toHaveCount(0);
  await expect(page.locator("#help")).toBeFocused();
  await page.goto("/");
  await openPage(page);
  await expect(tour).toHaveCount(0);
  // Who asks for it gets it again, and a small window has it at its lower edge.
  await page.setViewportSize({ width: 360, height: 640 });
  await page.locator("#help").click();
  await page.getByRole("button", { name: "Take the tour" }).click();
  await expect(tour).toBeFocused();
  await expect(tour).toHaveClass(/docked/);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  const sheets = () => page.evaluate(() => document.adoptedStyleSheets.length);
  const count = await sheets();
  await page.keyboard.press("Escape");
  await expect(tour).toHaveCount(0);
  // Twice at once it is the same tour.
  await page.locator("#help").click();
  await page.getByRole("button", { name: "Take the tour" }).evaluate((one: HTMLElement) => {
    one.click();
    one.click();
  });
  await expect(tour).toBeFocused();
  await expect(tour).toHaveCount(1);
  expect(await sheets()).toBe(count);
  await page.keyboard.press("Escape");
  await expect(tour).toHaveCount(0);
});

test("keys are listed, hold while a view has the focus, and are nobody else's", async ({ warmPage: page }) => {
  await openPage(page);
  const list = page.getByRole("dialog", { name: "Keys" });
  await page.locator("h1").click();
  for (const key of ["?", "Space", "p"]) await page.keyboard.press(key);
  await expect(list).toHaveCount(0);
  await expect(page.locator("#pause")).toHaveText("Pause");
  const canvas = page.locator("conv-cam .panel canvas").first();
  await canvas.focus();
  await page.keyboard.press("?");
  await expect(list).toBeVisible();
  await expect(list.locator("kbd").first()).toHaveText("Space");
  // What is pressed in the list is not meant for what lies behind.
  await page.keyboard.press("Escape");
  await expect(list).toHaveCount(0);
  await expect(canvas).toBeFocused();
  await page.keyboard.press("Space");
  await expect(page.locator("#pause")).toHaveText("Play");
  const frame = page.evaluate(
    () => new Promise((resolve) => document.querySelector("conv-cam")?.addEventListener("frame", () => resolve(true), { once: true })),
  );
  await page.keyboard.press(".");
  expect(await frame).toBe(true);
  await page.keyboard.press("Space");
  await expect(page.locator("#pause")).toHaveText("Pause");
  await page.getByRole("button", { name: "Tour and keys" }).click();
  await expect(list.getByRole("button", { name: "Take the tour" })).toBeVisible();
});

test("the list of keys can be closed wherever it is scrolled to", async ({ warmPage: page }) => {
  await openPage(page);
  for (const size of [
    { width: 1280, height: 900 },
    { width: 360, height: 740 },
  ]) {
    await page.setViewportSize(size);
    await page.getByRole("button", { name: "Tour and keys" }).click();
    const list = page.getByRole("dialog", { name: "Keys" });
    const close = list.getByRole("button", { name: "Close" });
    await expect(close).toBeInViewport({ ratio: 1 });
    await expect.poll(() => list.evaluate((one) => one.scrollHeight > one.clientHeight)).toBe(true);
    await list.evaluate((one) => one.scrollTo(0, one.scrollHeight));
    await expect(close).toBeInViewport({ ratio: 1 });
    await close.click();
    await expect(list).toHaveCount(0);
  }
});
