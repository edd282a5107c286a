// Growing patterns on the page: their canvas, how far they are, what a tile is of, and what is seen there in words.

import { asSentence } from "../as-sentence.ts";
import { formatNumber } from "../format-number.ts";
import { make } from "../make.ts";
import { arrows, followPointer, placeMark, rectangleOf } from "../pointing.ts";
import { watchVisibility } from "../visibility.ts";
import type { Grown } from "./request.ts";
import { patternTexts } from "./texts.ts";

export interface PatternsPanelHost {
  /** It comes into view. */
  onReveal(): void;
  /** There is another room for it. */
  onResize(): void;
  /** Somebody wants to pause it, or to let it go on. */
  onHold(): void;
  onSave(): Promise<void>;
  /** What a channel is called. */
  nameOf(channel: number): string;
}

interface State {
  /** Whether its own button has paused it. */
  readonly isHeld: boolean;
  /** Whether the element is paused. */
  readonly isPaused: boolean;
}

export class PatternsPanel {
  readonly element = make("section", "patterns");
  /** Whether it is on the screen. */
  isVisible = false;
  readonly #host: PatternsPanelHost;
  #canvas = make("canvas", "pattern-tiles");
  readonly #frame = make("div", "frame");
  readonly #mark = make("div", "mark");
  readonly #title = make("h2", "patterns-title part-title");
  /** Read aloud, so it changes a few times only. */
  readonly #status = make("p", "patterns-status");
  readonly #trouble = make("p", "patterns-trouble part-trouble");
  readonly #count = make("span", "patterns-count");
  readonly #bar = make("progress", "patterns-bar");
  readonly #hold = make("button", "patterns-hold part-button");
  readonly #save = make("button", "patterns-save part-button", "Save as PNG");
  readonly #readout = make("output", "patterns-readout");
  readonly #note = make("p", "patterns-note");
  #grown: Grown | undefined;
  /** The place of the picture that is read, in order. */
  #chosen: number | undefined;
  /** What the words say of whether they grow. */
  #toldState: string = states.grow;
  /** Quarters of the way that were told. */
  #toldQuarter = 0;
  #width = 0;

