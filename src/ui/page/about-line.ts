// The line under the controls: what the network is, or what is wrong with what somebody wants, until that is mended.

export class AboutLine {
  readonly #element: HTMLElement;
  #about = "";

  constructor(element: HTMLElement) {
    this.#element = element;
  }

  /** Says what is shown, in place of all that was said before. */
  readonly say = (about: string): void => {
    this.#about = about;
    this.#element.textContent = about;
  };

  /** Says what is wrong, until {@link settle} or something else is shown. */
  readonly complain = (error: unknown): void => {
    this.#element.textContent = error instanceof Error ? error.message : String(error);
  };

  /** What was wrong is mended. */
  readonly settle = (): void => {
    this.#element.textContent = this.#about;
  };
}
