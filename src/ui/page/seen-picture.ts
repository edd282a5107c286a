// The picture as the network gets it: its input, read back now and then, with the arithmetic on its colours undone. Loaded when it is first opened.
import { Tensor } from "../../engine/tensor.ts";
import type { ConvCam } from "../element.ts";
import { picturePixels } from "../input-pixels.ts";
import { pictureInputOf } from "./picture-input.ts";

interface SeenParts {
  readonly viewer: ConvCam;
  readonly details: HTMLDetailsElement;
  readonly canvas: HTMLCanvasElement;
  /** Says how large it is, or why there is none. */
  readonly text: HTMLElement;
}

export class SeenPicture {
  readonly #parts: SeenParts;
  #isReading = false;
  /** Whether the input has changed since it was read. */
  #isOld = true;

  constructor(parts: SeenParts) {
    this.#parts = parts;
    parts.viewer.addEventListener("frame", () => void this.refresh());
    // Another network may be long in coming, or not come.
    parts.viewer.addEventListener("reset", () => {
      parts.canvas.hidden = true;
      parts.text.textContent = "";
    });
  }

  /** Reads the input, one at a time, while anybody looks. */
  async refresh(): Promise<void> {
    this.#isOld = true;
    if (this.#isReading || !this.#parts.details.open) return;
    this.#isReading = true;
    try {
      while (this.#isOld && this.#parts.details.open) {
        this.#isOld = false;
        await this.#read();
      }
    } catch {
      // The network is gone meanwhile; the next frame asks again.
    } finally {
      this.#isReading = false;
    }
  }

  async #read(): Promise<void> {
    const { viewer, canvas, text } = this.#parts;
    const found = pictureInputOf(viewer);
    canvas.hidden = !found;
    if (!found) {
      text.textContent = "This network takes no picture.";
      return;
    }
    const { dtype, shape, bytes } = await viewer.ask({ kind: "value", value: found.input.name });
    const { width, height } = found.view;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const pixels = picturePixels(new Tensor(dtype, shape, bytes).toNumbers(), found.view, viewer.preparation, dtype);
    canvas.getContext("2d")?.putImageData(new ImageData(pixels, width, height), 0, 0);
    text.textContent = `${width} × ${height} pixels, with the arithmetic on their colours undone.`;
  }
}
