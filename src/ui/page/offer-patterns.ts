// The button that opens the page's part Patterns, whose code is loaded then, or with an address that holds patterns.
import type { ConvCam } from "../element.ts";
import { offerPart } from "./offer-part.ts";

/** @param find gives the page's elements by id */
export function offerPatterns(viewer: ConvCam, find: <T extends HTMLElement>(id: string) => T): void {
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
      start: find("patterns-start"),
    });
  };
  offerPart({
    ...{
      button: find<HTMLButtonElement>("patterns"),
      controls: find("patterns-controls"),
      problem: find("part-problem"),
      title: "Patterns",
      load,
      attribute: { viewer, name: "patterns" },
    },
    onToggle: (part, isOpen) => isOpen || part.stop(),
  });
}
