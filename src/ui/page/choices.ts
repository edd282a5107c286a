// What the page's lists of ranges and colours offer, in order; the names are those of the element's attributes.
import { offerBrightness } from "../brightness.ts";
import type { ColorMap } from "../mosaic/color-map.ts";
import type { namedNormalizations } from "../mosaic/normalization.ts";

type NamedRange = (typeof namedNormalizations)[number];

/** The first is the element's default. A range of one's own follows the named ones. */
const ranges: Readonly<Record<NamedRange | "0..1", string>> = {
  robust: "Layer, robust",
  layer: "Layer, extremes",
  "channel-robust": "Channel, robust",
  channel: "Channel, extremes",
  chollet: "Mean and deviation (Chollet)",
  "0..1": "Fixed 0 to 1",
};

const colors: Readonly<Record<ColorMap | "auto", string>> = {
  auto: "Automatic",
  viridis: "Viridis",
  magma: "Magma",
  cividis: "Cividis",
  gray: "Gray",
  diverging: "Blue, white, red",
};

/**
 * Fills a list, and sets an element's attribute to what is chosen in it. The first is the default. An attribute that is set elsewhere is shown, too:
 * the last one that is not in the list is added to it.
 */
export function offer(select: HTMLSelectElement, titles: Readonly<Record<string, string>>, element: Element, attribute: string): void {
  select.append(...Object.entries(titles).map(([name, title]) => new Option(title, name)));
  const [first = ""] = Object.keys(titles);
  select.addEventListener("change", () => {
    if (select.value === first) element.removeAttribute(attribute);
    else element.setAttribute(attribute, select.value);
  });
  let unlisted: HTMLOptionElement | undefined;
  new MutationObserver(() => {
    const wanted = element.getAttribute(attribute) ?? first;
    const isListed = [...select.options].some(({ value }) => value === wanted);
    if (!isListed) {
      unlisted?.remove();
      unlisted = new Option(wanted.replace("..", " to "), wanted);
      select.append(unlisted);
    }
    select.value = wanted;
  }).observe(element, { attributeFilter: [attribute] });
}

export function offerLooks(
  normalize: HTMLSelectElement,
  colormap: HTMLSelectElement,
  brightness: HTMLInputElement,
  element: Element,
): void {
  offer(normalize, ranges, element, "normalize");
  offer(colormap, colors, element, "colormap");
  offerBrightness(brightness, element);
}
