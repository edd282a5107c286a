// Which channels of a layer are shown at once: of many, a page after another. Pure, but for reading attributes.
import type { MapView } from "../mosaic/maps.ts";

/** Channels of a page where nobody says how many. */
const usualSize = 64;

/** What may be chosen. */
export const pageSizes = ["16", "64", "256", "all"] as const;

export interface Page {
  /** Counted from 1, as it is shown. */
  readonly number: number;
  readonly count: number;
  /** Channels of the layer, and of a page. */
  readonly total: number;
  readonly size: number;
}

/**
 * The page that attributes ask for. Units of a dense layer are cells, which are all shown where nobody says otherwise.
 *
 * @throws Error that says what is accepted
 */
export function readPage(element: Pick<Element, "getAttribute">, { channels: total, height, width }: MapView, value: string): Page {
  const size = readSize(element.getAttribute("page-size"), height * width === 1 ? total : usualSize, total);
  const count = Math.max(1, Math.ceil(total / size));
  const text = element.getAttribute("page")?.trim() || "1";
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > count)
    throw new Error(`page '${text}': '${value}' has ${count} of ${size} channels, counted from 1.`);
  return { number, count, total, size };
}

function readSize(text: string | null, usual: number, total: number): number {
  if (!text?.trim()) return Math.min(total, usual);
  if (text.trim() === "all") return total;
  const size = Number(text);
  if (Number.isInteger(size) && size >= 1) return Math.min(size, total);
  throw new Error(`page-size '${text}': expected how many channels are shown at once, such as 64, or all.`);
}

/** The places of its channels in their order: from a first up to but not a last one. */
export function spanOf({ number, size, total }: Page): readonly [begin: number, end: number] {
  return [(number - 1) * size, Math.min(total, number * size)];
}

/** The channels of a page, in their order; undefined where these are all of them as they lie. */
export function channelsOn(page: Page, order: readonly number[] | undefined): readonly number[] | undefined {
  if (page.count === 1) return order;
  const [begin, end] = spanOf(page);
  return order ? order.slice(begin, end) : Array.from({ length: end - begin }, (_, i) => begin + i);
}

/** The page before or after it; from the last to the first. */
export function turned({ number, count }: Page, by: number): number {
  return ((number - 1 + by + count) % count) + 1;
}
