// What the network is compared with, and how that is shown: nothing, its blank twin, another file, another network of the list, or branches of its
// own. One list beside the network's name.
import type { ManifestEntry } from "../../../models/manifest.ts";
import { attributes } from "../attributes.ts";
import { comparedRanges, comparisons } from "../compare/arrange.ts";
import { type Branches, findBranches, textOf } from "../compare/branches.ts";
import { nameOf } from "../compare/names.ts";
import type { ComparePair } from "../compare/pairs.ts";
import { readWithin } from "../compare/within.ts";
import type { ConvCam } from "../element.ts";
import { isAddress } from "./address.ts";
import { offer } from "./choices.ts";
import { namesOf } from "./dropped-files.ts";
import { listen } from "./listen.ts";
import { comparableWith } from "./network-lists.ts";
import { findNetwork, openNetwork } from "./networks.ts";

interface Controls {
  readonly viewer: ConvCam;
  readonly list: HTMLSelectElement;
  /** How it is shown, its colours and its ranges; each offered where it says something. */
  readonly as: HTMLSelectElement;
  readonly colors: HTMLSelectElement;
  readonly ranges: HTMLSelectElement;
  /** What says nothing where both are drawn in two colours. */
  readonly looks: readonly (HTMLSelectElement | HTMLInputElement)[];
  readonly file: HTMLInputElement;
  /** What the network itself is called. */
  title(): string;
  report(error: unknown): void;
  /** What was wrong with a choice before is mended. */
  settle(): void;
}

/** The seed of the twin that the page offers. */
const twin = "blank:1";
const ownFile = "file";
const mostBranches = 4;
const noRoom = "Two networks in two colours have no others, and no brightness: show them side by side to choose these.";

/** Whether it is compared with a network at an address. */
const isElsewhere = (name: string) => isAddress(name) && !readWithin(name);
/** By the attribute `compare-colors`; the first is its default. */
const colorPairs: Readonly<Record<ComparePair, string>> = { "magenta-green": "magenta and green", "red-green": "red and green" };

export class Comparing {
  readonly #controls: Controls;
  #entry: ManifestEntry | undefined;
  #branches: readonly Branches[] = [];
  /** Whether it can be compared with itself before training. */
  #hasTwin = true;
  /** What the file is called that was opened to compare with. */
  #fileTitle: string | undefined;
  /** What is compared with now. */
  #chosen = "";
  /** Counts choices, so that a slow network does not replace one picked later. */
  #count = 0;
  /** By a control without effect, what its title says else. */
  readonly #titles = new Map<HTMLElement, string>();

