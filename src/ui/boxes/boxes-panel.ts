// The panel of what a detection network has found: the picture with its boxes, the least score under the hand, and the same as a list in words.

import { asSentence } from "../as-sentence.ts";
import { percentOf } from "../format-number.ts";
import { classNameOf } from "../labels.ts";
import { make } from "../make.ts";
import { watchVisibility } from "../visibility.ts";
import { colorOf, drawBoxes } from "./draw.ts";
import type { BoxesAnswer, FoundBox, FoundBoxes } from "./request.ts";
import { placeText, summaryOf } from "./words.ts";

interface BoxesPanelHost {
  /** It comes into view. */
  onReveal(): void;
  /** Somebody wants another least score. @param threshold as the attribute has it */
  onThreshold(threshold: string): void;
}

interface Shown {
  readonly threshold: number;
  readonly names: readonly string[];
  /** Whether the picture moves by itself: what is found then is not read aloud. */
  readonly isLive: boolean;
}

/** CSS pixels that the longer side of the picture takes at most. */
const largestSide = 448;
/** Rows of the list. */
const mostListed = 20;

export class BoxesPanel {
  readonly element = make("section", "boxes");
  /** Whether it is on the screen. */
  isVisible = false;
  readonly #canvas = make("canvas", "boxes-picture");
  readonly #title = make("h2", "part-title", "Found");
  readonly #summary = make("p", "boxes-summary");
  readonly #trouble = make("p", "part-trouble");
  readonly #threshold = make("input", "");
  readonly #share = make("output", "");
  readonly #list = make("ol", "boxes-list");
  readonly #more = make("p", "boxes-more");

  constructor(host: BoxesPanelHost) {
    this.element.ariaLabel = "What the network has found";
    this.element.hidden = true;
    this.#canvas.role = "img";
    this.#trouble.role = "alert";
    Object.assign(this.#threshold, { type: "range", min: "0", max: "1", step: "0.01" });
    this.#threshold.addEventListener("input", (event) => {
      // Outside it would be taken for the element's own event of this name.
      event.stopPropagation();
      host.onThreshold(this.#threshold.value);
    });
    const choice = make("label", "boxes-threshold", "Score of at least ");
    choice.append(this.#threshold, this.#share);
    const words = make("div", "boxes-words");
    words.append(this.#title, this.#summary, this.#trouble, choice, this.#list, this.#more);
    this.element.append(this.#canvas, words);
    watchVisibility(this.element, (isVisible) => {
      this.isVisible = isVisible;
      if (isVisible) host.onReveal();
    });
  }

  show(answer: BoxesAnswer, { threshold, names, isLive }: Shown): void {
    this.element.hidden = false;
    const isTold = "boxes" in answer;
    this.element.classList.toggle("troubled", !isTold);
    this.#summary.ariaLive = isLive ? "off" : "polite";
    const { activeElement } = this.element.getRootNode() as ShadowRoot;
    if (activeElement !== this.#threshold && this.#threshold.value !== `${threshold}`) this.#threshold.value = `${threshold}`;
    this.#share.textContent = `${Math.round(100 * threshold)}%`;
    this.#threshold.ariaValueText = this.#share.textContent;
    setText(this.#trouble, isTold ? "" : asSentence(answer.reason));
    setText(this.#summary, isTold ? summaryOf(answer.boxes, names) : "");
    this.#canvas.hidden = !isTold;
    if (isTold) this.#draw(answer, names);
    this.#fillList(isTold ? answer : undefined, names);
  }

  #draw(found: FoundBoxes, names: readonly string[]): void {
    const { clientWidth } = this.element;
    const room = Math.min(largestSide, clientWidth || largestSide, Math.max(200, 0.6 * innerHeight));
    const scale = room / Math.max(found.width, found.height);
    const [width, height] = [Math.round(found.width * scale), Math.round(found.height * scale)];
    this.#canvas.style.width = `${width}px`;
    drawBoxes(this.#canvas, found, { names, width, height, pixelRatio: devicePixelRatio });
    this.#canvas.ariaLabel = `The picture as the network gets it, with ${found.boxes.length === 1 ? "a box" : `${found.boxes.length} boxes`} on it; the list says the same.`;
  }

  #fillList(found: FoundBoxes | undefined, names: readonly string[]): void {
    const boxes = found?.boxes ?? [];
    this.#list.replaceChildren(...boxes.slice(0, mostListed).map((box) => this.#row(box, found as FoundBoxes, names)));
    const rest = boxes.length - mostListed;
    setText(this.#more, rest > 0 ? `and ${rest.toLocaleString("en")} more, with lower scores` : "");
  }

  #row(box: FoundBox, found: FoundBoxes, names: readonly string[]): HTMLElement {
    const row = make("li", "");
    const swatch = make("span", "boxes-swatch");
    swatch.style.background = colorOf(box.class);
    row.append(
      swatch,
      make("strong", "", classNameOf(names, box.class)),
      ` ${percentOf(box.score)} `,
      make("span", "boxes-place", placeText(box, found)),
    );
    return row;
  }
}

/** Writing the same text again would make a screen reader read it again. */
function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
