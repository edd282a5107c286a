// Boxes over panels: which part of a map, or of the picture, something depends on.
import type { MapBox } from "../elements/places.ts";
import { make } from "../make.ts";
import type { Panel } from "../panel.ts";

export interface Mark {
  readonly panel: Panel;
  readonly box: MapBox;
  /** For a screen reader, and under the pointer. */
  readonly text: string;
  /** Written into it. */
  readonly label?: string | undefined;
}

export class Marks {
  #elements: readonly HTMLElement[] = [];

  /** Replaces all marks. */
  show(marks: readonly Mark[]): void {
    for (const element of this.#elements) element.remove();
    this.#elements = marks.flatMap(({ panel, box, text, label }) => {
      const element = make("div", "field", label);
      element.title = text;
      if (!place(element, panel, box)) return [];
      panel.canvas.parentElement?.append(element);
      return [element];
    });
  }
}

/** In shares of the first tile: marked maps are pictures, or one channel. @returns whether there is one */
function place(element: HTMLElement, { layout }: Panel, { y, x }: MapBox): boolean {
  if (!layout) return false;
  const { mapHeight, mapWidth, tileWidth, tileHeight, width, height } = layout;
  const percent = (part: number, of: number, tile: number, whole: number) => `${((100 * part) / of) * (tile / whole)}%`;
  Object.assign(element.style, {
    left: percent(x[0], mapWidth, tileWidth, width),
    top: percent(y[0], mapHeight, tileHeight, height),
    width: percent(x[1] - x[0], mapWidth, tileWidth, width),
    height: percent(y[1] - y[0], mapHeight, tileHeight, height),
  });
  return true;
}
