// What is wrong with what is looked at, in words that stay until it is mended.
import { make } from "../make.ts";

export class Trouble {
  readonly element = make("p", "part-trouble");
  readonly #emit: (error: Error) => boolean;

  /** @param emit tells the page, and returns false where the page says it in its own way */
  constructor(emit: (error: Error) => boolean) {
    this.#emit = emit;
    this.element.role = "alert";
  }

  /** Frames ask again and again: what is known is not told again. */
  tell(error: Error): void {
    const isNew = this.element.textContent !== error.message;
    if (isNew && this.#emit(error)) this.element.textContent = error.message;
  }

  clear(): void {
    this.element.textContent = "";
  }
}
