// What an element's attributes say of names and words: what somebody calls layers, and where the article is that tells more.
import type { ConvCam } from "../element.ts";
import { type LayerNames, readLayerNames, withLayerName } from "../overview/layer-names.ts";
import { setAttribute } from "../state.ts";

export class GivenNames {
  readonly #element: ConvCam;

  constructor(element: ConvCam) {
    this.#element = element;
  }

  /** What somebody calls layers; none where the attribute cannot be read, which {@link check} says. */
  get names(): LayerNames {
    try {
      return this.check();
    } catch {
      return new Map();
    }
  }

  /** @throws Error that says what is accepted */
  check(): LayerNames {
    return readLayerNames(this.#element.getAttribute("layer-names"));
  }

  /** @param name empty for the file's own */
  rename(value: string, name: string): void {
    setAttribute(this.#element, "layer-names", withLayerName(this.names, value, name));
  }

  /** The address of the article; null where there is none. */
  get article(): string | null {
    return this.#element.getAttribute("learn");
  }
}
