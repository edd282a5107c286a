// Brings a part of the element into view once it is there: on a phone it lies a screen below what asks for it.
import type { ConvCam } from "../element.ts";

/** What visitors do who go elsewhere themselves. */
const moves = ["wheel", "touchmove", "pointerdown", "keydown"] as const;

/**
 * Scrolls to the part when it is shown, and again when it is ready and has grown; not once the visitor has gone elsewhere.
 *
 * @param selector of the part, in the element
 */
export async function reveal(viewer: ConvCam, selector: string): Promise<void> {
  const root = viewer.shadowRoot as ShadowRoot;
  const part = () => root.querySelector(`${selector}:not([hidden])`);
  const stay = new AbortController();
  for (const type of moves) addEventListener(type, () => stay.abort(), { signal: stay.signal, passive: true, capture: true });
  const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth";
  const scroll = () => {
    if (!stay.signal.aborted) part()?.scrollIntoView({ block: "nearest", behavior });
  };
  const observer = new MutationObserver(() => {
    if (!part()) return;
    observer.disconnect();
    scroll();
  });
  observer.observe(root, { subtree: true, childList: true, attributes: true, attributeFilter: ["hidden"] });
  await viewer.updateComplete;
  observer.disconnect();
  scroll();
  stay.abort();
}
