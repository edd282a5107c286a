// An explanation on the page: its canvas with the names of its layers, and what is seen there in words.

import { asSentence } from "../as-sentence.ts";
import { make } from "../make.ts";
import { cssGradient } from "../mosaic/color-map.ts";
import { stopsOf } from "../mosaic/rare-colors.ts";
import { watchVisibility } from "../visibility.ts";
import { memoryMs, Rate, rateText } from "./rate.ts";
import { allLayers, type Explained, strongestOfBoth } from "./request.ts";
import { captionHeight } from "./tiles.ts";
import { layersNamed, sentencesFor, type Told, textsOf, tileLabel, type Words, wordsFor } from "./words.ts";

/** CSS pixels that one picture takes at most. */
const largestSide = 448;

interface WhyPanelHost {
  /** It comes into view. */
  onReveal(): void;
  /** Somebody wants one of several layers alone, or all of them again. */
  onLayer(layer: string): void;
  /** Somebody wants to keep the picture. */
  onSave(): Promise<void>;
}

export class WhyPanel {
  readonly element = make("section", "why");
  /** Whether it is on the screen. */
  isVisible = false;
  #canvas = make("canvas", "heat");
  readonly #host: WhyPanelHost;
  readonly #frame = make("div", "why-frame");
  /** A button over the picture of each of several layers, with its name. */
  readonly #tiles = make("div", "why-tiles");
  readonly #back = make("button", "why-back part-button", "All layers");
  readonly #save = make("button", "why-save part-button", "Save as PNG");
  readonly #title = make("h2", "why-title part-title");
  readonly #detail = make("p", "why-detail");
  readonly #seen = make("p", "why-seen");
  readonly #limit = make("p", "why-limit");
  /** How many explanations a second there are of what moves. */
  readonly #rate = make("p", "why-rate");
  #counted = new Rate();
  #rateTimer = 0;
  readonly #status = make("p", "why-status");
  readonly #trouble = make("p", "why-trouble part-trouble");
  readonly #low = make("span", "low");
  readonly #high = make("span", "high");
  readonly #ramp = make("span", "ramp");
  readonly #scope = make("span", "scope");
  /** Whether the title has the focus in place of a button that went away. */
  #isStandIn = false;

