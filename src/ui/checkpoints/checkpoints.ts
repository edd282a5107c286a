// Checkpoints of one network on a slider: which one is looked at, and its weights in the network while it runs. Loaded when `checkpoints` is set.

import { nothing, render } from "lit";
import type { Graph } from "../../engine/graph/graph.ts";
import { type ModelSource, readModel } from "../../engine/source.ts";
import { hasRandomWeights } from "../blank.ts";
import { nameOf } from "../compare/names.ts";
import { countOf } from "../count-of.ts";
import type { ConvCam } from "../element.ts";
import type { ConvCamEvents } from "../events.ts";
import { make } from "../make.ts";
import { setAttribute } from "../state.ts";
import { adoptStyles } from "../style-sheet.ts";
import { UpdatedPart } from "../updated-part.ts";
import styles from "./checkpoints.css?inline";
import { inOrder, readCheckpoint, readCheckpoints, writeCheckpoints } from "./list.ts";
import { type Row, sliderTemplate } from "./slider.ts";

export interface CheckpointsHost {
  /** Whether there is something to draw. */
  readonly isShown: boolean;
  /** The file whose weights the network computes with. */
  readonly weights: { readonly parameters: ModelSource | undefined };
  /** @returns false where a listener prevented the default */
  emit<Name extends "error">(type: Name, detail: ConvCamEvents[Name]): boolean;
}

/** A checkpoint that was read: its file, and what this says of itself; or why it cannot be had, and whether another try may help. */
type Read = { readonly file: File; readonly note: string } | { readonly problem: string; readonly isWorthATry: boolean };

/** Between two checkpoints while they play. */
const stepMs = 900;

export class Checkpoints extends UpdatedPart {
  readonly panel = make("section", "checkpoints");
  readonly #host: CheckpointsHost;
  readonly #element: ConvCam;
  /** By address. A file is read once: scrubbing goes on with the frames. */
  readonly #known = new Map<string, Promise<Read>>();
  readonly #read = new Map<string, Read>();
  /** The weights that were put into the network from here. */
  #given: { readonly address: string; readonly file: File } | undefined;
  #timer = 0;
  #stopWaiting = (_: undefined): void => {};

