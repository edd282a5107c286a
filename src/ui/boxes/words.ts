// What a detection network has found, in words. Pure.
import { classNameOf } from "../labels.ts";
import type { FoundBox, FoundBoxes } from "./request.ts";

/** Classes that are counted by their names; of more it is said how many there are. */
const mostNamed = 5;

/** Such as "3 things: 2 × person, 1 × dog.". */
export function summaryOf(boxes: readonly FoundBox[], names: readonly string[]): string {
  if (boxes.length === 0) return "Nothing has a score as high as this.";
  const counts = new Map<number, number>();
  for (const { class: index } of boxes) counts.set(index, (counts.get(index) ?? 0) + 1);
  const most = [...counts].sort(([, a], [, b]) => b - a);
  const named = most.slice(0, mostNamed).map(([index, count]) => `${count} × ${classNameOf(names, index)}`);
  const rest = most.length - named.length;
  const others = rest > 0 ? ` and ${rest} other ${rest === 1 ? "class" : "classes"}` : "";
  return `${boxes.length.toLocaleString("en")} ${boxes.length === 1 ? "thing" : "things"}: ${named.join(", ")}${others}.`;
}

/** Where it is, in pixels of the picture that the network gets. */
export function placeText({ left, top, right, bottom }: FoundBox, { width, height }: Pick<FoundBoxes, "width" | "height">): string {
  const pixels = (share: number, whole: number) => `${Math.round(share * whole)}`.replace("-", "−");
  return `columns ${pixels(left, width)} to ${pixels(right, width)}, rows ${pixels(top, height)} to ${pixels(bottom, height)}`;
}
