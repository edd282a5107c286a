// What the attribute `retouch` brushes over each picture before the network gets it: gray, blurred or painted strokes. A part of the element.
import type { News } from "../frame-loop.ts";
import { type ImageLike, sizeOf } from "../picture-size.ts";
import { RetouchedPicture } from "./retouched-picture.ts";
import { readStrokes, type Stroke } from "./strokes.ts";

export interface RetouchHost {
  /** Asks for a frame that brings these up to date. */
  wantFrame(...news: readonly News[]): void;
}

export class Retouch {
  readonly complete = Promise.resolve();
  readonly #host: RetouchHost;
  readonly #element: Element;
  readonly #picture = new RetouchedPicture();
  #text = "";
  /** The text that a frame was asked for with. */
  #wanted = "";
  #strokes: readonly Stroke[] = [];
  #problem: Error | undefined;

  constructor(host: RetouchHost, element: Element) {
    this.#host = host;
    this.#element = element;
  }

  /** @throws Error that says what is accepted where the attribute is no list of strokes; then pictures stay as they are */
  update(): void {
    this.#read();
    if (this.#wanted !== this.#text) this.#host.wantFrame("image", "run");
    this.#wanted = this.#text;
    if (this.#problem) throw this.#problem;
  }

  hide(): void {}

  /** The picture as the network gets it; pixels in memory, and arrays, stay as they are. */
  apply(image: ImageLike): ImageLike {
    this.#read();
    if ("data" in image) return image;
    if (this.#strokes.length === 0 || sizeOf(image).width === 0) return image;
    try {
      return this.#picture.draw(image, this.#strokes);
    } catch {
      // A picture of another origin: the network refuses it, and says so.
      return image;
    }
  }

  #read(): void {
    const text = this.#element.getAttribute("retouch") ?? "";
    if (text === this.#text) return;
    this.#text = text;
    this.#strokes = [];
    this.#problem = undefined;
    try {
      this.#strokes = readStrokes(text);
    } catch (error) {
      this.#problem = error as Error;
    }
  }
}
