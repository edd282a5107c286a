// A comparison on its page: which panels show it, and the key above them, which says in words which colour, side or sign is which network's. Loaded
// when `compare` is set.
import { html, nothing, render, type TemplateResult } from "lit";
import type { ConvCam } from "../element.ts";
import type { ConvCamEvents } from "../events.ts";
import type { Gallery } from "../gallery.ts";
import type { DrawableLayer, LayerChoice } from "../layers.ts";
import { make } from "../make.ts";
import { cssGradient, usualStops } from "../mosaic/color-map.ts";
import { pictureAmong } from "../picture-among.ts";
import { adoptStyles } from "../style-sheet.ts";
import { arrangeCompared, type ComparedAs, type ComparedRange, checkWithin, readComparedAs, readComparedRange } from "./arrange.ts";
import { readBranches } from "./branches.ts";
import styles from "./compare.css?inline";
import { type Names, namesIn } from "./names.ts";
import { type ComparePair, comparePairs, readPair } from "./pairs.ts";
import { readWithin } from "./within.ts";

export interface ComparisonHost {
  readonly layers: readonly DrawableLayer[];
  /** Whether there is something to draw. */
  readonly isShown: boolean;
  /** @returns false where a listener prevented the default */
  emit<Name extends "error">(type: Name, detail: ConvCamEvents[Name]): boolean;
}

export class Comparison {
  readonly panel = make("section", "compare-key");
  readonly #host: ComparisonHost;
  readonly #element: ConvCam;
  readonly #gallery: Gallery;
  /** Why there are no branches to compare, where some are wanted. */
  #problem: string | undefined;
  #toldProblem: string | undefined;
  /** Whether it is said here; not where a page prevents that. */
  #isSaid = false;

  constructor(host: ComparisonHost, element: ConvCam, gallery: Gallery) {
    this.#host = host;
    this.#element = element;
    this.#gallery = gallery;
    this.panel.ariaLabel = "What is compared";
    this.panel.hidden = true;
    adoptStyles(gallery.element.getRootNode() as ShadowRoot, styles);
    gallery.element.before(this.panel);
  }

  get complete(): Promise<void> {
    return Promise.resolve();
  }

  get names(): Names {
    return namesIn(this.#element);
  }

  /**
   * The panels for what would be shown of one network. Where it has no such branches, it is shown alone.
   *
   * @throws Error that says what is accepted where the text of an attribute is not
   */
  arrange(choices: readonly LayerChoice[]): readonly LayerChoice[] {
    const { compare } = this.#element;
    if (compare === undefined) return choices;
    const { layers } = this.#host;
    const picture = pictureAmong(layers);
    const within = readWithin(compare);
    checkWithin(within);
    const as = this.#as;
    readComparedRange(this.#element.getAttribute("compare-range"));
    readPair(this.#element.getAttribute("compare-colors"));
    this.#problem = undefined;
    try {
      const branches = within?.kind === "branches" ? readBranches(within.text, layers) : undefined;
      return arrangeCompared(choices, { as, branches, picture, names: this.names });
    } catch (error) {
      this.#problem = (error as Error).message;
      return choices;
    }
  }

  /** The scene is shown by then, and has told what is wrong with it. */
  update(): void {
    const isIdle = this.#element.compare === undefined || !this.#host.isShown;
    const problem = isIdle ? undefined : this.#problem;
    const isNew = problem !== this.#toldProblem;
    this.#toldProblem = problem;
    if (problem && isNew) this.#isSaid = this.#host.emit("error", { error: new Error(problem), part: "compare" });
    this.panel.hidden = isIdle || (problem ? !this.#isSaid : !this.#gallery.isComparing);
    if (this.panel.hidden) return;
    if (problem) {
      render(html`<p class="trouble-text" role="alert">${problem}</p>`, this.panel);
      return;
    }
    const pair = readPair(this.#element.getAttribute("compare-colors"));
    const normalize = this.#element.getAttribute("normalize") ?? "";
    const range = /\d/.test(normalize) ? undefined : readComparedRange(this.#element.getAttribute("compare-range"));
    // Legends of channels that have ranges of their own hold no numbers.
    const isPerChannel = /ch/.test(normalize);
    render(keyTemplate(this.#as, this.names, { pair, range, isPerChannel }), this.panel);
  }

  hide(): void {
    this.panel.hidden = true;
  }

  get #as(): ComparedAs {
    return readComparedAs(this.#element.getAttribute("compare-as"));
  }
}

/** What both colours of a pair make. */
const mixtures = { "magenta-green": "white", "red-green": "yellow" } as const satisfies Record<ComparePair, string>;

interface Look {
  readonly pair: ComparePair;
  /** Undefined where both have the one that somebody has chosen. */
  readonly range: ComparedRange | undefined;
  readonly isPerChannel: boolean;
}

function keyTemplate(as: ComparedAs, { first, second }: Names, { pair, range, isPerChannel }: Look): TemplateResult {
  const words = { own: "Each has a range of its own.", common: "Both have one range, so that a colour is the same number in both." };
  const isTold = as === "colors" && range === "own" && !isPerChannel;
  const text = isTold ? "Each has a range of its own, first | second." : range && words[range];
  const ranges = text ? html`<span class="quiet">${text}</span>` : nothing;
  if (as === "side") return html`<p><b>${first}</b> stands first, <b>${second}</b> beside or below it. ${ranges}</p>`;
  if (as === "difference")
    return html`<p>
      <b>${second}</b> minus <b>${first}</b>: <span class="swatch ramp" .style=${`background:${cssGradient(usualStops.diverging ?? "")}`}></span> blue where ${first} is
      larger, white where they are the same, red where ${second} is larger.
    </p>`;
  const [own = "", other = ""] = pair.split("-");
  const [ownColor, otherColor] = comparePairs[pair];
  return html`<p>
    <span class="kind">${swatch(ownColor)} ${own}: <b>${first}</b></span>
    <span class="kind">${swatch(otherColor)} ${other}: <b>${second}</b></span>
    <span class="kind">${swatch(ownColor.map((part, i) => Math.max(part, otherColor[i] ?? 0)))} ${mixtures[pair]}: both alike</span>
    ${ranges}
  </p>`;
}

function swatch(color: readonly number[] | undefined) {
  return color ? html`<span class="swatch" .style=${`background:rgb(${color.map((part) => part * 255).join()})`}></span>` : nothing;
}
