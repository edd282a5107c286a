// What is seen before the first frame, and where there is none: the slot `poster`, or the picture at the address of that attribute.
import { make } from "./make.ts";

export class Poster {
  readonly element = make("slot", "poster");
  readonly #picture = make("img", "");

  constructor() {
    this.element.name = "poster";
    this.#picture.part = "poster";
    this.#picture.loading = "lazy";
    this.#picture.alt = "";
    this.element.addEventListener("slotchange", () => this.#mark());
  }

  /** The address of a picture, for elements that bring none of their own. */
  set source(address: string | null) {
    this.#picture.src = address ?? "";
    this.element.replaceChildren(...(address ? [this.#picture] : []));
    this.#mark();
  }

  set isShown(isShown: boolean) {
    this.element.hidden = !isShown;
  }

  /** Panels have no places of their own under one. */
  #mark(): void {
    this.element.classList.toggle("filled", this.element.assignedElements({ flatten: true }).length > 0);
  }
}
