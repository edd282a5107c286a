// The figures of the article: each is an element that computes while it is near the screen. Few do at once, since a phone or a GPU made of software
// computes all of them in turn. A figure says in its HTML what it shows; its buttons set attributes of its element.
import type { ConvCam } from "../element.ts";
import type { SourceLike } from "../sources.ts";
import { fashionUrl } from "./fashion.ts";
import { findNetwork, labelsOf, openNetwork, preparationOf } from "./networks.ts";

/** How many figures compute at once. */
const mostLive = 3;

/** How far from the screen, in its heights, a figure begins. */
const reach = 0.5;

/** Attributes whose value is a network of the page's, by name. */
const ofNetworks: ReadonlySet<string> = new Set(["compare", "parameters"]);

export class LiveFigures {
  readonly #input: SourceLike;
  readonly #observer: IntersectionObserver;
  readonly #near = new Set<LiveFigure>();
  readonly #figures: readonly LiveFigure[];
  #isWaking = false;

  constructor(figures: Iterable<HTMLElement>, input: SourceLike) {
    this.#input = input;
    this.#figures = Array.from(figures, (figure) => new LiveFigure(figure));
    const byStage = new Map(this.#figures.map((figure) => [figure.stage as Element, figure]));
    this.#observer = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          const figure = byStage.get(target) as LiveFigure;
          if (isIntersecting) this.#near.add(figure);
          else {
            this.#near.delete(figure);
            // Where it comes near again it is tried again.
            figure.forgive();
          }
        }
        this.#choose();
      },
      { rootMargin: `${reach * 100}% 0px` },
    );
    for (const { stage } of this.#figures) this.#observer.observe(stage);
    addEventListener("scrollend", () => this.#choose());
  }

  get elements(): readonly ConvCam[] {
    return this.#figures.map(({ element }) => element);
  }

  /** The input was drawn anew. */
  refresh(): void {
    for (const figure of this.#figures) if (figure.isLive) figure.element.refresh();
  }

  /** Those nearest to the middle of the screen are live. One that was left goes on until its place is needed. */
  #choose(): void {
    const byDistance = [...this.#figures].sort((a, b) => a.distance - b.distance);
    // At least one, for the answer beside the pad.
    const wanted = byDistance.filter((figure, i) => i === 0 || this.#near.has(figure)).slice(0, mostLive);
    const left = byDistance.filter((figure) => figure.isLive && !wanted.includes(figure));
    for (const figure of left.slice(mostLive - wanted.length)) figure.sleep();
    const next = wanted.find(({ isLive, hasFailed }) => !isLive && !hasFailed);
    if (next && !this.#isWaking) void this.#wake(next);
  }

  /** One after the other, the nearest first: each is there sooner than if they shared the GPU while it compiles. */
  async #wake(figure: LiveFigure): Promise<void> {
    this.#isWaking = true;
    await figure.wake(this.#input);
    this.#isWaking = false;
    this.#choose();
  }
}

class LiveFigure {
  readonly stage: HTMLElement;
  readonly element: ConvCam;
  readonly #network: string;
  /** Whether the network's classes have names here: one that learns has those of what it learns. */
  readonly #isNamed: boolean;
  readonly #buttons: readonly HTMLButtonElement[];
  /** Counts changes, so that a slow network does not come after a later one. */
  #changeCount = 0;
  #isLive = false;
  /** Why it is not there, if so. */
  readonly #trouble = Object.assign(document.createElement("p"), { role: "alert" });

  constructor(figure: HTMLElement) {
    this.element = figure.querySelector("conv-cam") as ConvCam;
    this.stage = this.element.parentElement as HTMLElement;
    this.#isNamed = figure.dataset["names"] !== "none";
    this.#network = figure.dataset["network"] ?? "mnist-trained";
    this.#buttons = [...figure.querySelectorAll<HTMLButtonElement>("button[data-set]")];
    for (const button of this.#buttons)
      button.addEventListener("click", () => {
        for (const other of this.#buttons) other.ariaPressed = String(other === button);
        void this.#applyOrSay();
      });
  }

  get hasFailed(): boolean {
    return this.#trouble.isConnected;
  }

  forgive(): void {
    this.#trouble.remove();
  }

  get isLive(): boolean {
    return this.#isLive;
  }

  /** Of its middle from that of the screen, in pixels. */
  get distance(): number {
    const { top, bottom } = this.stage.getBoundingClientRect();
    return Math.abs((top + bottom) / 2 - innerHeight / 2);
  }

  /** Resolves when the figure is shown, or says why it is not. */
  async wake(input: SourceLike): Promise<void> {
    this.#isLive = true;
    this.element.input = input;
    await this.#applyOrSay();
    await this.element.updateComplete;
  }

  /** What keeps it from being shown stands in its place. */
  async #applyOrSay(): Promise<void> {
    this.#trouble.remove();
    try {
      await this.#apply();
    } catch (error) {
      this.sleep();
      this.#trouble.textContent = `This figure cannot be shown: ${(error as Error).message}`;
      this.stage.append(this.#trouble);
    }
  }

  /** Gives back what lies on the GPU, and keeps the place on the page, so that nothing below moves. */
  sleep(): void {
    this.#isLive = false;
    this.#changeCount++;
    this.stage.style.minHeight = `${this.stage.offsetHeight}px`;
    this.element.src = undefined;
    this.element.input = undefined;
  }

  /** Sets what the pressed button says, and loads the network where it is not there. */
  async #apply(): Promise<void> {
    if (!this.#isLive) return;
    const { element } = this;
    const change = ++this.#changeCount;
    const pressed = this.#buttons.find(({ ariaPressed }) => ariaPressed === "true");
    const settings = await Promise.all((pressed?.dataset["set"] ?? "").split(" ").filter(Boolean).map(readSetting));
    const entry = findNetwork(this.#network);
    if (!entry) throw new Error(`There is no network '${this.#network}'.`);
    const source = element.src ?? (await openNetwork(entry));
    if (change !== this.#changeCount) return;
    for (const [name, value] of settings) {
      if (value === "") element.removeAttribute(name);
      else element.setAttribute(name, value);
    }
    if (element.src !== undefined) return;
    if (this.#isNamed) element.labels = labelsOf(entry);
    element.preparation = preparationOf(entry);
    element.src = source;
  }
}

/** "explain=grad-cam"; an empty value takes the attribute away. Of a network, and of pictures to learn from, the value becomes its address. */
async function readSetting(text: string): Promise<readonly [name: string, value: string]> {
  const [name = "", value = ""] = text.split("=");
  if (name === "train" && value === "fashion") return [name, fashionUrl];
  const entry = ofNetworks.has(name) ? findNetwork(value) : undefined;
  return [name, entry ? String(await openNetwork(entry)) : value];
}