  constructor(host: CheckpointsHost, element: ConvCam, next: Element) {
    super();
    this.#host = host;
    this.#element = element;
    this.panel.ariaLabel = "Checkpoints";
    this.panel.hidden = true;
    adoptStyles(next.getRootNode() as ShadowRoot, styles);
    next.before(this.panel);
    element.addEventListener("error", (event) => this.#onError(event as Event as CustomEvent<ConvCamEvents["error"]>));
  }

  /** The network is another, or gone, and with it whatever weights it had. */
  hide(): void {
    this.#stop();
    this.panel.hidden = true;
    // What one network refuses another may take.
    this.#known.clear();
    this.#read.clear();
  }

  override update(): void {
    this.#stopWaiting(undefined);
    super.update();
  }

  protected async bringUpToDate(): Promise<void> {
    if (!this.#element.hasAttribute("checkpoints")) return this.#close();
    if (!this.#host.isShown) return;
    let problem: string | undefined;
    try {
      await this.#apply();
    } catch (error) {
      problem = (error as Error).message;
      this.#host.emit("error", { error: error as Error, part: "view" });
    }
    this.#show(problem);
  }

  /** Nobody wants checkpoints any more: the network has its own weights again. */
  #close(): void {
    this.hide();
    render(nothing, this.panel);
    this.#giveBack();
  }

  #giveBack(): void {
    if (this.#given && this.#element.parameters === this.#given.file) this.#element.parameters = undefined;
    this.#given = undefined;
  }

  async #apply(): Promise<void> {
    const { addresses, index } = this.#wanted();
    const address = index === undefined ? undefined : addresses[index];
    if (index === undefined || address === undefined) return this.#giveBack();
    if (!this.#read.has(address)) this.#show(undefined);
    // The last that is asked for waits for none before.
    const read = await Promise.race([this.#load(address), new Promise<undefined>((resolve) => (this.#stopWaiting = resolve))]);
    if (!read || this.#wanted().index !== index) return;
    if ("file" in read && this.#element.parameters !== read.file) {
      this.#given = { address, file: read.file };
      this.#element.parameters = read.file;
    }
    // The next is there when somebody goes on.
    const next = addresses[index + 1];
    if (next !== undefined) void this.#load(next);
  }

  #wanted() {
    const addresses = readCheckpoints(this.#element.getAttribute("checkpoints") ?? "");
    return { addresses, index: readCheckpoint(this.#element.getAttribute("checkpoint"), addresses.length) };
  }

  #load(address: string): Promise<Read> {
    const known = this.#known.get(address) ?? readCheckpointFile(address, this.#element.checkpointFiles ?? []);
    this.#known.set(address, known);
    void known.then((read) => {
      // Another file of that name, or the network's refusal, may have come meanwhile.
      if (this.#known.get(address) !== known) return;
      this.#read.set(address, read);
      // What could not be fetched is tried again when somebody comes back to it.
      if ("problem" in read && read.isWorthATry) this.#known.delete(address);
    });
    return known;
  }

  /** A file that the network refuses says why, and the weights before hold. */
  #onError(event: CustomEvent<ConvCamEvents["error"]>): void {
    const { error, part } = event.detail;
    const given = this.#given;
    const isRefused = part === "scene" && given && this.#element.parameters === given.file && this.#host.weights.parameters !== given.file;
    if (!isRefused) return;
    event.preventDefault();
    const refused: Read = { problem: error.message, isWorthATry: false };
    this.#read.set(given.address, refused);
    this.#known.set(given.address, Promise.resolve(refused));
    this.update();
  }

  #show(problem: string | undefined): void {
    const { addresses, index } = problem === undefined ? this.#wanted() : { addresses: [], index: undefined };
    const rows = addresses.map((address): Row => {
      const read = this.#read.get(address);
      const name = nameOf(address) ?? address;
      if (!read) return { name, note: undefined, problem: undefined };
      return "problem" in read ? { name, note: "refused", problem: read.problem } : { name, note: read.note, problem: undefined };
    });
    this.panel.hidden = false;
    const { src } = this.#element;
    const own = addresses.findIndex((address) => typeof src === "string" && address.split("#")[0] === src.split("#")[0]);
    render(
      sliderTemplate(
        { rows, index: index ?? (own < 0 ? undefined : own), isPlaying: this.#timer !== 0, problem },
        {
          go: (to) => {
            this.#stop();
            this.#go(to);
          },
          play: () => this.#toggle(),
          add: (files) => this.#add(files),
        },
      ),
      this.panel,
    );
  }

  #go(index: number): void {
    setAttribute(this.#element, "checkpoint", index);
  }

  /** Goes from one to the next by itself, and from the last to the first. */
  #toggle(): void {
    const wasPlaying = this.#timer !== 0;
    this.#stop();
    if (!wasPlaying) this.#timer = window.setInterval(() => this.#step(), stepMs);
    if (!wasPlaying) this.#step();
    this.update();
  }

  #step(): void {
    const { addresses, index = -1 } = this.#wanted();
    const order = addresses.map((_, i) => (index + 1 + i) % addresses.length);
    const next = order.find((one) => !("problem" in (this.#read.get(addresses[one] as string) ?? {})));
    if (next === undefined) this.#stop();
    else this.#go(next);
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = 0;
  }

  #add(files: readonly File[]): void {
    const { addresses } = this.#wanted();
    const names = inOrder(files).map(({ name }) => name);
    // A file of the same name takes the place of the one before.
    for (const name of names) this.#forget(name);
    this.#element.checkpointFiles = [...files, ...(this.#element.checkpointFiles ?? [])];
    setAttribute(this.#element, "checkpoints", writeCheckpoints([...new Set([...addresses, ...names])]));
    this.update();
  }

  #forget(address: string): void {
    this.#known.delete(address);
    this.#read.delete(address);
  }
}

/** Reads a checkpoint's file, and what it says of itself. @param files those that may be meant by their names */
async function readCheckpointFile(address: string, files: readonly File[]): Promise<Read> {
  const own = files.find((file) => file.name === address);
  const name = own?.name ?? nameOf(address) ?? "checkpoint";
  try {
    const response = own ? undefined : await fetch(address);
    if (response?.ok === false) return unread(`'${name}' could not be downloaded: the server answered ${response.status}.`);
    const file = own ?? new File([(await response?.blob()) as Blob], name);
    return { file, note: noteOf(await readModel(file)) };
  } catch (error) {
    const { message } = error as Error;
    return unread(message.includes(`'${name}'`) ? message : `'${name}' could not be read: ${message}`);
  }
}

function unread(problem: string): Read {
  return { problem, isWorthATry: true };
}

/** Empty where the file tells nothing of its training. */
function noteOf(graph: Graph): string {
  if (hasRandomWeights(graph)) return "not trained";
  const steps = Number(graph.metadata.get("step") ?? 0);
  return steps > 0 ? `after ${countOf(steps, "step")}` : "";
}