  constructor(host: PatternsPanelHost) {
    this.#host = host;
    this.element.ariaLabel = "Patterns";
    this.element.hidden = true;
    this.#status.role = "status";
    this.#trouble.role = "alert";
    this.#bar.ariaLabel = "Steps";
    this.#hold.type = this.#save.type = "button";
    this.#hold.addEventListener("click", () => host.onHold());
    this.#save.addEventListener("click", () => void this.#onSave());
    const row = make("div", "patterns-row");
    row.append(this.#hold, this.#save, this.#bar, this.#count);
    const words = make("div", "patterns-words");
    words.append(make("p", "", patternTexts.seen), make("p", "patterns-limit", patternTexts.limit), this.#note);
    this.element.append(this.#title, this.#status, this.#trouble, row, this.#frame, this.#readout, words);
    for (const type of ["pointermove", "pointerdown", "pointerleave"] as const)
      this.#frame.addEventListener(type, (event) =>
        followPointer(event, this.#canvas.getBoundingClientRect(), this.#grown?.layout, (point) => this.#choose(point?.channel)),
      );
    this.#frame.addEventListener("keydown", (event) => this.#onKey(event));
    this.#watch();
  }

  /** Takes another canvas: one that was handed to a worker cannot be drawn on from elsewhere, and nothing old is left on it. */
  renew(): HTMLCanvasElement {
    const hadFocus = this.#frame.contains((this.element.getRootNode() as ShadowRoot).activeElement);
    this.#canvas = make("canvas", "pattern-tiles");
    this.#canvas.role = "img";
    this.#canvas.tabIndex = 0;
    this.#frame.replaceChildren(this.#canvas, this.#mark);
    if (hadFocus) this.#canvas.focus();
    return this.#canvas;
  }

  /** Device pixels that there are for the tiles. */
  room(): { readonly width: number; readonly height: number } {
    const pixels = (length: number) => Math.max(32, Math.floor(length * devicePixelRatio));
    const width = this.element.clientWidth || (this.element.getRootNode() as ShadowRoot).host.clientWidth;
    return { width: pixels(width), height: pixels(0.7 * innerHeight) };
  }

  /** Says what is being prepared; nothing of the patterns before is shown meanwhile. */
  showPending(layer: string | undefined, isOfChanged: boolean): void {
    this.#clear();
    this.#title.textContent = titleOf(layer);
    this.#status.textContent = isOfChanged ? "The weights or gates have changed. Preparing the patterns anew…" : "Preparing the patterns…";
  }

  /** Says why there are none. */
  showTrouble(text: string): void {
    this.#clear();
    this.#title.textContent = "No patterns";
    this.#status.textContent = "";
    this.#trouble.textContent = asSentence(text);
  }

  /** Others have begun. */
  begin({ layer, channels, done, steps }: Grown, isOfChanged: boolean): void {
    this.element.classList.remove("pending");
    this.#toldState = states.grow;
    // What begins is told first, unless it is over at once.
    this.#toldQuarter = Math.min(3, quarterOf(done, steps));
    const count = channels.length === 1 ? "A pattern grows" : `${channels.length} patterns grow`;
    const anew = isOfChanged ? "The weights or gates have changed, so they have begun anew: " : "";
    const told = `${count} in ${steps} ${steps === 1 ? "step" : "steps"}.`;
    this.#status.textContent = anew + (anew ? told[0]?.toLowerCase() + told.slice(1) : told);
    this.#canvas.ariaLabel = `Patterns of ${layer}, a tile for each channel. Arrow keys go from tile to tile. ${patternTexts.seen}`;
  }

  show(grown: Grown): void {
    const { layout, done, steps, answers } = grown;
    this.#grown = grown;
    this.#canvas.style.width = `${layout.width / devicePixelRatio}px`;
    this.#canvas.style.height = `${layout.height / devicePixelRatio}px`;
    this.#bar.max = steps;
    this.#bar.value = done;
    this.#count.textContent = `step ${done} of ${steps}`;
    const quarter = quarterOf(done, steps);
    if (quarter > this.#toldQuarter && (quarter === 4 || this.#toldState === states.grow)) {
      this.#toldQuarter = quarter;
      this.#status.textContent = quarter === 4 ? `Done: ${steps} ${steps === 1 ? "step" : "steps"}.` : `Step ${done} of ${steps}.`;
    }
    const lost = answers.filter((answer) => !Number.isFinite(answer)).length;
    if (lost > 0) this.#status.textContent = `${lost} of ${answers.length} answers are not finite.`;
    this.#tell();
  }

  showState({ isHeld, isPaused }: State): void {
    const { done = 0, steps = 0 } = this.#grown ?? {};
    const isDone = done >= steps;
    this.#hold.textContent = isHeld ? "Continue" : "Pause";
    this.#hold.disabled = isPaused || isDone;
    this.#hold.title = isPaused && !isDone ? "They are paused with the layers" : "";
    const state = isPaused ? states.paused : isHeld ? states.held : states.grow;
    if (!this.#grown || isDone || state === this.#toldState) return;
    this.#toldState = state;
    this.#status.textContent = state;
  }

  /** What else is to be known. */
  note(text: string): void {
    this.#note.textContent = text;
  }

  #clear(): void {
    this.element.hidden = false;
    this.element.classList.add("pending");
    this.#grown = undefined;
    this.#choose(undefined);
    this.#trouble.textContent = "";
  }

  #watch(): void {
    watchVisibility(this.element, (isVisible) => {
      this.isVisible = isVisible;
      if (isVisible) this.#host.onReveal();
    });
    new ResizeObserver(() => {
      const { clientWidth } = this.element;
      if (clientWidth === 0 || clientWidth === this.#width) return;
      this.#width = clientWidth;
      this.#host.onResize();
    }).observe(this.element);
  }

  async #onSave(): Promise<void> {
    try {
      await this.#host.onSave();
    } catch (error) {
      this.#status.textContent = `The picture could not be saved: ${(error as Error).message}`;
    }
  }

  /** Arrows go from tile to tile; Escape ends. */
  #onKey(event: KeyboardEvent): void {
    const arrow = arrows[event.key];
    if (event.key === "Escape") this.#choose(undefined);
    if (!this.#grown || !arrow) return;
    event.preventDefault();
    const [dx, dy] = arrow;
    const next = this.#chosen === undefined ? 0 : this.#chosen + dx + dy * this.#grown.layout.columns;
    if (next >= 0 && next < this.#grown.channels.length) this.#choose(next);
  }

  #choose(place: number | undefined): void {
    this.#chosen = place;
    const layout = this.#grown?.layout;
    this.#mark.hidden = place === undefined;
    if (place !== undefined && layout) {
      const { x, y } = rectangleOf(layout, { channel: place, y: 0, x: 0 });
      placeMark(this.#mark, { x, y, width: layout.tileWidth, height: layout.tileHeight }, layout);
    }
    this.#tell();
  }

  #tell(): void {
    const grown = this.#grown;
    const place = this.#chosen;
    const channel = place === undefined ? undefined : grown?.channels[place];
    const text =
      grown && place !== undefined && channel !== undefined
        ? `${this.#host.nameOf(channel)} · answered ${formatNumber(grown.answers[place] ?? Number.NaN)}`
        : "";
    if (this.#readout.textContent !== text) this.#readout.textContent = text;
  }
}

/** How far they are stands beside it: a step that was under way when they were held still counts. */
const states = {
  grow: "They grow.",
  held: "Paused. Continue lets them grow.",
  paused: "Paused, as the layers are. They grow again when those go on.",
} as const;

function quarterOf(done: number, steps: number): number {
  return Math.floor((4 * done) / steps);
}

function titleOf(layer: string | undefined): string {
  return layer === undefined ? "Patterns of the classes" : `Patterns of ${layer}`;
}
