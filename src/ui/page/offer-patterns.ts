// The button that opens the page's part Patterns, whose code is loaded then.
import type { ConvCam } from "../element.ts";
import type { PatternControls } from "./patterns.ts";

/** @param find gives the page's elements by id */
export function offerPatterns(viewer: ConvCam, find: <T extends HTMLElement>(id: string) => T): void {
  let loading: Promise<PatternControls> | undefined;
  const load = async () => {
    const { PatternControls } = await import("./patterns.ts");
    return new PatternControls({
      viewer,
      form: find("patterns-controls"),
      layer: find("patterns-layer"),
      channels: find("patterns-channels"),
      preset: find("patterns-preset"),
      size: find("patterns-size"),
      seed: find("patterns-seed"),
    });
  };
  const button = find<HTMLButtonElement>("patterns");
  button.addEventListener("click", async () => {
    const isOpen = button.ariaExpanded !== "true";
    button.ariaExpanded = String(isOpen);
    find("patterns-controls").hidden = !isOpen;
    loading ??= load();
    const controls = await loading;
    if (!isOpen) controls.stop();
  });
}
