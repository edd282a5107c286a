// The button that opens the page's part Why, whose code is loaded then.
import type { ConvCam } from "../element.ts";
import type { WhyControls } from "./why.ts";

/** @param find gives the page's elements by id */
export function offerWhy(viewer: ConvCam, find: <T extends HTMLElement>(id: string) => T): void {
  let loading: Promise<WhyControls> | undefined;
  const load = async () => {
    const { WhyControls } = await import("./why.ts");
    return new WhyControls({
      viewer,
      method: find("why-method"),
      layer: find("why-layer"),
      class: find("why-class"),
      against: find("why-against"),
      opacity: find("why-opacity"),
      alone: find("why-alone"),
      bars: find("bars"),
    });
  };
  const button = find<HTMLButtonElement>("why");
  button.addEventListener("click", async () => {
    const isOpen = button.ariaExpanded !== "true";
    button.ariaExpanded = String(isOpen);
    find("why-controls").hidden = !isOpen;
    loading ??= load();
    const controls = await loading;
    if (isOpen) controls.open();
    else controls.close();
  });
}