  constructor(host: WhyPanelHost) {
    this.#host = host;
    this.element.ariaLabel = "Explanation";
    this.#tiles.role = "group";
    this.#tiles.ariaLabel = "Layers";
    this.#back.type = this.#save.type = "button";
    this.#save.addEventListener("click", () => void this.#onSave());
    this.#back.hidden = true;
    this.#back.addEventListener("click", () => host.onLayer(allLayers));
    // It is focused by the panel only.
    this.#title.tabIndex = -1;
    this.#status.role = "status";
    this.#trouble.role = "alert";
    const legend = make("p", "why-legend");
    legend.append(this.#low, this.#ramp, this.#high, this.#scope);
    const words = make("div", "why-words");
    words.append(
      this.#title,
      this.#status,
      this.#trouble,
      this.#detail,
      this.#back,
      this.#seen,
      this.#limit,
      this.#rate,
      legend,
      this.#save,
    );
    this.element.append(this.#frame, words);
    this.element.hidden = true;
    this.renew();
    watchVisibility(this.element, (isVisible) => {
      this.isVisible = isVisible;
      if (isVisible) host.onReveal();
    });
  }

  async #onSave(): Promise<void> {
    try {
      await this.#host.onSave();
      this.#status.textContent = "Saved.";
    } catch (error) {
      this.#status.textContent = `The picture could not be saved: ${asSentence((error as Error).message)}`;
    }
  }

  /** Whether what it says is still to come. */
  get isPending(): boolean {
    return this.element.classList.contains("pending");
  }

  get canvas(): HTMLCanvasElement {
    return this.#canvas;
  }

  /** Takes another canvas: one that was handed to a worker cannot be drawn on from elsewhere. */
  renew(): void {
    this.#canvas = make("canvas", "heat");
    this.#canvas.role = "img";
    this.#frame.replaceChildren(this.#canvas, this.#tiles);
  }

  /** Device pixels that there are for the picture, or for those of several layers. */
  room(layer: string | undefined): { readonly width: number; readonly height: number; readonly pixelRatio: number } {
    const pixels = (length: number) => Math.max(32, Math.floor(length * devicePixelRatio));
    const width = this.element.parentElement?.clientWidth ?? (this.element.getRootNode() as ShadowRoot).host.clientWidth;
    const [widest, highest] = layer === allLayers ? [width, 0.8 * innerHeight] : [largestSide, Math.min(largestSide, 0.6 * innerHeight)];
    return {
      width: pixels(Math.min(width, widest)),
      height: pixels(highest),
      pixelRatio: devicePixelRatio,
    };
  }

  /** Says what is being prepared; nothing of the explanation before is shown meanwhile. */
  showPending(method: string): void {
    this.#clear();
    this.#title.textContent = textsOf(method).title;
    this.#status.textContent = "Preparing the explanation…";
  }

  /** Says why there is no explanation. */
  showTrouble(text: string): void {
    this.#clear();
    this.#title.textContent = "No explanation";
    this.#trouble.textContent = asSentence(text);
    this.element.classList.add("troubled");
    this.#isStandIn = false;
  }

  hide(): void {
    this.element.hidden = true;
    this.#forgetRate();
    this.#isStandIn = false;
  }

  /** Shows the canvas. Which class it is of is told with the numbers. */
  place(explained: Explained, method: string, canGoBack: boolean): void {
    const { width, height, colorMap, kind } = explained;
    const { title } = textsOf(method);
    const { seen, limit } = sentencesFor(method, explained);
    Object.assign(this.#canvas.style, { width: `${width / devicePixelRatio}px`, height: `${height / devicePixelRatio}px` });
    this.#canvas.hidden = false;
    const isBoth = kind.sides === "both";
    const [side, share] = colorMap !== "diverging" ? ["left", 1] : isBoth ? ["center", strongestOfBoth] : ["right", 0.5];
    this.#ramp.style.background = `${cssGradient(stopsOf(colorMap))} ${side}/${100 / share}% 100%`;
    this.#trouble.textContent = "";
    this.#seen.textContent = seen;
    this.#limit.textContent = limit;
    this.#canvas.ariaLabel = `The picture with heat over it: ${title} by ${layersNamed(explained)}. ${seen}`;
    this.#back.hidden = !canGoBack;
    this.#placeTiles(explained);
    // Somebody may have gone elsewhere meanwhile.
    if (this.#isStandIn && this.#focused === this.#title)
      (canGoBack ? this.#back : (this.#tiles.firstElementChild as HTMLElement | null))?.focus();
    this.#isStandIn = false;
  }

  /** What has the focus in the element. */
  get #focused(): Element | null {
    return (this.element.getRootNode() as ShadowRoot).activeElement;
  }

  /** Puts a button over each of several pictures. Those that are there stay, and so does the focus. */
  #placeTiles({ layers, tiles, width, height }: Explained): void {
    const shown = layers.length > 1 ? layers : [];
    const known = [...this.#tiles.children] as HTMLElement[];
    if (known.length !== shown.length || known.some(({ title }, i) => title !== shown[i]))
      this.#tiles.replaceChildren(...shown.map((layer) => this.#makeTile(layer)));
    const caption = captionHeight * devicePixelRatio;
    const percent = (part: number, whole: number) => `${(100 * part) / whole}%`;
    [...this.#tiles.children].forEach((button, i) => {
      const { x, y, width: across, height: down } = tiles[i] as (typeof tiles)[number];
      Object.assign((button as HTMLElement).style, {
        left: percent(x, width),
        top: percent(y, height),
        width: percent(across, width),
        height: percent(down + caption, height),
      });
    });
  }

  #makeTile(layer: string): HTMLElement {
    const button = make("button", "why-tile");
    button.type = "button";
    button.title = layer;
    button.ariaLabel = tileLabel(layer, false);
    button.append(make("span", "why-name", layer));
    button.addEventListener("click", () => this.#host.onLayer(layer));
    return button;
  }

  /** Says what a frame shows. */
  show(told: Told, explained: Explained, method: string): void {
    const words = wordsFor(told, explained, method);
    const parts = { title: this.#title, status: this.#status, detail: this.#detail, scope: this.#scope, low: this.#low, high: this.#high };
    for (const [name, part] of Object.entries(parts)) setText(part, words[name as keyof Words]);
    // One that is computed step by step is not there yet.
    if (told.done === told.total) this.#count();
    told.layers.forEach(({ full }, i) => void this.#markTile(i, full === 0 && told.done === told.total));
    this.element.classList.remove("pending");
  }

  #count(): void {
    setText(this.#rate, rateText(this.#counted.note(performance.now())));
    clearTimeout(this.#rateTimer);
    // What stands still has no rate.
    this.#rateTimer = window.setTimeout(() => setText(this.#rate, ""), memoryMs);
  }

  /** Another explanation takes another time. */
  #forgetRate(): void {
    clearTimeout(this.#rateTimer);
    this.#rate.textContent = "";
    this.#counted = new Rate();
  }

  /** @param isNothing whether there is no heat in it */
  #markTile(index: number, isNothing: boolean): void {
    const tile = this.#tiles.children[index] as HTMLElement | undefined;
    if (!tile) return;
    tile.classList.toggle("nothing", isNothing);
    tile.ariaLabel = tileLabel(tile.title, isNothing);
  }

  /** What is shown is of another picture or class than the one that is being explained now. */
  markOld(reason = "Explaining…"): void {
    if (this.element.classList.contains("troubled")) return;
    this.element.classList.add("pending");
    this.#title.textContent = "Why?";
    this.#detail.textContent = "";
    this.#status.textContent = reason;
  }

  #clear(): void {
    // A button that goes away would leave the focus to nobody.
    if (this.#focused === this.#back || this.#tiles.contains(this.#focused)) {
      this.#title.focus({ preventScroll: true });
      this.#isStandIn = true;
    }
    this.element.hidden = false;
    this.element.classList.remove("troubled");
    this.element.classList.add("pending");
    this.#canvas.hidden = true;
    this.#forgetRate();
    this.#back.hidden = true;
    this.#tiles.replaceChildren();
    for (const part of [this.#status, this.#trouble, this.#detail, this.#seen, this.#limit]) part.textContent = "";
  }
}

/** Writing the same text again would make a screen reader read it again. */
function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
