// One range for all layers that are shown, so that a colour is the same number in each of them: of their extremes at the moment when it is chosen.
import type { ConvCam } from "../element.ts";
import { pictureAmong } from "../picture-among.ts";
import { listen } from "./listen.ts";

/** In the list of ranges. */
const wanted = "all";

/** The extremes of a channel. */
interface Extremes {
  readonly low: number;
  readonly high: number;
}

/** As the attribute `normalize` takes it, from 0 on where nothing is below; undefined where there is nothing but zeros. Pure. */
export function commonRange(channels: readonly Extremes[]): string | undefined {
  const finite = channels.filter(({ low, high }) => Number.isFinite(low) && Number.isFinite(high));
  const low = Math.min(0, ...finite.map((one) => one.low));
  const high = Math.max(0, ...finite.map((one) => one.high));
  return low < high ? `${rounded(low)}..${rounded(high)}` : undefined;
}

const rounded = (extreme: number) => Number(extreme.toPrecision(3));

/** Adds the choice to the list of ranges. */
export function offerCommonRange(list: HTMLSelectElement, viewer: ConvCam, report: (error: unknown) => void): void {
  list.append(new Option("One for all layers, as they are now", wanted));
  let shown: readonly string[] = [];
  // The picture is drawn as it is.
  listen(viewer, "load", ({ layers, shown: values }) => {
    const picture = pictureAmong(layers);
    shown = values.filter((value) => value !== picture);
  });
  const situation = () => [viewer.src, viewer.getAttribute("layers"), viewer.getAttribute("normalize"), shown];
  // Before the list sets the attribute to what is chosen in it.
  const choose = (event: Event) => {
    if (list.value !== wanted) return;
    event.stopImmediatePropagation();
    list.value = viewer.getAttribute("normalize") ?? list.options[0]?.value ?? "";
    const before = situation();
    // Another network, other layers or another range may be wanted by the time of the answer.
    const isStale = () => situation().some((part, i) => part !== before[i]);
    Promise.all(shown.map((value) => viewer.ask({ kind: "statistics", value }))).then(
      (layers) => {
        if (isStale()) return;
        const range = commonRange(layers.flat());
        if (range === undefined) report("There is no range over all layers: they are 0 everywhere.");
        else viewer.setAttribute("normalize", range);
      },
      (error) => isStale() || report(error),
    );
  };
  list.addEventListener("change", choose, { capture: true });
}
