// Goes along with somebody who follows a link: keeps the keyboard's focus in the instrument where the link is gone with the place that it was of, and
// shows the maps where they lie below the window, as on a phone.

/** How far down a window maps may begin, as a part of it. */
const lowest = 0.85;

export class KeptFocus {
  readonly #frame: HTMLElement;
  #wasInside = false;
  #goes = false;

  constructor(frame: HTMLElement) {
    this.#frame = frame;
  }

  /** Somebody goes elsewhere. */
  note(): void {
    this.#wasInside = this.#frame.contains(this.#focused);
    this.#goes = true;
  }

  /** @param isDone whether everything is shown of where somebody has gone */
  keep(isDone: boolean): void {
    const isLost =
      this.#wasInside && this.#focused === null && [null, document.body].includes(document.activeElement as HTMLElement | null);
    if (isLost) this.#next?.focus({ preventScroll: true });
    if (!isDone) return;
    if (this.#goes) this.#reveal();
    this.#wasInside = false;
    this.#goes = false;
  }

  #reveal(): void {
    const { top = 0 } = this.#frame.querySelector(".desk")?.getBoundingClientRect() ?? {};
    if (top > innerHeight * lowest) this.#frame.querySelector(".crumbs")?.scrollIntoView({ block: "start" });
  }

  get #focused(): Element | null {
    return (this.#frame.getRootNode() as ShadowRoot).activeElement;
  }

  /** The name of the place, or the node of the overview that the arrow keys begin at. */
  get #next(): HTMLElement | null {
    return this.#frame.querySelector(".crumbs [aria-current]") ?? this.#frame.querySelector('.band [tabindex="0"]');
  }
}
