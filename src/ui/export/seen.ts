// What is seen on a page and not on a canvas, for whoever keeps pictures of an element.
import type { ConvCam } from "../element.ts";
import type { SeenOnPage } from "./request.ts";

export function seenIn(viewer: ConvCam): SeenOnPage {
  const opacity = Number(viewer.getAttribute("map-overlay"));
  const why = viewer.shadowRoot?.querySelector(".why:not([hidden], .pending, .troubled)");
  const told = [".why-title", ".why-detail"].map((part) => why?.querySelector(part)?.textContent).filter(Boolean);
  return {
    ...(opacity > 0 && opacity <= 1 && { mapOverlay: opacity }),
    ...(told.length > 0 && { why: told.join(" · ") }),
  };
}
