// Lets somebody who follows a link arrive: keeps the keyboard's focus in the instrument where the link is gone with the place that it was of, and
// scrolls to the maps where they lie below the window, as on a phone.

/** How far down a window maps may begin, as a part of it. */
const lowest = 0.85;

export class Arrival {
  readonly #frame: HTMLElement;
  #wasInside = false;
  #isUnderWay = false;

  constructor(frame: HTMLElement) {
    this.#frame = frame;
  }

  /** Somebody goes elsewhere. */
  depart(): void {
    this.#wasInside = this.#frame.contains(this.#focused);
    this.#isUnderWay = true;
  }

  /** @param isDone whether everything is shown of where somebody has gone */
  settle(isDone: boolean): void {
    const isLost =
      this.#wasInside && this.#focused === null && [null, document.body].includes(document.activeElement as HTMLElement | null);
    if (isLost) this.#next?.focus({ preventScroll: true });
    if (!isDone) return;
    if (this.#isUnderWay) this.#reveal();
    this.#wasInside = false;
    this.#isUnderWay = false;
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
