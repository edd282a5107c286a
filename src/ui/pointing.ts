// Pointers and keys on a canvas of tiles: which element is meant, and the mark around it. Loaded with what reads elements.
import type { MosaicLayout } from "./mosaic/layout.ts";
import type { MapPoint } from "./mosaic/maps.ts";
import { pointAt, type rectangleOf } from "./mosaic/points.ts";

export { rectangleOf } from "./mosaic/points.ts";

/** Steps to the right and down, by key. */
export const arrows: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/**
 * Follows a pointer. When a finger lifts, what was chosen stays; when a mouse leaves, it goes.
 *
 * @param box where the canvas was at the event
 * @param choose called with the element under the pointer, or none
 */
export function followPointer(
  event: PointerEvent,
  box: DOMRect,
  layout: MosaicLayout | undefined,
  choose: (point: MapPoint | undefined) => void,
): void {
  const isTouch = event.pointerType === "touch";
  if (event.type === "pointerleave") {
    if (!isTouch) choose(undefined);
  } else if (!isTouch || event.type === "pointerdown") choose(pointUnder(event, box, layout));
}

function pointUnder({ clientX, clientY }: PointerEvent, box: DOMRect, layout: MosaicLayout | undefined): MapPoint | undefined {
  if (!layout || box.width === 0) return undefined;
  return pointAt(layout, ((clientX - box.left) * layout.width) / box.width, ((clientY - box.top) * layout.height) / box.height);
}

/** Puts a mark around pixels of a canvas, in shares of it: the canvas may be shown smaller. */
export function placeMark(mark: HTMLElement, { x, y, width, height }: ReturnType<typeof rectangleOf>, layout: MosaicLayout): void {
  const percent = (part: number, whole: number) => `${(100 * part) / whole}%`;
  Object.assign(mark.style, {
    left: percent(x, layout.width),
    top: percent(y, layout.height),
    width: percent(width, layout.width),
    height: percent(height, layout.height),
  });
}
