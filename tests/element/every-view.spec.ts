// Every view of the element: under a strict policy, after a lost device, beside four others, and with its state put back.
import { readFile } from "node:fs/promises";
import { expect, type Locator, type Page } from "@playwright/test";
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import type { ConvCam } from "../../src/ui/element.ts";
import { smallNetworks } from "../support/small-networks.ts";
import { test, visit } from "./fixtures.ts";

const network = [...encodeModel(smallNetworks["a network with a fire module"].graph)];

interface ElementView {
  readonly attributes: Readonly<Record<string, string>>;
  /** What only this view has, and what stands there. */
  readonly there: readonly [selector: string, text: RegExp];
  readonly isCompared?: boolean;
}

const views: Readonly<Record<string, ElementView>> = {
  overview: { attributes: { view: "overview", layers: "maps" }, there: [".band-title", /input/] },
  layer: { attributes: { view: "layer", layer: "maps" }, there: [".side .facts", /silent channels/] },
  channel: { attributes: { view: "channel", layer: "narrow", channel: "1" }, there: [".side .kernels", /8 kernels/] },
  pixel: { attributes: { view: "pixel", layer: "fire", channel: "7", pixel: "2,3" }, there: [".side", /Concat|Conv/] },
  why: { attributes: { layers: "maps", explain: "grad-cam" }, there: [".why-detail", /Grad-CAM/] },
  patterns: {
    attributes: { patterns: "maps", "pattern-channels": "0-1", "pattern-steps": "2", "pattern-size": "28" },
    there: [".patterns-count", /2 of 2/],
  },
  comparison: { attributes: { layers: "maps,stem" }, there: [".panel .name", /maps/], isCompared: true },
};

/** An element of its own, or the first of the page, with a picture and the network. */
async function give(element: Locator, { attributes, isCompared }: ElementView): Promise<void> {
  await element.evaluate(
    async (one, [given, bytes, isOther]) => {
      await customElements.whenDefined("conv-cam");
      for (const name of one.getAttributeNames()) if (name !== "id" && name !== "worker") one.removeAttribute(name);
      for (const [name, value] of Object.entries(given)) one.setAttribute(name, value);
      const viewer = one as ConvCam;
      const other = isOther ? new Uint8Array(bytes) : undefined;
      if (viewer.compare || other) viewer.compare = other;
      if (viewer.src) return;
      const canvas = Object.assign(document.createElement("canvas"), { width: 28, height: 28 });
      const context = canvas.getContext("2d") as CanvasRenderingContext2D;
      context.fillStyle = "#c40";
      context.fillRect(4, 6, 15, 9);
      viewer.input = canvas;
      viewer.src = new Uint8Array(bytes);
    },
    [attributes, network, isCompared === true] as const,
  );
}

async function expectShown(element: Locator, { there: [selector, text] }: ElementView): Promise<void> {
  const there = element.locator(selector).first();
  // What is not on the screen is not drawn, and while others load above it, it is moved away from there.
  await expect(async () => {
    await there.scrollIntoViewIfNeeded({ timeout: 1000 });
    await expect(there).toHaveText(text, { timeout: 1000 });
  }).toPass({ timeout: 30_000 });
  await expect(element.locator(".desk.old")).toHaveCount(0);
  await expect(element.getByRole("alert").filter({ hasText: /./ })).toHaveText([]);
}

/** What is written around the maps. */
const words = (element: Locator) => element.locator(".crumbs, .band, .side, .why, .patterns").filter({ visible: true }).allInnerTexts();

/** So many elements, one below the other, on the page that is open. */
async function elementsOf(page: Page, count: number): Promise<readonly Locator[]> {
  await page.evaluate((wanted) => {
    const first = document.querySelector("conv-cam") as HTMLElement;
    for (let i = 1; i < wanted; i++) first.after(document.createElement("conv-cam"));
  }, count);
  return Array.from({ length: count }, (_, i) => page.locator("conv-cam").nth(i));
}

