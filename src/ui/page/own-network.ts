// What is to be done where a network of one's own takes the place of another: what was chosen of that is forgotten, and its file is asked what it says,
// or lets guess, once it is loaded: how pictures are prepared, and what its classes are called.
import type { ConvCam } from "../element.ts";
import type { NetworkHints } from "../hints/answer.ts";
import { listen } from "./listen.ts";

interface Asker {
  onHints(hints: NetworkHints): Promise<void>;
  onFail(error: unknown): void;
}

/** @returns what is called for a network of one's own before it loads, and with undefined for another */
export function askOwnNetworks(viewer: ConvCam, { onHints, onFail }: Asker): (source: ConvCam["src"]) => void {
  /** The one that nobody has asked about yet. */
  let waiting: ConvCam["src"];
  listen(viewer, "load", async () => {
    const source = waiting;
    waiting = undefined;
    if (source === undefined) return;
    try {
      const hints = await viewer.ask({ kind: "hints" });
      if (viewer.src !== source) return;
      if (hints.hasBoxes && !viewer.hasAttribute("boxes")) viewer.setAttribute("boxes", "");
      await onHints(hints);
    } catch (error) {
      if (viewer.src === source && (error as Error).name !== "AbortError") onFail(error);
    }
  });
  return (source) => {
    waiting = source;
  };
}

/** Names of layers and classes belong to one network. */
export function forgetChoices(viewer: ConvCam): void {
  for (const name of ["input-shape", "layers", "layer", "channel", "pixel", "page", "layer-names", "boxes"]) viewer.removeAttribute(name);
  for (const name of ["explain-layer", "explain-class", "explain-against"]) viewer.removeAttribute(name);
  viewer.setAttribute("view", "overview");
  if (viewer.gates.length > 0) viewer.gates = [];
}
