// Brings a part of the element into view once it is there: on a phone it lies a screen below what asks for it.
import type { ConvCam } from "../element.ts";

/** @param selector of the part, in the element */
export async function reveal(viewer: ConvCam, selector: string): Promise<void> {
  await viewer.updateComplete;
  const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth";
  viewer.shadowRoot?.querySelector(selector)?.scrollIntoView({ block: "nearest", behavior });
}
