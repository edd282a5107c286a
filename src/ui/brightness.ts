// A slider for the attribute `gamma`: farther to the right, small numbers are brighter.
import { setAttribute } from "./state.ts";

/** Steps of a slider: each to the right halves the exponent. */
const range = { type: "range", min: "-1", max: "3", step: "0.25" };

/** Makes a slider of an input. It follows the attribute, whoever sets it. */
export function offerBrightness(slider: HTMLInputElement, element: Element): void {
  Object.assign(slider, range);
  slider.title = "Brightens small numbers, for maps in which few are large. A double click puts it back.";
  const set = (step: number) => setAttribute(element, "gamma", step === 0 ? undefined : Number((2 ** -step).toPrecision(3)));
  slider.addEventListener("input", () => set(Number(slider.value)));
  slider.addEventListener("dblclick", () => set(0));
  const follow = () => {
    const gamma = Number(element.getAttribute("gamma") ?? 1);
    slider.value = gamma > 0 ? `${-Math.log2(gamma)}` : "0";
    slider.ariaValueText = `gamma ${gamma}`;
  };
  follow();
  new MutationObserver(follow).observe(element, { attributeFilter: ["gamma"] });
}
