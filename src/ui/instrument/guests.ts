// Several that have views beside the panels of a gallery, as one.
import type { GalleryGuest } from "../gallery.ts";
import type { ViewOutcome } from "../scene.ts";
import type { View } from "../views/view.ts";

export class Guests implements GalleryGuest {
  readonly #all: readonly GalleryGuest[];

  constructor(...all: readonly GalleryGuest[]) {
    this.#all = all;
  }

  get visible(): readonly string[] {
    return this.#all.flatMap(({ visible }) => visible);
  }

  measure(): readonly View[] {
    return this.#all.flatMap((one) => one.measure());
  }

  show(outcomes: readonly ViewOutcome[]): void {
    for (const one of this.#all) one.show(outcomes);
  }
}
