// The map of a channel over the picture: a canvas of its own, one pixel for each element, which the browser stretches over the picture.
import type { GalleryGuest } from "../gallery.ts";
import { make } from "../make.ts";
import type { Panel } from "../panel.ts";
import type { View } from "../views/view.ts";
import type { Place } from "./place.ts";

const id = "map over picture";

interface Shown {
  readonly value: string;
  readonly channel: number;
  readonly width: number;
  readonly height: number;
}

export class Overlay implements GalleryGuest {
  #canvas: HTMLCanvasElement | undefined;
  #shown: Shown | undefined;

  /** Says what is shown in the scenes from now on. @returns whether the scene is another */
  want({ layer, channel, maps }: Place, isShown: boolean): boolean {
    const { width, height } = maps;
    return this.#change(isShown ? { value: layer.value, channel, width, height } : undefined);
  }

  /** Shows nothing. @returns whether the scene is another */
  close(): boolean {
    return this.#change(undefined);
  }

  /** Lays it over a panel, where there is something to lay. */
  place(panel: Panel | undefined, opacity: number, isSmooth: boolean): void {
    const frame = panel?.canvas.parentElement;
    if (this.#shown && frame) {
      const canvas = this.#ownCanvas();
      canvas.style.opacity = `${opacity}`;
      canvas.classList.toggle("smooth", isSmooth);
      if (canvas.parentElement !== frame) panel.canvas.after(canvas);
    } else this.#canvas?.remove();
  }

  /** Another network, or another device, takes another canvas. */
  clear(): void {
    this.#change(undefined);
  }

  get visible(): readonly string[] {
    return this.#shown ? [id] : [];
  }

  measure(): readonly View[] {
    if (!this.#shown) return [];
    const { value, channel, width, height } = this.#shown;
    return [{ id, kind: "mosaic", value, channels: [channel], isOver: true, canvas: this.#ownCanvas(), width, height }];
  }

  show(): void {}

  #change(shown: Shown | undefined): boolean {
    const isOther = JSON.stringify(shown) !== JSON.stringify(this.#shown);
    this.#shown = shown;
    if (shown) return isOther;
    // A worker lets go of the canvas of what is not shown: the next time takes another.
    this.#canvas?.remove();
    this.#canvas = undefined;
    return isOther;
  }

  #ownCanvas(): HTMLCanvasElement {
    if (this.#canvas) return this.#canvas;
    this.#canvas = make("canvas", "over-picture");
    this.#canvas.ariaHidden = "true";
    return this.#canvas;
  }
}

/** Of 1, from an attribute. @throws Error that says what is accepted */
export function readMapOverlay(text: string | null): number {
  const opacity = text?.trim() ? Number(text) : 0;
  if (opacity >= 0 && opacity <= 1) return opacity;
  throw new Error(`map-overlay '${text}': expected a number from 0 to 1, how much of the map is seen over the picture.`);
}
