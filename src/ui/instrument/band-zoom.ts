// How large the graph of an overview is drawn: a little smaller where it just does not fit, or as somebody zooms, by buttons, keys, pinch or wheel.

/** From one step of a button or a key to the next. */
const step = 1.25;
const [least, most] = [0.25, 4] as const;
/** A graph that is wider than its room is made smaller of itself down to this: smaller, its words are hard to read. */
const leastFit = 0.9;
/** A wheel's turn, in pixels, that doubles the size. */
const doubling = 200;

export class BandZoom {
  readonly #scroller: HTMLElement;
  readonly #plane: HTMLElement;
  readonly #onChange: () => void;
  /** What somebody wants; undefined until then. */
  #chosen: number | undefined;
  #level = 1;

  /** @param onChange what is drawn in pixels of the screen has others now */
  constructor(scroller: HTMLElement, plane: HTMLElement, onChange: () => void) {
    this.#scroller = scroller;
    this.#plane = plane;
    this.#onChange = onChange;
    scroller.addEventListener("wheel", (event) => this.#onWheel(event), { passive: false });
    scroller.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** CSS pixels of the screen for one of the graph's. */
  get level(): number {
    return this.#level;
  }

  /** Another network comes. */
  forget(): void {
    this.#chosen = undefined;
  }

  /** Gives the graph its size. @param width in its own pixels */
  fit(width: number): void {
    const { paddingLeft, paddingRight } = getComputedStyle(this.#scroller);
    const room = this.#scroller.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
    const fitting = room / width;
    this.#level = this.#chosen ?? (fitting < 1 && fitting >= leastFit ? fitting : 1);
    this.#plane.style.setProperty("zoom", `${this.#level}`);
  }

  /** A step larger or smaller, around the middle of what is seen. */
  readonly step = (isLarger: boolean): void => {
    const { clientWidth, clientHeight } = this.#scroller;
    this.#by(isLarger ? step : 1 / step, clientWidth / 2, clientHeight / 2);
  };

  /** @param x where it stays as it is, from the left edge, and `y`, from the upper one */
  #by(factor: number, x: number, y: number): void {
    const before = this.#level;
    this.#chosen = Math.min(most, Math.max(least, before * factor));
    const { scrollLeft, scrollTop } = this.#scroller;
    this.#onChange();
    const ratio = this.#level / before;
    this.#scroller.scrollLeft = (scrollLeft + x) * ratio - x;
    this.#scroller.scrollTop = (scrollTop + y) * ratio - y;
  }

  /** Browsers tell of a pinch on a touchpad as of a wheel with Ctrl. */
  #onWheel(event: WheelEvent): void {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const { left, top } = this.#scroller.getBoundingClientRect();
    this.#by(2 ** (-event.deltaY / doubling), event.clientX - left, event.clientY - top);
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || !/^[-+=0]$/.test(event.key)) return;
    event.preventDefault();
    if (event.key === "0") {
      this.#chosen = undefined;
      this.#onChange();
    } else this.step(event.key !== "-");
  }
}
