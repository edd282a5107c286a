// An element's explanation, as its player sees it. The code for it is loaded when one is first asked for.
import { missingPart } from "../../engine/errors.ts";
import type { ConvCam } from "../element.ts";
import { explanationId } from "./request.ts";
import type { Why, WhyHost } from "./why.ts";

export class Explaining {
  readonly #host: WhyHost;
  readonly #element: ConvCam;
  readonly #next: Element;
  #why: Why | undefined;

  /** @param next the element that explanations are put before */
  constructor(host: WhyHost, element: ConvCam, next: Element) {
    this.#host = host;
    this.#element = element;
    this.#next = next;
  }

  /** Its part of the page; undefined until the first explanation. */
  get part(): Why | undefined {
    return this.#why;
  }

  /** Its id where it is on the screen. */
  get visible(): readonly string[] {
    return this.#why?.isVisible ? [explanationId] : [];
  }

  /** Brings it up to date with the attributes, beside all else: see {@link Why.complete}. */
  async update(): Promise<void> {
    if (!this.#why) {
      if (!this.#element.hasAttribute("explain")) return;
      const { Why } = await import("./why.ts").catch((error) => {
        throw new Error(missingPart("that explains", error));
      });
      this.#why ??= new Why(this.#host, this.#element, this.#next);
    }
    this.#why.update();
  }
}
