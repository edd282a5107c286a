// Asks what the file of a network of one's own says, or lets guess, once it is loaded: how pictures are prepared, and what its classes are called.
import type { ConvCam } from "../element.ts";
import type { ClassNames } from "./class-names.ts";
import { listen } from "./listen.ts";
import type { Prepared } from "./prepared.ts";

/** @returns what is called for a network of one's own before it loads, and with undefined for another */
export function askOwnNetworks(
  viewer: ConvCam,
  prepared: Prepared,
  names: ClassNames,
  onFail: (error: unknown) => void,
): (files: readonly File[] | undefined) => void {
  /** The files that nobody has asked about yet. */
  let waiting: readonly File[] | undefined;
  listen(viewer, "load", async () => {
    const files = waiting;
    waiting = undefined;
    if (!files) return;
    try {
      const hints = await viewer.ask({ kind: "hints" });
      if (viewer.src !== files) return;
      prepared.guess(hints.input);
      await names.guess(hints);
    } catch (error) {
      if (viewer.src === files && (error as Error).name !== "AbortError") onFail(error);
    }
  });
  return (files) => {
    names.know([]);
    waiting = files;
    if (files) prepared.expect(files);
  };
}
