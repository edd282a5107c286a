// Every view of the demo page: its address, and what is there once it is shown. For tests that go through all of them, and for pictures of them.
import { expect, type Page } from "@playwright/test";
import type { ConvCam } from "../../src/ui/element.ts";

export interface PageView {
  readonly name: string;
  /** Behind the #. */
  readonly hash: string;
  /** What only this view has, and what stands there. */
  readonly there: readonly [selector: string, text: RegExp];
}

export const pageViews: readonly PageView[] = [
  { name: "overview", hash: "", there: [".band-title", /input/] },
  { name: "layer", hash: "view=layer&layer=conv_1", there: [".side .facts", /silent channels/] },
  {
    name: "changed",
    hash: `view=layer&layer=conv_1&gates=${JSON.stringify([
      { value: "conv_1", channel: 4, scale: 0 },
      { value: "conv_1", channel: 7, scale: 0 },
      { value: "conv_2", channel: 3, scale: 2 },
    ])}`,
    there: [".changes", /3 channels changed/],
  },
  { name: "channel", hash: "view=channel&layer=conv_1&channel=8", there: [".side .kernels", /kernel/i] },
  { name: "pixel", hash: "view=pixel&layer=conv_1&channel=8&pixel=3,15", there: [".side .check", /✓/] },
  { name: "dense", hash: "view=pixel&layer=dense_1&channel=4&pixel=0,0", there: [".side h2", /Unit 4/] },
  { name: "why", hash: "explain=grad-cam", there: [".why-detail", /Grad-CAM/] },
  { name: "patterns", hash: "patterns=conv_2&patternChannels=0-3&patternSteps=4", there: [".patterns-count", /4 of 4/] },
  { name: "compare", hash: "compare=mnist-blank", there: [".band-title", /input/] },
];

/**
 * Goes to a view of the page that is open, and waits until it is shown.
 *
 * @param timeout how many milliseconds each part of it may take, which is long on a machine without a GPU that has other work to do
 */
export async function showView(page: Page, { hash, there: [selector, text] }: PageView, timeout = 60_000): Promise<void> {
  await page.goto(`/#${hash}`);
  const patience = { timeout };
  await expect(page.locator("#top-share")).toHaveText(/%/, patience);
  const own = page.locator(`conv-cam ${selector}`).first();
  // On a phone it may lie below the window, and patterns grow only where somebody sees them.
  await own.waitFor({ state: "attached", ...patience });
  await own.scrollIntoViewIfNeeded();
  await expect(own).toHaveText(text, patience);
  await expect(page.locator("conv-cam .desk.old")).toHaveCount(0, patience);
  await page.locator("conv-cam").evaluate((element) => (element as ConvCam).updateComplete);
}

interface OtherPage {
  readonly name: string;
  readonly address: string;
  /** What is there once it is shown. */
  readonly there: string;
  /** What of it is looked at one by one, where elements far from the window sleep. */
  readonly parts?: string;
}

/** The site's other pages. */
export const otherPages: readonly OtherPage[] = [
  { name: "learn", address: "/learn.html", there: "#answer:not(:empty)", parts: "section:has(> figure)" },
  { name: "train", address: "/train.html#batch=8", there: "conv-cam .train-confusion td" },
  { name: "examples", address: "/examples.html", there: "section:has(#layer) .side .facts" },
  { name: "embed", address: "/embed.html", there: "conv-cam .bars .top" },
  { name: "bench", address: "/bench.html", there: "h1" },
];
