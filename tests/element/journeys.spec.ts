// From all layers to one element and back, by mouse, by keyboard alone and by touch, each on a network of another kind.
import { expect, type Locator } from "@playwright/test";
import type { ConvCam } from "../../src/ui/element.ts";
import { smallNetworks } from "../support/small-networks.ts";
import { test } from "./fixtures.ts";
import { open } from "./small-network.ts";

/** Where somebody is: what the attributes say, and the formula that is there once one has arrived at an element. */
async function expectPlace(element: Locator, place: readonly string[]): Promise<void> {
  const names = ["view", "layer", "channel", "pixel"];
  await expect
    .poll(() => element.evaluate((one, asked) => asked.map((name) => one.getAttribute(name)).filter((text) => text !== null), names))
    .toEqual(place);
  await expect(element.locator(".desk.old")).toHaveCount(0);
  await element.evaluate((one) => (one as ConvCam).updateComplete);
  if (place[0] === "pixel") await expect(element.locator(".side .check")).toContainText("✓");
}

/** A place on a canvas of tiles: of channel 5 of 4 columns and 3 rows of maps, say. */
async function middleOf(canvas: Locator, share: readonly [x: number, y: number]): Promise<{ readonly x: number; readonly y: number }> {
  await canvas.scrollIntoViewIfNeeded();
  const box = await canvas.boundingBox();
  if (!box) throw new Error("the canvas is not on the screen");
  return { x: share[0] * box.width, y: share[1] * box.height };
}

test("by mouse: from all layers to a layer, a channel, an element, and back", async ({ sharedPage: page }) => {
  const element = await open(page, smallNetworks["a network with a fire module"], { view: "overview", layers: "answer" });
  await element
    .locator(".band")
    .getByRole("button", { name: /concat/i })
    .click();
  await expectPlace(element, ["layer", "fire"]);
  // The picture stands below, with what is looked at marked.
  const canvas = element.locator(".large canvas").first();
  await canvas.click({ position: await middleOf(canvas, [0.05, 0.05]) });
  await expectPlace(element, ["channel", "fire", "0"]);
  await canvas.click({ position: await middleOf(canvas, [3.5 / 6, 1.5 / 6]) });
  await expectPlace(element, ["pixel", "fire", "0", "1,3"]);
  for (const [name, place] of [
    ["channel 0", ["channel", "fire", "0"]],
    ["fire", ["layer", "fire"]],
    ["All layers", ["overview"]],
  ] as const) {
    await element.locator(".crumbs").getByRole("button", { name, exact: true }).click();
    await expectPlace(element, place);
  }
});

test("by keyboard alone: from the top of the page to an element, and back", async ({ sharedPage: page }) => {
  const element = await open(page, smallNetworks["a depthwise network"], { view: "overview", layers: "answer" });
  /** Presses Tab until what has the focus fits. */
  const tabTo = async (selector: string) => {
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press("Tab");
      const isThere = await element.evaluate((one, wanted) => one.shadowRoot?.activeElement?.matches(wanted) === true, selector);
      if (isThere) return;
    }
    throw new Error(`Tab does not reach ${selector}`);
  };
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await tabTo(".band-node > button");
  for (const key of ["Home", "ArrowRight", "ArrowRight", "Enter"]) await page.keyboard.press(key);
  await expectPlace(element, ["layer", "deep"]);
  await tabTo(".large canvas");
  for (const key of ["ArrowRight", "Shift+ArrowRight", "Enter"]) await page.keyboard.press(key);
  await expectPlace(element, ["channel", "deep", "1"]);
  for (const key of ["ArrowRight", "ArrowRight", "ArrowDown", "Enter"]) await page.keyboard.press(key);
  const at = await element.evaluate((one) => one.getAttribute("pixel") ?? "");
  await expectPlace(element, ["pixel", "deep", "1", at]);
  for (const place of [["channel", "deep", "1"], ["layer", "deep"], ["overview"]]) {
    await page.keyboard.press("Escape");
    await expectPlace(element, place);
  }
});

test.describe("with a finger", () => {
  test.use({ hasTouch: true, viewport: { width: 360, height: 740 } });

  test("by touch on a phone: from all layers to a layer, a channel, an element, and back", async ({ page }) => {
    const element = await open(page, smallNetworks["a network with a ConvTranspose"], { view: "overview", layers: "picture" });
    await element
      .locator(".band")
      .getByRole("button", { name: /transpose/i })
      .tap();
    await expectPlace(element, ["layer", "picture"]);
    // The picture stands below, with what is looked at marked.
    const canvas = element.locator(".large canvas").first();
    await canvas.tap({ position: await middleOf(canvas, [0.1, 0.1]) });
    await expectPlace(element, ["channel", "picture", "0"]);
    await canvas.tap({ position: await middleOf(canvas, [7.5 / 12, 2.5 / 12]) });
    await expectPlace(element, ["pixel", "picture", "0", "2,7"]);
    await element.locator(".crumbs").getByRole("button", { name: "All layers" }).tap();
    await expectPlace(element, ["overview"]);
  });
});
