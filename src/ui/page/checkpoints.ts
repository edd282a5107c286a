// The button that puts checkpoints on a slider: the stored ones of the network, or files of one's own.
import type { ManifestEntry } from "../../../models/manifest.ts";
import { writeCheckpoints } from "../checkpoints/list.ts";
import type { ConvCam } from "../element.ts";
import type { ConvCamState } from "../state.ts";
import type { PageState } from "./address.ts";
import { checkpointsOf, findNetwork } from "./networks.ts";

export interface OfferedCheckpoints {
  /** Those that are shown, as the page's address has them; undefined for none, and for files of one's own. */
  readonly written: PageState["checkpoints"];
  /** What an address comes to: files of one's own are in none, and stay. */
  stateFor(written: PageState["checkpoints"]): Pick<ConvCamState, "checkpoints" | "checkpoint">;
  /** Another network is looked at. */
  forget(): void;
  /** Files of the network that was opened just now, which is the last of them. */
  open(files: readonly File[]): void;
}

/**
 * @param entry the network that is looked at; undefined for a file of one's own
 * @param onCheckpoint called for a stored one whose weights are looked at
 */
export function offerCheckpoints(
  viewer: ConvCam,
  button: HTMLButtonElement,
  entry: () => ManifestEntry | undefined,
  onCheckpoint: (entry: ManifestEntry) => void,
): OfferedCheckpoints {
  const stored = () => writeCheckpoints(checkpointsOf(entry()));
  const shown = () => viewer.getAttribute("checkpoints");
  const forget = () => {
    viewer.removeAttribute("checkpoint");
    viewer.removeAttribute("checkpoints");
  };
  const show = (addresses: string, index: number) => {
    if (index >= 0) viewer.setAttribute("checkpoint", `${index}`);
    viewer.setAttribute("checkpoints", addresses);
  };
  button.addEventListener("click", () => {
    if (shown() !== null) return forget();
    // Begins with the one that is shown: its own weights.
    show(stored(), -1);
  });
  new MutationObserver(() => {
    button.ariaPressed = String(shown() !== null);
    const own = entry();
    if (!own || stored() === "") return;
    const addresses = checkpointsOf(own);
    const index = shown() === stored() ? Number(viewer.getAttribute("checkpoint") ?? -1) : -1;
    const at = addresses[index]?.split("#")[1];
    onCheckpoint((at === undefined ? undefined : findNetwork(at)) ?? own);
  }).observe(viewer, { attributeFilter: ["checkpoints", "checkpoint"] });
  const areFiles = () => Boolean(shown()) && shown() === writeCheckpoints((viewer.checkpointFiles ?? []).map(({ name }) => name));
  return {
    get written() {
      const addresses = shown();
      if (!addresses || areFiles()) return undefined;
      return addresses === stored() ? true : addresses;
    },
    stateFor(written) {
      if (areFiles()) return { checkpoints: shown() ?? undefined, checkpoint: viewer.getAttribute("checkpoint") ?? undefined };
      if (written) return { checkpoints: written === true ? stored() : written };
      return { checkpoints: undefined, checkpoint: undefined };
    },
    forget,
    open(files) {
      viewer.checkpointFiles = files;
      show(writeCheckpoints(files.map(({ name }) => name)), files.length - 1);
    },
  };
}
