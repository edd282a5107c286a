// The link to the bench, with the network that is looked at: by its address, by name where the bench builds it, or as a file that is handed over.
import { isStored, type ManifestEntry } from "../../../models/manifest.ts";
import { handOver } from "../../handed-over.ts";
import type { ConvCam } from "../element.ts";

/** @param entry the network; undefined for a file of one's own */
export function offerMeasuring(
  link: HTMLAnchorElement,
  viewer: Pick<ConvCam, "src">,
  entry: () => ManifestEntry | undefined,
  report: (error: unknown) => void,
): void {
  link.addEventListener("click", async (event) => {
    const { src } = viewer;
    const own = entry();
    if (own) {
      const query = isStored(own) ? { src: String(src), name: own.name } : { build: own.builder };
      link.href = `bench.html?${new URLSearchParams(query)}`;
      return;
    }
    const files = (Array.isArray(src) ? src : [src]).filter((part) => part instanceof Blob);
    event.preventDefault();
    try {
      if (files.length !== 1) throw new Error("The bench takes a network in one file.");
      await handOver("bench", files);
      location.assign("bench.html?opened");
    } catch (error) {
      report(new Error(`This network cannot be handed to the bench: ${(error as Error).message} Open its file there again: bench.html.`));
    }
  });
}
