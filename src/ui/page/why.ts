// The page's part Why: which method, layer and class are explained, and how opaque the heat is. Loaded when it is first opened.

import type { ConvCam } from "../element.ts";
import type { ConvCamEvents } from "../events.ts";
import { ClassPicker } from "../explain/pick-class.ts";
import { classNameOf } from "../labels.ts";
import "../explain/pick-class.css";
import { allLayers } from "../explain/request.ts";
import { methodTexts, type PictureMethod } from "../explain/texts.ts";
import type { DrawableLayer } from "../layers.ts";
import { reveal } from "./reveal.ts";

/** What is explained at first. */
const firstMethod = "grad-cam" satisfies PictureMethod;

/** Of a list to choose from. */
const mostClasses = 4096;

interface WhyParts {
  readonly viewer: ConvCam;
  readonly method: HTMLSelectElement;
  readonly layer: HTMLSelectElement;
  readonly class: HTMLSelectElement;
  readonly against: HTMLSelectElement;
  readonly opacity: HTMLInputElement;
  /** Whether heat is shown without the picture. */
  readonly alone: HTMLInputElement;
  /** Holds the bars of classes. */
  readonly bars: HTMLElement;
}

export class WhyControls {
  readonly #parts: WhyParts;
  #picker: ClassPicker | undefined;
  /** What the list of layers was made from. */
  #available: readonly DrawableLayer[] | undefined;
  /** The names that the list of classes shows. */
  #classes: readonly string[] | undefined;
  /** The layers of the network that has said how many scores it has. */
  #told: readonly DrawableLayer[] | undefined;
  /** How many scores the network gave last. */
  #classCount = 0;
  /** What the network's answer is called where it is one number, and so no class. */
  #number: string | undefined;

  constructor(parts: WhyParts) {
    this.#parts = parts;
    const { viewer, method, layer, class: index, against, opacity, alone } = parts;
    method.replaceChildren(...Object.entries(methodTexts).map(([name, { title }]) => new Option(title, name)));
    method.value = firstMethod;
    method.addEventListener("change", () => this.#explain());
    layer.addEventListener("change", () => {
      viewer.explainLayer = layer.value || undefined;
    });
    index.addEventListener("change", () => {
      viewer.explainClass = index.value || undefined;
    });
    against.addEventListener("change", () => {
      viewer.explainAgainst = against.value || undefined;
    });
    const lay = () => {
      opacity.disabled = alone.checked;
      viewer.setAttribute("overlay", alone.checked ? "alone" : opacity.value);
    };
    opacity.addEventListener("input", lay);
    alone.addEventListener("change", lay);
    for (const name of ["load", "error", "reset"]) viewer.addEventListener(name, () => this.#listLayers());
    viewer.addEventListener("results", (event) => this.#onResults((event as CustomEvent<ConvCamEvents["results"]>).detail));
    viewer.addEventListener("explain", (event) => this.#onExplained((event as CustomEvent<ConvCamEvents["explain"]>).detail));
    this.#listLayers();
    this.#listClasses();
  }

  /** Numbers that are not known to be scores of classes are no results: how many there are the network itself says. */
  async #askForClasses(): Promise<void> {
    const { viewer } = this.#parts;
    const available = this.#available;
    if (available === this.#told) return;
    // Until it is on the GPU it says nothing, and is asked again.
    const scores = await viewer.ask({ kind: "scores" }).catch(() => null);
    if (scores === null || available !== this.#available) return;
    this.#told = available;
    const { count = 0, number } = scores ?? {};
    if (this.#classCount > 0 || count > mostClasses) return;
    this.#classCount = count;
    this.#number = number;
    this.#listClasses();
  }

  open(): void {
    if (this.#classCount === 0) void this.#askForClasses();
    this.#picker = new ClassPicker(this.#parts.bars, (index) => this.#pick(index));
    this.#showChoices();
    // What an address explains is there already.
    if (this.#parts.viewer.explain !== undefined) return;
    this.#explain();
    void reveal(this.#parts.viewer, ".why");
  }

  close(): void {
    this.#parts.viewer.explain = undefined;
    this.#picker?.dispose();
    this.#picker = undefined;
  }

  #explain(): void {
    this.#parts.viewer.explain = this.#parts.method.value;
  }

  /** The list of the layers that there are now. One of the same layers stays: somebody may have opened it. */
  #listLayers(): void {
    const { availableLayers } = this.#parts.viewer;
    const isOther = availableLayers !== this.#available;
    if (isOther) {
      this.#fillLayers(availableLayers);
      // Its classes are known with its first answer; not every network has any.
      this.#classCount = 0;
      this.#number = undefined;
      this.#listClasses();
    }
    this.#available = availableLayers;
    this.#showChoices();
    if (this.#classCount === 0 && this.#picker) void this.#askForClasses();
  }

  /** The values that have rows and columns. Without a choice the engine takes the usual one. */
  #fillLayers(layers: readonly DrawableLayer[]): void {
    const hasPlaces = ({ shape, isView }: DrawableLayer) => !isView && shape.length === 4 && shape.slice(2).reduce((a, b) => a * b, 1) > 1;
    const options = layers.filter(hasPlaces).map(({ value, operator }) => new Option(`${value} · ${operator}`, value));
    const all = new Option("All convolution layers", allLayers);
    this.#parts.layer.replaceChildren(new Option("The usual one", ""), all, ...options);
  }

  #listClasses(): void {
    const { viewer, class: select, against } = this.#parts;
    const number = viewer.labels?.[0] === undefined ? this.#number : undefined;
    const names = number === undefined ? Array.from({ length: this.#classCount }, (_, i) => classNameOf(viewer.labels, i)) : [number];
    if (names.length !== this.#classes?.length || names.some((name, i) => name !== this.#classes?.[i])) {
      this.#classes = names;
      // Of one number there is nothing to choose.
      const options = () => (names.length === 1 ? [] : names.map((name, i) => new Option(name, `${i}`)));
      select.replaceChildren(new Option(names.length === 1 ? names[0] : "The top one", ""), ...options());
      against.replaceChildren(new Option("No other", ""), ...options());
    }
    this.#showChoices();
  }

  #onResults({ outputs: [scores], top: [top] }: ConvCamEvents["results"]): void {
    if (scores) this.#classCount = scores.length;
    this.#listClasses();
    // Of pictures that move nothing is explained while the heat is off the screen.
    if (this.#parts.viewer.explainClass === undefined) this.#mark(top?.index);
  }

  #onExplained({ class: index }: ConvCamEvents["explain"]): void {
    this.#mark(index);
    this.#showChoices();
  }

  /** What is chosen in the element itself is shown here, too. */
  #showChoices(): void {
    const { viewer, method, class: index, against, layer, opacity, alone } = this.#parts;
    if (viewer.explain !== undefined) method.value = viewer.explain.trim() || firstMethod;
    const overlay = viewer.getAttribute("overlay") ?? opacity.defaultValue;
    alone.checked = opacity.disabled = overlay.trim() === "alone";
    if (!alone.checked) opacity.value = overlay;
    index.value = `${viewer.explainClass ?? ""}`;
    against.value = `${viewer.explainAgainst ?? ""}`;
    layer.value = viewer.explainLayer ?? "";
  }

  /** @param index of the class that is explained */
  #mark(index: number | undefined): void {
    this.#picker?.mark(this.#parts.bars.querySelector<HTMLElement>(".bars"), index);
  }

  /** A class that is chosen already is let go: the top one is explained again. */
  #pick(index: number): void {
    const { viewer } = this.#parts;
    viewer.explainClass = viewer.explainClass === `${index}` ? undefined : index;
  }
}
