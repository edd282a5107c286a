// Every view of the page: for everyone, in every colour scheme and size; and by its address, there and back.
import { expect, type Page } from "@playwright/test";
import type { RunOptions } from "axe-core";
import type { ConvCam } from "../../src/ui/element.ts";
import { violations } from "../support/axe.ts";
import { otherPages, type PageView, pageViews, showView } from "../support/page-views.ts";
import { test } from "../support/warm-page.ts";
import { openPage } from "./page.ts";

type Look = "light" | "dark" | "forced colours" | "zoomed to 200 %" | "a phone";

const desktop = { width: 1280, height: 800 };

/** What a browser shows pages with. At 200 % half as many pixels of CSS fit into a window. */
const looks: Readonly<Record<Look, { readonly media: Parameters<Page["emulateMedia"]>[0]; readonly size: typeof desktop }>> = {
  light: { media: { colorScheme: "light", forcedColors: "none" }, size: desktop },
  dark: { media: { colorScheme: "dark", forcedColors: "none" }, size: desktop },
  "forced colours": { media: { colorScheme: "light", forcedColors: "active" }, size: desktop },
  "zoomed to 200 %": { media: { colorScheme: "light", forcedColors: "none" }, size: { width: 640, height: 400 } },
  "a phone": { media: { colorScheme: "dark", forcedColors: "none" }, size: { width: 360, height: 740 } },
};

/** All rules where the page is as wide as it gets; else those that other colours and sizes can break. A phone's colours are those of `dark`. */
const rules: Readonly<Record<Exclude<Look, "light">, readonly string[]>> = {
  dark: ["color-contrast"],
  "forced colours": ["color-contrast"],
  "zoomed to 200 %": ["target-size"],
  "a phone": ["target-size", "scrollable-region-focusable"],
};

/**
 * @param part where axe looks; everywhere if absent
 * @param lightPart where axe looks by all rules
 * @returns what axe has to say against the page, and whether one has to scroll sideways, in each of the looks
 */
async function complaints(page: Page, part?: string, lightPart?: string): Promise<string[]> {
  const found: string[] = [];
  for (const [look, { media, size }] of Object.entries(looks) as [Look, (typeof looks)[Look]][]) {
    await page.emulateMedia(media);
    await page.setViewportSize(size);
    const isLight = look === "light";
    const wanted: RunOptions = isLight
      ? { rules: { "target-size": { enabled: true } } }
      : { runOnly: { type: "rule", values: [...rules[look]] } };
    const broken = await violations(page, wanted, isLight ? lightPart : part);
    for (const { id, nodes } of broken)
      found.push(...nodes.map(({ target, failureSummary }) => `${look}: ${id} at ${target.flat().join(" ")}: ${failureSummary}`));
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (beyond > 0) found.push(`${look}: ${beyond} pixels too wide`);
  }
  await page.emulateMedia({ colorScheme: "light", forcedColors: "none" });
  await page.setViewportSize(desktop);
  return found;
}

/** Only here the page around the element has what it has nowhere else: the others are one view of the element beside what these have. */
const isWhole = ({ name }: PageView) => name === "overview" || name === "compare";

test("every view keeps nobody out, in any colours or size, and has its address: Back leads through them again, a link shows the same", async ({
  warmPage: page,
}) => {
  // Nine views in five looks each.
  test.setTimeout(600_000);
  await page.setViewportSize(desktop);
  await openPage(page);
  const state = () => page.locator("conv-cam").evaluate((element) => JSON.stringify((element as ConvCam).state));
  const seen: string[] = [];
  for (const view of pageViews)
    await test.step(view.name, async () => {
      await showView(page, view);
      seen.push(await state());
      expect.soft(await complaints(page, isWhole(view) ? undefined : "conv-cam"), view.name).toEqual([]);
      expect(await state()).toBe(seen.at(-1));
    });
  expect(new Set(seen).size).toBe(pageViews.length);
  for (const before of seen.toReversed().slice(1)) {
    await page.goBack();
    await expect.poll(state).toBe(before);
  }
  for (const [i, view] of pageViews.entries()) {
    if (i % 3 !== 1) continue;
    await page.goto("about:blank");
    await showView(page, view);
    expect(await state()).toBe(seen[i]);
  }
});

