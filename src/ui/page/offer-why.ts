// The button that opens the page's part Why, whose code is loaded then, or with an address that explains.
import type { ConvCam } from "../element.ts";
import { offerPart } from "./offer-part.ts";

/** @param find gives the page's elements by id */
export function offerWhy(viewer: ConvCam, find: <T extends HTMLElement>(id: string) => T): void {
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
  offerPart({
    ...{ button: find<HTMLButtonElement>("why"), controls: find("why-controls"), problem: find("part-problem"), title: "Why?", load },
    attribute: { viewer, name: "explain", isAll: true },
    onToggle: (part, isOpen) => (isOpen ? part.open() : part.close()),
  });
}