test("every view works under default-src 'self', and comes back to the same place after the device is lost", async ({ page }) => {
  // Seven views compile, twice.
  test.setTimeout(240_000);
  const html = await readFile(new URL("csp.html", import.meta.url), "utf8");
  await page.route("**/csp.html", (route) =>
    route.fulfill({
      contentType: "text/html",
      headers: { "content-security-policy": "default-src 'self'" },
      body: html.replace(' input="/picture.png"', ""),
    }),
  );
  const refused: string[] = [];
  page.on("console", (message) => /Content.Security.Policy|violates/i.test(message.text()) && refused.push(message.text()));
  await page.goto("/tests/element/csp.html");
  const all = Object.entries(views);
  const elements = await elementsOf(page, all.length);
  await Promise.all(elements.map((element, i) => give(element, all[i]?.[1] as ElementView)));
  const show = async (element: Locator, view: ElementView) => {
    await expectShown(element, view);
    return { state: await element.evaluate((one) => (one as ConvCam).state), words: await words(element) };
  };
  const before = [];
  for (const [i, [name, view]] of all.entries()) {
    before.push(await show(elements[i] as Locator, view));
    expect(refused, name).toEqual([]);
  }
  // They share a device.
  await page.evaluate(() => {
    const viewers = [...document.querySelectorAll("conv-cam")] as ConvCam[];
    const again = viewers.map((viewer) => new Promise((resolve) => viewer.addEventListener("load", resolve, { once: true })));
    viewers[0]?.viewer?.device.gpu.destroy();
    return Promise.all(again);
  });
  for (const [i, [name, view]] of all.entries()) {
    const element = elements[i] as Locator;
    const after = await show(element, view);
    expect(after.state).toEqual(before[i]?.state);
    await expect.poll(() => words(element), name).toEqual(before[i]?.words);
  }
  expect(refused).toEqual([]);
});

test("five elements of a page, each in a view of its own, know nothing of each other", async ({ sharedPage: page }) => {
  const chosen = ["layer", "channel", "pixel", "why", "comparison"].map((name) => views[name] as ElementView);
  await visit(page, "one");
  const elements = await elementsOf(page, chosen.length);
  await Promise.all(elements.map((element, i) => give(element, chosen[i] as ElementView)));
  for (const [i, element] of elements.entries()) await expectShown(element, chosen[i] as ElementView);
  const states = () => Promise.all(elements.map((element) => element.evaluate((one) => (one as ConvCam).state)));
  const before = await states();
  const [first, second] = elements as [Locator, Locator];
  await first.getByRole("button", { name: "All layers" }).click();
  await second.getByRole("button", { name: "Silence" }).click();
  await expect(second.getByRole("button", { name: "Silence" })).toHaveAttribute("aria-pressed", "true");
  const after = await states();
  expect(after[0]).toMatchObject({ view: "overview" });
  expect(after[1]).toMatchObject({ gates: [{ value: "narrow", channel: 1, scale: 0 }] });
  expect(after.slice(2)).toEqual(before.slice(2));
  for (const [i, element] of elements.entries()) if (i > 0) await expectShown(element, chosen[i] as ElementView);
});

test("a state that is put back shows the same again, in every view", async ({ sharedPage: page }) => {
  await visit(page, "one");
  const element = page.locator("conv-cam");
  const shown: { readonly state: object; readonly words: readonly string[] }[] = [];
  const kept = Object.values(views).filter(({ isCompared }) => !isCompared);
  for (const view of kept) {
    await give(element, view);
    await expectShown(element, view);
    shown.push({ state: await element.evaluate((one) => (one as ConvCam).state), words: await words(element) });
  }
  for (const [i, { state, words: before }] of [...shown.entries()].toReversed()) {
    // Bytes and canvases have no address: the network and the picture stay.
    await element.evaluate((one, wanted) => {
      (one as ConvCam).state = wanted;
      return (one as ConvCam).updateComplete;
    }, state);
    await expectShown(element, kept[i] as ElementView);
    expect(await element.evaluate((one) => (one as ConvCam).state)).toEqual(state);
    await expect.poll(() => words(element)).toEqual(before);
  }
});
