// A canvas that somebody steers, by keys that are held or by a finger, which goes before them.

/** Pixels of each side. */
export const side = 320;

interface Steered<Wish> {
  /** What it shows, and how it is steered. */
  readonly label: string;
  readonly keys: Readonly<Record<string, Partial<Wish>>>;
  /** Of nobody. */
  readonly rest: Wish;
  /** @returns what a finger wants there, in shares of the canvas */
  towards(y: number, x: number): Wish;
  /** Somebody wants something else. */
  onWish(): void;
}

export class SteeredCanvas<Wish extends object> {
  readonly element = Object.assign(document.createElement("canvas"), { width: side, height: side, tabIndex: 0, className: "scene" });
  readonly #steered: Steered<Wish>;
  readonly #held = new Set<string>();
  #finger: Wish | undefined;

  constructor(steered: Steered<Wish>) {
    this.#steered = steered;
    const { element } = this;
    element.role = "application";
    element.ariaLabel = steered.label;
    element.addEventListener("keydown", (event) => this.#onKey(event));
    element.addEventListener("keyup", ({ key }) => this.#held.delete(key));
    element.addEventListener("blur", () => this.#held.clear());
    element.addEventListener("pointerdown", (event) => {
      element.setPointerCapture(event.pointerId);
      this.#pull(event);
    });
    element.addEventListener("pointermove", (event) => element.hasPointerCapture(event.pointerId) && this.#pull(event));
    for (const end of ["pointerup", "pointercancel"] as const)
      element.addEventListener(end, () => {
        this.#finger = undefined;
      });
  }

  /** What is wanted now. */
  get wish(): Wish {
    if (this.#finger) return this.#finger;
    const { keys, rest } = this.#steered;
    const held = Array.from(this.#held, (key) => keys[key] as Readonly<Record<string, number>>);
    const sum = (name: string) => held.reduce((total, one) => total + (one[name] ?? 0), 0);
    return Object.fromEntries(Object.keys(rest).map((name) => [name, sum(name)])) as Wish;
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.#steered.keys[event.key]) return;
    event.preventDefault();
    this.#held.add(event.key);
    this.#steered.onWish();
  }

  #pull({ clientX, clientY }: PointerEvent): void {
    const box = this.element.getBoundingClientRect();
    this.#finger = this.#steered.towards((clientY - box.top) / box.height, (clientX - box.left) / box.width);
    this.#steered.onWish();
  }
}
