// The network that the page shows: one that it offers, by name; one that lies at an address; or files of the visitor's.
import { isStored, type ManifestEntry } from "../../../models/manifest.ts";
import { nameOf } from "../compare/names.ts";
import type { ConvCam } from "../element.ts";
import type { Addresses, PageState } from "./address.ts";
import { namesOf } from "./dropped-files.ts";
import { aboutText, showOwnNetwork } from "./network-lists.ts";
import { findNetwork, openNetwork } from "./networks.ts";
import { sizeText } from "./size-text.ts";

const firstNetwork = "mnist-trained";
/** As the list and the page's address call files of the visitor's, which no address holds; and as the list calls a network at an address. */
const [ownFile, elsewhere] = ["file", "address"] as const;

type Wanted = Pick<PageState, "network" | "src">;

/** A network that the page does not offer. */
export interface OwnNetwork {
  readonly source: Addresses | readonly File[];
  /** Undefined where it lies at an address. */
  readonly files?: readonly File[];
}

interface Parts {
  readonly viewer: ConvCam;
  readonly list: HTMLSelectElement;
  /** Tells what is shown. */
  say(text: string): void;
  /** Another network comes: what was chosen of the one before is forgotten. @param entry undefined for one that the page does not offer */
  onChange(entry: ManifestEntry | undefined, own?: OwnNetwork): void;
}

export class ChosenNetwork {
  readonly #parts: Parts;
  #src: Addresses | undefined;
  #files: readonly File[] | undefined;
  /** Counts choices, so that a slow network does not replace one picked later. */
  #count = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Undefined for one that the page does not offer. */
  get entry(): ManifestEntry | undefined {
    return findNetwork(this.#parts.list.value);
  }

  get title(): string {
    return this.entry?.title ?? this.#parts.list.selectedOptions[0]?.textContent ?? "";
  }

  /** Whether a link does not hold it. */
  get isFile(): boolean {
    return this.#parts.list.value === ownFile;
  }

  /** As the page's address has it. */
  get written(): Wanted {
    const { value } = this.#parts.list;
    if (value === elsewhere) return { src: this.#src };
    return { network: value === firstNetwork ? undefined : value };
  }

  is({ network = firstNetwork, src }: Wanted): boolean {
    const { value } = this.#parts.list;
    return src === undefined ? value === network : value === elsewhere && JSON.stringify(this.#src) === JSON.stringify(src);
  }

  /** @throws Error that says what to do where there is none of that name */
  async open({ network = firstNetwork, src }: Wanted): Promise<void> {
    if (src === undefined) await this.choose(network);
    else this.openAddress(src);
  }

  /** @param name as the list has it */
  async choose(name: string): Promise<void> {
    if (name === ownFile && this.#files) return this.openFiles(this.#files);
    if (name === elsewhere && this.#src) return this.openAddress(this.#src);
    if (name === ownFile) throw new Error("This address is of a network in a file, which it does not hold: open the file again.");
    const entry = findNetwork(name);
    if (!entry) throw new Error(`There is no network '${name}' here. Choose one of the list, or open a file.`);
    const { viewer, list, say, onChange } = this.#parts;
    const count = ++this.#count;
    list.value = name;
    const isBuilt = !isStored(entry);
    say(isBuilt ? `Building ${entry.title} with random weights…` : aboutText(entry));
    // Clears what the network before has shown, before the new name appears.
    if (isBuilt) viewer.src = undefined;
    const source = await openNetwork(entry).catch((error) => {
      if (count === this.#count) throw error;
    });
    if (count !== this.#count || source === undefined) return;
    say(aboutText(entry));
    onChange(entry);
    viewer.src = source;
  }

  openFiles(files: readonly File[]): void {
    const sizeBytes = files.reduce((sum, { size }) => sum + size, 0);
    this.#files = files;
    showOwnNetwork((files.find((file) => file.name.endsWith(".onnx")) ?? files[0])?.name ?? "", ownFile);
    this.#openOwn({ source: files, files }, `${namesOf(files)}, ${sizeText(sizeBytes)}. It stays on this machine.`);
  }

  /** Shows none. */
  close(): void {
    const { viewer, say } = this.#parts;
    this.#count++;
    say("");
    viewer.src = undefined;
  }

  openAddress(src: Addresses): void {
    const name = nameOf(src) ?? "Network";
    const [first = ""] = [src].flat();
    const host = URL.canParse(first, location.href) ? new URL(first, location.href).host : "";
    this.#src = src;
    showOwnNetwork(name, elsewhere);
    this.#openOwn({ source: src }, `${name}${host && ` from ${host}`}. What it looks at stays on this machine.`);
  }

  #openOwn(own: OwnNetwork, about: string): void {
    const { viewer, say, onChange } = this.#parts;
    this.#count++;
    say(about);
    onChange(undefined, own);
    viewer.src = own.source;
  }
}
