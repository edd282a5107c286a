// The address holds what is shown: a link shows the same again, and the browser's Back leads out.
import { expect, type Page } from "@playwright/test";
import { test } from "../support/warm-page.ts";
import { openPage } from "./page.ts";

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
