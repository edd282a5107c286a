// The button that lists the keys and offers the tour, and the first visit, on which the tour comes by itself, once. The code of either is loaded then.
import { loadPart } from "../../engine/errors.ts";
import type { ConvCam } from "../element.ts";
import { adoptStyles } from "../style-sheet.ts";
import { find } from "./listen.ts";
import { recallText, rememberText } from "./remembered.ts";

/** Under which the browser keeps that somebody has seen the tour. */
const seenKey = "convcam:tour";

export function offerHelp(viewer: ConvCam, report: (error: unknown) => void): void {
  let tour: import("./tour.ts").Tour | undefined;
  let hasStyles = false;
  const start = async () => {
    const load = () => Promise.all([import("./tour.ts"), import("./tour-steps.ts")]);
    const [{ Tour, styles }, { tourSteps }] = await loadPart("of the tour", load);
    // Another may have begun meanwhile.
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
      const offer = Object.assign(document.createElement("button"), { type: "button", textContent: tourWords.start });
      offer.addEventListener("click", () => start().then((one) => one.focus(), report));
      showKeys(document.body, [offer]);
    } catch (error) {
      report(error);
    }
  });
  // Who follows a link wants to see what it shows; where the browser keeps nothing, the tour would come again and again.
  const isFirst = location.hash === "" && location.search === "" && recallText(seenKey) === undefined;
  if (isFirst && rememberText(seenKey, "seen")) viewer.addEventListener("load", () => void start().catch(report), { once: true });
}
