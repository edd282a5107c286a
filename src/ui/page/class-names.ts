// The names of a network's classes: from its file's metadata, ImageNet's where it has a thousand, or from a file of names.
import { loadPart } from "../../engine/errors.ts";
import type { ConvCam } from "../element.ts";
import type { NetworkHints } from "../hints/answer.ts";
import { find } from "./listen.ts";

/** How many classes ImageNet's networks tell apart; TensorFlow's have one more, which stands first. */
const imagenetCount = 1000;

const loadImagenet = () => loadPart("with ImageNet's names", () => import("../../../models/labels/imagenet.txt?raw"));

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
  /** Whether somebody has given a file of names for this network. */
  #isGiven = false;

  constructor(parts: ClassNamesParts) {
    this.#parts = parts;
  }

  /** Names that the page has of its own; without any, classes are told by their numbers. */
  know(names: readonly string[]): void {
    this.#isGiven = false;
    this.#fileCount++;
    this.#show(names, "");
  }

  /** What the network's file lets say, unless somebody has given a file of names. */
  async guess({ labels, classCount }: NetworkHints): Promise<void> {
    if (this.#isGiven) return;
    const count = this.#count;
    if (labels) {
      this.#show(labels, `${labels.length} names of classes from the network's file`);
      return;
    }
    const first = classCount === imagenetCount + 1 ? ["background"] : [];
    if (classCount !== imagenetCount && first.length === 0) return;
    const { default: text } = await loadImagenet();
    if (count === this.#count) this.#show([...first, ...text.trim().split("\n")], "ImageNet's names, guessed from the number of classes");
  }

  /** @throws Error that says what is accepted where the file holds no names */
  async open(file: File): Promise<void> {
    const mine = ++this.#fileCount;
    const { readLabels } = await loadPart("for names", () => import("../hints/labels.ts"));
    const names = readLabels(await file.text(), file.name);
    if (mine !== this.#fileCount) return;
    this.#isGiven = true;
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
