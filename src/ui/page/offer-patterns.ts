// The button that opens the page's part Patterns, whose code is loaded then.
import type { ConvCam } from "../element.ts";
import { offerPart } from "./offer-part.ts";

/**
 * @param find gives the page's elements by id
 * @param onFail is told where the part does not load
 */
export function offerPatterns(viewer: ConvCam, find: <T extends HTMLElement>(id: string) => T, onFail: (error: unknown) => void): void {
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
  offerPart({
    ...{ button: find<HTMLButtonElement>("patterns"), controls: find("patterns-controls"), what: "for patterns", load, onFail },
    onToggle: (part, isOpen) => isOpen || part.stop(),
  });
}
