// The parts that most elements have not, beside their mosaics: an explanation, growing patterns. The code of each is loaded when its attribute is
// first set.
import { loadPart } from "../engine/errors.ts";
import type { ConvCam } from "./element.ts";
import { explanationId } from "./explain/request.ts";
import type { Why, WhyHost } from "./explain/why.ts";
import type { GrowingHost } from "./patterns/growing.ts";
import type { FrameRequest } from "./session/session.ts";

/** What a player does with any part. */
interface Part {
  readonly panel: Element;
  /** Resolves when everything asked for so far is shown, or has failed. */
  readonly complete: Promise<void>;
  /** Brings it up to date with the attributes, beside all else. */
  update(): void;
  /** What it was of is gone. */
  hide(): void;
}

type Making = () => Promise<new (host: WhyHost & GrowingHost, element: ConvCam, next: Element) => Part>;

/** By attribute, in the order in which they stand. */
const kinds: Readonly<Record<string, Making>> = {
  explain: async () => (await import("./explain/why.ts")).Why,
  patterns: async () => (await import("./patterns/growing.ts")).Growing,
};

export class Parts {
  readonly #host: WhyHost & GrowingHost;
  readonly #element: ConvCam;
  readonly #next: Element;
  readonly #made = new Map<string, Part>();

  /** @param next the element that all parts are put before */
  constructor(host: WhyHost & GrowingHost, element: ConvCam, next: Element) {
    this.#host = host;
    this.#element = element;
    this.#next = next;
  }

  /** Undefined until the first explanation. */
  get why(): Why | undefined {
    return this.#made.get("explain") as Why | undefined;
  }

  /** Ids of what a frame draws besides the mosaics: of a picture that does not move the explanation, too, which has words and an event. */
  drawnIn({ runs, elapsedMs }: Pick<FrameRequest, "runs" | "elapsedMs">): readonly string[] {
    const isStill = runs && elapsedMs === undefined;
    return this.why?.isDrawn || (this.why && isStill) ? [explanationId] : [];
  }

  get complete(): Promise<void> {
    return Promise.all(Array.from(this.#made.values(), ({ complete }) => complete)) as Promise<unknown> as Promise<void>;
  }

  async update(): Promise<void> {
    await Promise.all(Object.keys(kinds).map((name) => this.#update(name)));
  }

  hide(): void {
    for (const part of this.#made.values()) part.hide();
  }

  async #update(name: string): Promise<void> {
    if (!this.#made.has(name) && this.#element.hasAttribute(name)) {
      const Made = await loadPart(`for ${name}`, kinds[name] as Making);
      if (!this.#made.has(name)) this.#place(name, new Made(this.#host, this.#element, this.#next));
    }
    this.#made.get(name)?.update();
  }

  /** Puts it before those that follow, whichever was asked for first. */
  #place(name: string, part: Part): void {
    this.#made.set(name, part);
    const names = Object.keys(kinds);
    const following = names.slice(names.indexOf(name) + 1).flatMap((one) => this.#made.get(one) ?? [])[0];
    following?.panel.before(part.panel);
  }
}
