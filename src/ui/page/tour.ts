// A tour of the page, step by step on the page itself: a card beside what it is about, around which a ring stands. Visitors do each step, or go on
// without. Loaded on a first visit, or when somebody asks.
import { make } from "../make.ts";
import { type TourStep, tourWords } from "./tour-steps.ts";

/** Wanted once, before the first. */
export { default as styles } from "./tour.css?inline";

/** How often it looks where its target is: that moves with the page, and may come later. */
const lookMs = 250;
/** CSS pixels between the target, its ring and the card. */
const gap = 12;
/** Narrower windows have the card at their lower edge. */
const narrow = 860;

export class Tour {
  readonly #steps: readonly TourStep[];
  readonly #onEnd: (hadFocus: boolean) => void;
  readonly #ring = make("div", "tour-ring");
  readonly #card = make("section", "tour");
  readonly #count = make("p", "tour-count");
  readonly #title = make("h2", "");
  readonly #text = make("p", "tour-text");
  readonly #back = button(tourWords.back, () => this.#go(this.#at - 1));
  readonly #next = button(tourWords.next, () => this.#go(this.#at + 1));
  readonly #listening = new AbortController();
  readonly #timer: number;
  #at = 0;
  #step = new AbortController();
  #hasScrolled = false;

  /** @param onEnd told once, when it is over, and whether the focus was in the card, which is gone then */
  constructor(steps: readonly TourStep[], onEnd: (hadFocus: boolean) => void) {
    this.#steps = steps;
    this.#onEnd = onEnd;
    const said = make("div", "tour-said");
    said.ariaLive = "polite";
    said.append(this.#count, this.#title, this.#text);
    const buttons = make("div", "tour-buttons");
    this.#next.classList.add("main");
    buttons.append(
      button(tourWords.skip, () => this.end()),
      this.#back,
      button(tourWords.go, () => this.#focusTarget()),
      this.#next,
    );
    this.#card.role = "dialog";
    this.#card.ariaLabel = tourWords.label;
    this.#card.tabIndex = -1;
    this.#card.append(said, buttons);
    this.#card.addEventListener("keydown", ({ key }) => key === "Escape" && this.end());
    this.#ring.hidden = true;
    document.body.append(this.#ring, this.#card);
    document.body.classList.add("touring");
    const { signal } = this.#listening;
    addEventListener("scroll", () => this.#place(), { signal, capture: true, passive: true });
    addEventListener("resize", () => this.#place(), { signal });
    this.#timer = window.setInterval(() => this.#place(), lookMs);
    this.#go(0);
  }

  /** For who has asked for it; who has not keeps the focus where it is. */
  focus(): void {
    this.#card.focus();
  }

  end(): void {
    if (this.#listening.signal.aborted) return;
    const hadFocus = this.#card.contains(document.activeElement);
    this.#listening.abort();
    this.#step.abort();
    clearInterval(this.#timer);
    this.#ring.remove();
    this.#card.remove();
    document.body.classList.remove("touring");
    this.#onEnd(hadFocus);
  }

  #go(to: number): void {
    const step = this.#steps[to];
    this.#step.abort();
    if (!step) {
      this.end();
      return;
    }
    this.#at = to;
    this.#step = new AbortController();
    this.#hasScrolled = false;
    const isLast = to === this.#steps.length - 1;
    this.#count.textContent = tourWords.count(to + 1, this.#steps.length);
    this.#title.textContent = step.title;
    this.#text.textContent = step.text;
    this.#back.disabled = to === 0;
    this.#next.textContent = isLast ? tourWords.finish : tourWords.next;
    this.#card.classList.remove("done");
    step.prepare?.();
    step.watch(() => this.#onDone(step), this.#step.signal);
    this.#place();
  }

  #onDone(step: TourStep): void {
    if (step !== this.#steps[this.#at]) return;
    if (step.goesOn) this.#go(this.#at + 1);
    else this.#card.classList.add("done");
  }

  #focusTarget(): void {
    const target = this.#steps[this.#at]?.target();
    target?.scrollIntoView({ block: "center" });
    target?.focus();
  }

  #place(): void {
    const target = this.#steps[this.#at]?.target();
    const box = target?.getBoundingClientRect();
    this.#ring.hidden = !box || box.width === 0;
    if (!target || !box || this.#ring.hidden) {
      this.#dock();
      return;
    }
    if (!this.#hasScrolled) {
      this.#hasScrolled = true;
      if (box.top < 0 || box.bottom > innerHeight) target.scrollIntoView({ block: innerWidth < narrow ? "center" : "nearest" });
      this.#place();
      return;
    }
    setBox(this.#ring, { left: box.left - gap / 2, top: box.top - gap / 2, width: box.width + gap, height: box.height + gap });
    this.#placeCard(box);
  }

  /** At the right, at the left, below or above, where there is room; else at the window's lower edge. */
  #placeCard({ left, right, top, bottom }: DOMRect): void {
    const { offsetWidth: width, offsetHeight: height } = this.#card;
    const y = Math.max(gap, Math.min(top, innerHeight - height - gap));
    const x = Math.max(gap, Math.min(left, innerWidth - width - gap));
    const places = [
      { left: right + 2 * gap, top: y },
      { left: left - width - 2 * gap, top: y },
      { left: x, top: bottom + 2 * gap },
      { left: x, top: top - height - 2 * gap },
    ];
    const fits = places.find(
      (place) => place.left >= gap && place.top >= gap && place.left + width <= innerWidth - gap && place.top + height <= innerHeight - gap,
    );
    if (!fits || innerWidth < narrow) {
      this.#dock();
      return;
    }
    this.#card.classList.remove("docked");
    setBox(this.#card, fits);
  }

  #dock(): void {
    this.#card.classList.add("docked");
    for (const name of ["left", "top"]) this.#card.style.removeProperty(name);
  }
}

function setBox({ style }: HTMLElement, box: Readonly<Record<string, number>>): void {
  for (const [name, length] of Object.entries(box)) style.setProperty(name, `${Math.round(length)}px`);
}

function button(text: string, onClick: () => void): HTMLButtonElement {
  const made = Object.assign(make("button", "", text), { type: "button" });
  made.addEventListener("click", onClick);
  return made;
}