  constructor(controls: Controls) {
    this.#controls = controls;
    const { viewer, list, as, colors, ranges, file, report, settle } = controls;
    offer(as, comparisons, viewer, "compare-as");
    offer(colors, colorPairs, viewer, "compare-colors");
    offer(ranges, comparedRanges, viewer, "compare-range");
    list.addEventListener("change", () => {
      const name = list.value;
      // The list says what is compared with, until another file is chosen.
      list.value = this.#listed;
      if (name === ownFile) file.click();
      else this.choose(name).then(settle, report);
    });
    file.addEventListener("change", () => {
      if (file.files && file.files.length > 0) this.#open([...file.files]);
      file.value = "";
    });
    new MutationObserver(() => this.#reveal()).observe(viewer, { attributeFilter: ["compare-as"] });
    listen(viewer, "load", ({ layers }) => {
      this.#branches = findBranches(layers).slice(0, mostBranches);
      this.#fill();
      void this.#askForTwin();
    });
  }

  /** As the address has it; empty for nothing. */
  get chosen(): string {
    return this.#chosen;
  }

  /** What the first network and the other one are called. */
  get names(): readonly [string, string] {
    const { parameters } = this.#controls.viewer;
    return [nameOf(parameters) ?? this.#controls.title(), this.#titleOf(this.#chosen)];
  }

  /** A network that is run in stages has no weights that change while it runs; of those of the list none is. */
  async #askForTwin(): Promise<void> {
    const { viewer } = this.#controls;
    const { src } = viewer;
    if (this.#entry) return;
    const facts = await viewer.ask({ kind: "network" }).catch(() => undefined);
    if (!facts || viewer.src !== src) return;
    this.#hasTwin = !facts.layers.some(({ readsBack }) => readsBack);
    if (!this.#hasTwin) this.#fill();
  }

  /** Another network is looked at. @param entry undefined for a file of one's own */
  forget(entry: ManifestEntry | undefined): void {
    this.#entry = entry;
    this.#branches = [];
    this.#hasTwin = true;
    this.#fileTitle = undefined;
    this.#show("", undefined);
  }

  /** @param name as {@link chosen} */
  async choose(name: string): Promise<void> {
    const count = ++this.#count;
    if (name === ownFile && this.#fileTitle !== undefined && this.#chosen === ownFile) return;
    if (name === ownFile) throw new Error("This address compares with a network in a file, which it does not hold: open the file again.");
    if (name === "" || readWithin(name)) return this.#show(name, name || undefined);
    const entry = findNetwork(name);
    if (!entry && isElsewhere(name)) return this.#show(name, attributes.compare.read(name));
    if (!entry) throw new Error(`There is no network '${name}' here to compare with.`);
    const source = await openNetwork(entry);
    if (count === this.#count) this.#show(name, source);
  }

  #open(files: readonly File[]): void {
    this.#fileTitle = namesOf(files);
    this.#show(ownFile, files);
  }

  #show(name: string, source: ConvCam["compare"]): void {
    const { viewer } = this.#controls;
    this.#count++;
    this.#chosen = name;
    viewer.compare = source;
    const [own, other] = [this.#controls.title(), name === twin ? "its blank twin" : this.#titleOf(name)];
    // Branches are called by how their names begin.
    if (name === "" || readWithin(name)?.kind === "branches") viewer.removeAttribute("compare-names");
    else viewer.setAttribute("compare-names", `${own.replaceAll("|", " ")} | ${other.replaceAll("|", " ")}`);
    if (name === "") for (const attribute of ["compare-as", "compare-colors", "compare-range"]) viewer.removeAttribute(attribute);
    this.#reveal();
    this.#fill();
  }

  /** A difference has one range, and colours of its own. */
  #reveal(): void {
    const { viewer, as, colors, ranges, looks } = this.#controls;
    const shown = this.#chosen === "" ? undefined : (viewer.getAttribute("compare-as") ?? "colors");
    const reveal = (select: HTMLSelectElement, isOffered: boolean) => select.closest("label")?.toggleAttribute("hidden", !isOffered);
    reveal(as, shown !== undefined);
    reveal(colors, shown === "colors");
    reveal(ranges, shown === "colors" || shown === "side");
    // Layers beside the branches are drawn as those of one network.
    const isFree = shown !== "colors" || readWithin(this.#chosen)?.kind === "branches";
    for (const look of looks) {
      if (!isFree && !this.#titles.has(look)) this.#titles.set(look, look.title);
      look.title = isFree ? (this.#titles.get(look) ?? look.title) : noRoom;
      look.disabled = !isFree;
    }
  }

  #titleOf(name: string): string {
    if (name === "") return "";
    if (name === ownFile) return this.#fileTitle ?? "";
    const within = readWithin(name);
    if (within?.kind === "blank") return "its blank twin, not trained";
    if (within) return `Branches ${within.text.replace("+", " and ")}`;
    return findNetwork(name)?.title ?? nameOf(attributes.compare.read(name)) ?? name;
  }

  #fill(): void {
    const { list } = this.#controls;
    const within = [...(this.#hasTwin ? [twin] : []), ...this.#branches.map(textOf)];
    if (readWithin(this.#chosen) && !within.includes(this.#chosen)) within.push(this.#chosen);
    const option = (name: string) => {
      const title = this.#titleOf(name);
      return new Option(title.charAt(0).toUpperCase() + title.slice(1), name);
    };
    const others = comparableWith(this.#entry).map(({ name }) => option(name));
    const elsewhere = isElsewhere(this.#chosen) ? [new Option(this.#titleOf(this.#chosen), this.#chosen)] : [];
    const files = this.#fileTitle === undefined || this.#chosen !== ownFile ? [] : [new Option(this.#fileTitle, "opened")];
    list.replaceChildren(
      new Option("Nothing", ""),
      ...within.map(option),
      ...others,
      ...elsewhere,
      ...files,
      new Option("Another file…", ownFile),
    );
    list.value = this.#listed;
  }

  /** The list's value for what is compared with: "file" there opens another one. */
  get #listed(): string {
    return this.#chosen === ownFile ? "opened" : this.#chosen;
  }
}
