// How pictures are prepared for the network that is shown: what the page knows or guesses, or what somebody chose; said under the picture.
import type { ConvCam } from "../element.ts";
import type { NetworkHints } from "../hints/answer.ts";
import { describePreparation, type PictureInput } from "../hints/presets.ts";
import type { Preparation } from "../preparation.ts";
import { keyOf, recall, remember } from "./remembered.ts";

interface PreparedParts {
  readonly viewer: ConvCam;
  /** The line under the picture, with its text and its button. It tells with "change" that the preparation may be another. */
  readonly line: HTMLElement;
  readonly text: HTMLElement;
}

export class Prepared {
  /** The input that it is of; undefined until a network of one's own is read, and where none takes a picture. */
  input: PictureInput | undefined;
  /** What a guess is made from; undefined where the page knows. */
  because: string | undefined;
  /** What to say besides, such as that nothing can be kept. */
  note = "";
  /** Told when anything of it is another. */
  onChange: () => void = () => {};
  readonly #parts: PreparedParts;
  #own: Preparation = {};
  #chosen: Preparation | undefined;
  /** Where a choice is remembered; undefined for networks by name or address, whose choices are in the page's address alone. */
  #key: string | undefined;

  constructor(parts: PreparedParts) {
    this.#parts = parts;
    parts.viewer.addEventListener("input", () => this.#say());
  }

  /** What somebody chose; undefined where it is the page's own. */
  get chosen(): Preparation | undefined {
    return this.#chosen;
  }

  get current(): Preparation {
    return this.#chosen ?? this.#own;
  }

  /** A network of the page, whose preparation is known. */
  know(own: Preparation, input: PictureInput): void {
    Object.assign(this, { input, because: undefined, note: "" });
    this.#key = undefined;
    this.#own = own;
    this.#chosen = undefined;
    this.#apply();
  }

  /** A network of one's own, of which nothing is known but what somebody chose for its files earlier. @param files undefined for an address */
  expect(files: readonly File[] | undefined): void {
    Object.assign(this, { input: undefined, because: undefined, note: "" });
    this.#key = files && keyOf(files);
    this.#own = {};
    this.#chosen = this.#key === undefined ? undefined : recall(this.#key);
    this.#apply();
  }

  /** What the file says, or lets guess. */
  guess(input: NetworkHints["input"]): void {
    this.input = input;
    this.because = input?.because;
    this.#own = input?.preparation ?? {};
    this.#apply();
  }

  /** @param preparation undefined for the page's own again */
  choose(preparation: Preparation | undefined): void {
    this.#chosen = preparation;
    const isKept = this.#key === undefined || remember(this.#key, preparation);
    this.note = isKept ? "" : "It cannot be remembered: this browser keeps nothing for this page.";
    this.#apply();
  }

  #apply(): void {
    const { viewer } = this.#parts;
    const { current } = this;
    if (JSON.stringify(viewer.preparation) !== JSON.stringify(current)) viewer.preparation = current;
    this.#say();
    this.#parts.line.dispatchEvent(new Event("change"));
    this.onChange();
  }

  #say(): void {
    const { viewer, line, text } = this.#parts;
    const { input, because, current } = this;
    // An array is given as it is.
    line.hidden = !input || (viewer.picture !== undefined && "data" in viewer.picture);
    const source = this.#chosen ? ", as you chose" : because ? ", guessed" : "";
    text.textContent = input ? describePreparation(current, input) + source : "";
  }
}
