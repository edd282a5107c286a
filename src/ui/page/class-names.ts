// The names of a network's classes: from its file's metadata, ImageNet's where it has a thousand, or from a file of names.
import { loadPart } from "../../engine/errors.ts";
import type { ConvCam } from "../element.ts";
import type { NetworkHints } from "../hints/answer.ts";
import { guessNames } from "./guessed-names.ts";
import { find } from "./listen.ts";

interface ClassNamesParts {
  readonly viewer: ConvCam;
  /** Says where the names are from, or why there are none. */
  readonly text: HTMLElement;
}

export class ClassNames {
  /** Told when classes are called otherwise. */
  onChange: () => void = () => {};
  readonly #parts: ClassNamesParts;
  /** Counts what names were taken, so that a guess does not replace later ones. */
  #count = 0;
  /** Counts files, so that a slow one does not replace a later one, or names another network. */
  #fileCount = 0;
  /** Whether somebody has given a file of names for this network, or the address of one. */
  #isGiven = false;
  #address: string | undefined;

  constructor(parts: ClassNamesParts) {
    this.#parts = parts;
  }

  /** Where names lie that the page's address gives. */
  get address(): string | undefined {
    return this.#address;
  }

  /** Names, or where they lie: the element reads them, and says what is wrong with them. */
  take(names: string | readonly string[]): void {
    this.know(typeof names === "string" ? [] : names);
    if (typeof names !== "string") return;
    this.#isGiven = true;
    this.#address = names;
    const { viewer, text } = this.#parts;
    viewer.labels = names;
    text.textContent = `Names of classes from ${names}`;
    void viewer.updateComplete.then(() => this.onChange());
  }

  /** Names that the page has of its own; without any, classes are told by their numbers. */
  know(names: readonly string[]): void {
    this.#isGiven = false;
    this.#address = undefined;
    this.#fileCount++;
    this.#show(names, "");
  }

  /** What the network's file lets say, unless somebody has given a file of names. */
  async guess(hints: Pick<NetworkHints, "labels" | "classCount">): Promise<void> {
    if (this.#isGiven) return;
    const count = this.#count;
    const guessed = await guessNames(hints);
    if (guessed && count === this.#count) this.#show(guessed.names, guessed.source);
  }

  /** @throws Error that says what is accepted where the file holds no names */
  async open(file: File): Promise<void> {
    const mine = ++this.#fileCount;
    const { readLabels } = await loadPart("for names", () => import("../hints/labels.ts"));
    const names = readLabels(await file.text(), file.name);
    if (mine !== this.#fileCount) return;
    this.#isGiven = true;
    this.#address = undefined;
    this.#show(names, `${names.length} names of classes from ${file.name}`);
  }

  #show(names: readonly string[], source: string): void {
    this.#count++;
    this.#parts.viewer.labels = [...names];
    this.#parts.text.textContent = source;
    this.onChange();
  }
}

/** @returns what opens a file of names that came otherwise */
export function offerNames(names: ClassNames): (file: File) => void {
  const chosen = find<HTMLInputElement>("names-file");
  const problem = find("names-problem");
  const open = (file: File) => {
    problem.hidden = true;
    names.open(file).catch((error: Error) => {
      problem.textContent = error.message;
      problem.hidden = false;
    });
  };
  find("name-classes").addEventListener("click", () => chosen.click());
  chosen.addEventListener("change", () => {
    const [file] = chosen.files ?? [];
    if (file) open(file);
    chosen.value = "";
  });
  return open;
}
