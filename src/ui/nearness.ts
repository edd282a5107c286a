// Whether an element with `loading="lazy"` has yet to come near the window, before which it does nothing.

export class Nearness {
  readonly #element: Element;
  readonly #observer: IntersectionObserver;
  #isNear = false;

  constructor(element: Element, onNear: () => void) {
    this.#element = element;
    this.#observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
        this.#isNear = true;
        this.#observer.disconnect();
        onNear();
      },
      { rootMargin: "50%" },
    );
  }

  get isAwaited(): boolean {
    return !this.#isNear && this.#element.getAttribute("loading") === "lazy";
  }

  watch(): void {
    if (!this.#isNear) this.#observer.observe(this.#element);
  }

  stop(): void {
    this.#observer.disconnect();
  }
}
