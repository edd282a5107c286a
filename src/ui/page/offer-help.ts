// The button that lists the keys and offers the tour and a check of the GPU, and the first visit, on which the tour comes by itself, once. The code of either is loaded then.
import { loadPart } from "../../engine/errors.ts";
import type { ConvCam } from "../element.ts";
import { adoptStyles } from "../style-sheet.ts";
import { find } from "./listen.ts";
import { recallText, rememberText } from "./remembered.ts";

/** Under which the browser keeps that somebody has seen the tour. */
const seenKey = "convcam:tour";

interface Help {
  /** What comes now has nothing to do with the tour, and would lie under it. */
  endTour(): void;
}

/** @param title what the network is called */
export function offerHelp(viewer: ConvCam, title: () => string, report: (error: unknown) => void): Help {
  let tour: import("./tour.ts").Tour | undefined;
  let hasStyles = false;
  /** Counts what begins and ends tours: one that is still loaded does not come any more. */
  let count = 0;
  const start = async () => {
    const mine = ++count;
    const load = () => Promise.all([import("./tour.ts"), import("./tour-steps.ts")]);
    const [{ Tour, styles }, { tourSteps }] = await loadPart("of the tour", load);
    if (mine !== count) return undefined;
    tour?.end();
    if (!hasStyles) adoptStyles(document, styles);
    hasStyles = true;
    tour = new Tour(tourSteps(viewer), (hadFocus) => {
      tour = undefined;
      if (hadFocus) find("help").focus();
    });
    return tour;
  };
  find("help").addEventListener("click", async () => {
    try {
      const { showKeys } = await loadPart("of the keys", () => import("../keys/keys-dialog.ts"));
      const { tourWords } = await import("./tour-steps.ts");
      const offer = (text: string, act: () => Promise<void>) => {
        const button = Object.assign(document.createElement("button"), { type: "button", textContent: text });
        button.addEventListener("click", () => act().catch(report));
        return button;
      };
      const tourOffer = offer(tourWords.start, async () => (await start())?.focus());
      const checkOffer = offer("Check this GPU", async () => {
        const { GpuCheckDialog } = await loadPart("that checks the GPU", () => import("./check-gpu.ts"));
        await GpuCheckDialog.open(viewer, title());
      });
      showKeys(document.body, [tourOffer, checkOffer]);
    } catch (error) {
      report(error);
    }
  });
  // Who follows a link wants to see what it shows; where the browser keeps nothing, the tour would come again and again.
  const isFirst = location.hash === "" && location.search === "" && recallText(seenKey) === undefined;
  if (isFirst && rememberText(seenKey, "seen")) {
    const begin = () => find("file-check").hidden && start().catch(report);
    viewer.addEventListener("load", begin, { once: true });
  }
  return {
    endTour() {
      count++;
      tour?.end();
    },
  };
}
