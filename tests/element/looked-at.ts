// An element that looks into a network, for tests of its views: how it is opened, where it is, and clicks on its maps.
import { expect, type Locator, type Page } from "@playwright/test";
import type { ConvCam } from "../../src/ui/element.ts";
import { visit } from "./fixtures.ts";

/**
 * Lets an element look at a canvas of 12 × 12 shades, ((y · 12 + x) · 37) modulo 256, until it has answered.
 *
 * @param compare a second network
 */
export async function look(
  page: Page,
  network: Iterable<number>,
  attributes: Readonly<Record<string, string>>,
  compare?: Iterable<number>,
): Promise<Locator> {
  await visit(page, "one");
  await page.evaluate(
    async ([bytes, other, given]) => {
      await customElements.whenDefined("conv-cam");
      const element = document.querySelector("conv-cam") as ConvCam;
      for (const name of element.getAttributeNames()) element.removeAttribute(name);
      for (const [name, value] of Object.entries(given as Record<string, string>)) element.setAttribute(name, value);
      const canvas = Object.assign(document.createElement("canvas"), { width: 12, height: 12 });
      const context = canvas.getContext("2d") as CanvasRenderingContext2D;
      for (let i = 0; i < 144; i++) {
        const shade = (i * 37) % 256;
        context.fillStyle = `rgb(${shade} ${shade} ${shade})`;
        context.fillRect(i % 12, Math.floor(i / 12), 1, 1);
      }
      element.input = canvas;
      element.src = new Uint8Array(bytes as number[]);
      if (other) element.compare = new Uint8Array(other as number[]);
      await new Promise((resolve) => element.addEventListener("results", resolve, { once: true }));
    },
    [[...network], compare && [...compare], attributes] as const,
  );
  return page.locator("conv-cam");
}

/** The same, with its first map on the page. */
export async function open(page: Page, network: Uint8Array, attributes: Readonly<Record<string, string>>): Promise<Locator> {
  const element = await look(page, network, attributes);
  await expect(element.locator("canvas").first()).toBeVisible();
  return element;
}

/** The attributes that say where it is. */
export const placeOf = (element: Locator) =>
  element.evaluate((one) => ["view", "layer", "channel", "pixel"].map((name) => one.getAttribute(name)).filter((text) => text !== null));

/** Clicks on a canvas, at shares of its width and height. */
export async function clickOn(canvas: Locator, share: readonly [number, number]): Promise<void> {
  // Another place has another size once it is shown.
  await canvas.evaluate((one) => ((one.getRootNode() as ShadowRoot).host as ConvCam).updateComplete);
  const box = await canvas.boundingBox();
  if (!box) throw new Error("the canvas is not on the screen");
  await canvas.click({ position: { x: box.width * share[0], y: box.height * share[1] } });
}

/** All elements of some channels of a value with maps of 12 × 12, as the GPU has them. */
export function elementsOf(element: Locator, value: string, channels: readonly number[]): Promise<readonly number[]> {
  return element.evaluate(
    (one, [name, which]) => {
      const points = which.flatMap((channel) => Array.from({ length: 144 }, (_, i) => ({ channel, y: Math.floor(i / 12), x: i % 12 })));
      return (one as ConvCam).ask({ kind: "probe", value: name, points });
    },
    [value, channels] as const,
  );
}
