// Keeps the keyboard's focus in the instrument where the link that somebody has followed is gone with the place that it was of.

export class KeptFocus {
  readonly #frame: HTMLElement;
  #wasInside = false;

  constructor(frame: HTMLElement) {
    this.#frame = frame;
  }

  /** Somebody goes elsewhere. */
  note(): void {
    this.#wasInside = this.#frame.contains(this.#focused);
  }

  /** @param isDone whether everything is shown of where somebody has gone */
  keep(isDone: boolean): void {
    const isLost =
      this.#wasInside && this.#focused === null && [null, document.body].includes(document.activeElement as HTMLElement | null);
    if (isLost) this.#next?.focus({ preventScroll: true });
    if (isDone) this.#wasInside = false;
  }

  get #focused(): Element | null {
    return (this.#frame.getRootNode() as ShadowRoot).activeElement;
  }

  /** The name of the place, or the node of the overview that the arrow keys begin at. */
  get #next(): HTMLElement | null {
    return this.#frame.querySelector(".crumbs [aria-current]") ?? this.#frame.querySelector('.band [tabindex="0"]');
  }
}
