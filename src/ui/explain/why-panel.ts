// An explanation on the page: its canvas, and what is seen there in words.
import { formatNumber } from "../format-number.ts";
import { cssGradient } from "../mosaic/color-map.ts";
import { make } from "../panel.ts";
import type { Explained, ExplainedNumbers } from "./request.ts";
import { type MethodText, methodTexts } from "./texts.ts";

/** CSS pixels that the picture takes at most. */
const largestSide = 448;

/** What the words are made from. */
export interface Told extends ExplainedNumbers {
  readonly label: string;
  readonly isTop: boolean;
}

export class WhyPanel {
  readonly element = make("section", "why");
  /** Whether it is on the screen. */
  isVisible = false;
  #canvas = make("canvas", "heat");
  readonly #frame = make("div", "why-frame");
  readonly #title = make("h2", "why-title");
  readonly #detail = make("p", "why-detail");
  readonly #seen = make("p", "why-seen");
  readonly #limit = make("p", "why-limit");
  readonly #status = make("p", "why-status");
  readonly #trouble = make("p", "why-trouble");
  readonly #high = make("span", "high");
  readonly #ramp = make("span", "ramp");
  readonly #scope = make("span", "scope");
  readonly #visibility: IntersectionObserver;

  /** @param onReveal called when it comes into view */
  constructor(onReveal: () => void) {
    this.element.ariaLabel = "Explanation";
    this.#status.role = "status";
    this.#trouble.role = "alert";
    const legend = make("p", "why-legend");
    legend.append(make("span", "low", "0"), this.#ramp, this.#high, this.#scope);
    const words = make("div", "why-words");
    words.append(this.#title, this.#status, this.#trouble, this.#detail, this.#seen, this.#limit, legend);
    this.element.append(this.#frame, words);
    this.element.hidden = true;
    this.renew();
    this.#visibility = new IntersectionObserver(
      (entries) => {
        const wasVisible = this.isVisible;
        this.isVisible = entries.at(-1)?.isIntersecting === true;
        if (this.isVisible && !wasVisible) onReveal();
      },
      { rootMargin: "64px" },
    );
    this.#visibility.observe(this.element);
  }

  get canvas(): HTMLCanvasElement {
    return this.#canvas;
  }

  /** Takes another canvas: one that was handed to a worker cannot be drawn on from elsewhere. */
  renew(): void {
    this.#canvas = make("canvas", "heat");
    this.#canvas.role = "img";
    this.#frame.replaceChildren(this.#canvas);
  }

  /** Device pixels that there are for the picture. */
  room(): { readonly width: number; readonly height: number } {
    const pixels = (length: number) => Math.max(32, Math.floor(length * devicePixelRatio));
    const width = this.element.parentElement?.clientWidth ?? (this.element.getRootNode() as ShadowRoot).host.clientWidth;
    return { width: pixels(Math.min(width, largestSide)), height: pixels(Math.min(largestSide, 0.6 * innerHeight)) };
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
    this.#trouble.textContent = text;
    this.element.classList.add("troubled");
  }

  /** Shows the canvas. Which class it is of is told with the numbers. */
  place({ width, height, colorMap, layer, isMap }: Explained, method: string): void {
    const { seen, limit } = textsOf(method);
    Object.assign(this.#canvas.style, { width: `${width / devicePixelRatio}px`, height: `${height / devicePixelRatio}px` });
    this.#canvas.hidden = false;
    this.#ramp.style.background = colorMap === "diverging" ? `${cssGradient(colorMap)} right/200% 100%` : cssGradient(colorMap);
    this.#trouble.textContent = "";
    this.#scope.textContent = isMap ? "what speaks for the class, up to the largest" : "its size; 1% of what is not 0 lies above";
    this.#seen.textContent = seen;
    this.#limit.textContent = limit;
    this.#canvas.ariaLabel = `The picture with heat over it: ${textsOf(method).title} by ${layer}. ${seen}`;
  }

  /** Says what a frame shows. */
  show({ label, isTop, score, full, nonFiniteCount, done, total }: Told, { layer, isMap }: Explained, method: string): void {
    const nothing = isMap ? "Nothing in this layer speaks for the class." : "The score does not depend on it here.";
    const notFinite = nonFiniteCount > 0 ? `${nonFiniteCount.toLocaleString("en")} of its elements are not finite.` : "";
    const answer = score === undefined ? "" : ` · score ${formatNumber(score)}`;
    const which = isTop ? "the top class" : "the class chosen";
    // Lists of classes often give several names with commas.
    setText(this.#title, `Why ${label.split(",")[0]}?`);
    const isDone = done === total;
    setText(this.#status, [full === 0 && isDone ? nothing : "", notFinite].filter(Boolean).join(" "));
    setText(this.#detail, `${textsOf(method).title} by ${layer} · ${which}${answer}${isDone ? "" : ` · run ${done} of ${total}`}`);
    setText(this.#high, formatNumber(full));
    this.element.classList.remove("pending");
  }

  /** What is shown is of another picture or class than the one that is being explained now. */
  markOld(): void {
    if (this.element.classList.contains("troubled")) return;
    this.element.classList.add("pending");
    this.#title.textContent = "Why?";
    this.#detail.textContent = "";
    this.#status.textContent = "Explaining…";
  }

  dispose(): void {
    this.#visibility.disconnect();
    this.element.remove();
  }

  #clear(): void {
    this.element.hidden = false;
    this.element.classList.remove("troubled");
    this.element.classList.add("pending");
    this.#canvas.hidden = true;
    for (const part of [this.#status, this.#trouble, this.#detail, this.#seen, this.#limit]) part.textContent = "";
  }
}

function textsOf(method: string): MethodText {
  return methodTexts[method as keyof typeof methodTexts] ?? { title: method, seen: "", limit: "" };
}

/** Writing the same text again would make a screen reader read it again. */
function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
