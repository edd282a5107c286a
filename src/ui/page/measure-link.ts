// The link to the bench, with the network that is looked at: by its address, by name where the bench builds it, or as a file that is handed over.
import { isStored, type ManifestEntry } from "../../../models/manifest.ts";
import { handOver } from "../../handed-over.ts";
import type { ConvCam } from "../element.ts";

/** @param entry the network; undefined for one that the page does not offer */
export function offerMeasuring(
  link: HTMLAnchorElement,
  viewer: ConvCam,
  entry: () => ManifestEntry | undefined,
  report: (error: unknown) => void,
): void {
  /** @returns whether an address says which network it is */
  const reflect = () => {
    const { src } = viewer;
    const known = entry();
    const query =
      known && !isStored(known) ? { build: known.builder } : typeof src === "string" && { src, ...(known && { name: known.name }) };
    link.href = query ? `bench.html?${new URLSearchParams(query)}` : "bench.html";
    return query !== false;
  };
  // It may be opened in another tab, or copied, too.
  viewer.addEventListener("load", reflect);
  link.addEventListener("click", async (event) => {
    if (reflect()) return;
    const { src } = viewer;
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
