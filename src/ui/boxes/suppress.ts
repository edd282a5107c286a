// Of boxes that cover each other, keeps the one with the highest score: what networks do not do that answer with a row for each place. Pure.
import type { FoundBox } from "./request.ts";

/** Two boxes of a class that share more than this part of their union are the same thing: what is usual for such networks. */
const mostShared = 0.45;
/** Boxes beyond these, by score, are dropped: each is compared with all that are kept. */
const mostCompared = 1000;

/** @param boxes the highest score first */
export function suppress(boxes: readonly FoundBox[]): readonly FoundBox[] {
  const kept: FoundBox[] = [];
  for (const box of boxes.slice(0, mostCompared))
    if (!kept.some((other) => other.class === box.class && sharedPart(other, box) > mostShared)) kept.push(box);
  return kept;
}

/** Intersection over union. */
function sharedPart(a: FoundBox, b: FoundBox): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  return (width * height) / (areaOf(a) + areaOf(b) - width * height);
}

function areaOf({ left, top, right, bottom }: FoundBox): number {
  return (right - left) * (bottom - top);
}