test("what opens on a click keeps nobody out", async ({ warmPage: page }) => {
  await openPage(page);
  for (const name of ["Table", "Change how pictures are prepared", "Picture or video", "Why?", "Patterns"])
    await page.getByRole("button", { name, exact: true }).click();
  await page.click("#share");
  await expect(page.getByRole("dialog")).toBeVisible();
  expect(await complaints(page, "#share-dialog", "#share-dialog")).toEqual([]);
  await page.keyboard.press("Escape");
  expect(await complaints(page)).toEqual([]);
});

test("neither the list of keys nor the tour keeps anybody out", async ({ warmPage: page }) => {
  await openPage(page);
  await page.getByRole("button", { name: "Tour and keys" }).click();
  const list = page.getByRole("dialog", { name: "Keys" });
  await expect(list).toBeVisible();
  expect(await complaints(page, ".keys-dialog", ".keys-dialog")).toEqual([]);
  await list.getByRole("button", { name: "Take the tour" }).click();
  await expect(page.getByRole("dialog", { name: "Tour" })).toBeVisible();
  expect(await complaints(page, ".tour", ".tour")).toEqual([]);
});

for (const { name, address, there } of otherPages)
  test(`the page ${name} keeps nobody out either`, async ({ warmPage: page }) => {
    await page.goto(address);
    await page.locator(there).first().waitFor();
    // What is not computed yet is pale.
    await expect(page.locator("conv-cam .old")).toHaveCount(0);
    expect(await complaints(page)).toEqual([]);
  });

test("while a network learns, no view of it keeps anybody out", async ({ warmPage: page }) => {
  await page.goto("/train.html#batch=8&schedule=cosine");
  await page.locator("conv-cam .train-confusion td").first().waitFor();
  await page.getByRole("button", { name: "Pause learning" }).click();
  await expect(page.locator("conv-cam .train-status")).toHaveText(/^Paused/);
  const views: Readonly<Record<string, readonly [there: string, attributes: Readonly<Record<string, string>>]>> = {
    weights: [".panel .name:has-text('weights')", { "train-draws": "weights" }],
    layer: [".side .facts", { view: "layer", layer: "conv_1" }],
    channel: [".side .kernels", { view: "channel", channel: "3" }],
    pixel: [".side .check", { view: "pixel", pixel: "3,15" }],
  };
  for (const [name, [there, attributes]] of Object.entries(views))
    await test.step(name, async () => {
      await page.locator("conv-cam").evaluate((element, all) => {
        for (const [attribute, text] of Object.entries(all)) element.setAttribute(attribute, text);
      }, attributes);
      await page.locator(`conv-cam ${there}`).first().waitFor({ state: "attached" });
      await expect(page.locator("conv-cam .old")).toHaveCount(0);
      await expect(page.locator("conv-cam .train .train-next")).toBeVisible();
      expect.soft(await complaints(page, "conv-cam", "conv-cam"), name).toEqual([]);
    });
});

test("what is told by a colour is told where a reader forces colours, too", async ({ warmPage: page }) => {
  await page.emulateMedia({ forcedColors: "active" });
  await openPage(page);
  const backgroundOf = (selector: string) =>
    page
      .locator(selector)
      .first()
      .evaluate((element) => getComputedStyle(element).backgroundColor);
  expect(await backgroundOf("#bars .top .bar")).not.toBe(await backgroundOf("#bars .track"));
  expect(await backgroundOf("#draw")).not.toBe(await backgroundOf("#camera"));
  const ramp = page.locator("conv-cam .panel:not(.picture) .ramp").first();
  expect(await ramp.evaluate((element) => getComputedStyle(element).backgroundImage)).toContain("gradient");
  await page.emulateMedia({ forcedColors: "none" });
});
